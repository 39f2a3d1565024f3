"""More of a depot that is strange to the walks' callers: what jobs, printers, planners and imports leave there."""

from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import Boolean, Date, Float, Integer, insert, select
from sqlalchemy.orm import Session
from sqlmodel import SQLModel

from core.columns import Instant, Quantity, table_of
from inventory.catalogue.models import Item
from inventory.exchange.models import ImportRun
from inventory.finding.models import Reservation
from inventory.planner.models import Plan
from jobs.alerts.models import Alert
from jobs.calendars.models import CalendarFeed
from jobs.channels.models import Endpoint, Mail, Way
from labels.printing.models import LabelRun
from people.models import Assignment, Credential
from tests.conftest import Town

DISTRICT = "440309"
KINDS: dict[str, type[SQLModel]] = {
    "alert": Alert,
    "endpoint": Endpoint,
    "feed": CalendarFeed,
    "import": ImportRun,
    "label run": LabelRun,
    "mail": Mail,
    "reservation": Reservation,
    "supply plan": Plan,
}

# Columns that hold JSON
JSON: dict[str, dict[str, Any]] = {
    "label run": {"what": '{"depot":"IND-0002"}', "error": "CANARY"},
    "supply plan": {"terms": "{}", "error": "CANARY"},
    "import": {"subject": "stock"},
    "endpoint": {"way": Way.WEBHOOK},
}


def write_more(session: Session, town: Town, mark: str) -> dict[str, str]:
    """A row of each of these at the other depot or of its keeper, with the mark in its texts; returns their ids."""
    person_id = town.callers["keeper2"].person_id
    ids = {"its keeper's account": str(person_id)}
    for name, held in (("role", Assignment), ("credential", Credential)):
        ids[name] = str(session.execute(select(held.id).where(held.person_id == person_id).limit(1)).scalar_one())
    for name, model in KINDS.items():
        row = _row(session, town, model, mark) | JSON.get(name, {})
        session.execute(insert(table_of(model)).values(row))
        ids[name] = str(row["id"])
    return ids


def _row(session: Session, town: Town, model: type[SQLModel], mark: str) -> dict[str, Any]:
    now = town.context.clock.now()
    item = session.execute(select(Item.id).where(Item.code == "BRK-001")).scalar_one()
    points: dict[str, Any] = {
        "person": town.callers["keeper2"].person_id,
        "depot": town.other.id,
        "item": item,
        "district": DISTRICT,
    }
    row: dict[str, Any] = {}
    for column in table_of(model).columns:
        pointed = next((key.column.table.name for key in column.foreign_keys), None)
        if pointed in points:
            row[column.name] = points[pointed]
        elif column.primary_key:
            row[column.name] = uuid4()
        elif not (column.nullable or column.default is not None or column.server_default is not None):
            row[column.name] = _value(column.type, now, mark)
    return row


def _value(kind: Any, now: datetime, mark: str) -> Any:
    words = getattr(kind, "enum_class", None)
    if words is not None:
        return next(iter(words))
    for types, value in (
        (Instant, now),
        (Quantity, 1),
        (Date, now.date()),
        (Boolean, False),
        (Float, 1.0),
        (Integer, 1),
    ):
        if isinstance(kind, types):
            return value
    return uuid4() if type(kind).__name__ == "Uuid" else mark
