"""The pages of the channels in a real browser, by keyboard and on a small screen, in both languages."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from jobs.alerts.sweep import sweep_city
from jobs.channels.models import Mail, MailState
from jobs.digests.digests import write_digests
from tests.browsing import PHONE, overhang, sign_in
from tests.clock import SetClock
from tests.conftest import Town
from tests.serving import RunningServer

DESK = {"width": 1440, "height": 900}


def some_mails(town: Town, clock: SetClock) -> None:
    """Mails of some days, of which one bounced and one was given up."""
    for item in ("MED-013", "MED-004"):
        town.stock(item, "6", expires_on=clock.today() - timedelta(1), number="NS2024-11")
    clock.instant -= timedelta(days=5)
    for _ in range(5):
        sweep_city(town.context.database, clock.today(), clock.now())
        write_digests(town.context.database, town.context.settings, clock.today(), clock.now())
        clock.instant += timedelta(days=1)

    def spoil(session: object) -> None:
        mails = session.execute(select(Mail).order_by(Mail.id)).scalars().all()  # type: ignore[attr-defined]
        mails[0].state, mails[0].last_error = MailState.FAILED, "550 no such mailbox"
        mails[1].state, mails[1].last_error = MailState.GIVEN_UP, "451 try again later"

    town.run(spoil)


def check(page: Page, name: str, look: Callable[[Page, str], None]) -> None:
    """No sideways scrolling, nothing that the accessibility checker objects to; a picture."""
    look(page, name)
    assert overhang(page) <= 0, name
    found = [f"{one['id']}: {one['nodes'][0]['html'][:120]}" for one in Axe().run(page).response["violations"]]
    assert found == [], name


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("size", "locale", "scheme"),
    [
        pytest.param(PHONE, "zh-CN", "light", id="phone"),
        pytest.param(DESK, "en-GB", "dark", id="desk", marks=pytest.mark.slow),
    ],
)
def test_an_officer_sets_up_a_webhook_sees_what_was_sent_and_makes_a_calendar(
    server: RunningServer,
    town: Town,
    clock: SetClock,
    browser: Browser,
    look: Callable[[Page, str], None],
    size: dict[str, int],
    locale: str,
    scheme: str,
) -> None:
    some_mails(town, clock)
    context = browser.new_context(viewport=size, locale=locale, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    sign_in(page, server.url, "admin")
    name = f"{size['width']}-{locale[:2]}-{scheme}"
    page.goto(f"{server.url}/endpoints")
    if locale == "en-GB":
        page.get_by_role("button", name="English").click()
    page.select_option("#way", "webhook")
    page.fill("#name", "市应急指挥平台")
    page.fill("#url", "https://hooks.example.org/readyshelf")
    page.fill("#where", "440305")
    check(page, f"endpoints-{name}", look)
    page.get_by_role("button", name=re.compile("^(新增|Set up)$")).click()
    expect(page.locator("code").first).to_contain_text("whsec_")
    check(page, f"endpoint-new-{name}", look)
    page.get_by_role("button", name=re.compile("发送测试|Send a try")).click()
    expect(page.locator("code").first).to_have_text("https://hooks.example.org/readyshelf")
    page.goto(f"{server.url}/endpoints")
    expect(page.get_by_role("link", name=re.compile("市应急指挥平台"))).to_be_visible()
    check(page, f"endpoints-list-{name}", look)
    page.goto(f"{server.url}/mails")
    expect(page.locator(".badge.bad")).to_have_count(2)
    check(page, f"mails-{name}", look)
    page.get_by_role("link", name=re.compile("550 no such mailbox")).click()
    expect(page.get_by_role("button", name=re.compile("重新发送|Send again"))).to_be_visible()
    check(page, f"mail-{name}", look)
    page.goto(f"{server.url}/account")
    page.get_by_role("link", name=re.compile("日历|Calendars")).click()
    page.fill("#depot", town.depot.code)
    page.get_by_role("button", name=re.compile("^(新建|Make it)$")).click()
    expect(page.locator("code")).to_contain_text("/calendar/")
    check(page, f"calendars-{name}", look)
    context.close()
