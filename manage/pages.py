"""Pages of the manage room: the index, the settings in force with a test of mail, and how it all stands."""

import asyncio
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import QueryParameter
from litestar.response import Redirect
from sqlalchemy.orm import Session

from core.context import context_of
from core.pages import page
from jobs.channels.endpoints import endpoints
from jobs.channels.models import Endpoint, Mail
from jobs.channels.register import WAY_WORDS
from jobs.channels.trying import TRIAL_WORDS, outcome_of, send_now, write_test_mail
from jobs.running.overview import STATE_WORDS
from jobs.running.wishes import may_ask_for
from manage.health import health
from manage.index import subjects_for
from manage.shown import SOURCE_WORDS, settings_shown
from people.models import Person
from people.policy import Act, Caller, require_city


@get("/manage", may=Act.SEE, include_in_schema=False)
async def manage_page(request: Request[Any, Any, Any]) -> Response[str]:
    """All administration by subject, as far as it is the caller's."""
    return page(request, "manage/index.html", subjects=subjects_for(request.user))


Tried = Annotated[UUID | None, QueryParameter(name="tried")]


@get("/manage/settings", may=Act.ADMINISTER, include_in_schema=False)
async def settings_page(request: Request[Any, Any, Any], tried: Tried = None) -> Response[str]:
    """Each setting in force and where it comes from; what became of the test mail just sent."""
    require_city(request.user, Act.ADMINISTER)
    context = context_of(request)
    address, mail, ends = await context.database.read(_of_channels, request.user, tried)
    stands = await health(context, request.user)
    return page(
        request,
        "manage/settings.html",
        subjects=settings_shown(context.settings),
        source_words=SOURCE_WORDS,
        found=stands.findings,
        status=stands.status,
        address=address,
        mail_on=context.settings.smtp is not None,
        tried=mail,
        trial_words=TRIAL_WORDS,
        endpoints=ends,
        way_words=WAY_WORDS,
    )


def _of_channels(
    session: Session, caller: Caller, tried: UUID | None
) -> tuple[str | None, Mail | None, list[Endpoint]]:
    """The caller's address, the test mail just sent, and the robots and webhooks that live."""
    mail = outcome_of(session, caller, tried) if tried is not None else None
    living = [row[0] for row in endpoints(session, caller) if row[0].ended_at is None]
    return session.get_one(Person, caller.person_id).email, mail, living


@post("/manage/settings/test-mail", may=Act.ADMINISTER, include_in_schema=False, status_code=303)
async def test_mail(request: Request[Any, Any, Any]) -> Response[Any]:
    """Send the caller a mail now; the page then shows what became of it."""
    context = context_of(request)
    mail_id = await context.database.write(write_test_mail, request.user, context.settings, context.clock.now())
    await asyncio.to_thread(send_now, context, mail_id)
    return Redirect(f"/manage/settings?tried={mail_id}", status_code=303)


@get("/manage/health", may=Act.APPROVE, include_in_schema=False)
async def health_page(request: Request[Any, Any, Any]) -> Response[str]:
    """How it all stands, with the jobs and their button."""
    context = context_of(request)
    stands = await health(context, request.user)
    return page(
        request,
        "manage/health.html",
        health=stands,
        words=STATE_WORDS,
        may_run={job.name for job in stands.jobs if may_ask_for(request.user, job.name)},
        may_settings=any(line.path == "/manage/settings" for _, lines in subjects_for(request.user) for line in lines),
    )


ROUTES = [manage_page, settings_page, test_mail, health_page]
