"""The sheet for a cabinet's door: what is in it, until when it lasts, and a symbol that opens its page.

Who passes by can read it, so it names no regulated gear (T96). What a kit or vehicle holds stands on its own sheet.
"""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from core.errors import bad_field
from core.languages import N_
from core.quantities import write_quantity
from depots.arranging import CARRIERS
from depots.models import Depot, Place
from inventory.catalogue.models import Hazard, Item
from inventory.stock.models import Lot, Stock
from labels.codes.binding import codes_of
from labels.codes.models import Label
from labels.printing.addresses import Addresses
from labels.printing.door_text import Door, DoorLine
from labels.printing.weights import PARTS_WEIGH, load_of

HIDDEN_CATEGORY = "RIO"  # as on the public page of a thing


def door_of(session: Session, place: Place, addresses: Addresses, today: date, language: str) -> Door:
    """Gather the sheet of a place. Refuses (422) a place outside the depots and one without a label."""
    depot = session.get_one(Depot, place.depot_id)
    column = Label.lot_id if place.kind in CARRIERS else Label.place_id
    code = codes_of(session, column, [place.id]).get(place.id)
    if place.outside or code is None:
        raise bad_field("place", N_("a sheet for the door is of a room, cabinet, shelf, kit or vehicle"))
    rows = _rows(session, place)
    at = 0 if language == "zh" else 1
    names = {row.hazard_code: (row.hazard_zh, row.hazard_en)[at] for row in rows if row.hazard_code}
    return Door(
        url=addresses.of(code, asset=False),
        code=code,
        name=(place.path_zh, place.path_en)[at],
        depot=f"{depot.code} {(depot.name_zh, depot.name_en)[at]}",
        phone=depot.phone or "",
        hazards=[names[code] for code in sorted(names)],
        load=load_of(rows),
        lines=[_line(row, place, language) for row in rows],
        day=today,
        language=language,
    )


def _rows(session: Session, place: Place) -> list[Any]:
    return list(
        session.execute(
            select(
                *(Item.name_zh, Item.name_en, Item.unit_zh, Item.unit_en, Hazard.code.label("hazard_code")),
                *(Item.weight_kg, Item.holds, PARTS_WEIGH),
                *(Lot.number, Lot.serial, Lot.usable_through, Lot.expires_on, Lot.expiry_precision),
                *(Stock.quantity, Stock.place_id, Place.name_zh.label("place_zh"), Place.name_en.label("place_en")),
                *(Hazard.name_zh.label("hazard_zh"), Hazard.name_en.label("hazard_en")),
            )
            .select_from(Stock)
            .join(Item, Item.id == Stock.item_id)
            .join(Lot, Lot.id == Stock.lot_id)
            .join(Place, Place.id == Stock.place_id)
            .outerjoin(Hazard, and_(Hazard.code == Item.hazard_code, Hazard.warns))
            .where(
                *(Stock.place_id.in_(_inside(session, place)), Stock.quantity > 0),
                *(~Item.controlled, Item.category_code != HIDDEN_CATEGORY),
            )
            .order_by(Place.position, Item.code, Lot.usable_through.is_(None), Lot.usable_through, Lot.serial, Lot.id)
        ).all()
    )


def _inside(session: Session, place: Place) -> list[UUID]:
    """A place and the places in it, but not what stands in a kit or vehicle there."""
    inside = select(Place.id).where(Place.id == place.id).cte("inside", recursive=True)
    deeper = select(Place.id).join(inside, Place.parent_id == inside.c.id).where(Place.kind.not_in(CARRIERS))
    return list(session.execute(select(inside.union(deeper).c.id)).scalars())


def _line(row: Any, place: Place, language: str) -> DoorLine:
    at = 0 if language == "zh" else 1
    month = row.expiry_precision == "month" and row.usable_through == row.expires_on  # T01: as the maker printed it
    ends = row.usable_through.strftime("%Y-%m" if month else "%Y-%m-%d") if row.usable_through else ""
    return DoorLine(
        name=(row.name_zh, row.name_en)[at],
        place=(row.place_zh, row.place_en)[at] if row.place_id != place.id else "",
        number=row.serial or row.number or "",
        quantity=f"{write_quantity(row.quantity)} {(row.unit_zh, row.unit_en)[at]}",
        ends=ends,
    )
