"""Every page of the app: whole at 360×740 in both languages, by day and by night, and fit for everybody."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from depots.models import PlaceKind
from depots.places import add_places, new_place
from tests.browsing import page_in
from tests.conftest import Town
from tests.phone.conftest import SMALL, embedded, open_app
from tests.serving import RunningServer

LEAST_TARGET = 48  # CSS pixels
# Names that are the same in Chinese: codes, brands, units and what people of the town are called
SAME = re.compile(
    r"Readyshelf|English|Chrome|AED|QR|SN-\d+|K-\d|keeper|officer|[A-Z]{2,}[-/]?[A-Z0-9]*|\d+ ?(?:mm|kg|mL|L|m|V|W)\b"
)
CORRECT = {"zh": "更正日期", "en": "Correct the date"}
WORD = re.compile(r"[A-Za-z]{2,}")


@pytest.fixture
def busy(server: RunningServer, town: Town) -> dict[str, str]:
    """A depot with something of everything; the pages of it by name."""
    pliers = town.stock("BRK-014", "20")
    bottle = town.stock("EXT-001", "1", serial="SN-1")
    dated = town.stock("MED-010", "30", number="L1", expires_on=town.context.clock.today() + timedelta(days=20))
    undated = town.stock("MED-010", "5", number="L2", expiry_unknown=True)
    kit = town.stock("MED-001", "1", serial="K-1")
    now = town.context.clock.now()
    place = new_place(
        town.depot.id, PlaceKind.KIT, "1号急救箱", "First-aid box 1", now, parent=town.shelf, position=40, place_id=kit
    )
    town.run(add_places, [place], now)

    def told(kind: str, who: str = "keeper", **fields: Any) -> UUID:
        entry_id = fields.pop("id", uuid4())
        entry = {"id": str(entry_id), "kind": kind, **fields}
        answer = httpx.post(f"{server.url}/api/entries", json=entry, headers=town.auth(who))
        assert answer.status_code == 201, answer.text
        return entry_id

    line = {"thing": str(pliers), "quantity": "2"}
    due = (datetime.now(UTC) + timedelta(hours=3)).isoformat()  # the served town lives by the true clock
    told(
        "lend",
        depot=town.depot.code,
        lines=[line],
        borrower="outside",
        name="王五",
        unit="物业",
        phone="13800000000",
        due_at=due,
    )
    call = told("open-incident", depot=town.depot.code, what="rescue", channel="phone", place="麻岭小区 3 栋 201")
    told("draw", incident=str(call), lines=[line])
    told("fault", thing=str(bottle), place=str(town.shelf.id), quantity="1", description="压力表在红区")
    transfer = told(
        "ask-transfer",
        "admin",
        giver=town.depot.code,
        receiver=town.other.code,
        lines=[{"item": "BRK-014", "quantity": "3"}],
        reason="补足",
    )
    count = told("start-count", depot=town.depot.code, places=[str(town.second_shelf.id)], note="月度盘点")
    told("propose", depot=town.depot.code, name="暖宝宝", unit="片", contains="10", note="", code="6901234567892")
    return {
        "home": "",
        "scan": "scan",
        "find": "find",
        "counts": "counts",
        "count": f"count/{count}",
        "more": "more",
        "outbox": "outbox",
        "loans": "loans",
        "lend": "lend",
        "new call-out": "incident/new",
        "call-outs": "incidents",
        "call-out": f"incident/{call}",
        "transfers": "transfers",
        "transfer": f"transfer/{transfer}",
        "receive": "receive",
        "receive an item": "receive//BRK-014",
        "handover": "handover",
        "checks": "checks",
        "checks of a shelf": f"checks/{town.shelf.id}/MP-001",
        "faults": "faults",
        "report a fault": "faults/new",
        "hands": "hands",
        "second person": "witness",
        "proposals": "proposals",
        "thing": f"thing/{pliers}",
        "piece": f"thing/{bottle}",
        "dated": f"thing/{dated}",
        "undated": f"thing/{undated}",
        "place": f"place/{town.shelf.id}",
        "kit": f"kit/{kit}",
    }


@pytest.fixture(
    params=[
        pytest.param(("zh", "light"), id="zh-light"),
        pytest.param(("en", "dark"), id="en-dark", marks=pytest.mark.slow),
    ]
)
def small_phone(browser: Browser, request: pytest.FixtureRequest) -> Iterator[tuple[Page, str]]:
    language, scheme = request.param
    looks = {"locale": {"zh": "zh-CN", "en": "en-GB"}[language], "color_scheme": scheme, "reduced_motion": "reduce"}
    with page_in(browser, **SMALL, **looks) as page:
        page.add_init_script(f"localStorage.setItem('language', '{language}')")
        yield page, language


@embedded
def test_no_page_is_cut_off_or_hard_to_hit_or_in_the_wrong_language(
    small_phone: tuple[Page, str],
    server: RunningServer,
    town: Town,
    busy: dict[str, str],
    look: Callable[[Page, str], None],
) -> None:
    page, language = small_phone
    open_app(page, server, "officer")
    found: list[str] = []
    for name, path in busy.items():
        page.goto(f"{server.url}/app#/{path}")
        page.locator(f"main.app[data-page='{path}']").wait_for()
        expect(page.locator("main.app")).not_to_be_empty()
        if name == "dated":
            page.get_by_role("button", name=CORRECT[language]).tap()
        look(page, f"{language} {name}")
        found += [f"{name}: {fault}" for fault in faults_of(page, language)]
    assert found == []


def faults_of(page: Page, language: str) -> list[str]:
    """What is wrong with the page that is open."""
    found = [
        f"{violation['id']}: {violation['nodes'][0]['html'][:150]}"
        for violation in Axe().run(page).response["violations"]
        if violation["impact"] in ("serious", "critical")
    ]
    found += [f"wider than the screen: {one}" for one in page.evaluate(TOO_WIDE)]
    found += [f"small target: {one}" for one in page.evaluate(SMALL_TARGETS, LEAST_TARGET)]
    found += [f"broken over two lines: {one}" for one in page.evaluate(BROKEN)]
    if language == "zh":
        text = SAME.sub(" ", page.locator("body").inner_text())
        found += [f"English left: {word}" for word in WORD.findall(text)]
    return found


TOO_WIDE = """() => [...document.querySelectorAll('main *, header *, nav *')]
  .filter((one) => {
    const range = document.createRange();  // what is written, which may be wider than its box
    range.selectNodeContents(one);
    const box = one.childElementCount ? one.getBoundingClientRect() : range.getBoundingClientRect();
    return box.width > 1 && (box.right > innerWidth + 1 || box.left < -1) && !one.closest('.table, .visually-hidden');
  })
  .map((one) => one.outerHTML.slice(0, 120))"""
BROKEN = """() => [...document.querySelectorAll('.badge, .day, .whole, a[href^="tel:"]')]
  .filter((one) => {
    const style = getComputedStyle(one);
    const lines = (one.clientHeight - parseFloat(style.paddingTop) * 2) / parseFloat(style.lineHeight);
    const broken = style.display === 'inline' ? one.getClientRects().length > 1 : lines > 1.5;
    return broken && one.textContent.trim().length <= 12;
  })
  .map((one) => one.outerHTML.slice(0, 120))"""
SMALL_TARGETS = """(least) => [...document.querySelectorAll(
    'button, a, input:not([type=hidden]):not(.visually-hidden), select, summary')]
  .filter((one) => {
    const box = one.getBoundingClientRect();
    const inText = one.closest('p:not(.ways)') || one.matches('.basket a, td a');
    return box.width > 1 && box.height < least - 0.5 && !inText;
  })
  .map((one) => Math.round(one.getBoundingClientRect().height) + ' ' + one.outerHTML.slice(0, 120))"""
