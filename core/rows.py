"""Rows as canonical text: the same bytes for the same row on SQLite and on PostgreSQL.

Backups hold them, and the ledger's seals are made of them. The columns are those of the database that is there, not
those of today's models.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CHAR,
    Boolean,
    Column,
    Connection,
    Date,
    DateTime,
    LargeBinary,
    String,
    Table,
    TypeDecorator,
    Uuid,
)

AT_ONCE = 2_000
Convert = Callable[[Any], Any]


def kind_of(column: Column[Any]) -> str:
    """What a column holds; SQLite has no type of its own for ids and stores them as 32 characters."""
    type_ = column.type.impl_instance if isinstance(column.type, TypeDecorator) else column.type
    kinds: tuple[tuple[type | tuple[type, ...], str], ...] = (
        ((Uuid, CHAR), "uuid"),
        (DateTime, "instant"),
        (Date, "date"),
        (Boolean, "boolean"),
        (LargeBinary, "bytes"),
        (String, "text"),
    )
    return next((kind for types, kind in kinds if isinstance(type_, types)), "number")


def canonical(value: Any, kind: str) -> Any:
    """A value as its driver gives it, in the one form that both databases share."""
    if value is None or kind in ("text", "number"):
        return value
    return _CANONICAL[kind](value)


def _uuid(value: Any) -> str:
    return str(value) if isinstance(value, UUID) else str(UUID(hex=value))


def _instant(value: Any) -> str:
    at = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ") if at.year >= 1000 else f"{at.replace(tzinfo=None).isoformat()}Z"


def _date(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


_CANONICAL: dict[str, Convert] = {
    "uuid": _uuid,
    "instant": _instant,
    "date": _date,
    "boolean": bool,
    "bytes": lambda value: bytes(value).hex(),
}
# the way back into SQLite; PostgreSQL reads the canonical text as it is
_INTO_SQLITE: dict[str, Convert] = {
    "uuid": lambda value: value.replace("-", ""),
    "instant": lambda value: value[:-1].replace("T", " "),
    "boolean": int,
    "bytes": bytes.fromhex,
}


def to_line(values: Sequence[Any], kinds: Sequence[str]) -> bytes:
    """A row as one line of JSON."""
    shared = [canonical(value, kind) for value, kind in zip(values, kinds, strict=True)]
    return json.dumps(shared, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def for_driver(values: Sequence[Any], kinds: Sequence[str], *, is_sqlite: bool) -> list[Any]:
    """A row of canonical values as the target's driver wants it. Raises ValueError if it is not such a row."""
    if len(values) != len(kinds):
        raise ValueError("a row has another number of values than its table has columns")
    if is_sqlite:
        return [
            value if value is None or kind not in _INTO_SQLITE else _INTO_SQLITE[kind](value)
            for value, kind in zip(values, kinds, strict=True)
        ]
    return [
        bytes.fromhex(value) if kind == "bytes" and value is not None else value
        for value, kind in zip(values, kinds, strict=True)
    ]


def columns_of(table: Table) -> dict[str, str]:
    """The columns with what they hold, by name: migrations leave them in another order on each database."""
    return {column.name: kind_of(column) for column in sorted(table.columns, key=lambda column: column.name)}


def lines_of(connection: Connection, table: Table) -> Iterator[bytes]:
    """All rows of a table in the order of their keys: equal contents give equal lines, whatever database holds them."""
    is_sqlite = connection.dialect.name == "sqlite"
    columns = columns_of(table)
    kinds = list(columns.values())
    order = [
        f'"{key.name}"' + ("" if is_sqlite or columns[key.name] != "text" else ' COLLATE "C"')
        for key in table.primary_key.columns or table.columns
    ]
    names = ", ".join(f'"{name}"' for name in columns)
    sql = f'SELECT {names} FROM "{table.name}" ORDER BY {", ".join(order)}'
    # the driver's own SQL and values: through the types of the ORM a city takes minutes
    for row in connection.exec_driver_sql(sql, execution_options={"yield_per": AT_ONCE}):
        yield to_line(row, kinds)
