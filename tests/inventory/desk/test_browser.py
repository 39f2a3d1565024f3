"""The desk in a real browser: pictures are drawn, the keyboard gets everywhere, a table holds the same."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import update

from depots.models import Depot
from inventory.clocks.models import Due
from inventory.desk.history import record_day
from inventory.readiness.counting import refresh
from tests.browsing import PHONE, overhang, sign_in
from tests.conftest import ZONE, Town
from tests.serving import RunningServer

embedded = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
DESK = {"width": 1440, "height": 900}
PAGES = {
    "/map": "#map .leaflet-marker-icon",
    "/map?capability=power-bank": "#map .leaflet-reach-pane path",
    "/matrix": "#matrix svg path",
    "/expiry": "#calendar svg path",
    "/trends": "#trend svg path",
    "/trends?of=district:": "#trend svg path",
}
TABLES = ("/matrix/depots", "/expiry/lots?until=2199-01-01", "/depots/STR-0001/requirements/GROUP:VEH_RESPONSE")


@pytest.fixture
def desk(server: RunningServer, town: Town) -> RunningServer:
    """The town as the served process sees it today: gear that ends, a recorded day, two days before it, and a gap."""
    today = datetime.now(UTC).astimezone(ZONE).date()  # the served town lives by the true clock
    town.run(lambda session: session.execute(update(Depot).where(Depot.code == "IND-0002").values(lat=22.6, lon=114.0)))
    for offset in (3, 40, 300):
        town.stock("RSP-004", "4", expires_on=today + timedelta(offset), number=str(offset))
    for serial in ("P1", "P2"):
        town.stock("CNV-001", "1", serial=serial)
    # the town was stocked on a day that stands still; by the true clock a calendar check may be overdue since
    town.run(lambda session: session.execute(update(Due).values(blocked_from=None)))
    town.run(refresh, today)
    for offset in (4, 3, 0):
        town.run(record_day, today - timedelta(offset))
    return server


@pytest.fixture(params=[pytest.param("desk-zh", marks=pytest.mark.slow), "phone-en"])
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page on which no script may fail and nothing is refused by the page's own policy."""
    size, language = request.param.split("-")
    context = browser.new_context(
        viewport=DESK if size == "desk" else PHONE,  # type: ignore[arg-type]
        locale="zh-CN" if language == "zh" else "en-GB",
        color_scheme="light" if size == "desk" else "dark",
    )
    shown = context.new_page()
    faults: list[str] = []
    shown.on("pageerror", lambda error: faults.append(str(error)))
    shown.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    yield shown
    context.close()
    assert faults == []


@embedded
def test_every_picture_is_drawn_fits_and_is_fit_for_everybody(
    page: Page, desk: RunningServer, look: Callable[[Page, str], None]
) -> None:
    sign_in(page, desk.url, "auditor")
    for path, drawn in {**PAGES, **dict.fromkeys(TABLES, "main table tbody tr")}.items():
        page.goto(desk.url + path)
        expect(page.locator(drawn).first).to_be_attached()
        page.locator("main details").evaluate_all("all => all.forEach((one) => (one.open = true))")
        expect(page.locator("main table tbody tr").first).to_be_visible()
        assert overhang(page) <= 0, path
        found = [
            f"{violation['id']}: {violation['nodes'][0]['html'][:200]}"
            for violation in Axe().run(page).response["violations"]
            if violation["impact"] in ("serious", "critical")
        ]
        assert found == [], path
        look(page, "desk" + re.sub(r"\W+", "-", path) + str(page.viewport_size and page.viewport_size["width"]))


@embedded
def test_the_map_is_walked_by_keyboard_and_shows_a_depots_card(browser: Browser, desk: RunningServer) -> None:
    page = browser.new_context(viewport=DESK, locale="zh-CN").new_page()  # type: ignore[arg-type]
    sign_in(page, desk.url, "auditor")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{desk.url}/map?capability=power-bank")
    expect(page.locator("#told")).to_have_text("2 个站点中 1 个当前具备。")
    expect(page.locator("#map-table tbody tr")).to_have_count(2)
    expect(page.locator("#map .leaflet-interactive, #map path").first).to_be_attached()
    page.locator('#map .pin[title*="STR-0001"]').focus()
    page.keyboard.press("Enter")
    card = page.locator(".depot-card")
    expect(card).to_contain_text("0755-00000001")
    expect(card).to_contain_text("缺")
    assert card.locator("li").count() == 3
    assert [url for url in asked if not url.startswith((desk.url, "data:"))] == []
    link = card.get_by_role("link", name=re.compile("STR-0001"))
    expect(link).to_be_focused()  # the card is where one goes on
    page.keyboard.press("Escape")
    expect(card).to_have_count(0)
    expect(page.locator('#map .pin[title*="STR-0001"]')).to_be_focused()
    page.keyboard.press("Enter")
    expect(link).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{desk.url}/depots/STR-0001")
    # a list: a chip obeys the space bar and stays in focus, what opens over the list closes by Escape
    page.goto(f"{desk.url}/stock")
    page.locator("#groups a", has_text="类别").focus()
    page.keyboard.press("Space")
    expect(page).to_have_url(re.compile("group=category"))
    expect(page.locator("#groups a.on", has_text="类别")).to_be_focused()
    page.keyboard.press("v")
    expect(page.locator("details.more input[name=name]")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#save-view")).to_be_focused()
    expect(page.locator("details.more[open]")).to_have_count(0)
    page.context.close()


@embedded
def test_a_click_on_a_picture_leads_down_and_the_table_does_the_same(browser: Browser, desk: RunningServer) -> None:
    page = browser.new_context(viewport=DESK, locale="zh-CN").new_page()  # type: ignore[arg-type]
    sign_in(page, desk.url, "auditor")
    page.goto(f"{desk.url}/matrix")
    page.locator("#matrix svg text", has_text="0").first.wait_for(state="attached")
    page.locator("#matrix-table tbody a").first.focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/matrix/depots\?district=\d+&category=VEH"))
    page.locator("main table a[href*='/requirements/']").first.click()
    expect(page.locator("#ready")).to_have_text("0")
    page.goto(f"{desk.url}/expiry")
    today = datetime.now(UTC).astimezone(ZONE).date()
    expect(page.locator("#coming")).to_have_text("3")
    page.locator(f"a[href*='since={today + timedelta(3)}']").click()
    expect(page.locator("main table tbody tr")).to_have_count(1)
    page.context.close()


@embedded
def test_on_paper_the_tables_stand_open(browser: Browser, desk: RunningServer) -> None:
    page = browser.new_context(viewport=DESK, locale="zh-CN").new_page()  # type: ignore[arg-type]
    sign_in(page, desk.url, "auditor")
    page.goto(f"{desk.url}/trends")
    expect(page.locator("#trend svg").first).to_be_attached()
    expect(page.locator("main table")).to_be_hidden()
    assert page.pdf()[:4] == b"%PDF"
    expect(page.locator("main table")).to_be_visible()
    assert page.locator("main table tbody tr").count() == 5
    assert page.get_by_text("无记录").count() == 2
    page.context.close()
