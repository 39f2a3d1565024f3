"""Each page of the navigation in a real browser: fit for everybody, nothing wider than its window, no script fails."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from office.navigation import GROUPS
from tests.browsing import PHONE, overhang, sign_in
from tests.conftest import Town
from tests.serving import RunningServer

DESK = {"width": 1440, "height": 900}
MOST_SCREENS = 4  # by default, at a desk
# pages that the navigation does not name
BESIDE = (
    *("/problems", "/privacy", "/account", "/search?q=a", "/label-sizes", "/manage/steps", "/items/CNV-001"),
    *("/depots/STR-0001", "/depots/STR-0001?tab=stock", "/depots/STR-0001?tab=due", "/depots/STR-0001?tab=history"),
    *("/depots/STR-0001/hazards", "/manage/catalogue/items/CNV-001", "/manage/depots/STR-0001/places"),
)


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("size", "language", "scheme"), [("desk", "zh", "light"), ("desk", "en", "dark"), ("phone", "zh", "dark")]
)
def test_every_page_of_the_navigation_is_fit_for_everybody(
    browser: Browser, server: RunningServer, town: Town, size: str, language: str, scheme: str
) -> None:
    for serial in range(60):
        town.stock("CNV-001", "1", serial=f"P{serial}")
    viewport = DESK if size == "desk" else PHONE
    locale = "zh-CN" if language == "zh" else "en-GB"
    context = browser.new_context(viewport=viewport, locale=locale, color_scheme=scheme)  # type: ignore[arg-type]
    page, faults = context.new_page(), list[str]()
    page.on("pageerror", lambda error: faults.append(f"{page.url}: {error}"))
    page.on("console", lambda said: faults.append(f"{page.url}: {said.text}") if said.type == "error" else None)
    sign_in(page, server.url, "admin")
    for path in (*(line.path for group in GROUPS for line in group.lines), *BESIDE):
        page.goto(server.url + path)
        if overhang(page) > 0:
            faults.append(f"{path}: wider than its window")
        if size == "desk" and page.evaluate("document.documentElement.scrollHeight / innerHeight") > MOST_SCREENS:
            faults.append(f"{path}: over {MOST_SCREENS} screens")
        for violation in Axe().run(page).response["violations"]:
            faults.append(f"{path}: {violation['id']} {violation['nodes'][0]['html'][:160]}")
    context.close()
    assert faults == []
