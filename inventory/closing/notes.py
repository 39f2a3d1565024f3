"""What pages say of a closed depot (T91)."""

from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from depots.models import Depot, DepotStatus
from inventory.closing.models import Closing


def last_closed(session: Session, depot_id: UUID) -> Closing | None:
    """The closing that a depot is closed by, or was by last."""
    return session.execute(
        select(Closing)
        .where(Closing.depot_id == depot_id, Closing.closed_at.is_not(None))
        .order_by(Closing.closed_at.desc(), Closing.id.desc())
        .limit(1)
    ).scalar_one_or_none()


class ClosedNote(msgspec.Struct, frozen=True):
    """What a page of a closed depot says: since when, why, and which depot has taken over."""

    since: datetime | None
    why: str
    successor: str | None
    successor_zh: str
    successor_en: str
    phone: str


def closed_note(session: Session, depot: Depot) -> ClosedNote | None:
    """Of a closed depot what its pages say; None of an open one, at no cost."""
    if depot.status == DepotStatus.OPEN:
        return None
    closing = last_closed(session, depot.id)
    heir = session.get(Depot, closing.successor_id) if closing and closing.successor_id else None
    return ClosedNote(
        closing.closed_at if closing else None,
        closing.why if closing else "",
        heir.code if heir else None,
        heir.name_zh if heir else "",
        heir.name_en if heir else "",
        heir.phone if heir else "",
    )
