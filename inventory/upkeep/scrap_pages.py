"""Pages of disposal in two steps: propose, approve, prove (T36)."""

from typing import Annotated, Any
from uuid import UUID, uuid4

from litestar import Request, Response, get, post
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect

from core.context import context_of
from core.errors import bad_field
from core.languages import N_
from core.pages import form_of, page
from depots.scope import in_scope
from inventory.stock.within import LOT_FIRST, document_first
from inventory.telling.forms import book_form, form_id, photos_of
from inventory.telling.photos import LARGEST_FILE
from inventory.upkeep.models import OPEN_STATES, Scrap
from inventory.upkeep.scrap import ENTRIES, DecideScrap, ProposeScrap, Scrapped
from inventory.upkeep.scrap_view import METHOD_WORDS, STATE_WORDS, ScrapRow, ScrapView, scrap_view, scraps
from people.policy import Act

Text = Annotated[str | None, QueryParameter(max_length=40)]
_ROOM_FOR_PHOTOS = LARGEST_FILE + 100_000


@get("/api/scraps", may=Act.SEE, summary="Single pieces to be disposed of, what waits first")
async def list_scraps(request: Request[Any, Any, Any], depot: Text = None) -> list[ScrapRow]:
    """Within the caller's reach; proposing, deciding and proving are entries."""
    return await context_of(request).database.read(scraps, request.user, depot)


@get("/api/scraps/{scrap_id:uuid}", may=Act.SEE, summary="One disposal with its photos")
async def get_scrap(request: Request[Any, Any, Any], scrap_id: FromPath[UUID]) -> ScrapView:
    """Within the caller's reach."""
    return await context_of(request).database.read(scrap_view, request.user, scrap_id)


@get("/scraps", may=Act.SEE, include_in_schema=False)
async def scraps_page(request: Request[Any, Any, Any], depot: Text = None) -> Response[str]:
    """What waits for approval or proof, and what is over."""
    rows = await context_of(request).database.read(scraps, await in_scope(request), depot or None)
    waiting = [row for row in rows if row.state in OPEN_STATES]
    over = [row for row in rows if row.state not in OPEN_STATES]
    words: dict[str, Any] = {"state_words": STATE_WORDS, "depot": depot or ""}
    return page(request, "inventory/upkeep/scraps.html", waiting=waiting, over=over, **words)


@get("/scraps/{scrap_id:uuid}", may=Act.SEE, include_in_schema=False)
async def scrap_page(request: Request[Any, Any, Any], scrap_id: FromPath[UUID], done: Text = None) -> Response[str]:
    """One piece's way out, with its photos and the next step."""
    view = await context_of(request).database.read(scrap_view, request.user, scrap_id)
    words: dict[str, Any] = {"state_words": STATE_WORDS, "method_words": METHOD_WORDS}
    return page(request, "inventory/upkeep/scrap.html", view=view, done=done, new_id=uuid4, **words)


@post(
    "/lots/{lot_id:uuid}/scrap",
    may=Act.KEEP,
    guards=[LOT_FIRST],
    include_in_schema=False,
    status_code=303,
    request_max_body_size=_ROOM_FOR_PHOTOS,
)
async def propose_here(request: Request[Any, Any, Any], lot_id: FromPath[UUID]) -> Response[Any]:
    """A keeper proposes a piece for disposal."""
    form = await form_of(request)
    entry_id = form_id(form)
    photos = await photos_of(request, entry_id)
    entry = ProposeScrap(id=entry_id, thing=str(lot_id), reason=form.get("reason", ""), photos=photos)
    outcome = await book_form(request, entry, ENTRIES)
    return Redirect(f"/scraps/{outcome.result['scrap']}?done=1", status_code=303)


@post(
    "/scraps/{scrap_id:uuid}/decide",
    may=Act.APPROVE,
    guards=[document_first("scrap_id", Scrap)],
    include_in_schema=False,
    status_code=303,
)
async def decide_here(request: Request[Any, Any, Any], scrap_id: FromPath[UUID]) -> Response[Any]:
    """A second person with authority says yes or no."""
    form = await form_of(request)
    approve = form.get("approve") == "yes"
    entry = DecideScrap(id=form_id(form), scrap=scrap_id, approve=approve, note=form.get("note", ""))
    await book_form(request, entry, ENTRIES)
    return Redirect(f"/scraps/{scrap_id}?done=1", status_code=303)


@post(
    "/scraps/{scrap_id:uuid}/proof",
    may=Act.KEEP,
    guards=[document_first("scrap_id", Scrap)],
    include_in_schema=False,
    status_code=303,
    request_max_body_size=_ROOM_FOR_PHOTOS,
)
async def prove_here(request: Request[Any, Any, Any], scrap_id: FromPath[UUID]) -> Response[Any]:
    """It is destroyed: how, who has the remains, a photo."""
    form = await form_of(request)
    entry_id, method = form_id(form), form.get("method", "")
    if method not in METHOD_WORDS or not method:
        raise bad_field("method", N_("say how it was destroyed"))
    photos = await photos_of(request, entry_id)
    said: dict[str, Any] = {"method": method, "receiver": form.get("receiver", "")}
    await book_form(request, Scrapped(id=entry_id, scrap=scrap_id, photos=photos, **said), ENTRIES)
    return Redirect(f"/scraps/{scrap_id}?done=1", status_code=303)


ROUTES = [list_scraps, get_scrap, scraps_page, scrap_page, propose_here, decide_here, prove_here]
