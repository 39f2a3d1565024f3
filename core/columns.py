"""Column types that mean the same on SQLite and on PostgreSQL, and how constraints are named."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    Dialect,
    Enum,
    Index,
    MetaData,
    Table,
    and_,
    text,
    tuple_,
)
from sqlalchemy.types import TypeDecorator
from sqlmodel import SQLModel

_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
metadata: MetaData = SQLModel.metadata
metadata.naming_convention = _NAMES

THOUSANDTHS = 1000


class Instant(TypeDecorator[datetime]):
    """An instant. Stored in UTC; SQLite, which knows no time zones, gives it back as UTC too."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs its time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Quantity(TypeDecorator[Decimal]):
    """An exact decimal with three places, stored as whole thousandths (T59: 0.1 + 0.2 = 0.3, in SQL as well)."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | int | None, dialect: Dialect) -> int | None:
        if value is None:
            return None
        scaled = value * THOUSANDTHS if isinstance(value, Decimal | int) else Decimal(value) * THOUSANDTHS
        whole = int(scaled)
        if scaled != whole:
            raise ValueError(f"{value} has more than three decimal places")
        return whole

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        # sum() over big integers comes back as Decimal from PostgreSQL
        return None if value is None else Decimal(int(value)) / THOUSANDTHS

    def coerce_compared_value(self, op: Any, value: Any) -> Any:
        return self


def choice(members: type[StrEnum], length: int = 16) -> Enum:
    """A column that holds one of a set of words, as plain text: neither a type nor a CHECK, so a new word needs no
    migration. The ORM refuses others."""
    return Enum(
        members,
        native_enum=False,
        length=length,
        create_constraint=False,
        values_callable=lambda kind: [member.value for member in kind],
    )


def table_of(model: type[SQLModel]) -> Table:
    """The table behind a model, for statements that handle plain rows."""
    table: Table = model.__table__  # type: ignore[attr-defined]  # SQLModel sets it when the class is made
    return table


def among(columns: Sequence[Any], keys: Collection[tuple[Any, ...]]) -> ColumnElement[bool]:
    """That a row has one of these keys, each of several columns, of which the first leads an index.

    The first column is asked for by itself too: SQLite looks no rows up by pairs, it would read the whole table.
    """
    return and_(columns[0].in_(sorted({key[0] for key in keys})), tuple_(*columns).in_(sorted(keys)))


def index_where(condition: str, name: str, *columns: str) -> Index:
    """An index of the rows that fulfil a condition, on both databases."""
    return Index(name, *columns, sqlite_where=text(condition), postgresql_where=text(condition))
