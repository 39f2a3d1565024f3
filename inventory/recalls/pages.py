"""Pages of recalls: the list, calling back, and one recall with its answers."""

from typing import Any
from uuid import UUID, uuid4

from litestar import Request, Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from core.context import context_of
from core.languages import N_
from core.pages import form_of, page
from depots.models import PlaceKind
from inventory.recalls.calling import ENTRIES, AnswerRecall, CallBack, ReleaseRecall
from inventory.recalls.view import recall_view, recalls
from inventory.telling.forms import book_form, form_id
from people.policy import Act, may, may_in_city

GONE_WORDS = {
    PlaceKind.CONSUMED: N_("used up"),
    PlaceKind.DISPOSED: N_("disposed of"),
    PlaceKind.LOST: N_("lost"),
}


@get("/recalls", may=Act.SEE, include_in_schema=False)
async def recalls_page(request: Request[Any, Any, Any]) -> Response[str]:
    """What has been called back, and the form to call something back."""
    rows = await context_of(request).database.read(recalls)
    may_call = may_in_city(request.user, Act.APPROVE)
    return page(request, "inventory/recalls/list.html", recalls=rows, may_call=may_call, new_id=uuid4())


@post("/recalls", may=Act.APPROVE, include_in_schema=False, status_code=303)
async def call_back_here(request: Request[Any, Any, Any]) -> Response[Any]:
    """Hold it everywhere, at once."""
    form = await form_of(request)
    said: dict[str, Any] = {name: form.get(name, "") for name in ("item", "maker", "number", "reason")}
    outcome = await book_form(request, CallBack(id=form_id(form), **said), ENTRIES)
    return Redirect(f"/recalls/{outcome.id}", status_code=303)


@get("/recalls/{recall_id:uuid}", may=Act.SEE, include_in_schema=False)
async def recall_page(request: Request[Any, Any, Any], recall_id: FromPath[UUID]) -> Response[str]:
    """Where it lies, what was used and for what, who has not answered."""
    view = await context_of(request).database.read(recall_view, request.user, recall_id)
    return page(
        request,
        "inventory/recalls/recall.html",
        view=view,
        gone_words=GONE_WORDS,
        may_answer=may(request.user, Act.ANSWER),
        may_release=may_in_city(request.user, Act.APPROVE),
        new_id=uuid4,
    )


@post("/recalls/{recall_id:uuid}/answers", may=Act.ANSWER, include_in_schema=False, status_code=303)
async def answer_here(request: Request[Any, Any, Any], recall_id: FromPath[UUID]) -> Response[Any]:
    """Record for a depot what was found and done."""
    form = await form_of(request)
    said: dict[str, Any] = {name: form.get(name, "") for name in ("depot", "note")}
    await book_form(request, AnswerRecall(id=form_id(form), recall=recall_id, **said), ENTRIES)
    return Redirect(f"/recalls/{recall_id}", status_code=303)


@post("/recalls/{recall_id:uuid}/release", may=Act.APPROVE, include_in_schema=False, status_code=303)
async def release_here(request: Request[Any, Any, Any], recall_id: FromPath[UUID]) -> Response[Any]:
    """The recall is over."""
    form = await form_of(request)
    await book_form(request, ReleaseRecall(id=form_id(form), recall=recall_id, reason=form.get("reason", "")), ENTRIES)
    return Redirect(f"/recalls/{recall_id}", status_code=303)


ROUTES = [recalls_page, call_back_here, recall_page, answer_here, release_here]
