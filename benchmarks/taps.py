"""Count taps and seconds of a keeper's jobs in a real browser, with human pauses. See README.md beside this file."""

import argparse
import io
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from PIL import Image
from playwright.sync_api import Locator, Page, Playwright, expect, sync_playwright
from sqlalchemy import func, select

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from core.clock import SystemClock  # noqa: E402
from core.database import Database  # noqa: E402
from core.schema import migrate  # noqa: E402
from core.settings import Settings  # noqa: E402
from depots.models import Place, PlaceKind  # noqa: E402
from inventory.catalogue.models import Item, Tracking  # noqa: E402
from inventory.demo.city import load_demo  # noqa: E402
from inventory.reference.files import read_folder  # noqa: E402
from inventory.reference.load import load_reference  # noqa: E402
from inventory.stock.models import Condition, Lot, Stock  # noqa: E402
from jobs.alerts.sweep import sweep_city  # noqa: E402
from labels.codes.models import Label  # noqa: E402
from people.demo import DEMO_PASSWORD  # noqa: E402
from people.models import Assignment, Person  # noqa: E402
from people.sign_in import issue_token  # noqa: E402
from rooms import LISTENERS  # noqa: E402
from tests.phone.film import show  # noqa: E402
from tests.serving import RunningServer  # noqa: E402

PHONE = {"width": 390, "height": 844}
PAUSE = 0.8  # seconds that somebody looks before a tap
LETTER = 0.15  # seconds for a letter typed


@dataclass
class Hand:
    """A thumb on a page: looks, taps, types, and is counted."""

    page: Page
    taps: int = 0

    def tap(self, where: Locator | str) -> None:
        found = self.page.locator(where) if isinstance(where, str) else where
        expect(found.first).to_be_enabled(timeout=30_000)
        time.sleep(PAUSE)
        found.first.tap()
        self.taps += 1

    def button(self, name: str) -> None:
        self.tap(self.page.get_by_role("button", name=re.compile(name)))

    def link(self, name: str) -> None:
        self.tap(self.page.get_by_role("link", name=re.compile(name)))

    def type(self, where: Locator | str, text: str) -> None:
        """A tap into the field, unless it has the focus, then letters; they are no taps."""
        found = self.page.locator(where) if isinstance(where, str) else where
        if not found.first.evaluate("field => field === document.activeElement"):
            self.tap(found)
        time.sleep(LETTER * len(text))
        found.first.fill(text)

    def told(self, text: str) -> None:
        """Wait for what the phone answers."""
        expect(self.page.get_by_role("status").last).to_contain_text(re.compile(text), timeout=30_000)


@dataclass
class Town:
    """The demo's server, its browser, and what lies in the keeper's depot."""

    playwright: Playwright
    browser: str
    url: str
    database: Database
    depot: Any
    token: str
    folder: Path
    results: list[tuple[str, int, float, int, int]] = field(default_factory=list)

    @contextmanager
    def phone(self, codes: list[str] | None = None, signed_in: bool = True) -> Iterator[Hand]:
        """A phone of its own, in front of whose camera lie the labels with these codes; the app is open."""
        flags = ["--use-fake-device-for-media-stream"]
        if codes:
            flags.append(f"--use-file-for-fake-video-capture={self.film(codes)}")
        chromium = self.playwright.chromium.launch(executable_path=self.browser, args=flags)
        context = chromium.new_context(
            viewport=PHONE,  # type: ignore[arg-type]
            locale="zh-CN",
            has_touch=True,
            permissions=["camera"] if codes else [],
        )
        page = context.new_page()
        hand = Hand(page)
        page.goto(f"{self.url}/sign-in")
        if signed_in:
            page.fill("#account", "keeper")
            page.fill("#password", DEMO_PASSWORD)
            page.get_by_role("button", name="登录").click()
            page.locator(".tiles").wait_for()
            page.locator(".tasks li, main .good").first.wait_for()
        yield hand
        chromium.close()

    def film(self, codes: list[str]) -> Path:
        bearer = {"Authorization": f"Bearer {self.token}"}
        answers = [httpx.get(f"{self.url}/api/labels/{code}.png", headers=bearer) for code in codes]
        labels = [Image.open(io.BytesIO(answer.content)) for answer in answers]
        return show(self.folder / f"film-{time.monotonic_ns()}.y4m", [[label] for label in labels])

    @contextmanager
    def measured(self, job: str, goal: int, hand: Hand, free: int = 0) -> Iterator[None]:
        """Count the taps of a job; ``free`` of them were into fields that the goal does not count."""
        before, started = hand.taps, time.perf_counter()
        yield
        taps, seconds = hand.taps - before - free, time.perf_counter() - started
        self.results.append((job, taps, seconds, goal, free))
        print(f"{job:<44}{taps:>5}{goal:>6}{seconds:>8.1f} s  {'' if taps <= goal else 'OVER'}", flush=True)

    def pieces(self, number: int, bulk: bool = False) -> list[str]:
        """The codes on so many things of the depot's shelves that are fit."""
        wanted = Item.tracking == (Tracking.BULK if bulk else Tracking.SERIAL)
        with self.database.transaction(writes=False) as session:
            rows = session.execute(
                select(Label.code, func.max(Stock.quantity))
                .select_from(Stock)
                .join(Item, Item.id == Stock.item_id)
                .join(Lot, Lot.id == Stock.lot_id)
                .join(Label, Label.lot_id == Stock.lot_id)
                .join(Place, Place.id == Stock.place_id)
                .where(wanted, Stock.depot_id == self.depot.id, Place.kind == PlaceKind.SHELF, Place.in_reach)
                .where(~Item.controlled, ~Item.consumable, Item.holds.is_(None), ~Item.expires)
                .where(Lot.condition == Condition.FIT, Stock.quantity > 0)
                .group_by(Label.code, Item.code)
                .order_by(func.max(Stock.quantity).desc(), Label.code)
                .limit(number)
            ).all()
        return [row.code for row in rows]

    def carrier(self, lines: int) -> Place:
        """The vehicle or kit of the depot that holds about so many lines."""
        with self.database.transaction(writes=False) as session:
            rows = session.execute(
                select(Place, func.count())
                .join(Stock, Stock.place_id == Place.id)
                .where(Place.depot_id == self.depot.id, Place.kind.in_((PlaceKind.VEHICLE, PlaceKind.KIT)))
                .where(Stock.quantity > 0)
                .group_by(Place.id)
            ).all()
        found: Place = min(rows, key=lambda row: (abs(row[1] - lines), str(row[0].id)))[0]
        return found


