"""Answering many alerts at once: taking them on, putting them aside, and saying who sees to them."""

from collections.abc import Collection
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.audit import record
from core.columns import table_of
from core.errors import Refusal, bad_field, not_found
from core.languages import N_
from core.upsert import upsert
from depots.models import Depot
from jobs.alerts.alerts import check_snooze, may_not_answer
from jobs.alerts.models import Alert, AlertAssignment
from people.accounts import caller_called
from people.policy import Act, Caller, may_at, reach, require_at

MOST = 1000  # at once


def _answerable(session: Session, caller: Caller, ids: Collection[UUID], act: Act) -> list[tuple[Alert, Depot]]:
    """The open ones among them, locked in the order of their ids; refuses the whole where one is not the caller's."""
    rows = session.execute(
        select(Alert, Depot)
        .join(Depot, Depot.id == Alert.depot_id)
        .where(Alert.id.in_(ids), reach(caller, Act.SEE, Depot.id, Depot.district_code))
        .order_by(Alert.id)
        .with_for_update(of=Alert)
    ).all()
    if len(rows) != len(set(ids)):
        raise not_found(N_("there is no such alert, or it is not at one of your depots"))
    for depot in {depot.id: depot for _, depot in rows}.values():
        require_at(caller, act, depot.id, depot.district_code)
    return [(alert, depot) for alert, depot in rows if alert.resolved_at is None and not may_not_answer(alert, caller)]


def take_on(session: Session, caller: Caller, ids: Collection[UUID], now: datetime) -> int:
    """Record that the caller is at them; those that somebody is at already stay theirs."""
    found = [alert.id for alert, _ in _answerable(session, caller, ids, Act.ANSWER) if alert.acknowledged_at is None]
    _set(session, found, acknowledged_at=now, acknowledged_by_id=caller.person_id)
    return len(found)


def put_aside(session: Session, caller: Caller, ids: Collection[UUID], until: date, now: datetime, today: date) -> int:
    """Put them aside until a day."""
    check_snooze(until, today)
    found = [alert.id for alert, _ in _answerable(session, caller, ids, Act.ANSWER)]
    _set(session, found, snoozed_until=until, acknowledged_at=now, acknowledged_by_id=caller.person_id)
    return len(found)


def _set(session: Session, ids: list[UUID], **values: object) -> None:
    if ids:
        session.execute(update(Alert).where(table_of(Alert).c.id.in_(ids)).values(**values))


def assign_to(session: Session, caller: Caller, ids: Collection[UUID], account: str, now: datetime) -> int:
    """Record who sees to them: somebody who may answer at each of their depots."""
    found = _answerable(session, caller, ids, Act.APPROVE)
    nobody = bad_field("account", N_("nobody of this account answers alerts at all of these depots"))
    try:
        person = caller_called(session, account.strip(), now)
    except Refusal:
        raise nobody from None
    if not all(may_at(person, Act.ANSWER, depot.id, depot.district_code) for _, depot in found):
        raise nobody
    if found:
        rows = [
            {"alert_id": alert.id, "person_id": person.person_id, "by_id": caller.person_id, "at": now}
            for alert, _ in found
        ]
        statement = upsert(session, table_of(AlertAssignment))
        changes = {name: statement.excluded[name] for name in ("person_id", "by_id", "at")}
        session.execute(statement.on_conflict_do_update(index_elements=["alert_id"], set_=changes), rows)
        record(
            session, caller.person_id, now, "alerts-assigned", "person", person.account, after={"alerts": len(found)}
        )
    return len(found)


def tell_again(session: Session, caller: Caller, causes: Collection[str], now: datetime) -> int:
    """Have those who answer for the depots told anew of what stands open: in the next digest, from the first rung on.

    A digest is written once a day: however often it is asked for, nobody is told twice a day.
    """
    table, seen = table_of(Alert), reach(caller, Act.SEE, Depot.id, Depot.district_code)
    open_ones = select(table.c.id).join(Depot, Depot.id == table.c.depot_id).where(table.c.cause.in_(causes), seen)
    ids = list(session.execute(open_ones.where(table.c.resolved_at.is_(None))).scalars())
    if not ids:
        raise bad_field("ids", N_("nothing of this stands open as overdue; the next look for what is due finds it"))
    found = [alert.id for alert, _ in _answerable(session, caller, ids, Act.APPROVE)]
    again = {"told_round": table.c.told_round + 1, "changed_at": now}
    _set(session, found, acknowledged_at=None, acknowledged_by_id=None, snoozed_until=None, **again)
    record(session, caller.person_id, now, "alerts-told-again", "person", caller.account, after={"alerts": len(found)})
    return len(found)
