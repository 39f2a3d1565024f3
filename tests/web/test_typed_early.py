"""What people type before a page's scripts are there counts as if it were typed after: no script waits in vain."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from core.settings import ROOT
from labels.codes.binding import codes_of
from labels.codes.models import Label
from tests.browsing import page_in, sign_in
from tests.conftest import Town
from tests.serving import RunningServer

SCRIPTS = re.compile(r"/static/.*\.js")
ASKS = re.compile(r"(await|=) fetch\(|\bimport\(")
# The map says that it could not be drawn; what the phone has stored is answered without a signal
CAUGHT_BY_CALLERS = {"map.js", "service-worker.js"}


@contextmanager
def before_its_scripts(page: Page, address: str) -> Iterator[None]:
    """The page as it is on a slow line: there, with its scripts still on the way until this ends."""
    held: list[Route] = []
    page.route(SCRIPTS, lambda route: held.append(route))  # Playwright marks what it is given
    page.goto(address, wait_until="commit")
    expect(page.locator("main")).to_be_visible()
    yield
    for route in held:
        route.continue_()
    page.unroute(SCRIPTS)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_was_typed_before_the_scripts_came_counts(server: RunningServer, town: Town, browser: Browser) -> None:
    lot = town.stock("BRK-014", "3")
    code = town.run(lambda session: codes_of(session, Label.lot_id, [lot])[lot])
    context = browser.new_context(locale="zh-CN")
    page = context.new_page()
    sign_in(page, server.url, "officer")

    with before_its_scripts(page, f"{server.url}/depots"):
        page.get_by_label("全局搜索", exact=True).fill("BRK-014")
    expect(page.get_by_role("option", name=re.compile("夹钳")).first).to_be_visible()

    with before_its_scripts(page, f"{server.url}/lots"):
        page.locator(".list-table input[name=id]").first.check()
    expect(page.locator("#picked")).to_have_text("1")
    expect(page.locator(".list-table input[name=id]").first).to_be_checked()

    with before_its_scripts(page, f"{server.url}/labels/{code}"):
        page.locator("#size").select_option("a4-24")
    expect(page.locator("#picture")).to_have_attribute("src", re.compile("size=a4-24"))

    with before_its_scripts(page, f"{server.url}/label-sizes"):
        width = page.locator("#format input[name=width]")
        width.fill("1")
    expect(page.locator("#fault")).to_be_visible()

    sign_in(page, server.url, "keeper")
    with before_its_scripts(page, f"{server.url}/manage/depots/{town.depot.code}/places"):
        row = page.locator(f'li[data-id="{town.second_shelf.id}"]')
        row.locator("summary").click()
    row.get_by_label("所在之处").select_option(str(town.shelf.id))
    context.close()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_search_that_did_not_reach_the_server_is_asked_again(
    server: RunningServer, town: Town, browser: Browser
) -> None:
    town.stock("BRK-014", "3")
    with page_in(browser) as page:
        sign_in(page, server.url, "officer")
        page.goto(server.url)
        box = page.get_by_label("全局搜索", exact=True)
        page.route(re.compile("/api/search"), lambda route: route.abort())
        with page.expect_event("requestfailed"):
            box.fill("BRK-014")
        page.unroute(re.compile("/api/search"))
        box.press("Space")
        expect(page.get_by_role("option", name=re.compile("夹钳")).first).to_be_visible()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_list_whose_next_page_did_not_come_is_asked_for_by_the_browser(
    server: RunningServer, town: Town, browser: Browser
) -> None:
    town.stock("BRK-014", "3")
    with page_in(browser, viewport={"width": 1440, "height": 900}) as page:
        sign_in(page, server.url, "officer")
        page.goto(f"{server.url}/lots")
        page.route(re.compile("/lots.sort"), lambda route: route.abort(), times=1)
        page.locator("thead th a").first.click()
        page.wait_for_url(re.compile("/lots.sort"))
        expect(page.locator(".list-table tbody tr").first).to_be_visible()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_where_a_script_that_only_offers_does_not_come_a_code_is_typed(
    server: RunningServer, town: Town, browser: Browser
) -> None:
    with page_in(browser) as page:  # on which no script fails
        sign_in(page, server.url, "keeper")
        page.route(re.compile("/choose.js"), lambda route: route.abort())
        with page.expect_event("requestfailed"):
            page.goto(f"{server.url}/manage/depots/{town.depot.code}/places")
        expect(page.locator("input[data-choose]").first).to_be_enabled()


def test_whatever_a_pages_script_asks_for_may_fail_to_come() -> None:
    left = []
    for path in [*(ROOT / "web/static").glob("*.js"), *(ROOT / "web/static/desk").glob("*.js")]:
        lines = path.read_text(encoding="utf-8").splitlines()
        for number, line in enumerate(lines):
            near = "\n".join(lines[max(0, number - 3) : number + 2])
            if ASKS.search(line) and "try {" not in near and ".catch(" not in near:
                left.append(path.name)
    assert set(left) <= CAUGHT_BY_CALLERS
