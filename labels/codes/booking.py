"""From scanned codes to booked movements: the labels are looked up, then the inventory's own booking does the rest."""

import re
from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy.orm import Session

from inventory.booking.booking import MovementAnswer, book
from inventory.booking.wishes import Wish
from labels.codes.binding import labelled
from people.policy import Caller

_UUID = re.compile(r"[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}", re.IGNORECASE)


def book_scanned(
    session: Session, caller: Caller, wishes: Sequence[Wish], now: datetime, today: date
) -> tuple[list[MovementAnswer], bool]:
    """Book wishes whose things and places may be named by the codes on them. See ``inventory.booking.booking.book``."""
    texts = {wish.label for wish in wishes if wish.label is not None}
    texts |= {place for wish in wishes for place in (wish.source, wish.target) if place and not _UUID.fullmatch(place)}
    return book(session, caller, wishes, now, today, labelled=labelled(session, caller, texts))
