"""A city makes itself from nothing to its first digest: by its pages and its mails alone, on PostgreSQL."""

import os
import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
import zxingcpp
from playwright.sync_api import Browser, Page, expect
from pyotp import TOTP

from core.languages import say
from people.models import Role
from tests.browsing import PHONE
from tests.databases import fresh_postgresql
from tests.directory import CLIENT, running_directory, sign_in_there
from tests.inventory.exchange.files import table, workbook
from tests.mailbox import Mailbox, text_of
from tests.serving import RunningServer, served

DESK = {"width": 1440, "height": 900}
PASSWORD = "four words and more"
MAIL_SECONDS = 90.0  # seconds that the jobs may take to send a mail
TYPES = ("街道中心站", "工业园区站", "COM", "街面应急管理服务站", "小型站")
DEPOTS = [f"LJ-{number:02}" for number in range(1, 31)]
Row = Sequence[Any]


def zh(text: str, **values: object) -> str:
    """What a page shows for an English text."""
    return say("zh", text, **values)


def depot_rows() -> list[Row]:
    """Thirty depots as an office lists them."""
    rows: list[Row] = [
        ["临江市应急管理服务站一览"],
        [],
        ["站点编号", "站名", "站点类型", "所属区", "详细地址", "值班电话"],
    ]
    for number, code in enumerate(DEPOTS):
        district = "东区" if number < 15 else "西区"
        road = f"{district}滨江路{number + 1}号"
        rows.append([code, f"滨江{number + 1}站", TYPES[number % len(TYPES)], district, road, f"0999-8800{number:04}"])
    return rows


def people_rows() -> list[Row]:
    """Thirty-nine people; with the administrator who brings them in they are forty."""
    rows: list[Row] = [["账号", "姓名", "电子邮箱", "手机", "岗位", "站点", "区", "范围"]]

    def add(account: str, name: str, role: str, depot: str = "", district: str = "", level: str = "") -> None:
        rows.append([account, name, f"{account}@linjiang.example", None, role, depot, district, level])

    add("admin-qian", "钱副主任", "管理员", level="全市")
    add("officer-sun", "孙科长", "物资管理员", level="全市")
    for number in (1, 2, 3):
        add(f"officer-{number}", f"物资员{number}", "物资管理员", district="东区" if number < 3 else "西区")
    for number in range(24):
        add(f"keeper-{number + 1:02}", f"保管员{number + 1}", "保管员", depot=DEPOTS[number])
    for number in range(8):
        add(f"responder-{number + 1}", f"队员{number + 1}", "响应人员", district="东区" if number % 2 else "西区")
    for number in (1, 2):
        add(f"auditor-{number}", f"审计员{number}", "审计员", level="全市")
    return rows


def first_stock() -> list[Row]:
    """Titles and blank lines above the headers, names for codes, dates in four spellings, full-width digits, a sum."""
    soon = date.today() + timedelta(days=20)
    return [
        ["东区物资期初盘点表（2026 年）"],
        ["填表人：孙科长", None, None, "单位：件"],
        [],
        ["序号", "站点", "存放位置", "品名", "库存数量", "批号", "有效期至", "备注"],
        [1, "滨江1站", "器材库/A1层", "铁铤/撬棍", 6, None, None, "含两把旧的"],
        [2, "滨江1站", "器材库/A1层", "MED-010", "１２", "0012", soon, None],
        [3, "LJ-01", "器材库/A2层", "RSP-007", "4盒", "KN-7", "2029年2月", None],
        [4, "LJ-01", "器材库/A2层", "MED-007", 80, "G-1", "2029-03-31", None],
        [5, "lj-02", "B1", "铁锹", 10, None, None, None],
        [6, "滨江2站", "B1", "MED-009", 300, "P-9", "2028/6/30", None],
        ["合计", None, None, None, 412],
    ]


