"""Whoever mistypes is told at the field, on the phone, and loses nothing; what is unlikely is asked back."""

from uuid import UUID, uuid4

from playwright.sync_api import Browser, Page, expect
from sqlalchemy import func, select

from depots.models import PlaceKind
from depots.places import add_places, new_place
from inventory.booking.wishes import Wish
from inventory.stock.models import Kind
from inventory.telling.models import Entry
from tests.conftest import Town, quantity_of
from tests.phone.conftest import embedded, filming, open_app
from tests.phone.test_drafts import go, scan
from tests.serving import RunningServer

pytestmark = embedded


def entries(town: Town) -> int:
    with town.context.database.transaction(writes=False) as session:
        return session.execute(select(func.count()).select_from(Entry)).scalar_one()


def receiving(page: Page, words: str) -> None:
    go(page, "receive")
    page.locator("#item").fill(words)
    page.locator(".row-button").first.tap()


def test_P2_a_quantity_in_words_and_a_month_13_are_said_at_their_fields_and_stay_there(
    browser: Browser, server: RunningServer, town: Town
) -> None:
    town.stock("MED-010", "5", number="L1")
    with filming(browser, None) as page:
        open_app(page, server)
        receiving(page, "MED-010")
        page.locator("[name=quantity]").fill("十")
        page.locator("[name=date]").fill("2027-13")
        page.get_by_role("button", name="入库", exact=True).tap()
        expect(page.locator("[name=quantity] + .fault")).to_have_text("请用数字填写：是 10 吗？")
        expect(page.locator("[name=date] + .fault")).to_have_text("没有 13 月。")
        expect(page.locator("[name=quantity]")).to_have_value("十")
        expect(page.locator("[name=date]")).to_have_value("2027-13")
        expect(page.locator("[name=date]")).to_be_focused()
        assert entries(town) == 0
        page.locator("[name=quantity]").fill("10")
        page.locator("[name=date]").fill("2027-12")
        page.get_by_role("button", name="入库", exact=True).tap()
        expect(page.get_by_role("status")).to_contain_text("已入库")
    assert entries(town) == 1


def test_P2_ten_times_what_there_is_is_asked_back(browser: Browser, server: RunningServer, town: Town) -> None:
    town.stock("MED-010", "20", number="L1")
    with filming(browser, None) as page:
        open_app(page, server)
        receiving(page, "MED-010")
        page.locator("[name=quantity]").fill("2000")
        page.locator("[name=date]").fill("2027-12")
        page.get_by_role("button", name="入库", exact=True).tap()
        expect(page.locator(".ask")).to_contain_text("数量是 2000，对吗？现有 20。")
        assert entries(town) == 0
        page.get_by_role("button", name="对，就是这样").tap()
        expect(page.get_by_role("status")).to_contain_text("已入库")


def test_P2_a_piece_is_not_counted_twice_and_a_seal_off_by_one_digit_is_asked_back(
    browser: Browser, server: RunningServer, town: Town
) -> None:
    kit = town.stock("MED-001", "1", serial="K-1")
    now = town.context.clock.now()
    place = new_place(town.depot.id, PlaceKind.KIT, "1号", "No. 1", now, parent=town.shelf, position=40, place_id=kit)
    town.run(add_places, [place], now)
    bottle = town.stock("EXT-001", "1", serial="SN-1")
    with filming(browser, None) as page:
        open_app(page, server)
        move(page, bottle, kit)
        go(page, f"kit/{kit}")
        page.get_by_role("button", name="加新封签").tap()
        page.locator("[name=number]").fill("100234")
        page.get_by_role("button", name="加封").last.tap()
        expect(page.get_by_role("status")).to_contain_text("加封")
        before = entries(town)
        page.locator("[name=number]").fill("100235")
        page.get_by_role("button", name="封签完好").tap()
        expect(page.locator(".ask")).to_contain_text("只差一位")
        assert entries(town) == before
        page.locator("[name=number]").fill("100234")
        page.get_by_role("button", name="封签完好").tap()
        expect(page.get_by_role("status")).to_contain_text("封签完好")
        page.get_by_role("button", name="全部清点").tap()
        page.locator(".stepper input").first.fill("2")
        page.locator(".stepper input").first.blur()
        expect(page.get_by_role("status")).to_contain_text("单件")
        expect(page.locator(".stepper input").first).to_have_value("1")


def move(page: Page, lot: UUID, place: UUID) -> None:
    go(page, f"thing/{lot}")
    page.locator(".card").get_by_role("button", name="移位").tap()
    page.locator("[name=to]").select_option(str(place))
    page.locator(".act-form form").get_by_role("button", name="移位").tap()
    expect(page.get_by_role("status")).to_contain_text("已移位")


def test_P2_a_mistyped_code_stays_in_its_field_and_the_check_character_is_named(
    browser: Browser, server: RunningServer, town: Town
) -> None:
    code = town.code_of(town.stock("BRK-014", "3"))
    wrong = code[:-1] + ("2" if code[-1] != "2" else "3")
    with filming(browser, None) as page:
        open_app(page, server)
        go(page, "scan")
        scan(page, wrong)
        expect(page.locator("#code-fault")).to_contain_text("校验位不符")
        expect(page.get_by_label("标签编码")).to_have_value(wrong)
        expect(page.locator(".basket li")).to_have_count(0)
        scan(page, code)
        expect(page.locator(".basket li")).to_have_count(1)
        expect(page.locator("#code-fault")).to_have_text("")


def test_P2_a_refused_act_has_no_button_that_books_it_at_once_and_its_toast_lies_over_no_submit_button(
    browser: Browser, server: RunningServer, town: Town
) -> None:
    lot = town.stock("BRK-014", "1")
    with filming(browser, None) as page:
        open_app(page, server)
        go(page, f"thing/{lot}")
        expect(page.get_by_text("· 1 ")).to_be_visible()
        town.book(Wish(id=uuid4(), kind=Kind.ISSUE, quantity="1", lot=lot), caller="admin")
        page.get_by_role("button", name="取用 1").first.tap()
        toast = page.locator(".toast.bad")
        expect(toast).to_be_visible()
        go(page, "incident/new")
        button = page.get_by_role("button", name="登记出动", exact=True).bounding_box()
        box = toast.bounding_box()
        assert button and box
        assert box["y"] + box["height"] <= button["y"] or box["y"] >= button["y"] + button["height"]
        go(page, "outbox")
        expect(page.get_by_role("button", name="没有发生，不补记")).to_be_visible()
        expect(page.get_by_role("button", name="确有其事：补记入账")).to_be_hidden()
        page.get_by_text("确有其事？").tap()
        page.get_by_role("button", name="确有其事：补记入账").tap()
        expect(page.locator("main")).to_contain_text("已入账，账实不符")
    assert quantity_of(town.context.database, lot, town.shelf.id) == 0
