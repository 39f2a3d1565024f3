"""What still has to be done about labels: missing, never bound, fading; and the history of one."""

from collections.abc import Collection
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

from dateutil.relativedelta import relativedelta
from sqlalchemy import case, func, or_, select
from sqlalchemy.orm import Session

from depots.models import Depot, Place
from inventory.catalogue.models import Item, Tracking
from inventory.stock.models import Lot, Stock
from labels.codes.event_models import ForeignCode, LabelEvent, LabelRoll
from labels.codes.models import Label
from labels.printing.texts import AT_HOME, HOME, in_shelf_order
from people.models import Person
from people.policy import Act, Caller, require_at

SHOWN = 200
THERMAL_LASTS_MONTHS = 12  # outdoors; S34: thermal paper must be kept from light and heat (T84)


def missing(session: Session, caller: Caller, depot: Depot) -> list[Any]:
    """The depot's things whose label was never printed, in shelf order, with their names; the first 200."""
    require_at(caller, Act.SEE, depot.id, depot.district_code)
    inner = in_shelf_order(depot.id).where(Label.prints == 0).limit(SHOWN)
    codes = list(session.execute(inner).scalars())
    rows = session.execute(_NAMED.where(Label.code.in_(codes)))
    named = {row.code: row for row in rows}
    return [named[code] for code in codes]


def unlabelled(session: Session, caller: Caller, depot: Depot) -> list[Any]:
    """What the depot holds whose label was taken off, and which has no other: bind a blank one; the first 200."""
    require_at(caller, Act.SEE, depot.id, depot.district_code)
    labelled = select(Label.code).where(Label.lot_id == Lot.id).exists()
    return list(
        session.execute(
            select(
                Lot.id,
                Item.name_zh,
                Item.name_en,
                func.coalesce(Lot.serial, Lot.number, "").label("number"),
                Place.path_zh,
                Place.path_en,
            )
            .join(Item, Item.id == Lot.item_id)
            .join(Stock, Stock.lot_id == Lot.id)
            .join(Place, Place.id == Stock.place_id)
            .where(
                Stock.depot_id == depot.id,
                ~Stock.outside,
                Stock.quantity > 0,
                Item.tracking != Tracking.BULK,
                ~labelled,
            )
            .order_by(Place.position, Item.code)
            .limit(SHOWN)
        )
    )


_NAMED = (
    select(
        Label.code,
        Label.prints,
        Label.printed_at,
        func.coalesce(Item.name_zh, Place.name_zh, Depot.name_zh).label("name_zh"),
        func.coalesce(Item.name_en, Place.name_en, Depot.name_en).label("name_en"),
        func.coalesce(Lot.serial, Lot.number, "").label("number"),
        func.coalesce(Place.path_zh, HOME.path_zh, "").label("path_zh"),
        func.coalesce(Place.path_en, HOME.path_en, "").label("path_en"),
    )
    .select_from(Label)
    .outerjoin(Lot, Lot.id == Label.lot_id)
    .outerjoin(Item, Item.id == Lot.item_id)
    .outerjoin(Place, Place.id == Label.place_id)
    .outerjoin(HOME, (HOME.id == Lot.home_place_id) & AT_HOME)
    .outerjoin(Depot, Depot.id == Label.depot_id)
)


def rolls_of_blanks(session: Session) -> list[Any]:
    """Rolls, the newest first, with how many of their labels are printed and still on nothing."""
    blank = (Label.lot_id.is_(None)) & (Label.place_id.is_(None)) & (Label.depot_id.is_(None))
    return list(
        session.execute(
            select(
                LabelRoll.id,
                LabelRoll.created_at,
                LabelRoll.note,
                LabelRoll.count,
                Person.name.label("person"),
                func.coalesce(func.sum(case((blank & (Label.prints > 0), 1), else_=0)), 0).label("unbound"),
                func.coalesce(func.sum(case((Label.prints == 0, 1), else_=0)), 0).label("unprinted"),
            )
            .outerjoin(Label, Label.roll_id == LabelRoll.id)
            .outerjoin(Person, Person.id == LabelRoll.person_id)
            .group_by(LabelRoll.id, LabelRoll.created_at, LabelRoll.note, LabelRoll.count, Person.name)
            .order_by(LabelRoll.created_at.desc(), LabelRoll.id.desc())
            .limit(20)
        )
    )


def never_bound(session: Session, roll_id: UUID) -> list[str]:
    """The codes of a roll that were printed and stick on nothing as far as the book knows."""
    statement = select(Label.code).where(
        Label.roll_id == roll_id,
        Label.lot_id.is_(None),
        Label.place_id.is_(None),
        Label.depot_id.is_(None),
        Label.prints > 0,
    )
    return list(session.execute(statement.order_by(Label.code)).scalars())


def fades_on(printed_at: datetime) -> date:
    """The day on which a thermal label that was printed then and sticks outdoors is to be printed anew (T84)."""
    return printed_at.date() + relativedelta(months=THERMAL_LASTS_MONTHS)


def fading(session: Session, depot_ids: Collection[UUID], today: date) -> list[Any]:
    """Thermal labels that have been outdoors for twelve months: code, depot, lot, day of print (T84).

    Days are UTC's here: a label that fades within a year or so is not due to the hour.
    """
    before = datetime.combine(today - relativedelta(months=THERMAL_LASTS_MONTHS), time.max, UTC)
    held = select(Stock.lot_id, Stock.depot_id).where(~Stock.outside, Stock.quantity > 0).distinct().subquery()
    at = func.coalesce(Label.depot_id, Place.depot_id, held.c.depot_id)
    return list(
        session.execute(
            select(
                Label.code,
                Label.lot_id,
                Label.place_id,
                Label.printed_at,
                at.label("depot_id"),
                Item.id.label("item_id"),
                func.coalesce(Item.name_zh, Place.name_zh, Depot.name_zh).label("name_zh"),
                func.coalesce(Item.name_en, Place.name_en, Depot.name_en).label("name_en"),
            )
            .select_from(Label)
            .outerjoin(Depot, Depot.id == Label.depot_id)
            .outerjoin(Place, Place.id == Label.place_id)
            .outerjoin(held, held.c.lot_id == Label.lot_id)
            .outerjoin(Lot, Lot.id == Label.lot_id)
            .outerjoin(Item, Item.id == Lot.item_id)
            .where(
                Label.outdoor, Label.thermal, Label.printed_at <= before, Label.replaced_by.is_(None), at.in_(depot_ids)
            )
            .order_by(Label.printed_at, Label.code)
        )
    )


def history(session: Session, code: str) -> list[Any]:
    """What was done with a label, the newest first: prints, bindings, reports."""
    return list(
        session.execute(
            select(LabelEvent.act, LabelEvent.at, LabelEvent.how, LabelEvent.reason, Person.name.label("person"))
            .outerjoin(Person, Person.id == LabelEvent.person_id)
            .where(LabelEvent.code == code)
            .order_by(LabelEvent.at.desc(), LabelEvent.id.desc())
            .limit(50)
        )
    )


def second_codes(session: Session, lot_id: UUID | None, place_id: UUID | None) -> list[str]:
    """The foreign codes that are linked to a thing."""
    statement = select(ForeignCode.text).where(or_(ForeignCode.lot_id == lot_id, ForeignCode.place_id == place_id))
    return list(session.execute(statement.order_by(ForeignCode.at)).scalars())
