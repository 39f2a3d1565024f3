"""Pages of the lists, their acts on many rows, and their saved views."""

from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect
from sqlalchemy.orm import Session

from core.context import context_of
from core.errors import bad_field, not_found
from core.languages import N_
from core.pages import form_of, page
from depots.scope import in_scope
from jobs.alerts.alerts import read_until
from jobs.alerts.bulk import MOST, assign_to, put_aside, take_on
from jobs.running.overview import looked_at
from jobs.running.wishes import SWEEP, may_ask_for, waiting
from office.alert_table import ALERTS
from office.tables import Reader, Table, TableView, Wanted, chosen_ids, read_table, wanted_of
from office.views import remove_view, save_view, views_of
from people.authentication import safe_next
from people.policy import Act, may

TABLES = {table.name: table for table in (ALERTS,)}


def _read(session: Session, table: Table, reader: Reader, wanted: Wanted) -> tuple[TableView, Any]:
    return read_table(session, table, reader, wanted), views_of(session, reader.caller, table.name)


async def _list_page(request: Request[Any, Any, Any], table: Table, **more: Any) -> Response[str]:
    context = context_of(request)
    reader = Reader(await in_scope(request), context.clock.now(), context.clock.today())
    wanted = wanted_of(table, request.query_params)
    view, views = await context.database.survey(_read, table, reader, wanted)
    shown: dict[str, Any] = {"table": table, "view": view, "views": views, "wanted": wanted, "today": reader.today}
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return page(request, "office/list.html", **shown, here=here, **more)


@get("/alerts", may=Act.SEE, include_in_schema=False)
async def alerts_page(request: Request[Any, Any, Any]) -> Response[str]:
    """What stands open within reach, the most dangerous first."""
    looked, asked = await context_of(request).database.read(_last_look)
    acts = {"take": Act.ANSWER, "aside": Act.ANSWER, "assign": Act.APPROVE}
    allowed = [act for act in ALERTS.acts if may(request.user, acts[act.name])]
    done = request.query_params.get("done", "")
    more: dict[str, Any] = {"acts": allowed, "looked": looked, "asked": asked, "done": done if done.isdigit() else ""}
    return await _list_page(request, ALERTS, may_look=may_ask_for(request.user, SWEEP), most=MOST, **more)


def _last_look(session: Session) -> tuple[Any, Any]:
    """When a sweep last looked, and since when one that somebody asked for waits."""
    return looked_at(session), waiting(session).get(SWEEP)


@post("/alerts/bulk", may=Act.ANSWER, include_in_schema=False, status_code=303)
async def answer_many(request: Request[Any, Any, Any]) -> Response[Any]:
    """Take on, put aside or assign the chosen alerts, or every one that fits the filters."""
    context, caller = context_of(request), await in_scope(request)
    form = await request.form()
    said = await form_of(request)
    reader = Reader(caller, context.clock.now(), context.clock.today())
    wanted = wanted_of(ALERTS, dict(parse_qsl(said.get("query", ""))))
    ids = [_id(text) for text in form.getall("id", [])[: MOST + 1]]
    number = await context.database.write(_answer, reader, wanted, ids, said)
    back = f"{ALERTS.path}?{wanted.query()}"
    return Redirect(f"{back}{'' if back.endswith('?') else '&'}done={number}", status_code=303)


def _id(text: Any) -> UUID:
    try:
        return UUID(str(text))
    except ValueError:
        raise bad_field("id", N_("this is not an id")) from None


def _answer(session: Session, reader: Reader, wanted: Wanted, ids: list[UUID], said: dict[str, str]) -> int:
    chosen = chosen_ids(session, ALERTS, reader, wanted, ids, said.get("every") == "yes", MOST)
    act = said.get("act", "")
    if act == "take":
        return take_on(session, reader.caller, chosen, reader.now)
    if act == "aside":
        return put_aside(session, reader.caller, chosen, read_until(said), reader.now, reader.today)
    if act == "assign":
        return assign_to(session, reader.caller, chosen, said.get("account", ""), reader.now)
    raise bad_field("act", N_("choose what is to be done"))


@post("/views", may=Act.SEE, include_in_schema=False, status_code=303)
async def save_here(request: Request[Any, Any, Any]) -> Response[Any]:
    """Save a list as it is filtered now."""
    context, form = context_of(request), await form_of(request)
    table = TABLES.get(form.get("list", ""))
    if table is None:
        raise not_found(N_("there is no list called {name}"), name=form.get("list", "")[:40])
    query = wanted_of(table, dict(parse_qsl(form.get("query", "")))).query()
    await context.database.write(save_view, request.user, table.name, form.get("name", ""), query, context.clock.now())
    return Redirect(f"{table.path}?{query}", status_code=303)


@post("/views/{view_id:uuid}/remove", may=Act.SEE, include_in_schema=False, status_code=303)
async def remove_here(request: Request[Any, Any, Any], view_id: FromPath[UUID]) -> Response[Any]:
    """Remove a view of one's own."""
    await context_of(request).database.write(remove_view, request.user, view_id)
    return Redirect(safe_next((await form_of(request)).get("next")), status_code=303)


ROUTES = [alerts_page, answer_many, save_here, remove_here]
