"""One depot and one place, gathered for their pages."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import not_found
from core.paging import Page
from depots.models import Depot, Place
from depots.places import is_standing, visible_depot
from inventory.catalogue.models import Item
from inventory.closing.notes import ClosedNote, closed_note
from inventory.desk.gear_lists import StockRow, stock
from inventory.desk.hazards import BreachRow, breaches
from inventory.faults.models import Defect, DefectState
from inventory.readiness.crew import Holder, crew_lines
from inventory.readiness.dashboard import RequirementLine, explain
from inventory.stock.models import Expiry, Lot, Stock
from inventory.upkeep.models import Triage
from people.policy import Act, Caller, may_at, require_at

CREW = "CREW:"  # before the post, in the subject of a requirement


class Tab(StrEnum):
    """What a depot's page shows, each by itself."""

    NOW = "now"
    STOCK = "stock"
    DUE = "due"
    DOCUMENTS = "documents"
    PEOPLE = "people"
    HISTORY = "history"


@dataclass(frozen=True)
class DepotHead:
    """What stands above all tabs of a depot's page."""

    depot: Depot
    closed: ClosedNote | None
    may_close: bool
    may_keep: bool


@dataclass(frozen=True)
class NowView:
    """A depot as it stands: its requirements and its open faults."""

    lines: list[RequirementLine]
    defects: list[Any]

    @property
    def required(self) -> list[RequirementLine]:
        return [line for line in self.lines if line.level.value != "recommended"]

    @property
    def gear(self) -> list[RequirementLine]:
        """What is required and short of gear; posts of the crew stand apart."""
        return [line for line in self.required if line.short and not line.subject.startswith(CREW)]

    @property
    def low(self) -> list[RequirementLine]:
        """What is low: less ready than the depot's minimum, required or wished for. As many as lists say."""
        return [line for line in self.lines if line.ready < line.low_below]

    @property
    def vacant(self) -> list[RequirementLine]:
        """What is required of the crew and short."""
        return [line for line in self.required if line.short and line.subject.startswith(CREW)]

    @property
    def ready(self) -> bool:
        return all(line.short == 0 for line in self.required)


def depot_lines(session: Session, caller: Caller, code: str, today: date) -> list[RequirementLine]:
    """A depot's requirements line by line."""
    return explain(session, visible_depot(session, caller, code).id, today)


def depot_stock(
    session: Session, caller: Caller, code: str, today: date, *, limit: int, cursor: str | None, item: str | None
) -> Page[StockRow]:
    """What stands where in a depot, in shelf order."""
    return stock(session, visible_depot(session, caller, code).id, today, limit=limit, cursor=cursor, item=item)


def depot_head(session: Session, caller: Caller, code: str) -> DepotHead:
    """A depot within reach, for the head of its page. Two queries."""
    depot = visible_depot(session, caller, code)
    return DepotHead(
        depot,
        closed_note(session, depot),
        may_at(caller, Act.APPROVE, depot.id, depot.district_code),
        may_at(caller, Act.KEEP, depot.id, depot.district_code),
    )


def now_view(session: Session, depot_id: UUID, today: date) -> NowView:
    """A depot's requirements and open faults. Six queries."""
    return NowView(explain(session, depot_id, today), _defects(session, depot_id))


def posts(session: Session, depot_id: UUID) -> dict[str, Holder]:
    """Who holds which post of a depot's crew."""
    lines = crew_lines(session, [depot_id])[depot_id]
    return {line.subject.removeprefix(CREW): line.holder for line in lines if line.holder}


def dates(session: Session, depot_id: UUID, today: date) -> list[Any]:
    """What has expired, expires within 90 days, or has no date; the earliest first."""
    statement = (
        select(Lot.usable_through, Lot.expiry, Lot.number, Lot.serial, Item, Stock.quantity, Place)
        .select_from(Stock)
        .join(Lot, Lot.id == Stock.lot_id)
        .join(Item, Item.id == Stock.item_id)
        .join(Place, Place.id == Stock.place_id)
        .where(
            Stock.depot_id == depot_id,
            ~Stock.outside,
            Stock.quantity > 0,
            (Lot.usable_through <= today + timedelta(days=90)) | (Lot.expiry == Expiry.UNKNOWN),
        )
        .order_by(Lot.usable_through.is_not(None), Lot.usable_through, Item.code)
        .limit(100)
    )
    return list(session.execute(statement).all())


def _defects(session: Session, depot_id: UUID) -> list[Any]:
    statement = (
        select(Defect, Item, Triage)
        .outerjoin(Triage, Triage.defect_id == Defect.id)
        .outerjoin(Lot, Lot.id == Defect.lot_id)
        .outerjoin(Item, Item.id == Lot.item_id)
        .where(Defect.depot_id == depot_id, Defect.state != DefectState.CLOSED)
        .order_by(Defect.reported_at.desc(), Defect.id.desc())
        .limit(100)
    )
    return list(session.execute(statement).all())


@dataclass(frozen=True)
class PlaceView:
    """A place as its page shows it."""

    place: Place
    depot: Depot
    inner: list[Place]
    rows: Page[StockRow]
    closed: ClosedNote | None
    breaches: list[BreachRow]  # of dangerous goods (T99)


def place_view(session: Session, caller: Caller, place_id: UUID, today: date, cursor: str | None) -> PlaceView:
    """A place, the places in it, and what stands there. Nine queries."""
    row = session.execute(
        select(Place, Depot).join(Depot, Depot.id == Place.depot_id).where(Place.id == place_id)
    ).first()
    if row is None:
        raise not_found()
    place, depot = row
    require_at(caller, Act.SEE, depot.id, depot.district_code)
    within = select(Place).where(Place.parent_id == place_id, is_standing()).order_by(Place.position)
    rows = stock(session, depot.id, today, limit=100, cursor=cursor, place_id=place_id)
    inner = list(session.execute(within).scalars())
    wrong = breaches(session, depot.id, place.id)
    return PlaceView(place, depot, inner, rows, closed_note(session, depot), wrong)
