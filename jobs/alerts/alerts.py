"""Reading, acknowledging and putting aside alerts."""

import json
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import or_, select, true, tuple_
from sqlalchemy.orm import Session

from core.columns import table_of
from core.errors import bad_field, conflict, not_found
from core.languages import N_, say
from core.paging import Page, page_of, read_cursor, typed_bound
from depots.models import Depot
from inventory.catalogue.models import Item
from inventory.stock.models import Lot
from jobs.alerts.models import Alert
from jobs.causes.kinds import KIND_WORDS, NOTICES, RANK, AlertKind, Severity, severity_of
from people.models import Person
from people.policy import Act, Caller, reach, require_at

SNOOZE_LONGEST = 90  # days


class AlertRow(msgspec.Struct, frozen=True):
    """An alert as lists show it."""

    id: UUID
    kind: AlertKind
    step: int
    urgent: bool
    depot: str
    depot_zh: str
    depot_en: str
    item: str | None
    name_zh: str
    name_en: str
    lot: UUID | None
    lot_number: str | None
    due: date | None
    details: dict[str, Any]
    note_zh: str
    note_en: str
    opened_at: datetime
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    snoozed_until: date | None
    severity: Severity
    rank: int  # of the kind: the least is the worst
    word_zh: str
    word_en: str
    resolved_at: datetime | None
    phone: str  # of the depot
    label: str | None = None  # the code on the thing, if it is about one


class AlertFilters(msgspec.Struct, frozen=True):
    """Which alerts. ``state``: open (whatever was answered), new (neither acknowledged nor snoozed),
    snoozed, resolved, or all."""

    depot: str | None = None
    kind: AlertKind | None = None
    state: str = "open"
    id: UUID | None = None


# What an AlertRow is read with, from the alert joined with its depot, item, lot and who is at it
ALERT_COLUMNS: tuple[Any, ...] = (
    table_of(Alert),
    Depot.code.label("depot"),
    Depot.name_zh.label("depot_zh"),
    Depot.name_en.label("depot_en"),
    Depot.phone,
    Item.code.label("item"),
    Item.name_zh,
    Item.name_en,
    Lot.number,
    Lot.serial,
    Person.name.label("acknowledged_by"),
)


def alerts(
    session: Session, caller: Caller, filters: AlertFilters, limit: int, cursor: str | None = None
) -> Page[AlertRow]:
    """A page of alerts within reach, the newest first."""
    statement = (
        select(*ALERT_COLUMNS)
        .join(Depot, Depot.id == Alert.depot_id)
        .outerjoin(Item, Item.id == Alert.item_id)
        .outerjoin(Lot, Lot.id == Alert.lot_id)
        .outerjoin(Person, Person.id == Alert.acknowledged_by_id)
        .where(reach(caller, Act.SEE, Depot.id, Depot.district_code), *_conditions(filters))
        .order_by(Alert.opened_at.desc(), Alert.id.desc())
        .limit(limit + 1)
    )
    after = read_cursor(cursor, tuple[datetime, UUID])
    if after is not None:
        columns = (Alert.opened_at, Alert.id)
        statement = statement.where(tuple_(*columns) < typed_bound(after, columns))
    return page_of(list(session.execute(statement)), limit, lambda row: (row.opened_at, row.id), alert_row)


def _conditions(filters: AlertFilters) -> list[Any]:
    conditions: list[Any] = []
    if filters.depot:
        conditions.append(Depot.code == filters.depot)
    if filters.id is not None:
        conditions.append(Alert.id == filters.id)
    if filters.kind is not None:
        conditions.append(Alert.kind == filters.kind)
    if filters.state in ("open", "new", "snoozed"):
        conditions.append(Alert.resolved_at.is_(None))
    if filters.state == "new":
        conditions += [Alert.acknowledged_at.is_(None), Alert.snoozed_until.is_(None)]
    if filters.state == "snoozed":
        conditions.append(Alert.snoozed_until.is_not(None))
    if filters.state == "resolved":
        conditions.append(Alert.resolved_at.is_not(None))
    return conditions


