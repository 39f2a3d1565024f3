"""Movements as they are sent, read and checked field by field before the book is touched."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Literal
from uuid import UUID

import msgspec

from core.digests import digest_of_content
from core.errors import FieldError, Refusal, bad_field
from core.inputs import clean_text
from core.languages import N_
from core.quantities import read_quantity
from inventory.stock.lots import LotFacts, NewLot, read_new_lot
from inventory.stock.models import Kind

MOST_AT_ONCE = 500
# A phone's clock may run ahead of ours by a little
CLOCK_SLACK = timedelta(minutes=5)


class DeviceClock(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """How the device's clock stood against ours. ``happened_at`` has been corrected by ``offset_seconds``.

    ``sure``: the offset was known when it happened. Else the device learnt it later, and its clock may have been set
    in between: the time stands as the best that can be known, and is never a reason to refuse.
    """

    offset_seconds: int
    sure: bool


class Wish(msgspec.Struct, forbid_unknown_fields=True, rename={"source": "from", "target": "to"}):
    """One movement as sent. ``id`` is the client's own: sent twice, it is booked once.

    The thing is named by ``item`` (catalogue code), ``label`` (code on it) or ``lot``; places by their id or the
    code on them. Quantities are decimal strings, in base units (``piece``) or packs (``box``). ``late`` marks a fact
    reported afterwards, which is never refused for want of stock. ``incident`` names the call-out that it was for.
    ``counted`` answers, for what happened before a count that is closed by now, whether that count saw it (T31).
    ``clock`` says how the sender's clock stood: under a role that has ended since, only a sure time is booked.
    """

    id: UUID
    kind: Kind
    quantity: str
    item: str | None = None
    label: str | None = None
    lot: UUID | None = None
    unit: Literal["piece", "box"] = "piece"
    source: str | None = None
    target: str | None = None
    happened_at: datetime | None = None
    late: bool = False
    reason: str = ""
    incident: UUID | None = None
    new_lot: NewLot | None = None
    opened_on: date | None = None
    counted: Literal["included", "missed"] | None = None
    size: str | msgspec.UnsetType = msgspec.UNSET  # of what is named by its item (T49); left out, no digest changes
    clock: DeviceClock | msgspec.UnsetType = msgspec.UNSET


@dataclass(frozen=True)
class Asked:
    """A wish whose every field makes sense; nothing is known yet of what is there."""

    request_id: UUID
    digest: str
    kind: Kind
    quantity: Decimal
    boxes: bool
    item_code: str | None
    lot_id: UUID | None
    source_id: UUID | None
    target_id: UUID | None
    happened_at: datetime
    late: bool
    reason: str
    new_lot: LotFacts | None
    opened_on: date | None
    incident_id: UUID | None
    counted: str | None
    size: str | None = None

    @property
    def goes_near(self) -> UUID | None:
        """A place of the depot that it is taken from, where the wish does not say from which place (T97)."""
        return self.target_id or self.incident_id


@dataclass(frozen=True)
class Labelled:
    """What the codes in the wishes are bound to; the labels room looks them up."""

    lots: Mapping[str, UUID]
    places: Mapping[str, UUID]


NO_LABELS = Labelled({}, {})


def read_wishes(wishes: Sequence[Wish], now: datetime, labelled: Labelled = NO_LABELS) -> list[Asked]:
    """Check the wishes of one request.

    Raises one refusal that names every wrong field, as ``3.quantity`` when there are several wishes.
    """
    if not 1 <= len(wishes) <= MOST_AT_ONCE:
        raise bad_field("body", N_("send between 1 and {most} movements at once"), most=MOST_AT_ONCE)
    asked, faults = [], []
    for number, wish in enumerate(wishes):
        try:
            asked.append(_read(wish, now, labelled))
        except Refusal as refusal:
            faults += at_line(refusal, number, len(wishes)).fields
    seen: set[UUID] = set()
    for number, wish in enumerate(wishes):
        if wish.id in seen:
            faults.append(FieldError(_path(number, len(wishes), "id"), N_("this id stands twice in one request")))
        seen.add(wish.id)
    if faults:
        raise Refusal(422, "bad-input", faults[0].message, faults, **faults[0].params)
    return asked


def at_line(refusal: Refusal, number: int, of: int) -> Refusal:
    """The refusal with its fields told as those of the wish with this number (from 0), if there are several."""
    refusal.fields = [
        FieldError(_path(number, of, fault.field), fault.message, fault.params) for fault in refusal.fields
    ]
    if of > 1 and refusal.status == 409:
        refusal.extra = {"line": number, **refusal.extra}
    return refusal


def _path(number: int, of: int, field: str) -> str:
    return f"{number}.{field}" if of > 1 else field


def _read(wish: Wish, now: datetime, labelled: Labelled) -> Asked:
    named = [name for name in ("item", "label", "lot") if getattr(wish, name) is not None]
    if not named:
        raise bad_field("item", N_("say what it is: an item's code, a label's code or a lot"))
    if wish.label is not None and len(named) > 1:
        raise bad_field("label", N_("give either the label or the item and lot, not both"))
    lot_id = wish.lot
    if wish.label is not None:
        lot_id = labelled.lots.get(wish.label)
        if lot_id is None:
            raise bad_field("label", N_("no piece or lot carries this label; check the code or scan again"))
    return Asked(
        request_id=wish.id,
        digest=digest_of_content(wish),
        kind=wish.kind,
        quantity=read_quantity(wish.quantity),
        boxes=wish.unit == "box",
        item_code=None if wish.item is None else clean_text(wish.item, "item", 32, required=True),
        lot_id=lot_id,
        source_id=_place(wish.source, "from", labelled) or (wish.incident if wish.kind == Kind.RETURN else None),
        target_id=_place(wish.target, "to", labelled) or (wish.incident if wish.kind == Kind.ISSUE else None),
        happened_at=_happened_at(wish.happened_at, now),
        late=wish.late,
        reason=clean_text(wish.reason, "reason", 500),
        new_lot=None if wish.new_lot is None else read_new_lot(wish.new_lot),
        opened_on=wish.opened_on,
        incident_id=wish.incident,
        counted=wish.counted,
        size=clean_text(wish.size, "size", 16) or None if wish.size else None,
    )


def _place(text: str | None, field: str, labelled: Labelled) -> UUID | None:
    if text is None:
        return None
    if text in labelled.places:
        return labelled.places[text]
    try:
        return UUID(text)
    except ValueError:
        raise bad_field(field, N_("no place has this id or label")) from None


def _happened_at(instant: datetime | None, now: datetime) -> datetime:
    if instant is None:
        return now
    if instant.tzinfo is None:
        raise bad_field("happened_at", N_("an instant needs its time zone, such as 2026-05-21T01:00:00+08:00"))
    if instant > now + CLOCK_SLACK:
        raise bad_field("happened_at", N_("this lies in the future"))
    return min(instant, now).astimezone(UTC)
