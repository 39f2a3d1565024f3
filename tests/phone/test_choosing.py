"""Which depot the app is at (K6, K9), and what the finder shows while it searches."""

import re

from playwright.sync_api import Browser, expect
from sqlalchemy.orm import Session

from core.languages import say
from depots.models import Depot
from jobs.alerts.models import Alert
from jobs.causes.kinds import KIND_WORDS, AlertKind
from tests.conftest import Town
from tests.phone.conftest import embedded, filming, until
from tests.phone.slow_proxy import bad_line
from tests.phone.test_drafts import go
from tests.phone.test_truth import open_through
from tests.serving import RunningServer

pytestmark = embedded


def test_K6_switching_the_depot_draws_the_page_at_once(browser: Browser, server: RunningServer, town: Town) -> None:
    town.stock("BRK-014", "3")
    with bad_line(server.url) as line, filming(browser, None) as page:
        open_through(page, line, "admin")
        page.locator("#depot").select_option(town.other.code)
        expect(page.get_by_role("heading", level=1)).to_have_text(town.other.name_zh)
        page.locator("#depot").select_option(town.depot.code)
        expect(page.get_by_role("heading", level=1)).to_have_text(town.depot.name_zh)
        line.delay = 60.0  # no answer helps; the app waits 12 seconds for one
        page.locator("#depot").select_option(town.other.code)
        expect(page.get_by_role("heading", level=1)).to_have_text(town.other.name_zh, timeout=10_000)


def test_K9_a_depot_beyond_the_first_two_hundred_is_found_by_its_name_and_stays_chosen(
    browser: Browser, server: RunningServer, town: Town
) -> None:
    def more(session: Session) -> None:
        like = session.get_one(Depot, town.other.id)
        facts = {name: getattr(like, name) for name in Depot.model_fields if name not in ("id", "code", "name_zh")}
        session.add_all(Depot(**facts, code=f"STR-{number:04}", name_zh=f"第{number}站") for number in range(500, 720))

    town.run(more)
    with bad_line(server.url) as line, filming(browser, None) as page:
        open_through(page, line, "admin")
        page.get_by_role("button", name="切换站点").tap()
        page.locator("#depot-words").fill("第719站")
        page.get_by_role("button", name=re.compile("第719站")).tap()
        expect(page.get_by_role("heading", level=1)).to_have_text("第719站")
        line.asked.clear()
        page.reload()
        expect(page.get_by_role("heading", level=1)).to_have_text("第719站")
        until(page, lambda: bool(line.asked))
        until(page, line.is_quiet)  # the list of depots is asked for anew
        expect(page.get_by_role("heading", level=1)).to_have_text("第719站")


def test_K9_every_kind_of_alert_shows_in_the_servers_words(browser: Browser, server: RunningServer, town: Town) -> None:
    now = town.context.clock.now()
    shown = [kind for kind in AlertKind if kind not in ("defect", "overdue_loan", "incomplete_kit")]

    def alert(session: Session) -> None:
        session.add_all(
            Alert(kind=kind, cause=f"told:{kind}", depot_id=town.depot.id, opened_at=now, changed_at=now)
            for kind in shown
        )

    town.run(alert)
    with bad_line(server.url) as line, filming(browser, None) as page:
        open_through(page, line)
        for kind in shown:
            expect(page.locator(".tasks")).to_contain_text(say("zh", KIND_WORDS[kind]))


def test_P2_offers_for_the_words_before_do_not_stand_under_the_new_ones_and_own_hits_can_be_opened(
    browser: Browser, server: RunningServer, town: Town
) -> None:
    lot = town.stock("BRK-014", "3")
    with bad_line(server.url) as line, filming(browser, None) as page:
        open_through(page, line)
        go(page, "find")
        page.locator("#words").fill("夹钳")
        expect(page.locator(".offer").first).to_be_visible()
        line.delay = 60.0
        page.locator("#words").fill("灭火")
        expect(page.locator(".offer")).to_have_count(0)
        expect(page.locator("main")).to_contain_text("正在查找")
        line.delay = 0.0
        page.locator("#words").fill("夹钳")
        page.locator(".offer a[href^='#/thing/']").first.tap()
        expect(page).to_have_url(re.compile(f"#/thing/{lot}"))
