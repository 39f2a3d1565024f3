"""The readiness matrix: districts by categories of gear, and the depots and short lines behind each cell.

What is required is counted by the database; what is missing of it stands in the depots' figures, which are exact.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

import msgspec
from sqlalchemy import func, literal, select, union_all
from sqlalchemy.orm import Session

from core.errors import not_found
from core.languages import N_
from core.quantities import percent
from depots.lists import depot_filters
from depots.models import Depot, DepotRequirement, DepotStatus, District, ItemGroupMember, ItemGroupSize, Level
from depots.requirements import holds_on
from inventory.catalogue.models import Category, Item
from inventory.readiness.dashboard import subject_names
from inventory.readiness.figures import DepotFigures
from inventory.readiness.survey import depot_figures
from people.policy import Act, Caller, reach

REQUIRED = (Level.MANDATORY, Level.SPECIALTY)


class Named(msgspec.Struct, frozen=True):
    """A district or category."""

    code: str
    name_zh: str
    name_en: str


class Cell(msgspec.Struct):
    """Required lines of a category of gear at the depots of a district, and how many of them are ready now."""

    district: str
    category: str
    lines: int = 0
    ready: int = 0
    percent: int = 0  # of the lines that are ready, rounded as everywhere


class Matrix(msgspec.Struct):
    """The answer of ``/api/readiness/matrix``. A pair of which nothing is required has no cell."""

    day: date
    districts: list[Named]
    categories: list[Named]
    cells: list[Cell]


def matrix(session: Session, caller: Caller, today: date, type_code: str | None = None) -> Matrix:
    """Required and ready lines by district and category, of the depots within reach. Twelve queries at most."""
    required = _required(session, caller, today, type_code)
    rows = depot_figures(session, caller, today, None, type_code)
    category_of = categories_of(session)
    cells: dict[tuple[str, str], Cell] = {}
    for district, subject, lines in required:
        key = (district, category_of[subject])
        cell = cells.setdefault(key, Cell(*key))
        cell.lines += lines
        cell.ready += lines
    for row in rows:
        for subject in row.missing:
            if subject in category_of:  # a line that is no gear has no category
                cells[row.district, category_of[subject]].ready -= 1
    for cell in cells.values():
        cell.percent = percent(cell.ready, cell.lines)
    shown = {key[0] for key in cells}, {key[1] for key in cells}
    districts = select(District.code, District.name_zh, District.name_en).order_by(District.code)
    categories = select(Category.code, Category.name_zh, Category.name_en).order_by(Category.position, Category.code)
    return Matrix(
        today,
        [Named(*row) for row in session.execute(districts) if row[0] in shown[0]],
        [Named(*row) for row in session.execute(categories) if row[0] in shown[1]],
        [cells[key] for key in sorted(cells)],
    )


def _required(session: Session, caller: Caller, today: date, type_code: str | None) -> list[tuple[str, str, int]]:
    """How many depots of each district must hold each subject."""
    rows = session.execute(
        select(Depot.district_code, DepotRequirement.subject, func.count())
        .join(Depot, Depot.id == DepotRequirement.depot_id)
        .where(
            Depot.status == DepotStatus.OPEN,
            DepotRequirement.level.in_(REQUIRED),
            holds_on(today),
            reach(caller, Act.SEE, Depot.id, Depot.district_code),
            *depot_filters(None, type_code),
        )
        .group_by(Depot.district_code, DepotRequirement.subject)
    )
    return [(district, subject, count) for district, subject, count in rows]


def categories_of(session: Session) -> dict[str, str]:
    """The category of each subject: the item's, or that of most of a group's items. One query."""
    items = select(Item.code, Item.category_code, literal(1))
    groups = (
        select(literal("GROUP:").concat(ItemGroupMember.group_code), Item.category_code, func.count())
        .join(Item, Item.id == ItemGroupMember.item_id)
        .group_by(ItemGroupMember.group_code, Item.category_code)
    )
    sizes = (
        select(literal("GROUP:").concat(ItemGroupSize.group_code), Item.category_code, func.count())
        .join(Item, Item.id == ItemGroupSize.item_id)
        .group_by(ItemGroupSize.group_code, Item.category_code)
    )
    found: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for subject, category, count in session.execute(union_all(items, groups, sizes)):
        found[subject].append((-count, category))
    return {subject: min(parts)[1] for subject, parts in found.items()}


class ShortLine(msgspec.Struct, frozen=True):
    """A required line that a depot does not have ready."""

    subject: str
    name_zh: str
    name_en: str


class ShortDepot(msgspec.Struct, frozen=True):
    """A depot with the required lines that it does not have ready, of those asked about."""

    code: str
    name_zh: str
    name_en: str
    district: str
    type: str
    short: list[ShortLine]


def short_depots(
    session: Session,
    caller: Caller,
    today: date,
    *,
    district: str | None = None,
    type_code: str | None = None,
    category: str | None = None,
    subject: str | None = None,
) -> list[ShortDepot]:
    """The depots behind a cell, those that lack most first; of one category, or of one required subject."""
    category_of = categories_of(session)
    if category and category not in category_of.values():
        raise not_found(N_("there is no category of gear with the code {code}"), code=category)
    if subject and not subject_names(session, [subject]).get(subject):
        raise not_found(N_("there is no item with the code {code}"), code=subject)

    def asked(one: str) -> bool:
        return (not category or category_of.get(one) == category) and (not subject or one == subject)

    rows = depot_figures(session, caller, today, district, type_code)
    lacking = [(row, [one for one in row.missing if asked(one)]) for row in rows]
    names = subject_names(session, {one for _, short in lacking for one in short})
    found = [_short(row, short, names) for row, short in lacking if short]
    return sorted(found, key=lambda depot: (-len(depot.short), depot.code))


def _short(row: DepotFigures, short: Iterable[str], names: dict[str, tuple[str, str]]) -> ShortDepot:
    lines = [ShortLine(one, *names[one]) for one in short]
    return ShortDepot(row.code, row.name_zh, row.name_en, row.district, row.type, lines)
