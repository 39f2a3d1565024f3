"""Pages on which depots are made and edited, and their places arranged."""

from datetime import date, datetime
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.context import context_of
from core.errors import bad_field
from core.languages import N_
from core.pages import form_of, page
from depots.arranging import (
    CARRIERS,
    FIXED,
    PlaceSaid,
    change_place,
    copy_layout,
    make_place,
    place_order,
    put_in_order,
    restore_place,
    retire_place,
)
from depots.city_pages import number_of, whole_of
from depots.editing import EDITS, DepotSaid, add_ons_of, edit_depot, make_depot
from depots.lists import depot_filters
from depots.models import Depot, DepotStatus, District, PlaceKind, Profile, Subdistrict
from depots.places import visible_depot
from people.policy import Act, Caller, may, may_in, may_in_city, reach, require_at

Text = Annotated[str, QueryParameter(max_length=100)]
Ids = Annotated[str, QueryParameter(max_length=4000)]
Number = Annotated[int, QueryParameter(name="page", ge=1, le=10_000)]
PER_PAGE = 30  # on a phone four screens
PRINTED = 100  # labels of places that are chosen by name; more are printed as those that never were
KIND_WORDS = {
    PlaceKind.ROOM: N_("room"),
    PlaceKind.BAY: N_("bay"),
    PlaceKind.SHELF: N_("shelf"),
    PlaceKind.BIN: N_("bin"),
    PlaceKind.VEHICLE: N_("vehicle"),
    PlaceKind.KIT: N_("kit"),
}


@get("/manage/depots", may=Act.KEEP, include_in_schema=False)
async def depots_page(request: Request[Any, Any, Any], q: Text = "", number: Number = 1) -> Response[str]:
    """The depots that the caller keeps or answers for."""
    shown = await context_of(request).database.read(_depots, request.user, q, number)
    makes = may(request.user, EDITS)
    return page(request, "depots/manage_depots.html", **shown, q=q, number=number, makes=makes)


def _depots(session: Session, caller: Caller, q: str, number: int) -> dict[str, Any]:
    mine = (reach(caller, Act.KEEP, Depot.id, Depot.district_code), *depot_filters(q=q.strip() or None))
    statement = select(Depot, District).join(District, District.code == Depot.district_code).where(*mine)
    rows = session.execute(statement.order_by(Depot.code).offset((number - 1) * PER_PAGE).limit(PER_PAGE + 1)).all()
    return {"rows": rows[:PER_PAGE], "more": len(rows) > PER_PAGE}


@get("/manage/new-depot", may=Act.APPROVE, include_in_schema=False)
async def new_depot_page(request: Request[Any, Any, Any]) -> Response[str]:
    """The form of a new depot."""
    shown = await context_of(request).database.read(_choices, request.user, None)
    return page(request, "depots/manage_depot.html", depot=None, carried=[], done="", **shown)


def _choices(session: Session, caller: Caller, depot: Depot | None) -> dict[str, Any]:
    """Return what a depot may be given: types, specialties, and the districts that the caller answers for."""
    profiles = list(session.execute(select(Profile).order_by(Profile.code)).scalars())
    own = depot.district_code if depot else None
    districts = session.execute(select(District).order_by(District.code)).scalars()
    return {
        "districts": [one for one in districts if one.code == own or may_in(caller, EDITS, one.code)],
        "subdistricts": list(session.execute(select(Subdistrict).order_by(Subdistrict.code)).scalars()),
        "types": [one for one in profiles if one.kind == "type"],
        "add_ons": [one for one in profiles if one.kind != "type"],
        "may_set_up": may_in_city(caller, Act.ADMINISTER),
    }


@post("/manage/depots", may=Act.APPROVE, include_in_schema=False, status_code=303)
async def new_depot(request: Request[Any, Any, Any]) -> Response[Any]:
    """Enter a depot; on to its places."""
    context = context_of(request)
    form, add_ons = await _form_with_add_ons(request)
    depot = await context.database.write(_make, request.user, form, add_ons, context.clock.now(), context.clock.today())
    return Redirect(f"/manage/depots/{depot.code}/places?done=depot", status_code=303)


def _make(
    session: Session, caller: Caller, form: dict[str, str], add_ons: list[str], now: datetime, today: date
) -> Depot:
    return make_depot(session, caller, form.get("code", ""), _said(form, add_ons), now, today)


async def _form_with_add_ons(request: Request[Any, Any, Any]) -> tuple[dict[str, str], list[str]]:
    """A form's fields; specialties are ticked, each a value of the same field."""
    everything = await request.form()
    return await form_of(request), [value for value in everything.getall("add_ons", []) if isinstance(value, str)]


def _said(form: dict[str, str], add_ons: list[str]) -> DepotSaid:
    words = ("name_zh", "name_en", "type", "district", "address_zh", "address_en", "phone", "hours")
    return DepotSaid(
        **{name: form.get(name, "") for name in words},
        add_ons=[code.replace("\x00", "") for code in add_ons],
        subdistrict=form.get("subdistrict") or None,
        lat=number_of(form, "lat"),
        lon=number_of(form, "lon"),
        area_m2=whole_of(form, "area_m2"),
        crew=whole_of(form, "crew"),
    )


