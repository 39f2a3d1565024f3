"""What reference files give a table, and what the city has changed of it: the city's own is offered, never overwritten.

Each row that a load enters or changes is remembered by the digest of the values given (``GivenRow``). A row that
differs from its digest is the city's own. What the files give it anew waits as an offer, to be taken or left.
"""

import datetime
from collections.abc import Iterable, Mapping
from decimal import Decimal
from enum import Enum, StrEnum
from typing import Any, Generic, TypeVar
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlmodel import SQLModel

from core.digests import digest_of_content
from core.errors import not_found
from core.languages import N_
from core.models import GivenRow
from core.quantities import write_quantity

Values = Mapping[str, Any]
Row = TypeVar("Row", bound=SQLModel)


class Fate(StrEnum):
    """What becomes of a row of the files."""

    NEW = "new"
    SAME = "same"
    CHANGED = "changed"  # nobody has touched it here: it gets what the files give
    OWN = "own"  # the city has changed it, and the files say nothing new
    OFFERED = "offered"  # the city has changed it, and the files give something else than last time
    REMOVED = "removed"  # the city has taken it out


class Given(Generic[Row]):
    """The rows of one table as the files gave them: ``put`` each row of the files, then ``gone`` names the rest.

    ``conditions`` separate rows that files may give from others, where the key alone does not. ``later`` are text
    columns that are younger than the digests of some rows: of these they tell nothing while they are empty.
    """

    def __init__(
        self,
        session: Session,
        table: type[Row],
        key: tuple[str, ...],
        *conditions: Any,
        later: frozenset[str] = frozenset(),
    ) -> None:
        self.session, self.table, self.key, self.later = session, table, key, later
        self.name = str(table.__tablename__)
        self.there = {self._key(row): row for row in session.execute(select(table).where(*conditions)).scalars()}
        known = select(GivenRow).where(GivenRow.table_name == self.name)
        self.known = {one.key: one for one in session.execute(known).scalars()}
        self._met: set[str] = set()

    def fate_of(self, values: Values) -> Fate:
        """What ``put`` would do with a row of the files."""
        return self._fate(key_of(values[column] for column in self.key), values, digest_of_values(values))

    def _fate(self, key: str, values: Values, given: str) -> Fate:
        row, known = self.there.get(key), self.known.get(key)
        if row is None:
            return Fate.NEW if known is None else Fate.REMOVED
        now = digest_of_values({column: getattr(row, column) for column in values})
        if now == given:
            return Fate.SAME
        if known is None:  # loaded before anything was remembered: what stands here may be the city's own
            return Fate.OFFERED
        fate = {now: Fate.CHANGED, given: Fate.OWN}.get(known.digest, Fate.OFFERED)
        return Fate.CHANGED if fate is Fate.OFFERED and self._untouched_before(row, values, known.digest) else fate

    def _untouched_before(self, row: Row, values: Values, digest: str) -> bool:
        """Whether a row is as it was given before the table had its later columns."""
        later = self.later & values.keys()
        if not later or any(getattr(row, column) for column in later):
            return False
        return digest_of_values({column: getattr(row, column) for column in values if column not in later}) == digest

    def put(self, values: Values) -> Fate:
        """Enter a row of the files, or change it, or leave it as the city has it."""
        key = key_of(values[column] for column in self.key)
        self._met.add(key)
        given = digest_of_values(values)
        fate = self._fate(key, values, given)
        if fate is Fate.NEW:
            self.session.add(self.table(**values))
        elif fate is Fate.CHANGED:
            for column, value in values.items():
                setattr(self.there[key], column, value)
        if fate is Fate.OFFERED:
            self._note(key, None, msgspec.json.encode(_plain(values)).decode())
        elif fate is Fate.OWN:
            self._note(key, None, None)
        elif fate is not Fate.REMOVED:
            self._note(key, given, None)
        return fate

    def gone(self) -> int:
        """How many rows that the files gave once, and that are still there, they give no more. They stay."""
        return sum(key in self.there and key not in self._met for key in self.known)

    def _note(self, key: str, digest: str | None, offered: str | None) -> None:
        """Remember the digest (None: leave it) and the offer of a row."""
        known = self.known.get(key)
        if known is None:
            self.known[key] = known = GivenRow(table_name=self.name, key=key, digest="")
            self.session.add(known)
        if digest is not None and digest != known.digest:
            known.digest = digest
        if known.offered != offered:
            known.offered = offered

    def _key(self, row: Row) -> str:
        return key_of(getattr(row, column) for column in self.key)


def offers(session: Session, table: type[SQLModel]) -> dict[str, dict[str, Any]]:
    """What waits to be taken or left of a table: by key (JSON list), the values that the files give."""
    statement = select(GivenRow.key, GivenRow.offered).where(
        GivenRow.table_name == str(table.__tablename__), GivenRow.offered.is_not(None)
    )
    return {key: msgspec.json.decode(said or "{}") for key, said in session.execute(statement.order_by(GivenRow.key))}


def settle_offer(
    session: Session, table: type[SQLModel], key: str, *, take: bool, row: SQLModel | None
) -> dict[str, Any]:
    """Take what the files give a row, or leave it as the city has it; either way it is asked no more.

    ``row`` is the row itself (None: only to be left); whoever has it looks first whether it may change so. Returns the
    values as plain JSON. 404 where nothing is offered.
    """
    offer = session.get(GivenRow, (str(table.__tablename__), key))
    if offer is None or offer.offered is None:
        raise not_found(N_("there is nothing offered here any more"))
    plain: dict[str, Any] = msgspec.json.decode(offer.offered)
    offer.digest, offer.offered = digest_of_content(plain), None
    if take and row is not None:
        columns: Any = type(row).__table__.c  # type: ignore[attr-defined]  # SQLModel puts it there
        for column, value in plain.items():
            setattr(row, column, _typed(columns[column].type, value))
    return plain


def key_of(parts: Iterable[Any]) -> str:
    """The key of a row as it is remembered."""
    return msgspec.json.encode([_one(part) for part in parts]).decode()


def digest_of_values(values: Values) -> str:
    """The digest of a row's values: equal for values that the database holds as equal (1 and 1.000)."""
    return digest_of_content(_plain(values))


def _plain(values: Values) -> dict[str, Any]:
    return {name: _one(value) for name, value in values.items()}


def _one(value: Any) -> Any:
    if isinstance(value, Decimal):
        return write_quantity(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime.date):
        return value.isoformat()
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)


def _typed(kind: Any, value: Any) -> Any:
    """A plain value as its column holds it."""
    if value is None:
        return None
    if getattr(kind, "enum_class", None) is not None:
        return kind.enum_class(value)
    python = _PYTHON.get(type(kind).__name__)
    return value if python is None else python(value)


_PYTHON: dict[str, Any] = {"Uuid": UUID, "Quantity": Decimal, "Date": datetime.date.fromisoformat}
