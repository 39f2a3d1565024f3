"""Places are put in order in a browser: by their arrows, by dragging, and into another place."""

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from depots.models import Place
from tests.browsing import sign_in
from tests.conftest import Town
from tests.serving import RunningServer


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_places_are_ordered_by_arrows_and_by_dragging_and_moved_by_name(
    phone: Page, server: RunningServer, town: Town
) -> None:
    phone.set_viewport_size({"width": 1440, "height": 900})  # where one drags
    sign_in(phone, server.url, "keeper")
    phone.goto(f"{server.url}/manage/depots/{town.depot.code}/places")
    names = phone.locator("#places summary b")
    assert names.all_inner_texts() == [town.room.name_zh, "A1层", "A2层"]
    phone.get_by_role("button", name="上移： A2层").click()
    expect(phone.get_by_role("status").filter(has_text="已完成")).to_be_visible()
    expect(names).to_have_text([town.room.name_zh, "A2层", "A1层"])
    expect(phone.locator("#places :focus")).to_have_count(1)  # not at the top of the page
    phone.locator(f'li[data-id="{town.shelf.id}"]').drag_to(phone.locator(f'li[data-id="{town.second_shelf.id}"]'))
    expect(names).to_have_text([town.room.name_zh, "A1层", "A2层"])

    row = phone.locator(f'li[data-id="{town.second_shelf.id}"]')
    row.locator("summary").click()
    row.get_by_label("所在之处").select_option(str(town.shelf.id))
    row.get_by_role("button", name="保存").click()
    expect(phone.get_by_role("status").filter(has_text="已完成")).to_be_visible()
    expect(phone.locator(f'li[data-id="{town.second_shelf.id}"]')).to_have_class("depth-2")
    path = select(Place.path_zh).where(Place.id == town.second_shelf.id)
    assert town.run(lambda session: session.execute(path).scalar_one()) == f"{town.room.name_zh} › A1层 › A2层"
