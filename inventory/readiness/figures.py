"""Every depot's readiness in a row: kept in memory while the written figures stand, worked out live where they do not.

A process reads the city's written figures once and keeps them until a counter says that they have changed (triggers on
the tables they come from). What they cannot know - stock that moved a moment ago, a date that has passed - is worked
out when it is asked for, depot by depot, and known until the depot's stock moves again: an answer is never older than
its question, and no depot is worked out twice for the same stock.
"""

import json
import threading
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from itertools import accumulate
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import func, literal, null, select, union_all
from sqlalchemy.orm import Session

from core.columns import table_of
from core.kept import Kept
from depots.models import Depot, DepotStatus, District, Level, Profile
from inventory.readiness.counting import work_out
from inventory.readiness.models import DepotReadiness, FiguresState
from inventory.stock.models import DepotItem
from people.policy import Act, Caller, may_at

# Whoever comes while a city is read or worked out waits for the answer instead of working it out beside the other
_one_at_a_time = threading.RLock()
KEPT_TEXTS = 16_384  # a city's lists of what is missing and of what ends when, of which few change at a time


class Ends:
    """How many balances of a depot end with which day."""

    def __init__(self, told: dict[str, int]) -> None:
        self.by_day = dict(sorted(told.items()))
        self._days, self._sums = list(self.by_day), list(accumulate(self.by_day.values()))

    def through(self, day: date) -> int:
        """How many end on this day or before."""
        index = bisect_right(self._days, day.isoformat())  # ISO dates compare as texts
        return self._sums[index - 1] if index else 0


class DepotFigures(msgspec.Struct, frozen=True):
    """One depot's readiness."""

    id: UUID
    code: str
    name_zh: str
    name_en: str
    type: str
    district: str
    lines: int
    lines_held: int
    lines_ready: int
    recommended: int
    recommended_held: int
    recommended_ready: int
    low: int
    missing: list[str]
    ends: Ends

    @property
    def ready(self) -> bool:
        return self.lines_ready == self.lines


@dataclass(frozen=True)
class _Known:
    """A depot as last written down; ``row`` is None where nothing is written yet."""

    depot: tuple[Any, ...]
    figures: DepotFigures | None
    day: date
    good_through: date

    def holds(self, today: date) -> bool:
        """Whether no date has passed that changes the figures."""
        return self.figures is not None and self.day <= today <= self.good_through


@dataclass(frozen=True)
class Part:
    """A district or a type of depots, with how many of the type the city announced (T90)."""

    code: str
    name_zh: str
    name_en: str
    headline_count: int | None


@dataclass(frozen=True)
class _WorkedOut:
    """A depot's figures beside the written ones: for this day, after so many changes of its stock."""

    day: date
    changes: int
    figures: DepotFigures

    def holds(self, today: date, changes: int) -> bool:
        return self.day == today and self.changes >= changes


@dataclass(eq=False)
class CityFigures:
    """The written figures of all open depots, by code; what was worked out beside them, and made of both."""

    depots: list[_Known]
    districts: list[Part]
    types: list[Part]
    _live: dict[UUID, _WorkedOut] = field(default_factory=dict)
    _made: tuple[Any, dict[Any, Any]] = (None, {})

    def live(
        self, session: Session, today: date, wrong: dict[UUID, tuple[Any, ...]], moved: dict[UUID, int]
    ) -> dict[UUID, DepotFigures]:
        """The figures of depots whose written ones are wrong. Who comes while they are worked out waits for them."""
        if not wrong:
            return {}
        with _one_at_a_time:
            changes = {depot_id: moved.get(depot_id, 0) for depot_id in wrong}
            unknown = {
                depot_id
                for depot_id, after in changes.items()
                if depot_id not in self._live or not self._live[depot_id].holds(today, after)
            }
            for row in work_out(session, today, unknown) if unknown else ():
                depot_id = row["depot_id"]
                self._live[depot_id] = _WorkedOut(today, changes[depot_id], _figures(wrong[depot_id], row))
            return {depot_id: self._live[depot_id].figures for depot_id in wrong}

    def made(self, today: date, moved: dict[UUID, int]) -> dict[Any, Any]:
        """What was made of the rows as they are today, after these changes."""
        state = (today, moved)
        with _one_at_a_time:
            if self._made[0] != state:
                self._made = (state, {})
            return self._made[1]


@dataclass(frozen=True)
class Survey:
    """The figures of the depots that were asked for, by code, as of now."""

    rows: list[DepotFigures]
    districts: list[Part]
    types: list[Part]
    _made: dict[Any, Any]

    def once(self, key: Any, make: Callable[[], Any]) -> Any:
        """What ``make`` makes of the rows: made once for as long as no depot's figures change.

        ``key`` names what was asked for, and by whom if the answer depends on it; the day is known.
        """
        return _once(self._made, key, make)


def _once(made: dict[Any, Any], key: Any, make: Callable[[], Any]) -> Any:
    with _one_at_a_time:
        if key not in made:
            made[key] = make()
        return made[key]


def survey(
    session: Session, caller: Caller, today: date, district: str | None = None, type_code: str | None = None
) -> Survey:
    """Every open depot within reach (of a district, of a type). One query while the written figures stand.

    To be called in a thread of its own (``Database.survey``): it may wait for another that reads the same.
    """
    city, moved = _city(session)
    made = city.made(today, moved)

    def look() -> Survey:
        rows = _rows(session, caller, city, today, moved, district, type_code)
        return Survey(rows, city.districts, city.types, made)

    found: Survey = _once(made, asked_by(caller, "survey", district, type_code), look)
    return found


