"""What stays on the phone and what does not: opening without a signal, signing out, a revoked session, two tabs."""

import httpx
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import func, select, update

from inventory.telling.models import Entry
from people.models import Credential
from tests.browsing import sign_in_by_page
from tests.conftest import Town, quantity_of
from tests.phone.conftest import cut, embedded, filming, open_app, type_code
from tests.serving import RunningServer

KEPT = """async () => {
  const { openDB } = await import('/vendor/idb.js');
  const db = await openDB('readyshelf');
  return { kept: await db.count('kept'), queue: await db.count('queue') };
}"""


def ready_for_the_basement(page: Page) -> BrowserContext:
    """The service worker has everything; then the signal goes."""
    cut(page.context)
    return page.context


def take_one(page: Page, server: RunningServer, code: str) -> None:
    """Scan by typing, and confirm."""
    page.goto(f"{server.url}/app#/scan")
    expect(page.get_by_role("heading", level=1)).to_have_text("扫码")  # the page before may have such a field too
    type_code(page, code)
    page.get_by_role("button", name="取用 1 项").tap()


@embedded
def test_it_opens_without_a_signal_with_the_depots_stock_loans_and_checks(
    browser: Browser, server: RunningServer, town: Town
) -> None:
    code = town.code_of(town.stock("BRK-014", "3"))
    with filming(browser, None) as page:
        open_app(page, server)
        ready_for_the_basement(page)
        page.goto(f"{server.url}/app")
        page.reload()
        expect(page.get_by_role("heading", level=1)).to_have_text("麻岭街面站")
        expect(page.locator(".status")).to_have_text("无信号")
        for path, title in (("loans", "借用"), ("counts", "盘点"), ("handover", "交接班"), ("receive", "入库")):
            page.goto(f"{server.url}/app#/{path}")
            expect(page.get_by_role("heading", level=1)).to_have_text(title)
        take_one(page, server, code)
        expect(page.locator(".status")).to_have_text("1 条待发")


@embedded
def test_a_revoked_session_wipes_what_the_server_told_and_keeps_what_waits(
    browser: Browser, server: RunningServer, town: Town
) -> None:
    lot = town.stock("BRK-014", "3")
    with filming(browser, None) as page:
        open_app(page, server)
        context = ready_for_the_basement(page)
        take_one(page, server, town.code_of(lot))
        expect(page.locator(".status")).to_have_text("1 条待发")
        # the phone is lost: its sessions are ended from the desk
        town.run(
            lambda session: session.execute(
                update(Credential).where(Credential.kind == "session").values(revoked_at=town.context.clock.now())
            )
        )
        context.set_offline(False)
        page.goto(f"{server.url}/app#/more")
        page.reload()
        expect(page.locator("main")).to_contain_text("登录后查看您的站点")
        assert page.evaluate(KEPT) == {"kept": 0, "queue": 1}
        page.goto(f"{server.url}/app#/find")
        expect(page.locator("main")).not_to_contain_text("夹钳")
        # the same keeper signs in again, perhaps tomorrow: what waited is told
        sign_in_by_page(page, server.url, "keeper")
        page.goto(f"{server.url}/app")
        expect(page.locator(".status")).to_have_text("✓")
    assert quantity_of(town.context.database, lot, town.shelf.id) == 2


@embedded
def test_what_one_keeper_did_is_never_told_in_anothers_name(
    browser: Browser, server: RunningServer, town: Town
) -> None:
    lot = town.stock("BRK-014", "3")
    with filming(browser, None) as page:
        open_app(page, server)
        context = ready_for_the_basement(page)
        take_one(page, server, town.code_of(lot))
        expect(page.locator(".status")).to_have_text("1 条待发")
        context.set_offline(False)
        server.kill()  # the signal is back before the server is
        context.clear_cookies()
        server.start()
        sign_in_by_page(page, server.url, "officer")
        page.goto(f"{server.url}/app#/outbox")
        expect(page.locator("main")).to_contain_text("属于keeper 先生")
        assert quantity_of(town.context.database, lot, town.shelf.id) == 3
        context.clear_cookies()
        sign_in_by_page(page, server.url, "keeper")
        page.goto(f"{server.url}/app")
        page.goto(f"{server.url}/app#/outbox")
        expect(page.locator("main")).to_contain_text("已入账", timeout=20_000)
    assert quantity_of(town.context.database, lot, town.shelf.id) == 2
    with town.context.database.transaction(writes=False) as session:
        assert session.execute(select(Entry.person_id)).scalars().all() == [town.keeper.person_id]


@embedded
def test_two_tabs_of_one_phone_book_nothing_twice(browser: Browser, server: RunningServer, town: Town) -> None:
    lot = town.stock("BRK-014", "9")
    code = town.code_of(lot)
    with filming(browser, None) as page:
        open_app(page, server)
        other = page.context.new_page()
        other.goto(f"{server.url}/app")
        expect(other.locator(".tiles")).to_be_visible()
        context = ready_for_the_basement(page)
        for tab in (page, other, page, other):
            take_one(tab, server, code)
            expect(tab.get_by_role("status")).to_contain_text("已存在本机")
        expect(page.locator(".status")).to_have_text("4 条待发")
        context.set_offline(False)
        for tab in (page, other):
            expect(tab.locator(".status")).to_have_text("✓", timeout=20_000)
    assert quantity_of(town.context.database, lot, town.shelf.id) == 5
    with town.context.database.transaction(writes=False) as session:
        assert session.execute(select(func.count()).select_from(Entry)).scalar_one() == 4


@embedded
def test_a_clear_refusal_of_the_server_keeps_the_basket_and_may_be_insisted_on_in_a_second_step(
    browser: Browser, server: RunningServer, town: Town
) -> None:
    lot = town.stock("BRK-014", "1")
    with filming(browser, None) as page:
        open_app(page, server)
        taken = {"id": "0190f000-0000-7000-8000-000000000001", "kind": "issue", "lot": str(lot), "quantity": "1"}
        assert httpx.post(f"{server.url}/api/movements", json=taken, headers=town.auth("admin")).status_code == 201
        take_one(page, server, town.code_of(lot))
        expect(page.get_by_role("status")).to_contain_text("不足")
        page.goto(f"{server.url}/app#/outbox")
        page.get_by_text("确有其事？").tap()
        page.get_by_role("button", name="确有其事：补记入账").tap()
        expect(page.locator("main")).to_contain_text("已入账，账实不符")
    assert quantity_of(town.context.database, lot, town.shelf.id) == 0
