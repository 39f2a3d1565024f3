"""The main job in a real browser: a label is scanned, two taps book the take, the dashboard shows it."""

import io
import re
from datetime import timedelta

import httpx
import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Page, expect

from depots.models import PlaceKind
from depots.places import add_places, new_place
from inventory.desk.depot_view import Tab
from inventory.faults.faults import Trouble, note_defect
from inventory.readiness.counting import refresh
from tests.browsing import PHONE, SMALL_PHONE, overhang, sign_in, sign_in_by_page
from tests.conftest import Town, quantity_of
from tests.serving import RunningServer

# Pages do not know the database; the way from a label to the book is gone on both kinds
embedded = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_from_the_printed_label_to_a_booked_take_in_two_taps(phone: Page, server: RunningServer, town: Town) -> None:
    lot = town.stock("BRK-014", "3")
    town.run(refresh, town.context.clock.today())
    code = town.code_of(lot)
    picture = httpx.get(f"{server.url}/api/labels/{code}.png", headers=town.auth())
    pixels = Image.open(io.BytesIO(picture.content))
    symbols = {symbol.format.name: symbol.text for symbol in zxingcpp.read_barcodes(pixels)}
    assert symbols["QRCode"] == f"{server.url}/q/{code}"
    assert symbols["Code128"] == code

    sign_in_by_page(phone, server.url, "keeper")
    phone.goto(symbols["QRCode"])  # what any camera app does
    expect(phone.get_by_role("heading", name=re.compile("夹钳"))).to_be_visible()
    expect(phone.get_by_text("Clamp (locking) pliers")).to_be_visible()
    phone.get_by_text("取用", exact=True).tap()
    phone.get_by_role("button", name="确认取用").tap()
    expect(phone.get_by_role("status")).to_contain_text("已取用")
    assert quantity_of(town.context.database, lot, town.shelf.id) == 2

    phone.get_by_text("归还", exact=True).tap()
    phone.get_by_role("button", name="确认归还").tap()
    expect(phone.get_by_role("status")).to_contain_text("已归还")
    assert quantity_of(town.context.database, lot, town.shelf.id) == 3


@embedded
def test_the_dashboard_shows_what_a_take_changed(phone: Page, server: RunningServer, town: Town) -> None:
    key = town.stock("HYD-006", "1")  # needs no check: new gear that does is not ready until it has had one (T22)
    sign_in(phone, server.url, "officer")
    phone.goto(f"{server.url}/dashboard")
    before = phone.locator("#lines-ready").inner_text()
    wish = {"id": "0190f000-0000-7000-8000-000000000001", "kind": "issue", "lot": str(key), "quantity": "1"}
    assert httpx.post(f"{server.url}/api/movements", json=wish, headers=town.auth()).status_code == 201
    phone.reload()
    after = phone.locator("#lines-ready").inner_text()
    assert int(before.split("/")[0]) - int(after.split("/")[0]) == 1
    chart = phone.locator("#chart-districts")  # drawn once it comes into view
    chart.scroll_into_view_if_needed()
    expect(chart.locator("svg")).to_be_visible()
    total = httpx.get(f"{server.url}/api/readiness?by=city", headers=town.auth("officer")).json()["total"]
    assert after == f"{total['lines_ready']} / {total['lines']}"


def crowd(town: Town) -> None:
    """A depot with more of everything than a phone shows at once."""
    now = town.context.clock.now()
    bays = [new_place(town.depot.id, PlaceKind.BAY, f"{one}柜", f"{one}", now, parent=town.room) for one in "CDEFG"]
    town.run(add_places, bays, now)
    inside = [
        new_place(town.depot.id, PlaceKind.SHELF, f"{bay.name_zh}{level}层", f"{level}", now, parent=bay)
        for bay in bays
        for level in range(4)
    ]
    town.run(add_places, inside, now)
    for number, shelf in enumerate(inside):
        lot = town.stock("PPE-026", "2", shelf, number=f"L{number}", expires_on=now.date() - timedelta(days=number))
        town.run(note_defect, town.depot.id, Trouble(lot, shelf.id, "破损"), now)


