"""From scanned codes to booked movements: the labels are looked up, then the inventory's own booking does the rest."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from uuid import UUID

import msgspec
from sqlalchemy.orm import Session

from core.clock import Moment
from core.digests import digest_of_content
from core.errors import Refusal, forbidden
from core.ids import derived_id
from core.languages import N_
from inventory.booking.booking import MovementAnswer, book
from inventory.booking.wishes import Wish
from inventory.stock.holdings import named_places
from inventory.telling.entries import store_refused
from inventory.telling.late import booked_as, report_refused, tries_of
from labels.codes.binding import labelled
from people.formerly import once_might
from people.policy import Act, Caller, may

_UUID = re.compile(r"[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}", re.IGNORECASE)
Booked = tuple[list[MovementAnswer], bool]


def book_scanned(session: Session, caller: Caller, wishes: Sequence[Wish], now: datetime, today: date) -> Booked:
    """Book wishes whose things and places may be named by the codes on them. See ``inventory.booking.booking.book``."""
    texts = {wish.label for wish in wishes if wish.label is not None}
    texts |= {place for wish in wishes for place in (wish.source, wish.target) if place and not _UUID.fullmatch(place)}
    return book(session, caller, wishes, now, today, labelled=labelled(session, caller, texts))


def book_sent(session: Session, caller: Caller, wishes: Sequence[Wish], moment: Moment) -> Booked | Refusal:
    """Book the movements of one request; late ones are judged by the roles of their time, as entries are.

    Returns (does not raise) the refusal of what is over the caller's roles: it is stored, and the depot learns of it.
    """
    late = any(wish.late for wish in wishes)
    if not may(caller, Act.TAKE) and not (late and once_might(session, caller, Act.TAKE)):
        raise forbidden(N_("your role does not allow this"))
    if not late:
        return book_scanned(session, caller, wishes, moment.now, moment.today)
    instants = [_instant(wish, moment.now) for wish in wishes]
    believed = all(wish.clock is not msgspec.UNSET and wish.clock.sure for wish in wishes if wish.late)
    tries = tries_of(session, caller, Act.TAKE, instants, moment.now, believed=believed)
    if tries == [(caller, None)]:
        return book_scanned(session, caller, wishes, moment.now, moment.today)
    depots: list[UUID] = []

    def booked(who: Caller, doubt: Refusal | None) -> Booked:
        answers, fresh = book_scanned(session, who, wishes, moment.now, moment.today)
        if doubt is not None and fresh:
            depots.extend(_depots_of(session, who, answers))
            raise doubt
        return answers, fresh

    try:
        return booked_as(session, caller, tries, booked)
    except Refusal as refusal:
        if refusal.kind != "role-over":
            raise
        callers = [caller, *(who for who, _ in tries)]
        _store(session, callers, wishes, refusal, happened_at=min(instants), now=moment.now, depots=depots)
        return refusal


def _instant(wish: Wish, now: datetime) -> datetime:
    """When a wish says that it happened; what makes no sense is refused as it is read."""
    told = wish.happened_at if wish.late else None
    return now if told is None or told.tzinfo is None else min(told, now).astimezone(UTC)


def _depots_of(session: Session, caller: Caller, answers: Sequence[MovementAnswer]) -> list[UUID]:
    ends = {end for answer in answers for line in answer.lines for end in (line.source, line.target)}
    return [place.spot.depot_id for place in named_places(session, caller, ends).values()]


def _store(
    session: Session,
    callers: Sequence[Caller],
    wishes: Sequence[Wish],
    refusal: Refusal,
    *,
    happened_at: datetime,
    now: datetime,
    depots: Sequence[UUID],
) -> None:
    """Store what was sent as refused, once however often it is sent, and let the depot know."""
    digest = digest_of_content(list(wishes))
    entry_id = derived_id("late movements", callers[0].person_id, digest)
    new = store_refused(
        session, callers[0], entry_id, "movements", digest=digest, happened_at=happened_at, refusal=refusal, now=now
    )
    if new:
        report_refused(
            session,
            callers,
            act_id=entry_id,
            said=list(wishes),
            happened_at=happened_at,
            now=now,
            refusal=refusal,
            depot_id=next(iter(depots), None),
            look_up=labelled,
        )
