"""Measure the phone app in a real browser: opening, a scanned take, the first load. See README.md beside this file."""

import argparse
import io
import statistics
import sys
import tempfile
import time
from pathlib import Path

import httpx
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, sync_playwright
from sqlalchemy import select

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from core.clock import SystemClock  # noqa: E402
from core.database import Database  # noqa: E402
from core.schema import migrate  # noqa: E402
from core.settings import Settings  # noqa: E402
from depots.models import Place  # noqa: E402
from inventory.catalogue.models import Item, Tracking  # noqa: E402
from inventory.demo.city import load_demo  # noqa: E402
from inventory.reference.files import read_folder  # noqa: E402
from inventory.reference.load import load_reference  # noqa: E402
from inventory.stock.models import Stock  # noqa: E402
from labels.codes.models import Label  # noqa: E402
from people.demo import DEMO_PASSWORD  # noqa: E402
from people.sign_in import issue_token  # noqa: E402
from rooms import LISTENERS  # noqa: E402
from tests.phone.film import show  # noqa: E402
from tests.serving import RunningServer  # noqa: E402

PHONE = ViewportSize(width=360, height=740)


def sign_in(browser: Browser, url: str) -> BrowserContext:
    """A phone of its own, signed in as the demo's keeper."""
    context = browser.new_context(viewport=PHONE, locale="zh-CN", has_touch=True, permissions=["camera"])
    page = context.new_page()
    page.goto(f"{url}/sign-in?next=/dashboard")  # else a small screen is led to the app, which is to be opened later
    page.fill("#account", "keeper")
    page.fill("#password", DEMO_PASSWORD)
    page.get_by_role("button", name="登录").click()
    page.wait_for_url(f"{url}/dashboard")
    return context


def first_load(context: BrowserContext, url: str) -> dict[str, int]:
    """Bytes over the wire of the first opening, by kind of address; the decoder is not among them."""
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    addresses: dict[str, str] = {}
    bytes_of: dict[str, int] = {}
    session.on("Network.responseReceived", lambda told: addresses.update({told["requestId"]: told["response"]["url"]}))
    session.on("Network.loadingFinished", lambda told: bytes_of.update({told["requestId"]: told["encodedDataLength"]}))
    page.goto(f"{url}/app")
    page.locator(".tiles").wait_for()
    page.wait_for_load_state("networkidle")
    kinds: dict[str, int] = {"app": 0, "data": 0}
    for key, size in bytes_of.items():
        address = addresses.get(key, "")
        assert "zxing" not in address, address
        kinds["data" if "/api/" in address else "app"] += round(size)
    page.close()
    return kinds


def scanned_take(context: BrowserContext, url: str) -> float:
    """Seconds from opening the app to the book's answer to a scanned take, in two taps."""
    page = context.new_page()
    started = time.perf_counter()
    page.goto(f"{url}/app")
    page.locator(".scan-now").tap()
    page.locator(".confirm button:not(.plain)").tap()
    page.locator(".toast.good").wait_for()
    seconds = time.perf_counter() - started
    page.close()
    return seconds


def offline_open(context: BrowserContext, url: str) -> float:
    """Milliseconds until the to-do list stands there, without a signal."""
    page: Page = context.new_page()
    page.goto(f"{url}/app")
    page.wait_for_function("() => navigator.serviceWorker.controller !== null")
    page.close()
    context.set_offline(True)
    page = context.new_page()
    started = time.perf_counter()
    page.goto(f"{url}/app")
    page.locator(".tasks li").first.wait_for()
    milliseconds = (time.perf_counter() - started) * 1000
    page.close()
    context.set_offline(False)
    return milliseconds


def plenty(database: Database) -> str:
    """The code on a bulk item of which the depot has much."""
    with database.transaction(writes=False) as session:
        row = session.execute(
            select(Label.code)
            .select_from(Stock)
            .join(Item, Item.id == Stock.item_id)
            .join(Label, Label.lot_id == Stock.lot_id)
            .join(Place, Place.id == Stock.place_id)
            .where(~Stock.outside, Item.tracking == Tracking.BULK, Item.consumable.is_(False))
            .order_by(Stock.quantity.desc())
        ).first()
    assert row is not None
    return str(row.code)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--browser", default="/usr/bin/chromium")
    parser.add_argument("--times", type=int, default=7, help="how often each is measured; the median is told")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url, clock = f"sqlite:///{folder}/city.db", SystemClock(Settings().zone)
        database = Database(url, listeners=LISTENERS)
        migrate(database)
        database.run(load_reference, read_folder(ROOT / "reference"))
        load_demo(database, clock, 1, seed=1)
        token = database.run(issue_token, "keeper", "benchmark", clock.now())
        code = plenty(database)
        server = RunningServer(url, Path(folder) / "var").start()
        try:
            picture = httpx.get(f"{server.url}/api/labels/{code}.png", headers={"Authorization": f"Bearer {token}"})
            film = show(Path(folder) / "label.y4m", [[Image.open(io.BytesIO(picture.content))]])
            flags = ["--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={film}"]
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=given.browser, args=flags)
                context = sign_in(browser, server.url)
                print("first load, bytes:", first_load(context, server.url))
                taken = [scanned_take(context, server.url) for _ in range(given.times)]
                print(f"open, scan, booked, s: median {statistics.median(taken):.2f}, worst {max(taken):.2f}")
                opened = [offline_open(context, server.url) for _ in range(given.times)]
                print(f"opens offline, ms: median {statistics.median(opened):.0f}, worst {max(opened):.0f}")
                browser.close()
        finally:
            server.stop()


if __name__ == "__main__":  # the server is a process that imports this file
    main()
