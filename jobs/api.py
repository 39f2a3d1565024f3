"""JSON routes of the jobs room."""

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath, JSONBody, QueryParameter

from core.conditional import tag_of, unless_known
from core.context import context_of
from core.paging import PAGE_DEFAULT, Limit, Page, the_one
from inventory.stock.labelled import labelled
from jobs.alerts.alerts import AlertFilters, AlertRow, acknowledge, alerts, snooze
from jobs.alerts.todo import Task, todo
from jobs.causes.kinds import AlertKind
from jobs.running.overview import JobsView, overview
from jobs.running.wishes import ask_for
from people.policy import Act

Text = Annotated[str | None, QueryParameter(max_length=1000)]
Kind = Annotated[AlertKind | None, QueryParameter()]


@get("/api/alerts", may=Act.SEE, summary="What somebody must know, newest first")
async def list_alerts(
    request: Request[Any, Any, Any],
    depot: Text = None,
    kind: Kind = None,
    alert_state: Annotated[Literal["open", "new", "snoozed", "resolved", "all"], QueryParameter(name="state")] = "open",
    limit: Limit = PAGE_DEFAULT,
    cursor: Text = None,
) -> Page[AlertRow]:
    """Filtered by depot code, kind and state."""
    filters = AlertFilters(depot, kind, alert_state)
    return await context_of(request).database.read(labelled(alerts), request.user, filters, limit, cursor)


@get("/api/alerts/{alert_id:uuid}", may=Act.SEE, summary="An alert")
async def get_alert(request: Request[Any, Any, Any], alert_id: FromPath[UUID]) -> AlertRow:
    """Open or resolved, within reach."""
    filters = AlertFilters(state="all", id=alert_id)
    found = await context_of(request).database.read(labelled(alerts), request.user, filters, 1)
    return the_one(found.items, "id", alert_id)


class ToDo(msgspec.Struct, frozen=True):
    """What is to do at a depot, the most dangerous first."""

    tasks: list[Task]


@get(
    "/api/depots/{depot_code:str}/todo",
    operation_id="listDepotTasks",
    may=Act.SEE,
    summary="What is to do at a depot, the most dangerous first",
)
async def get_todo(request: Request[Any, Any, Any], depot_code: FromPath[str]) -> Response[ToDo]:
    """Each line with its kind, rank, words and where it is done; only what the caller may do.

    304 where ``If-None-Match`` names the list as it is: a phone asks after each act.
    """
    context = context_of(request)
    now, today = context.clock.now(), context.clock.today()
    shown = ToDo(await context.database.read(todo, request.user, depot_code, now, today))
    answer: Response[ToDo] = unless_known(request, shown, tag_of(shown))
    return answer


@post("/api/alerts/{alert_id:uuid}/acknowledge", may=Act.ANSWER, status_code=204, summary="Somebody is at it")
async def acknowledge_alert(request: Request[Any, Any, Any], alert_id: FromPath[UUID]) -> None:
    """Notes who answered; the alert resolves by itself once its cause is gone."""
    context = context_of(request)
    await context.database.write(acknowledge, request.user, alert_id, context.clock.now())


class Snooze(msgspec.Struct, forbid_unknown_fields=True):
    """Until which date an alert is put aside."""

    until: date


@post("/api/alerts/{alert_id:uuid}/snooze", may=Act.ANSWER, status_code=204, summary="Not before a date")
async def snooze_alert(request: Request[Any, Any, Any], alert_id: FromPath[UUID], data: JSONBody[Snooze]) -> None:
    """Puts the alert aside; it is reported anew from that date on if it still stands."""
    context = context_of(request)
    now, today = context.clock.now(), context.clock.today()
    await context.database.write(snooze, request.user, alert_id, data.until, now, today)


@get("/api/jobs", may=Act.APPROVE, summary="How the jobs fare: state, runs, who leads")
async def list_jobs(request: Request[Any, Any, Any]) -> JobsView:
    """Read from the database: the same from every process."""
    context = context_of(request)
    return await context.database.read(overview, context.settings, context.clock.now())


class Asked(msgspec.Struct, frozen=True):
    """``new``: nobody had asked for it before; else it waits already."""

    new: bool


@post("/api/jobs/{name:str}/run", operation_id="runJob", may=Act.APPROVE, status_code=202, summary="Run a job now")
async def run_job_now(request: Request[Any, Any, Any], name: FromPath[str]) -> Asked:
    """The process that runs the jobs does it within seconds, once however often it is asked for until then."""
    context = context_of(request)
    return Asked(await context.database.write(ask_for, request.user, name, context.clock.now()))


ROUTES = [run_job_now, list_jobs, list_alerts, get_alert, get_todo, acknowledge_alert, snooze_alert]
