"""What ends in a period, as a file."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy.orm import Session

from core.languages import N_
from inventory.desk.expiry_calendar import ending
from inventory.listing.listing import AT_ONCE, Asked, Listing, all_pages, either, of


def _ending(session: Session, asked: Asked) -> Iterator[Any]:
    until = asked.day("until") or asked.today
    since, district, type_code = asked.day("since"), asked.text("district"), asked.text("type")
    return all_pages(
        lambda cursor: ending(
            session, asked.caller, since, until, limit=AT_ONCE, cursor=cursor, district=district, type_code=type_code
        )
    )


ENDING = Listing(
    "ending",
    N_("What ends when"),
    (
        of("usable_through", N_("Use by"), "date", 12),
        of("depot", N_("Depot code"), "code", 12),
        either("depot", N_("Depot")),
        of("item", N_("Item code"), "code", 12),
        either("item", N_("Item")),
        of("number", N_("Lot or serial number"), "code"),
        of("quantity", N_("Quantity"), "number", 10),
        either("unit", N_("Unit"), 8),
        either("place", N_("Place")),
    ),
    _ending,
)
