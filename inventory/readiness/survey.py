"""Every depot's readiness in a row: cached while the written figures stand, worked out live where they do not.

A process reads the city's written figures once and keeps them until a counter says that they have changed (triggers on
the tables they come from). What they cannot know - stock that moved a moment ago, a date that has passed - is worked
out when it is asked for, depot by depot, and known until the depot's stock moves again: an answer is never older than
its question, and no depot is worked out twice for the same stock.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import BigInteger, case, cast, func, literal_column, select, true
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from core.cached import Cached, CachedAnswers
from core.columns import table_of
from core.database import Database
from inventory.readiness.figures import DepotFigures, DepotNames
from inventory.readiness.live import LiveFigures
from inventory.readiness.models import FiguresState
from inventory.readiness.written import Part, WrittenCity, read_city
from inventory.stock.models import DepotItem
from people.policy import Act, Caller, may_at

# One thread computes; the others wait for its result.
_one_at_a_time = threading.RLock()

Value = TypeVar("Value")
MOST_MOVED = 200  # balances that have moved since: with more of them the figures are looked at in a thread
MANY_MOVED = -1

_ITEMS = table_of(DepotItem)
_SINCE = (
    select(FiguresState.version, _ITEMS.c.depot_id, func.sum(_ITEMS.c.changes))
    .select_from(table_of(FiguresState).outerjoin(_ITEMS, _ITEMS.c.dirty))
    .group_by(FiguresState.version, _ITEMS.c.depot_id)
)


@dataclass
class _Made:
    """What was made of the figures on a day, after these changes of stock."""

    day: date
    moved: dict[UUID, int]
    answers: dict[Any, Any] = field(default_factory=dict)

    def once(self, key: Any, make: Callable[[], Any]) -> Any:
        """What was made under this key, or is made now; others wait for it."""
        with _one_at_a_time:
            if key not in self.answers:
                self.answers[key] = make()
            return self.answers[key]


class _City:
    """What a process knows while one state of the written figures stands."""

    def __init__(self, written: WrittenCity) -> None:
        self.written = written
        self.live = LiveFigures()
        self._made = _Made(date.min, {})

    def made(self, today: date, moved: dict[UUID, int]) -> _Made:
        """What was made for this day and these changes; of another day or state nothing is cached."""
        with _one_at_a_time:
            if (self._made.day, self._made.moved) != (today, moved):
                self._made = _Made(today, moved)
            return self._made


_cached = Cached(lambda session: _City(read_city(session)))


@dataclass(frozen=True)
class Survey:
    """The figures of the depots that were asked for, by code, as of now."""

    rows: list[DepotFigures]
    districts: list[Part]
    types: list[Part]
    announced: int | None
    _made: _Made

    def once(self, key: Any, make: Callable[[], Any]) -> Any:
        """What ``make`` makes of the rows: made once for as long as no depot's figures change.

        ``key`` names what was asked for, and by whom if the answer depends on it; the day is known.
        """
        return self._made.once(key, make)


def survey(
    session: Session, caller: Caller, today: date, district: str | None = None, type_code: str | None = None
) -> Survey:
    """Every open depot within reach (of a district, of a type). One query while the written figures stand.

    To be called in a thread of its own (``Database.survey``): it may wait for another that reads the same.
    """
    city, made = _now(session, today)

    def wanted(depot: DepotNames) -> bool:
        return (
            (district is None or depot.district == district)
            and (type_code is None or depot.type == type_code)
            and may_at(caller, Act.SEE, depot.id, depot.district)
        )

    def look() -> Survey:
        rows = _rows(session, city, made, wanted)
        return Survey(rows, city.written.districts, city.written.types, city.written.announced, made)

    found: Survey = made.once(asked_by(caller, "survey", district, type_code), look)
    return found


def depot_figures(
    session: Session, caller: Caller, today: date, district: str | None = None, type_code: str | None = None
) -> list[DepotFigures]:
    """Every open depot within reach, by code."""
    return survey(session, caller, today, district, type_code).rows


def once(session: Session, today: date, key: Any, make: Callable[[], Any]) -> Any:
    """What ``make`` makes, as ``Survey.once`` does, for what needs nobody's figures. In a thread of its own."""
    return _now(session, today)[1].once(key, make)


async def from_memory(
    database: Database, caller: Caller, today: date, key: Any, make: Callable[..., Value], *args: Any
) -> Value:
    """Return what a verb makes of the figures alone: from memory, on the loop, for as long as no figure changes.

    ``make(session, caller, today, *args)`` runs in a thread of its own else. ``key`` names what is asked for; who may
    see the same gets the same.
    """
    state, whole = await database.version(_state(database.engine.dialect.name)), asked_by(caller, key)
    if state == MANY_MOVED:
        return await database.survey(make, caller, today, *args)
    known: dict[Any, Value] = _answers.of(str(database.url), (state, today))
    if whole not in known:
        # for the state that was read before: what changes meanwhile is seen by the next who asks
        known[whole] = await database.survey(make, caller, today, *args)
    return known[whole]


_answers = CachedAnswers()


@cache
def _state(dialect: str) -> str:
    """One number for the written figures and what has moved since; ``MANY_MOVED`` where that is too much to look at.

    Both only ever count up: ``changes`` while one version stands, which counts up when they are written down.
    """
    moved = select(_ITEMS.c.changes).where(_ITEMS.c.dirty).limit(MOST_MOVED).subquery()
    summed = select(func.count().label("rows"), func.coalesce(func.sum(moved.c.changes), 0).label("times"))
    all_moved = summed.select_from(moved).subquery()
    number = cast(FiguresState.version, BigInteger) * literal_column("4294967296") + all_moved.c.times
    statement = select(case((all_moved.c.rows == MOST_MOVED, MANY_MOVED), else_=number)).select_from(
        table_of(FiguresState).join(all_moved, true())
    )
    dialects: dict[str, Any] = {"sqlite": sqlite.dialect, "postgresql": postgresql.dialect}
    return str(statement.compile(dialect=dialects[dialect](), compile_kwargs={"literal_binds": True}))


def asked_by(caller: Caller, *others: Any) -> tuple[Any, ...]:
    """A key for ``Survey.once``: the same for all who may see the same."""
    return (caller.duties, *others)


def _now(session: Session, today: date) -> tuple[_City, _Made]:
    """The city as written down, and what was made of it for the stock and the day as they are."""
    # asked for before the figures: what is written down in between is worked out once too often, never missed
    version, moved = _since(session)
    with _one_at_a_time:
        city = _cached.of(session, version)
        return city, city.made(today, moved)


def _since(session: Session) -> tuple[int, dict[UUID, int]]:
    """The counter of the written figures, and the depots whose stock has moved since theirs were written, with how
    often."""
    rows = session.connection().execute(_SINCE).all()
    return rows[0][0], {depot_id: changes for _, depot_id, changes in rows if depot_id is not None}


def _rows(session: Session, city: _City, made: _Made, wanted: Callable[[DepotNames], bool]) -> list[DepotFigures]:
    """The figures of the depots that are wanted: the written ones where they hold, else worked out."""
    written = [row for row in city.written.depots if wanted(row.depot)]
    wrong = [row.depot for row in written if row.depot.id in made.moved or not row.holds(made.day)]
    live = city.live.of(session, made.day, wrong, made.moved) if wrong else {}
    rows = [live.get(row.depot.id, row.figures) for row in written]
    return [row for row in rows if row is not None]
