"""A phone whose clock is wrong (K11): acts are booked at the true time, and never refused for it."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from inventory.telling.models import Entry, EntryState
from tests.conftest import Town
from tests.phone.conftest import cut, embedded, filming, open_app
from tests.serving import RunningServer

WRONG = """(() => {
  const shift = %d * 3600000 + Number(localStorage.getItem('jump') ?? 0);
  const True = Date;
  globalThis.Date = class extends True {
    constructor(...given) { given.length ? super(...given) : super(True.now() + shift); }
    static now() { return True.now() + shift; }
  };
})()"""


def entries(town: Town) -> list[Entry]:
    with town.context.database.transaction(writes=False) as session:
        return list(session.execute(select(Entry).order_by(Entry.recorded_at)).scalars())


def take_one(page: Page, lot: object) -> None:
    page.evaluate("path => { location.hash = '#/' + path }", f"thing/{lot}")
    page.get_by_role("button", name=re.compile("^取用 1")).first.tap()
    expect(page.get_by_role("status")).to_be_visible()


@embedded
@pytest.mark.parametrize("hours", [3, -3])
def test_K11_an_act_of_a_phone_opened_offline_is_booked_at_the_true_time(
    browser: Browser, server: RunningServer, town: Town, hours: int
) -> None:
    lot = town.stock("BRK-014", "3")
    with filming(browser, None) as page:
        page.add_init_script(WRONG % hours)
        open_app(page, server)
        cut(page.context)
        page.goto(f"{server.url}/app")
        page.reload()
        expect(page.locator(".tiles")).to_be_visible()
        before = datetime.now(UTC)
        take_one(page, lot)
        expect(page.locator(".status")).to_have_text("1 条待发")
        after = datetime.now(UTC)  # a busy machine may have taken long
        page.context.set_offline(False)
        expect(page.locator(".status")).to_have_text("✓", timeout=30_000)
    (entry,) = entries(town)
    assert entry.state == EntryState.BOOKED
    assert before - timedelta(seconds=10) < entry.happened_at < after + timedelta(seconds=10)
    assert f'"offset_seconds":{-hours * 3600}' in re.sub(r"(\d{3,})", _rounded, entry.answer)
    assert '"sure":true' in entry.answer


def _rounded(found: re.Match[str]) -> str:
    return str(round(int(found[1]) / 60) * 60)


@embedded
def test_K11_a_clock_that_was_set_in_between_is_flagged_and_the_act_is_booked(
    browser: Browser, server: RunningServer, town: Town
) -> None:
    lot = town.stock("BRK-014", "3")
    with filming(browser, None) as page:
        page.add_init_script(WRONG % 0)
        open_app(page, server)
        cut(page.context)
        page.evaluate("() => localStorage.setItem('jump', 5 * 3600000)")  # the battery died: the clock is five hours on
        page.goto(f"{server.url}/app")
        page.reload()
        expect(page.locator(".tiles")).to_be_visible()
        take_one(page, lot)
        page.context.set_offline(False)
        expect(page.locator(".status")).to_have_text("✓", timeout=30_000)
    (entry,) = entries(town)
    assert entry.state == EntryState.BOOKED
    assert abs(entry.happened_at - datetime.now(UTC)) < timedelta(minutes=1)
    assert '"sure":false' in entry.answer
