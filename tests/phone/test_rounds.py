"""The round of a shift on the phone: checks (K8), missing dates (K5), and the handover by exception (K7)."""

from datetime import timedelta
from uuid import UUID

import httpx
from playwright.sync_api import Page, expect
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from inventory.clocks.models import Check, Outcome
from inventory.documents.receiving import DateWord, last_usable_day
from tests.clock import SetClock
from tests.conftest import Town
from tests.phone.conftest import cut, embedded, open_app
from tests.phone.test_drafts import go
from tests.serving import RunningServer

PATH = "/api/phone/STR-0001/checks"


def extinguisher(town: Town, serial: str) -> UUID:
    return town.stock("EXT-001", "1", serial=serial, received_at=town.context.clock.now() - timedelta(days=60))


async def test_K8_the_checks_of_a_depot_come_with_their_questions_in_shelf_order(
    client: httpx.AsyncClient, town: Town, clock: SetClock
) -> None:
    lots = [extinguisher(town, f"X-{number}") for number in range(2)]
    clock.instant += timedelta(days=40)
    answer = await client.get(PATH, headers=town.auth("keeper"))
    body = answer.json()
    plan = next(row for row in body["plans"] if row["code"] == "MP-001")
    assert {question["key"] for question in plan["questions"]} == {"gauge", "seal", "body", "place"}
    rows = [row for row in body["due"] if row["plan"] == "MP-001"]
    assert {row["lot"] for row in rows} == {str(lot) for lot in lots}
    assert {row["place"] for row in rows} == {str(town.shelf.id)}
    again = await client.get(PATH, headers=town.auth("keeper") | {"if-none-match": answer.headers["etag"]})
    assert again.status_code == 304
    assert (await client.get(PATH, headers=town.auth("auditor"))).json()["due"] == []
    assert (await client.get(PATH, headers=town.auth("keeper2"))).status_code == 404


@embedded
def test_K8_checks_are_answered_without_a_signal_one_piece_after_the_other(
    phone: Page, server: RunningServer, town: Town
) -> None:
    lots = [extinguisher(town, f"X-{number}") for number in range(2)]
    open_app(phone, server)
    go(phone, "checks")
    expect(phone.locator("a[href$='/MP-001']")).to_be_visible()
    cut(phone.context)
    phone.locator("a[href$='/MP-001']").first.tap()
    expect(phone.get_by_text("本货位还剩 2 项")).to_be_visible()
    phone.get_by_role("button", name="记录检查").tap()
    expect(phone.locator(".fault", has_text="此项必填")).to_have_count(4)  # nothing is in order that nobody looked at
    phone.get_by_role("button", name="全部正常").tap()
    expect(phone.locator(".fault:not(:empty)")).to_have_count(0)
    phone.locator("select[name=seal]").select_option("no")
    phone.get_by_role("button", name="记录检查").tap()
    expect(phone.get_by_text("将登记故障", exact=False)).to_be_visible()
    phone.locator("select[name=seal]").select_option("yes")
    phone.get_by_role("button", name="记录检查").tap()
    expect(phone.get_by_text("本货位还剩 1 项")).to_be_visible()
    phone.reload()
    expect(phone.get_by_text("本货位还剩 1 项")).to_be_visible()
    phone.context.set_offline(False)
    expect(phone.locator(".status")).to_have_text("✓", timeout=20_000)
    assert sum(passed(town, lot) for lot in lots) == 1


def passed(town: Town, lot: UUID) -> int:
    def count(session: Session) -> int:
        done = select(func.count()).where(Check.lot_id == lot, Check.outcome == Outcome.PASSED)
        return session.execute(done).scalar_one()

    return town.run(count)  # type: ignore[no-any-return]


LAST_DAY = "async ([word, text]) => (await import('/static/app/checks.js')).lastDay(word, text)"


@embedded
def test_K5_a_missing_date_is_set_where_the_thing_is_shown(phone: Page, server: RunningServer, town: Town) -> None:
    lot = town.stock("MED-010", "5", expiry_unknown=True, number="L1")
    open_app(phone, server)
    go(phone, f"thing/{lot}")
    expect(phone.get_by_role("heading", name="登记日期")).to_be_visible()
    phone.get_by_label("日期，如 2027-02", exact=False).fill("2030-13")
    phone.get_by_role("button", name="保存日期").tap()
    expect(phone.get_by_text("没有 13 月", exact=False)).to_be_visible()
    phone.get_by_label("日期，如 2027-02", exact=False).fill("2030-02")
    phone.get_by_role("button", name="保存日期").tap()
    expect(phone.get_by_text("日期已登记", exact=False)).to_be_visible()
    expect(phone.locator("[name=date]")).to_have_count(0)  # a form that is not open is not in the page
    phone.get_by_role("button", name="更正日期").tap()
    expect(phone.locator("[name=date]")).to_be_visible()
    assert str(town.lot(lot).expires_on) == "2030-02-28"
    for word in (DateWord.THROUGH, DateWord.FROM):  # the phone shows the very day that the server works out
        for text in ("2027-02", "2028-02", "2027-12", "2027-01-01", "2028-03-01", "2027-12-31"):
            assert phone.evaluate(LAST_DAY, [word.value, text]) == str(last_usable_day(word, text)[0])


@embedded
def test_K7_a_shelf_that_is_as_the_book_says_is_one_tap_and_the_comer_sees_what_was_left_out(
    phone: Page, server: RunningServer, town: Town
) -> None:
    town.stock("BRK-002", "5")
    town.stock("BRK-014", "3")
    town.stock("MED-010", "2", shelf=town.second_shelf)
    open_app(phone, server)
    go(phone, "handover")
    phone.get_by_role("button", name="开始交接班").tap()
    expect(phone.get_by_text("本班查看 1 个货位", exact=False)).to_be_visible()
    phone.locator(".row-button").first.tap()
    phone.get_by_role("button", name="全部相符").tap()
    expect(phone.locator(".badge.good").first).to_be_visible()
    phone.get_by_role("button", name="我交班：签字").tap()
    expect(phone.get_by_text("项未检查", exact=False)).to_be_visible()
    expect(phone.get_by_text("已查看的部分没有差异。")).to_be_visible()
