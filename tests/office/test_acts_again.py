"""Acts on many rows when it goes wrong: sent twice, two people at once, rows beyond reach, rows that are gone."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, timedelta
from threading import Barrier
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.errors import Refusal
from core.models import AuditEntry
from inventory.clocks.models import Check, Due
from inventory.documents.loans import ENTRIES as LOANS
from inventory.documents.loans import Lend, Thing
from inventory.documents.models import Borrower, Transfer
from inventory.documents.transfers import ENTRIES as TRANSFERS
from inventory.documents.transfers import AskedLine, AskTransfer
from inventory.stock.models import Kind, Movement
from inventory.stock.verify import verify
from inventory.telling.entries import book_entry
from jobs.alerts.bulk import tell_again
from jobs.alerts.models import Alert, AlertAssignment
from jobs.causes.kinds import AlertKind
from labels.printing.models import LabelRun
from office.acting import act_on, choice_of
from office.lists.register import TABLES
from office.reading import act_called, read_table
from office.tables import Reader, Wanted, key_of
from office.views import MOST, remove_view, save_view, views_of
from people.looking_after import deactivate
from people.models import Person
from tests.conftest import Town

Rows = tuple[list[str], list[str]]


def _alerts(town: Town) -> Rows:
    def enter(session: Session) -> Rows:
        now = town.context.clock.now()
        alerts = [
            Alert(cause=f"test:{number}", kind=AlertKind.EXPIRED, depot_id=depot.id, opened_at=now, changed_at=now)
            for number, depot in enumerate([town.depot] * 3 + [town.other])
        ]
        session.add_all(alerts)
        session.flush()
        ids = [str(alert.id) for alert in alerts]
        return ids[:3], ids[3:]

    return town.run(enter)


def _of_list(town: Town, name: str, who: str = "admin", **chosen: tuple[str, ...]) -> list[str]:
    reader = Reader(town.callers[who], town.context.moment())
    return [id for id, _ in town.run(read_table, TABLES[name], reader, Wanted(chosen)).rows]


def _pieces(name: str, item: str = "RPE-001", **chosen: tuple[str, ...]) -> Callable[[Town], Rows]:
    def prepare(town: Town) -> Rows:
        for number, shelf in enumerate([town.shelf, town.shelf, town.other_shelf]):
            town.stock(item, "1", shelf, serial=f"R{number}", made_on=date(2024, 1, 1))
        mine = _of_list(town, name, depot=(town.depot.code,), **chosen)
        return mine, _of_list(town, name, depot=(town.other.code,), **chosen)

    return prepare


def _loans(town: Town) -> Rows:
    due_at = town.context.clock.now() + timedelta(days=1)
    for who, depot, shelf in (("keeper", town.depot, town.shelf), ("keeper2", town.other, town.other_shelf)):
        town.stock("BRK-014", "5", shelf)
        for _ in range(2):
            facts: dict[str, Any] = {"borrower": Borrower.OUTSIDE, "name": "李", "unit": "路桥", "phone": "1"}
            lines = [Thing(item="BRK-014", quantity="2")]
            entry = Lend(id=uuid4(), depot=depot.code, lines=lines, due_at=due_at, **facts)
            town.run(book_entry, town.callers[who], entry, LOANS, town.context.moment())
    return _of_list(town, "loans", "keeper"), _of_list(town, "loans", "keeper2")


def _overdue_loans(town: Town) -> Rows:
    rows = _loans(town)
    now, facts = town.context.clock.now(), {"kind": AlertKind.OVERDUE_LOAN}
    depots = (town.depot.id, town.other.id)
    town.run(
        lambda session: session.add_all(
            Alert(cause=f"loan:{loan}", depot_id=depot, opened_at=now, changed_at=now, **facts)
            for depot, loans in zip(depots, rows, strict=True)
            for loan in loans
        )
    )
    return rows


def _transfers(town: Town) -> Rows:
    for _ in range(2):
        lines = [AskedLine("BRK-014", "1")]
        ask = AskTransfer(id=uuid4(), giver=town.depot.code, receiver=town.other.code, lines=lines)
        town.run(book_entry, town.callers["keeper2"], ask, TRANSFERS, town.context.moment())
    return _of_list(town, "transfers", "keeper"), [str(uuid4())]


def _people(town: Town) -> Rows:
    return [str(town.keeper.person_id)], [str(town.callers["keeper2"].person_id)]


def _closed_people(town: Town) -> Rows:
    mine, theirs = _people(town)
    for one in (*mine, *theirs):
        town.run(deactivate, town.callers["admin"], UUID(one), town.context.clock.now())
    return mine, theirs


def _number(model: Any, *conditions: Any) -> Callable[[Session], int]:
    return lambda session: session.execute(select(func.count()).select_from(model).where(*conditions)).scalar_one()


def _clocks(session: Session) -> list[Any]:
    """When each check is due, and how often it was done."""
    dues = select(Due.lot_id, Due.plan_code, Due.due_on).order_by(Due.lot_id, Due.plan_code)
    return [*session.execute(dues).all(), _number(Check)(session)]


@dataclass(frozen=True)
class Case:
    """An act of a list: the rows that its first person may act on and those beyond, and what it leaves behind."""

    list: str
    act: str
    prepare: Callable[[Town], Rows]
    trace: Callable[[Session], Any]
    said: dict[str, str] = field(default_factory=dict)
    people: tuple[str, str] = ("keeper", "admin")
    once: bool = False  # whether each row is one person's alone

    def __str__(self) -> str:
        return f"{self.list}-{self.act}"


_taken, _aside = _number(Alert, Alert.acknowledged_at.is_not(None)), _number(Alert, Alert.snoozed_until.is_not(None))
_told_again = _number(Alert, Alert.told_round > 0)
_rejected = _number(Transfer, Transfer.closing_note == "自用")
_opened = _number(AuditEntry, AuditEntry.act == "person-reactivated")
_closed = _number(AuditEntry, AuditEntry.act == "person-deactivated")
_back = _number(Movement, Movement.kind == Kind.RETURN)
_weekly, _papers = ("checks", "EXT-008"), {"day": "2026-11-01", "reason": "合格证"}
CASES = [
    Case("alerts", "take", _alerts, _taken, once=True),
    Case("alerts", "aside", _alerts, _aside, {"until": "2026-12-01"}),
    Case("alerts", "assign", _alerts, _number(AlertAssignment), {"account": "keeper"}, ("officer", "admin")),
    *(Case(name, "print", _pieces(name), _number(LabelRun), {"size": "60x40"}) for name in ("stock", "lots")),
    Case("checks", "passed", _pieces(*_weekly, plan=("MP-017",)), _clocks),
    Case("checks", "papers", _pieces("checks"), _clocks, _papers),
    Case("loans", "back", _loans, _back, once=True),
    Case("loans", "remind", _overdue_loans, _told_again, people=("officer", "admin")),
    Case("transfers", "reject", _transfers, _rejected, {"reason": "自用"}, once=True),
    Case("people", "close", _people, _closed, people=("officer", "admin"), once=True),
    Case("people", "open", _closed_people, _opened, people=("officer", "admin"), once=True),
]
ONCE = [case for case in CASES if case.act != "print"]  # two people may well print the same labels
each_case = pytest.mark.parametrize("case", CASES, ids=str)


def do(town: Town, case: Case, who: str, ids: Sequence[str], form: str, said: dict[str, str] | None = None) -> Any:
    """Do it in a transaction of its own; its answer, or the refusal."""
    table, caller = TABLES[case.list], town.callers[who]
    act = act_called(table, case.act)
    keys = [key_of(table, text) for text in ids]
    told = {"form": form, **case.said, **(said or {})}
    reader = Reader(caller, town.context.moment())
    try:
        return town.run(act_on, caller, table, act, reader, choice_of(caller, table, act, Wanted(), keys, told))
    except Refusal as refusal:
        return refusal


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """All at the same moment, each in a thread and transaction of its own."""
    barrier = Barrier(len(acts))

    def wait_and(act: Callable[[], Any]) -> Any:
        barrier.wait(30)
        return act()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(wait_and, acts))


def test_every_act_of_every_list_has_a_case() -> None:
    assert {(case.list, case.act) for case in CASES} == {
        (name, act.name) for name, table in TABLES.items() for act in table.acts
    }


@pytest.mark.heavy
@each_case
async def test_sent_twice_it_is_done_once_and_answered_alike(client: httpx.AsyncClient, town: Town, case: Case) -> None:
    mine, _ = case.prepare(town)
    said = {"act": case.act, "id": mine, "form": str(uuid4()), **case.said}
    path, headers = f"{TABLES[case.list].path}/bulk", town.auth(case.people[0])
    first = await client.post(path, headers=headers, data=said)
    assert first.status_code == 303, first.text
    left = town.run(case.trace)
    again = await client.post(path, headers=headers, data=said)
    assert (again.status_code, again.headers.get("location")) == (303, first.headers["location"])
    assert town.run(case.trace) == left
    if case.act != "close":
        return
    back = await client.post(path, headers=headers, data={**said, "act": "open"})
    assert back.headers["location"].endswith("done=1"), "another act of the same form is another act"
    assert town.run(lambda session: session.get_one(Person, UUID(mine[0])).active)


@each_case
def test_the_same_form_at_the_same_moment_is_done_once(town: Town, case: Case) -> None:
    mine, _ = case.prepare(town)
    form = str(uuid4())
    first, second = at_once(*[lambda: do(town, case, case.people[0], mine, form)] * 2)
    assert first == second and not isinstance(first, Refusal), (first, second)


@pytest.mark.parametrize("case", ONCE, ids=str)
def test_two_at_once_on_the_same_rows_are_both_answered_and_it_is_done_once(town: Town, case: Case) -> None:
    mine, _ = case.prepare(town)
    one, other = case.people
    answers = at_once(
        lambda: do(town, case, one, mine, str(uuid4())), lambda: do(town, case, other, mine[::-1], str(uuid4()))
    )
    left = town.run(case.trace)
    if case.list == "checks":  # two people may look at a piece on one day; but what is not due any more is none of it
        refused = [answer for answer in answers if isinstance(answer, Refusal)]
        assert len(refused) <= 1 and all(refusal.fields[0].field == "ids" for refusal in refused), answers
    else:
        assert not any(isinstance(answer, Refusal) for answer in answers), answers
        done = sum(answer.result for answer in answers)
        assert done == len(mine) * (1 if case.once else 2)
        do(town, case, one, mine, str(uuid4()))
        assert town.run(case.trace) == left, "there was nothing left to do"
    with town.context.database.transaction(writes=False) as session:
        assert verify(session).sound


@pytest.mark.heavy
@each_case
def test_rows_beyond_reach_are_as_rows_that_are_gone(town: Town, case: Case) -> None:
    mine, theirs = case.prepare(town)
    table = TABLES[case.list]
    gone = "~".join(str(uuid4()) if shape is UUID else "X" for shape in table.key_shape)
    before = town.run(case.trace)
    alone = [do(town, case, case.people[0], [id], str(uuid4())) for id in (theirs[0], gone)]
    assert all(isinstance(answer, Refusal) for answer in alone)
    assert len({(answer.status, answer.kind, answer.message) for answer in alone}) == 1
    assert town.run(case.trace) == before
    mixed = do(town, case, case.people[0], [*mine, theirs[0], gone], str(uuid4()))
    assert not isinstance(mixed, Refusal), mixed
    assert mixed.left == 2


def test_what_is_overdue_beyond_reach_is_as_what_is_not_overdue(town: Town) -> None:
    _, theirs = _overdue_loans(town)
    answers = []
    for loan in (theirs[0], str(uuid4())):
        with pytest.raises(Refusal) as caught:
            town.run(tell_again, town.callers["officer"], [f"loan:{loan}"], town.context.clock.now())
        answers.append((caught.value.status, caught.value.message))
    assert len(set(answers)) == 1, answers


# -- saved views ---------------------------------------------------------------------------------------------------


def names(town: Town, who: str = "keeper") -> list[str]:
    return [view.name for view in town.run(views_of, town.callers[who], "alerts")]


def test_a_view_that_is_saved_twice_at_once_is_one_and_removed_once(town: Town) -> None:
    who, now = town.keeper, town.context.clock.now()
    at_once(*[lambda query=query: town.run(save_view, who, "alerts", "mine", query, now) for query in ("q=a", "q=b")])
    [view] = town.run(views_of, who, "alerts")
    assert view.query in ("q=a", "q=b")

    def remove() -> str:
        try:
            town.run(remove_view, who, view.id)
        except Refusal as refusal:
            return refusal.kind
        return "removed"

    assert sorted(at_once(remove, remove)) == ["not-found", "removed"]
    assert names(town) == []


def test_no_more_views_than_there_may_be_also_where_two_are_saved_at_once(town: Town) -> None:
    who, now = town.keeper, town.context.clock.now()
    for number in range(MOST - 1):
        town.run(save_view, who, "alerts", f"view {number}", "", now)

    def save(name: str) -> str:
        try:
            town.run(save_view, who, "alerts", name, "", now)
        except Refusal as refusal:
            return refusal.kind
        return "saved"

    assert sorted(at_once(lambda: save("x"), lambda: save("y"))) == ["bad-input", "saved"]
    assert len(names(town)) == MOST