def second_stock(mended: bool) -> list[Row]:
    """A program's own export: English headers, a column nobody knows, and two mistakes as long as it is not mended."""
    return [
        ["station", "shelf", "item code", "qty", "batch", "expiry", "responsible"],
        ["LJ-16", "Store/S1", "BRK-014", "4", "", "", "Wu"],
        ["LJ-16", "Store/S1", "MED-014", "6", "T-1", "2029-01-31", "Wu"],
        ["LJ-17" if mended else "LJ-99", "Store/S1", "BRK-019", "8", "", "", "Xu"],
        ["LJ-17", "Store/S2", "MED-013", "10", "S-1", "2028-05-31" if mended else "2028-13-31", "Xu"],
    ]


def third_stock() -> dict[str, list[Row]]:
    """A sheet of notes, and a sheet for each depot's serialised gear."""
    header: Row = ["站点编码", "货位", "物资名称", "数量", "出厂编号", "生产日期"]
    return {
        "填写说明": [["请勿修改表头"], ["出厂编号必填"]],
        "灭火器": [header, *(["LJ-01", "消防柜", "EXT-001", 1, f"00{n}", date(2025, 3, n + 1)] for n in range(1, 5))],
        "水带": [header, *(["LJ-03", "消防柜", "HYD-001", 1, f"H-{n}", "2025年6月"] for n in range(1, 4))],
    }


@dataclass
class Making:
    """A city in the making: its server, its mail, a desk, and what is known of its people."""

    url: str
    mailbox: Mailbox
    browser: Browser
    desk: Page
    folder: Path
    look: Callable[[Page, str], None]
    faults: list[str] = field(default_factory=list)
    pictures: int = 0
    pictures_in: Path | None = None

    def seen(self, name: str, page: Page | None = None) -> None:
        """A picture, in the order of the steps; and a page that stands on no error."""
        self.pictures += 1
        self.look(page or self.desk, f"city-{self.pictures:02}-{name}")

    def screen(self, phone: bool = False) -> Page:
        """A new device, on which no script may fail and no answer may be a 500."""
        size: Any = PHONE if phone else DESK
        page = self.browser.new_context(viewport=size, locale="zh-CN", has_touch=phone, is_mobile=phone).new_page()
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("response", lambda answer: self.faults.append(answer.url) if answer.status >= 500 else None)
        return page

    def go(self, *names: str) -> None:
        """From the front page by links, as somebody who knows no address."""
        self.desk.goto(self.url)
        for name in names:
            self.desk.evaluate("for (const group of document.querySelectorAll('#side details')) group.open = true")
            named = re.compile(re.escape(zh(name)))
            here, beside = (self.desk.locator(part).get_by_role("link", name=named) for part in ("main", "#side"))
            expect(here.or_(beside).first).to_be_visible()
            (here if here.count() else beside).first.click()

    def mail_to(self, address: str, found: Callable[[EmailMessage], bool] = lambda _message: True) -> EmailMessage:
        """The newest mail for somebody, waited for."""
        until = time.monotonic() + MAIL_SECONDS
        while time.monotonic() < until:
            if mails := [message for message in self.mailbox.to(address) if found(message)]:
                return mails[-1]
            self.desk.wait_for_timeout(500)
        raise AssertionError(f"no such mail for {address}: {[str(one['To']) for one in self.mailbox.received]}")


@pytest.fixture
def making(
    postgresql_server: str, tmp_path: Path, browser: Browser, look: Callable[[Page, str], None]
) -> Iterator[Making]:
    """An empty PostgreSQL, a mail server, a directory, and our server as ``./run --city`` starts it."""
    with ExitStack() as stack:
        url = stack.enter_context(fresh_postgresql(postgresql_server))
        issuer, port = stack.enter_context(running_directory(tmp_path / "provider.log"))
        mailbox = Mailbox().open()
        stack.callback(mailbox.close)
        server = RunningServer(
            url,
            tmp_path / "var",
            READYSHELF_RUN_JOBS="true",
            READYSHELF_SMTP_URL=mailbox.url,
            READYSHELF_MAIL_FROM="readyshelf@linjiang.example",
            READYSHELF_SECOND_FACTOR="administrators",
            READYSHELF_OIDC_ISSUER=issuer,
            **CLIENT,
        )
        server.port, server.url = port, f"http://127.0.0.1:{port}"
        server.options = ["--city"]
        stack.enter_context(served(server))
        server.start()
        city = Making(server.url, mailbox, browser, None, tmp_path, look)  # type: ignore[arg-type]
        city.desk = city.screen()
        if folder := os.environ.get("READYSHELF_TEST_PICTURES"):
            city.pictures_in = Path(folder)
        yield city
        city.desk.context.close()
        assert city.faults == []


