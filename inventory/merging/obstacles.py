"""What stands against merging a line of the catalogue into another. Each reason with what can be done about it."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from core.languages import N_, in_both
from depots.models import Place, PlaceKind
from inventory.catalogue.models import Item, Tracking
from inventory.clocks.models import MaintenancePlan
from inventory.documents.models import Transfer, TransferLine
from inventory.editing.belongings import holds_inside
from inventory.minimums.models import RequirementVersion, RequirementVersionLine, VersionState
from inventory.recalls.models import Recall
from inventory.stock.meaning import WORDS
from inventory.stock.models import Lot, Stock

Obstacle = tuple[str, dict[str, Any]]  # a text and what fills it
# What must be the same on both lines, for quantities and duties to mean the same
_SAME = (
    "unit_zh",
    "unit_en",
    "decimals",
    "tracking",
    "holds",
    "measure_per",
    "controlled",
    "hazard_code",
    "hazard_per",
)
_WORDS = {
    **WORDS,
    "measure_per": N_("Second measure"),
    "controlled": N_("Controlled gear"),
    "hazard_code": N_("Storage class"),
    "hazard_per": N_("Storage class units in a unit"),
}
_one: Any = aliased(Lot)
_other: Any = aliased(Lot)


def obstacles(session: Session, item: Item, into: Item, today: date) -> list[Obstacle]:
    """Every reason why ``item`` cannot be merged into ``into`` as things are; none: it can be."""
    if item.id == into.id:
        return [(N_("a line cannot be merged into itself"), {})]
    gone = next((one for one in (item, into) if one.merged_into_id is not None), None)
    if gone is not None:
        return [(N_("{code} was merged into another line already"), {"code": gone.code})]
    if not into.active:
        return [(N_("{code} is out of the catalogue; bring it back first"), {"code": into.code})]
    return [*_meant_otherwise(item, into), *_pieces(session, item, into), *_under_way(session, item, into, today)]


def _meant_otherwise(item: Item, into: Item) -> Iterator[Obstacle]:
    names = [*_SAME, "pack_size"] if item.tracking == Tracking.BULK else _SAME
    for name in names:
        if getattr(item, name) != getattr(into, name):
            text = N_("{column} differs: what the quantities of the two lines mean is not the same")
            yield text, {"column": in_both(_WORDS[name])}


def _pieces(session: Session, item: Item, into: Item) -> Iterator[Obstacle]:
    """A piece that was entered under both lines: it is one thing, and only one of the two can be in the book."""
    if item.tracking == Tracking.SERIAL:
        twice = select(_one.serial).join(_other, _other.serial == _one.serial).where(
            _one.item_id == item.id,
            _other.item_id == into.id,
            func.coalesce(_one.maker, "") == func.coalesce(_other.maker, ""),
        )  # fmt: skip
        serial = session.execute(twice.order_by(_one.serial).limit(1)).scalar()
        if serial is not None:
            text = N_("the piece {serial} stands under both lines; correct its serial number under one of them first")
            yield text, {"serial": serial}
    for kit, part in ((item, into), (into, item)):
        if kit.holds and holds_inside(session, kit.id, part.id):
            yield N_("{part} belongs in {kit}; take it out of its list first"), {"part": part.code, "kit": kit.code}


def _under_way(session: Session, item: Item, into: Item, today: date) -> Iterator[Obstacle]:
    """Documents that two people have seen, or that go by the line's code, end first."""
    both = (item.id, into.id)
    open_transfer = (
        select(TransferLine.item_id)
        .join(Transfer, Transfer.id == TransferLine.transfer_id)
        .where(TransferLine.item_id == item.id, Transfer.closed_at.is_(None))
    )
    if session.execute(open_transfer.limit(1)).first():
        yield N_("a transfer of {code} is under way; let it be received or called off first"), {"code": item.code}
    at_incident = (
        select(Stock.lot_id)
        .join(Place, Place.id == Stock.place_id)
        .where(Stock.item_id == item.id, Place.kind == PlaceKind.INCIDENT, Stock.quantity > 0)
    )
    if session.execute(at_incident.limit(1)).first():
        yield N_("some of {code} is out for a call-out; let it come back first"), {"code": item.code}
    called = select(Item.code).join(Recall, Recall.item_id == Item.id)
    code = session.execute(called.where(Item.id.in_(both), Recall.released_at.is_(None)).limit(1)).scalar()
    if code is not None:
        yield N_("{code} is called back; release the recall first"), {"code": code}
    plans = select(MaintenancePlan.item_id).where(MaintenancePlan.item_id.in_(both), MaintenancePlan.active)
    if len(set(session.execute(plans).scalars())) == len(both):
        text = N_("both lines have upkeep plans; switch off those of {code} that the other line has as well")
        yield text, {"code": item.code}
    line = RequirementVersionLine
    coming = (  # it could still be withdrawn, and would take along what was summed up here
        select(RequirementVersion.title)
        .join(line, line.version_id == RequirementVersion.id)
        .where(
            line.item_id.in_(both),
            RequirementVersion.state == VersionState.PUBLISHED,
            RequirementVersion.begins_on > today,
        )
    )
    title = session.execute(coming.limit(1)).scalar()
    if title is not None:
        text = N_("the version “{title}” of what must be held names a line; withdraw it, or wait until it has begun")
        yield text, {"title": title}
