"""A plan and its shopping list as files."""

from collections.abc import Iterator

from sqlalchemy.orm import Session

from core.errors import bad_field
from core.languages import N_
from inventory.listing.listing import Asked, Column, Listing, either, of, words
from inventory.planner.models import LineKind
from inventory.planner.proposal import NamedLine, all_lines
from inventory.planner.words import KIND_WORDS


def _lines(session: Session, asked: Asked) -> Iterator[NamedLine]:
    return _of_plan(session, asked, None)


def _purchases(session: Session, asked: Asked) -> Iterator[NamedLine]:
    return _of_plan(session, asked, LineKind.PURCHASE)


def _of_plan(session: Session, asked: Asked, kind: LineKind | None) -> Iterator[NamedLine]:
    plan_id = asked.id("plan")
    if plan_id is None:
        raise bad_field("plan", N_("this must be filled in"))
    yield from all_lines(session, asked.caller, plan_id, kind)


PLAN = Listing(
    "plan",
    N_("Plan"),
    (
        words("kind", N_("Kind"), KIND_WORDS),
        of("giver", N_("From depot"), "code"),
        Column(N_("Giving depot"), lambda row, language: getattr(row, f"giver_{language}") or "", "text", 22),
        of("receiver", N_("To depot"), "code"),
        either("receiver", N_("Receiving depot"), 22),
        of("item", N_("Item code"), "code", 12),
        either("item", N_("Item")),
        of("quantity", N_("Quantity"), "number", 10),
        either("unit", N_("Unit"), 8),
        of("lot_number", N_("Lot number"), "code", 14),
        of("usable_through", N_("Use by"), "date", 12),
        of("km", N_("Kilometres there and back"), "number", 10),
        of("money", N_("Yuan"), "number", 10),
        of("subject", N_("Fills the gap"), "code", 12),
    ),
    _lines,
)
PURCHASES = Listing(
    "purchases",
    N_("Shopping list"),
    (
        of("item", N_("Item code"), "code", 12),
        either("item", N_("Item"), 28),
        of("quantity", N_("Quantity"), "number", 10),
        either("unit", N_("Unit"), 8),
        of("price", N_("Yuan apiece"), "number", 10),
        of("money", N_("Yuan"), "number", 12),
        of("receiver", N_("To depot"), "code"),
        either("receiver", N_("Receiving depot"), 22),
        of("subject", N_("Fills the gap"), "code", 12),
    ),
    _purchases,
    signatures=(N_("Asked for by"), N_("Approved by")),
)
LISTINGS = (PLAN, PURCHASES)
