"""The app begins where the phone is, and names every other depot that it books at (K2)."""

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy.orm import Session

from depots.models import Depot
from labels.codes.binding import codes_of
from labels.codes.models import Label
from people.models import Role
from people.policy import Duty
from tests.conftest import Town, quantity_of
from tests.phone.conftest import embedded, filming, open_app, type_code
from tests.serving import RunningServer

pytestmark = embedded
AT_THE_OTHER = {"latitude": 22.6, "longitude": 114.0}


@pytest.fixture
def roving(town: Town) -> None:
    """Somebody who keeps both depots, which lie apart."""

    def move_away(session: Session) -> None:
        depot = session.get_one(Depot, town.other.id)
        depot.lat, depot.lon = AT_THE_OTHER["latitude"], AT_THE_OTHER["longitude"]

    town.run(move_away)
    town.person("roving", Duty(Role.KEEPER, depot_id=town.depot.id), Duty(Role.KEEPER, depot_id=town.other.id))


def test_K2_the_app_opens_at_the_nearest_depot_names_another_and_follows_a_shelf_that_is_scanned(
    browser: Browser, roving: None, server: RunningServer, town: Town
) -> None:
    cutter = town.stock("BRK-014", "3")
    shelf = town.run(codes_of, Label.place_id, [town.shelf.id])[town.shelf.id]
    with filming(browser, None, geolocation=AT_THE_OTHER) as page:
        page.context.grant_permissions(["geolocation"])
        open_app(page, server, "roving")
        expect(page.get_by_role("heading", level=1)).to_have_text("大浪工业园站")
        page.evaluate("() => { location.hash = '#/scan' }")
        type_code(page, town.code_of(cutter))
        expect(page.locator(".basket")).to_contain_text("麻岭街面站")
        page.get_by_role("button", name="取用 1 项（其中 1 项在 麻岭街面站）").tap()
        expect(page.get_by_role("status")).to_contain_text("已取用")
        assert quantity_of(town.context.database, cutter, town.shelf.id) == 2
        type_code(page, shelf)
        expect(page.get_by_role("heading", level=1)).to_contain_text("A1层")
        assert {"STR-0001"} == {one["value"] for one in page.context.cookies() if one["name"] == "here"}