def first_take(town: Town) -> None:
    (code,) = town.pieces(1, bulk=True)
    with town.phone([code], signed_in=False) as hand, town.measured("sign in, scan, take", 4, hand):
        hand.type("#account", "keeper")
        hand.type("#password", DEMO_PASSWORD)
        hand.button("登录")
        hand.tap(".scan-now")
        hand.tap(".confirm button")
        hand.told("已取用")


def take_and_return(town: Town) -> None:
    (code,) = town.pieces(1, bulk=True)
    with town.phone([code]) as hand:
        with town.measured("take one thing by scan", 2, hand):
            hand.tap(".scan-now")
            hand.tap(".confirm button")
            hand.told("已取用")
        hand.page.evaluate("() => { location.hash = '#/' }")
        with town.measured("return it", 2, hand):
            hand.link("我手上有")
            hand.button("^(完好归还|全部完好归还)")
            hand.told("已归还")


def basket(town: Town) -> None:
    with town.phone(town.pieces(5)) as hand, town.measured("take a basket of 5", 6, hand):
        hand.tap(".scan-now")
        expect(hand.page.get_by_role("button", name="取用 5 项")).to_be_visible(timeout=60_000)
        hand.button("取用 5 项")
        hand.told("已取用")


def ten_back(town: Town) -> None:
    """From a call-out: five by scan are out already; five more make ten."""
    with town.phone() as hand:
        hand.page.evaluate("() => { location.hash = '#/incident/new' }")
        hand.page.locator("fieldset.pick button").first.tap()
        hand.page.locator("[name=place]").fill("麻岭小区 3 栋")
        hand.page.get_by_role("button", name="登记出动", exact=True).tap()
        hand.page.get_by_role("button", name="我们已到场").wait_for()
        call = hand.page.evaluate("() => location.hash.split('/')[2]")
        for code in town.pieces(12, bulk=True)[2:12]:
            draw(town, code, call)
        hand.page.reload()
        hand.page.evaluate("() => { location.hash = '#/' }")
        hand.page.locator(".tiles").wait_for()
        with town.measured("bring ten things back from a call-out", 4, hand):
            hand.tap(hand.page.locator(".tasks a", has_text="麻岭小区"))
            hand.button("^全部完好归还")
            hand.told("已归还")


def draw(town: Town, code: str, call: str) -> None:
    from uuid import uuid4

    movement = {"id": str(uuid4()), "kind": "issue", "label": code, "quantity": "1", "to": call, "incident": call}
    bearer = {"Authorization": f"Bearer {town.token}"}
    got = httpx.post(f"{town.url}/api/movements", json=movement, headers=bearer)
    assert got.status_code == 201, got.text


def fault(town: Town) -> None:
    with town.phone(town.pieces(8)[5:6]) as hand, town.measured("report a fault, but its text", 3, hand, free=1):
        hand.tap(".scan-now")
        hand.tap(".basket a[href$='/fault']")
        hand.type("[name=description]", "压力表在红区")
        hand.button("提交报修")
        hand.told("已报修")