@pytest.mark.slow
def test_a_city_makes_itself_from_nothing_to_its_first_digest(making: Making) -> None:
    begin(making)
    bring_in(making, "Depots", workbook(making.folder / "站点一览.xlsx", {"站点": depot_rows()}))
    expect(making.desk.locator(".facts")).to_contain_text("30")
    bring_in(making, "People", workbook(making.folder / "人员.xlsx", {"人员": people_rows()}))
    expect(making.desk.locator(".facts")).to_contain_text("39")
    stock(making)
    invite(making)
    come_in(making)
    codes = print_labels(making)
    take(making, codes)
    assert_all_in(making, but=set())
    tell(making)


def begin(city: Making) -> None:
    """The first administrator by the server's code, the second factor, and the basics."""
    page = city.desk
    log = next(city.folder.glob("server-*.log")).read_text()
    code = re.search(r"\b[2-9A-Z]{5}-[2-9A-Z]{5}\b", log)
    assert code is not None, log
    city.go("Sign in", "Begin this city")
    city.seen("first-start")
    for name, value in {"code": code[0], "account": "admin-zhao", "name": "赵主任"}.items():
        page.fill(f"#{name}", value)
    page.fill("#email", "zhao@linjiang.example")
    page.fill("#password", PASSWORD)
    page.fill("#again", PASSWORD)
    page.get_by_role("button", name=zh("Begin this city")).click()
    enter(page, "admin-zhao")
    set_up_second_factor(city, page)
    expect(page.locator("h1")).to_contain_text(zh("Steps to a running city"))
    city.seen("steps-empty")
    city.go("All administration", "Steps to a running city", "The city")
    page.fill("#name_zh", "临江市")
    page.fill("#name_en", "Linjiang")
    page.locator("[name=reference][value=catalogue]").check()
    page.fill("#districts", "A1 东区 East\nA2 西区 West")
    city.seen("basics")
    page.get_by_role("button", name=zh("Enter the basics")).click()
    expect(page.locator("h1 .badge")).to_contain_text("3 / ")  # the jobs run by themselves
    city.seen("steps-begun")


def enter(page: Page, account: str) -> None:
    """The sign-in page, wherever one came from."""
    page.fill("#account", account)
    page.fill("#password", PASSWORD)
    page.get_by_role("button", name=zh("Sign in"), exact=True).click()


def set_up_second_factor(city: Making, page: Page) -> None:
    """The authenticator is a program that is given the key in letters."""
    expect(page.locator("h1")).to_have_text(zh("Set up the second factor"))
    city.seen("second-factor", page)
    page.locator("details summary").click()
    key = page.locator("details code").inner_text().replace(" ", "")
    page.fill("#code", TOTP(key).now())
    page.get_by_role("button", name=zh("Confirm")).click()
    expect(page.locator("h1")).to_have_text(zh("Recovery codes"))
    city.seen("recovery-codes", page)
    page.get_by_role("link", name=zh("I have them; go on")).click()


def bring_in(city: Making, subject: str, path: Path, places: bool = False, look: bool = True) -> None:
    """A spreadsheet through the page: its columns, the look through, the entry."""
    page = city.desk
    choose_file(city, subject, path)
    if places:
        page.get_by_label(zh("Enter shelves that the file names and the book does not know")).check()
    page.get_by_role("button", name=zh("Look it through")).click()
    expect(page.get_by_role("status")).to_have_text(zh("no faults; nothing was changed yet"), timeout=60_000)
    if look:
        city.seen(f"import-{subject.lower().replace(' ', '-')}-checked")
    page.get_by_role("button", name=zh("Enter it as a whole")).click()
    expect(page.get_by_role("status")).to_have_text(zh("entered"), timeout=60_000)
    city.seen(f"import-{subject.lower().replace(' ', '-')}-entered")


