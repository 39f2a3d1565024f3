"""No signal: everything works on, survives a killed browser, and is booked once, in order, when the signal is back."""

import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import select

from core.settings import ROOT
from depots.models import PlaceKind
from depots.places import add_places, new_place, standing_place_id
from inventory.catalogue.models import Item
from inventory.stock.models import Movement
from inventory.telling.models import Entry, EntryState
from jobs.alerts.models import Alert
from jobs.causes.kinds import AlertKind
from tests.browsing import SMALL_PHONE, browser_path
from tests.conftest import Town, quantity_of
from tests.phone.conftest import cut, embedded, open_app, type_code
from tests.serving import RunningServer

SAVED = re.compile("已存在本机")


def start_phone(browser: Browser, folder: Path) -> BrowserContext:
    """A phone whose storage lies in a folder: closed or killed, it opens again with what it had."""
    context = browser.browser_type.launch_persistent_context(
        folder,
        executable_path=browser_path(),
        viewport=SMALL_PHONE,  # type: ignore[arg-type]
        locale="zh-CN",
        has_touch=True,
    )
    context.set_default_timeout(10_000)
    return context


def kill_phone(folder: Path) -> None:
    """kill -9 for every process of the browser with this folder: no farewell, no flush."""
    found = subprocess.run(["pgrep", "-f", f"user-data-dir={folder}"], capture_output=True, text=True).stdout.split()
    assert found
    for process in found:
        try:
            os.kill(int(process), signal.SIGKILL)
        except ProcessLookupError:
            continue  # a child that went with its parent
    for name in ("SingletonLock", "SingletonSocket", "SingletonCookie"):
        (folder / name).unlink(missing_ok=True)


def signed_in_on_disk(folder: Path) -> bool:
    """Whether the browser has written the session's cookie down: it does so half a minute after signing in."""
    for path in folder.rglob("Cookies"):
        with closing(sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)) as cookies:
            if cookies.execute("SELECT 1 FROM cookies WHERE name = 'session'").fetchone():
                return True
    return False


