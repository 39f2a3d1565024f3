"""The officer's figures: readiness of the city, by district, type or depot; what is missing; what expires when."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import func, literal, select, union_all
from sqlalchemy.orm import Session

from core.quantities import write_quantity
from depots.models import DepotRequirement, ItemGroup, Level, Profile
from depots.requirements import holds_on
from inventory.catalogue.measures import Measure, measured
from inventory.catalogue.models import MEASURE, Item
from inventory.readiness.counting import ZERO, amount_for, amounts, group_members
from inventory.readiness.crew import NAMES as CREW_NAMES
from inventory.readiness.crew import SOURCE, CrewLine, crew_lines
from inventory.readiness.figures import DepotFigures
from inventory.readiness.reasons import lost_amounts
from inventory.readiness.survey import asked_by, survey
from inventory.readiness.written import Part
from people.policy import Caller

BUCKETS = (0, 7, 30, 90)  # days from today; 0: the last usable day is over


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

    def add(self, row: DepotFigures) -> None:
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


def readiness(
    session: Session,
    caller: Caller,
    today: date,
    by: str,
    district: str | None = None,
    type_code: str | None = None,
) -> Readiness:
    """The figures by ``city``, ``district``, ``type`` or ``depot``."""
    found = survey(session, caller, today, district, type_code)
    parts = {"district": found.districts, "type": found.types}
    key = asked_by(caller, "readiness", today, by, district, type_code)
    return found.once(key, lambda: group(found.rows, today, by, names_of(parts.get(by, []))))


def names_of(parts: Iterable[Any]) -> dict[str, tuple[str, str]]:
    """The names of districts or types, by code."""
    return {part.code: (part.name_zh, part.name_en) for part in parts}


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


def type_gap(announced: int | None, types: Iterable[Profile | Part]) -> int:
    """By how many the announced types fall short of the announced whole: shown, never forced to fit (T90).

    0 where the city has announced no whole.
    """
    return 0 if announced is None else announced - sum(entry.headline_count or 0 for entry in types)


class Missed(msgspec.Struct, frozen=True):
    """A required item that so many depots do not have ready."""

    subject: str
    name_zh: str
    name_en: str
    depots: int


def most_missed(session: Session, rows: Iterable[DepotFigures], most: int = 10) -> list[Missed]:
    """The required items that most depots lack, worst first. Posts of the crew are no supplies: see ``vacancies``."""
    counts = Counter(subject for row in rows for subject in row.missing if subject not in CREW_NAMES)
    worst = counts.most_common(most)
    names = subject_names(session, [subject for subject, _ in worst])
    return [Missed(subject, *names.get(subject, (subject, subject)), number) for subject, number in worst]


def vacancies(rows: Iterable[DepotFigures]) -> list[Missed]:
    """What depots lack of their crews, what most lack first."""
    counts = Counter(subject for row in rows for subject in row.missing if subject in CREW_NAMES)
    return [Missed(subject, *CREW_NAMES[subject], number) for subject, number in counts.most_common()]


def subject_names(session: Session, subjects: Iterable[str]) -> dict[str, tuple[str, str]]:
    """The names of items (by code) and groups (``GROUP:code``)."""
    wanted = set(subjects)
    items = select(Item.code.label("subject"), Item.name_zh, Item.name_en).where(Item.code.in_(wanted))
    groups = select(literal("GROUP:").concat(ItemGroup.code), ItemGroup.name_zh, ItemGroup.name_en)
    return CREW_NAMES | {subject: (zh, en) for subject, zh, en in session.execute(union_all(items, groups))}


class Bucket(msgspec.Struct, frozen=True):
    """What expires within so many days (0: has expired) and not within the bucket before: balances and depots."""

    days: int
    lines: int
    depots: int
    since: date | None  # the first and the last usable day in it
    until: date


def expiring(rows: Iterable[DepotFigures], today: date) -> list[Bucket]:
    """Balances inside depots by when they end, from the depots' figures."""
    bounds = [today + timedelta(days=days) for days in BUCKETS]
    bounds[0] = today - timedelta(days=1)  # today itself is still usable
    lines, depots = [0] * len(BUCKETS), [0] * len(BUCKETS)
    for row in rows:
        before = 0
        for index, bound in enumerate(bounds):
            through = row.ends.through(bound)
            lines[index] += through - before
            depots[index] += through > before
            before = through
    since = [None, *(bound + timedelta(days=1) for bound in bounds[:-1])]
    return [Bucket(*bucket) for bucket in zip(BUCKETS, lines, depots, since, bounds, strict=True)]


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
    per: tuple[Any, ...] = (None, None, None)  # the item's second measure (T60)

    @property
    def short(self) -> Decimal:
        return max(Decimal(0), self.minimum - self.ready)

    def measured(self, quantity: Decimal) -> Measure | None:
        """A quantity of this line in the item's second measure (T60)."""
        return measured(quantity, *self.per)


def explain(session: Session, depot_id: UUID, today: date) -> list[RequirementLine]:
    """A depot's requirements line by line, those that are short first."""
    have = amounts(session, today, [depot_id]).get(depot_id, {})
    members = group_members(session)
    reasons = lost_amounts(session, depot_id, today)
    named = (
        select(DepotRequirement, _NAME_ZH, _NAME_EN, *MEASURE)
        .outerjoin(Item, Item.id == DepotRequirement.item_id)
        .outerjoin(ItemGroup, ItemGroup.code == DepotRequirement.group_code)
        .where(DepotRequirement.depot_id == depot_id, holds_on(today))
    )
    found = [_crew_line(post) for post in crew_lines(session, [depot_id])[depot_id]]
    for line, name_zh, name_en, *per in session.execute(named):
        amount = amount_for(line.item_id, line.group_code, have, members)
        lost: dict[str, Decimal] = defaultdict(Decimal)
        for item_id in {line.item_id} if line.item_id else members.get(line.group_code or "", set()):
            for reason, quantity in reasons.get(item_id, {}).items():
                lost[reason] += quantity
        found.append(
            RequirementLine(
                line.subject,
                name_zh,
                name_en,
                line.level,
                line.minimum,
                line.low_below,
                amount.held,
                amount.ready,
                line.why,
                dict(lost),
                tuple(per),
            )
        )
    order = {Level.MANDATORY: 0, Level.SPECIALTY: 1, Level.RECOMMENDED: 2}
    return sorted(found, key=lambda line: (line.short == 0, order[line.level], line.subject))


_NAME_ZH = func.coalesce(Item.name_zh, ItemGroup.name_zh)
_NAME_EN = func.coalesce(Item.name_en, ItemGroup.name_en)


def _crew_line(post: CrewLine) -> RequirementLine:
    names = CREW_NAMES[post.subject]
    return RequirementLine(
        post.subject, *names, Level.MANDATORY, post.minimum, ZERO, post.there, post.there, SOURCE, {}
    )


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
    measures: dict[str, Measure]  # the figures above in the item's second measure, if it has one (T60)


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
        {
            name: measure
            for name in ("minimum", "held", "ready", "short")
            if (measure := line.measured(getattr(line, name)))
        },
    )
