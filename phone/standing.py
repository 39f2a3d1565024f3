"""Where a phone is, and what a code stands for that is not of the depot whose picture it has (K2)."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, get
from litestar.params import FromPath, QueryParameter
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.context import context_of
from core.errors import not_found
from core.languages import N_
from core.quantities import write_quantity
from depots.here import HERE, Clues, apart, here_of
from depots.models import Depot, Place
from inventory.catalogue.models import Item, Tracking
from inventory.stock.models import Lot, Stock
from labels.codes.binding import bound_reached
from labels.codes.codes import read_scan
from people.policy import Act, Caller, reach

Near = Annotated[str, QueryParameter(max_length=40, description="latitude,longitude in WGS84 degrees")]
From = Annotated[str, QueryParameter(max_length=16, description="the depot where the phone is")]


class Standing(msgspec.Struct, frozen=True):
    """The depot where a phone is; nothing where nothing tells."""

    code: str | None = None
    zh: str = ""
    en: str = ""


@get("/api/phone/here", operation_id="getPhoneHere", may=Act.SEE, summary="The depot where a phone is")
async def get_here(request: Request[Any, Any, Any], near: Near = "") -> Standing:
    """The depot last scanned or chosen, else the one nearest to the position, else one's own."""
    clues = Clues(remembered=request.cookies.get(HERE, ""), position=near)
    depot = await context_of(request).database.read(here_of, request.user, clues)
    return Standing(depot.code, depot.name_zh, depot.name_en) if depot else Standing()


class Meant(msgspec.Struct, frozen=True):
    """What a label is on, and at which depot: of a lot, the nearest that has some of it within reach."""

    kind: str  # lot or place
    id: UUID
    zh: str
    en: str
    depot: str | None = None
    depot_zh: str = ""
    depot_en: str = ""
    place: UUID | None = None
    place_zh: str = ""
    place_en: str = ""
    number: str = ""
    quantity: str = "0"
    single: bool = False
    consumable: bool = False


@get(
    "/api/phone/codes/{code:str}",
    operation_id="getPhoneCode",
    may=Act.SEE,
    summary="What a label is on that the phone does not know",
)
async def get_meant(request: Request[Any, Any, Any], code: FromPath[str], from_depot: From = "") -> Meant:
    """Within reach; so that nothing is booked at another depot without its name."""
    return await context_of(request).database.read(meant, request.user, code, from_depot)


def meant(session: Session, caller: Caller, code: str, from_depot: str) -> Meant:
    """What a label is on, and at which depot. Four queries at most."""
    scan = read_scan(code)
    label = bound_reached(session, caller, scan.code) if scan.code else None
    if label is None or (label.lot_id is None and label.place_id is None):
        raise not_found(N_("no label with this code was ever made"))
    if label.place_id is not None:
        return _place(session, label.place_id)
    lot, item = session.execute(
        select(Lot, Item).join(Item, Item.id == Lot.item_id).where(Lot.id == label.lot_id)
    ).one()
    here = session.execute(select(Depot.lat, Depot.lon).where(Depot.code == from_depot)).first()
    nearest = [apart(here.lat, here.lon)] if here is not None and here.lat is not None else []
    row = session.execute(
        select(Stock.quantity, Place, Depot)
        .join(Place, Place.id == Stock.place_id)
        .join(Depot, Depot.id == Stock.depot_id)
        .where(
            *(Stock.lot_id == lot.id, ~Stock.outside, Stock.quantity > 0, Place.in_reach),
            reach(caller, Act.SEE, Depot.id, Depot.district_code),
        )
        .order_by(*nearest, Depot.code, Stock.quantity.desc(), Place.id)
        .limit(1)
    ).first()
    found = Meant(
        kind="lot",
        id=lot.id,
        zh=item.name_zh,
        en=item.name_en,
        number=lot.serial or lot.number or "",
        single=item.tracking == Tracking.SERIAL,
        consumable=item.used_up,
    )
    if row is None:
        return found
    code, zh, en = row.Depot.code, row.Depot.name_zh, row.Depot.name_en
    where = {"place": row.Place.id, "place_zh": row.Place.path_zh, "place_en": row.Place.path_en}
    quantity = write_quantity(row.quantity)
    return msgspec.structs.replace(found, depot=code, depot_zh=zh, depot_en=en, quantity=quantity, **where)


def _place(session: Session, place_id: UUID) -> Meant:
    place, depot = session.execute(
        select(Place, Depot).join(Depot, Depot.id == Place.depot_id).where(Place.id == place_id)
    ).one()
    return Meant("place", place.id, place.path_zh, place.path_en, depot.code, depot.name_zh, depot.name_en)


ROUTES = [get_here, get_meant]
