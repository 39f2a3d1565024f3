"""The daily digest: one mail per person per day, with what that person has not been told yet.

It is written to the outbox in the transaction that notes what was told, so that a digest is neither lost nor made
twice, whichever process makes it.
"""

import json
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, insert, select
from sqlalchemy.orm import Session

from core.columns import table_of
from core.database import Database
from core.ids import new_id
from core.languages import N_, say
from core.pages import render
from core.settings import Settings
from core.upsert import upsert
from depots.models import Depot
from inventory.models import Item, Lot
from jobs.models import Alert, AlertKind, Mail, MailState, Told
from people.models import Assignment, Person
from people.policy import GRANTS, Act, Caller, Duty, reach

SHOWN = 40
KIND_WORDS = {
    AlertKind.EXPIRED: N_("expired"),
    AlertKind.EXPIRING: N_("expiring soon"),
    AlertKind.DATE_MISSING: N_("date missing"),
    AlertKind.BELOW_MINIMUM: N_("below minimum"),
    AlertKind.DEFECT: N_("faulty"),
    AlertKind.DISCREPANCY: N_("book and shelf differ"),
    AlertKind.REFUSED_ENTRY: N_("told late, not booked"),
    AlertKind.OVERDUE_LOAN: N_("loan overdue"),
    AlertKind.STUCK_TRANSFER: N_("transfer stuck on the way"),
    AlertKind.UNSIGNED_DRAW: N_("draw without approval"),
    AlertKind.INCOMPLETE_KIT: N_("kit incomplete"),
    AlertKind.CHECK_DUE: N_("check due"),
}


@dataclass(frozen=True)
class Reader:
    """Somebody whose roles answer for alerts, and where mail reaches them."""

    caller: Caller
    address: str


def readers(session: Session) -> list[Reader]:
    """Everybody active with an address who answers for alerts somewhere: the role at the depot, not a name (T94)."""
    rows = session.execute(
        select(Person, Assignment)
        .join(Assignment, Assignment.person_id == Person.id)
        .where(Person.active, Person.email.is_not(None))
        .order_by(Person.account)
    ).all()
    found: dict[UUID, tuple[Person, list[Duty]]] = {}
    for person, held in rows:
        if Act.ANSWER in GRANTS[held.role]:
            duties = found.setdefault(person.id, (person, []))[1]
            duties.append(Duty(held.role, held.district_code, held.depot_id))
    return [
        Reader(Caller(person.id, person.account, person.name, person.language, tuple(duties)), person.email or "")
        for person, duties in found.values()
    ]


def write_digests(database: Database, settings: Settings, today: date, now: datetime) -> int:
    """Write the digests of a day to the outbox; returns how many. A second time on the same day: none."""
    with database.transaction(writes=False) as session:
        everybody = readers(session)
    return sum(database.run(write_digest, reader, settings, today, now) for reader in everybody)


def write_digest(session: Session, reader: Reader, settings: Settings, today: date, now: datetime) -> bool:
    """Write one person's digest, if there is anything new to tell and none was written today."""
    mail_id = new_id()
    untold = session.execute(_untold(reader.caller)).all()
    if not untold:
        return False
    counts = Counter(row.kind for row in untold)
    foremost = sorted(untold, key=_urgency)[:SHOWN]
    lines = _lines(session, [row.id for row in foremost])
    context: dict[str, Any] = {
        "reader": reader.caller,
        "today": today,
        "lines": lines,
        "counts": [(KIND_WORDS[kind], counts[kind]) for kind in AlertKind if kind in counts],
        "total": sum(counts.values()),
        "base_url": settings.base_url,
    }
    language = reader.caller.language
    row = {
        "id": mail_id,
        "person_id": reader.caller.person_id,
        "kind": "digest",
        "day": today,
        "address": reader.address,
        "subject": _subject(language, lines, context["total"]),
        "body_text": render("jobs/digest.txt", language, settings.zone, **context),
        "body_html": render("jobs/digest.html", language, settings.zone, **context),
        "message_id": f"<{mail_id}@{settings.mail_from.rpartition('@')[2] or 'readyshelf'}>",
        "state": MailState.WAITING,
        "tries": 0,
        "next_try_at": now,
        "last_error": "",
        "created_at": now,
    }
    written = session.execute(
        upsert(session, table_of(Mail))
        .values(row)
        .on_conflict_do_nothing(index_elements=["person_id", "kind", "day"])
        .returning(table_of(Mail).c.id)
    ).first()
    if written is None:
        return False
    told = [
        {"person_id": reader.caller.person_id, "alert_id": alert_id, "step": step, "mail_id": mail_id}
        for alert_id, step, *_ in untold
    ]
    session.execute(insert(table_of(Told)), told)
    return True


