"""Pages of the jobs room: the alerts, and who wants no daily mail."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect

from core.context import context_of
from core.pages import form_of, page
from jobs.alerts.alerts import acknowledge, read_until, snooze
from jobs.channels.mail.subscription import choose_digests, person_of
from jobs.running.overview import OUTCOME_WORDS, STATE_WORDS, overview
from jobs.running.wishes import SWEEP, ask_for, may_ask_for
from people.authentication import safe_next
from people.policy import PUBLIC, Act

Text = Annotated[str | None, QueryParameter(max_length=1000)]


@post("/alerts/look", may=Act.APPROVE, include_in_schema=False, status_code=303)
async def look_now(request: Request[Any, Any, Any]) -> Response[Any]:
    """Ask for a sweep now."""
    context = context_of(request)
    await context.database.write(ask_for, request.user, SWEEP, context.clock.now())
    return await _back(request)


@post("/alerts/{alert_id:uuid}/acknowledge", may=Act.ANSWER, include_in_schema=False, status_code=303)
async def acknowledge_here(request: Request[Any, Any, Any], alert_id: FromPath[UUID]) -> Response[Any]:
    """Somebody is at it."""
    context = context_of(request)
    await context.database.write(acknowledge, request.user, alert_id, context.clock.now())
    return await _back(request)


async def _back(request: Request[Any, Any, Any]) -> Redirect:
    """To the page that the form was on."""
    return Redirect(safe_next((await form_of(request)).get("next") or "/alerts"), status_code=303)


@post("/alerts/{alert_id:uuid}/snooze", may=Act.ANSWER, include_in_schema=False, status_code=303)
async def snooze_here(request: Request[Any, Any, Any], alert_id: FromPath[UUID]) -> Response[Any]:
    """Not before a date."""
    context = context_of(request)
    until = read_until(await form_of(request))
    await context.database.write(snooze, request.user, alert_id, until, context.clock.now(), context.clock.today())
    return Redirect("/alerts", status_code=303)


@get("/unsubscribe/{mark:str}", may=PUBLIC, include_in_schema=False)
async def unsubscribe_page(request: Request[Any, Any, Any], mark: FromPath[str]) -> Response[str]:
    """Asks first: mail scanners open every address in a mail."""
    person_of(context_of(request).settings.signing_secret(), mark)
    return page(request, "jobs/unsubscribe.html", mark=mark, done=None)


# A mail program posts here by itself (RFC 8058), without a form of ours: the signed address is the proof
@post("/unsubscribe/{mark:str}", may=PUBLIC, include_in_schema=False, status_code=200, exclude_from_csrf=True)
async def unsubscribe(request: Request[Any, Any, Any], mark: FromPath[str]) -> Response[str]:
    """No more digests for who the address was made for, or digests again."""
    context = context_of(request)
    person_id = person_of(context.settings.signing_secret(), mark)
    wanted = (await form_of(request)).get("again") == "yes"
    await context.database.write(choose_digests, person_id, wanted=wanted)
    return page(request, "jobs/unsubscribe.html", mark=mark, done=wanted)


@get("/jobs", may=Act.APPROVE, include_in_schema=False)
async def jobs_page(request: Request[Any, Any, Any]) -> Response[str]:
    """How the jobs fare."""
    context = context_of(request)
    view = await context.database.read(overview, context.settings, context.clock.now())
    pinged = context.settings.heartbeat_url is not None
    titles = {job.name: job.title for job in view.jobs}
    return page(
        request,
        "jobs/jobs.html",
        view=view,
        titles=titles,
        words=STATE_WORDS,
        outcome_words=OUTCOME_WORDS,
        pinged=pinged,
        may_run={job.name for job in view.jobs if may_ask_for(request.user, job.name)},
    )


@post("/jobs/{name:str}/run", may=Act.APPROVE, include_in_schema=False, status_code=303)
async def run_job_page(request: Request[Any, Any, Any], name: FromPath[str]) -> Response[Any]:
    """Ask for a job now; the process that runs the jobs does it within seconds."""
    context = context_of(request)
    await context.database.write(ask_for, request.user, name, context.clock.now())
    back = safe_next((await form_of(request)).get("next"))
    return Redirect("/jobs" if back == "/" else back, status_code=303)


ROUTES = [jobs_page, run_job_page, look_now, acknowledge_here, snooze_here, unsubscribe_page, unsubscribe]
