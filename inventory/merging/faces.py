"""Merging two lines of the catalogue, by page and by route: first what follows, then the act."""

from typing import Annotated, Any
from urllib.parse import quote

import msgspec
from litestar import Request, Response, get, post
from litestar.params import Body, FromPath, QueryParameter
from litestar.response import Redirect
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.bodies import shaped
from core.context import context_of
from core.pages import form_of, page
from inventory.catalogue.models import Item
from inventory.editing.items import the_item
from inventory.editing.view import ItemView, item_view
from inventory.merging.merging import Consequences, Merge, consequences, merge
from people.policy import Act, Caller, may_in_city

Text = Annotated[str | None, QueryParameter(max_length=40)]
MOST_KNOWN = 5000


@get(
    "/api/catalogue/items/{item_code:str}/merge",
    operation_id="previewMerge",
    may=Act.APPROVE,
    summary="What merging a line would do",
)
async def get_consequences(
    request: Request[Any, Any, Any], item_code: FromPath[str], into: Annotated[str, QueryParameter(max_length=40)]
) -> Consequences:
    """What would follow to the line ``into``, and what stands against it. Nothing is changed."""
    context = context_of(request)
    return await context.database.read(consequences, request.user, item_code, into, context.clock.today())


@post(
    "/api/catalogue/items/{item_code:str}/merge",
    operation_id="mergeItems",
    may=Act.APPROVE,
    summary="Merge a line of the catalogue into another",
    status_code=200,
    before_request=shaped(Merge),
)
async def merge_items(
    request: Request[Any, Any, Any], item_code: FromPath[str], data: Annotated[Any, Body(title="Into which line")]
) -> ItemView:
    """Stock, minimums, words, codes and plans follow; it cannot be taken back. 409 with the first obstacle."""
    context, wish = context_of(request), msgspec.convert(data, Merge)
    now, today = context.clock.now(), context.clock.today()
    into = await context.database.offload(merge, request.user, item_code, wish, now, today)
    return await context.database.read(item_view, into.code)


def _shown(session: Session, caller: Caller, code: str, into: str | None, today: Any) -> dict[str, Any]:
    known = select(Item.code, Item.name_zh, Item.name_en).where(Item.active, Item.code != code).order_by(Item.code)
    return {
        "item": the_item(session, code),
        "known": session.execute(known.limit(MOST_KNOWN)).all(),
        "follows": consequences(session, caller, code, into, today) if into else None,
    }


@get("/manage/catalogue/items/{code:str}/merge", may=Act.APPROVE, include_in_schema=False)
async def merge_page(request: Request[Any, Any, Any], code: FromPath[str], into: Text = None) -> Response[str]:
    """Choose the line that is to stay, then see what follows."""
    context = context_of(request)
    shown = await context.database.read(_shown, request.user, code, (into or "").strip(), context.clock.today())
    may_edit = may_in_city(request.user, Act.APPROVE)
    return page(request, "inventory/merging/merge.html", **shown, into=into or "", may_edit=may_edit)


@post("/manage/catalogue/items/{code:str}/merge", may=Act.APPROVE, include_in_schema=False, status_code=303)
async def merge_form(request: Request[Any, Any, Any], code: FromPath[str]) -> Response[Any]:
    """Merge, for good."""
    context, form = context_of(request), await form_of(request)
    wish = Merge(form.get("into", ""), form.get("sure") == "yes")
    now, today = context.clock.now(), context.clock.today()
    into = await context.database.offload(merge, request.user, code, wish, now, today)
    return Redirect(f"/manage/catalogue/items/{quote(into.code, safe='')}?done=1", status_code=303)


ROUTES = [get_consequences, merge_items, merge_page, merge_form]
