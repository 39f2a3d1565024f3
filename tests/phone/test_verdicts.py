"""Only the server's own word is a verdict on an act (K10): a portal's page, a firewall, a deploy only delay it."""

import re
from functools import partial
from itertools import product
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, expect
from sqlalchemy import func, select

from inventory.telling.models import Photo
from tests.conftest import Town, quantity_of
from tests.phone.conftest import embedded, filming, until
from tests.phone.slow_proxy import Answer, bad_line
from tests.phone.test_truth import open_through
from tests.serving import RunningServer

HTML = {"content-type": "text/html; charset=utf-8"}
PAGES: dict[str, Answer] = {
    "forbidden": (403, HTML, b"<h1>Forbidden</h1>"),
    "not found": (404, HTML, b"<h1>Not Found</h1>"),
    "bad gateway": (502, HTML, b"<h1>Bad Gateway</h1>"),
    "captive portal": (200, HTML, b"<h1>Welcome to our Wi-Fi</h1>"),
    "redirect": (302, {**HTML, "location": "https://portal.example/"}, b""),
    "json of another": (404, {"content-type": "application/json"}, b'{"error": "no route"}'),
}
OF_PHOTOS = ("forbidden", "captive portal", "json of another")  # judged by the same rule as the act, which meets all


@embedded
def test_K10_a_page_that_is_not_the_servers_only_delays_an_act_and_its_photo(
    browser: Browser, server: RunningServer, town: Town, tmp_path: Path
) -> None:
    bottle = town.stock("EXT-001", "1", serial="SN-1")
    photo = tmp_path / "photo.jpg"
    Image.new("RGB", (40, 30), (200, 20, 20)).save(photo)
    with bad_line(server.url) as line, filming(browser, None) as page:
        open_through(page, line)
        page.wait_for_load_state("networkidle")
        page.evaluate("path => { location.hash = '#/' + path }", f"thing/{bottle}")
        page.locator(".card").get_by_role("button", name="报故障").tap()
        page.locator("[name=description]").fill("压力表在红区")
        page.locator("#photo-file").set_input_files(photo)
        expect(page.locator(".photos img")).to_be_visible()
        line.instead = lambda _method, path: PAGES["forbidden"] if path.startswith("/api/") else None
        page.get_by_role("button", name="提交报修").tap()
        expect(page.locator(".status")).to_have_text("1 条待发")
        for sent, kind in (*product(("/api/photos/",), OF_PHOTOS), *product(("/api/entries",), PAGES)):
            told: list[str] = []
            line.instead = partial(_instead, sent, PAGES[kind], told)
            page.evaluate("() => dispatchEvent(new Event('online'))")  # or the pauses between tries grow to a minute
            until(page, lambda told=told: bool(told))
            expect(page.locator(".status")).to_have_text("1 条待发")
            expect(page.locator("main")).to_contain_text("禁止使用")  # nor is the picture lost
        line.instead = lambda _method, _path: None
        expect(page.locator(".status")).to_have_text("✓", timeout=30_000)
    with town.context.database.transaction(writes=False) as session:
        assert session.execute(select(func.count()).select_from(Photo).where(Photo.entry_id.is_not(None))).scalar() == 1


def _instead(sent: str, page: Answer, told: list[str], _method: str, path: str) -> Answer | None:
    """The page, in place of the server's answer to what is sent there."""
    if not path.startswith(sent):
        return None
    told.append(path)
    return page


@embedded
def test_P2_an_act_waits_when_session_and_csrf_cookies_are_both_gone(
    browser: Browser, server: RunningServer, town: Town
) -> None:
    lot = town.stock("BRK-014", "3")
    with bad_line(server.url) as line, filming(browser, None) as page:
        open_through(page, line)
        page.wait_for_load_state("networkidle")
        page.evaluate("path => { location.hash = '#/' + path }", f"thing/{lot}")
        page.context.clear_cookies()
        line.asked.clear()
        page.get_by_role("button", name=re.compile("^取用 1")).first.tap()
        until(page, lambda: bool(line.asked))
        until(page, line.is_quiet)
        page.evaluate("() => { location.hash = '#/outbox' }")
        expect(page.locator("main")).to_contain_text("待发送")
        expect(page.locator("main")).not_to_contain_text("服务器拒绝")
        open_through(page, line)
        expect(page.locator(".status")).to_have_text("✓", timeout=30_000)
    assert quantity_of(town.context.database, lot, town.shelf.id) == 2