def about(row: Any, details: Mapping[str, Any]) -> dict[str, Any]:
    """What an alert is about, by its item or else by what its cause says (``Cause``), and the note below."""
    description = details.get("description", "")
    return {
        "item": row.item or details.get("subject"),
        "name_zh": row.name_zh or details.get("name_zh", ""),
        "name_en": row.name_en or details.get("name_en", ""),
        "note_zh": details.get("description_zh", description),
        "note_en": details.get("description_en", description),
    }


def alert_row(row: Any) -> AlertRow:
    """A row of ``ALERT_COLUMNS`` as lists show it."""
    details = json.loads(row.details)
    return AlertRow(
        id=row.id,
        kind=row.kind,
        step=row.step,
        urgent=row.urgent,
        depot=row.depot,
        depot_zh=row.depot_zh,
        depot_en=row.depot_en,
        lot=row.lot_id,
        lot_number=row.number or row.serial,
        due=row.due,
        details=details,
        **about(row, details),
        opened_at=row.opened_at,
        acknowledged_at=row.acknowledged_at,
        acknowledged_by=row.acknowledged_by,
        snoozed_until=row.snoozed_until,
        severity=severity_of(row.kind, urgent=row.urgent),
        rank=RANK[row.kind],
        word_zh=say("zh", KIND_WORDS[row.kind]),
        word_en=say("en", KIND_WORDS[row.kind]),
        resolved_at=row.resolved_at,
        phone=row.phone,
    )


def acknowledge(session: Session, caller: Caller, alert_id: UUID, now: datetime) -> None:
    """Record that the caller is at it. The alert stays until its cause is gone."""
    alert = _answerable(session, caller, alert_id)
    if alert.acknowledged_at is None:
        alert.acknowledged_at, alert.acknowledged_by_id = now, caller.person_id


def snooze(session: Session, caller: Caller, alert_id: UUID, until: date, now: datetime, today: date) -> None:
    """Put an alert aside until a date, on which it is reported anew if it stands; a worse step wakes it earlier."""
    check_snooze(until, today)
    alert = _answerable(session, caller, alert_id)
    alert.snoozed_until = until
    alert.acknowledged_at, alert.acknowledged_by_id = now, caller.person_id


def read_until(form: Mapping[str, str]) -> date:
    """The day that a form puts an alert aside until."""
    try:
        return date.fromisoformat(form.get("until", ""))
    except ValueError:
        raise bad_field("until", N_("choose a date")) from None


def check_snooze(until: date, today: date) -> None:
    """Refuse a date that is over, or too far away to put an alert aside until then."""
    if not today < until <= today + timedelta(days=SNOOZE_LONGEST):
        raise bad_field("until", N_("choose a date within the next {days} days"), days=SNOOZE_LONGEST)


def may_not_answer(alert: Alert, caller: Caller) -> bool:
    """Whether an alert is about what the caller did alone: somebody else looks into it."""
    told = alert.kind == AlertKind.UNWITNESSED and json.loads(alert.details).get("person") == str(caller.person_id)
    return bool(told)


def _answerable(session: Session, caller: Caller, alert_id: UUID) -> Alert:
    row = session.execute(
        select(Alert, Depot)
        .join(Depot, Depot.id == Alert.depot_id)
        .where(Alert.id == alert_id, reach(caller, Act.SEE, Depot.id, Depot.district_code))
    ).first()
    if row is None:
        raise not_found(N_("there is no such alert, or it is not at one of your depots"))
    alert: Alert = row[0]
    require_at(caller, Act.ANSWER, row[1].id, row[1].district_code)
    if alert.resolved_at is not None:
        raise conflict("resolved", N_("this alert is resolved already"))
    if may_not_answer(alert, caller):
        raise conflict("same-person", N_("somebody other than who took it looks into this"))
    return alert


def at_least(severity: Severity) -> Any:
    """The condition that an alert is at least so bad."""
    if severity is Severity.URGENT:
        return Alert.urgent
    return or_(Alert.urgent, Alert.kind.not_in(NOTICES)) if severity is Severity.SERIOUS else true()
