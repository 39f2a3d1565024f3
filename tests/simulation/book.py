"""What stands in the database, read without the program: a few plain statements, on a connection of their own.

It is what each step is judged by: a question to the program after every step costs more than the step. That the
program shows the same is compared at longer intervals.
"""

import sqlite3
from contextlib import suppress
from decimal import Decimal
from functools import lru_cache
from typing import Any
from uuid import UUID

import psycopg

COLUMNS = """
SELECT m.id, m.kind, i.code, m.lot_id, m.quantity, m.from_place_id, m.to_place_id, p.account, m.happened_at,
       a.kind, a.name_zh, b.kind, b.name_zh, m.recorded_at
"""
LINES = """
FROM movement m JOIN item i ON i.id = m.item_id JOIN person p ON p.id = m.person_id
JOIN place a ON a.id = m.from_place_id JOIN place b ON b.id = m.to_place_id
"""
CODES = """
SELECT code, lot_id FROM label WHERE lot_id IN (SELECT lot_id FROM stock WHERE NOT outside AND quantity > 0)
UNION ALL SELECT code, place_id FROM label WHERE place_id IN (SELECT id FROM place WHERE NOT outside)
"""
RECORDED = 13  # which of the columns
NAMES = ("id", "kind", "item", "lot", "quantity", "from", "to", "person", "happened_at")
IDS = ("id", "lot", "from", "to")


class Book:
    """A reader of the tables that hold the stock."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.embedded = url.startswith("sqlite")
        self._connection: Any = None
        self.known = 0  # movements that have been read
        self._last: Any = None
        self._ids: set[str] = set()

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def ask(self, statement: str, *given: Any) -> list[tuple[Any, ...]]:
        """Rows of a statement; a connection that the surroundings broke is opened anew."""
        if self._connection is None:
            self._open()
        try:
            return self._rows(statement, given)
        except psycopg.OperationalError:
            self.close()
            self._open()
            return self._rows(statement, given)

    def _rows(self, statement: str, given: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        if not self.embedded:
            statement = statement.replace("?", "%s")
        return list(self._connection.execute(statement, given).fetchall())

    def _open(self) -> None:
        if self.embedded:
            path = self.url.removeprefix("sqlite:///")
            self._connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=60, isolation_level=None)
        else:
            self._connection = psycopg.connect(self.url, autocommit=True)

    def fresh(self) -> list[dict[str, Any]]:
        """The movements that were booked since this was last asked, in the order of the book."""
        rows = self._appended() if self.embedded else self._recorded()
        self.known += len(rows)
        rows.sort(key=lambda row: (row[RECORDED], _text(row[0])))
        return [self._line(row) for row in rows]

    def _appended(self) -> list[tuple[Any, ...]]:
        """SQLite numbers rows in the order in which they come; none of the book ever goes (``count``)."""
        rows = self.ask(f"{COLUMNS}, m.rowid {LINES} WHERE m.rowid > ?", self._last or 0)
        self._last = max((row[-1] for row in rows), default=self._last)
        return rows

    def _recorded(self) -> list[tuple[Any, ...]]:
        number = self.count()
        if number == self.known:
            return []
        rows: list[tuple[Any, ...]] = []
        if self._last is not None:
            rows = self._unknown(self.ask(f"{COLUMNS} {LINES} WHERE m.recorded_at >= ?", self._last))
        if len(rows) != number - self.known:
            rows = self._unknown(self.ask(f"{COLUMNS} {LINES}"))
        self._ids |= {_text(row[0]) for row in rows}
        self._last = max((row[RECORDED] for row in rows), default=self._last)
        return rows

    def count(self) -> int:
        """How many movements there are."""
        return int(self.ask("SELECT count(*) FROM movement")[0][0])

    def _unknown(self, rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        return [row for row in rows if _text(row[0]) not in self._ids]

    def _line(self, row: tuple[Any, ...]) -> dict[str, Any]:
        line = dict(zip(NAMES, row, strict=False))
        line |= {name: _text(line[name]) for name in IDS}
        at = line["happened_at"]
        line["happened_at"] = f"{at}+00:00" if self.embedded else at.isoformat()
        line["quantity"] = Decimal(line["quantity"]) / 1000
        line |= {"from_kind": row[9], "from_zh": row[10], "to_kind": row[11], "to_zh": row[12]}
        return line

    def balances(self) -> dict[tuple[str, str], Decimal]:
        """What lies in which place, outside places too."""
        rows = self.ask("SELECT place_id, lot_id, quantity FROM stock WHERE quantity <> 0")
        return {(_text(place), _text(lot)): Decimal(quantity) / 1000 for place, lot, quantity in rows}

    def balance(self, place: str, lot: str) -> Decimal:
        rows = self.ask(
            "SELECT quantity FROM stock WHERE place_id = ? AND lot_id = ?", *(self._id(one) for one in (place, lot))
        )
        return Decimal(rows[0][0]) / 1000 if rows else Decimal(0)

    def conditions(self) -> dict[str, str]:
        """The lots that are not fit."""
        return {_text(lot): state for lot, state in self.ask("SELECT id, condition FROM lot WHERE condition <> 'fit'")}

    def carriers(self) -> dict[str, tuple[str, bool]]:
        """Of each vehicle or kit at which depot it is, and whether what is in it is in reach."""
        rows = self.ask("SELECT id, depot_id, in_reach FROM place WHERE kind IN ('kit', 'vehicle')")
        return {_text(place): (_text(depot), bool(reach)) for place, depot, reach in rows}

    def codes(self) -> dict[str, str]:
        """What the codes are on that are on something that lies inside a depot, or on a place there."""
        return {code: _text(thing) for code, thing in self.ask(CODES)}

    def place(self, name: str) -> tuple[str, str, str | None]:
        """A place's kind, depot and the place that it stands in."""
        kind, depot, parent = self.ask("SELECT kind, depot_id, parent_id FROM place WHERE id = ?", self._id(name))[0]
        return kind, _text(depot), _text(parent) if parent else None

    def _id(self, name: str) -> Any:
        return UUID(name).hex if self.embedded else UUID(name)


@lru_cache(maxsize=100_000)
def _text(name: Any) -> str:
    with suppress(ValueError):
        return str(name if isinstance(name, UUID) else UUID(name))
    return str(name)


__all__ = ["Book"]
