"""Pages of watches: declare, end early, and see what is lacking under those in force."""

from typing import Any
from uuid import UUID, uuid4

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.context import context_of
from core.errors import bad_field
from core.languages import N_
from core.pages import form_of, page
from depots.models import District, Profile
from inventory.catalogue.models import Category
from inventory.readiness.survey import asked_by, once
from inventory.watch.declaring import DeclareWatch, declare, end_early, watches
from inventory.watch.raising import under_watch
from inventory.watch.words import KIND_WORDS, LEVEL_WORDS, STATE_WORDS
from people.policy import Act, Caller, may

SHOWN = 200


@get("/watches", may=Act.SEE, include_in_schema=False)
async def watches_page(request: Request[Any, Any, Any]) -> Response[str]:
    """The watches, what is lacking under those in force, and the form to declare one."""
    context = context_of(request)
    board = await context.database.survey(_board, request.user, context.clock.today())
    return page(
        request,
        "inventory/watch/watches.html",
        **board,
        kinds=KIND_WORDS,
        levels=LEVEL_WORDS,
        states=STATE_WORDS,
        may_declare=may(request.user, Act.APPROVE),
        today=context.clock.today(),
        new_id=uuid4(),
    )


def _board(session: Session, caller: Caller, today: Any) -> dict[str, Any]:
    return {
        "watches": watches(session, today),
        **once(session, today, asked_by(caller, "raised"), lambda: _raised(session, caller, today)),
        "districts": list(session.execute(select(District).order_by(District.code)).scalars()),
        "profiles": list(session.execute(select(Profile).order_by(Profile.kind.desc(), Profile.code)).scalars()),
        "categories": list(session.execute(select(Category).order_by(Category.position)).scalars()),
    }


def _raised(session: Session, caller: Caller, today: Any) -> dict[str, Any]:
    lines = under_watch(session, caller, today)
    short = [line for line in lines if line.short]
    return {
        "raised": len(lines),
        "short": short[:SHOWN],
        "short_count": len(short),
        "usual_count": sum(line.ready < line.minimum for line in lines),
    }


@post("/watches", may=Act.APPROVE, include_in_schema=False, status_code=303)
async def declare_here(request: Request[Any, Any, Any]) -> Response[Any]:
    """Declare a watch."""
    context, form = context_of(request), await form_of(request)
    fields = {field.name for field in msgspec.structs.fields(DeclareWatch)}
    given = {name: value.strip() for name, value in form.items() if name in fields and value.strip()}
    try:
        wish = msgspec.convert(given, DeclareWatch, strict=False)
    except msgspec.ValidationError as error:
        field = next((name for name in sorted(fields) if f"$.{name}" in str(error)), "days")
        raise bad_field(field, N_("fill this in as the form asks")) from None
    await context.database.write(declare, request.user, wish, context.clock.now(), context.clock.today())
    return Redirect("/watches", status_code=303)


@post("/watches/{watch_id:uuid}/end", may=Act.APPROVE, include_in_schema=False, status_code=303)
async def end_here(request: Request[Any, Any, Any], watch_id: FromPath[UUID]) -> Response[Any]:
    """End a watch early."""
    context, form = context_of(request), await form_of(request)
    await context.database.write(end_early, request.user, watch_id, form.get("reason", ""), context.clock.today())
    return Redirect("/watches", status_code=303)


ROUTES = [watches_page, declare_here, end_here]
