"""Pages of the officer's desk: map, matrix, expiry calendar, trends, and a requirement down to its pieces."""

from collections import defaultdict
from datetime import date, timedelta
from typing import Annotated, Any, Literal, cast, get_args
from urllib.parse import urlencode

from litestar import Request, Response, get
from litestar.params import FromPath, QueryParameter
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.context import context_of, language_of
from core.errors import bad_field
from core.languages import N_
from core.pages import images_from, page
from core.paging import nth_page
from core.scripts import as_script
from core.settings import tile_origin
from depots.city import city_of
from depots.models import District, Profile, Subdistrict
from depots.scope import in_scope
from inventory.catalogue.models import Category
from inventory.desk.because import because, profile_names
from inventory.desk.city_map import STATE_WORDS, city_map
from inventory.desk.expiry_calendar import EndDay, calendar, ending
from inventory.desk.history import By, History, history
from inventory.desk.matrix import matrix, short_depots
from inventory.desk.pieces import explain_pieces
from inventory.finding.cover import abilities
from inventory.finding.travel import roads_of
from inventory.fitness.words import WHY_WORDS
from inventory.readiness.dashboard import subject_names
from inventory.stock.words import LEVEL_WORDS
from people.policy import Act, Caller

Code = Annotated[str, QueryParameter(max_length=32)]
Type = Annotated[str, QueryParameter(name="type", max_length=8)]
PER_PAGE = 50
ENDING_PER_PAGE = 40  # rows of two and three lines: more are longer than four screens of 900 pixels
TABLE_ROWS = 25  # behind the map; all are a click away
SPANS = (30, 90, 365, 730)  # days
PARTS = get_args(By)


def choices(session: Session) -> dict[str, Any]:
    """The districts and station types that pages filter by."""
    types = select(Profile).where(Profile.kind == "type", Profile.active).order_by(Profile.code)
    return {
        "districts": list(session.execute(select(District).order_by(District.code)).scalars()),
        "types": list(session.execute(types).scalars()),
    }


@get("/trends", may=Act.SEE, include_in_schema=False)
async def trends_page(
    request: Request[Any, Any, Any],
    of: Code = "city:",
    days: Annotated[int, QueryParameter(ge=1, le=730)] = 90,
) -> Response[str]:
    """How readiness went, day by day, and of which days nothing is known. ``of``: such as district:440305 or type:."""
    context = context_of(request)
    shown = await context.database.survey(_trends, await in_scope(request), context.clock.today(), of, days)
    return page(request, "inventory/desk/trends.html", **shown, of=of, span=days, spans=SPANS)


def _trends(session: Session, caller: Caller, today: date, of: str, days: int) -> dict[str, Any]:
    by, _, key = of.partition(":")
    if by not in PARTS:
        raise bad_field("of", N_("readiness is told of the city, a district, sub-district, type or depot"))
    told = history(
        session, caller, today, cast(By, by), key=key or None, since=today - timedelta(days=days - 1), until=today
    )
    parts = choices(session)
    streets = session.execute(select(Subdistrict).order_by(Subdistrict.code)).scalars()
    return {
        "told": told,
        "rows": _by_day(told),
        "choices": (
            ("district", N_("District"), parts["districts"]),
            ("type", N_("Type"), parts["types"]),
            ("subdistrict", N_("Sub-district"), list(streets)),
        ),
        "chart": as_script(told),
    }


def _by_day(told: History) -> list[tuple[date, list[Any]]]:
    """The table behind the picture: since recording began, the latest day first."""
    first = told.recorded_since or told.until
    columns = [group.figures for group in told.groups]
    rows = [(day, [column[place] for column in columns]) for place, day in enumerate(told.days) if day >= first]
    return rows[::-1]


@get("/depots/{code:str}/requirements/{subject:str}", may=Act.SEE, include_in_schema=False)
async def requirement_page(
    request: Request[Any, Any, Any], code: FromPath[str], subject: FromPath[str]
) -> Response[str]:
    """Why a requirement is met or not: piece by piece."""
    context = context_of(request)
    today = context.clock.today()
    told = await context.database.read(explain_pieces, request.user, code, subject, today)
    words: dict[str, Any] = {"levels": LEVEL_WORDS, "why_words": WHY_WORDS, "because": because}
    words["profile_names"] = await context.database.read(profile_names)
    return page(request, "inventory/desk/requirement.html", told=told, today=today, **words)


@get("/map", may=Act.SEE, include_in_schema=False)
async def map_page(
    request: Request[Any, Any, Any],
    capability: Code = "",
    district: Code = "",
    type_code: Type = "",
    only: Annotated[Literal["", "ready", "held", "short"], QueryParameter(name="state")] = "",
) -> Response[str]:
    """The depots on a map, and the same depots as a table."""
    context = context_of(request)
    settings = context.settings
    asked = {"capability": capability, "district": district, "type": type_code}
    shown = await context.database.survey(
        _map, await in_scope(request), context.clock.today(), capability, district, type_code
    )
    query = urlencode({name: value for name, value in asked.items() if value})
    shown["rows"] = [row for row in shown["rows"] if not only or row.state == only]
    names = {one.code: one.name_zh if language_of(request) == "zh" else one.name_en for one in shown["districts"]}
    rest: dict[str, Any] = {"names": names, "district_names": as_script(names), "states": STATE_WORDS}
    rest["tiles"] = (settings.map_tiles, settings.map_tiles_note)
    rest["reach_m"] = round(roads_of(settings).within_m(settings.cover_minutes))
    rest["minutes"] = settings.cover_minutes
    headers = images_from(tile_origin(settings.map_tiles)) if settings.map_tiles else None
    shown_rows = shown["rows"][:TABLE_ROWS]
    return page(
        request,
        "inventory/desk/map.html",
        headers=headers,
        **shown,
        **rest,
        asked=asked,
        query=query,
        only=only,
        shown_rows=shown_rows,
    )


