"""Pages: the robots and webhooks that are notified of alerts."""

import asyncio
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect
from sqlalchemy.orm import Session

from core.context import context_of
from core.pages import form_of, page
from jobs.causes.kinds import SEVERITY_WORDS
from jobs.channels.endpoints import (
    NewEndpoint,
    add_endpoint,
    attempts,
    end_endpoint,
    endpoint_for,
    endpoints,
    masked,
    new_secret,
    secret_now,
    try_endpoint,
)
from jobs.channels.models import Endpoint
from jobs.channels.register import ENDPOINT_CHANNELS, ENDPOINT_WORDS, WAY_WORDS
from jobs.channels.trying import send_now
from people.policy import Act, Caller

WORDS: dict[str, Any] = {"way_words": WAY_WORDS, "severity_words": SEVERITY_WORDS, "masked": masked}


@get("/endpoints", may=Act.APPROVE, include_in_schema=False)
async def endpoints_page(request: Request[Any, Any, Any]) -> Response[str]:
    """Those within reach, and the form for a new one."""
    context = context_of(request)
    found = await context.database.read(endpoints, request.user)
    ways = {way: word for way, word in ENDPOINT_WORDS.items() if ENDPOINT_CHANNELS[way].ready(context.settings)}
    return page(request, "jobs/endpoints.html", rows=found, ways=ways, **WORDS)


@post("/endpoints", may=Act.APPROVE, include_in_schema=False, status_code=200)
async def set_up(request: Request[Any, Any, Any]) -> Response[str]:
    """Set one up. A webhook's secret is shown this once."""
    context = context_of(request)
    form = await form_of(request)
    wanted = NewEndpoint(
        form.get("way", ""),
        form.get("name", ""),
        form.get("url", ""),
        form.get("least", ""),
        form.get("where", ""),
        form.get("language", "zh"),
        form.get("key", ""),
    )
    endpoint = await context.database.write(add_endpoint, request.user, wanted, context.settings, context.clock.now())
    return await _one(request, endpoint.id, secret_now(endpoint, context.settings))


@get("/endpoints/{endpoint_id:uuid}", may=Act.APPROVE, include_in_schema=False)
async def endpoint_page(request: Request[Any, Any, Any], endpoint_id: FromPath[UUID]) -> Response[str]:
    """One of them, and what became of the calls."""
    return await _one(request, endpoint_id, None)


async def _one(request: Request[Any, Any, Any], endpoint_id: UUID, secret: str | None) -> Response[str]:
    endpoint, tries = await context_of(request).database.read(_with_tries, request.user, endpoint_id)
    signed = ENDPOINT_CHANNELS[endpoint.way].secret is not None
    return page(request, "jobs/endpoint.html", endpoint=endpoint, tries=tries, secret=secret, signed=signed, **WORDS)


def _with_tries(session: Session, caller: Caller, endpoint_id: UUID) -> tuple[Endpoint, list[Any]]:
    return endpoint_for(session, caller, endpoint_id), attempts(session, endpoint_id)


@post("/endpoints/{endpoint_id:uuid}/try", may=Act.APPROVE, include_in_schema=False, status_code=303)
async def try_it(request: Request[Any, Any, Any], endpoint_id: FromPath[UUID]) -> Response[Any]:
    """Send a message that says nothing, now: the page then shows what became of it."""
    context = context_of(request)
    now = context.clock.now()
    mail_id = await context.database.write(try_endpoint, request.user, endpoint_id, context.settings, now)
    await asyncio.to_thread(send_now, context, mail_id)
    return Redirect(f"/endpoints/{endpoint_id}", status_code=303)


@post("/endpoints/{endpoint_id:uuid}/secret", may=Act.APPROVE, include_in_schema=False, status_code=200)
async def make_secret(request: Request[Any, Any, Any], endpoint_id: FromPath[UUID]) -> Response[str]:
    """The next secret, shown this once."""
    context = context_of(request)
    secret = await context.database.write(new_secret, request.user, endpoint_id, context.settings, context.clock.now())
    return await _one(request, endpoint_id, secret)


@post("/endpoints/{endpoint_id:uuid}/end", may=Act.APPROVE, include_in_schema=False, status_code=303)
async def end_it(request: Request[Any, Any, Any], endpoint_id: FromPath[UUID]) -> Response[Any]:
    """Nothing goes there any more."""
    context = context_of(request)
    await context.database.write(end_endpoint, request.user, endpoint_id, context.clock.now())
    return Redirect("/endpoints", status_code=303)


ROUTES = [endpoints_page, set_up, endpoint_page, try_it, make_secret, end_it]
