"""The phone app in a real browser: its camera is a film, its network can be cut, it can be killed."""

import io
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browsing import FILMING_CAMERA, SMALL_PHONE, browser_path, page_in, sign_in
from tests.conftest import Town
from tests.phone.film import show
from tests.serving import RunningServer

SMALL: dict[str, Any] = {"viewport": SMALL_PHONE, "has_touch": True}
# What a phone does is the same whatever the server's database; from the open app to the book it goes on both kinds
embedded = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@contextmanager
def filming(browser: Browser, film: Path | None, **options: Any) -> Iterator[Page]:
    """A phone whose camera sees the film, which a browser is told as it starts; without one its camera is refused."""
    if film is None:
        with page_in(browser, **SMALL, **options) as page:
            yield page
        return
    flags = [*FILMING_CAMERA, f"--use-file-for-fake-video-capture={film}"]
    with (
        browser.browser_type.launch(executable_path=browser_path(), args=flags) as own,
        page_in(own, permissions=["camera"], **SMALL, **options) as page,
    ):
        yield page


@pytest.fixture
def film_of(server: RunningServer, town: Town, tmp_path: Path) -> Callable[[list[str]], Path]:
    """A film of the printed labels with these codes, two in each picture."""

    def make(codes: list[str], per_picture: int = 2) -> Path:
        labels = [_label(server, town, code) for code in codes]
        groups = [labels[start : start + per_picture] for start in range(0, len(labels), per_picture)]
        return show(tmp_path / "labels.y4m", groups)

    return make


def _label(server: RunningServer, town: Town, code: str) -> Image.Image:
    answer = httpx.get(f"{server.url}/api/labels/{code}.png", headers=town.auth(), verify=False)
    return Image.open(io.BytesIO(answer.content))


def open_app(page: Page, server: RunningServer, account: str = "keeper") -> None:
    """Sign in and open the app; returns when the depot's stock is on the phone."""
    sign_in(page, server.url, account)
    page.goto(f"{server.url}/app")
    expect(page.locator(".tiles, .need")).to_be_visible()


def type_code(page: Page, code: str) -> None:
    """Type a label's code as a hand-held scanner does, with Enter: the button moves when the camera is refused."""
    field = page.get_by_label("标签编码")
    field.fill(code)
    field.press("Enter")


def until(page: Page, true: Callable[[], bool]) -> None:
    """Let the page go on until it is so; a minute at most."""
    deadline = time.monotonic() + 180
    while not true():
        assert time.monotonic() < deadline
        page.wait_for_timeout(50)


def cut(context: BrowserContext) -> None:
    """The basement: no signal. The app must be on the phone by then: its worker is in charge of every open page."""
    for page in context.pages:
        page.wait_for_function("() => navigator.serviceWorker.controller !== null")
    context.set_offline(True)
