"""The page of the jobs as an officer sees it, on the phone and at the desk, in both languages, by day and by night."""

from collections.abc import Callable
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from jobs.running.running import run_job
from jobs.running.schedule import JOBS, last_due
from jobs.running.watching import note_leader
from tests.browsing import PHONE, overhang, sign_in
from tests.clock import SetClock
from tests.conftest import Town
from tests.jobs.running.test_health import Broken
from tests.serving import RunningServer

DESK = {"width": 1440, "height": 900}
embedded = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def some_days(town: Town, clock: SetClock) -> None:
    """A week, with a bad day."""
    end = clock.instant
    for back in range(6, -1, -1):
        clock.instant = end - timedelta(days=back)
        run_job(town.context, JOBS["sweep"], last_due(town.context))
        if back % 5:
            run_job(town.context, JOBS["tidy"], last_due(town.context))
        run_job(town.context, JOBS["mail"])
    with pytest.raises(RuntimeError):
        run_job(town.context, Broken("tidy").job, last_due(town.context))
    run_job(town.context, JOBS["sweep"], by_hand=True)
    town.run(note_leader, clock.now(), clock.now())


OFTEN = ("zh-CN", "light", "phone")  # the other looks are slow
LOOKS = [
    pytest.param(*look, id="-".join(look), marks=[] if look == OFTEN else pytest.mark.slow)
    for look in product(("zh-CN", "en"), ("light", "dark"), ("phone", "desk"))
]


@embedded
@pytest.mark.parametrize(("language", "look_of_day", "size"), LOOKS)
def test_the_page_of_the_jobs_reads_well_everywhere(
    browser: Browser,
    server: RunningServer,
    town: Town,
    clock: SetClock,
    look: Callable[[Page, str], None],
    language: str,
    look_of_day: str,
    size: str,
) -> None:
    some_days(town, clock)
    sizes: Any = {"phone": PHONE, "desk": DESK}
    context = browser.new_context(viewport=sizes[size], locale=language, color_scheme=look_of_day)
    page = context.new_page()
    sign_in(page, server.url, "officer")
    page.goto(f"{server.url}/jobs")
    if language == "en":
        page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(
        "How the jobs fare" if language == "en" else "任务运行情况"
    )
    expect(page.get_by_text("the shelf is on fire").first).to_be_visible()
    assert overhang(page) <= 0
    serious = [found for found in Axe().run(page).response["violations"] if found["impact"] in ("serious", "critical")]
    assert serious == []
    look(page, f"jobs-{language}-{look_of_day}-{size}")
    context.close()
