"""The officer's figures: readiness of the city, by district, type or depot; what is missing; what expires when."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import literal, select, union_all
from sqlalchemy.orm import Session

from core.columns import table_of
from core.quantities import write_quantity
from depots.lists import depot_filters
from depots.models import Depot, DepotRequirement, DepotStatus, District, ItemGroup, Level, Profile
from inventory.models import DepotReadiness, Item
from inventory.readiness import amount_for, amounts, group_members, stale, work_out
from inventory.reasons import lost_amounts
from people.policy import Act, Caller, reach

BUCKETS = (0, 7, 30, 90)  # days from today; 0: the last usable day is over
HEADLINE = 1001  # stations, as the city announced at the end of November 2023 (T90)


class Figures(msgspec.Struct):
    """Readiness of some depots. A line is one required item (or any-of group) at one depot.

    Held: on the books, enough of it. Ready: enough of it there, fit and in date now (T89). A depot is ready when all
    its mandatory and specialty lines are.
    """

    depots: int = 0
    depots_held: int = 0
    depots_ready: int = 0
    lines: int = 0
    lines_held: int = 0
    lines_ready: int = 0
    recommended: int = 0
    recommended_held: int = 0
    recommended_ready: int = 0
    low: int = 0

    def add(self, row: "DepotFigures") -> None:
        """Count a depot in."""
        self.depots += 1
        self.depots_held += row.lines_held == row.lines
        self.depots_ready += row.lines_ready == row.lines
        self.lines += row.lines
        self.lines_held += row.lines_held
        self.lines_ready += row.lines_ready
        self.recommended += row.recommended
        self.recommended_held += row.recommended_held
        self.recommended_ready += row.recommended_ready
        self.low += row.low


class DepotFigures(msgspec.Struct, frozen=True):
    """One depot's readiness."""

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
    ends: dict[str, int]  # last usable day -> balances that end with it

    @property
    def ready(self) -> bool:
        return self.lines_ready == self.lines


class Group(msgspec.Struct):
    """The figures of one district, type or depot."""

    key: str
    name_zh: str
    name_en: str
    figures: Figures


class Readiness(msgspec.Struct):
    """The answer of ``/api/readiness``: the total and its parts."""

    by: str
    day: date
    total: Figures
    groups: list[Group]


def depot_figures(
    session: Session, caller: Caller, today: date, district: str | None = None, type_code: str | None = None
) -> list[DepotFigures]:
    """Every depot within reach, by code. Figures that no longer hold are worked out anew for this answer."""
    rows = session.execute(
        select(Depot.id, Depot.code, Depot.name_zh, Depot.name_en, Depot.type_code, Depot.district_code, *_KEPT)
        .outerjoin(DepotReadiness, DepotReadiness.depot_id == Depot.id)
        .where(
            Depot.status == DepotStatus.OPEN,
            reach(caller, Act.SEE, Depot.id, Depot.district_code),
            *depot_filters(district, type_code),
        )
        .order_by(Depot.code)
    ).all()
    wrong = set(stale(session, today)) & {row[0] for row in rows}
    live = {row["depot_id"]: row for row in work_out(session, today, wrong)} if wrong else {}
    return [_figures(row, live.get(row[0])) for row in rows]


_NAMES = [f"{level.value}{kind}" for level in Level for kind in ("", "_held", "_ready")] + ["low", "missing", "ends"]
_KEPT = [table_of(DepotReadiness).c[name] for name in _NAMES]


def _figures(row: Any, live: dict[str, Any] | None) -> DepotFigures:
    kept = live or dict(zip(_NAMES, row[6:], strict=True))
    must, special = Level.MANDATORY.value, Level.SPECIALTY.value

    def both(kind: str) -> int:
        return int(kept[f"{must}{kind}"] + kept[f"{special}{kind}"])

    code, name_zh, name_en, type_code, district_code = row[1:6]
    return DepotFigures(
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
        missing=json.loads(kept["missing"]),
        ends=json.loads(kept["ends"]),
    )


def readiness(
    session: Session,
    caller: Caller,
    today: date,
    by: str,
    district: str | None = None,
    type_code: str | None = None,
) -> Readiness:
    """The figures by ``city``, ``district``, ``type`` or ``depot``."""
    rows = depot_figures(session, caller, today, district, type_code)
    return group(rows, today, by, _names(session, by))


def group(rows: Iterable[DepotFigures], today: date, by: str, names: dict[str, tuple[str, str]]) -> Readiness:
    """Gather depots' figures into the parts asked for; ``names`` are those of the parts, by key."""
    answer = Readiness(by, today, Figures(), [])
    parts: dict[str, Group] = {}
    for row in rows:
        answer.total.add(row)
        key = {"district": row.district, "type": row.type, "depot": row.code}.get(by)
        if key is not None:
            zh, en = (row.name_zh, row.name_en) if by == "depot" else names[key]
            parts.setdefault(key, Group(key, zh, en, Figures())).figures.add(row)
    answer.groups = sorted(parts.values(), key=lambda part: part.key)
    return answer


