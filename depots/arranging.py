"""Arranging a depot: its rooms, bays, shelves and bins are made, renamed, moved, put in order, taken out of use.

Stock never moves here: what lies in a place goes with it inside the depot, and nothing is put on a vehicle or taken off
one in this way. Vehicles and kits follow their piece (``inventory/stock/carrying.py``).
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Boolean, Integer, Uuid, column, func, select, table
from sqlalchemy.orm import Session

from core.audit import record
from core.errors import bad_field, conflict, not_found
from core.inputs import clean_text
from core.languages import N_
from core.limits import lock_key
from depots.models import STORAGE, Depot, DepotStatus, Place, PlaceKind
from depots.places import add_places, depot_closed, new_place, visible_depot
from people.policy import Act, Caller, require_at

FIXED = frozenset({PlaceKind.ROOM, PlaceKind.BAY, PlaceKind.SHELF, PlaceKind.BIN})  # made and moved by hand
CARRIERS = frozenset({PlaceKind.VEHICLE, PlaceKind.KIT})
LAST = 8990  # positions from here on are those of the places that every depot has
MOST = 2000  # places of a depot
# of rooms above; of them only that something lies in a place, and which place a piece belongs to
_stock = table(
    "stock",
    column("place_id", Uuid()),
    column("lot_id", Uuid()),
    column("quantity", Integer()),
    column("outside", Boolean()),
)
_lot = table("lot", column("id", Uuid()), column("home_place_id", Uuid()))


class PlaceSaid(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A place as it is sent: what sort, its name, and in which place it is (null: in none)."""

    kind: PlaceKind
    name_zh: str
    name_en: str = ""
    parent: UUID | None = None


