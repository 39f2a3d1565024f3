"""Pages of the jobs room: the alerts, and what was sent to whom."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect
from sqlalchemy.orm import Session

from core.house import house_of
from core.pages import page
from jobs.alerts import AlertFilters, acknowledge, alerts, job_runs, mails
from jobs.kinds import KIND_WORDS
from people.policy import Act, may

Text = Annotated[str | None, QueryParameter(max_length=1000)]


@get("/alerts", may=Act.SEE, include_in_schema=False)
async def alerts_page(request: Request[Any, Any, Any], cursor: Text = None) -> Response[str]:
    """What stands open within reach, newest first."""
    found = await house_of(request).database.read(alerts, request.user, AlertFilters(), 50, cursor)
    return page(
        request,
        "jobs/alerts.html",
        rows=found,
        words={kind.value: word for kind, word in KIND_WORDS.items()},
        may_answer=may(request.user, Act.ANSWER),
        may_administer=may(request.user, Act.ADMINISTER),
    )


@post("/alerts/{alert_id:uuid}/acknowledge", may=Act.ANSWER, include_in_schema=False, status_code=303)
async def acknowledge_here(request: Request[Any, Any, Any], alert_id: FromPath[UUID]) -> Response[Any]:
    """Somebody is at it."""
    house = house_of(request)
    await house.database.write(acknowledge, request.user, alert_id, house.clock.now())
    return Redirect("/alerts", status_code=303)


@get("/mails", may=Act.ADMINISTER, include_in_schema=False)
async def mails_page(request: Request[Any, Any, Any]) -> Response[str]:
    """The outbox and the runs of the daily jobs."""
    sent, runs = await house_of(request).database.read(_sent_and_run)
    return page(request, "jobs/mails.html", mails=sent, runs=runs)


def _sent_and_run(session: Session) -> tuple[Any, Any]:
    return mails(session), job_runs(session)


ROUTES = [alerts_page, acknowledge_here, mails_page]
