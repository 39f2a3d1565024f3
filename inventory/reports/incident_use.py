"""What call-outs used, item by item, and what it cost."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import BigInteger, and_, case, func, literal, not_, select, type_coerce
from sqlalchemy.orm import Session

from core.columns import THOUSANDTHS, Quantity
from depots.models import Depot, PlaceKind
from inventory.assets.models import AssetFact
from inventory.assets.rules import write_yuan
from inventory.catalogue.models import Item
from inventory.documents.models import Incident
from inventory.listing.listing import Asked
from inventory.reports.crossing import target
from inventory.reports.fences import asked_depots
from inventory.reports.periods import period_asked
from inventory.stock.models import Movement
from people.policy import Act, reach


def incident_use(session: Session, asked: Asked) -> Iterator[Any]:
    """What was booked in the period for call-outs, item by item: drawn, given back, used up, lost; and what is out.

    What was used up straight from a shelf for an incident counts as drawn too. It goes by the time of recording, like
    every report: what is reported after a call-out's month has closed stands in the month of the report (B31).
    """
    period = period_asked(asked)
    told = Movement.recorded_at >= period.since
    booked = select(Movement.incident_id).where(
        told, Movement.recorded_at < period.until, Movement.incident_id.is_not(None)
    )
    statement = (
        select(
            Incident.id,
            Incident.opened_at,
            case((Incident.opened_at < period.since, 1), else_=0).label("earlier"),
            Incident.kind,
            Incident.place,
            Depot.code.label("depot"),
            Item.code.label("item"),
            Item.name_zh.label("item_zh"),
            Item.name_en.label("item_en"),
            Item.unit_zh,
            Item.unit_en,
            *_quantities(told),
        )
        .select_from(Incident)
        .join(Depot, Depot.id == Incident.depot_id)
        .join(Movement, Movement.incident_id == Incident.id)
        .join(target, target.id == Movement.to_place_id)
        .join(Item, Item.id == Movement.item_id)
        .outerjoin(AssetFact, AssetFact.lot_id == Movement.lot_id)
        .where(
            Incident.id.in_(booked),
            Movement.recorded_at < period.until,
            reach(asked.caller, Act.SEE, Depot.id, Depot.district_code),
            *asked_depots(asked),
        )
        .group_by(Incident.id, Depot.code, Item.id)
        .having(func.sum(case((told, 1), else_=0)) > 0)
        .order_by(Incident.opened_at, Incident.id, Item.code)
        .execution_options(yield_per=1000)
    )
    yield from session.execute(statement)


def _quantities(told: Any) -> tuple[Any, ...]:
    """What was drawn, given back, used up and lost where ``told`` holds; what is out in all; and the cost."""
    here = Movement.to_place_id == Incident.id
    from_here = Movement.from_place_id == Incident.id
    used = target.kind == PlaceKind.CONSUMED
    lost = and_(from_here, target.outside, not_(used))
    drawn, returned = here | (used & not_(from_here)), from_here & not_(target.outside)
    gone = used | lost
    nought = literal(0, Quantity())
    fen = type_coerce(Movement.quantity, BigInteger) * AssetFact.price_fen
    without = AssetFact.price_fen.is_(None)  # type: ignore[union-attr]

    def total(condition: Any, *more: Any) -> Any:
        return func.sum(case((and_(condition, *more), Movement.quantity), else_=nought), type_=Quantity())

    return (
        total(drawn, told).label("drawn"),
        total(returned, told).label("returned"),
        total(used, told).label("used"),
        total(lost, told).label("lost"),
        type_coerce(total(drawn) - total(returned) - total(used) - total(lost), Quantity()).label("out"),
        func.sum(case((and_(gone, told), fen), else_=0)).label("cost"),
        func.sum(case((and_(gone, told, without), 1), else_=0)).label("unpriced"),
    )


def cost_of(row: Any) -> str | None:
    """What was used up and lost is worth, as bought; nothing is said where a part of it has no price."""
    return None if row.unpriced else write_yuan(int(row.cost or 0) // THOUSANDTHS)
