"""What an import changes outside the ledger, noted so that it can be taken back row by row."""

from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Table, and_, func, insert, select
from sqlalchemy.orm import Session
from sqlmodel import SQLModel

from core.columns import metadata, table_of
from core.errors import conflict
from core.languages import N_
from inventory.catalogue.models import Item
from inventory.exchange.models import ImportChange
from inventory.stock.meaning import require_same_meaning


class Journal:
    """Enters and changes rows for one import, and notes each."""

    def __init__(self, session: Session, run_id: UUID) -> None:
        self.session, self.run_id = session, run_id
        self.new = self.changed = 0
        self._notes: list[dict[str, Any]] = []
        self._number = 0

    def go_on(self) -> None:
        """Number the next notes after those that the run has already."""
        last = select(func.max(ImportChange.number)).where(ImportChange.run_id == self.run_id)
        number = self.session.execute(last).scalar()
        self._number = 0 if number is None else number + 1

    def note_new(self, table: Table, values: dict[str, Any]) -> None:
        """A row was entered."""
        self.new += 1
        self.note(table, values, None, values)

    def put(self, row: SQLModel, values: dict[str, Any]) -> bool:
        """Give a row these values; whether any differed."""
        differing = {name: value for name, value in values.items() if getattr(row, name) != value}
        if not differing:
            return False
        before = {name: getattr(row, name) for name in differing}
        for name, value in differing.items():
            setattr(row, name, value)
        self.changed += 1
        table = table_of(type(row))
        key = {column.name: getattr(row, column.name) for column in table.primary_key}
        self.note(table, key, before, differing)
        return True

    def note(self, table: Table, key: dict[str, Any], before: dict[str, Any] | None, after: dict[str, Any]) -> None:
        """Note that a row of ``key`` had the values ``before`` (None: it is new) and has ``after`` now."""
        self._notes.append(
            {
                "run_id": self.run_id,
                "number": self._number,
                "table_name": table.name,
                "key": _write({column.name: key[column.name] for column in table.primary_key}),
                "before": None if before is None else _write(before),
                "after": _write(after),
            }
        )
        self._number += 1

    def flush(self) -> None:
        """Write the notes down."""
        self.session.flush()
        if self._notes:
            self.session.execute(insert(table_of(ImportChange)), self._notes)
            self._notes = []


def _called(values: dict[str, Any]) -> str:
    """Words by which people recognise a row: its codes and names."""
    return ", ".join(value for value in values.values() if type(value) is str)[:200]


def _write(values: dict[str, Any]) -> str:
    def plain(value: Any) -> Any:
        if isinstance(value, Enum):
            return value.value
        return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)

    return msgspec.json.encode({name: plain(value) for name, value in values.items()}).decode()


def _read(table: Table, text: str) -> dict[str, Any]:
    return {name: _typed(table.c[name].type, value) for name, value in msgspec.json.decode(text).items()}


def _typed(kind: Any, value: Any) -> Any:
    if value is None:
        return None
    name = type(kind).__name__
    if name == "Uuid":
        return UUID(value)
    if name == "Quantity":
        return Decimal(value)
    if name == "Instant":
        return datetime.fromisoformat(value)
    if name == "Date":
        return date.fromisoformat(value)
    if name == "Enum" and kind.enum_class is not None:
        return kind.enum_class(value)
    return value


def take_back(session: Session, run_id: UUID) -> int:
    """Undo the changes of a run, the last first: what was new goes, what was changed gets its old values.

    Refuses (409) where somebody has changed the row since, or where what was new is in use by now.
    """
    changes = session.execute(
        select(ImportChange).where(ImportChange.run_id == run_id).order_by(ImportChange.number.desc())
    ).scalars()
    undone = 0
    for change in changes:
        table = metadata.tables[change.table_name]
        key = _read(table, change.key)
        here = and_(*(table.c[name] == value for name, value in key.items()))
        after = {name: value for name, value in _read(table, change.after).items() if name in table.c}
        there = session.execute(select(*(table.c[name] for name in after)).where(here)).first()
        if there is None or any(getattr(there, name) != value for name, value in after.items()):
            raise conflict(
                "changed-since",
                N_("{what} was changed after the import; undo that first, or change it by hand"),
                what=_called({**after, **key}) or change.key,
            )
        if table.name == Item.__tablename__ and change.before is not None:
            item = session.get_one(Item, key["id"])
            require_same_meaning(session, [(item, _read(table, change.before))])
        if change.before is None:
            session.execute(table.delete().where(here))
        else:
            session.execute(table.update().where(here).values(**_read(table, change.before)))
        undone += 1
    return undone
