"""Page and JSON route of keeper handover (T98)."""

from typing import Annotated, Any
from uuid import UUID, uuid4

from litestar import Request, Response, get, post
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect

from core.context import context_of
from core.errors import bad_field
from core.languages import N_
from core.pages import form_of, page
from inventory.documents.keepers import ENTRIES, GiveUpKeepers, SignKeepers, StartKeepers
from inventory.documents.keepers_view import KeepersView, keepers_view
from inventory.stock.count_models import CountState
from inventory.stock.within import DEPOT_FIRST
from inventory.telling.forms import book_form, form_id
from inventory.telling.scene import NewEntry
from people.policy import Act

Done = Annotated[str | None, QueryParameter(max_length=20)]
STATE_WORDS = {
    CountState.OPEN: N_("under way"),
    CountState.CLOSED: N_("handed over"),
    CountState.CANCELLED: N_("given up"),
}


@get(
    "/api/depots/{depot_code:str}/keepers",
    operation_id="getDepotKeepers",
    may=Act.SEE,
    summary="A depot's keepers, and the handover under way",
)
async def get_keepers(request: Request[Any, Any, Any], depot_code: FromPath[str]) -> KeepersView:
    """Who has signed, what is counted, what differs. Starting, signing and giving up are entries."""
    return await context_of(request).database.read(
        keepers_view, request.user, depot_code, context_of(request).clock.now()
    )


@get("/depots/{code:str}/keepers", may=Act.SEE, include_in_schema=False)
async def keepers_page(request: Request[Any, Any, Any], code: FromPath[str], done: Done = None) -> Response[str]:
    """Who keeps the depot; the joint count and the signatures."""
    context = context_of(request)
    view = await context.database.read(keepers_view, request.user, code, context.clock.now())
    more: dict[str, Any] = {"state_words": STATE_WORDS, "done": done, "new_id": uuid4}
    return page(request, "inventory/keepers.html", view=view, **more)


def _step(form: dict[str, str]) -> NewEntry:
    """The entry that a form of the page stands for."""
    entry_id, act = form_id(form), form.get("act", "")
    if act == "start":
        said: dict[str, Any] = {name: form.get(name, "") for name in ("depot", "leaver", "comer", "reason")}
        return StartKeepers(id=entry_id, **said)
    try:
        handover = UUID(form.get("handover", ""))
    except ValueError:
        raise bad_field("handover", N_("this is not an id")) from None
    if act == "sign":
        return SignKeepers(id=entry_id, handover=handover, note=form.get("note", ""))
    if act == "give-up":
        return GiveUpKeepers(id=entry_id, handover=handover, note=form.get("note", ""))
    raise bad_field("act", N_("this form is damaged; open the page again"))


@post("/depots/{code:str}/keepers", may=Act.TAKE, guards=[DEPOT_FIRST], include_in_schema=False, status_code=303)
async def keepers_step(request: Request[Any, Any, Any], code: FromPath[str]) -> Response[Any]:
    """Start, sign or give up; the verb says who may."""
    form = {**await form_of(request), "depot": code}
    await book_form(request, _step(form), ENTRIES)
    return Redirect(f"/depots/{code}/keepers?done={form['act']}", status_code=303)


ROUTES = [get_keepers, keepers_page, keepers_step]