@get("/manage/depots/{code:str}", may=Act.APPROVE, include_in_schema=False)
async def depot_page(request: Request[Any, Any, Any], code: FromPath[str], done: Text = "") -> Response[str]:
    """A depot's facts, to be edited."""
    shown = await context_of(request).database.read(_depot, request.user, code)
    return page(request, "depots/manage_depot.html", done=done, **shown)


def _depot(session: Session, caller: Caller, code: str) -> dict[str, Any]:
    depot = visible_depot(session, caller, code)
    require_at(caller, EDITS, depot.id, depot.district_code)
    return {"depot": depot, "carried": add_ons_of(session, depot.id), **_choices(session, caller, depot)}


@post("/manage/depots/{code:str}", may=Act.APPROVE, include_in_schema=False, status_code=303)
async def depot_form(request: Request[Any, Any, Any], code: FromPath[str]) -> Response[Any]:
    """Give a depot other facts."""
    context = context_of(request)
    form, add_ons = await _form_with_add_ons(request)
    now, today = context.clock.now(), context.clock.today()
    await context.database.write(_edit, request.user, code, form, add_ons, now=now, today=today)
    return Redirect(f"/manage/depots/{code}?done=saved", status_code=303)


def _edit(
    session: Session, caller: Caller, code: str, form: dict[str, str], add_ons: list[str], *, now: datetime, today: date
) -> None:
    visible_depot(session, caller, code)  # before a word about the form
    edit_depot(session, caller, code, _said(form, add_ons), now, today)


@get("/manage/depots/{code:str}/places", may=Act.KEEP, include_in_schema=False)
async def places_page(
    request: Request[Any, Any, Any], code: FromPath[str], done: Text = "", made: Ids = ""
) -> Response[str]:
    """The places of a depot as they stand in each other; ``made``: those whose labels are to be printed now."""
    shown = await context_of(request).database.read(_places, request.user, code)
    rest: dict[str, Any] = {"words": KIND_WORDS, "fixed": sorted(FIXED, key=list(PlaceKind).index)}
    return page(request, "depots/places.html", **shown, **rest, done=done, made=made, carriers=CARRIERS)


def _places(session: Session, caller: Caller, code: str) -> dict[str, Any]:
    depot = visible_depot(session, caller, code)
    require_at(caller, Act.KEEP, depot.id, depot.district_code)
    order, retired = place_order(session, depot)
    return {
        "depot": depot,
        "open": depot.status == DepotStatus.OPEN,
        "edits": may(caller, EDITS),
        "order": order,
        "retired": retired,
    }


@post("/manage/depots/{code:str}/places", may=Act.KEEP, include_in_schema=False, status_code=303)
async def places_form(request: Request[Any, Any, Any], code: FromPath[str]) -> Response[Any]:
    """Make, change, order, retire, restore or copy; then the labels of what is new."""
    context, form = context_of(request), await form_of(request)
    made = await context.database.write(_arrange, request.user, code, form, context.clock.now())
    asked = {"done": form.get("act", ""), **({"made": ",".join(made[:PRINTED])} if made else {})}
    return Redirect(f"/manage/depots/{code}/places?{urlencode(asked)}", status_code=303)


def _arrange(session: Session, caller: Caller, code: str, form: dict[str, str], now: datetime) -> list[str]:
    """What the form asks for; returns the ids of places that have no printed label yet."""
    visible_depot(session, caller, code)
    act = form.get("act", "")
    names = form.get("name_zh", ""), form.get("name_en", "")
    if act == "make":
        kind = form.get("kind", "")
        if kind not in set(PlaceKind):
            raise bad_field("kind", N_("choose a room, bay, shelf or bin; a vehicle or kit comes with its piece"))
        said = PlaceSaid(PlaceKind(kind), *names, parent=_id(form, "parent"))
        return [str(make_place(session, caller, code, said, now).id)]
    if act == "copy":
        return [str(one.id) for one in copy_layout(session, caller, code, form.get("from", ""), now)]
    if act == "order":
        ids = [_read_id(one, "places") for one in form.get("places", "").split(",")[:3000]]
        put_in_order(session, caller, code, ids, now)
        return []
    place_id = _read_id(form.get("place", ""), "place")
    if act == "change":
        change_place(session, caller, place_id, *names, now, parent_id=_id(form, "parent"))
        return [str(place_id)]
    if act == "retire":
        retire_place(session, caller, place_id, now)
    elif act == "restore":
        restore_place(session, caller, place_id, now)
    else:
        raise bad_field("act", N_("this form is damaged; open the page again"))
    return []


def _id(form: dict[str, str], name: str) -> UUID | None:
    return _read_id(form[name], name) if form.get(name) else None


def _read_id(text: str, name: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise bad_field(name, N_("this is not an id")) from None


ROUTES = [depots_page, new_depot_page, new_depot, depot_page, depot_form, places_page, places_form]
