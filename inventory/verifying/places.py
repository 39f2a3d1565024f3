"""Whether a vehicle's or kit's place is where its piece is, and what lies in it with it."""

from typing import Any
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session, aliased

from depots.models import OUTSIDE, STORAGE, Place, PlaceKind
from inventory.stock.carrying import inner_places
from inventory.stock.models import Condition, Lot, Stock
from inventory.stock.verify import Check, Mended, Wrong, rows_of

CARRIERS = (PlaceKind.VEHICLE, PlaceKind.KIT)
_around: Any = aliased(Place)


def _carriers() -> Any:
    """Carriers with the place in which the book has their piece: none where it is outside."""
    return (
        select(Place.id, Place.depot_id, Place.parent_id, Place.in_reach, _around.id.label("where"))
        .add_columns(
            _around.depot_id.label("right_depot"),
            _around.kind.label("around_kind"),
            # what is in a faulty or recalled carrier is out of reach (B34)
            and_(_around.in_reach, Lot.condition == Condition.FIT).label("right_reach"),
        )
        .join(Lot, Lot.id == Place.id)
        .outerjoin(Stock, (Stock.lot_id == Place.id) & ~Stock.outside & (Stock.quantity > 0))
        .outerjoin(_around, _around.id == Stock.place_id)
        .where(Place.kind.in_(CARRIERS))
    )


def _right(row: Any) -> dict[str, Any]:
    """How a carrier's place stands by its piece."""
    if row.where is None:
        return {"in_reach": False}
    parent = row.where if row.around_kind in STORAGE and row.where != row.id else None
    return {"depot_id": row.right_depot, "parent_id": parent, "in_reach": bool(row.right_reach)}


def _off(session: Session) -> list[tuple[UUID, dict[str, Any], dict[str, Any]]]:
    """Carriers whose place is not as their piece says: (id, as it is, as it should be). A kit on a truck follows it."""
    found = []
    for row in session.execute(_carriers()).all():
        right = _right(row)
        kept = {name: getattr(row, name) for name in right}
        if kept != right:
            found.append((row.id, kept, right))
    return found


def _say(values: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in values.items())


def _find_carriers(session: Session) -> Wrong:
    off = _off(session)
    return Wrong(len(off), [f"{place}: {_say(kept)}; by its piece {_say(right)}" for place, kept, right in off[:20]])


def _mend_carriers(session: Session) -> list[Mended]:
    """Outer ones before those on them: as often as there are carriers inside carriers, and no more."""
    mended: list[Mended] = []
    tried: set[tuple[UUID, str]] = set()
    while again := [one for one in _off(session) if (one[0], _say(one[2])) not in tried]:
        for place_id, kept, right in again:
            tried.add((place_id, _say(right)))
            place = session.get_one(Place, place_id)
            if right.get("parent_id") in inner_places(session, place_id):
                right = {**right, "parent_id": None}
            for name, value in right.items():
                setattr(place, name, value)
            session.flush()
            mended.append(Mended(str(place_id), _say(kept), _say(right)))
    return mended


def _strays() -> Any:
    """Places inside others that are at another depot, or in reach though what they are in is not."""
    return (
        select(Place.id, Place.depot_id, _around.depot_id.label("around_depot"), Place.in_reach)
        .add_columns(_around.in_reach.label("around_reach"))
        .join(_around, _around.id == Place.parent_id)
        .where(or_(Place.depot_id != _around.depot_id, Place.in_reach != _around.in_reach))
        .where(Place.kind.not_in(CARRIERS), Place.kind.in_(STORAGE), _around.kind.in_(STORAGE))
    )


def _find_strays(session: Session) -> Wrong:
    return rows_of(session, _strays(), lambda row: f"{row.id}: depot {row.depot_id}, in reach {row.in_reach}")


def _mend_strays(session: Session) -> list[Mended]:
    mended: list[Mended] = []
    for _ in range(20):  # levels of bins in shelves in rooms
        rows = session.execute(_strays()).all()
        if not rows:
            break
        for row in rows:
            place = session.get_one(Place, row.id)
            before = f"depot {place.depot_id}, in reach {place.in_reach}"
            place.depot_id, place.in_reach = row.around_depot, bool(row.around_reach)
            mended.append(Mended(str(row.id), before, f"depot {place.depot_id}, in reach {place.in_reach}"))
        session.flush()
    return mended


def _flags() -> Any:
    return select(Place.id, Place.kind, Place.outside, Place.in_reach).where(
        (Place.outside != Place.kind.in_(OUTSIDE)) | (Place.in_reach & Place.kind.not_in(STORAGE))
    )


def _find_flags(session: Session) -> Wrong:
    return rows_of(session, _flags(), lambda row: f"{row.id}: {row.kind}, outside {row.outside}")


def _mend_flags(session: Session) -> list[Mended]:
    mended = []
    for row in session.execute(_flags()).all():
        place = session.get_one(Place, row.id)
        before = f"outside {place.outside}, in reach {place.in_reach}"
        place.outside, place.in_reach = place.kind in OUTSIDE, place.in_reach and place.kind in STORAGE
        mended.append(Mended(str(row.id), before, f"outside {place.outside}, in reach {place.in_reach}"))
    session.flush()
    return mended


def _find_nameless(session: Session) -> Wrong:
    """Vehicles and kits as places whose id no piece has."""
    statement = (
        select(Place.id, Place.name_en)
        .outerjoin(Lot, Lot.id == Place.id)
        .where(Place.kind.in_(CARRIERS), Lot.id.is_(None))
    )
    return rows_of(session, statement, lambda row: f"{row.id} {row.name_en}")


_REPAIR = "derived from where the piece is: readyshelf verify --repair"

PLACES: tuple[Check, ...] = (
    Check("place is on the wrong side of the depot's edge", _find_flags, _REPAIR, _mend_flags),
    Check("vehicle or kit is not where its piece is", _find_carriers, _REPAIR, _mend_carriers),
    Check("place is not where the place around it is", _find_strays, _REPAIR, _mend_strays),
    Check(
        "vehicle or kit has no piece",
        _find_nameless,
        "move what is in it to a shelf; it was entered past the program, which makes both",
    ),
)
