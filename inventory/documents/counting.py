"""Counts: what somebody counted of a lot in a place, and what the book said at that very moment.

A difference is what was counted less the book at the moment of counting that line, not at the start of the count and
not at its approval (T53). The book of a past moment is worked out from the movements, so that a take which is told
only afterwards, and happened before the count, is minded as long as the count is open.
"""

from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from core.columns import table_of
from core.errors import bad_field, conflict
from core.inputs import clean_text
from core.languages import N_
from core.quantities import read_amount
from core.upsert import upsert
from depots.models import LYING, Depot, Place, PlaceKind
from depots.places import is_standing, standing_place_id
from inventory.booking.wishes import CLOCK_SLACK
from inventory.documents.count_report import Difference, books_at, correction_id, report, told_line
from inventory.documents.models import KeeperHandover
from inventory.stock import reasons
from inventory.stock.count_models import Count, CountLine, CountPlace, CountPurpose, CountState
from inventory.stock.models import Kind
from inventory.telling.moving import Move, move
from inventory.telling.scene import Answer, NewEntry, Scene, Verbs
from people.policy import Act, require_at


class Counted(msgspec.Struct, forbid_unknown_fields=True):
    """So much of a lot lies there; "0" is a count, leaving the line out is none (T54)."""

    thing: str
    quantity: str


class StartCount(NewEntry, tag="start-count", kw_only=True):
    """A stocktake of some places of a depot, or of all; the count has the entry's id."""

    depot: str
    places: list[str] = msgspec.field(default_factory=list)
    note: str = ""


class CountLines(NewEntry, tag="count", kw_only=True):
    """Lines counted in a place. ``round`` 2 is the recount by somebody else."""

    count: UUID
    place: str
    lines: list[Counted]
    round: int = 1


class ApproveCount(NewEntry, tag="approve-count", kw_only=True):
    """Book the differences of a stocktake. ``leave_uncounted``: lines nobody counted stay as the book has them."""

    count: UUID
    leave_uncounted: bool = False


class CancelCount(NewEntry, tag="cancel-count", kw_only=True):
    """Give a stocktake up; nothing is booked. Whoever opened it may, as long as nothing is counted; else an officer."""

    count: UUID
    note: str


def start_count(scene: Scene, entry: StartCount) -> Answer:
    """Open a stocktake. Several people count at once, while stock moves."""
    depot = scene.depot(entry.depot, Act.KEEP)
    if entry.places:
        places = [scene.place(text, "places", Act.KEEP) for text in entry.places]
        if any(place.depot_id != depot.id for place in places):
            raise bad_field("places", N_("this place is at another depot"))
        if any(place.kind not in LYING for place in places):
            raise bad_field(
                "places", N_("shelves, vehicles, kits and the hold are counted; what is out has its document")
            )
    else:
        places = storage_places(scene.session, depot.id)
    count = open_count(scene, entry.id, depot.id, CountPurpose.STOCKTAKE, require_some(places), entry.note)
    return {"count": str(count.id), "places": [str(place.id) for place in places]}


def storage_places(session: Session, depot_id: UUID) -> list[Place]:
    """The places of a depot that gear lies in, in shelf order."""
    statement = select(Place).where(Place.depot_id == depot_id, Place.kind.in_(LYING), is_standing())
    statement = statement.order_by(Place.position)
    return list(session.execute(statement).scalars())


def open_count(
    scene: Scene, count_id: UUID, depot_id: UUID, purpose: CountPurpose, places: Sequence[Place], note: str = ""
) -> Count:
    """Open a count of some places. Refuses (409) one that is in another open count (B25)."""
    for other in counted_elsewhere(scene.session, places):
        raise conflict(
            "counted-already",
            N_("{place} is being counted already; approve that count or give it up first"),
            extra={"count": str(other.count_id)},
            place=(other.path_zh, other.path_en),
        )
    return enter_count(scene, count_id, depot_id, purpose, places, note)


def enter_count(
    scene: Scene, count_id: UUID, depot_id: UUID, purpose: CountPurpose, places: Sequence[Place], note: str = ""
) -> Count:
    """Enter a count of places that are in no other open one: the caller has looked (``counted_elsewhere``)."""
    count = Count(
        id=count_id,
        depot_id=depot_id,
        purpose=purpose,
        note=clean_text(note, "note", 300),
        opened_by_id=scene.caller.person_id,
        opened_at=scene.happened_at,
    )
    scene.session.add(count)
    scene.session.flush()
    scene.session.add_all(
        CountPlace(count_id=count.id, place_id=place_id) for place_id in dict.fromkeys(place.id for place in places)
    )
    scene.session.flush()
    return count


