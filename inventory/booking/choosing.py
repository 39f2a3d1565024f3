"""Which balances a wish draws on, in which order, and what is refused when they do not do."""

from collections.abc import Sequence
from decimal import Decimal

from sqlalchemy import select

from core.errors import Refusal, bad_field, conflict
from core.languages import N_
from core.quantities import write_quantity
from depots.models import PlaceKind
from inventory.booking.desk import Desk
from inventory.booking.wishes import Asked
from inventory.stock.holdings import Holding
from inventory.stock.models import Condition, Kind, Movement
from inventory.stock.rules import first_expiring, is_fit, is_past
from people.models import Person

# What hands gear out asks whether it is fit; what sets it aside or corrects the book does not
_HANDS_OUT = frozenset({Kind.ISSUE, Kind.CONSUME, Kind.OPEN})
_OUT = frozenset({PlaceKind.HOLDER, PlaceKind.INCIDENT})  # where gear is while somebody uses it


def candidates_of(desk: Desk, wish: Asked) -> list[Holding]:
    """The balances that a wish may draw on: of one depot, where its kind takes from."""
    if wish.source_id is not None:
        desk.place(wish.source_id, "from")
    rows = desk.holdings.of(wish.lot_id, wish.item_code, wish.source_id)
    if wish.source_id is None:
        rows = [row for row in rows if _draws_on(wish.kind, row)]
        if wish.kind == Kind.RETURN:
            mine = [row for row in rows if row.person_id == desk.caller.person_id and row.quantity > 0]
            rows = mine or rows
        if wish.kind == Kind.CONSUME and wish.incident_id is not None:
            drawn = [row for row in rows if row.spot.place_id == wish.incident_id and row.quantity > 0]
            rows = drawn or rows
    stocked = [row for row in rows if row.quantity > 0]
    if len({row.spot.depot_id for row in stocked or rows}) > 1:
        raise bad_field("from", N_("this is kept at several depots; say from which place"))
    return rows


def _draws_on(kind: Kind, row: Holding) -> bool:
    if kind == Kind.RETURN:
        return row.kind in _OUT
    if kind in (Kind.ISSUE, Kind.OPEN):
        return row.spot.in_reach
    if kind == Kind.CONSUME:
        return row.spot.in_reach or row.kind in _OUT
    return row.kind not in _OUT


def choose(desk: Desk, wish: Asked, candidates: Sequence[Holding]) -> list[Holding]:
    """In which order to draw on the balances: FEFO where no lot is named (T14), the largest first where one is."""
    stocked = [row for row in candidates if row.quantity > 0]
    if wish.lot_id is None:
        if wish.kind in _HANDS_OUT:
            usable = first_expiring(stocked, desk.today)
            return usable or (stocked if wish.late else [])
        if len({row.lot.lot_id for row in stocked}) > 1:
            raise bad_field("lot", N_("several lots lie here; say which one"))
        return stocked
    if stocked and wish.kind in _HANDS_OUT and not wish.late:
        _check_usable(desk, wish, stocked[0])
    own = desk.caller.person_id
    return sorted(stocked, key=lambda row: (row.person_id != own, -row.quantity, row.spot.place_id))


def _check_usable(desk: Desk, wish: Asked, row: Holding) -> None:
    """Refuse to hand out what is faulty, recalled, or past its date (T15)."""
    lot = row.lot
    if lot.condition == Condition.QUARANTINED:
        raise conflict("on-hold", N_("this lot is on hold; it must not be used"))
    if lot.condition == Condition.UNFIT:
        raise conflict("unfit", N_("this is marked as faulty; it must not be used"))
    if is_fit(lot.condition, lot.expiry, lot.usable_through, desk.today):
        return
    past = is_past(lot.usable_through, desk.today)
    if row.item.hard_stop and past:
        message = N_("this expired after {day}; it is never used past its date")
        raise conflict("expired", message, day=str(lot.usable_through))
    if row.item.hard_stop:
        raise conflict("date-missing", N_("the date of this lot is not known; it must be looked at before it is used"))
    if not wish.reason:
        raise bad_field("reason", N_("this is past its date, or its date is not known; give a reason to use it anyway"))


def not_enough(desk: Desk, wish: Asked, chosen: Sequence[Holding], candidates: Sequence[Holding]) -> Refusal:
    """Say what is there, and who took the last one and when (T50)."""
    available = sum((row.quantity for row in chosen), Decimal(0))
    item = candidates[0].item
    last = desk.session.execute(
        select(Movement.recorded_at, Person.name)
        .join(Person, Person.id == Movement.person_id)
        .where(
            Movement.lot_id.in_({row.lot.lot_id for row in candidates}),
            Movement.from_place_id.in_({row.spot.place_id for row in candidates}),
            # a kit's place may have stood at another depot then: who took there is nobody's to name here
            Movement.from_depot_id.in_({row.spot.depot_id for row in candidates}),
        )
        .order_by(Movement.recorded_at.desc())
        .limit(1)
    ).first()
    extra = {"available": write_quantity(available)}
    if last is None:
        message = N_("there is not enough of {item}: {available} there")
    else:
        message = N_("there is not enough of {item}: {available} there; {who} took some at {when}")
        extra |= {"last_taken_by": last.name, "last_taken_at": last.recorded_at.isoformat()}
    return conflict(
        "not-enough-stock",
        message,
        extra=extra,
        item=(item.name_zh, item.name_en),
        available=write_quantity(available),
        who=last.name if last else "",
        when=last.recorded_at.strftime("%H:%M UTC") if last else "",
    )
