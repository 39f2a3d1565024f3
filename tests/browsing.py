"""A real browser on a real server, as people use it."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Page, expect

PASSWORD = "a-long-password"
PHONE = {"width": 390, "height": 844}
SMALL_PHONE = {"width": 360, "height": 740}
# A camera, and the answer to each page that asks for it: a browser without windows has nobody to ask
REFUSED_CAMERA = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream=deny"]
FILMING_CAMERA = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]


def browser_path() -> str:
    """The browser that ./test has found."""
    path = os.environ.get("READYSHELF_TEST_BROWSER")
    assert path, "./test names the browser in READYSHELF_TEST_BROWSER"
    return path


@contextmanager
def page_in(browser: Browser, **options: Any) -> Iterator[Page]:
    """A page of a Chinese browser that has nothing stored, on which no script may fail."""
    with browser.new_context(**{"locale": "zh-CN", **options}) as context:
        page = context.new_page()
        faults: list[str] = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        yield page
    assert faults == [], faults


def sign_in(page: Page, url: str, account: str) -> None:
    """Sign in without a page: the browser has the session's cookie, and the page goes on from wherever it is."""
    request = page.context.request
    request.get(f"{url}/sign-in")
    [token] = [cookie["value"] for cookie in page.context.cookies(url) if cookie["name"] == "csrf"]
    form = {"account": account, "password": PASSWORD}
    answer = request.post(f"{url}/sign-in", form=form, headers={"x-csrftoken": token}, max_redirects=0)
    assert answer.status == 303, answer.text()


def sign_in_by_page(page: Page, url: str, account: str) -> None:
    """Sign in by the page, as a person does."""
    page.goto(f"{url}/sign-in")
    page.fill("#account", account)
    page.fill("#password", PASSWORD)
    page.get_by_role("button", name=re.compile("登录|Sign in")).click()
    first = '#scan-code, nav.bottom, form[action="/manage/audit"]'
    expect(page.locator(first).first).to_be_visible()


def overhang(page: Page) -> int:
    """By how many pixels the page is wider than its window, once its style sheets are there."""
    page.wait_for_load_state()
    wide: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return wide
