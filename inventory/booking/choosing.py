"""Which balances a wish draws on, in which order, and what is refused when they do not do."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from core.errors import Refusal, bad_field, conflict
from core.languages import N_, say
from core.quantities import write_quantity
from depots.models import PlaceKind
from inventory.booking.holdings import Holding
from inventory.booking.under_way import Booking
from inventory.booking.wishes import Asked
from inventory.catalogue.models import Tracking
from inventory.catalogue.sizes import read_size
from inventory.fitness.rules import Stop, Why, first_expiring, hindrance
from inventory.fitness.words import WHY_WORDS, refusal
from inventory.stock.models import Kind, Movement
from inventory.stock.sightings import seen_since
from people.models import Person
from people.policy import Act, may_at

# What hands gear out asks whether it is fit; what sets it aside or corrects the book does not
_HANDS_OUT = frozenset({Kind.ISSUE, Kind.CONSUME, Kind.OPEN})
_OUT = frozenset({PlaceKind.HOLDER, PlaceKind.INCIDENT})  # where gear is while somebody uses it
_ANY = frozenset(PlaceKind)
# Otherwise who may take and return would move gear from shelf to shelf, which is the keeper's
_COMES_FROM = {Kind.RETURN: _OUT | {PlaceKind.VEHICLE, PlaceKind.KIT}}


def candidates_of(booking: Booking, wish: Asked) -> list[Holding]:
    """The balances that a wish may draw on: of one depot, where its kind takes from."""
    if wish.source_id is not None:
        source = booking.place(wish.source_id, "from").kind
        if source == PlaceKind.TRANSIT:
            raise by_its_transfer("from")
        if source not in _COMES_FROM.get(wish.kind, _ANY):
            raise bad_field("from", N_("gear is returned from a person, call-out, vehicle or kit; else move it"))
    rows = booking.holdings.of(wish.lot_id, wish.item_code, wish.source_id)
    if wish.kind != Kind.RETURN:  # one's own hands are read whatever their depot, to be emptied, not to be drawn on
        rows = [row for row in rows if may_at(booking.caller, Act.SEE, row.spot.depot_id, row.district_code)]
    if wish.size is not None:
        rows = [row for row in rows if row.lot.size == read_size(row.item.sizes, wish.size or "", "size")]
    if wish.source_id is None:
        rows = [row for row in rows if _draws_on(wish.kind, row)]
        if wish.kind == Kind.RETURN:
            mine = [row for row in rows if row.person_id == booking.caller.person_id and row.quantity > 0]
            rows = mine or rows
        if wish.kind == Kind.CONSUME and wish.incident_id is not None:
            drawn = [row for row in rows if row.spot.place_id == wish.incident_id and row.quantity > 0]
            rows = drawn or rows
    depots = {row.spot.depot_id for row in rows if row.quantity > 0} or {row.spot.depot_id for row in rows}
    if wish.source_id is None and wish.goes_near is not None and (wish.lot_id is None or len(depots) > 1):
        depots &= {booking.place(wish.goes_near, "to").spot.depot_id}  # a loan's or call-out's own depot (T97)
    if len(depots) > 1:
        raise bad_field("from", N_("this is kept at several depots; say from which place"))
    # Only that depot's: the right is asked for there, not where an empty balance happens to stand first
    return [row for row in rows if row.spot.depot_id in depots]


def _draws_on(kind: Kind, row: Holding) -> bool:
    if kind == Kind.RETURN:
        return row.kind in _OUT
    if kind in (Kind.ISSUE, Kind.OPEN):
        return row.spot.in_reach
    if kind == Kind.CONSUME:
        return row.spot.in_reach or row.kind in _OUT
    return row.kind not in _OUT and row.kind != PlaceKind.TRANSIT


def by_its_transfer(field: str) -> Refusal:
    """Onto the way, off it and lost there gear gets by its transfer alone, with the signatures of both sides (B7)."""
    return bad_field(field, N_("what is on the way to another depot is sent, received and written off by its transfer"))


def choose(booking: Booking, wish: Asked, candidates: Sequence[Holding]) -> list[Holding]:
    """In which order to draw on the balances: FEFO where no lot is named (T14), the largest first where one is."""
    stocked = [row for row in candidates if row.quantity > 0]
    booking.judge_parts(stocked)
    if wish.lot_id is None:
        if wish.kind in _HANDS_OUT:
            _ask_for_size(wish, stocked)
            usable = first_expiring(stocked, booking.today)
            return usable + [row for row in stocked if row not in usable] if wish.late else usable
        if len({row.lot.lot_id for row in stocked}) > 1:
            raise bad_field("lot", N_("several lots lie here; say which one"))
        return stocked
    if stocked and wish.kind in _HANDS_OUT and not wish.late:
        _check_usable(booking, wish, stocked[0])
    own = booking.caller.person_id
    return sorted(stocked, key=lambda row: (row.person_id != own, -row.quantity, row.spot.place_id))


def not_seen_since(booking: Booking, wish: Asked, chosen: Sequence[Holding], quantity: Decimal) -> Sequence[Holding]:
    """Of a late fact that names no piece: those that it may have been, for nobody has seen them since."""
    if not wish.late or wish.lot_id is not None or wish.counted is not None:
        return chosen
    unseen: list[Holding] = []
    for row in chosen:
        if row.item.tracking != Tracking.SERIAL:
            return chosen
        if len(unseen) < quantity and seen_since(booking.session, row.lot.lot_id, wish.happened_at) is None:
            unseen.append(row)
    return unseen


def _ask_for_size(wish: Asked, stocked: Sequence[Holding]) -> None:
    """Refuse (422) to hand out any size of what comes in sizes: one does not stand in for another (T49)."""
    if wish.size is not None or wish.late or not any(row.lot.size for row in stocked):
        return
    there: dict[str, Decimal] = defaultdict(Decimal)
    for row in stocked:
        there[row.lot.size or "?"] += row.quantity
    order = [*stocked[0].item.sizes.split(), "?"]
    told = ", ".join(f"{size} × {write_quantity(there[size])}" for size in order if size in there)
    raise bad_field("size", N_("this comes in sizes; say which one: {sizes}"), sizes=told)


def _check_usable(booking: Booking, wish: Asked, row: Holding) -> None:
    """Refuse to hand out what is not ready: never what T15 names, the rest only with a reason."""
    found = hindrance(row, hard_stop=row.item.hard_stop, today=booking.today)
    if found is not None and (found[1] == Stop.HARD or not wish.reason):
        raise refusal(*found, day=str(row.lot.usable_through))


def not_enough(booking: Booking, chosen: Sequence[Holding], candidates: Sequence[Holding]) -> Refusal:
    """Return a refusal that names what is there, and who took the last one and when (T50)."""
    available = sum((row.quantity for row in chosen), Decimal(0))
    item = candidates[0].item
    last = booking.session.execute(
        select(Movement.recorded_at, Person.name)
        .join(Person, Person.id == Movement.person_id)
        .where(
            Movement.lot_id.in_({row.lot.lot_id for row in candidates}),
            Movement.from_place_id.in_({row.spot.place_id for row in candidates}),
            # a kit's place may have stood at another depot then: who took there is nobody's to name here
            Movement.from_depot_id.in_({row.spot.depot_id for row in candidates}),
        )
        .order_by(Movement.recorded_at.desc(), Movement.id.desc())
        .limit(1)
    ).first()
    extra: dict[str, Any] = {"available": write_quantity(available)}
    unready = _not_ready(booking, chosen, candidates)
    if unready:
        message = N_("there is not enough of {item} ready: {available} there; what else lies here is not: {why}")
        extra["not_ready"] = {why: write_quantity(quantity) for why, quantity in unready.items()}
    elif last is None:
        message = N_("there is not enough of {item}: {available} there")
    else:
        message = N_("there is not enough of {item}: {available} there; {who} took some at {when}")
    if last is not None:
        extra |= {"last_taken_by": last.name, "last_taken_at": last.recorded_at.isoformat()}
    return conflict(
        "not-enough-stock",
        message,
        extra=extra,
        item=(item.name_zh, item.name_en),
        available=write_quantity(available),
        who=last.name if last else "",
        when=_when(booking, last.recorded_at) if last else "",
        why=tuple(", ".join(say(language, WHY_WORDS[why]) for why in unready) for language in ("zh", "en")),
    )


def _when(booking: Booking, instant: datetime) -> str:
    """The hour by the depot's clock (T29), with the date where it is not today's."""
    local = instant.astimezone(booking.session.info["zone"])
    return f"{local:%H:%M}" if local.date() == booking.today else f"{local:%Y-%m-%d %H:%M}"


def _not_ready(booking: Booking, chosen: Sequence[Holding], candidates: Sequence[Holding]) -> dict[Why, Decimal]:
    """How much lies there that was not chosen because it is not ready, by the reason."""
    found: dict[Why, Decimal] = {}
    for row in candidates:
        reason = (
            hindrance(row, hard_stop=row.item.hard_stop, today=booking.today)
            if row.quantity > 0 and row not in chosen
            else None
        )
        if reason is not None:
            found[reason[0]] = found.get(reason[0], Decimal(0)) + row.quantity
    return found
