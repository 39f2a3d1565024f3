"""Pages of the city's own facts and of its parts."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect
from sqlalchemy.orm import Session

from core.clock import time_zones
from core.context import context_of
from core.errors import bad_field
from core.languages import N_
from core.pages import form_of, page
from depots.city import CityFacts, city_of, set_city
from depots.following import follow_city
from depots.parts import PARTS, Part, part_called, put_part, rows_of
from people.policy import Act, Caller, require_city

Text = Annotated[str, QueryParameter(max_length=100)]
SHAPES = {part.name: part.said.__struct_fields__ for part in PARTS.values()}


def number_of(form: dict[str, str], name: str) -> float | None:
    """A number field of a form; None where it is empty. Refuses (422) what is none."""
    text = form.get(name, "").strip()
    if not text:
        return None
    try:
        return float(text)
    except ValueError:
        raise bad_field(name, N_("write a number such as 12.3456")) from None


def whole_of(form: dict[str, str], name: str) -> int | None:
    """A whole number of a form; None where it is empty. Refuses (422) what is none."""
    text = form.get(name, "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise bad_field(name, N_("write a whole number from 0"))
    return int(text)


@get("/manage/city", may=Act.ADMINISTER, include_in_schema=False)
async def city_page(request: Request[Any, Any, Any], done: Text = "") -> Response[str]:
    """The city's facts, and the way to its parts."""
    context = context_of(request)
    shown = await context.database.read(_city, request.user)
    zones = sorted(time_zones())
    return page(request, "depots/city.html", **shown, zones=zones, stated=context.stated, done=done)


def _city(session: Session, caller: Caller) -> dict[str, Any]:
    require_city(caller, Act.ADMINISTER)
    counts = [(part, rows_of(session, part)) for part in PARTS.values()]
    return {"city": city_of(session), "parts": [(part, sum(one.active for one in rows)) for part, rows in counts]}


@post("/manage/city", may=Act.ADMINISTER, include_in_schema=False, status_code=303)
async def city_form(request: Request[Any, Any, Any]) -> Response[Any]:
    """Set the city's facts. An empty outline leaves the one that there is, unless it is to be removed."""
    context, form = context_of(request), await form_of(request)
    await context.database.write(_set_from, request.user, form, context.clock.now())
    await follow_city(context)
    return Redirect("/manage/city?done=city", status_code=303)


def _set_from(session: Session, caller: Caller, form: dict[str, str], now: datetime) -> None:
    require_city(caller, Act.ADMINISTER)
    told = form.get("outline", "").strip()
    try:
        outline = msgspec.json.decode(told, type=dict[str, Any]) if told else None
    except msgspec.DecodeError:
        raise bad_field("outline", N_("this is not GeoJSON with a polygon in WGS84 degrees")) from None
    before = city_of(session).outline
    facts = CityFacts(
        name_zh=form.get("name_zh", ""),
        name_en=form.get("name_en", ""),
        language=form.get("language") or None,
        time_zone=form.get("time_zone", "").strip() or None,
        announced=whole_of(form, "announced"),
        announced_note=form.get("announced_note", ""),
        announced_note_zh=form.get("announced_note_zh"),
        lat=number_of(form, "lat"),
        lon=number_of(form, "lon"),
        outline=outline,
    )
    city = set_city(session, caller, facts, now)
    if not told and form.get("no_outline") != "1":
        city.outline = before


@get("/manage/city/{part:str}", may=Act.ADMINISTER, include_in_schema=False)
async def parts_page(request: Request[Any, Any, Any], part: FromPath[str], done: Text = "") -> Response[str]:
    """All districts, sub-districts, types or points to be covered."""
    kind = part_called(part)
    shown = await context_of(request).database.read(_parts, request.user, kind)
    return page(request, "depots/parts.html", part=kind, done=done, **shown)


def _parts(session: Session, caller: Caller, part: Part) -> dict[str, Any]:
    require_city(caller, Act.ADMINISTER)
    names = {one.code: one for one in rows_of(session, PARTS["districts"])}
    return {"rows": rows_of(session, part), "districts": names}


@get("/manage/city/{part:str}/edit", may=Act.ADMINISTER, include_in_schema=False)
async def part_page(request: Request[Any, Any, Any], part: FromPath[str], code: Text = "") -> Response[str]:
    """One of them, or the form for a new one."""
    kind = part_called(part)
    shown = await context_of(request).database.read(_part, request.user, kind, code)
    return page(request, "depots/part.html", part=kind, fields=SHAPES[kind.name], **shown)


def _part(session: Session, caller: Caller, part: Part, code: str) -> dict[str, Any]:
    require_city(caller, Act.ADMINISTER)
    row: Any = session.get(part.table, code) if code else None
    return {"row": row, "districts": [one for one in rows_of(session, PARTS["districts"]) if one.active]}


@post("/manage/city/{part:str}", may=Act.ADMINISTER, include_in_schema=False, status_code=303)
async def part_form(request: Request[Any, Any, Any], part: FromPath[str]) -> Response[Any]:
    """Enter or change one of them."""
    context, kind, form = context_of(request), part_called(part), await form_of(request)
    code, now = form.get("code", ""), context.clock.now()
    await context.database.write(put_part, request.user, kind, code, said_in(kind, form), now)
    return Redirect(f"/manage/city/{kind.name}?done=saved", status_code=303)


def said_in(part: Part, form: dict[str, str]) -> Any:
    """Facts of a part in a form. Refuses (422) a field that cannot be read."""
    told: dict[str, Any] = {name: form[name] for name in SHAPES[part.name] if name in form}
    told["active"] = form.get("active", "1") == "1"
    for name in ("lat", "lon"):
        if name in SHAPES[part.name]:
            told[name] = number_of(form, name)
            if told[name] is None:
                raise bad_field(name, N_("this must be filled in"))
    if "announced" in told:
        told["announced"] = whole_of(form, "announced")
    for name in ("name_zh", "district"):
        if name in SHAPES[part.name]:
            told.setdefault(name, "")
    return part.said(**told)


ROUTES = [city_page, city_form, parts_page, part_page, part_form]