def lend(town: Town) -> None:
    with town.phone(town.pieces(8)[6:7]) as hand, town.measured("lend by scan to a resident", 3, hand):
        hand.tap(".scan-now")
        hand.link("改为借出")
        hand.button("^借出 1")
        hand.told("已借出")


def check(town: Town) -> None:
    with town.phone() as hand, town.measured("a due check, but its fields", 3, hand):
        hand.tap(hand.page.locator(".tasks a[href*='checks']"))
        hand.page.locator("main form input[name=note]").wait_for()
        fields = hand.page.locator("main form input[name][required]")
        for number in range(fields.count()):
            fields.nth(number).fill("1")
        fine = hand.page.get_by_role("button", name="全部正常")
        if fine.count():
            hand.tap(fine)
        answers = hand.page.locator("main form select[required]")
        for number in range(answers.count()):
            answer = answers.nth(number)
            answer.select_option(answer.input_value() or answer.get_attribute("data-good"))
        hand.tap("main form button[type=submit]")
        sure = hand.page.locator("button[name=sure]")
        hand.page.wait_for_timeout(500)
        if sure.is_visible():
            hand.tap(sure)
        hand.told("已登记")


def truck(town: Town) -> None:
    carrier = town.carrier(23)
    with town.phone() as hand, town.measured("count a truck, one missing", 6, hand):
        hand.link("盘点")
        hand.tap(f"a[href='#/kit/{carrier.id}']")
        hand.button("全部清点")
        print("   lines:", hand.page.locator(".basket li").count())
        count_carrier(hand)
        hand.told("已清点")


def count_carrier(hand: Hand) -> None:
    rows = hand.page.locator(".basket li")
    hand.tap(rows.nth(0).get_by_role("button", name="减一"))
    hand.button("其余 .* 项与账相符")


def handover(town: Town) -> None:
    """A normal day by exception: this shift's share of the places, all as the book says."""
    with town.phone() as hand, town.measured("hand over a depot, by exception", 25, hand, free=0):
        hand.link("盘点")
        hand.link("交接班")
        hand.button("开始交接班")
        hand.page.locator(".row-button .badge.warn").first.wait_for()  # the places whose turn it is
        turn = hand.page.locator("progress").evaluate("bar => bar.max")
        hand.tap(hand.page.locator(".list .row-button", has_text="本班").first)
        for _ in range(int(turn)):
            title = hand.page.locator("main h2").first.inner_text()
            hand.tap(hand.page.get_by_role("button", name=re.compile("^(✓ 全部相符|铅封)")))
            expect(hand.page.locator("main h2").first).not_to_have_text(title, timeout=30_000)
        print(f"   share: {turn} places of the depot's")
        hand.button("我交班")
        hand.told("已签")


JOBS: list[Callable[[Town], None]] = [
    first_take, take_and_return, basket, fault, lend, check, truck, ten_back, handover,
]  # fmt: skip


def keepers_depot(database: Database) -> Any:
    from depots.models import Depot

    with database.transaction(writes=False) as session:
        return (
            session.execute(
                select(Depot)
                .join(Assignment, Assignment.depot_id == Depot.id)
                .join(Person, Person.id == Assignment.person_id)
                .where(Person.account == "keeper")
                .order_by(Depot.code)
            )
            .scalars()
            .first()
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--browser", default="/usr/bin/chromium")
    parser.add_argument("--depots", type=int, default=12)
    parser.add_argument("--folder", type=Path, help="where the city stays for the next run; else it is made anew")
    parser.add_argument("jobs", nargs="*", help="which jobs; all unless named")
    given = parser.parse_args()
    if given.folder:
        given.folder.mkdir(parents=True, exist_ok=True)
        measure(given.folder, given)
        return
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder), given)


def measure(folder: Path, given: argparse.Namespace) -> None:
    """Serve the demo city from this folder, and do the jobs on it."""
    url, clock = f"sqlite:///{folder}/city.db", SystemClock(Settings().zone)
    fresh = not (folder / "city.db").exists()
    database = Database(url, listeners=LISTENERS)
    if fresh:
        migrate(database)
        database.run(load_reference, read_folder(ROOT / "reference"))
        load_demo(database, clock, given.depots, seed=1)
        sweep_city(database, clock.today(), clock.now())
    token = database.run(issue_token, "keeper", "benchmark", clock.now())
    server = RunningServer(url, folder / "var").start()
    try:
        with sync_playwright() as playwright:
            depot = keepers_depot(database)
            town = Town(playwright, given.browser, server.url, database, depot, token, folder)
            print(f"{'job':<44}{'taps':>5}{'goal':>6}{'time':>8}")
            for job in JOBS:
                if given.jobs and job.__name__ not in given.jobs:
                    continue
                try:
                    job(town)
                except Exception as error:
                    print(f"{job.__name__}: {str(error)[:600]}", flush=True)
    finally:
        server.stop()


if __name__ == "__main__":  # the server is a process that imports this file
    main()
