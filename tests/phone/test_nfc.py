"""A thing's address is written to an NFC tag where the browser can; Web NFC alone is played, at the browser's edge."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from labels.codes.binding import codes_of
from labels.codes.models import Label
from tests.conftest import Town
from tests.phone.conftest import embedded, filming, open_app
from tests.serving import RunningServer

pytestmark = [embedded, pytest.mark.slow]

# What Chromium on Android offers (Web NFC): a tag that takes what is written, or the fault that is set
PLAYED = """
window.written = [];
window.NDEFReader = class {
  async write(message) {
    if (window.fault) throw new DOMException("played", window.fault);
    window.written.push(message);
  }
};
"""


def test_a_tag_carries_the_address_of_the_things_label(
    browser: Browser, server: RunningServer, town: Town, look: Callable[[Page, str], None]
) -> None:
    lot = town.stock("EXT-001", "1", serial="SN-1")
    shelf = town.run(codes_of, Label.place_id, [town.shelf.id])[town.shelf.id]
    with filming(browser, None) as page:
        page.add_init_script(PLAYED)
        open_app(page, server)
        for path, code in ((f"thing/{lot}", town.code_of(lot)), (f"place/{town.shelf.id}", shelf)):
            page.goto(f"{server.url}/app#/{path}")
            page.get_by_role("button", name="写入 NFC 标签").tap()
            expect(page.get_by_role("status").filter(has_text="已写入")).to_be_visible()
            [record] = page.evaluate("() => written.pop().records")
            assert record["recordType"] == "url"
            assert record["data"].endswith(f"/q/{code}") and record["data"].startswith("http")
        look(page, "nfc-place")
        page.evaluate("() => { window.fault = 'NotReadableError' }")
        page.get_by_role("button", name="写入 NFC 标签").tap()
        expect(page.locator(".toast.bad")).to_contain_text("NFC 未开启")


def test_there_is_no_button_where_the_browser_cannot_write(browser: Browser, server: RunningServer, town: Town) -> None:
    with filming(browser, None) as page:
        page.add_init_script("delete window.NDEFReader")
        open_app(page, server)
        page.goto(f"{server.url}/app#/place/{town.shelf.id}")
        expect(page.get_by_text("这里没有物资。")).to_be_visible()
        expect(page.get_by_role("button", name="写入 NFC 标签")).to_have_count(0)
        expect(page.get_by_text("此浏览器不能写入 NFC 标签")).to_be_visible()