class Keeper:
    """Taps of a keeper in the app."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.done = 0

    def go(self, path: str, title: str | None = None) -> None:
        """Open a page, and see it open."""
        self.page.evaluate("path => { location.hash = '#/' + path }", path)
        if title:
            expect(self.page.get_by_role("heading", level=1)).to_have_text(title)

    def thing(self, lot: UUID, button: str, fields: dict[str, str] | None = None, word: str | None = None) -> None:
        """One of the acts on a thing's page: the act's button, its fields, its word."""
        self.go("more", "更多")
        self.go(f"thing/{lot}")
        expect(self.page.locator(".card").first).to_be_visible()
        self.page.locator(".card").get_by_role("button", name=button, exact=True).first.tap()
        for name, value in (fields or {}).items():
            box = self.page.locator(f"[name={name}]")
            if box.evaluate("one => one.tagName") == "SELECT":
                box.select_option(value)
            else:
                box.fill(value)
        if word:
            self.page.locator(".act-form form").get_by_role("button", name=word).tap()
        self.saved()

    def saved(self) -> None:
        """The app says that the act is kept on the phone."""
        self.done += 1
        expect(self.page.locator(".status")).to_have_text(f"{self.done} 条待发")
        toast = self.page.locator(".toast")  # it may lie over what is tapped next
        expect(toast).to_contain_text(SAVED)
        toast.get_by_role("button", name="关闭").tap()
        expect(toast).to_have_count(0)

    def form(self, word: str, fields: dict[str, str]) -> None:
        for name, value in fields.items():
            self.page.locator(f"[name={name}]").fill(value)
        self.page.get_by_role("button", name=word, exact=True).tap()
        self.saved()


@pytest.fixture
def kit(town: Town) -> UUID:
    lot = town.stock("MED-001", "1", serial="K-1")
    now = town.context.clock.now()
    town.run(
        add_places,
        [new_place(town.depot.id, PlaceKind.KIT, "1号", "No. 1", now, parent=town.shelf, position=40, place_id=lot)],
        now,
    )
    return lot


def killed_and_opened_again(
    browser: Browser, folder: Path, server: RunningServer, waiting: int, cookies: Any = ()
) -> Page:
    """Kill the phone, open it without a signal, kill the server, and let both come back; returns when all is sent."""
    kill_phone(folder)
    context = start_phone(browser, folder)
    context.add_cookies([*cookies])
    context.set_offline(True)
    page = context.pages[0]
    page.goto(f"{server.url}/app")
    expect(page.locator(".status")).to_have_text(f"{waiting} 条待发")
    server.kill()
    context.set_offline(False)
    page.wait_for_timeout(1500)
    server.start()
    expect(page.locator(".status")).to_have_text("✓", timeout=90_000)
    page.goto(f"{server.url}/app#/outbox")
    expect(page.get_by_text("已入账，账实不符").first).to_be_visible()
    return page


def taken_meanwhile(server: RunningServer, town: Town, contested: UUID) -> None:
    """Somebody else takes two of the three that the phone took as well."""
    taken = {"id": str(uuid4()), "kind": "issue", "lot": str(contested), "quantity": "2"}
    assert httpx.post(f"{server.url}/api/movements", json=taken, headers=town.auth("admin")).status_code == 201


def is_booked_once_in_order(town: Town, contested: UUID, number: int) -> None:
    with town.context.database.transaction(writes=False) as session:
        entries = session.execute(select(Entry).order_by(Entry.recorded_at, Entry.id)).scalars().all()
        movements = session.execute(
            select(Movement.happened_at, Movement.recorded_at, Movement.late).where(
                Movement.person_id == town.keeper.person_id
            )
        ).all()
        discrepancies = (
            session.execute(
                select(Alert.lot_id).where(Alert.kind == AlertKind.DISCREPANCY, Alert.resolved_at.is_(None))
            )
            .scalars()
            .all()
        )
    assert len(entries) == number
    assert [entry.state for entry in entries] == [EntryState.BOOKED] * number
    assert all(entry.late for entry in entries)
    times = [entry.happened_at for entry in entries]
    assert times == sorted(times)
    assert all(late and happened < recorded for happened, recorded, late in movements)
    assert quantity_of(town.context.database, contested, town.shelf.id) == 0
    gap = standing_place_id(town.depot.id, PlaceKind.DISCREPANCY)
    assert quantity_of(town.context.database, contested, gap) == -2
    assert contested in discrepancies


@embedded
def test_acts_without_a_signal_survive_a_kill_and_are_booked_once_in_order(
    browser: Browser, server: RunningServer, town: Town, tmp_path: Path
) -> None:
    contested = town.stock("HYD-006", "3")
    bottle = town.stock("EXT-001", "1", serial="SN-1")
    folder = tmp_path / "phone"
    page = start_phone(browser, folder).pages[0]
    open_app(page, server)
    cut(page.context)
    keeper = Keeper(page, server.url)
    keeper.thing(bottle, "报故障", {"description": "压力表在红区"}, "提交报修")
    for _ in range(3):
        keeper.thing(contested, f"取用 1 {town_unit(town, 'HYD-006')}")
    keeper.go("incident/new", "登记出动")
    page.get_by_role("button", name="火灾", exact=True).tap()
    keeper.form("登记出动", {"place": "麻岭小区 3 栋"})
    cookies = page.context.cookies()  # the browser writes them down half a minute later
    taken_meanwhile(server, town, contested)
    killed_and_opened_again(browser, folder, server, 5, cookies).context.close()
    is_booked_once_in_order(town, contested, 5)


@pytest.mark.slow
def test_thirty_acts_without_a_signal_survive_a_kill_and_are_booked_once_in_order(
    browser: Browser, server: RunningServer, town: Town, tmp_path: Path, kit: UUID
) -> None:
    pliers = town.stock("BRK-014", "20")
    contested = town.stock("HYD-006", "3")
    tape = town.stock("MED-010", "30", number="L1", expires_on=town.context.clock.today() + timedelta(days=400))
    bottles = [town.stock("EXT-001", "1", serial=f"SN-{number}") for number in range(6)]
    folder = tmp_path / "phone"
    context = start_phone(browser, folder)
    page = context.pages[0]
    open_app(page, server)
    cut(context)
    keeper = Keeper(page, server.url)
    unit = "取用 1 "
    for _ in range(5):
        keeper.thing(pliers, unit + town_unit(town, "BRK-014"))
    for number in range(4):
        keeper.thing(tape, "耗用", {"reason": f"第 {number + 1} 次"}, "耗用")
    for bottle in bottles[:3]:
        keeper.thing(bottle, "移位", {"to": str(town.second_shelf.id)}, "移位")
    for bottle in bottles[3:5]:
        keeper.thing(bottle, "报故障", {"description": "压力表在红区"}, "提交报修")
    keeper.thing(bottles[5], "提请报废", {"reason": "瓶体凹陷"}, "提交建议")
    for _ in range(3):
        keeper.thing(contested, unit + town_unit(town, "HYD-006"))
    keeper.go("incident/new", "登记出动")
    page.get_by_role("button", name="火灾", exact=True).tap()
    keeper.form("登记出动", {"place": "麻岭小区 3 栋"})
    type_code(page, town.code_of(pliers))
    keeper.saved()
    page.get_by_role("button", name="我们已到场").tap()
    keeper.saved()
    lend(keeper, town.code_of(pliers), "0136")
    lend(keeper, town.code_of(tape), "")
    keeper.go("counts", "盘点")
    page.locator("[name=place]").select_option("whole")
    page.get_by_role("button", name="开始盘点").tap()
    keeper.saved()
    count_place(keeper, town)
    keeper.go(f"kit/{kit}", "站级急救箱 1号")
    page.get_by_role("button", name="加新封签").tap()
    page.locator("[name=number]").fill("100234")
    page.get_by_role("button", name=re.compile("^加封")).tap()  # says how many lines it is short
    keeper.saved()
    while keeper.done < 30:
        keeper.thing(tape, "耗用", {"reason": "补足"}, "耗用")

    wait_until(lambda: signed_in_on_disk(folder))
    taken_meanwhile(server, town, contested)
    killed_and_opened_again(browser, folder, server, 30).context.close()
    is_booked_once_in_order(town, contested, 30)
    command = [sys.executable, str(ROOT / "app.py"), "verify"]
    assert subprocess.run(command, env=server.environment, cwd=ROOT).returncode == 0


def wait_until(true: Callable[[], bool]) -> None:
    """Until it is so; a minute at most."""
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.5)


def town_unit(town: Town, item: str) -> str:
    """What an item is counted in."""
    return str(town.run(lambda session: session.execute(select(Item.unit_zh).where(Item.code == item)).scalar_one()))


def lend(keeper: Keeper, code: str, phone: str) -> None:
    """Lend one thing to a resident."""
    keeper.go("lend", "借出")
    type_code(keeper.page, code)
    keeper.page.locator("[name=phone]").fill(phone)
    keeper.page.get_by_role("button", name="借出 1 项").tap()
    keeper.saved()
    expect(keeper.page.get_by_role("heading", level=1)).to_have_text("借用")


def count_place(keeper: Keeper, town: Town) -> None:
    """Count the second shelf, as it is."""
    page = keeper.page
    page.get_by_role("button", name=re.compile("A2层")).first.tap()
    expect(page.get_by_role("button", name="加一").first).to_be_visible()
    for plus in page.get_by_role("button", name="加一").all():
        plus.tap()
    page.get_by_role("button", name="此货位清点完毕").tap()
    keeper.saved()
