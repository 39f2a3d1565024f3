"""Pages of the catalogue: its lines, one line with all that belongs to it, its categories, and what keepers propose."""

from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID, uuid4

from litestar import Request, Response, get, post
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.context import context_of
from core.languages import N_
from core.pages import form_of, page
from inventory.catalogue.models import Category, FileKind, Hazard, Item, Tracking
from inventory.documents import receiving
from inventory.documents.models import Proposal
from inventory.documents.receiving import Decide
from inventory.documents.receiving import NewItem as ProposedItem
from inventory.editing import forms
from inventory.editing.belongings import put_packs, put_parts, put_words
from inventory.editing.categories import CategoryEdit, categories, put_category, remove_category
from inventory.editing.items import add_item, edit_item
from inventory.editing.proposals import open_proposals
from inventory.editing.view import item_view
from inventory.finding.search import items_called
from inventory.fitness.judging import SEAL_ROLE
from inventory.stock.lists import items
from inventory.stock.within import document_first
from inventory.stock.words import TRACKING_WORDS
from inventory.telling.forms import book_form, form_id
from people.policy import Act, Caller, may, may_in_city

Text = Annotated[str | None, QueryParameter(max_length=1000)]
PER_PAGE = 25  # on a phone four screens
PAPER_WORDS = {
    FileKind.PHOTO: N_("Photo"),
    FileKind.MANUAL: N_("Manual"),
    FileKind.DATA_SHEET: N_("Data sheet"),
    FileKind.CERTIFICATE: N_("Certificate"),
    FileKind.DRAWING: N_("Drawing"),
    FileKind.OTHER: N_("Other file"),
}
# Why a part is on a kit's or vehicle's list, as the reference says it; a program may have written another word
PART_WORDS = {
    "consumable": N_("consumable"),
    "reusable": N_("reusable"),
    "asset": N_("lasting gear"),
    "load": N_("load of a vehicle"),
    "battery": N_("battery"),
    SEAL_ROLE: N_("seal"),
}
SPARE_ROWS = 6


def _catalogue(
    session: Session, caller: Caller, q: str | None, category: str | None, cursor: str | None
) -> dict[str, Any]:
    called = items_called(session, q) if q else ()
    return {
        "rows": items(session, category, q, PER_PAGE, cursor, called),
        "categories": categories(session),
        "waiting": len(open_proposals(session, caller)) if may(caller, Act.APPROVE) else 0,
    }


@get("/manage/catalogue", may=Act.SEE, include_in_schema=False)
async def catalogue_page(
    request: Request[Any, Any, Any], q: Text = None, category: Text = None, cursor: Text = None
) -> Response[str]:
    """The lines of the catalogue, and the ways to change them."""
    database = context_of(request).database
    shown = await database.read(_catalogue, request.user, q or None, category or None, cursor or None)
    return page(
        request,
        "inventory/editing/catalogue.html",
        **shown,
        q=q or "",
        category=category or "",
        tracking=TRACKING_WORDS,
        may_edit=may_in_city(request.user, Act.APPROVE),
        may_decide=may(request.user, Act.APPROVE),
    )


def _choices(session: Session) -> dict[str, Any]:
    known = select(Item.code, Item.name_zh, Item.name_en).where(Item.active).order_by(Item.code)
    return {
        "categories": list(session.execute(select(Category).order_by(Category.position, Category.code)).scalars()),
        "storage": list(session.execute(select(Hazard).order_by(Hazard.code)).scalars()),
        "known": session.execute(known).all(),
    }


@get("/manage/catalogue/new", may=Act.APPROVE, include_in_schema=False)
async def new_page(request: Request[Any, Any, Any]) -> Response[str]:
    """The form of a new item."""
    choices = await context_of(request).database.read(_choices)
    return page(request, "inventory/editing/item.html", item=None, done=None, **choices, **_words(request.user))


def _words(caller: Caller) -> dict[str, Any]:
    return {
        "tracking": {tracking.value: TRACKING_WORDS[tracking] for tracking in Tracking},
        "may_edit": may_in_city(caller, Act.APPROVE),
        "spare": SPARE_ROWS,
        "paper": PAPER_WORDS,
        "roles": PART_WORDS,
        "fresh": uuid4,
    }


@post("/manage/catalogue/new", may=Act.APPROVE, include_in_schema=False, status_code=303)
async def add_form(request: Request[Any, Any, Any]) -> Response[Any]:
    """Enter an item."""
    context = context_of(request)
    new = forms.edit_of(await form_of(request), new=True)
    item = await context.database.write(add_item, request.user, new, context.clock.now())
    return _back(item.code)


def _one(session: Session, code: str) -> dict[str, Any]:
    return {"item": item_view(session, code), **_choices(session)}


@get("/manage/catalogue/items/{code:str}", may=Act.SEE, include_in_schema=False)
async def item_page(request: Request[Any, Any, Any], code: FromPath[str], done: Text = None) -> Response[str]:
    """A line of the catalogue with all that belongs to it."""
    shown = await context_of(request).database.read(_one, code)
    return page(request, "inventory/editing/item.html", **shown, done=done, **_words(request.user))