def _map(
    session: Session, caller: Caller, today: date, capability: str, district: str, type_code: str
) -> dict[str, Any]:
    told = city_map(session, caller, today, capability or None, district or None, type_code or None)
    rows = sorted(told.depots, key=lambda row: (not row.able, row.lines_ready - row.lines, row.code))
    outline = city_of(session).outline or "[]"  # rings of numbers
    return {"told": told, "rows": rows, "outline": outline, "abilities": abilities(session), **choices(session)}


@get("/matrix", may=Act.SEE, include_in_schema=False)
async def matrix_page(request: Request[Any, Any, Any], type_code: Type = "") -> Response[str]:
    """District by category: which share of the required lines is ready."""
    context = context_of(request)
    shown = await context.database.survey(_matrix, await in_scope(request), context.clock.today(), type_code)
    return page(request, "inventory/desk/matrix.html", **shown, type_code=type_code)


def _matrix(session: Session, caller: Caller, today: date, type_code: str) -> dict[str, Any]:
    told = matrix(session, caller, today, type_code or None)
    cells = {(cell.district, cell.category): cell for cell in told.cells}
    return {"told": told, "cells": cells, "chart": as_script(told), **choices(session)}


@get("/matrix/depots", may=Act.SEE, include_in_schema=False)
async def short_page(
    request: Request[Any, Any, Any],
    district: Code = "",
    category: Code = "",
    subject: Annotated[str, QueryParameter(max_length=40)] = "",
    type_code: Type = "",
    number: Annotated[int, QueryParameter(name="page", ge=1, le=10_000)] = 1,
) -> Response[str]:
    """The depots behind a cell, or behind an item that depots lack, with their short lines."""
    context = context_of(request)
    asked = {"district": district, "category": category, "subject": subject, "type": type_code}
    shown = await context.database.survey(_short, await in_scope(request), context.clock.today(), asked)
    rows = shown.pop("rows")
    on_page, pages = nth_page(rows, number, PER_PAGE)
    query = urlencode({name: value for name, value in asked.items() if value})
    rest: dict[str, Any] = {"asked": asked, "query": query, "total": len(rows), "number": number, "pages": pages}
    return page(request, "inventory/desk/short.html", **shown, rows=on_page, **rest)


def _short(session: Session, caller: Caller, today: date, asked: dict[str, str]) -> dict[str, Any]:
    rows = short_depots(
        session,
        caller,
        today,
        district=asked["district"] or None,
        type_code=asked["type"] or None,
        category=asked["category"] or None,
        subject=asked["subject"] or None,
    )
    categories = select(Category).order_by(Category.position, Category.code)
    names = subject_names(session, [asked["subject"]]) if asked["subject"] else {}
    return {
        "rows": rows,
        "subject_name": names.get(asked["subject"]),
        "categories": list(session.execute(categories).scalars()),
        **choices(session),
    }


@get("/expiry", may=Act.SEE, include_in_schema=False)
async def expiry_page(request: Request[Any, Any, Any], district: Code = "", type_code: Type = "") -> Response[str]:
    """What ends on which day of the coming year."""
    context = context_of(request)
    today = context.clock.today()
    shown = await context.database.survey(_expiry, await in_scope(request), today, district, type_code)
    rest: dict[str, Any] = {
        "today": today,
        "yesterday": today - timedelta(days=1),
        "district": district,
        "type_code": type_code,
    }
    return page(request, "inventory/desk/expiry.html", **shown, **rest)


def _expiry(session: Session, caller: Caller, today: date, district: str, type_code: str) -> dict[str, Any]:
    told = calendar(session, caller, today, district or None, type_code or None)
    months: dict[tuple[int, int], list[EndDay]] = defaultdict(list)
    for one in told.days:
        months[one.day.year, one.day.month].append(one)
    return {"told": told, "months": list(months.values()), "chart": as_script(told), **choices(session)}


@get("/expiry/lots", may=Act.SEE, include_in_schema=False)
async def ending_page(
    request: Request[Any, Any, Any],
    until: Annotated[date | None, QueryParameter()] = None,
    since: Annotated[date | None, QueryParameter()] = None,
    district: Code = "",
    type_code: Type = "",
    cursor: Annotated[str | None, QueryParameter(max_length=400)] = None,
) -> Response[str]:
    """The lots that end on a day, or in a period; by itself all up to today."""
    context = context_of(request)
    until = until or context.clock.today()
    told = await context.database.survey(
        ending,
        await in_scope(request),
        since,
        until,
        limit=ENDING_PER_PAGE,
        cursor=cursor,
        district=district or None,
        type_code=type_code or None,
    )
    asked = {"since": since or "", "until": until, "district": district, "type": type_code}
    query = urlencode({name: value for name, value in asked.items() if value})
    rest: dict[str, Any] = {
        "since": since,
        "until": until,
        "today": context.clock.today(),
        "query": query,
        "first": cursor is None,
    }
    return page(request, "inventory/desk/ending.html", told=told, **rest)


ROUTES = [trends_page, requirement_page, map_page, matrix_page, short_page, expiry_page, ending_page]
