"""The phone's picture never lies (K3): a sent act stays laid over it until a picture that contains it has come."""

import gzip
import re
from itertools import pairwise

from playwright.sync_api import Browser, Page, expect
from sqlalchemy import func, select

from inventory.telling.models import Entry
from tests.browsing import sign_in
from tests.conftest import Town, quantity_of
from tests.phone.conftest import embedded, filming, until
from tests.phone.slow_proxy import Line, bad_line
from tests.serving import RunningServer

# Everything that a page has shown, as it was drawn
WATCH = """() => {
  window.seen = [];
  const look = () => {
    const main = document.querySelector('main.app');
    const text = main ? main.innerText : '';
    if (text !== seen.at(-1)?.[1]) seen.push([location.hash, text]);
  };
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true });
  look();
}"""


def open_through(page: Page, line: Line, account: str = "keeper") -> None:
    sign_in(page, line.url, account)
    page.goto(f"{line.url}/app")
    expect(page.locator(".tiles")).to_be_visible(timeout=30_000)


def shown(page: Page, path: str) -> list[str]:
    return [text for hash_, text in page.evaluate("() => seen") if hash_ == f"#/{path}"]


@embedded
def test_K3_with_every_answer_late_and_one_in_four_lost_no_page_shows_what_was_never_true(
    browser: Browser, server: RunningServer, town: Town
) -> None:
    lot = town.stock("BRK-014", "9")
    with bad_line(server.url) as line, filming(browser, None) as page:
        open_through(page, line)
        line.delay, line.lose_every = 3.0, 4
        page.evaluate("path => { location.hash = '#/' + path }", f"thing/{lot}")
        expect(page.get_by_text("· 9 ")).to_be_visible()
        page.evaluate(WATCH)
        for left in (8, 7):
            page.get_by_role("button", name=re.compile("^取用 1")).first.tap()
            expect(page.get_by_text(f"· {left} ")).to_be_visible(timeout=3_000)
            expect(page.get_by_role("status")).to_be_visible()
            expect(page.get_by_role("button", name=re.compile("^取用 1")).first).to_be_enabled()
        expect(page.locator(".status")).to_have_text("✓", timeout=120_000)
        until(page, line.is_quiet)  # pictures still on their way
        shelf = [int(count) for text in shown(page, f"thing/{lot}") for count in re.findall(r"A1.*?· (\d+) ", text)]
        assert set(shelf) == {9, 8, 7}
        assert all(later <= earlier for earlier, later in pairwise(shelf)), shelf

        page.evaluate("() => { location.hash = '#/incident/new' }")
        page.get_by_role("button", name="火灾", exact=True).tap()
        page.locator("[name=place]").fill("麻岭小区 3 栋")
        page.get_by_role("button", name="登记出动", exact=True).tap()
        page.get_by_role("button", name="我们已到场").tap(timeout=15_000)
        expect(page.get_by_text("分钟到场")).to_be_visible(timeout=3_000)
        expect(page.locator(".status")).to_have_text("✓", timeout=120_000)
        until(page, line.is_quiet)
        call = page.evaluate("() => location.hash.slice(2)")
        texts = shown(page, call)
        assert texts
        assert not [text for text in texts if "已结束" in text]
        arrived = ["分钟到场" in text for text in texts]
        assert arrived == sorted(arrived), texts  # once arrived, always arrived
    assert quantity_of(town.context.database, lot, town.shelf.id) == 7
    with town.context.database.transaction(writes=False) as session:
        assert session.execute(select(func.count()).select_from(Entry)).scalar_one() == 4


@embedded
def test_K3_an_act_is_followed_by_one_renewal_of_two_kilobytes_at_most(
    browser: Browser, server: RunningServer, town: Town
) -> None:
    lot = town.stock("BRK-014", "9")
    for number in range(60):
        town.stock("EXT-001", "1", serial=f"SN-{number}")
    with bad_line(server.url) as line, filming(browser, None) as page:
        with page.expect_response(re.compile("/checks$"), timeout=30_000):  # the last that the app asks as it begins
            open_through(page, line)
        page.evaluate("path => { location.hash = '#/' + path }", f"thing/{lot}")
        page.wait_for_load_state("networkidle")
        line.asked.clear()
        sizes: list[int] = []
        told = re.compile("/api/(phone/|depots/.*/todo)")
        page.on(
            "response",
            lambda got: sizes.append(len(gzip.compress(got.body()))) if told.search(got.url) and got.ok else None,
        )
        page.get_by_role("button", name=re.compile("^取用 1")).first.tap()
        expect(page.get_by_role("status")).to_contain_text("已取用")
        until(page, line.is_quiet)
    fetched = [path.split("?")[0].rsplit("/", 1)[-1] for method, path in line.asked if method == "GET"]
    assert sorted(fetched) == ["checks", "shelves", "todo", "work"]  # unchanged checks come as 304
    assert sum(sizes) <= 2_000, sizes


@embedded
def test_K3_a_seal_and_a_fault_stay_as_they_were_told_while_the_picture_is_awaited(
    browser: Browser, server: RunningServer, town: Town
) -> None:
    bottle = town.stock("EXT-001", "1", serial="SN-1")
    with bad_line(server.url) as line, filming(browser, None) as page:
        open_through(page, line)
        line.delay = 3.0
        page.evaluate("path => { location.hash = '#/' + path }", f"thing/{bottle}")
        page.locator(".card").get_by_role("button", name="报故障").tap()
        page.locator("[name=description]").fill("压力表在红区")
        page.evaluate(WATCH)
        page.get_by_role("button", name="提交报修").tap()
        expect(page.locator("main")).to_contain_text("有故障，禁止使用")
        expect(page.locator(".status")).to_have_text("✓", timeout=60_000)
        until(page, line.is_quiet)
        faulty = ["禁止使用" in text for text in shown(page, f"thing/{bottle}")]
        assert faulty == sorted(faulty)
        assert faulty[-1]
