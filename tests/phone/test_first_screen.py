"""On a phone one starts in the app: a keeper with what is to do, a responder with what they need."""

from datetime import timedelta

from playwright.sync_api import Browser, expect

from jobs.alerts.models import Alert
from jobs.causes.kinds import AlertKind
from tests.browsing import sign_in_by_page
from tests.conftest import Town
from tests.phone.conftest import embedded, filming
from tests.serving import RunningServer

pytestmark = embedded


def test_P2_a_keeper_starts_with_what_is_to_do_folded_by_kind_the_worst_first(
    browser: Browser, server: RunningServer, town: Town
) -> None:
    now = town.context.clock.now()
    facts = {"depot_id": town.depot.id, "opened_at": now, "changed_at": now}
    ended = {"expires_on": town.context.clock.today() - timedelta(days=3)}
    expired = [town.stock("PPE-026", "2", number=f"L{number}", **ended) for number in range(5)]
    alerts = [
        Alert(cause=f"expiry:{lot}", kind=AlertKind.EXPIRED, lot_id=lot, details='{"name_zh": "丁腈手套"}', **facts)
        for lot in expired
    ]
    town.run(lambda session: session.add_all([*alerts, Alert(cause="set:1", kind=AlertKind.LABEL_FADING, **facts)]))
    with filming(browser, None) as page:
        sign_in_by_page(page, server.url, "keeper")
        expect(page).to_have_url(f"{server.url}/app")
        expect(page.get_by_role("link", name="扫码").first).to_be_visible()
        tasks = page.locator(".tasks")
        expect(tasks.locator(".kind").first).to_contain_text("已过期 5")
        expect(tasks.locator("a.task").last).to_contain_text("标签")
        expect(tasks.locator("a.task", has_text="丁腈手套")).to_have_count(2)
        tasks.get_by_role("button", name="另有 3 项：已过期").tap()
        expect(tasks.locator("a.task", has_text="丁腈手套")).to_have_count(5)
        tasks.locator("a.task", has_text="丁腈手套").first.tap()
        expect(page.get_by_role("heading", level=1)).to_contain_text("丁腈手套")
        # What is past its date is disposed of first of all, and taken with a reason only
        expect(page.locator(".acts-row button").first).to_have_text("报废")
        page.get_by_role("button", name="报废").tap()
        expect(page.locator(".act-form .stepper input")).to_have_value("2")  # all of it, and why is known
        expect(page.get_by_label("原因")).to_have_value("已过期")
        page.get_by_role("button", name="取用", exact=True).tap()
        page.get_by_label("为什么仍要使用？").fill("没有别的")
        page.locator(".act-form").get_by_role("button", name="取用").tap()
        expect(page.get_by_role("status")).to_contain_text("已领用")


def test_P2_a_responder_starts_with_what_they_need_and_sees_no_keepers_duties(
    browser: Browser, server: RunningServer, town: Town
) -> None:
    town.stock("BRK-014", "3")
    with filming(browser, None) as page:
        sign_in_by_page(page, server.url, "responder")
        expect(page).to_have_url(f"{server.url}/app")
        page.get_by_label("需要什么？").fill("夹钳")
        expect(page.locator(".bottom")).to_contain_text("我手上的")
        for word in ("收货", "调拨", "交接", "盘点"):
            expect(page.locator("body")).not_to_contain_text(word)
        page.get_by_role("button", name="找最近的").tap()
        expect(page.locator(".offer").first).to_contain_text("麻岭街面站")