@post("/manage/catalogue/items/{code:str}", may=Act.APPROVE, include_in_schema=False, status_code=303)
async def edit_form(request: Request[Any, Any, Any], code: FromPath[str]) -> Response[Any]:
    """Change an item."""
    context = context_of(request)
    edit = forms.edit_of(await form_of(request), new=False)
    await context.database.offload(edit_item, request.user, code, edit, context.clock.now())
    return _back(code)


def _back(code: str) -> Response[Any]:
    return Redirect(f"/manage/catalogue/items/{quote(code, safe='')}?done=1", status_code=303)


@post("/manage/catalogue/items/{code:str}/words", may=Act.APPROVE, include_in_schema=False, status_code=303)
async def words_form(request: Request[Any, Any, Any], code: FromPath[str]) -> Response[Any]:
    """Other words for an item."""
    context = context_of(request)
    words = forms.words_of(await form_of(request))
    await context.database.write(put_words, request.user, code, words, context.clock.now())
    return _back(code)


@post("/manage/catalogue/items/{code:str}/packs", may=Act.APPROVE, include_in_schema=False, status_code=303)
async def packs_form(request: Request[Any, Any, Any], code: FromPath[str]) -> Response[Any]:
    """Product codes of an item."""
    context = context_of(request)
    packs = forms.packs_of(await form_of(request))
    await context.database.write(put_packs, request.user, code, packs, context.clock.now())
    return _back(code)


@post("/manage/catalogue/items/{code:str}/parts", may=Act.APPROVE, include_in_schema=False, status_code=303)
async def parts_form(request: Request[Any, Any, Any], code: FromPath[str]) -> Response[Any]:
    """What belongs in a kit."""
    context = context_of(request)
    parts = forms.parts_of(await form_of(request))
    await context.database.offload(put_parts, request.user, code, parts, context.clock.now())
    return _back(code)


@get("/manage/catalogue/categories", may=Act.SEE, include_in_schema=False)
async def categories_page(request: Request[Any, Any, Any], done: Text = None) -> Response[str]:
    """The categories in order."""
    rows = await context_of(request).database.read(categories)
    may_edit = may_in_city(request.user, Act.APPROVE)
    return page(request, "inventory/editing/categories.html", rows=rows, done=done, may_edit=may_edit)


@post("/manage/catalogue/categories", may=Act.APPROVE, include_in_schema=False, status_code=303)
async def category_form(request: Request[Any, Any, Any]) -> Response[Any]:
    """Enter, change or take out a category."""
    context = context_of(request)
    form = await form_of(request)
    now, code = context.clock.now(), form.get("code", "")
    if form.get("act") == "remove":
        await context.database.write(remove_category, request.user, code, now)
    else:
        said: dict[str, Any] = {name: form[name] for name in ("name_zh", "name_en") if form.get(name)}
        if form.get("position", "").strip():
            said["position"] = forms.whole("position", form["position"])
        await context.database.write(put_category, request.user, code, CategoryEdit(**said), now)
    return Redirect("/manage/catalogue/categories?done=1", status_code=303)


def _proposals(session: Session, caller: Caller) -> dict[str, Any]:
    return {"rows": open_proposals(session, caller), **_choices(session)}


@get("/manage/catalogue/proposals", may=Act.APPROVE, include_in_schema=False)
async def proposals_page(request: Request[Any, Any, Any], done: Text = None) -> Response[str]:
    """What keepers scanned and nobody knows."""
    shown = await context_of(request).database.read(_proposals, request.user)
    return page(request, "inventory/editing/proposals.html", **shown, done=done, **_words(request.user))


@post(
    "/manage/catalogue/proposals/{proposal_id:uuid}",
    may=Act.APPROVE,
    guards=[document_first("proposal_id", Proposal)],
    include_in_schema=False,
    status_code=303,
)
async def decide_form(request: Request[Any, Any, Any], proposal_id: FromPath[UUID]) -> Response[Any]:
    """Decide what a product is: an item of the catalogue, a new one, or nothing."""
    form = await form_of(request)
    new = None
    if form.get("act") == "new":
        texts: dict[str, Any] = {
            name: form.get(name, "") for name in ("code", "name_zh", "name_en", "category", "unit_zh", "unit_en")
        }
        tracking = Tracking(form["tracking"]) if form.get("tracking") in set(Tracking) else Tracking.LOT
        boxes: dict[str, Any] = {name: form.get(name) == "yes" for name in ("expires", "consumable")}
        new = ProposedItem(**texts, tracking=tracking, **boxes)
    entry = Decide(
        id=form_id(form),
        proposal=proposal_id,
        approve=form.get("act") in ("item", "new"),
        item=next(iter(form.get("item", "").split()), None) if form.get("act") == "item" else None,
        new_item=new,
        note=form.get("note", ""),
    )
    await book_form(request, entry, receiving.ENTRIES)
    return Redirect("/manage/catalogue/proposals?done=1", status_code=303)


ROUTES = [
    *(catalogue_page, new_page, add_form, item_page, edit_form, words_form, packs_form, parts_form),
    *(categories_page, category_form, proposals_page, decide_form),
]
