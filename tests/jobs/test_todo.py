"""What is to do at a depot: one list, the most dangerous first, each line with where it is done."""

import re
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from core.columns import table_of
from core.fixed import ROOT
from core.languages import say
from depots.models import DepotRequirement, Level
from inventory.catalogue.models import Item
from inventory.stock.models import Kind
from jobs.alerts.models import Alert
from jobs.alerts.standing import DATES, FOUND_BY, standing
from jobs.alerts.sweep import SweepReport, sweep
from jobs.alerts.todo import LIVE, ORDER, WORDS
from jobs.causes.documents import loan_causes
from jobs.causes.faults import fault_causes
from jobs.causes.kinds import AlertKind
from jobs.causes.kits import kit_causes
from jobs.causes.register import ENDINGS, FINDERS, OF_DATES
from tests.conftest import Town, one
from tests.query_count import QueryCount

TODO = "/api/depots/STR-0001/todo"


async def tasks(client: httpx.AsyncClient, town: Town, who: str = "keeper") -> list[dict[str, Any]]:
    answer = await client.get(TODO, headers=town.auth(who))
    assert answer.status_code == 200, answer.text
    return list(answer.json()["tasks"])


def raised(town: Town, *kinds: AlertKind, **facts: Any) -> None:
    now = town.context.clock.now()
    alerts = [
        Alert(
            cause=f"raised-{kind}:{number}", kind=kind, depot_id=town.depot.id, opened_at=now, changed_at=now, **facts
        )
        for number, kind in enumerate(kinds)
    ]
    town.run(lambda session: session.add_all(alerts))


def test_every_kind_of_alert_and_of_open_work_has_its_rank_and_words() -> None:
    assert {kind.value for kind in AlertKind} | set(WORDS) == set(ORDER)
    for word in WORDS.values():
        assert say("zh", word) != word


async def test_P2_the_list_goes_by_danger_and_every_line_ends_where_it_is_done(
    client: httpx.AsyncClient, town: Town
) -> None:
    lot = town.stock("MED-010", "4", number="L1", expires_on=date(2026, 11, 1))
    raised(town, AlertKind.EXPIRED, AlertKind.LABEL_FADING, AlertKind.RECALL, lot_id=lot)
    details = '{"ready": "0", "minimum": "1", "name_zh": "夹钳", "name_en": "Clamp"}'
    raised(town, AlertKind.BELOW_MINIMUM, details=details)
    town.stock("MED-001", "1", serial="K-1")
    found = await tasks(client, town)
    kinds = [task["kind"] for task in found]
    assert kinds == ["recall", "expired", "below_minimum", "handover", "label_fading"]
    assert [task["rank"] for task in found] == sorted(task["rank"] for task in found)
    assert all(task["to"] for task in found)
    assert found[1]["to"] == f"thing/{lot}"
    assert (found[2]["zh"], found[2]["note_zh"]) == ("夹钳", "0/1")


@pytest.mark.parametrize(("who", "expected"), [("keeper", ["handover"]), ("responder", []), ("auditor", [])])
async def test_nobody_is_told_to_do_what_they_may_not(
    client: httpx.AsyncClient, town: Town, who: str, expected: list[str]
) -> None:
    assert [task["kind"] for task in await tasks(client, town, who)] == expected


async def test_an_overdue_loan_is_on_the_list_until_it_is_back(client: httpx.AsyncClient, town: Town) -> None:
    lot = town.stock("BRK-014", "1")
    due = (town.context.clock.now() + timedelta(hours=1)).isoformat()
    lend = {"id": "0190f000-0000-7000-8000-00000000000a", "kind": "lend", "depot": "STR-0001", "borrower": "resident"}
    lend |= {"due_at": due, "lines": [{"thing": str(lot)}]}
    assert (await client.post("/api/entries", json=lend, headers=town.auth())).status_code == 201
    assert "overdue_loan" not in [task["kind"] for task in await tasks(client, town)]
    town.context.clock.instant += timedelta(hours=2)  # type: ignore[attr-defined]
    task = next(task for task in await tasks(client, town) if task["kind"] == "overdue_loan")
    assert (task["about"], task["to"], task["severity"]) == (lend["id"], "loans", "bad")
    town.book(one(kind=Kind.RETURN, lot=lot, source=task["about"]))
    assert [task["kind"] for task in await tasks(client, town)] == ["handover"]


async def test_a_depot_out_of_reach_tells_nothing(client: httpx.AsyncClient, town: Town) -> None:
    answer = await client.get("/api/depots/IND-0002/todo", headers=town.auth("keeper"))
    assert answer.status_code == 404


async def test_who_has_the_list_as_it_is_gets_none_again(client: httpx.AsyncClient, town: Town) -> None:
    raised(town, AlertKind.EXPIRED)
    first = await client.get(TODO, headers=town.auth("keeper"))
    known = {**town.auth("keeper"), "if-none-match": first.headers["etag"]}
    again = await client.get(TODO, headers=known)
    assert (again.status_code, again.content) == (304, b"")
    raised(town, AlertKind.DISCREPANCY)
    changed = await client.get(TODO, headers=known)
    assert changed.status_code == 200
    assert len(changed.json()["tasks"]) == len(first.json()["tasks"]) + 1


def sweep_now(town: Town) -> None:
    clock, report = town.context.clock, SweepReport()
    town.run(sweep, [town.depot.id], clock.today(), clock.now(), report)


def await_check(found: list[dict[str, Any]], lot: UUID) -> int:
    return sum((task["kind"], task["about"]) == ("check_due", str(lot)) for task in found)


