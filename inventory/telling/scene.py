"""What every document's verb is given: who acts, when it happened, and how codes and places are found."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy.orm import Session
from sqlmodel import SQLModel

from core.clock import Moment
from core.digests import digest_of_content
from core.errors import bad_field, not_found
from core.ids import derived_id, is_id
from core.languages import N_
from depots.models import Depot, DepotStatus, Place, PlaceKind
from depots.places import depot_closed
from inventory.booking.wishes import CLOCK_SLACK, NO_LABELS, DeviceClock, Labelled
from inventory.catalogue.models import Item
from inventory.stock.locks import status_of_depot
from inventory.stock.models import Lot
from inventory.stock.reaching import (
    depot_reached,
    document_reached,
    hands_with,
    lot_in,
    lots_reached,
    place_reached,
)
from people.policy import Act, Caller, require_at


class NewEntry(msgspec.Struct, tag_field="kind", forbid_unknown_fields=True, kw_only=True):
    """What all entries have in common.

    ``id`` is the device's own: sent twice, the entry is booked once. ``happened_at`` is when it truly happened,
    ``late`` that it is reported afterwards and cannot be refused. ``photos`` were sent before, under their own ids.
    ``clock`` says how the device's own clock stood.
    """

    id: UUID
    happened_at: datetime | None = None
    late: bool = False
    photos: list[UUID] = []
    clock: DeviceClock | msgspec.UnsetType = msgspec.UNSET  # left out, it changes no digest


LookUp = Callable[[Session, Caller, Collection[str]], Labelled]
AnyDocument = TypeVar("AnyDocument", bound=SQLModel)


def no_labels(_session: Session, _caller: Caller, _codes: Collection[str]) -> Labelled:
    """For entries that name things by their ids alone."""
    return NO_LABELS


@dataclass
class Scene:
    """One entry on its way into the book. ``look_up`` tells what codes are bound to: the labels room knows."""

    session: Session
    caller: Caller
    moment: Moment
    entry: NewEntry
    look_up: LookUp
    happened_at: datetime = field(init=False)
    digest: str = field(init=False)
    depot_id: UUID | None = None  # the depot that the entry was about; its photos belong there
    _given: int = 0

    def __post_init__(self) -> None:
        self.happened_at = _when(self.entry, self.now)
        self.digest = digest_of(self.entry)

    @property
    def now(self) -> datetime:
        return self.moment.now

    @property
    def late(self) -> bool:
        return self.entry.late

    @property
    def today(self) -> date:
        return self.moment.today

    def next_id(self) -> UUID:
        """The id of the next movement of this entry: the same whenever the entry is sent."""
        self._given += 1
        return derived_id(self.entry.id, self._given)

    def depot(self, code: str, act: Act) -> Depot:
        """The depot with this code, where the caller may do this."""
        depot = depot_reached(self.session, self.caller, code)
        if depot is None:
            raise not_found(N_("there is no depot with the code {code}"), code=code)
        return self._at(depot, act)

    def document(
        self,
        model: type[AnyDocument],
        document_id: UUID,
        missing: str,
        act: Act,
    ) -> AnyDocument:
        """The document of a depot with this id, locked, where the caller may do this.

        Refuses (404) with the text ``missing`` one that was never made or lies outside the caller's reach, alike.
        """
        columns: Any = model
        row: Any = self.documents(model, document_id, missing, columns.depot_id)
        self.depot_of(row.depot_id, act)
        found: AnyDocument = row
        return found

    def documents(self, model: type[AnyDocument], document_id: UUID, missing: str, *depot_ids: Any) -> AnyDocument:
        """The document with this id, locked, of which the caller may see one of the depots; else 404."""
        found = document_reached(self.session, self.caller, model, document_id, *depot_ids)
        if found is None:
            raise not_found(missing)
        return found

    def allowed(self, depot_id: UUID, act: Act) -> Depot:
        """The depot of a document, open or closed, where the caller may do this."""
        depot = self.session.get_one(Depot, depot_id)
        require_at(self.caller, act, depot.id, depot.district_code)
        self.depot_id = depot.id
        return depot

    def depot_of(self, depot_id: UUID, act: Act) -> Depot:
        """The depot of a document, where the caller may do this."""
        return self._at(self.session.get_one(Depot, depot_id), act)

    def depot_of_hands(self, hands: Place) -> Depot:
        """The depot to which what is in the caller's own hands belongs, within their reach or not."""
        return self._open(self.session.get_one(Depot, hands.depot_id))

    def _at(self, depot: Depot, act: Act) -> Depot:
        require_at(self.caller, act, depot.id, depot.district_code)
        return self._open(depot)

    def _open(self, depot: Depot) -> Depot:
        self.depot_id = depot.id
        if not self.late and status_of_depot(self.session, depot.id) == DepotStatus.CLOSED:
            raise depot_closed()
        return depot

    def place(self, text: str, field: str, act: Act) -> Place:
        """The place with this id or with this code on it, where the caller may do this."""
        place = place_reached(self.session, self.caller, self._bound(text, field, "places"))
        if place is None or place.outside:
            raise bad_field(field, N_("no place has this id or label"))
        self.depot_of(place.depot_id, act)
        return place

    def lot(self, text: str, field: str) -> tuple[Lot, Item]:
        """The lot or piece with this id or with this code on it, within the caller's reach."""
        lot_id = self._bound(text, field, "lots")
        return self._mine(lots_reached(self.session, self.caller, [lot_id]).get(lot_id), field)

    def lots(self, texts: Collection[str], field: str) -> dict[str, tuple[Lot, Item]]:
        """The lots and pieces with these ids or codes, as ``lot`` finds them one by one. Two queries."""
        coded = self.labelled(texts).lots
        ids = {text: UUID(text) if is_id(text) else coded.get(text) for text in texts}
        found = lots_reached(self.session, self.caller, [lot_id for lot_id in ids.values() if lot_id])
        return {text: self._mine(found.get(lot_id) if lot_id else None, field) for text, lot_id in ids.items()}

    def hands_with(self, text: str, field: str, place_id: UUID | None) -> Place | None:
        """The caller's own hands that hold some of what this id or code names, of whichever depot it is."""
        return hands_with(self.session, self.caller, self._bound(text, field, "lots"), place_id)

    def lot_in(self, place_id: UUID, text: str, field: str) -> tuple[Lot, Item]:
        """The lot or piece with this id or code that lies or lay in the place of a document, such as a transfer."""
        return self._mine(lot_in(self.session, place_id, self._bound(text, field, "lots")), field)

    def _mine(self, found: tuple[Lot, Item] | None, field: str) -> tuple[Lot, Item]:
        if found is None:
            raise bad_field(field, N_("no piece or lot carries this label; check the code or scan again"))
        return found

    def id_of(self, text: str, field: str) -> UUID:
        """The id that a field holds."""
        if not is_id(text):
            raise bad_field(field, N_("this is not an id"))
        return UUID(text)

    def labelled(self, texts: Collection[str]) -> Labelled:
        """What these codes are bound to; ids are left out."""
        codes = {text for text in texts if not is_id(text)}
        return self.look_up(self.session, self.caller, codes) if codes else NO_LABELS

    def _bound(self, text: str, field: str, kind: str) -> UUID:
        if is_id(text):
            return UUID(text)
        bound: UUID | None = getattr(self.labelled([text]), kind).get(text)
        if bound is None:
            if kind == "lots":
                raise bad_field(field, N_("no piece or lot carries this label; check the code or scan again"))
            raise bad_field(field, N_("no place has this id or label"))
        return bound

    def open_place(self, place_id: UUID, depot_id: UUID, kind: PlaceKind, name_zh: str, name_en: str) -> Place:
        """The place that holds what a document has out: a loan, an incident, a transfer. It has the document's id."""
        place = Place(
            id=place_id,
            depot_id=depot_id,
            kind=kind,
            name_zh=name_zh[:100],
            name_en=name_en[:100],
            path_zh=name_zh[:100],
            path_en=name_en[:100],
            position=9200,
            created_at=self.now,
        )
        self.session.add(place)
        self.session.flush()
        return place


def digest_of(entry: NewEntry) -> str:
    """What the entry says, as a hash. Whether it was reported late is left out: that changes when it is sent again."""
    return digest_of_content(msgspec.structs.replace(entry, late=False))


def _when(entry: NewEntry, now: datetime) -> datetime:
    instant = entry.happened_at
    if instant is None:
        return now
    if instant.tzinfo is None:
        raise bad_field("happened_at", N_("an instant needs its time zone, such as 2026-05-21T01:00:00+08:00"))
    if instant > now + CLOCK_SLACK and entry.clock is msgspec.UNSET:
        raise bad_field("happened_at", N_("this lies in the future"))
    return min(instant, now).astimezone(UTC)


def shift_day(instant: datetime, zone: ZoneInfo, shift_at: time) -> date:
    """The day that an instant belongs to by the shift rule: with shifts from 08:30, 00:10 belongs to the day before.

    (T30) Movements keep their true time; only what is told per shift goes by this.
    """
    local = instant.astimezone(zone)
    return local.date() - timedelta(days=local.time() < shift_at)


Answer = dict[str, Any]


Verb = Callable[[Scene, Any], Answer]
Verbs = Mapping[type[NewEntry], Verb]