def once(session: Session, today: date, key: Any, make: Callable[[], Any]) -> Any:
    """What ``make`` makes, as ``Survey.once`` does, for what needs nobody's figures. In a thread of its own."""
    city, moved = _city(session)
    return _once(city.made(today, moved), key, make)


def _city(session: Session) -> tuple[CityFigures, dict[UUID, int]]:
    """The written figures, and the depots whose stock has moved since, with how often."""
    # asked for before the figures: what is written down in between is worked out once too often, never missed
    version, moved = _since(session)
    with _one_at_a_time:
        return _kept.of(session, version), moved


def _rows(
    session: Session,
    caller: Caller,
    city: CityFigures,
    today: date,
    moved: dict[UUID, int],
    district: str | None,
    type_code: str | None,
) -> list[DepotFigures]:
    wanted = [
        known
        for known in city.depots
        if (district is None or known.depot[5] == district)
        and (type_code is None or known.depot[4] == type_code)
        and may_at(caller, Act.SEE, known.depot[0], known.depot[5])
    ]
    wrong = {known.depot[0]: known.depot for known in wanted if known.depot[0] in moved or not known.holds(today)}
    live = city.live(session, today, wrong, moved)
    rows = [live.get(known.depot[0], known.figures) for known in wanted]
    return [row for row in rows if row is not None]


def _since(session: Session) -> tuple[int, dict[UUID, int]]:
    """The counter of the written figures, and the depots whose stock has moved since theirs were written, with how
    often."""
    rows = session.connection().execute(_SINCE).all()
    return rows[0][0], {depot_id: changes for _, depot_id, changes in rows if depot_id is not None}


def depot_figures(
    session: Session, caller: Caller, today: date, district: str | None = None, type_code: str | None = None
) -> list[DepotFigures]:
    """Every open depot within reach, by code."""
    return survey(session, caller, today, district, type_code).rows


def asked_by(caller: Caller, *others: Any) -> tuple[Any, ...]:
    """A key for ``Survey.once``: the same for all who may see the same."""
    return (caller.duties, *others)


_NAMES = [f"{level.value}{kind}" for level in Level for kind in ("", "_held", "_ready")] + ["low", "missing", "ends"]
_DEPOT = (Depot.id, Depot.code, Depot.name_zh, Depot.name_en, Depot.type_code, Depot.district_code)
_KEPT = [table_of(DepotReadiness).c[name] for name in _NAMES]


_ITEMS = table_of(DepotItem)
_SINCE = (
    select(FiguresState.version, _ITEMS.c.depot_id, func.sum(_ITEMS.c.changes))
    .select_from(table_of(FiguresState).outerjoin(_ITEMS, _ITEMS.c.dirty))
    .group_by(FiguresState.version, _ITEMS.c.depot_id)
)
_PARTS: Any = union_all(
    select(literal(0).label("is_type"), District.code.label("code"), District.name_zh, District.name_en, null()),
    select(literal(1), Profile.code, Profile.name_zh, Profile.name_en, Profile.headline_count).where(
        Profile.kind == "type"
    ),
).order_by("is_type", "code")


def _read_city(session: Session) -> CityFigures:
    rows = session.execute(
        select(*_DEPOT, DepotReadiness.day, DepotReadiness.good_through, *_KEPT)
        .outerjoin(DepotReadiness, DepotReadiness.depot_id == Depot.id)
        .where(Depot.status == DepotStatus.OPEN)
        .order_by(Depot.code)
    )
    known = []
    for row in rows:
        depot, (day, through), kept = tuple(row[:6]), row[6:8], row[8:]
        figures = None if day is None else _figures(depot, dict(zip(_NAMES, kept, strict=True)))
        known.append(_Known(depot, figures, day or date.max, through or date.min))
    parts: dict[bool, list[Part]] = {True: [], False: []}
    for is_type, *part in session.execute(_PARTS):
        parts[bool(is_type)].append(Part(*part))
    return CityFigures(known, parts[False], parts[True])


def _figures(depot: tuple[Any, ...], kept: dict[str, Any]) -> DepotFigures:
    must, special = Level.MANDATORY.value, Level.SPECIALTY.value

    def both(kind: str) -> int:
        return int(kept[f"{must}{kind}"] + kept[f"{special}{kind}"])

    depot_id, code, name_zh, name_en, type_code, district_code = depot
    return DepotFigures(
        depot_id,
        code,
        name_zh,
        name_en,
        type_code,
        district_code,
        lines=both(""),
        lines_held=both("_held"),
        lines_ready=both("_ready"),
        recommended=kept["recommended"],
        recommended_held=kept["recommended_held"],
        recommended_ready=kept["recommended_ready"],
        low=kept["low"],
        missing=_missing(kept["missing"]),
        ends=_ends(kept["ends"]),
    )


@lru_cache(maxsize=KEPT_TEXTS)
def _missing(text: str) -> list[str]:
    return json.loads(text)


@lru_cache(maxsize=KEPT_TEXTS)
def _ends(text: str) -> Ends:
    return Ends(json.loads(text))


_kept = Kept(_read_city)