async def test_P2_a_check_that_was_done_and_gear_that_was_disposed_of_leave_the_list_before_the_next_sweep(
    client: httpx.AsyncClient, town: Town
) -> None:
    old = town.context.clock.now() - timedelta(days=60)
    bottle = town.stock("EXT-001", "1", serial="X-1", received_at=old)
    other = town.stock("EXT-001", "1", serial="X-2", received_at=old)
    past = town.stock("PPE-026", "5", number="L1", expires_on=town.context.clock.today() - timedelta(days=3))
    sweep_now(town)
    before = await tasks(client, town)
    assert {task["plan"] for task in before if task["about"] == str(bottle)} >= {"MP-001"}
    about = {(task["kind"], task["about"]) for task in before}
    assert {("check_due", str(bottle)), ("check_due", str(other)), ("expired", str(past))} <= about
    answers = {"gauge": "green", "seal": True, "body": True, "place": True}
    line = {"thing": str(bottle), "plan": "MP-001", "answers": answers}
    check = {"id": "0190f000-0000-7000-8000-00000000000b", "kind": "check", "lines": [line]}
    answer = await client.post("/api/entries", json=check, headers=town.auth())
    assert answer.json()["outcome"]["state"] == "booked", answer.text
    town.book(one(kind=Kind.DISPOSE, lot=past, quantity="5", source=str(town.shelf.id), reason="expired"))
    left = await tasks(client, town)
    assert await_check(before, bottle) - await_check(left, bottle) == 1
    kinds = {(task["kind"], task["about"]) for task in left}
    assert ("expired", str(past)) not in kinds
    assert ("check_due", str(other)) in kinds


def require(town: Town, code: str, minimum: int) -> None:
    def enter(session: Session) -> None:
        item = session.query(Item).filter(Item.code == code).one()
        least = {"minimum": Decimal(minimum), "low_below": Decimal(minimum), "par": Decimal(minimum)}
        line = {"depot_id": town.depot.id, "subject": code, "item_id": item.id, "level": Level.MANDATORY}
        session.add(DepotRequirement(**line, **least))

    town.run(enter)


def low_lines(found: list[dict[str, Any]]) -> list[str]:
    return [task["note_zh"] for task in found if task["kind"] == "below_minimum"]


async def test_P2_a_shelf_that_was_restocked_leaves_the_list_at_once_and_one_still_short_says_how_much_now(
    client: httpx.AsyncClient, town: Town, queries: QueryCount
) -> None:
    require(town, "BRK-014", 3)
    require(town, "PPE-026", 10)
    sweep_now(town)
    queries.during()
    assert low_lines(await tasks(client, town)) == ["0/10", "0/3"]
    assert len(queries) <= 25
    town.stock("BRK-014", "3")
    town.stock("PPE-026", "4", number="L1", expires_on=town.context.clock.today() + timedelta(days=400))
    assert low_lines(await tasks(client, town)) == ["4/10"]


async def test_P2_a_shelf_that_was_recounted_and_what_somebody_looked_into_leave_the_list_at_once(
    client: httpx.AsyncClient, town: Town
) -> None:
    lot = town.stock("PPE-026", "2", number="L1")
    town.book(one(kind=Kind.ISSUE, lot=lot, quantity="3", source=str(town.shelf.id), late=True))
    raised(town, AlertKind.WRONG_TIME)
    kinds = [task["kind"] for task in await tasks(client, town)]
    assert "discrepancy" in kinds
    assert "wrong_time" in kinds
    town.context.clock.instant += timedelta(minutes=5)  # type: ignore[attr-defined]
    town.book(one(kind=Kind.ADJUST, lot=lot, quantity="1", target=str(town.shelf.id), reason="recount"))
    now = town.context.clock.now()
    looked_into = update(Alert).where(table_of(Alert).c.kind == AlertKind.WRONG_TIME).values(acknowledged_at=now)
    town.run(lambda session: session.execute(looked_into))
    kinds = [task["kind"] for task in await tasks(client, town)]
    assert "discrepancy" not in kinds
    assert "wrong_time" not in kinds


def test_every_kind_of_alert_on_the_list_is_asked_about_anew() -> None:
    read_live = {fault_causes, kit_causes, loan_causes}
    assert read_live | set(FOUND_BY.values()) | set(OF_DATES.finders) == set(FINDERS)
    assert set(ENDINGS) & set(LIVE) == set()
    sources = (ROOT / "jobs/causes").glob("*.py")
    named = {prefix for path in sources for prefix in re.findall(r'f"([a-z-]+):\{', path.read_text())}
    known = {*FOUND_BY, *DATES, "defect", "kit", "loan", "entry", "recount", "time", "unwitnessed"}
    assert named == known


def test_an_alert_whose_fact_is_gone_does_not_stand_whatever_finds_it(town: Town) -> None:
    def of(session: Session) -> set[UUID]:
        now = town.context.clock.now()
        common = {"kind": AlertKind.CHECK_DUE, "depot_id": town.depot.id, "opened_at": now, "changed_at": now}
        gone = [Alert(cause=f"{prefix}:{town.depot.id}:x:y", **common) for prefix in FOUND_BY]
        kept = Alert(cause="unwitnessed:1", **common | {"kind": AlertKind.UNWITNESSED})
        found = standing(session, town.depot.id, [*gone, kept], now, town.context.clock.today())
        return set(found) - {kept.id} if kept.id in found else {kept.id}

    assert town.run(of) == set()
