"""What depots must hold under the watches in force: beside the usual figures, which stay as they are."""

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from depots.models import Depot, DepotProfile, DepotRequirement, DepotStatus, ItemGroup, ItemGroupMember, Level
from depots.requirements import holds_on
from inventory.catalogue.models import Item
from inventory.readiness.counting import amount_for, amounts, group_members
from inventory.readiness.survey import Survey
from inventory.watch.models import Watch
from inventory.watch.rules import in_force, raised
from people.policy import Act, Caller, reach

ZERO = Decimal(0)
_member: Any = aliased(Item)


class RaisedLine(msgspec.Struct, frozen=True):
    """One requirement of one depot in both readings: usual, and under the watches in force. In base units."""

    depot: str
    depot_zh: str
    depot_en: str
    item: str
    item_zh: str
    item_en: str
    level: Level
    minimum: Decimal
    raised: Decimal
    ready: Decimal

    @property
    def short(self) -> Decimal:
        """How much is lacking under the watch."""
        return max(ZERO, self.raised - self.ready)


def watches_in_force(session: Session, today: date) -> list[Watch]:
    """The watches that hold today. One query."""
    rows = session.execute(select(Watch).where(Watch.begins_on <= today, Watch.ends_on >= today)).scalars()
    return [watch for watch in rows if in_force(watch, today)]


def _concerned(watch: Watch) -> Any:
    """The condition that a requirement is one that a watch raises."""
    conditions: list[Any] = [Depot.status == DepotStatus.OPEN]
    if watch.district_code is not None:
        conditions.append(Depot.district_code == watch.district_code)
    if watch.profile_code is not None:
        added_on = exists().where(DepotProfile.depot_id == Depot.id, DepotProfile.profile_code == watch.profile_code)
        conditions.append(or_(Depot.type_code == watch.profile_code, added_on))
    if watch.item_id is not None:
        conditions.append(_of(Item.id == watch.item_id, _member.id == watch.item_id))
    if watch.category_code is not None:
        of = (Item.category_code == watch.category_code, _member.category_code == watch.category_code)
        conditions.append(_of(*of))
    return and_(*conditions)


def _of(item: Any, member: Any) -> Any:
    """That the required item is one that is meant, or one of the items of which any will do (T86)."""
    members = (
        select(ItemGroupMember.item_id)
        .join(_member, _member.id == ItemGroupMember.item_id)
        .where(ItemGroupMember.group_code == DepotRequirement.group_code, member)
        .correlate(DepotRequirement)
    )
    return or_(item, members.exists())


_MINIMUM = select(
    DepotRequirement.depot_id,
    DepotRequirement.subject,
    DepotRequirement.item_id,
    DepotRequirement.group_code,
    DepotRequirement.minimum,
    func.coalesce(Item.decimals, 0).label("decimals"),  # of a group's items whole ones are asked for
)
_LINE = _MINIMUM.add_columns(
    DepotRequirement.level,
    func.coalesce(Item.code, ItemGroup.code).label("code"),
    func.coalesce(Item.name_zh, ItemGroup.name_zh).label("item_zh"),
    func.coalesce(Item.name_en, ItemGroup.name_en).label("item_en"),
    Depot.code.label("depot"),
    Depot.name_zh.label("depot_zh"),
    Depot.name_en.label("depot_en"),
).order_by(Depot.code, "code")


def _raised_rows(
    session: Session, today: date, watches: Sequence[Watch], columns: Any, *conditions: Any
) -> list[tuple[Any, Decimal]]:
    """The requirements that some watches raise, with the raised minimum; of several watches the higher wins.

    One query per watch. A whole city has two hundred thousand requirements: ``columns`` are no more than are needed.
    """
    rows: dict[tuple[UUID, str], Any] = {}
    over: dict[tuple[UUID, str], list[Watch]] = defaultdict(list)
    statement = (
        columns.select_from(DepotRequirement)
        .join(Depot, Depot.id == DepotRequirement.depot_id)
        .outerjoin(Item, Item.id == DepotRequirement.item_id)
        .outerjoin(ItemGroup, ItemGroup.code == DepotRequirement.group_code)
        .where(holds_on(today), *conditions)
    )
    for watch in watches:
        for row in session.execute(statement.where(_concerned(watch))):
            rows[row.depot_id, row.subject] = row
            over[row.depot_id, row.subject].append(watch)
    found = [(row, raised(row.minimum, over[key], row.decimals)) for key, row in rows.items()]
    return [(row, minimum) for row, minimum in found if minimum > row.minimum]


def raised_minimums(
    session: Session, today: date, depot_ids: Collection[UUID] | None = None
) -> dict[tuple[UUID, str], Decimal]:
    """Per depot and subject the minimum under the watches in force, where it is above the usual one."""
    conditions = () if depot_ids is None else (Depot.id.in_(depot_ids),)
    rows = _raised_rows(session, today, watches_in_force(session, today), _MINIMUM, *conditions)
    return {(row.depot_id, row.subject): minimum for row, minimum in rows}


def under_watch(session: Session, caller: Caller, today: date, depot: str | None = None) -> list[RaisedLine]:
    """What the watches in force today raise within the caller's reach, with what is ready now; what is shortest first.

    One query where no watch is in force.
    """
    conditions = [reach(caller, Act.SEE, Depot.id, Depot.district_code)]
    if depot is not None:
        conditions.append(Depot.code == depot)
    rows = _raised_rows(session, today, watches_in_force(session, today), _LINE, *conditions)
    ready = _ready_of(session, today, {row.depot_id for row, _ in rows})
    found = [
        RaisedLine(
            row.depot,
            row.depot_zh,
            row.depot_en,
            row.code,
            row.item_zh,
            row.item_en,
            row.level,
            row.minimum,
            minimum,
            ready(row),
        )
        for row, minimum in rows
    ]
    return sorted(found, key=lambda line: (line.short == 0, line.depot, line.item))


def ready_under_watch(session: Session, today: date, found: Survey) -> int | None:
    """How many of these depots are ready by the raised minimums as well; None where no watch is in force.

    No query while no figure changes: a declared watch counts as a change.
    """
    watches = found.once("watches", lambda: watches_in_force(session, today))
    if not watches:
        return None
    usually = frozenset(row.id for row in found.rows if row.ready)
    key = ("ready-under-watch", usually)
    ready: int = found.once(key, lambda: len(usually - _short_of(session, today, watches, usually)))
    return ready


def _short_of(session: Session, today: date, watches: Sequence[Watch], depot_ids: Collection[UUID]) -> set[UUID]:
    """Which of these depots are not ready by the raised minimums."""
    required = (Depot.id.in_(depot_ids), DepotRequirement.level != Level.RECOMMENDED)
    rows = _raised_rows(session, today, watches, _MINIMUM, *required)
    ready = _ready_of(session, today, {row.depot_id for row, _ in rows})
    return {row.depot_id for row, minimum in rows if ready(row) < minimum}


def _ready_of(session: Session, today: date, depot_ids: Collection[UUID]) -> Callable[[Any], Decimal]:
    """How much of a requirement's item, or of any of its items, its depot has ready. Three queries, none without
    depots."""
    if not depot_ids:
        return lambda row: ZERO
    have, members = amounts(session, today, depot_ids), group_members(session)
    return lambda row: amount_for(row.item_id, row.group_code, have.get(row.depot_id, {}), members).ready
