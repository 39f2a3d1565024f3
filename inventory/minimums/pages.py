"""Pages of what must be held: profiles on any day, drafts with their preview, versions that are over."""

from datetime import date
from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID, uuid4

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.bodies import misshapen
from core.context import context_of
from core.errors import bad_field
from core.languages import N_
from core.pages import form_of, page
from depots.models import ItemGroup
from inventory.catalogue.models import Item
from inventory.minimums.drafting import (
    Line,
    NewVersion,
    lines_of,
    new_version,
    publish,
    put_lines,
    the_version,
    withdraw,
)
from inventory.minimums.preview import preview
from inventory.minimums.view import ProfileLine, profile_view, profiles, version_view, versions
from inventory.planner.rules import prices_from
from inventory.stock.words import LEVEL_WORDS
from inventory.telling.forms import form_id
from people.policy import Act, may_in_city

Text = Annotated[str | None, QueryParameter(max_length=100)]
Day = Annotated[date | None, QueryParameter()]
STATE_WORDS = {
    "draft": N_("draft"),
    "coming": N_("coming"),
    "in-force": N_("in force"),
    "withdrawn": N_("withdrawn"),
}
SPARE_ROWS = 6
MOST_ROWS = 600
SHOWN = 100  # depots that lose readiness, and lines to buy, on the page


@get("/manage/requirements", may=Act.SEE, include_in_schema=False)
async def requirements_page(request: Request[Any, Any, Any], done: Text = None) -> Response[str]:
    """Types and specialties, and the versions of what they ask for."""
    context = context_of(request)
    today = context.clock.today()
    found = await context.database.read(lambda session: (profiles(session, today), versions(session, today)))
    return page(
        request,
        "inventory/minimums/requirements.html",
        profiles=found[0],
        versions=found[1],
        states=STATE_WORDS,
        may_edit=may_in_city(request.user, Act.APPROVE),
        today=today,
        new_id=uuid4(),
        done=done,
    )


@post("/manage/requirements", may=Act.APPROVE, include_in_schema=False, status_code=303)
async def draft_form(request: Request[Any, Any, Any]) -> Response[Any]:
    """Begin a draft."""
    context, form = context_of(request), await form_of(request)
    try:
        begins_on = date.fromisoformat(form.get("begins_on", ""))
    except ValueError:
        raise bad_field("begins_on", N_("this is not a date such as 2026-05-21")) from None
    wish = NewVersion(id=form_id(form), title=form.get("title", ""), begins_on=begins_on, reason=form.get("reason", ""))
    now, today = context.clock.now(), context.clock.today()
    version = await context.database.write(new_version, request.user, wish, now, today)
    return Redirect(f"/manage/requirements/versions/{version.id}", status_code=303)


@get("/manage/requirements/profiles/{code:str}", may=Act.SEE, include_in_schema=False)
async def profile_page(request: Request[Any, Any, Any], code: FromPath[str], on: Day = None) -> Response[str]:
    """What a type or specialty asks for on a day."""
    context = context_of(request)
    today = context.clock.today()
    view = await context.database.read(profile_view, code, on or today)
    return page(request, "inventory/minimums/profile.html", view=view, today=today, levels=LEVEL_WORDS)


@get("/manage/requirements/versions/{version_id:uuid}", may=Act.SEE, include_in_schema=False)
async def version_page(
    request: Request[Any, Any, Any], version_id: FromPath[UUID], look: Text = None, done: Text = None
) -> Response[str]:
    """A version line by line; with ``look`` what it would do."""
    context = context_of(request)
    today = context.clock.today()

    def shown(session: Session) -> tuple[Any, Any]:
        return version_view(session, version_id, today), profiles(session, today)

    view, known = await context.database.read(shown)
    seen = None
    if look:
        prices = prices_from(context.settings.plan_prices)
        seen = await context.database.survey(preview, request.user, version_id, today, prices)
    return page(
        request,
        "inventory/minimums/version.html",
        view=view,
        called={line.subject: line for line in view.lines},
        profiles=known,
        seen=seen,
        most=SHOWN,
        states=STATE_WORDS,
        levels=LEVEL_WORDS,
        may_edit=may_in_city(request.user, Act.APPROVE),
        done=done,
    )


