"""The reference list over HTTP: what it gives anew, taken or left line by line; and loading it once more."""

from functools import partial
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.params import Body, QueryParameter
from litestar.response import Redirect
from sqlalchemy.orm import Session

from core.bodies import shaped
from core.context import context_of
from core.pages import form_of, page
from core.settings import ROOT
from inventory.reference.differences import Differences, differences, settle
from inventory.reference.files import Reference, read_folder
from inventory.reference.load import Tally, load_and_follow
from people.policy import Act, Caller, may_in_city, require_city

Text = Annotated[str | None, QueryParameter(max_length=200)]
REFERENCE = ROOT / "reference"


class Settle(msgspec.Struct, forbid_unknown_fields=True):
    """Which lines of a table (null: all that wait) to take, or to leave as the city has them."""

    table: Annotated[str, msgspec.Meta(max_length=40)]
    take: bool
    keys: Annotated[list[Annotated[str, msgspec.Meta(max_length=200)]], msgspec.Meta(max_length=5000)] | None = None


@get(
    "/api/reference/differences",
    operation_id="listReferenceDifferences",
    may=Act.SEE,
    summary="What the reference gives otherwise than the city has it",
)
async def list_differences(request: Request[Any, Any, Any]) -> list[Differences]:
    """Of lines that the city has changed; by table."""
    return await context_of(request).database.read(differences, 1000)


@post(
    "/api/reference/differences",
    operation_id="settleReferenceDifferences",
    may=Act.APPROVE,
    summary="Take or leave lines of the reference",
    status_code=200,
    before_request=shaped(Settle),
)
async def settle_lines(
    request: Request[Any, Any, Any], data: Annotated[Any, Body(title="Which lines")]
) -> dict[str, int]:
    """What is taken follows at once; what is left is not asked again until the files change."""
    context, wish = context_of(request), msgspec.convert(data, Settle)
    now, today = context.clock.now(), context.clock.today()
    number = await context.database.offload(
        settle, request.user, wish.table, wish.keys, take=wish.take, now=now, today=today
    )
    return {"settled": number}


@get("/manage/reference", may=Act.SEE, include_in_schema=False)
async def reference_page(
    request: Request[Any, Any, Any], done: Text = None, new: Text = None, changed: Text = None
) -> Response[str]:
    """What the reference list gives otherwise than the city has it."""
    found = await context_of(request).database.read(differences)
    return page(
        request,
        "inventory/editing/reference.html",
        found=found,
        done=done,
        new=new,
        changed=changed,
        may_edit=may_in_city(request.user, Act.APPROVE),
        may_load=may_in_city(request.user, Act.ADMINISTER),
    )


@post("/manage/reference", may=Act.APPROVE, include_in_schema=False, status_code=303)
async def settle_form(request: Request[Any, Any, Any]) -> Response[Any]:
    """Take or leave one line, or all of a table."""
    context, form = context_of(request), await form_of(request)
    keys = None if form.get("which") == "all" else [form.get("key", "")]
    take = form.get("act") == "take"
    now, today = context.clock.now(), context.clock.today()
    await context.database.offload(settle, request.user, form.get("table", ""), keys, take=take, now=now, today=today)
    return Redirect("/manage/reference?done=1", status_code=303)


def _load(session: Session, caller: Caller, reference: Reference, context: Any) -> Tally:
    require_city(caller, Act.ADMINISTER)
    return load_and_follow(session, reference, caller.person_id, context.clock.now(), context.clock.today())


@post("/manage/reference/load", may=Act.ADMINISTER, include_in_schema=False, status_code=303)
async def load_form(request: Request[Any, Any, Any]) -> Response[Any]:
    """Load the program's reference list once more: new lines come in, what the city has changed is only shown."""
    context = context_of(request)
    reference = await context.database.aside(partial(read_folder, REFERENCE))
    tally = await context.database.offload(_load, request.user, reference, context)
    return Redirect(f"/manage/reference?new={tally.total_new}&changed={tally.total_changed}", status_code=303)


ROUTES = [list_differences, settle_lines, reference_page, settle_form, load_form]