def _untold(caller: Caller) -> Any:
    """Open alerts within the caller's reach whose step the caller has not been told."""
    return (
        select(Alert.id, Alert.step, Alert.kind, Alert.urgent, Alert.due, Depot.code)
        .select_from(Alert)
        .join(Depot, Depot.id == Alert.depot_id)
        .outerjoin(
            Told,
            and_(Told.alert_id == Alert.id, Told.step == Alert.step, Told.person_id == caller.person_id),
        )
        .where(
            Alert.resolved_at.is_(None),
            Told.alert_id.is_(None),
            reach(caller, Act.ANSWER, Depot.id, Depot.district_code),
        )
    )


_ORDER = (
    AlertKind.EXPIRED,
    AlertKind.DISCREPANCY,
    AlertKind.DEFECT,
    AlertKind.BELOW_MINIMUM,
    AlertKind.EXPIRING,
    AlertKind.DATE_MISSING,
)


def _urgency(row: Any) -> tuple[Any, ...]:
    """What comes first: urgent gear, then by what is wrong, then by date."""
    kind = _ORDER.index(row.kind) if row.kind in _ORDER else len(_ORDER)
    return not row.urgent, kind, row.due or date.max, row.code, row.id


def _lines(session: Session, alert_ids: list[UUID]) -> list[dict[str, Any]]:
    """The alerts as the mail tells them, in the order of the ids."""
    rows = session.execute(
        select(Alert, Depot, Item, Lot)
        .join(Depot, Depot.id == Alert.depot_id)
        .outerjoin(Item, Item.id == Alert.item_id)
        .outerjoin(Lot, Lot.id == Alert.lot_id)
        .where(Alert.id.in_(alert_ids))
    ).all()
    found = {row[0].id: _line(row) for row in rows}
    return [found[alert_id] for alert_id in alert_ids]


def _line(row: Any) -> dict[str, Any]:
    alert, depot, item, lot = row
    details = json.loads(alert.details)
    return {
        "kind": alert.kind.value,
        "word": KIND_WORDS[alert.kind],
        "urgent": alert.urgent,
        "depot": depot,
        "name_zh": item.name_zh if item else details.get("name_zh", ""),
        "name_en": item.name_en if item else details.get("name_en", ""),
        "unit_zh": item.unit_zh if item else "",
        "unit_en": item.unit_en if item else "",
        "lot": (lot.number or lot.serial or "") if lot else "",
        "due": alert.due,
        "details": details,
        "path": f"/depots/{depot.code}" if alert.lot_id is None else f"/lots/{alert.lot_id}",
    }


def _subject(language: str, lines: list[dict[str, Any]], total: int) -> str:
    """What and where, before the mail is opened."""
    first = lines[0]
    name = (first["name_zh"], first["name_en"])
    place = (first["depot"].name_zh, first["depot"].name_en)
    what = say(language, first["word"])
    if total == 1:
        return say(language, N_("{name}: {what} ({place})"), name=name, what=what, place=place)[:300]
    message = N_("{name}: {what} ({place}), and {more} more")
    return say(language, message, name=name, what=what, place=place, more=total - 1)[:300]
