"""Every lot, place and depot gets a label when it enters the book, and keeps it."""

from datetime import date

from sqlalchemy import func, select, update

from core.database import Database
from depots.models import Place
from inventory.stock.models import Lot
from labels.codes.binding import bound_to, codes_of, labelled
from labels.codes.codes import is_code, new_code, spoken
from labels.codes.models import Label
from tests.conftest import Town


def test_a_new_lot_a_new_place_and_a_new_depot_have_a_label_each(town: Town, database: Database) -> None:
    lot_id = town.stock("EXT-001", "1", serial="SN-1")
    with database.transaction(writes=False) as session:
        lots = codes_of(session, Label.lot_id, [lot_id])
        places = codes_of(session, Label.place_id, [town.room.id, town.shelf.id])
        depots = codes_of(session, Label.depot_id, [town.depot.id, town.other.id])
    codes = [*lots.values(), *places.values(), *depots.values()]
    assert len(codes) == len(set(codes)) == 5
    assert all(is_code(code) for code in codes)


def test_the_same_batch_received_twice_keeps_its_one_label(town: Town, database: Database) -> None:
    for _ in range(2):
        lot_id = town.stock("MED-012", "5", expires_on=date(2027, 6, 30), number="A1")
    with database.transaction(writes=False) as session:
        labels = session.scalar(select(func.count()).select_from(Label).where(Label.lot_id == lot_id))
        lots = session.scalar(select(func.count()).select_from(Lot).where(Lot.id == lot_id))
    assert (lots, labels) == (1, 1)


def test_outside_places_have_no_label(town: Town, database: Database) -> None:

    with database.transaction(writes=False) as session:
        stuck = session.scalar(
            select(func.count()).select_from(Label).join(Place, Place.id == Label.place_id).where(Place.outside)
        )
    assert stuck == 0


def test_scanned_typed_and_foreign_texts_are_told_apart_in_one_go(town: Town, database: Database) -> None:
    lot_id = town.stock("EXT-001", "1", serial="SN-1")
    code = town.code_of(lot_id)
    with database.transaction(writes=False) as session:
        shelf = codes_of(session, Label.place_id, [town.shelf.id])[town.shelf.id]
        texts = [f"https://old-host.example/q/{code}", spoken(shelf).lower(), "6901234567892", new_code()]
        found = labelled(session, town.keeper, texts)
    assert found.lots == {texts[0]: lot_id}
    # a piece may be a vehicle or a kit, which is a place too, under the same id
    assert found.places == {texts[0]: lot_id, texts[1]: town.shelf.id}


def test_T74_a_replaced_label_leads_to_the_same_thing_for_ever(town: Town, database: Database) -> None:
    lot_id = town.stock("EXT-001", "1", serial="SN-1")
    old, new = town.code_of(lot_id), new_code()
    with database.transaction() as session:
        session.add(Label(code=new, created_at=town.context.clock.now()))
        session.flush()
        session.execute(update(Label).where(Label.code == old).values(replaced_by=new))
        session.execute(update(Label).where(Label.code == new).values(lot_id=lot_id))
    with database.transaction(writes=False) as session:
        for code in (old, new):
            bound = bound_to(session, code)
            assert bound is not None and bound.lot_id == lot_id
        assert codes_of(session, Label.lot_id, [lot_id]) == {lot_id: new}
