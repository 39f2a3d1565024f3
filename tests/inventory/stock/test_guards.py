"""What the database itself refuses, on both kinds, whoever writes past the program."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core import guards
from core.columns import table_of
from core.errors import Refusal
from depots.models import Place
from inventory.catalogue.models import Item
from inventory.documents.models import PackCode, Proposal, ProposalState, Transfer, TransferLine
from inventory.stock.count_models import Count, CountPlace, CountPurpose
from inventory.stock.models import Lot, Movement, Stock
from inventory.upkeep.models import Scrap, Service
from labels.codes.models import Label
from tests.conftest import NOW, Town
from tests.databases import without_guards

Writing = Callable[[Session, Town], None]


def copy_of(session: Session, model: Any, key: Any, **changes: Any) -> None:
    """Insert a copy of a row with other values, past every verb."""
    table = table_of(model)
    row = dict(session.execute(select(table).where(key)).one()._mapping)
    session.execute(insert(table).values(**{**row, **changes}))


def a_piece(session: Session) -> Lot:
    return session.execute(select(Lot).where(Lot.serial == "SN-1")).scalar_one()


def piece_in_two_places(session: Session, town: Town) -> None:
    copy_of(session, Stock, Stock.place_id == town.shelf.id, place_id=town.other_shelf.id, depot_id=town.other.id)


def piece_twice(session: Session, town: Town) -> None:
    session.execute(update(Stock).where(Stock.place_id == town.shelf.id).values(quantity=Decimal(2)))


def piece_in_itself(session: Session, town: Town) -> None:
    lot = a_piece(session)
    session.execute(update(Stock).where(Stock.place_id == town.shelf.id).values(quantity=Decimal(0)))
    copy_of(session, Place, Place.id == town.shelf.id, id=lot.id)
    copy_of(session, Stock, Stock.place_id == town.shelf.id, place_id=lot.id, quantity=Decimal(1))


def place_in_itself(session: Session, town: Town) -> None:
    session.execute(update(Place).where(Place.id == town.room.id).values(parent_id=town.room.id))


def places_in_a_ring(session: Session, town: Town) -> None:
    session.execute(update(Place).where(Place.id == town.room.id).values(parent_id=town.shelf.id))


def place_born_in_itself(session: Session, town: Town) -> None:
    place_id = uuid4()
    copy_of(session, Place, Place.id == town.shelf.id, id=place_id, parent_id=place_id)


def same_serial(session: Session, town: Town) -> None:
    copy_of(session, Lot, Lot.serial == "SN-1", id=uuid4(), natural_key="other")


def same_key(session: Session, town: Town) -> None:
    copy_of(session, Lot, Lot.serial == "SN-1", id=uuid4(), serial="sn-1")


def dates(name: str, day: date) -> Writing:
    def write(session: Session, town: Town) -> None:
        session.execute(update(Lot).where(Lot.serial == "SN-1").values({name: day}))

    return write


def empty_box(session: Session, town: Town) -> None:
    session.execute(update(Lot).where(Lot.serial == "SN-1").values(pack_size=Decimal(0)))


def moved(**changes: Any) -> Writing:
    def write(session: Session, town: Town) -> None:
        copy_of(session, Movement, Movement.lot_id == a_piece(session).id, id=uuid4(), request_id=uuid4(), **changes)

    return write


def late(session: Session, town: Town) -> None:
    moved(happened_at=NOW + timedelta(hours=2))(session, town)


def long_text(session: Session, town: Town) -> None:
    if session.get_bind().dialect.name == "postgresql":
        raise IntegrityError("", {}, Exception("guard:lengths_place"))  # the type itself says so there (DataError)
    session.execute(update(Place).where(Place.id == town.room.id).values(name_en="x" * 101))


def two_counts(session: Session, town: Town) -> None:
    for count_id in (uuid4(), uuid4()):
        row = {"depot_id": town.depot.id, "purpose": CountPurpose.STOCKTAKE, "opened_at": NOW}
        session.execute(insert(Count).values(id=count_id, state="open", note="", opened_by_id=who(town), **row))
        session.execute(insert(CountPlace).values(count_id=count_id, place_id=town.shelf.id))


def reopened(session: Session, town: Town) -> None:
    row = {"depot_id": town.depot.id, "purpose": CountPurpose.STOCKTAKE, "opened_at": NOW, "note": ""}
    session.execute(insert(Count).values(id=uuid4(), state="closed", closed_at=NOW, opened_by_id=who(town), **row))
    session.execute(update(Count).values(state="open"))


def two_scraps(session: Session, town: Town) -> None:
    for state in ("proposed", "approved"):
        row = {"depot_id": town.depot.id, "lot_id": a_piece(session).id, "reason": "old", "proposed_at": NOW}
        words = {"decision_note": "", "method": "", "receiver": ""}
        session.execute(insert(Scrap).values(id=uuid4(), state=state, proposed_by_id=who(town), **row, **words))


def two_services(session: Session, town: Town) -> None:
    for _ in range(2):
        session.add(
            Service(
                id=uuid4(),
                depot_id=town.depot.id,
                lot_id=a_piece(session).id,
                own_place_id=town.shelf.id,
                vendor="v",
                due_back_on=NOW.date(),
                sent_at=NOW,
                sent_by_id=who(town),
            )
        )
        session.flush()


def proposal(session: Session, town: Town, contains: str = "1") -> None:
    session.add(
        Proposal(
            id=uuid4(),
            depot_id=town.depot.id,
            gtin="06901234567892",
            name="x",
            unit="x",
            contains=Decimal(contains),
            state=ProposalState.OPEN,
            by_id=who(town),
            at=NOW,
        )
    )
    session.flush()


def two_proposals(session: Session, town: Town) -> None:
    proposal(session, town)
    proposal(session, town)


def empty_proposal(session: Session, town: Town) -> None:
    proposal(session, town, "0")


def two_labels(column: str) -> Writing:
    def write(session: Session, town: Town) -> None:
        thing = {"lot_id": a_piece(session).id, "place_id": town.shelf.id, "depot_id": town.depot.id}[column]
        session.execute(insert(Label).values(code=f"X-{column}", created_at=NOW, outdoor=False, **{column: thing}))

    return write


def used_code(column: str) -> Writing:
    def write(session: Session, town: Town) -> None:
        change = {column: None} if column == "lot_id" else {column: None, "lot_id": a_piece(session).id}
        thing = {"lot_id": a_piece(session).id, "place_id": town.shelf.id, "depot_id": town.depot.id}[column]
        session.execute(update(Label).where(getattr(Label, column) == thing).values(**change))

    return write


def nothing_asked(session: Session, town: Town) -> None:
    row = {
        "from_depot_id": town.depot.id,
        "to_depot_id": town.other.id,
        "asked_at": NOW,
    }
    transfer = uuid4()
    session.execute(
        insert(Transfer).values(
            id=transfer, state="requested", reason="", closing_note="", asked_by_id=who(town), **row
        )
    )
    item = a_piece(session).item_id
    session.execute(insert(TransferLine).values(transfer_id=transfer, item_id=item, quantity=Decimal(0)))


def piece_of_a_line_that_went(session: Session, town: Town) -> None:
    item, other = session.execute(select(table_of(Item).c.id).limit(2)).scalars()
    session.execute(update(Item).where(Item.id == item).values(merged_into_id=other))
    session.execute(update(Lot).where(Lot.serial == "SN-1").values(item_id=item))


def empty_pack(session: Session, town: Town) -> None:
    session.execute(insert(PackCode).values(gtin="1", item_id=a_piece(session).item_id, contains=Decimal(-1)))


def who(town: Town) -> Any:
    return town.keeper.person_id


REFUSED: dict[str, tuple[Writing, str]] = {
    "piece in two places": (piece_in_two_places, "piece_in_one_place"),
    "piece twice": (piece_twice, "piece_in_one_place"),
    "piece in itself": (piece_in_itself, "piece_not_in_itself"),
    "place in itself": (place_in_itself, "places_form_a_tree"),
    "places in a ring": (places_in_a_ring, "places_form_a_tree"),
    "place born in itself": (place_born_in_itself, "places_form_a_tree"),
    "same serial": (same_serial, "one_piece_per_serial"),
    "same key": (same_key, "natural_key"),
    "expiry 0001": (dates("expires_on", date(1, 1, 1)), "dates_of_lot"),
    "expiry 9999": (dates("expires_on", date(9999, 12, 31)), "dates_of_lot"),
    "made 1900": (dates("made_on", date(1900, 1, 1)), "dates_of_lot"),
    "opened 2200": (dates("opened_on", date(2200, 1, 1)), "dates_of_lot"),
    "empty box": (empty_box, "box_of_lot"),
    "negative movement": (moved(quantity=Decimal(-1)), "quantity_positive"),
    "recorded before it happened": (late, "told_before_it_happened"),
    "happened in 0001": (moved(happened_at=datetime(1, 1, 2, tzinfo=UTC)), "instants_movement"),
    "recorded in 9999": (moved(recorded_at=datetime(9999, 1, 1, tzinfo=UTC)), "instants_movement"),
    "long text": (long_text, "lengths_place"),
    "two open counts of a place": (two_counts, "one_open_count_of_a_place"),
    "a count opened again": (reopened, "closed_count_stays_closed"),
    "two open scraps": (two_scraps, "scrap"),
    "two services": (two_services, "service"),
    "two open proposals": (two_proposals, "proposal"),
    "proposal of nothing": (empty_proposal, "proposal_contains"),
    "two labels of a piece": (two_labels("lot_id"), "one_label_of_lot"),
    "two labels of a place": (two_labels("place_id"), "one_label_of_place"),
    "two labels of a depot": (two_labels("depot_id"), "one_label_of_depot"),
    "a used code made blank": (used_code("lot_id"), "label_keeps_its_thing"),
    "a shelf's code on a piece": (used_code("place_id"), "label_keeps_its_thing"),
    "a depot's code on a piece": (used_code("depot_id"), "label_keeps_its_thing"),
    "nothing asked": (nothing_asked, "transfer_line_quantity"),
    "a piece of a line that went": (piece_of_a_line_that_went, "lot_of_a_line_that_stands"),
    "pack of nothing": (empty_pack, "pack_code_contains"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_the_database_refuses(town: Town, what: str) -> None:
    town.stock("EXT-001", "1", serial="SN-1")
    write, name = REFUSED[what]
    with pytest.raises(IntegrityError, match=name), town.context.database.transaction() as session:
        write(session, town)


def test_every_guard_that_a_room_lists_has_a_case_above(town: Town) -> None:
    with town.context.database.engine.connect() as connection:
        listed = {guard.name for guard in guards.guards_of(connection)}
        assert guards.missing(connection) == []
        assert guards.breaches(connection) == []
    by_type = {name for name in listed if name.startswith(("instants_", "lengths_"))}
    untried = {"requirement_minimum", "override_minimum", "hand_out_quantity", "counted_less_than_nothing"}
    assert listed - by_type - untried == {name for _, name in REFUSED.values()} & (listed - by_type)


def test_guards_that_are_off_are_missed_and_a_migration_puts_them_back(town: Town) -> None:
    with town.context.database.engine.begin() as connection:
        with without_guards(connection):
            assert "places_form_a_tree" in guards.missing(connection)
            connection.execute(update(Place).where(Place.id == town.room.id).values(parent_id=town.room.id))
        assert guards.missing(connection) == []
        found = guards.breaches(connection)
        assert [breach.guard.name for breach in found] == ["places_form_a_tree"]
        assert "place: a place would be inside itself" in found[0].sentence()


def test_what_the_database_refuses_again_and_again_is_a_conflict_for_the_caller(town: Town) -> None:
    town.stock("EXT-001", "1", serial="SN-1")
    with pytest.raises(Refusal) as refused:
        town.run(piece_in_two_places, town)
    assert (refused.value.status, refused.value.kind) == (409, "clash")


def test_what_only_a_mistake_of_ours_can_cause_stays_a_fault(town: Town) -> None:
    with pytest.raises(IntegrityError):
        town.run(lambda session: session.execute(update(Place).values(name_en=None)))
