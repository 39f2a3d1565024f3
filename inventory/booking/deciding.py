"""Each kind of movement: where it comes from and goes to when the wish does not say, and what is refused."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from uuid import UUID

from core.errors import bad_field, conflict
from core.languages import N_
from core.quantities import write_quantity
from depots.models import LYING, Place, PlaceKind
from depots.places import holder_place
from inventory.booking.at_hand import check_borrower, check_not_sent, check_putting, check_taking
from inventory.booking.choosing import by_its_transfer, candidates_of, choose, not_enough, not_seen_since
from inventory.booking.hazards import check_bin, check_hazard
from inventory.booking.holdings import Holding
from inventory.booking.under_way import Booking
from inventory.booking.wishes import Asked
from inventory.catalogue.models import Item, Tracking
from inventory.catalogue.naming import codes_of_today
from inventory.catalogue.sizes import read_size
from inventory.stock.carrying import enter_carrier
from inventory.stock.holdings import ItemFacts, LotView, NamedPlace, item_facts, lot_facts, view_of
from inventory.stock.lines import Line, Spot, outside
from inventory.stock.lots import LotFacts, elsewhere, find_or_make_lot, is_inside, opened_lot, where_are
from inventory.stock.models import Kind, Lot
from inventory.stock.origins import shelf_for
from inventory.stock.reaching import had_lain, lots_reached
from inventory.stock.rules import EXTINGUISHERS, fits_decimals, split
from inventory.stock.sightings import overtaken, seen_since

_GOES_TO = {
    Kind.ISSUE: frozenset({PlaceKind.HOLDER, PlaceKind.INCIDENT, PlaceKind.VEHICLE, PlaceKind.KIT}),
    Kind.RETURN: LYING,
}

_NO_PLACE = NamedPlace(Spot(UUID(int=0), UUID(int=0), outside=True, in_reach=False), PlaceKind.SUPPLIER, "", None)


def decide(booking: Booking, wish: Asked) -> list[Line]:
    """The lines that carry out one wish; the balances of the booking follow it."""
    if wish.incident_id is not None and booking.named.get(wish.incident_id, _NO_PLACE).kind != PlaceKind.INCIDENT:
        raise bad_field("incident", N_("there is no incident with this id"))
    wish = _of_its_incident(booking, wish)
    if wish.kind == Kind.RECEIVE:
        return _receive(booking, wish)
    if wish.kind == Kind.ADJUST and wish.source_id is None:
        return _find(booking, wish)
    candidates = candidates_of(booking, wish)
    if not candidates:
        return _from_nowhere(booking, wish)
    first = candidates[0]  # all are of one depot
    quantity = _base_quantity(wish, first.item, first.lot)
    if wish.kind != Kind.RETURN or first.person_id != booking.caller.person_id:  # one's own hands may always be emptied
        booking.require(wish.kind, first.spot.depot_id, first.district_code)
    if undone := _overtaken(booking, wish, first, quantity):
        return undone
    chosen = not_seen_since(booking, wish, choose(booking, wish, candidates), quantity)
    parts = split(quantity, [row.quantity for row in chosen])
    if parts is None:
        if not wish.late:
            raise not_enough(booking, chosen, candidates)
        if wish.lot_id is None and first.item.tracking == Tracking.SERIAL:
            # which other piece it was nobody guesses: it may be in somebody's hands, and none is taken twice
            raise bad_field("from", N_("say from which place, and which lot it was"))
        return _late(booking, wish, chosen or candidates, quantity)
    lines: list[Line] = []
    for row, part in zip(chosen, parts, strict=True):
        if part:
            lines += _leave(booking, wish, row, part, len(lines))
    return lines


def _of_its_incident(booking: Booking, wish: Asked) -> Asked:
    """What goes to a call-out or comes from it belongs to it, said or not: else an approval stood for less (B7).

    Goods from outside come from no call-out, whatever "from" says: it may be another depot's, and readers of the line
    would learn of it (rule 10).
    """
    source_id = None if wish.kind == Kind.RECEIVE else wish.source_id
    ends = [place_id for place_id in (source_id, wish.target_id) if place_id is not None]
    at = next((one for one in ends if booking.kind_at(one) == PlaceKind.INCIDENT), None)
    return wish if at is None or wish.incident_id is not None else replace(wish, incident_id=at)


def _base_quantity(wish: Asked, item: ItemFacts, lot: LotView | None) -> Decimal:
    """The quantity in base units, with the lot's own box before the item's (T58)."""
    quantity = wish.quantity
    if wish.boxes:
        told = wish.new_lot.pack_size if wish.new_lot else None  # what stands on this box goes before what is known
        pack_size = told or (lot.pack_size if lot else None) or item.pack_size
        if pack_size is None:
            raise bad_field("unit", N_("no box size is known for this item; count it in pieces"))
        quantity *= pack_size
    if not fits_decimals(quantity, item.decimals):
        raise bad_field("quantity", N_("this item is counted in whole numbers or with fewer decimals"))
    if item.tracking == Tracking.SERIAL and wish.lot_id is not None and quantity != 1:
        raise bad_field("quantity", N_("this is a single piece; its quantity is 1"))
    return quantity


def _leave(booking: Booking, wish: Asked, row: Holding, quantity: Decimal, number: int) -> list[Line]:
    """The lines by which a quantity leaves one balance."""
    check_taking(booking, wish, row.spot, row.kind)
    if wish.kind == Kind.OPEN:
        return _open(booking, wish, row, quantity, number)
    lines: list[Line] = []
    for target, part in _targets(booking, wish, row, quantity):
        if target.place_id == row.spot.place_id:
            raise bad_field("to", N_("it is there already"))
        check_hazard(booking, wish, row.item, part, target, row.spot)
        row.quantity -= part
        booking.arrive(row, row.spot, target, part)
        lines.append(_line(wish, number + len(lines), row.item, row.lot, part, source=row.spot, target=target))
    return lines


def _targets(booking: Booking, wish: Asked, row: Holding, quantity: Decimal) -> list[tuple[Spot, Decimal]]:
    """Where a quantity goes: to one place, but back to wherever it was taken (K1)."""
    if wish.kind != Kind.RETURN or wish.target_id is not None:
        return [(_target(booking, wish, row), quantity)]
    parts = booking.take_back(row.spot, row.lot.lot_id, quantity)
    return [(spot or _default_target(booking, wish, row), part) for spot, part in parts]


def _target(booking: Booking, wish: Asked, row: Holding) -> Spot:
    depot_id = row.spot.depot_id
    if wish.kind == Kind.CONSUME:
        return outside(depot_id, PlaceKind.CONSUMED)
    if wish.kind == Kind.DISPOSE:
        _need_reason(wish)
        _check_disposal(wish, row.item)
        check_bin(booking, wish, row.item, row.kind)
        return outside(depot_id, PlaceKind.DISPOSED)
    if wish.kind == Kind.ADJUST:
        _need_reason(wish)
        if wish.target_id is not None:
            raise bad_field("to", N_("an adjustment names one place: from it what is missing, to it what is too much"))
        return outside(depot_id, PlaceKind.LOST)
    if wish.target_id is None:
        return _default_target(booking, wish, row)
    place = booking.place(wish.target_id, "to")
    if place.spot.outside:
        raise bad_field("to", N_("gear leaves the depot by being used up, disposed of or adjusted, not by a move"))
    if place.spot.depot_id != depot_id:
        raise bad_field("to", N_("this place is at another depot; gear goes there by a transfer between depots"))
    if place.kind == PlaceKind.TRANSIT:
        raise by_its_transfer("to")
    # Otherwise who may take would move gear about, which is the keeper's
    if wish.kind in _GOES_TO and place.kind not in _GOES_TO[wish.kind]:
        raise bad_field("to", N_("gear is issued to a person or vehicle and returned to a shelf; else move it"))
    check_putting(booking, wish, place)
    check_borrower(booking, place)
    return place.spot


def _check_disposal(wish: Asked, item: ItemFacts) -> None:
    """An extinguisher is not simply disposed of: one proposes, another approves, a photo proves it (T36)."""
    if item.category == EXTINGUISHERS and item.tracking == Tracking.SERIAL and not wish.late:
        raise conflict(
            "needs-approval", N_("an extinguisher is proposed for disposal; somebody else approves, a photo proves it")
        )


def _default_target(booking: Booking, wish: Asked, row: Holding) -> Spot:
    depot_id = row.spot.depot_id
    if wish.kind == Kind.ISSUE:
        caller = booking.caller
        hands = row.my_hands or holder_place(booking.session, depot_id, caller.person_id, caller.name, booking.now)
        return Spot(hands, depot_id, outside=False, in_reach=False)
    if wish.kind == Kind.RETURN:
        shelf = shelf_for(booking.session, row.lot.lot_id, row.lot.home_place_id, row.item.item_id, depot_id)
        if shelf is not None:
            return shelf
    raise bad_field("to", N_("say where it goes"))


def _overtaken(booking: Booking, wish: Asked, row: Holding, quantity: Decimal) -> list[Line] | None:
    """A late fact about a piece that somebody has seen since; None where nothing later is known of it."""
    if not wish.late or wish.lot_id is None or row.item.tracking != Tracking.SERIAL or wish.counted is not None:
        return None  # who says what a count saw has decided
    later = seen_since(booking.session, row.lot.lot_id, wish.happened_at)
    if later is None:
        return None
    target = _target(booking, wish, row)
    if target.place_id == wish.source_id:
        raise bad_field("to", N_("it is there already"))
    return overtaken(
        booking.session, _line(wish, 0, row.item, row.lot, quantity, source=row.spot, target=target), later
    )


def _late(booking: Booking, wish: Asked, chosen: Sequence[Holding], quantity: Decimal) -> list[Line]:
    """A fact that the book cannot cover: it is booked, and the shortfall comes out of "discrepancy" (rule 5, T52)."""
    lines: list[Line] = []
    left = quantity
    for row in chosen:
        part = min(left, row.quantity)
        if part > 0:
            lines += _leave(booking, wish, row, part, len(lines))
            left -= part
    row = chosen[0]
    target = _target(booking, wish, row)
    if target.place_id == row.spot.place_id:
        raise bad_field("to", N_("it is there already"))
    source = outside(row.spot.depot_id, PlaceKind.DISCREPANCY)
    here = _stands(booking, row.lot.lot_id) if not lines else None
    if here is not None:  # a single piece is not taken out of nowhere while the book has it somewhere
        if here.depot_id != target.depot_id:
            raise elsewhere()
        if here.place_id == target.place_id:
            raise conflict("there-already", N_("the book has this piece there already"))
        check_not_sent(booking.session, here.place_id, wish.happened_at, "lot")
        source = here
        for stood in booking.holdings.of(row.lot.lot_id, None, here.place_id):
            stood.quantity -= left
    booking.arrive(row, source, target, left)
    return [*lines, _line(wish, len(lines), row.item, row.lot, left, source=source, target=target)]


def _stands(booking: Booking, lot_id: UUID) -> Spot | None:
    """Where a single piece is inside, after what earlier wishes of the same request did with it."""
    here = where_are(booking.session, [lot_id]).get(lot_id)
    if here is None:
        return None
    touched = booking.holdings.of(lot_id, None, None)
    if all(row.spot.place_id != here.place_id for row in touched):
        return here  # this request has not touched it
    return next((row.spot for row in touched if row.quantity > 0), None)


def _from_nowhere(booking: Booking, wish: Asked) -> list[Line]:
    """Nothing of it has ever lain where the wish takes from."""
    item, lot = _named_thing(booking, wish)
    if wish.size is not None:
        read_size(item.sizes, wish.size, "size")
    nowhere = wish.source_id is None and wish.goes_near is None and not booking.caller.own_depots()
    if wish.lot_id is None and nowhere:
        raise bad_field("from", N_("say from which place"))
    if wish.source_id is None and wish.goes_near is not None:
        booking.place(wish.goes_near, "to")  # nothing was found near a place that does not exist for the caller (T97)
    if not wish.late or lot is None or wish.source_id is None or wish.kind == Kind.OPEN:
        if wish.late:
            raise bad_field("from", N_("say from which place, and which lot it was"))
        raise conflict(
            "not-enough-stock",
            N_("there is none of {item} to take here"),
            extra={"available": "0"},
            item=(item.name_zh, item.name_en),
        )
    place = booking.place(wish.source_id, "from")
    booking.require(wish.kind, place.spot.depot_id, place.district_code)
    if place.spot.outside:
        raise bad_field("from", N_("what comes from outside is received or found; name a place inside the depot"))
    if not had_lain(booking.session, booking.caller, lot.lot_id, wish.happened_at):
        raise conflict("never-here", N_("by the book this had not come to any of your depots by then; look again"))
    row = Holding(item, lot, place.spot, place.kind, place.person_id, place.district_code, None, Decimal(0))
    quantity = _base_quantity(wish, item, lot)
    return _overtaken(booking, wish, row, quantity) or _late(booking, wish, [row], quantity)


def _receive(booking: Booking, wish: Asked) -> list[Line]:
    """Goods come in: onto a named place, or to where the piece lives."""
    item, lot = _named_thing(booking, wish)
    target_id = wish.target_id or (lot.home_place_id if lot else None)
    if target_id is None:
        raise bad_field("to", N_("say where it goes"))
    if target_id not in booking.named and wish.target_id is None:
        raise bad_field("to", N_("say where it goes"))
    place = booking.place(target_id, "to")
    return _bring_in(booking, wish, item, lot, place, PlaceKind.SUPPLIER)


def _find(booking: Booking, wish: Asked) -> list[Line]:
    """A count found more than the book has."""
    if wish.target_id is None:
        raise bad_field("from", N_("an adjustment names one place: from it what is missing, to it what is too much"))
    _need_reason(wish)
    item, lot = _named_thing(booking, wish)
    return _bring_in(booking, wish, item, lot, booking.place(wish.target_id, "to"), PlaceKind.FOUND)


def _bring_in(
    booking: Booking, wish: Asked, item: ItemFacts, lot: LotView | None, place: NamedPlace, origin: PlaceKind
) -> list[Line]:
    booking.require(wish.kind, place.spot.depot_id, place.district_code)
    if place.spot.outside:
        raise bad_field("to", N_("goods are received into a place inside the depot"))
    if place.kind == PlaceKind.TRANSIT:
        raise by_its_transfer("to")
    check_putting(booking, wish, place)
    check_borrower(booking, place)
    if not wish.late:
        booking.require_open(place.spot.depot_id)
    if lot is None:
        lot = _lot_of_delivery(booking, wish, item)
        mark = wish.new_lot.serial if wish.new_lot else None
        enter_carrier(booking.session, item, lot.lot_id, mark or "", place.spot.depot_id, booking.now)
        lot = replace(lot, is_place=lot.is_place or item.carries)
    quantity = _base_quantity(wish, item, lot)
    check_hazard(booking, wish, item, quantity, place.spot)
    if item.tracking == Tracking.SERIAL:
        _check_single(booking, lot, quantity)
    coming = Holding(item, lot, place.spot, place.kind, place.person_id, place.district_code, None, Decimal(0))
    source = outside(place.spot.depot_id, origin)
    booking.arrive(coming, source, place.spot, quantity)
    return [_line(wish, 0, item, lot, quantity, source=source, target=place.spot)]


def _lot_of_delivery(booking: Booking, wish: Asked, item: ItemFacts) -> LotView:
    facts = wish.new_lot
    if facts is None:
        if item.tracking == Tracking.LOT:
            raise bad_field("new_lot", N_("say which lot this is: its number and date, or that the date is unknown"))
        facts = LotFacts()
    if facts.size:
        facts = replace(facts, size=read_size(item.sizes, facts.size, "new_lot.size"))
    if facts.made_on and facts.made_on > booking.today:
        raise bad_field("new_lot.made_on", N_("this cannot have been made after today"))
    if facts.in_service_on and facts.in_service_on > booking.today:
        raise bad_field("new_lot.in_service_on", N_("this cannot have been put in service after today"))
    lot = find_or_make_lot(booking.session, booking.session.get_one(Item, item.item_id), facts, booking.now)
    return view_of(lot, is_place=item.holds is not None and booking.session.get(Place, lot.id) is not None)


def _check_single(booking: Booking, lot: LotView, quantity: Decimal) -> None:
    """A serialised piece is one, and in one place at a time."""
    if quantity != 1:
        raise bad_field("quantity", N_("this is a single piece; its quantity is 1"))
    if is_inside(booking.session, lot.lot_id):
        raise conflict("there-already", N_("this piece is on the book already; move it instead"))


def _open(booking: Booking, wish: Asked, row: Holding, quantity: Decimal, number: int) -> list[Line]:
    """A sealed pack becomes an opened one with a date of its own; the sealed ones stay apart (T12)."""
    item = booking.session.get_one(Item, row.item.item_id)
    if item.opened_life_days is None or item.tracking != Tracking.LOT:
        raise conflict("not-opened", N_("opening makes no difference to this item"))
    sealed = booking.session.get_one(Lot, row.lot.lot_id)
    lot = opened_lot(booking.session, item, sealed, wish.opened_on or booking.today, booking.today, booking.now)
    between = outside(row.spot.depot_id, PlaceKind.REPACKED)
    row.quantity -= quantity
    return [
        _line(wish, number, row.item, row.lot, quantity, source=row.spot, target=between),
        _line(wish, number + 1, row.item, view_of(lot), quantity, source=between, target=row.spot),
    ]


def _named_thing(booking: Booking, wish: Asked) -> tuple[ItemFacts, LotView | None]:
    """The item and, where the wish names one or there is only one, the lot; whether or not any is in stock."""
    if wish.lot_id is not None:
        # Within reach first (rule 10): what lies elsewhere is as if nobody had ever made it
        reached = lots_reached(booking.session, booking.caller, [wish.lot_id])
        found = lot_facts(booking.session, reached).get(wish.lot_id)
        if found is None:
            raise bad_field("lot", N_("there is no lot with this id"))
        if wish.item_code not in (None, found[0].code) and _today(booking, wish) != found[0].code:
            raise bad_field("lot", N_("this lot is of another item"))
        return found
    code = wish.item_code or ""
    item = item_facts(booking.session, [code]).get(code)
    if item is None:
        raise bad_field("item", N_("there is no item with the code {code}"), code=code)
    return item, None


def _today(booking: Booking, wish: Asked) -> str | None:
    """The code of the line that the one which a wish names was merged into."""
    code = wish.item_code or ""
    return codes_of_today(booking.session, {code}).get(code)


def _need_reason(wish: Asked) -> None:
    if not wish.reason:
        raise bad_field("reason", N_("say why"))


def _line(
    wish: Asked, number: int, item: ItemFacts, lot: LotView, quantity: Decimal, *, source: Spot, target: Spot
) -> Line:
    return Line(
        request_id=wish.request_id,
        line=number,
        digest=wish.digest,
        kind=wish.kind,
        item_id=item.item_id,
        item_code=item.code,
        lot_id=lot.lot_id,
        condition=lot.condition,
        quantity=quantity,
        source=source,
        target=target,
        happened_at=wish.happened_at,
        late=wish.late,
        reason=wish.reason,
        incident_id=wish.incident_id,
        entered=f"{write_quantity(wish.quantity)} {'box' if wish.boxes else 'piece'}",
        holds=lot.is_place,
        controlled=item.controlled,
    )
