"""What is begun and not sent stays on the phone (K4): over a stray tap, a reload, a kill, until it is thrown away."""

import re
from pathlib import Path
from uuid import UUID

import pytest
from playwright.sync_api import Browser, Page, expect

from depots.models import PlaceKind
from depots.places import add_places, new_place
from tests.conftest import Town
from tests.phone.conftest import embedded, filming, open_app, type_code
from tests.phone.test_offline import kill_phone, start_phone
from tests.serving import RunningServer

pytestmark = embedded


@pytest.fixture
def kit(town: Town) -> UUID:
    lot = town.stock("MED-001", "1", serial="K-1")
    now = town.context.clock.now()
    place = new_place(town.depot.id, PlaceKind.KIT, "1号", "No. 1", now, parent=town.shelf, position=40, place_id=lot)
    town.run(add_places, [place], now)
    return lot


# A store that needs a third of a second for each draft: a page that shows more than is stored loses the race
SLOW_STORE = """
for (const name of ["put", "delete"]) {
  const quick = IDBObjectStore.prototype[name];
  IDBObjectStore.prototype[name] = function (...args) {
    const request = quick.apply(this, args);
    const end = performance.now() + (this.name === "drafts" ? 300 : 0);
    const hold = () => performance.now() < end && (this.get("").onsuccess = hold);
    hold();
    return request;
  };
}
"""


def open_slowly(page: Page, server: RunningServer) -> None:
    page.add_init_script(SLOW_STORE)
    open_app(page, server)


def go(page: Page, path: str) -> None:
    page.evaluate("path => { location.hash = '#/' + path }", path)


def away_and_back(page: Page, path: str) -> None:
    """A stray tap on the bottom bar, and back again; then a reload."""
    page.locator(".bottom a").first.tap()
    expect(page.locator(".tiles")).to_be_visible()
    go(page, path)
    page.reload()


def scan(page: Page, code: str) -> None:
    type_code(page, code)


def test_K4_a_basket_survives_a_stray_tap_a_reload_and_a_kill_and_goes_when_it_is_emptied(
    browser: Browser, server: RunningServer, town: Town, tmp_path: Path
) -> None:
    lots = [town.stock("BRK-014", "3"), town.stock("EXT-001", "1", serial="SN-1")]
    folder = tmp_path / "phone"
    context = start_phone(browser, folder)
    page = context.pages[0]
    open_slowly(page, server)
    go(page, "scan")
    for lot in lots:
        scan(page, town.code_of(lot))
    page.get_by_label("加一").first.tap()
    expect(page.get_by_role("button", name="取用 2 项")).to_be_visible()
    away_and_back(page, "scan")
    expect(page.get_by_role("button", name="取用 2 项")).to_be_visible()
    cookies = context.cookies()
    kill_phone(folder)
    context = start_phone(browser, folder)
    context.add_cookies(cookies)  # type: ignore[arg-type]  # the browser writes them down half a minute later
    page = context.pages[0]
    page.add_init_script(SLOW_STORE)
    page.goto(f"{server.url}/app#/scan")
    expect(page.get_by_role("button", name="取用 2 项")).to_be_visible()
    expect(page.locator(".stepper input").first).to_have_value("2")
    page.get_by_role("button", name="清空清单").tap()
    expect(page.get_by_role("button", name="清空清单")).to_be_hidden()
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("扫码")
    expect(page.locator(".basket li")).to_have_count(0)
    context.close()


def test_K4_a_count_of_a_kit_survives_a_stray_tap_and_a_reload(
    browser: Browser, server: RunningServer, town: Town, kit: UUID
) -> None:
    tape = town.stock("MED-010", "4", number="L1")
    with filming(browser, None) as page:
        open_slowly(page, server)
        go(page, f"thing/{tape}")
        page.locator(".card").get_by_role("button", name="移位").tap()
        page.locator("[name=to]").select_option(str(kit))
        page.locator(".act-form form").get_by_role("button", name="移位").tap()
        expect(page.get_by_role("status")).to_contain_text("已移位")
        go(page, f"kit/{kit}")
        page.get_by_role("button", name="全部清点").tap()
        page.locator(".stepper input").first.fill("1")
        page.locator(".stepper input").first.blur()
        expect(page.get_by_role("button", name="提交清点")).to_be_enabled()
        away_and_back(page, f"kit/{kit}")
        expect(page.locator(".stepper input").first).to_have_value("1")
        page.get_by_role("button", name="放弃本次清点").tap()
        expect(page.get_by_role("button", name="全部清点")).to_be_visible()
        page.reload()
        page.get_by_role("button", name="全部清点").tap()
        page.get_by_role("button", name="全部相符").tap()  # what is left blank, in one tap
        expect(page.get_by_role("status")).to_contain_text("已清点")


def test_K4_a_shelf_being_counted_survives_a_stray_tap_and_a_reload(
    browser: Browser, server: RunningServer, town: Town
) -> None:
    town.stock("BRK-014", "3", town.second_shelf)
    with filming(browser, None) as page:
        open_slowly(page, server)
        go(page, "counts")
        expect(page.locator("[name=place]")).to_have_value("")  # nobody counts the whole depot by mistake
        page.locator("[name=place]").select_option("whole")
        page.get_by_role("button", name="开始盘点").tap()
        page.get_by_role("button", name=re.compile("A2层")).first.tap()
        page.get_by_role("button", name="加一").first.tap()
        expect(page.locator(".stepper input").first).to_have_value("1")
        path = page.evaluate("() => location.hash.slice(2)")
        away_and_back(page, path)
        expect(page.locator(".stepper input").first).to_have_value("1")
        page.get_by_role("button", name="此货位清点完毕").tap()
        expect(page.locator("main")).to_contain_text("已盘 1 项")  # the report knows it without being asked


def test_K4_a_form_half_filled_survives_and_goes_once_it_is_sent(
    browser: Browser, server: RunningServer, town: Town
) -> None:
    with filming(browser, None) as page:
        open_slowly(page, server)
        go(page, "incident/new")
        page.locator("[name=place]").press_sequentially("麻岭小区")
        expect(page.locator("form[aria-busy]")).to_have_count(0)
        away_and_back(page, "incident/new")
        expect(page.locator("[name=place]")).to_have_value("麻岭小区")
        page.get_by_role("button", name="火灾", exact=True).tap()
        page.get_by_role("button", name="登记出动", exact=True).tap()
        expect(page.get_by_role("status")).to_contain_text("出动")
        go(page, "incident/new")
        expect(page.locator("[name=place]")).to_have_value("")
        page.locator("[name=place]").press_sequentially("别处")
        page.get_by_role("button", name="清空表单").tap()
        expect(page.locator("[name=place]")).to_have_value("")
        page.reload()
        expect(page.locator("[name=place]")).to_have_value("")
