"""Plausible rows in every table of whatever schema is there."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import (
    Boolean,
    Connection,
    Date,
    DateTime,
    Enum,
    Float,
    Integer,
    Table,
    func,
    insert,
    inspect,
    select,
)

from core.archive import tables_there
from core.columns import metadata
from core.rows import kind_of

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
ROWS = 2
# of which a row has but one of several
EITHER = {"requirement": {"group_code"}, "foreign_code": {"place_id"}, "label": {"place_id", "depot_id"}}


def plausible(table: Table, number: int, parents: dict[str, list[dict[str, Any]]], is_sqlite: bool) -> dict[str, Any]:
    """A row that obeys the table's keys; what the models know to be one of some words is one of them."""
    row: dict[str, Any] = {}
    for column in table.columns:
        known = metadata.tables[table.name].columns.get(column.name) if table.name in metadata.tables else None
        keys = [key for key in column.foreign_keys if key.column.table.name != table.name]
        if column.name in EITHER.get(table.name, ()):
            row[column.name] = None
        elif keys and parents[keys[0].column.table.name]:
            # the first row of some and the second of others, so that from and to differ
            index = (number + (column.name.startswith("to_"))) % ROWS
            row[column.name] = parents[keys[0].column.table.name][index][keys[0].column.name]
        elif column.foreign_keys:
            row[column.name] = None
        elif known is not None and isinstance(known.type, Enum):
            words = list(known.type.enums)
            row[column.name] = words[number % len(words)]
        else:
            row[column.name] = value(column, number, is_sqlite)
    return row


def holds_one_row(connection: Connection, table: Table) -> bool:
    """Whether the schema allows a table no row but the one whose id is 1."""
    checks = inspect(connection).get_check_constraints(table.name)
    return any(check["sqltext"].strip("()") == "id = 1" for check in checks)


def value(column: Any, number: int, is_sqlite: bool) -> Any:
    kind, type_ = kind_of(column), column.type
    if kind == "uuid":
        made = UUID(int=uuid4().int)
        return made.hex if is_sqlite else made
    if isinstance(type_, DateTime):
        return NOW.replace(tzinfo=None if is_sqlite else UTC)
    if isinstance(type_, Date):
        return date(2026, 11, 1 + number)
    if isinstance(type_, Boolean):
        return bool(number % 2)
    if isinstance(type_, Float):
        return 1.5
    if isinstance(type_, Integer):
        return 1000 + number
    return f"{number}{column.name}"[: type_.length or 50]


def fill(connection: Connection) -> dict[str, int]:
    """Rows in every table; returns how many there are."""
    there = tables_there(connection)
    is_sqlite = connection.dialect.name == "sqlite"
    parents: dict[str, list[dict[str, Any]]] = {}
    counts = {}
    for table in there.sorted_tables:
        if not connection.execute(select(func.count()).select_from(table)).scalar_one():
            rows = [plausible(table, number, parents, is_sqlite) for number in range(ROWS)]
            if holds_one_row(connection, table):
                rows = [rows[0] | {"id": 1}]
            connection.execute(insert(table), rows)
            parents[table.name] = [*rows, *rows][:ROWS]
        else:
            found = connection.execute(select(table)).mappings().all()
            parents[table.name] = [dict(row) for row in [*found, *found][:ROWS]]
        counts[table.name] = connection.execute(select(func.count()).select_from(table)).scalar_one()
    return counts