def require_some(places: Sequence[Place]) -> Sequence[Place]:
    """Return the places; refuse (422) to count where there are none."""
    if not places:
        raise bad_field("places", N_("there is no place to count"))
    return places


def counted_elsewhere(session: Session, places: Sequence[Place]) -> Sequence[Any]:
    """Those of the places that are in an open count (place_id, count_id, path_zh, path_en), in shelf order.

    A place is in one at a time: two would book the same difference twice (B25). Locks the places, and takes those that
    came from another depot out of its counts.
    """
    ids = sorted({place.id for place in places})
    session.execute(select(Place.id).where(Place.id.in_(ids)).order_by(Place.id).with_for_update(key_share=True)).all()
    _leave_counts_of_others(session, places)
    return session.execute(
        select(CountPlace.place_id, CountPlace.count_id, Place.path_zh, Place.path_en)
        .join(Count, Count.id == CountPlace.count_id)
        .join(Place, Place.id == CountPlace.place_id)
        .where(CountPlace.place_id.in_(ids), Count.state == CountState.OPEN)
        .order_by(Place.position, Place.id)
    ).all()


def _leave_counts_of_others(session: Session, places: Sequence[Place]) -> None:
    """A vehicle or kit that came from another depot is in no count there: nobody here could close it, or may know."""
    theirs = Count.depot_id.not_in({one.depot_id for one in places})
    away, table = select(Count.id).where(Count.state == CountState.OPEN, theirs), table_of(CountPlace)
    session.execute(delete(table).where(table.c.place_id.in_({one.id for one in places}), table.c.count_id.in_(away)))


def the_count(scene: Scene, count_id: UUID, act: Act) -> Count:
    """A count that is still open, at a depot where the caller may do this."""
    count = scene.document(Count, count_id, N_("there is no count with this id"), act)
    if count.state != CountState.OPEN:
        raise conflict("closed", N_("this count is closed"))
    return count


def count_lines(scene: Scene, entry: CountLines) -> Answer:
    """Note what was counted in a place. A line counted again takes the place of the earlier one."""
    count = the_count(scene, entry.count, Act.TAKE)
    place = scene.place(entry.place, "place", Act.TAKE)
    if scene.session.get(CountPlace, (count.id, place.id)) is None:
        raise bad_field("place", N_("this place is not part of the count"))
    if entry.round not in (1, 2):
        raise bad_field("round", N_("there is a count and one recount"))
    if scene.happened_at < count.opened_at - CLOCK_SLACK:
        raise bad_field("happened_at", N_("nothing is counted before the count was opened"))
    counted = {scene.lot(line.thing, "thing")[0].id: read_amount(line.quantity) for line in entry.lines}
    if entry.round == 2:
        _second_person(scene, count, place, counted)
    note_lines(scene, count, place.id, counted, entry.round)
    if count.purpose == CountPurpose.KEEPER:
        unsign(scene, count.id)
    return {"lines": len(counted)}


def unsign(scene: Scene, count_id: UUID) -> None:
    """What is counted anew after a keeper has signed is signed anew."""
    scene.session.execute(
        update(KeeperHandover)
        .where(KeeperHandover.id == count_id)
        .values(leaver_signed_at=None, comer_signed_at=None, signed="")
        .execution_options(synchronize_session="fetch")
    )


def _not_keepers(count: Count) -> None:
    if count.purpose == CountPurpose.KEEPER:
        message = N_("this count belongs to a keeper handover; it ends with its signatures, or is given up there")
        raise conflict("keeper-handover", message)


def _second_person(scene: Scene, count: Count, place: Place, lots: Collection[UUID]) -> None:
    first = scene.session.execute(
        select(CountLine.id).where(
            CountLine.count_id == count.id,
            CountLine.place_id == place.id,
            CountLine.lot_id.in_(lots),
            CountLine.round == 1,
            CountLine.person_id == scene.caller.person_id,
        )
    ).first()
    if first is not None:
        raise conflict("same-person", N_("the recount is another person's"))


def note_lines(scene: Scene, count: Count, place_id: UUID, counted: dict[UUID, Decimal], round_: int = 1) -> None:
    """Write down counted lines with the book of that moment."""
    books = books_at(scene.session, [(place_id, lot_id, scene.happened_at) for lot_id in counted])
    rows = [
        {
            "id": scene.next_id(),
            "count_id": count.id,
            "place_id": place_id,
            "lot_id": lot_id,
            "round": round_,
            "counted": quantity,
            "book": books[place_id, lot_id, scene.happened_at],
            "counted_at": scene.happened_at,
            "recorded_at": scene.now,
            "person_id": scene.caller.person_id,
        }
        for lot_id, quantity in sorted(counted.items())
    ]
    if not rows:
        return
    statement = upsert(scene.session, table_of(CountLine))
    changes = {name: statement.excluded[name] for name in ("counted", "book", "counted_at", "recorded_at", "person_id")}
    key = ["count_id", "place_id", "lot_id", "round"]
    # Reported out of order, the later count stands
    later = statement.excluded.counted_at >= table_of(CountLine).c.counted_at
    scene.session.execute(statement.on_conflict_do_update(index_elements=key, set_=changes, where=later), rows)


