"""The life of a piece or lot on one line: received, moved, lent, looked at, faulty, repaired, and when it ends."""

from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import case, or_, select
from sqlalchemy.orm import Session, aliased

from core.errors import not_found
from core.languages import N_
from core.quantities import write_quantity
from depots.models import Depot, Place
from depots.places import path_at
from inventory.catalogue.models import Item
from inventory.clocks.models import Check, MaintenancePlan
from inventory.faults.models import Defect
from inventory.stock.models import Kind, Lot, Movement
from inventory.stock.reaching import lots_reached
from inventory.stock.reasons import in_both
from inventory.stock.words import KIND_WORDS
from inventory.upkeep.models import Service
from people.policy import Act, Caller, reach

MOST = 200  # of each sort, the latest
# The lanes of the line, from its top
LANES = {
    "book": N_("came and went"),
    "moved": N_("moved"),
    "lent": N_("taken and returned"),
    "checked": N_("looked at"),
    "repaired": N_("faults and repairs"),
    "ends": N_("ends"),
}
LANE_OF = {Kind.TRANSFER: "moved", Kind.ISSUE: "lent", Kind.RETURN: "lent"}


@dataclass(frozen=True)
class Moment:
    """Something that happened to it, or will. ``what``: a text id; ``key`` names its line in the table."""

    key: str
    lane: str
    at: datetime
    what: str
    params: dict[str, Any] = field(default_factory=dict)
    to: str = ""
    depot: tuple[str, str] | None = None
    whole_day: bool = False


@dataclass(frozen=True)
class Life:
    """All of it that lies within the caller's reach, the latest first. ``cut``: older movements are left out."""

    lot: Lot
    item: Item
    moments: list[Moment]
    cut: bool


def life(session: Session, caller: Caller, lot_id: UUID, zone: ZoneInfo) -> Life:
    """The life of a lot; 404 where it is out of reach. Five queries."""
    reached = lots_reached(session, caller, [lot_id]).get(lot_id)
    if reached is None:
        raise not_found()
    lot, item = reached
    moved = _moved(session, caller, lot_id)
    moments = [*moved[:MOST], *_checked(session, caller, lot_id, zone), *_faults(session, caller, lot_id)]
    moments += [*_repaired(session, caller, lot_id), *_ends(lot, zone)]
    return Life(lot, item, sorted(moments, key=lambda one: (one.at, one.key), reverse=True), len(moved) > MOST)


def _seen(caller: Caller, depot: Any = Depot) -> Any:
    return reach(caller, Act.SEE, depot.id, depot.district_code)


_HERE = (Depot.name_zh.label("depot_zh"), Depot.name_en.label("depot_en"))


def _moved(session: Session, caller: Caller, lot_id: UUID) -> list[Moment]:
    """The ledger's lines, the latest and one more: seen by whoever may see either depot."""
    giver, taker, source, target = aliased(Depot), aliased(Depot), aliased(Place), aliased(Place)
    seen_giver = _seen(caller, giver)
    statement = (
        select(
            Movement,
            path_at(source, Movement.from_depot_id, "zh").label("here_zh"),
            path_at(source, Movement.from_depot_id, "en").label("here_en"),
            path_at(target, Movement.to_depot_id, "zh").label("there_zh"),
            path_at(target, Movement.to_depot_id, "en").label("there_en"),
            # the depot that the caller sees; the giver where it is both
            case((seen_giver, giver.name_zh), else_=taker.name_zh).label("depot_zh"),
            case((seen_giver, giver.name_en), else_=taker.name_en).label("depot_en"),
        )
        .join(giver, giver.id == Movement.from_depot_id)
        .join(taker, taker.id == Movement.to_depot_id)
        .join(source, source.id == Movement.from_place_id)
        .join(target, target.id == Movement.to_place_id)
        .where(Movement.lot_id == lot_id, or_(seen_giver, _seen(caller, taker)))
        .order_by(Movement.recorded_at.desc(), Movement.id.desc())
        .limit(MOST + 1)
    )
    return [
        Moment(
            f"m-{row.Movement.id}",
            LANE_OF.get(row.Movement.kind, "book"),
            row.Movement.happened_at,
            N_("{word}: {count} · {here} → {there}"),
            {
                "word": KIND_WORDS[row.Movement.kind],
                "count": write_quantity(row.Movement.quantity),
                "here": (row.here_zh, row.here_en),
                "there": (row.there_zh, row.there_en),
            },
            depot=(row.depot_zh, row.depot_en),
        )
        for row in session.execute(statement)
    ]


def _checked(session: Session, caller: Caller, lot_id: UUID, zone: ZoneInfo) -> list[Moment]:
    statement = (
        select(Check.id, Check.done_on, Check.note, MaintenancePlan.task_zh, MaintenancePlan.task_en, *_HERE)
        .join(MaintenancePlan, MaintenancePlan.code == Check.plan_code)
        .join(Depot, Depot.id == Check.depot_id)
        .where(Check.lot_id == lot_id, _seen(caller))
        .order_by(Check.done_on.desc(), Check.id)
        .limit(MOST)
    )
    return [
        Moment(
            f"c-{row.id}",
            "checked",
            _noon(row.done_on, zone),
            "{task} {note}" if row.note else "{task}",
            {"task": (row.task_zh, row.task_en), "note": in_both(row.note)},
            f"/lots/{lot_id}/upkeep",
            (row.depot_zh, row.depot_en),
            whole_day=True,
        )
        for row in session.execute(statement)
    ]


def _faults(session: Session, caller: Caller, lot_id: UUID) -> list[Moment]:
    statement = (
        select(Defect.id, Defect.reported_at, Defect.closed_at, Defect.description, *_HERE)
        .join(Depot, Depot.id == Defect.depot_id)
        .where(Defect.lot_id == lot_id, _seen(caller))
        .order_by(Defect.reported_at.desc(), Defect.id)
        .limit(MOST)
    )
    moments = []
    for row in session.execute(statement):
        to, told = f"/lots/{lot_id}/upkeep", {"what": row.description}
        at = (row.depot_zh, row.depot_en)
        moments.append(Moment(f"f-{row.id}", "repaired", row.reported_at, N_("fault: {what}"), told, to, at))
        if row.closed_at:
            moments.append(Moment(f"d-{row.id}", "repaired", row.closed_at, N_("fault closed: {what}"), told, to, at))
    return moments


def _repaired(session: Session, caller: Caller, lot_id: UUID) -> list[Moment]:
    statement = (
        select(Service.id, Service.sent_at, Service.back_at, Service.vendor, Service.note)
        .join(Depot, Depot.id == Service.depot_id)
        .where(Service.lot_id == lot_id, _seen(caller))
        .order_by(Service.sent_at.desc(), Service.id)
        .limit(MOST)
    )
    moments = []
    for row in session.execute(statement):
        told = {"vendor": row.vendor, "note": row.note}
        moments.append(
            Moment(f"s-{row.id}", "repaired", row.sent_at, N_("to the workshop {vendor}"), told, "/services")
        )
        if row.back_at:
            moments.append(Moment(f"b-{row.id}", "repaired", row.back_at, N_("back from {vendor} {note}"), told))
    return moments


def _ends(lot: Lot, zone: ZoneInfo) -> list[Moment]:
    if lot.usable_through is None:
        return []
    return [Moment("end", "ends", _noon(lot.usable_through, zone), N_("its last usable day"), whole_day=True)]


def _noon(day: date, zone: ZoneInfo) -> datetime:
    """A day as an instant, to stand on the line with others."""
    return datetime.combine(day, time(12), zone)
