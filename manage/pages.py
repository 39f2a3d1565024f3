"""Pages of the manage room: the index, the settings in force with a test of mail, and how it all stands."""

import asyncio
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import QueryParameter
from litestar.response import Redirect
from sqlalchemy.orm import Session

from core.context import context_of
from core.errors import Refusal
from core.pages import form_of, page
from core.problems import page_with
from depots.city import city_of
from depots.following import follow_city
from jobs.channels.endpoints import endpoints
from jobs.channels.models import Endpoint, Mail
from jobs.channels.register import WAY_WORDS
from jobs.channels.trying import TRIAL_WORDS, outcome_of, send_now, write_test_mail
from jobs.running.overview import STATE_WORDS
from jobs.running.wishes import may_ask_for
from manage.begin import LIST_WORDS, Beginning, begin_city
from manage.health import health
from manage.index import subjects_for
from manage.shown import SOURCE_WORDS, settings_shown
from manage.steps import steps
from people.models import Person
from people.policy import Act, Caller, may_in_city, require_city


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
        subjects=settings_shown(context.settings, context.stated),
        source_words=SOURCE_WORDS,
        found=stands.findings,
        jobs=stands.jobs,
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
        may_settings=may_in_city(request.user, Act.ADMINISTER),
    )


@get("/manage/steps", may=Act.ADMINISTER, include_in_schema=False)
async def steps_page(request: Request[Any, Any, Any]) -> Response[str]:
    """What is done and what is to do, from an empty city to one that runs."""
    context = context_of(request)
    found = await context.database.read(steps, request.user)
    return page(
        request,
        "manage/steps.html",
        steps=found,
        done=sum(step.done for step in found),
        has_depots=any(step.kind == "depots" and step.done for step in found),
    )


@get("/manage/begin", may=Act.ADMINISTER, include_in_schema=False)
async def begin_page(request: Request[Any, Any, Any]) -> Response[str]:
    """The form of the city's basics."""
    require_city(request.user, Act.ADMINISTER)
    city = await context_of(request).database.read(city_of)
    settings = context_of(request).settings
    told = {"name_zh": city.name_zh, "name_en": city.name_en, "language": settings.language, "districts": ""}
    return _begin(request, told | {"time_zone": settings.timezone, "reference": ""})


def _begin(request: Request[Any, Any, Any], told: dict[str, str], refusal: Refusal | None = None) -> Response[str]:
    return page_with(request, "manage/begin.html", refusal, told=told, lists=LIST_WORDS)


@post("/manage/begin", may=Act.ADMINISTER, include_in_schema=False, status_code=303)
async def begin_form(request: Request[Any, Any, Any]) -> Response[Any]:
    """Enter them; the list takes seconds, so in a thread."""
    context, form = context_of(request), await form_of(request)
    told = {name: form.get(name, "") for name in Beginning.__struct_fields__}
    wanted = Beginning(
        told["name_zh"],
        told["reference"],
        told["name_en"],
        told["language"] or None,
        told["time_zone"].strip() or None,
        told["districts"],
    )
    try:
        await context.database.offload(begin_city, request.user, wanted, context.clock.now())
    except Refusal as refusal:
        if refusal.status in (403, 404):
            raise
        return _begin(request, told, refusal)
    await follow_city(context)
    return Redirect("/manage/steps", status_code=303)


ROUTES = [manage_page, settings_page, test_mail, health_page, steps_page, begin_page, begin_form]