def the_depots_page_is_short(page: Page, url: str) -> None:
    """P2: what matters first, the rest folded. It had thirteen screens."""
    for tab in Tab:
        page.goto(f"{url}/depots/STR-0001?tab={tab}")
        expect(page.locator("nav.tabs [aria-current]")).to_be_visible()
        for size in (PHONE, SMALL_PHONE):
            page.set_viewport_size(size)  # type: ignore[arg-type]
            assert overhang(page) <= 0, (tab, size)
            screens = page.evaluate("document.documentElement.scrollHeight / innerHeight")
            assert screens <= 3, (tab, size, screens)


@embedded
def test_a_double_click_books_once_and_a_crowded_depots_page_is_short(
    phone: Page, server: RunningServer, town: Town
) -> None:
    lot = town.stock("BRK-014", "3")
    sign_in(phone, server.url, "keeper")
    phone.goto(f"{server.url}/q/{town.code_of(lot)}")
    phone.get_by_text("取用", exact=True).tap()
    phone.get_by_role("button", name="确认取用").dblclick()
    expect(phone.get_by_role("status")).to_be_visible()
    assert quantity_of(town.context.database, lot, town.shelf.id) == 2
    crowd(town)
    the_depots_page_is_short(phone, server.url)


@embedded
def test_T83_a_code_typed_by_hand_opens_the_thing_in_any_writing(
    phone: Page, server: RunningServer, town: Town
) -> None:
    code = town.code_of(town.stock("BRK-014", "3"))
    full_width = "".join(chr(ord(char) + 0xFEE0) for char in code.lower())
    sign_in(phone, server.url, "keeper")
    for written in (code.lower(), f" {code[:4]}-{code[4:]} ", full_width, f"https://old-host.example/q/{code}"):
        phone.goto(f"{server.url}/")
        phone.fill("#scan-code", written)
        phone.get_by_role("button", name="打开").click()
        expect(phone.get_by_role("heading", name=re.compile("夹钳"))).to_be_visible()


@embedded
def test_T100_a_foreign_code_says_so_and_offers_a_way_on(phone: Page, server: RunningServer, town: Town) -> None:
    sign_in(phone, server.url, "keeper")
    phone.goto(f"{server.url}/")  # who signs in on a phone is in the app; pages have the field as well
    phone.fill("#scan-code", "https://www.cccf.com.cn/certificate/1")
    phone.get_by_role("button", name="打开").click()
    expect(phone.get_by_role("alert")).to_contain_text("不是本系统")
    expect(phone.get_by_role("link", name="在外部打开")).to_have_attribute("href", re.compile("cccf"))


@embedded
def test_T80_a_passer_by_sees_the_name_and_reports_a_problem_but_no_stock(
    phone: Page, server: RunningServer, town: Town
) -> None:
    lot = town.stock("EXT-001", "1", serial="SN-SECRET")
    phone.goto(f"{server.url}/q/{town.code_of(lot)}")
    body = phone.locator("body")
    expect(body).to_contain_text("干粉灭火器")
    for secret in ("SN-SECRET", "A1层", "keeper", "先生"):
        expect(body).not_to_contain_text(secret)
    phone.fill("#description", "压力表在红区")
    phone.get_by_role("button", name="发送").click()
    expect(phone.get_by_role("status")).to_contain_text("谢谢")


@embedded
def test_T80_regulated_gear_has_no_public_page(phone: Page, server: RunningServer, town: Town) -> None:
    lot = town.stock("RIO-006", "1")
    phone.goto(f"{server.url}/q/{town.code_of(lot)}")
    expect(phone.locator("body")).not_to_contain_text("警棍")
    expect(phone.get_by_role("heading", name="此处没有可显示的内容")).to_be_visible()


@embedded
def test_a_refusal_is_a_sentence_and_not_a_fault(phone: Page, server: RunningServer, town: Town) -> None:
    lot = town.stock("BRK-014", "1")
    sign_in(phone, server.url, "keeper")
    phone.goto(f"{server.url}/q/{town.code_of(lot)}")
    phone.get_by_text("取用", exact=True).tap()
    phone.fill("input[name=quantity] >> visible=true", "5")
    phone.get_by_role("button", name="确认取用").tap()
    expect(phone.get_by_role("alert")).to_contain_text("不足：现有 1")
    phone.get_by_role("link", name="返回该物资").click()
    expect(phone.get_by_role("heading", name=re.compile("夹钳"))).to_be_visible()