def _sheet(session: Session, version_id: UUID, code: str) -> dict[str, Any]:
    """The lines of a profile on the version's day, with what the draft says of them already."""
    version = the_version(session, version_id)
    view = profile_view(session, code, version.begins_on)
    drafted = {line.subject: line for line in lines_of(session, version_id) if line.profile_code == code}
    known = select(Item.code, Item.name_zh, Item.name_en).where(Item.active).order_by(Item.code)
    groups = select(ItemGroup.code, ItemGroup.name_zh, ItemGroup.name_en).order_by(ItemGroup.code)
    there = {line.subject for line in view.lines}
    return {
        "version": version,
        "profile": view,
        "drafted": drafted,
        "added": [line for subject, line in drafted.items() if subject not in there],
        "known": [*((row[0], row) for row in session.execute(known)),
                  *((f"GROUP:{row[0]}", row) for row in session.execute(groups))],
    }  # fmt: skip


@get("/manage/requirements/versions/{version_id:uuid}/{code:str}", may=Act.APPROVE, include_in_schema=False)
async def sheet_page(request: Request[Any, Any, Any], version_id: FromPath[UUID], code: FromPath[str]) -> Response[str]:
    """The sheet of a profile in a draft: every line with its minimum, to be typed over."""
    sheet = await context_of(request).database.read(_sheet, version_id, code)
    return page(request, "inventory/minimums/sheet.html", **sheet, levels=LEVEL_WORDS, spare=SPARE_ROWS)


def _lines(form: dict[str, str], code: str, there: dict[str, ProfileLine]) -> list[Line]:
    """The lines of the sheet that differ from what is asked for without the draft."""
    found = []
    for number in range(MOST_ROWS):
        subject = form.get(f"subject-{number}", "").strip()
        if not subject:
            continue
        said = {name: form.get(f"{name}-{number}", "").strip() for name in ("minimum", "level", "low", "par")}
        was = there.get(subject)
        if was is not None and said == {
            "minimum": was.minimum,
            "level": was.level.value,
            "low": was.low or "",
            "par": was.par or "",
        }:
            continue
        values: dict[str, Any] = {
            "profile": code,
            "subject": subject,
            "minimum": said["minimum"] or "0",
            "level": said["level"] or None,
            "combine": was.combine if was is not None else form.get(f"combine-{number}", "max"),
            "spare_per": was.spare_per if was is not None else None,
        }
        for name in ("low", "par"):
            if said[name] != (getattr(was, name) or "" if was is not None else ""):
                values[name] = said[name] or "0"
        found.append(values)
    try:
        return msgspec.convert(found, list[Line])
    except msgspec.ValidationError as error:
        raise misshapen(str(error)) from None


@post(
    "/manage/requirements/versions/{version_id:uuid}/{code:str}",
    may=Act.APPROVE,
    include_in_schema=False,
    status_code=303,
)
async def sheet_form(request: Request[Any, Any, Any], version_id: FromPath[UUID], code: FromPath[str]) -> Response[Any]:
    """What the sheet says differently is in the draft from now on."""
    context, form = context_of(request), await form_of(request)
    sheet = await context.database.read(_sheet, version_id, code)
    lines = _lines(form, code, {line.subject: line for line in sheet["profile"].lines})
    await context.database.offload(put_lines, request.user, version_id, lines, context.clock.now(), code)
    return Redirect(f"/manage/requirements/versions/{version_id}?done={quote(code)}", status_code=303)


@post(
    "/manage/requirements/versions/{version_id:uuid}", may=Act.APPROVE, include_in_schema=False, status_code=303
)  # fmt: skip
async def settle_form(request: Request[Any, Any, Any], version_id: FromPath[UUID]) -> Response[Any]:
    """Publish a draft as it was looked at, or withdraw a version."""
    context, form = context_of(request), await form_of(request)
    now, today = context.clock.now(), context.clock.today()
    if form.get("act") == "publish":
        digest = form.get("digest", "")
        await context.database.offload(publish, request.user, version_id, digest, now, today)
    else:
        await context.database.offload(withdraw, request.user, version_id, form.get("reason", ""), now, today)
    return Redirect(f"/manage/requirements/versions/{version_id}?done=1", status_code=303)


ROUTES = [
    *(requirements_page, draft_form, profile_page, version_page, sheet_page, sheet_form, settle_form),
]
