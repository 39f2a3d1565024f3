"""Pages of the lists, their acts on many rows, their files, and their saved views."""

from typing import Any
from urllib.parse import parse_qsl, urlencode
from uuid import UUID, uuid4

from litestar import Request, Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Stream
from sqlalchemy.orm import Session

from core.context import context_of, language_of
from core.errors import forbidden, not_found
from core.languages import N_
from core.pages import form_of, page
from depots.scope import in_scope
from inventory.exchange.api import send_list
from inventory.exchange.writing import FORMATS
from office.acting import act_on, choice_of
from office.as_file import listing_of
from office.counting import lately
from office.lists.register import TABLES
from office.reading import TableView, act_called, read_table
from office.tables import MOST_AT_ONCE, Reader, Table, Wanted, key_of, wanted_of
from office.views import remove_view, save_view, views_of
from people.authentication import safe_next
from people.policy import Act as May
from people.policy import may


def routes_of(table: Table) -> list[Any]:
    """A list's page, its files, and the acts on its rows."""
    options = {"include_in_schema": False, **table.options}

    @get(table.path, may=table.may, **options)
    async def list_page(request: Request[Any, Any, Any]) -> Response[Any]:
        return await _list_page(request, table)

    @get(f"/lists/{table.name}/{{kind:str}}", may=table.may, files=tuple(FORMATS.values()), **options)
    async def list_file(request: Request[Any, Any, Any], kind: FromPath[str]) -> Stream:
        return await _list_file(request, table, kind)

    @post(f"{table.path}/bulk", may=table.acts_may, status_code=303, **options)
    async def act_on_many(request: Request[Any, Any, Any]) -> Response[Any]:
        return await _act_on_many(request, table)

    return [list_page, list_file, *([act_on_many] if table.acts else [])]


async def _reader(request: Request[Any, Any, Any]) -> Reader:
    return Reader(await in_scope(request), context_of(request).moment())


def _read(session: Session, table: Table, reader: Reader, wanted: Wanted) -> tuple[TableView, Any]:
    return read_table(session, table, reader, wanted), views_of(session, reader.caller, table.name)


async def _list_page(request: Request[Any, Any, Any], table: Table) -> Response[Any]:
    moved = table.old(request.query_params)
    if moved is not None:
        return Redirect(moved, status_code=303)
    reader = await _reader(request)
    opened = Wanted(table.opens(reader))
    wanted = wanted_of(table, request.query_params) if request.query_params else opened
    beside = await table.beside(request)
    view, views = await context_of(request).database.survey(_read, table, reader, wanted)
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    done, left = (request.query_params.get(name, "") for name in ("done", "left"))
    return page(
        request,
        "office/list.html",
        table=table,
        view=view,
        views=views,
        wanted=wanted,
        as_opened=wanted.query() == opened.query(),
        today=reader.today,
        here=here,
        acts=[act for act in table.acts if may(request.user, act.may)],
        most=MOST_AT_ONCE,
        done=done if done.isdigit() else "",
        left=left if left.isdigit() else "",
        form_id=uuid4(),
        **beside,
    )


async def _list_file(request: Request[Any, Any, Any], table: Table, kind: str) -> Stream:
    if kind not in FORMATS:
        raise not_found(N_("there is no list called {name}"), name=f"{table.name}.{kind}"[:40])
    reader, wanted = await _reader(request), wanted_of(table, request.query_params)
    return await send_list(request, listing_of(table, reader, wanted), kind)


async def _act_on_many(request: Request[Any, Any, Any], table: Table) -> Response[Any]:
    """Do something to the chosen rows, or to every one that fits the filters."""
    form, said = await request.form(), await form_of(request)
    reader, act = await _reader(request), act_called(table, said.get("act", ""))
    if not may(request.user, act.may):
        raise forbidden(N_("your role does not allow this"))
    wanted = wanted_of(table, dict(parse_qsl(said.get("query", ""))))
    keys = [key_of(table, str(text)) for text in form.getall("id", [])[: MOST_AT_ONCE + 1]]
    choice = choice_of(request.user, table, act, wanted, keys, {"language": language_of(request), **said})
    done = await context_of(request).database.write(act_on, request.user, table, act, reader, choice)
    lately.forget(table.name)
    if act.then is not None:
        return Redirect(await act.then(request, done.result, choice.said), status_code=303)
    told = urlencode({"done": done.result} | ({"left": done.left} if done.left else {}))
    query = wanted.query()
    return Redirect(f"{table.path}?{query}{'&' if query else ''}{told}", status_code=303)


@post("/views", may=May.SEE, include_in_schema=False, status_code=303)
async def save_here(request: Request[Any, Any, Any]) -> Response[Any]:
    """Save a list as it is filtered now."""
    context, form = context_of(request), await form_of(request)
    table = TABLES.get(form.get("list", ""))
    if table is None:
        raise not_found(N_("there is no list called {name}"), name=form.get("list", "")[:40])
    query = wanted_of(table, dict(parse_qsl(form.get("query", "")))).query()
    await context.database.write(save_view, request.user, table.name, form.get("name", ""), query, context.clock.now())
    return Redirect(f"{table.path}?{query}", status_code=303)


@post("/views/{view_id:uuid}/remove", may=May.SEE, include_in_schema=False, status_code=303)
async def remove_here(request: Request[Any, Any, Any], view_id: FromPath[UUID]) -> Response[Any]:
    """Remove a view of one's own."""
    await context_of(request).database.write(remove_view, request.user, view_id)
    return Redirect(safe_next((await form_of(request)).get("next")), status_code=303)


ROUTES = [*(route for table in TABLES.values() for route in routes_of(table)), save_here, remove_here]
