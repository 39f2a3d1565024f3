"""A shift in Firefox: the app's jobs one after the other, with and without a signal, and pages of the desk."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from sqlalchemy import select

from inventory.clocks.models import Check
from inventory.faults.models import Defect
from tests.browsing import PHONE, overhang, page_in, sign_in_by_page
from tests.conftest import Town, quantity_of
from tests.firefox import launcher
from tests.phone.conftest import cut, embedded, type_code
from tests.serving import RunningServer

pytestmark = [embedded, pytest.mark.slow]
WAIT = 30_000  # milliseconds: Firefox starts slowly on a busy machine
THUMB = {"ui.primaryPointerCapabilities": 1, "ui.allPointerCapabilities": 1}  # coarse, as a phone has it
DESK = ("/", "/depots/STR-0001", "/find?q=夹钳")


@pytest.fixture
def firefox(tmp_path: Path) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.firefox.launch(
            channel="moz-firefox", executable_path=launcher(tmp_path), firefox_user_prefs=THUMB
        )
        yield started
        started.close()


@pytest.fixture
def page(firefox: Browser) -> Iterator[Page]:
    """A page of a Chinese phone on which no script may fail."""
    with page_in(firefox, viewport=PHONE) as page:
        yield page


def go(page: Page, path: str) -> None:
    page.evaluate("path => { location.hash = '#/' + path }", path)
    page.locator(f"main.app[data-page='{path}']").wait_for()
    assert overhang(page) <= 0, path


def press(page: Page, word: str) -> None:
    named = re.compile(rf"^\W*{word}")
    page.get_by_role("button", name=named).or_(page.get_by_role("link", name=named)).first.click()


def told(page: Page, text: str) -> None:
    expect(page.get_by_role("status")).to_contain_text(text, timeout=WAIT)


def take_undo_return(page: Page, code: str) -> None:
    """Scan by a typed code and take; take another from its page and undo it; bring the first one back."""
    press(page, "扫码")
    type_code(page, code)
    press(page, "取用 1 项")
    told(page, "已取用")
    go(page, "hands")
    press(page, "完好归还")
    told(page, "已归还")


def undo(page: Page, lot: UUID) -> None:
    go(page, f"thing/{lot}")
    press(page, "取用 1")
    told(page, "已取用")
    press(page, "撤销")
    told(page, "已撤销")


def lend(page: Page, code: str) -> None:
    go(page, "scan")
    type_code(page, code)
    press(page, "改为借出")
    press(page, "借出 1")
    told(page, "已借出")


def fault(page: Page, lot: UUID) -> None:
    go(page, f"thing/{lot}")
    press(page, "报故障")
    page.locator("[name=description]").fill("压力表在红区")
    press(page, "提交报修")
    told(page, "已报修")


def check(page: Page) -> None:
    go(page, "checks")
    page.locator("a[href$='/MP-001']").first.click()
    press(page, "已逐项查看")
    press(page, "记录检查")
    told(page, "已登记")


def count_a_shelf(page: Page, shelf: UUID) -> None:
    go(page, f"counts/{shelf}")
    press(page, "开始盘点")
    page.locator(".row-button").first.click()
    for line in page.locator(".basket input").all():
        line.press_sequentially("3")
        line.press("Tab")
    press(page, "此货位清点完毕")
    told(page, "已清点")


def approve(page: Page, server: RunningServer, town: Town) -> None:
    """An officer approves what was counted, at the desk: no handover counts what another count has open."""
    count = page.evaluate("() => location.hash.split('/')[2]")
    entry = {"id": str(uuid4()), "kind": "approve-count", "count": count, "leave_uncounted": False}
    answer = httpx.post(f"{server.url}/api/entries", json=entry, headers=town.auth("officer"))
    assert answer.status_code == 201, answer.text


def start_handover(page: Page) -> None:
    go(page, "handover")
    press(page, "开始交接班")
    expect(page.get_by_text("本班查看", exact=False)).to_be_visible(timeout=WAIT)


def offline_act(page: Page, lot: UUID) -> None:
    """Without a signal: the app opens, an act is stored, survives a reload, and is sent when the signal is back."""
    cut(page.context)
    page.reload()
    go(page, f"thing/{lot}")
    press(page, "取用 1")
    told(page, "已存在本机")
    page.reload()
    expect(page.locator(".status")).to_have_text("1 条待发")
    page.context.set_offline(False)
    expect(page.locator(".status")).to_have_text("✓", timeout=WAIT)


def test_the_jobs_of_a_shift_are_done_in_firefox(page: Page, server: RunningServer, town: Town) -> None:
    lent, faulty = town.stock("HYD-006", "2"), town.stock("EXT-001", "1", serial="X-1")
    pliers = town.stock("BRK-014", "5")
    counted = town.stock("BRK-002", "3", shelf=town.second_shelf)
    town.stock("EXT-001", "1", serial="X-2", received_at=town.context.clock.now() - timedelta(days=60))
    sign_in_by_page(page, server.url, "keeper")
    expect(page.locator(".tiles")).to_be_visible()
    take_undo_return(page, town.code_of(pliers))
    undo(page, pliers)
    lend(page, town.code_of(lent))
    fault(page, faulty)
    check(page)
    count_a_shelf(page, town.second_shelf.id)
    approve(page, server, town)
    start_handover(page)
    offline_act(page, pliers)
    database = town.context.database
    assert quantity_of(database, pliers, town.shelf.id) == 4
    assert quantity_of(database, lent, town.shelf.id) == 1
    assert quantity_of(database, counted, town.second_shelf.id) == 3
    with database.transaction(writes=False) as session:
        assert len(session.execute(select(Check)).all()) == 1
        assert session.execute(select(Defect.lot_id)).scalars().all() == [faulty]
    for path in DESK:
        page.goto(server.url + path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert overhang(page) <= 0, path
