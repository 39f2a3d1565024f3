"""The officer's handbook (docs/officers.md) is followed word by word in a real browser."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from inventory.stock.models import Condition, Lot
from jobs.alerts.sweep import sweep_city
from people.models import Role
from people.policy import Duty
from tests.browsing import PASSWORD, sign_in_by_page
from tests.conftest import Town, give_password, hashed
from tests.handbooks import BESIDE, FILLED, SEEN, steps
from tests.serving import RunningServer

TYPED = {
    ("物资或遇到的情况", "Thing or trouble"): "BRK-014",
    ("从哪个站点或地名", "From depot or place"): "STR-0001",
    ("全局搜索", "Search everywhere"): "BRK-014",
    ("物资编码", "Item code"): "BRK-014",
    ("原因", "Why?"): "Letter 12/2026",
}


def follow(page: Page, verb: str, words: str) -> None:
    """Do one step as it is written."""
    if verb in SEEN:
        expect(page.locator("main")).to_contain_text(words)
    elif verb in FILLED:
        page.get_by_label(words, exact=True).fill(next(text for names, text in TYPED.items() if words in names))
    else:
        named = re.compile(rf"^\W*{re.escape(words)}")
        within = page.locator("nav, header") if verb in BESIDE else page.get_by_role("main")
        ways = within.locator("summary").filter(has_text=named)
        for role in ("button", "link", "option"):
            ways = ways.or_(within.get_by_role(role, name=named))  # type: ignore[arg-type]
        ways.first.click()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("language", ["zh", pytest.param("en", marks=pytest.mark.slow)])
def test_the_handbook_can_be_followed_as_it_is_written(
    server: RunningServer, town: Town, browser: Browser, language: str
) -> None:
    lot = town.stock("BRK-014", "3")
    town.stock("EXT-001", "1", expires_on=town.context.clock.today() - timedelta(days=1))
    done = list(steps("officers", language))
    assert len(done) > 15
    context = browser.new_context(locale="zh-CN" if language == "zh" else "en-GB")
    page = context.new_page()
    chief = town.person("chief", Duty(Role.OFFICER))  # of the whole city
    town.run(give_password, chief.person_id, hashed(PASSWORD))
    sign_in_by_page(page, server.url, "chief")
    for verb, words in done:
        if words in ("待办", "Alerts"):
            clock = town.context.clock
            sweep_city(town.context.database, clock.today(), clock.now())  # as the job does that was asked for
        follow(page, verb, words)
    context.close()
    assert town.run(lambda session: session.get_one(Lot, lot).condition) is Condition.QUARANTINED
