"""The jobs room's lists as files."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy.orm import Session

from core.errors import bad_field
from core.languages import N_
from inventory.listing.listing import AT_ONCE, Asked, Column, Listing, all_pages, either, of, words
from jobs.alerts.alerts import AlertFilters, alerts
from jobs.causes.kinds import KIND_WORDS, AlertKind


def _alerts(session: Session, asked: Asked) -> Iterator[Any]:
    kind = asked.text("kind")
    if kind is not None and kind not in set(AlertKind):
        raise bad_field("kind", N_("there is no such kind of alert"))
    filters = AlertFilters(asked.text("depot"), AlertKind(kind) if kind else None, asked.text("state") or "open")
    return all_pages(lambda cursor: alerts(session, asked.caller, filters, AT_ONCE, cursor))


ALERTS = Listing(
    "alerts",
    N_("Alerts"),
    (
        words("kind", N_("Kind"), KIND_WORDS),
        Column(N_("Urgent"), lambda row, _: "!" if row.urgent else "", "text", 6),
        of("depot", N_("Depot code"), "code", 12),
        either("depot", N_("Depot"), 22),
        of("item", N_("Item code"), "code", 12),
        either("name", N_("Item"), 22),
        of("lot_number", N_("Lot or serial number"), "code"),
        of("due", N_("Date"), "date", 12),
        of("opened_at", N_("Opened"), "moment", 17),
        of("acknowledged_by", N_("Who is at it"), width=12),
        of("resolved_at", N_("Resolved"), "moment", 17),
    ),
    _alerts,
)