def choose_file(city: Making, subject: str, path: Path) -> None:
    """From the front page to the columns of a file."""
    page = city.desk
    city.go("All administration", "Bring files in")
    page.get_by_label(zh("What is in the file?")).select_option(label=zh(subject))
    page.set_input_files("#file", path)
    page.get_by_role("button", name=zh("Look at it")).click()
    expect(page.locator("h1")).to_have_text(path.name)


def stock(city: Making) -> None:
    """Three spreadsheets as three offices send them."""
    page = city.desk
    bring_in(city, "Opening stock", workbook(city.folder / "东区期初.xlsx", {"Sheet1": first_stock()}), places=True)
    wrong = table(city.folder / "west.csv", second_stock(mended=False), "gb18030", ";")
    choose_file(city, "Opening stock", wrong)
    city.seen("import-stock-columns")
    page.get_by_label(re.compile("responsible")).select_option(label=zh("left out"))
    page.get_by_label(zh("Enter shelves that the file names and the book does not know")).check()
    page.get_by_role("button", name=zh("Enter it as a whole")).click()
    expect(page.get_by_role("status")).to_have_text(zh("faults found; nothing was changed"), timeout=60_000)
    expect(page.locator("main table")).to_contain_text("LJ-99")
    city.seen("import-stock-faulty")
    mended = table(city.folder / "west mended.csv", second_stock(mended=True), "gb18030", ";")
    choose_file(city, "Opening stock", mended)
    page.get_by_label(re.compile("responsible")).select_option(label=zh("left out"))
    page.get_by_label(zh("Enter shelves that the file names and the book does not know")).check()
    page.get_by_role("button", name=zh("Enter it as a whole")).click()
    expect(page.get_by_role("status")).to_have_text(zh("entered"), timeout=60_000)
    bring_in(city, "Opening stock", workbook(city.folder / "器材.xlsx", third_stock()), places=True, look=False)


def invite(city: Making) -> None:
    """All at once, from the list of people."""
    page = city.desk
    city.go("All administration", "People")
    expect(page.locator("h1")).to_contain_text("40")
    city.seen("people")
    page.get_by_role("button", name=zh("Invite all of them by mail")).click()
    expect(page.get_by_role("status")).to_contain_text("39")
    city.seen("people-invited")


def accept(city: Making, account: str, phone: bool = False, look: bool = True) -> Page:
    """Open the invitation in the mail on an own device, choose a password, and sign in with it."""
    message = city.mail_to(f"{account}@linjiang.example", lambda mail: "/invitation/" in text_of(mail))
    link = re.search(rf"{re.escape(city.url)}/invitation/\S+", text_of(message))
    assert link is not None, text_of(message)
    page = city.screen(phone)
    page.goto(link[0])
    expect(page.locator("main")).to_contain_text(account)
    if look:
        city.seen(f"{account}-invitation", page)
    page.fill("#password", PASSWORD)
    page.get_by_role("button", name=zh("Set the password")).click()
    expect(page.get_by_role("status")).to_be_visible()
    enter(page, account)
    return page


def come_in(city: Making) -> None:
    """One of each role by invitation with a look at what opens, one by the city's directory, and then all others."""
    administrator = accept(city, "admin-qian")
    set_up_second_factor(city, administrator)
    for account, role in (("officer-1", "officer"), ("auditor-1", "auditor"), ("admin-qian", "administrator")):
        page = administrator if account == "admin-qian" else accept(city, account)
        page.goto(city.url)
        page.locator('header a[href="/account"]').click()
        expect(page.locator("main .badge").first).to_have_text(zh(role))
        page.goto(city.url)
        city.seen(f"{account}-front", page)
        page.context.close()
    responder = accept(city, "responder-1", phone=True)
    expect(responder.get_by_label(zh("What do you need?"))).to_be_visible()
    city.seen("responder-front", responder)
    responder.context.close()
    member = city.screen(phone=True)
    member.goto(city.url)
    member.locator("main").get_by_role("link", name=zh("Sign in")).click()
    city.seen("sign-in", member)
    member.locator("#directory").click()
    sign_in_there(member, "responder-2")
    expect(member.get_by_label(zh("What do you need?"))).to_be_visible()
    city.seen("directory-front", member)
    member.context.close()
    come_in_too(city, {"admin-zhao", "admin-qian", "officer-1", "auditor-1", "responder-1", "responder-2", "keeper-01"})
    assert_all_in(city, but={"keeper-01"})  # whose first sign-in is the first take


