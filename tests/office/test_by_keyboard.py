"""The desk by keyboard alone: signed in, searched, chosen, answered, and the focus never lost (WCAG 2.1.1, 2.4.3)."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from office.navigation import GROUPS
from tests.browsing import PASSWORD, page_in, sign_in
from tests.conftest import Town
from tests.office.test_lists import fill
from tests.serving import RunningServer

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
DESK = {"width": 1440, "height": 900}
FOCUS = "document.activeElement"
ROW = f"[...document.querySelectorAll('tbody tr')].indexOf({FOCUS}.closest('tr'))"
MOST_STEPS = 150  # of a page: the rest is more of the same rows
# What is wrong with the control that has the focus. A hidden one, and one below another, is nowhere for who looks
FAULTS = """() => {
  const at = document.activeElement, faults = [];
  if (at === document.body) return null;
  const name = (node) => node.ariaLabel || node.labels?.[0]?.textContent.trim() || node.textContent.trim()
    || node.title || node.alt || node.placeholder || (node.getAttribute('aria-labelledby') ? 'another' : '');
  if (!name(at)) faults.push('has no name');
  const box = at.getBoundingClientRect(), x = box.x + Math.min(box.width, innerWidth) / 2;
  const spot = [box.x + 4, box.y + Math.min(box.height, 16) / 2];
  if (box.width < 2 || box.bottom < 0 || box.top > innerHeight) faults.push('is out of sight');
  else {
    const top = document.elementFromPoint(...spot);
    if (top && !at.contains(top) && !top.contains(at)) faults.push('lies below ' + top.outerHTML.slice(0, 60));
  }
  const look = getComputedStyle(at);
  if (look.outlineStyle === 'none' && at.id !== 'main') faults.push('shows no focus');
  return {what: at.outerHTML.slice(0, 120), faults};
}"""


@pytest.fixture
def desk(browser: Browser, server: RunningServer) -> Iterator[Page]:
    with page_in(browser, viewport=DESK) as page:
        page.goto(f"{server.url}/sign-in")
        yield page


def press(page: Page, *keys: str) -> None:
    page.wait_for_load_state()  # keys are commands as soon as the page's scripts have run
    for key in keys:
        page.keyboard.press(key)


def test_an_officer_works_by_keyboard_alone(desk: Page, server: RunningServer, town: Town) -> None:
    town.run(fill, town)
    desk.keyboard.type("admin")
    press(desk, "Tab")
    desk.keyboard.type(PASSWORD)
    press(desk, "Enter")
    expect(desk.locator("#search-all")).to_be_visible()
    # the keys are listed, and the list gives the focus back
    press(desk, "?")
    expect(desk.locator("#keys")).to_be_visible()
    press(desk, "Escape")
    expect(desk.locator("#keys")).to_be_hidden()
    # from anywhere to a depot
    press(desk, "/")
    desk.keyboard.type(town.depot.code)
    expect(desk.get_by_role("option").first).to_be_visible()
    press(desk, "ArrowDown", "Enter")
    expect(desk.get_by_role("heading", level=1)).to_contain_text(town.depot.name_zh)
    # a list: a row, the rows up to another, what can be done with them, and done
    desk.goto(f"{server.url}/alerts?state=new")
    press(desk, "j", "j", "x", "j", "j", "Shift+X")
    expect(desk.locator("#picked")).to_have_text("3")
    press(desk, "m")
    expect(desk.locator(".bulk button:focus")).to_have_attribute("value", "take")
    press(desk, "Escape")
    assert desk.evaluate(ROW) == 3
    # the search box is one key away from a box that is ticked, and leads back to it
    press(desk, "/")
    expect(desk.locator("#search-all")).to_be_focused()
    press(desk, "Escape")
    assert desk.evaluate(ROW) == 3
    press(desk, "t")
    expect(desk.locator(".notice.good")).to_be_visible()
    expect(desk.locator("tbody tr:nth-child(2) :focus")).to_have_count(1)  # where the first of them stood
    # one row answered: the next one's button has the focus
    press(desk, "Tab")
    while desk.evaluate(f"{FOCUS}.tagName") != "BUTTON":
        press(desk, "Tab")
    before = desk.locator("tbody tr").nth(1).locator("input[name=id]").get_attribute("value")
    press(desk, "Enter")
    expect(desk.locator(f"input[name=id][value='{before}']")).to_have_count(0)
    expect(desk.locator("tbody tr:nth-child(2) button:focus")).to_have_count(1)
    # the next page, a row's own page and back
    press(desk, "n")
    expect(desk.locator("a[rel=first]")).to_be_visible()
    assert desk.evaluate(ROW) == 0
    press(desk, "p")
    expect(desk.locator("a[rel=first]")).to_have_count(0)
    press(desk, "j", "Tab")
    opened = desk.evaluate(f"{FOCUS}.href")
    press(desk, "Enter")
    desk.wait_for_url(opened)
    desk.go_back()
    expect(desk.locator("tbody tr:nth-child(2) a:focus")).to_have_count(1)


@pytest.mark.slow
def test_every_control_is_reached_named_and_seen(desk: Page, server: RunningServer, town: Town) -> None:
    town.run(fill, town)
    sign_in(desk, server.url, "admin")
    desk.goto(server.url)
    faults = []
    for path in (line.path for group in GROUPS for line in group.lines):
        desk.goto(server.url + path)
        faults += [f"{path}: {fault}" for fault in faults_by_tab(desk)]
    assert faults == []


def faults_by_tab(page: Page) -> list[str]:
    """What is wrong with the controls of a page, as Tab reaches one after the other."""
    faults = []
    page.locator("#main").focus()
    for _ in range(MOST_STEPS):
        press(page, "Tab")
        found = page.evaluate(FAULTS)
        if found is None:
            break
        faults += [f"{found['what']} {fault}" for fault in found["faults"]]
    return faults