def _names(session: Session, by: str) -> dict[str, tuple[str, str]]:
    table: Any = {"district": District, "type": Profile}.get(by)
    if table is None:
        return {}
    return {code: (zh, en) for code, zh, en in session.execute(select(table.code, table.name_zh, table.name_en))}


def type_gap(types: Iterable[Profile]) -> int:
    """By how many the announced types fall short of the announced headline: shown, never forced to fit (T90)."""
    return HEADLINE - sum(entry.headline_count or 0 for entry in types)


class Missed(msgspec.Struct, frozen=True):
    """A required item that so many depots do not have ready."""

    subject: str
    name_zh: str
    name_en: str
    depots: int


def most_missed(session: Session, rows: Iterable[DepotFigures], most: int = 10) -> list[Missed]:
    """The required items that most depots lack, worst first."""
    counts = Counter(subject for row in rows for subject in row.missing)
    worst = counts.most_common(most)
    names = subject_names(session, [subject for subject, _ in worst])
    return [Missed(subject, *names.get(subject, (subject, subject)), number) for subject, number in worst]


def subject_names(session: Session, subjects: Iterable[str]) -> dict[str, tuple[str, str]]:
    """The names of items (by code) and groups (``GROUP:code``)."""
    wanted = set(subjects)
    items = select(Item.code.label("subject"), Item.name_zh, Item.name_en).where(Item.code.in_(wanted))
    groups = select(literal("GROUP:").concat(ItemGroup.code), ItemGroup.name_zh, ItemGroup.name_en)
    return {subject: (zh, en) for subject, zh, en in session.execute(union_all(items, groups))}


class Bucket(msgspec.Struct, frozen=True):
    """What expires within so many days (0: has expired) and not within the bucket before: balances and depots."""

    days: int
    lines: int
    depots: int


def expiring(rows: Iterable[DepotFigures], today: date) -> list[Bucket]:
    """Balances inside depots by when they end, from the depots' figures."""
    bounds = [((today + timedelta(days=days)).isoformat(), days) for days in BUCKETS]
    lines: Counter[int] = Counter()
    depots: Counter[int] = Counter()
    for row in rows:
        found: Counter[int] = Counter()
        for end, number in row.ends.items():
            # ISO dates compare as texts; today itself is still usable
            bucket = 0 if end < bounds[0][0] else next((days for bound, days in bounds[1:] if end <= bound), None)
            if bucket is not None:
                found[bucket] += number
        lines += found
        depots.update(found.keys())
    return [Bucket(days, lines[days], depots[days]) for days in BUCKETS]


@dataclass(frozen=True)
class RequirementLine:
    """One requirement of a depot, with what counted, and what did not and why."""

    subject: str
    name_zh: str
    name_en: str
    level: Level
    minimum: Decimal
    low_below: Decimal
    held: Decimal
    ready: Decimal
    why: str
    not_counting: dict[str, Decimal]

    @property
    def short(self) -> Decimal:
        return max(Decimal(0), self.minimum - self.ready)


def explain(session: Session, depot_id: UUID, today: date) -> list[RequirementLine]:
    """A depot's requirements line by line, those that are short first."""
    have = amounts(session, today, [depot_id]).get(depot_id, {})
    members = group_members(session)
    reasons = lost_amounts(session, depot_id, today)
    lines = session.execute(select(DepotRequirement).where(DepotRequirement.depot_id == depot_id)).scalars()
    found = []
    kept = list(lines)
    names = subject_names(session, [line.subject for line in kept])
    for line in kept:
        amount = amount_for(line.item_id, line.group_code, have, members)
        items = {line.item_id} if line.item_id else members.get(line.group_code or "", set())
        lost: dict[str, Decimal] = defaultdict(Decimal)
        for item_id in items:
            for reason, quantity in reasons.get(item_id, {}).items():
                lost[reason] += quantity
        found.append(
            RequirementLine(
                line.subject,
                *names.get(line.subject, (line.subject, line.subject)),
                line.level,
                line.minimum,
                line.low_below,
                amount.held,
                amount.ready,
                line.why,
                dict(lost),
            )
        )
    order = {Level.MANDATORY: 0, Level.SPECIALTY: 1, Level.RECOMMENDED: 2}
    return sorted(found, key=lambda line: (line.short == 0, order[line.level], line.subject))


class RequirementAnswer(msgspec.Struct, frozen=True):
    """A requirement of a depot as programs see it. Quantities are decimal strings in base units."""

    subject: str
    name_zh: str
    name_en: str
    level: Level
    minimum: str
    held: str
    ready: str
    short: str
    low_below: str
    why: str
    not_counting: dict[str, str]


def as_answer(line: RequirementLine) -> RequirementAnswer:
    """A requirement line as programs see it."""
    return RequirementAnswer(
        line.subject,
        line.name_zh,
        line.name_en,
        line.level,
        write_quantity(line.minimum),
        write_quantity(line.held),
        write_quantity(line.ready),
        write_quantity(line.short),
        write_quantity(line.low_below),
        line.why,
        {reason: write_quantity(quantity) for reason, quantity in line.not_counting.items()},
    )