def approve_count(scene: Scene, entry: ApproveCount) -> Answer:
    """Book a stocktake's differences.

    Refuses while a big difference waits for its recount (T56), and until somebody has said that the uncounted lines
    may stay as they are (T54).
    """
    count = the_count(scene, entry.count, Act.APPROVE)
    _not_keepers(count)
    rows = report(scene.session, count)
    again = [told_line(row, blind=True) for row in rows if row.needs_recount]
    if again:
        message = N_("{count} lines wait for a recount by a second person")
        raise conflict("recount", message, extra={"recount": again}, count=len(again))
    blank = [told_line(row) for row in rows if row.counted is None]
    if blank and not entry.leave_uncounted:
        message = N_("{count} lines were not counted; approve them as they are, or have them counted")
        raise conflict("uncounted", message, extra={"uncounted": blank}, count=len(blank))
    _not_alone(scene, count, rows)
    booked = book_differences(scene, count, rows)
    return {"booked": booked, "uncounted": blank}


def _not_alone(scene: Scene, count: Count, rows: Sequence[Difference]) -> None:
    """No difference is booked on one person's word: who approves it is not the only one who counted it."""
    lines = select(CountLine.place_id, CountLine.lot_id, CountLine.person_id).where(CountLine.count_id == count.id)
    others = {(place, lot) for place, lot, who in scene.session.execute(lines) if who != scene.caller.person_id}
    alone = [told_line(row) for row in rows if row.difference and (row.place.id, row.lot.id) not in others]
    if alone:
        message = N_("somebody else approves the differences that one has counted alone")
        raise conflict("same-person", message, extra={"alone": alone})


def book_differences(
    scene: Scene, count: Count, rows: Sequence[Difference], reason: str = "", *, signed: bool = True
) -> list[dict[str, Any]]:
    """Close a count: what is missing goes to "lost", what is too much comes from "found", and the book is fixed.

    ``signed``: two people stand for it, so that controlled gear found missing needs no further one.
    """
    changed = [row for row in rows if row.difference]
    reason = reason or reasons.COUNTED(id=count.id)
    moves = []
    for row in changed:
        lost = standing_place_id(count.depot_id, PlaceKind.LOST)
        found = standing_place_id(count.depot_id, PlaceKind.FOUND)
        source, target = (row.place.id, lost) if row.difference < 0 else (found, row.place.id)
        named = correction_id(count.id, row.place.id, row.lot.id)
        moves.append(
            Move(
                *(Kind.ADJUST, row.lot.id, abs(row.difference), source, target, reason),
                id=named,
                seen_at=row.counted_at,
            )
        )
    move(scene, moves, truth=True, signed=signed)
    for row in rows:
        if row.counted is not None:
            _fix_book(scene.session, count, row)
    count.state, count.closed_at, count.closed_by_id = CountState.CLOSED, scene.now, scene.caller.person_id
    return [told_line(row) for row in changed]


def _fix_book(session: Session, count: Count, row: Difference) -> None:
    """Store the book that the difference was worked out from: late facts may have changed it since the line."""
    lines = session.execute(
        select(CountLine).where(
            CountLine.count_id == count.id, CountLine.place_id == row.place.id, CountLine.lot_id == row.lot.id
        )
    ).scalars()
    for line in lines:
        if line.book != row.book and (line.round == 2 or not row.recounted):
            line.book = row.book


def cancel_count(scene: Scene, entry: CancelCount) -> Answer:
    """Give a count up. One's own in which nothing is counted was begun by mistake; what is counted is evidence."""
    count = the_count(scene, entry.count, Act.KEEP)
    _not_keepers(count)
    if count.opened_by_id != scene.caller.person_id or _is_begun(scene.session, count):
        depot = scene.session.get_one(Depot, count.depot_id)
        require_at(scene.caller, Act.APPROVE, depot.id, depot.district_code)
    count.note = clean_text(f"{count.note} {entry.note}", "note", 300)
    count.state, count.closed_at, count.closed_by_id = CountState.CANCELLED, scene.now, scene.caller.person_id
    return {}


def _is_begun(session: Session, count: Count) -> bool:
    return session.execute(select(CountLine.id).where(CountLine.count_id == count.id).limit(1)).first() is not None


ENTRIES: Verbs = {
    StartCount: start_count,
    CountLines: count_lines,
    ApproveCount: approve_count,
    CancelCount: cancel_count,
}
