"""Each act says what it did and can be taken back: before it is sent, by a counter-movement after (issue 16, 3)."""

import re

from playwright.sync_api import Browser, Page, expect
from sqlalchemy import func, select

from inventory.telling.models import Entry
from tests.conftest import Town, quantity_of
from tests.phone.conftest import embedded, filming, open_app
from tests.phone.test_drafts import go, scan
from tests.serving import RunningServer

pytestmark = embedded


def entries(town: Town) -> int:
    with town.context.database.transaction(writes=False) as session:
        return session.execute(select(func.count()).select_from(Entry)).scalar_one()


def take_one(page: Page) -> None:
    page.get_by_role("button", name=re.compile("^取用 1")).first.tap()


def test_P2_a_toast_names_thing_quantity_from_and_to_and_one_tap_takes_it_back(
    browser: Browser, server: RunningServer, town: Town
) -> None:
    lot = town.stock("BRK-014", "3")
    with filming(browser, None) as page:
        open_app(page, server)
        go(page, f"thing/{lot}")
        page.get_by_role("button", name="报故障").tap()
        page.get_by_label("加一").tap()
        take_one(page)  # what another form was set to does not count
        toast = page.get_by_role("status")
        expect(toast).to_contain_text(re.compile(r"夹钳.* × 1 · .*A1层 → 我手上"))
        go(page, "hands")
        back = page.get_by_role("button", name="完好归还", exact=True)
        expect(back).to_be_visible()
        over, under = toast.bounding_box(), back.bounding_box()
        assert over and under and under["y"] >= over["y"] + over["height"]  # it lies over nothing of the next page
        toast.get_by_role("button", name="撤销").tap()
        expect(toast).to_contain_text("已撤销")
        go(page, f"thing/{lot}")
        expect(page.get_by_text("· 3 ")).to_be_visible()
        expect(page.locator(".status")).to_have_text("✓")
    assert quantity_of(town.context.database, lot, town.shelf.id) == 3
    assert entries(town) == 2


def test_P2_without_a_signal_the_act_is_withdrawn_before_it_is_sent(
    browser: Browser, server: RunningServer, town: Town
) -> None:
    lot = town.stock("BRK-014", "3")
    with filming(browser, None) as page:
        open_app(page, server)
        page.wait_for_function("() => navigator.serviceWorker.controller !== null")
        go(page, f"thing/{lot}")
        expect(page.get_by_text("· 3 ")).to_be_visible()
        page.context.set_offline(True)
        take_one(page)
        expect(page.get_by_text("· 2 ")).to_be_visible()
        page.get_by_role("status").get_by_role("button", name="撤销").tap()
        expect(page.get_by_role("status")).to_contain_text("未发送")
        expect(page.get_by_text("· 3 ")).to_be_visible()
        page.context.set_offline(False)
        expect(page.locator(".status")).to_have_text("✓")
        page.wait_for_timeout(1_500)
    assert quantity_of(town.context.database, lot, town.shelf.id) == 3
    assert entries(town) == 0


def test_P2_the_list_of_what_was_sent_offers_the_counter_movement_as_long_as_it_is_possible(
    browser: Browser, server: RunningServer, town: Town
) -> None:
    lots = [town.stock("BRK-014", "3"), town.stock("HYD-006", "2")]
    with filming(browser, None) as page:
        open_app(page, server)
        go(page, "scan")
        for lot in lots:
            scan(page, town.code_of(lot))
        page.get_by_role("button", name="取用 2 项").tap()
        expect(page.get_by_role("status")).to_contain_text("已取用")
        go(page, "outbox")
        page.get_by_role("button", name=re.compile("取用 2 项")).tap()
        page.locator(".act-form").get_by_role("button", name="撤销").tap()
        expect(page.get_by_role("status")).to_contain_text("已撤销")
        expect(page.locator("main")).to_contain_text("已撤销")
        expect(page.locator(".act-form").get_by_role("button", name="撤销")).to_have_count(0)
    assert [quantity_of(town.context.database, lot, town.shelf.id) for lot in lots] == [3, 2]


def test_P2_a_loan_a_move_a_draw_and_something_used_up_are_taken_back_too(
    browser: Browser, server: RunningServer, town: Town
) -> None:
    pliers = town.stock("BRK-014", "3")
    tape = town.stock("MED-010", "5", number="L1", expires_on=town.context.clock.today().replace(year=2030))
    with filming(browser, None) as page:
        open_app(page, server)
        toast = page.get_by_role("status")

        def undone() -> None:
            toast.get_by_role("button", name="撤销").tap()
            expect(toast).to_contain_text("已撤销")

        go(page, f"thing/{tape}")
        page.locator(".card").get_by_role("button", name="耗用").tap()
        page.locator(".act-form form").get_by_role("button", name="耗用").tap()
        undone()
        page.locator(".card").get_by_role("button", name="移位").tap()
        page.locator("[name=to]").select_option(str(town.second_shelf.id))
        page.locator(".act-form form").get_by_role("button", name="移位").tap()
        undone()
        go(page, "lend")
        scan(page, town.code_of(pliers))
        page.get_by_role("button", name="借出 1 项").tap()
        undone()
        go(page, "incident/new")
        page.get_by_role("button", name="火灾", exact=True).tap()
        page.locator("[name=place]").fill("麻岭小区")
        page.get_by_role("button", name="登记出动", exact=True).tap()
        expect(page.get_by_role("heading", level=1)).to_have_text("出动")
        scan(page, town.code_of(pliers))
        expect(toast).to_contain_text("夹钳")
        undone()
        expect(page.locator(".status")).to_have_text("✓")
    assert quantity_of(town.context.database, pliers, town.shelf.id) == 3
    assert quantity_of(town.context.database, tape, town.shelf.id) == 5
