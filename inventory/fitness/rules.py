"""Is it ready, here, now, for whom; and if not, why. Pure: ``judging`` says the same in SQL, a test compares the two.

Gear may be not ready for several reasons at once: the first in the order of ``Why`` is the one that is shown.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol, TypeVar

from depots.models import PlaceKind
from inventory.stock.models import Condition, Expiry, Lot
from inventory.stock.rules import is_past


class Why(StrEnum):
    """Why gear does not count as ready: first where it is, then what it is."""

    LENT = "lent"
    WORKSHOP = "workshop"
    TRANSIT = "transit"
    HOLD = "hold"
    CARRIER = "carrier"  # the vehicle or kit that it is in is not fit itself
    AWAY = "away"
    RECALLED = "recalled"
    UNFIT = "unfit"
    EXPIRED = "expired"
    UNDATED = "undated"
    OPENED = "opened"
    UNCHECKED = "unchecked"  # a check that blocks its use is overdue
    INCOMPLETE = "incomplete"  # a kit that lacks a part


READY = ""  # stands in answers where gear counts
PLACES = {
    PlaceKind.HOLDER: Why.LENT,
    PlaceKind.WORKSHOP: Why.WORKSHOP,
    PlaceKind.TRANSIT: Why.TRANSIT,
    PlaceKind.HOLD: Why.HOLD,
}


class Stop(StrEnum):
    """What a reason means to who wants to use the gear all the same."""

    NONE = "none"
    REASON = "reason"  # a reason must be given
    HARD = "hard"  # never


_STOPS = {  # (for any gear, for gear that is never used past its date: T15)
    Why.RECALLED: (Stop.HARD, Stop.HARD),
    Why.UNFIT: (Stop.HARD, Stop.HARD),
    Why.EXPIRED: (Stop.REASON, Stop.HARD),
    Why.UNDATED: (Stop.REASON, Stop.HARD),
    Why.UNCHECKED: (Stop.REASON, Stop.HARD),
    Why.INCOMPLETE: (Stop.REASON, Stop.REASON),  # half a first-aid box helps, and whoever takes it knows
}


class Facts(Protocol):
    """What the judgement looks at in a lot at a depot."""

    @property
    def condition(self) -> Condition: ...
    @property
    def expiry(self) -> Expiry: ...
    @property
    def usable_through(self) -> date | None: ...
    @property
    def opened_on(self) -> date | None: ...
    @property
    def opened_counts(self) -> bool: ...
    @property
    def unchecked(self) -> bool: ...
    @property
    def incomplete(self) -> bool: ...


@dataclass(frozen=True)
class Where:
    """What the judgement looks at in a place. ``carrier``: the vehicle or kit that it is, or is in, is fit itself."""

    kind: PlaceKind
    in_reach: bool
    carrier: bool = True


def faults(lot: Facts, today: date) -> Iterator[Why]:
    """All that keeps a lot from being ready, wherever it lies."""
    if lot.condition == Condition.QUARANTINED:
        yield Why.RECALLED
    if lot.condition == Condition.UNFIT:
        yield Why.UNFIT
    if is_past(lot.usable_through, today):
        yield Why.EXPIRED
    if lot.expiry == Expiry.UNKNOWN:
        yield Why.UNDATED
    if lot.opened_on is not None and not lot.opened_counts:
        yield Why.OPENED
    if lot.unchecked:
        yield Why.UNCHECKED
    if lot.incomplete:
        yield Why.INCOMPLETE


@dataclass(frozen=True)
class Seen:
    """The facts of a lot that was read by itself."""

    condition: Condition
    expiry: Expiry
    usable_through: date | None
    opened_on: date | None = None
    opened_counts: bool = True
    unchecked: bool = False
    incomplete: bool = False


def seen(lot: Lot, *, opened_counts: bool = True, unchecked: bool = False, incomplete: bool = False) -> Seen:
    """The facts of a lot."""
    return Seen(lot.condition, lot.expiry, lot.usable_through, lot.opened_on, opened_counts, unchecked, incomplete)


def serves_kit(part: Facts, today: date) -> bool:
    """Whether a part serves its kit: an opened pack does, an unchecked piece does not. As ``judging.is_sound``."""
    return all(why in (Why.OPENED, Why.INCOMPLETE) for why in faults(part, today))


def out_of_place(where: Where) -> Why | None:
    """Why nothing that lies there counts."""
    if where.kind in PLACES:
        return PLACES[where.kind]
    if not where.carrier:
        return Why.CARRIER
    return None if where.in_reach else Why.AWAY


def why_not(lot: Facts, where: Where | None, today: date) -> Why | None:
    """Why a lot in a place (None: wherever it lies) does not count as ready; None if it does."""
    return (out_of_place(where) if where else None) or next(faults(lot, today), None)


def stop_of(why: Why, *, hard_stop: bool) -> Stop:
    """What a reason means to who wants to use the gear: a piece's place is the book's matter, not the user's."""
    return _STOPS.get(why, (Stop.NONE, Stop.NONE))[hard_stop]


def hindrance(lot: Facts, *, hard_stop: bool, today: date) -> tuple[Why, Stop] | None:
    """What stands most in the way of using a lot, or None."""
    found = [(why, stop) for why in faults(lot, today) if (stop := stop_of(why, hard_stop=hard_stop)) != Stop.NONE]
    return next((one for one in found if one[1] == Stop.HARD), found[0] if found else None)


def worst(said: Sequence[str]) -> str:
    """The reason that is shown for a lot that lies in several depots: the first in the order of ``Why``."""
    return next((why.value for why in Why if why.value in said), READY)


class Candidate(Facts, Protocol):
    """What the choice of a lot looks at."""

    @property
    def quantity(self) -> Decimal: ...
    @property
    def received_at(self) -> datetime: ...


AnyCandidate = TypeVar("AnyCandidate", bound=Candidate)


def first_expiring(candidates: Sequence[AnyCandidate], today: date) -> list[AnyCandidate]:
    """The lots to take from, in order (FEFO, T14).

    What anything stands in the way of is left out; an opened pack still valid goes first, then the earliest date, then
    the oldest receipt. Lots without any limit come after those with one.
    """
    usable = [lot for lot in candidates if hindrance(lot, hard_stop=False, today=today) is None]
    return sorted(usable, key=lambda lot: (lot.opened_on is None, lot.usable_through or date.max, lot.received_at))
