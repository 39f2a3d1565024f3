"""A booking under way: what is known of one request, wish by wish, while its lines are decided."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy.orm import Session

from core.errors import bad_field
from core.languages import N_
from depots.models import DepotStatus, PlaceKind
from depots.places import depot_closed
from inventory.booking.holdings import Holding, Holdings
from inventory.fitness.judging import lacks_a_part
from inventory.fitness.rules import serves_kit
from inventory.stock.hazards import Stored
from inventory.stock.holdings import NamedPlace
from inventory.stock.lines import Spot
from inventory.stock.locks import status_of_depot
from inventory.stock.models import Kind
from inventory.stock.origins import Pair, origins_of, shared_out
from people.policy import Act, Caller, require_at

ACTS = {Kind.ISSUE: Act.TAKE, Kind.RETURN: Act.TAKE, Kind.CONSUME: Act.TAKE}


@dataclass
class Booking:
    """One request while it is decided: who asks, the locked balances, what its wishes have done with them so far."""

    session: Session
    caller: Caller
    now: datetime
    today: date
    holdings: Holdings
    named: dict[UUID, NamedPlace]
    act: Act | None = None  # the right that is asked for, in place of the kind's own
    statuses: dict[UUID, DepotStatus] = field(default_factory=dict)
    dangerous: dict[UUID, Stored] = field(default_factory=dict)  # by depot, once dangerous goods are put down
    # what this request has explained of a count's shortage so far, by (depot, lot)
    explained: dict[tuple[UUID, UUID], Decimal] = field(default_factory=dict)
    taken: dict[Pair, list[tuple[Spot, Decimal]]] = field(default_factory=dict)  # and not yet back
    # what of an item has come into a place, sound, or gone from it (below zero)
    refilled: dict[UUID, dict[UUID, Decimal]] = field(default_factory=dict)

    def require(self, kind: Kind, depot_id: UUID, district_code: str) -> None:
        """Refuse unless the caller may book this kind at this depot."""
        require_at(self.caller, self.act_of(kind), depot_id, district_code)

    def act_of(self, kind: Kind) -> Act:
        """The right that booking this kind asks for."""
        return self.act or ACTS.get(kind, Act.KEEP)

    def place(self, place_id: UUID, field: str) -> NamedPlace:
        """A place that a wish names, within the caller's reach."""
        if place_id in self.named:
            return self.named[place_id]
        for row in self.holdings.rows:
            if row.spot.place_id == place_id:
                return NamedPlace(row.spot, row.kind, row.district_code, row.person_id)
        raise bad_field(field, N_("no place has this id or label"))

    def arrive(self, left: Holding, source: Spot, target: Spot, quantity: Decimal) -> None:
        """Let later wishes of the request find what earlier ones have moved, where none of it ever was before, too."""
        if serves_kit(left, self.today):
            self._refill(source.place_id, left.item.item_id, -quantity)
            self._refill(target.place_id, left.item.item_id, quantity)
        for row in self.holdings.rows:
            if row.lot.lot_id == left.lot.lot_id and row.spot.place_id == target.place_id:
                row.quantity += quantity
                return
        if target.outside:
            return
        place = self.named.get(target.place_id)  # else the caller's own hands
        kind, person = (place.kind, place.person_id) if place else (PlaceKind.HOLDER, self.caller.person_id)
        if target.place_id == left.spot.place_id:
            kind, person = left.kind, left.person_id
        self.holdings.rows.append(replace(left, spot=target, kind=kind, person_id=person, quantity=quantity))

    def _refill(self, place_id: UUID, item_id: UUID, quantity: Decimal) -> None:
        parts = self.refilled.setdefault(place_id, {})
        parts[item_id] = parts.get(item_id, Decimal(0)) + quantity

    def judge_parts(self, rows: Iterable[Holding]) -> None:
        """Judge kits that earlier wishes of the request have filled or emptied as they are by now."""
        for row in rows:
            parts = self.refilled.get(row.lot.lot_id)  # a kit's place has its piece's id
            if parts:
                depot_id = row.spot.depot_id
                row.incomplete = lacks_a_part(
                    self.session, row.lot.lot_id, row.item.item_id, depot_id, self.today, parts
                )

    def kind_at(self, place_id: UUID) -> PlaceKind | None:
        """What sort of place a wish's line ends in; None: the caller's own hands, or outside."""
        if place_id in self.named:
            return self.named[place_id].kind
        return next((row.kind for row in self.holdings.rows if row.spot.place_id == place_id), None)

    def origins(self, spot: Spot, lot_id: UUID) -> list[tuple[Spot, Decimal]]:
        """From where in the same depot a lot was taken that is out, as far as this request has not brought it back."""
        pair = (spot.place_id, lot_id)
        if pair not in self.taken:
            found = origins_of(self.session, [pair]).get(pair, [])
            self.taken[pair] = [one for one in found if one[0].depot_id == spot.depot_id]
        return self.taken[pair]

    def take_back(self, spot: Spot, lot_id: UUID, quantity: Decimal) -> list[tuple[Spot | None, Decimal]]:
        """To where so much goes that was taken and is not back yet; later wishes of the same request find the rest."""
        origins = self.origins(spot, lot_id)
        parts = shared_out(origins, quantity)
        left = [(one, there - part) for (one, there), (_, part) in zip(origins, parts, strict=False)]
        self.taken[spot.place_id, lot_id] = [one for one in left + origins[len(parts) :] if one[1] > 0]
        return parts

    def require_open(self, depot_id: UUID) -> None:
        """Refuse goods that come into a closed depot (T91)."""
        if depot_id not in self.statuses:
            self.statuses[depot_id] = status_of_depot(self.session, depot_id)
        if self.statuses[depot_id] == DepotStatus.CLOSED:
            raise depot_closed()
