"""What is in somebody's hands goes back where it was taken, in one tap, also without a signal (K1)."""

from dataclasses import replace
from uuid import UUID

from playwright.sync_api import Browser, expect

from inventory.booking.booking import book
from inventory.stock.models import Kind
from people.models import Role
from people.policy import Duty
from tests.conftest import Town, one, quantity_of
from tests.phone.conftest import cut, embedded, filming, open_app
from tests.serving import RunningServer

pytestmark = embedded


def held_of_another_depot(town: Town) -> UUID:
    """What the keeper took at a depot that they were moved from since."""
    cones = town.stock("TRF-001", "5", town.other_shelf)
    before = replace(town.keeper, duties=(Duty(Role.KEEPER, depot_id=town.other.id),))
    now = town.context.clock.now()
    wish = one(kind=Kind.ISSUE, lot=cones, source=str(town.other_shelf.id))
    town.run(book, before, [wish], now, town.context.clock.today())
    return cones


def test_K1_all_that_is_in_my_hands_goes_back_to_its_shelves_in_one_tap(
    browser: Browser, server: RunningServer, town: Town
) -> None:
    cutter = town.stock("BRK-014", "3", town.second_shelf)
    bottle = town.stock("EXT-001", "1", serial="SN-1")
    for lot, shelf in ((cutter, town.second_shelf), (bottle, town.shelf)):
        town.book(one(kind=Kind.ISSUE, lot=lot, source=str(shelf.id)))
    cones = held_of_another_depot(town)
    with filming(browser, None) as page:
        open_app(page, server)
        page.get_by_role("link", name="我手上有 3 项").tap()
        page.locator(".basket li", has_text="大浪工业园站").get_by_role("button", name="完好归还").tap()
        expect(page.locator(".basket li", has_text="大浪工业园站")).to_have_count(0)
        expect(page.locator(".basket")).to_contain_text("还到 器材库 › A2层")
        page.get_by_role("button", name="全部完好归还（2 项）").tap()
        expect(page.get_by_role("status")).to_contain_text("归还 2 项")
        expect(page.get_by_text("您手上没有本站的物资。")).to_be_visible()
        assert quantity_of(town.context.database, cones, town.other_shelf.id) == 5
        assert quantity_of(town.context.database, cutter, town.second_shelf.id) == 3
        assert quantity_of(town.context.database, bottle, town.shelf.id) == 1
        page.get_by_role("button", name="撤销").tap()
        expect(page.get_by_role("status")).to_contain_text("已撤销")
        assert quantity_of(town.context.database, bottle, town.shelf.id) == 0
        cut(page.context)
        page.evaluate("id => { location.hash = `#/thing/${id}` }", str(cutter))
        page.locator(".card", has_text="A2层").get_by_role("button", name="取用 1").tap()
        expect(page.get_by_role("status")).to_contain_text("已存在本机")
        page.evaluate("() => { location.hash = '#/hands' }")
        row = page.locator(".basket li", has_text="夹钳")
        expect(row).to_contain_text("还到 器材库 › A2层")
