"""What a draft would do: judged by the same rule as readiness, over what each depot would have to hold on its day."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from depots.models import Depot, DepotProfile, DepotStatus, Level
from depots.requirements import Periods, required_with
from inventory.catalogue.models import Item
from inventory.minimums.drafting import digest_of, lines_of, the_version
from inventory.minimums.models import RequirementVersion, RequirementVersionLine
from inventory.readiness.counting import amounts, group_members, judged
from inventory.readiness.crew import crew_lines
from inventory.readiness.dashboard import subject_names
from people.policy import Act, Caller, reach

ZERO = Decimal(0)


class DepotLost(msgspec.Struct, frozen=True):
    """A depot that would be ready no more, and for want of what."""

    code: str
    name_zh: str
    name_en: str
    subjects: list[str]


class ToBuy(msgspec.Struct, frozen=True):
    """How much more of a subject would lack in all these depots together."""

    subject: str
    name_zh: str
    name_en: str
    quantity: Decimal
    price: Decimal | None  # yuan apiece; empty: nobody said what such a thing costs

    @property
    def cost(self) -> Decimal | None:
        return None if self.price is None else self.price * self.quantity


class Preview(msgspec.Struct, frozen=True):
    """What would change if it counted now, with the stock of today; of the depots within reach."""

    digest: str  # of what was looked at
    depots: int  # that it concerns
    ready_before: int
    ready_after: int
    lose: list[DepotLost]
    gain: list[str]
    gaps_new: int
    gaps_closed: int
    to_buy: list[ToBuy]
    cost: Decimal  # yuan, of what has a price
    unpriced: int


@dataclass(frozen=True)
class _Line:
    """A line of a draft as a version that has begun."""

    profile_code: str
    subject: str
    item_id: UUID | None
    group_code: str | None
    level: Level
    minimum: Decimal
    combine: str
    spare_per: int | None
    valid_from: date


def preview(session: Session, caller: Caller, version_id: UUID, today: date, prices: Mapping[str, float]) -> Preview:
    """Judge the depots within reach that a draft concerns, with and without it. Some fifteen queries."""
    version, lines = the_version(session, version_id), lines_of(session, version_id)
    depots = _concerned(session, caller, {line.profile_code for line in lines})
    day = max(version.begins_on, today)
    ids = list(depots)
    have, members = amounts(session, today, ids) if ids else {}, group_members(session)
    vacant = {depot_id: sum(not line.met for line in crew) for depot_id, crew in crew_lines(session, ids).items()}
    before = _short(required_with(session, day, ids), have, members)
    after = _short(required_with(session, day, ids, _said(version, lines)), have, members)
    ready = [{one for one in ids if not short.get(one) and not vacant.get(one)} for short in (before, after)]
    new = [(one, subject) for one in ids for subject in after.get(one, {}).keys() - before.get(one, {}).keys()]
    closed = sum(len(before.get(one, {}).keys() - after.get(one, {}).keys()) for one in ids)
    to_buy = _to_buy(session, before, after, members, prices)
    return Preview(
        digest_of(version, lines),
        len(ids),
        len(ready[0]),
        len(ready[1]),
        sorted(
            (DepotLost(*depots[one], sorted(after[one])) for one in ready[0] - ready[1]), key=lambda lost: lost.code
        ),
        sorted(depots[one][0] for one in ready[1] - ready[0]),
        len(new),
        closed,
        to_buy,
        sum((one.cost for one in to_buy if one.cost is not None), ZERO),
        sum(one.price is None for one in to_buy),
    )


def _said(version: RequirementVersion, lines: Sequence[RequirementVersionLine]) -> list[_Line]:
    """The lines of a draft as if they held already."""
    return [
        _Line(
            line.profile_code,
            line.subject,
            line.item_id,
            line.group_code,
            line.level,
            line.minimum,
            line.combine,
            line.spare_per,
            version.begins_on,
        )
        for line in lines
    ]


def _concerned(session: Session, caller: Caller, profiles: Collection[str]) -> dict[UUID, tuple[str, str, str]]:
    with_add_on = select(DepotProfile.depot_id).where(DepotProfile.profile_code.in_(profiles))
    statement = select(Depot.id, Depot.code, Depot.name_zh, Depot.name_en).where(
        Depot.status == DepotStatus.OPEN,
        or_(Depot.type_code.in_(profiles), Depot.id.in_(with_add_on)),
        reach(caller, Act.SEE, Depot.id, Depot.district_code),
    )
    return {row.id: (row.code, row.name_zh, row.name_en) for row in session.execute(statement)}


Short = dict[UUID, dict[str, Decimal]]  # per depot and subject, how much lacks


def _short(required: dict[UUID, Periods], have: Any, members: Any) -> Short:
    """What of the mandatory and specialty lines lacks now."""
    found: Short = defaultdict(dict)
    for depot_id, subject, _level, minimum, _low, amount in judged(_rows(required), have, members):
        if amount.ready < minimum:
            found[depot_id][subject] = minimum - amount.ready
    return found


def _rows(required: dict[UUID, Periods]) -> Iterator[tuple[Any, ...]]:
    """The lines that readiness hangs on: seven of eight are recommended, and would be judged for nothing."""
    for depot_id, rows in required.items():
        for row in rows:
            if row["level"] == Level.RECOMMENDED:
                continue
            named = (row["subject"], row["item_id"], row["group_code"], row["level"], row["minimum"])
            yield depot_id, *named, row["low_below"]


def _to_buy(
    session: Session, before: Short, after: Short, members: dict[str, set[UUID]], prices: Mapping[str, float]
) -> list[ToBuy]:
    more: dict[str, Decimal] = defaultdict(Decimal)
    for depot_id, short in after.items():
        for subject, lacking in short.items():
            more[subject] += max(ZERO, lacking - before.get(depot_id, {}).get(subject, ZERO))
    wanted = {subject: quantity for subject, quantity in more.items() if quantity > 0}
    names, apiece = subject_names(session, wanted.keys()), _prices(session, wanted, members, prices)
    rows = [
        ToBuy(subject, *names.get(subject, (subject, subject)), quantity, apiece.get(subject))
        for subject, quantity in wanted.items()
    ]
    return sorted(rows, key=lambda row: (-(row.cost or ZERO), row.subject))


def _prices(
    session: Session, subjects: Iterable[str], members: dict[str, set[UUID]], prices: Mapping[str, float]
) -> dict[str, Decimal]:
    """What a piece of each subject costs by its category; of a group its cheapest member."""
    rows = session.execute(select(Item.id, Item.code, Item.category_code))
    category = {item_id: (code, of) for item_id, code, of in rows}
    by_code = {code: prices.get(of) for code, of in category.values()}
    found = {}
    for subject in subjects:
        said: list[float | None] = [by_code.get(subject)]
        if subject.startswith("GROUP:"):
            group = members.get(subject.removeprefix("GROUP:"), set())
            said = [prices.get(category[one][1]) for one in group if one in category]
        known = [price for price in said if price is not None]
        if known:
            found[subject] = Decimal(str(min(known)))
    return found
