"""Calendar feeds: the page where one makes and revokes them, and what a calendar program reads."""

import hashlib
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from core.conditional import unless_known
from core.context import context_of
from core.pages import form_of, page
from jobs.calendars.feeds import add_feed, feeds_of, note_changes, read_feed, revoke_feed, write_calendar
from people.policy import PUBLIC, Act


@get("/calendars", may=Act.SEE, include_in_schema=False)
async def calendars_page(request: Request[Any, Any, Any]) -> Response[str]:
    """One's own calendars."""
    return await _page(request, None)


async def _page(request: Request[Any, Any, Any], address: str | None) -> Response[str]:
    feeds = await context_of(request).database.read(feeds_of, request.user)
    return page(request, "jobs/calendars.html", feeds=feeds, address=address)


@post("/calendars", may=Act.SEE, of_account=True, include_in_schema=False, status_code=200)
async def add_calendar(request: Request[Any, Any, Any]) -> Response[str]:
    """A new address; it is shown this once."""
    context = context_of(request)
    form = await form_of(request)
    depot, language = form.get("depot", ""), form.get("language", "zh")
    secret = await context.database.write(add_feed, request.user, depot, language, context.clock.now())
    return await _page(request, f"{context.settings.base_url}/calendar/{secret}.ics")


@post("/calendars/{feed_id:uuid}/revoke", may=Act.SEE, include_in_schema=False, status_code=303)
async def revoke_calendar(request: Request[Any, Any, Any], feed_id: FromPath[UUID]) -> Response[Any]:
    """The address leads nowhere from now on."""
    context = context_of(request)
    await context.database.write(revoke_feed, request.user, feed_id, context.clock.now())
    return Redirect("/calendars", status_code=303)


# A calendar program cannot sign in: the secret in the address is the proof
@get("/calendar/{secret:str}", may=PUBLIC, include_in_schema=False)
async def calendar(request: Request[Any, Any, Any], secret: FromPath[str]) -> Response[bytes]:
    """The calendar behind a secret address, or 304 if it is the one that the caller has."""
    context = context_of(request)
    today = context.clock.today()
    feed = await context.database.survey(read_feed, secret.removesuffix(".ics"), context.clock.now(), today)
    known = feed.known
    if feed.changed:
        known = known | await context.database.write(note_changes, feed.changed, today, context.clock.now())
    body = write_calendar(feed, known, context.settings.base_url, today)
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    private = {"cache-control": "private, no-cache"}
    answer: Response[bytes] = unless_known(request, body, tag, private, "text/calendar; charset=utf-8")
    return answer


ROUTES = [calendars_page, add_calendar, revoke_calendar, calendar]