class Layout:
    """The places of one depot; ``still``: held so until the transaction ends."""

    def __init__(self, session: Session, depot: Depot, *, still: bool = True) -> None:
        self.session, self.depot = session, depot
        rows = select(Place).where(Place.depot_id == depot.id, Place.kind.in_(STORAGE)).order_by(Place.id)
        if still:
            rows = rows.with_for_update(key_share=True).execution_options(populate_existing=True)
        self.places = {place.id: place for place in session.execute(rows).scalars()}

    def inner(self) -> dict[UUID | None, list[Place]]:
        """The places in use by what they stand in, in shelf order."""
        found: dict[UUID | None, list[Place]] = defaultdict(list)
        for place in sorted(self.places.values(), key=lambda one: (one.position, one.path_zh, one.id)):
            if place.retired_at is None:
                found[place.parent_id if place.parent_id in self.places else None].append(place)
        return found

    def in_order(self) -> list[tuple[Place, int]]:
        """The places in use as a tree from the top, each with how deep it stands."""
        inner = self.inner()

        def walk(parent: UUID | None, depth: int) -> list[tuple[Place, int]]:
            return [step for one in inner.get(parent, []) for step in ((one, depth), *walk(one.id, depth + 1))]

        return walk(None, 0)

    def under(self, place_id: UUID) -> list[Place]:
        """A place and all in it, outer ones first, those out of use as well."""
        found, todo = [], [place_id]
        while todo:
            one = self.places[todo.pop(0)]
            found.append(one)
            todo += [place.id for place in self.places.values() if place.parent_id == one.id]
        return found

    def carrier(self, place_id: UUID | None) -> UUID | None:
        """The vehicle or kit that a place is, or is in; None on the floor of the depot."""
        while place_id in self.places:
            place = self.places[place_id]
            if place.kind in CARRIERS:
                return place.id
            place_id = place.parent_id
        return None

    def number(self) -> None:
        """Give every place in use its number in the order of the shelves."""
        order = self.in_order()
        step = max(1, min(10, LAST // (len(order) + 1)))
        for number, (place, _) in enumerate(order, start=1):
            if place.position != number * step:
                place.position = number * step

    def name_paths(self, place: Place) -> None:
        """Write the paths of a place and of all in it anew."""
        for one in self.under(place.id):
            above = self.places.get(one.parent_id) if one.parent_id else None
            one.path_zh = (f"{above.path_zh} › {one.name_zh}" if above else one.name_zh)[:300]
            one.path_en = (f"{above.path_en} › {one.name_en}" if above else one.name_en)[:300]


def place_order(session: Session, depot: Depot) -> tuple[list[tuple[Place, int]], list[Place]]:
    """The places in use as a tree from the top, each with how deep it stands; and those out of use."""
    layout = Layout(session, depot, still=False)
    retired = [place for place in layout.places.values() if place.retired_at is not None]
    return layout.in_order(), sorted(retired, key=lambda one: (one.path_zh, one.id))


def layout_of(session: Session, caller: Caller, code: str) -> Layout:
    """The places of a depot, to be changed by who keeps it. 404 out of reach, 409 where the depot is closed."""
    depot = visible_depot(session, caller, code)
    require_at(caller, Act.KEEP, depot.id, depot.district_code)
    status = session.execute(select(Depot.status).where(Depot.id == depot.id).with_for_update(read=True)).scalar_one()
    if status != DepotStatus.OPEN:
        raise depot_closed()
    lock_key(session, "arrange", depot.code)  # of two at once the second sees the places that the first has made
    return Layout(session, depot)


def place_in(session: Session, caller: Caller, place_id: UUID) -> tuple[Layout, Place]:
    """A place and the layout that it is part of. 404 where there is none, or it is out of reach."""
    code = session.execute(select(Depot.code).join(Place, Place.depot_id == Depot.id).where(Place.id == place_id))
    found = code.scalar_one_or_none()
    if found is None:
        raise not_found()
    layout = layout_of(session, caller, found)
    place = layout.places.get(place_id)
    if place is None:
        raise conflict("standing", N_("every depot has this place; it is not changed"))
    return layout, place


def make_place(session: Session, caller: Caller, code: str, said: PlaceSaid, now: datetime) -> Place:
    """Make a room, bay, shelf or bin, the last in what it stands in. Its label is waiting to be printed."""
    layout = layout_of(session, caller, code)
    if said.kind not in FIXED:
        raise bad_field("kind", N_("choose a room, bay, shelf or bin; a vehicle or kit comes with its piece"))
    parent = _parent(layout, said.parent)
    if len(layout.places) >= MOST:
        raise conflict("too-many", N_("a depot has at most {most} places"), most=MOST)
    zh, en = _names(layout, said.name_zh, said.name_en, parent, None)
    place = new_place(layout.depot.id, said.kind, zh, en, now, parent=parent, position=LAST)
    if parent is not None:
        place.in_reach = parent.in_reach
    add_places(session, [place], now)
    layout.places[place.id] = place
    layout.number()
    _note(session, caller, now, "place-added", layout, place, before=None)
    return place


def _parent(layout: Layout, parent_id: UUID | None) -> Place | None:
    if parent_id is None:
        return None
    parent = layout.places.get(parent_id)
    if parent is None or parent.retired_at is not None:
        raise bad_field("parent", N_("this depot has no such place in use"))
    return parent


def _names(layout: Layout, zh: str, en: str, parent: Place | None, own: UUID | None) -> tuple[str, str]:
    """The names of a place, which no other in the same place has."""
    zh = clean_text(zh, "name_zh", 100, required=True)
    en = clean_text(en, "name_en", 100) or zh
    for one in layout.inner().get(parent.id if parent else None, []):
        if one.id != own and one.name_zh == zh:
            raise bad_field("name_zh", N_("there is a place called {name} here already"), name=zh)
    return zh, en


def change_place(
    session: Session,
    caller: Caller,
    place_id: UUID,
    name_zh: str,
    name_en: str,
    now: datetime,
    *,
    parent_id: UUID | None,
) -> None:
    """Rename a place, and put it into another place of its depot, with what lies in it."""
    layout, place = place_in(session, caller, place_id)
    before = _facts(place)
    parent = layout.places.get(place.parent_id) if place.parent_id else None
    if parent_id != place.parent_id:
        parent = _parent(layout, parent_id)
        _refuse_move(layout, place, parent)
        place.parent_id = parent_id
        place.position = LAST  # the last there
        for one in layout.under(place.id):
            one.in_reach = parent is None or parent.in_reach
    place.name_zh, place.name_en = _names(layout, name_zh, name_en, parent, place.id)
    layout.name_paths(place)
    layout.number()
    session.flush()
    _note(session, caller, now, "place-changed", layout, place, before=before)


def _refuse_move(layout: Layout, place: Place, parent: Place | None) -> None:
    """Refuse (409) a move that would put a place into itself, or stock on or off a vehicle without a movement."""
    if place.kind in CARRIERS:
        raise conflict("carrier", N_("a vehicle or kit is moved by moving its piece"))
    inside = layout.under(place.id)
    if parent is not None and parent.id in {one.id for one in inside}:
        raise conflict("into-itself", N_("a place cannot be put into itself, nor into what is in it"))
    changes_carrier = layout.carrier(place.id) != layout.carrier(parent.id if parent else None)
    if changes_carrier and (lines := _lying(layout.session, [one.id for one in inside])):
        raise conflict(
            "not-empty",
            N_("{lines} stock lines lie in it: on or off a vehicle or kit they are moved as gear"),
            lines=lines,
        )


def put_in_order(session: Session, caller: Caller, code: str, ids: Sequence[UUID], now: datetime) -> None:
    """Put the places that stand in the same place into this order. All of them are named, each once."""
    layout = layout_of(session, caller, code)
    first = layout.places.get(ids[0]) if ids else None
    if first is None:
        raise bad_field("places", N_("this depot has no such place in use"))
    here = layout.inner().get(first.parent_id if first.parent_id in layout.places else None, [])
    if len(set(ids)) != len(ids) or set(ids) != {one.id for one in here}:
        raise conflict("other-places", N_("the places here are others by now; open the page again"))
    before = [one.path_zh for one in here]
    for number, one in enumerate(ids):
        layout.places[one].position = number  # among those that stand here only the order counts
    layout.number()
    after = [layout.places[one].path_zh for one in ids]
    subject = layout.depot.code
    record(
        session,
        caller.person_id,
        now,
        "places-ordered",
        "depot",
        subject,
        before={"order": before},
        after={"order": after},
    )


def retire_place(session: Session, caller: Caller, place_id: UUID, now: datetime) -> None:
    """Take an empty place out of use. Refuses (409) while something lies there, lives there, or stands in it."""
    layout, place = place_in(session, caller, place_id)
    if place.kind in CARRIERS:
        raise conflict("carrier", N_("a vehicle or kit goes out of use with its piece"))
    if place.retired_at is not None:
        return
    if inner := layout.inner().get(place.id):
        raise conflict("not-empty", N_("{count} places stand in it; take these out of use first"), count=len(inner))
    if lines := _lying(session, [place.id]):
        raise conflict("not-empty", N_("{lines} stock lines lie in it; move these first"), lines=lines)
    if pieces := _living(session, place.id):
        raise conflict("not-empty", N_("{pieces} pieces belong there; give them another place first"), pieces=pieces)
    place.retired_at = now
    session.flush()
    _note(session, caller, now, "place-retired", layout, place, before=None)


def restore_place(session: Session, caller: Caller, place_id: UUID, now: datetime) -> None:
    """Take a place into use again, the last where it stands."""
    layout, place = place_in(session, caller, place_id)
    if place.retired_at is None:
        return
    parent = layout.places.get(place.parent_id) if place.parent_id else None
    if parent is not None and parent.retired_at is not None:
        raise conflict("retired", N_("what it stands in is out of use; take that into use first"))
    _names(layout, place.name_zh, place.name_en, parent, place.id)
    place.retired_at, place.position = None, LAST
    layout.number()
    session.flush()
    _note(session, caller, now, "place-restored", layout, place, before=None)


def copy_layout(session: Session, caller: Caller, code: str, source: str, now: datetime) -> list[Place]:
    """Make the rooms, bays, shelves and bins of another depot here, in its order; those of the same path are there.

    Returns the new places. What is in vehicles and kits is not copied.
    """
    layout = layout_of(session, caller, code)
    other = visible_depot(session, caller, source.strip())
    if other.id == layout.depot.id:
        raise bad_field("from", N_("choose another depot"))
    there = Layout(session, other, still=False)
    twins: dict[UUID | None, Place | None] = {None: None}
    known = {(one.parent_id, one.name_zh): one for one in layout.places.values() if one.retired_at is None}
    made: list[Place] = []
    for place, _ in there.in_order():
        if place.kind not in FIXED or place.parent_id not in twins:
            continue
        parent = twins[place.parent_id]
        twin = known.get((parent.id if parent else None, place.name_zh))
        if twin is None:
            number = LAST + len(made)
            names = (place.name_zh, place.name_en)
            twin = new_place(layout.depot.id, place.kind, *names, now, parent=parent, position=number)
            made.append(twin)
        twins[place.id] = twin
    if len(layout.places) + len(made) > MOST:
        raise conflict("too-many", N_("a depot has at most {most} places"), most=MOST)
    if made:
        add_places(session, made, now)
        layout.places |= {one.id: one for one in made}
        layout.number()
        said = {"from": other.code, "places": len(made)}
        record(session, caller.person_id, now, "places-copied", "depot", layout.depot.code, after=said)
    return made


def _lying(session: Session, place_ids: Sequence[UUID]) -> int:
    there = select(func.count()).select_from(_stock).where(_stock.c.place_id.in_(place_ids), _stock.c.quantity > 0)
    return int(session.execute(there).scalar_one())


def _living(session: Session, place_id: UUID) -> int:
    """Pieces and lots on the books whose home a place is."""
    held = select(_stock.c.lot_id).where(_stock.c.lot_id == _lot.c.id, ~_stock.c.outside, _stock.c.quantity > 0)
    there = select(func.count()).select_from(_lot).where(_lot.c.home_place_id == place_id, held.exists())
    return int(session.execute(there).scalar_one())


def _facts(place: Place) -> Mapping[str, Any]:
    return {"path_zh": place.path_zh, "path_en": place.path_en, "parent": place.parent_id, "kind": place.kind.value}


def _note(
    session: Session,
    caller: Caller,
    now: datetime,
    act: str,
    layout: Layout,
    place: Place,
    *,
    before: Mapping[str, Any] | None,
) -> None:
    subject = f"{layout.depot.code} {place.path_zh}"[:200]
    record(session, caller.person_id, now, act, "place", subject, before=before, after=_facts(place))