def come_in_too(city: Making, in_already: set[str]) -> None:
    """Everybody else opens the own invitation, chooses a password and signs in."""
    accounts = {str(row[0]) for row in people_rows()[1:]} - in_already
    assert len(accounts) == 40 - len(in_already)
    for account in sorted(accounts):
        page = accept(city, account, phone=not account.startswith(("officer", "auditor")), look=False)
        expect(page).not_to_have_url(re.compile("/sign-in|/invitation"))
        page.context.close()


def assert_all_in(city: Making, but: set[str]) -> None:
    """Each of the forty has signed in, as the trail and the people's own pages have it."""
    request = city.desk.request
    people = request.get(f"{city.url}/api/people?limit=200").json()["items"]
    assert len(people) == 40
    assert {role["role"] for one in people for role in one["roles"]} == set(Role)
    without = {
        one["account"]
        for one in people
        if not request.get(f"{city.url}/api/people/{one['id']}/access").json()["credentials"]
    }
    assert without == but


def print_labels(city: Making) -> list[str]:
    """Print a depot's labels, and read what is on the paper as a camera does."""
    page = city.desk
    city.go("Labels")
    page.get_by_label(zh("Depot"), exact=True).fill("LJ-01")
    page.get_by_role("button", name=zh("Show")).click()
    expect(page).to_have_url(re.compile("depot=LJ-01"))
    city.seen("labels")
    page.get_by_role("button", name=zh("Make the PDF")).first.click()
    fetch = page.get_by_role("link", name=zh("Fetch the PDF"))
    expect(fetch).to_be_visible(timeout=60_000)
    city.seen("labels-made")
    with page.expect_download() as download:
        fetch.click()
    sheet = pypdfium2.PdfDocument(download.value.path())[0].render(scale=4).to_pil()
    if city.pictures_in is not None:
        sheet.save(city.pictures_in / "city-label-sheet.png")
    read = [str(found.text) for found in zxingcpp.read_barcodes(sheet)]
    codes = [one.rpartition("/")[2] for one in read if one.startswith(f"{city.url}/q/")]
    assert len(codes) == 13
    return codes


def take(city: Making, codes: list[str]) -> None:
    """A keeper's first take: an extinguisher by its label, in the app of a phone."""
    told = {code: city.desk.request.get(f"{city.url}/api/labels/{code}").json() for code in codes}
    code = next(code for code, about in told.items() if "EXT-001" in str(about))
    page = accept(city, "keeper-01", phone=True)
    page.locator(".scan-now").tap()
    city.seen("keeper-scan", page)
    page.get_by_label(zh("Code on the label")).fill(code)
    page.get_by_role("button", name="确定").tap()
    city.seen("keeper-basket", page)
    page.get_by_role("button", name="取用 1 项").tap()
    expect(page.get_by_role("status")).to_contain_text("已取用")
    city.seen("keeper-taken", page)
    page.goto(f"{city.url}/app")
    expect(page.locator(".status")).to_have_text("✓")
    expect(page.get_by_role("link", name=re.compile("我手上有 1 项"))).to_be_visible()
    city.seen("keeper-home", page)
    page.context.close()


def tell(city: Making) -> None:
    """The daily job, asked for by hand; what is new reaches the keeper by mail."""
    page = city.desk
    city.go("All administration", "Health")
    city.seen("health")
    page.get_by_role("button", name=f"{zh('Run now')}: {zh('The daily sweep and its digests')}").click()
    greeting = zh("{name}, this is new at your depots:", name="保管员1")
    message = city.mail_to("keeper-01@linjiang.example", lambda mail: greeting in text_of(mail))
    assert "滨江1站" in message["Subject"]
    letter = city.screen(phone=True)
    letter.set_content(text_of(message, "html"))
    city.seen("digest", letter)
    letter.context.close()
    city.go("All administration", "Steps to a running city")
    city.seen("steps-done")
    expect(page.locator("h1 .badge")).to_contain_text("8 / ")  # all but a backup
    city.go("All administration", "Audit trail")
    city.seen("audit")
