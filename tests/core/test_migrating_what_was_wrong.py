"""A migration runs over whatever a database holds: what can be derived is put right, the rest is named."""

import sys
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Connection, inspect, select, text, update
from sqlalchemy.orm import Session

from app import main
from core import guards
from core.schema import migrate, newest_revision
from depots.models import Place, PlaceKind
from depots.places import new_place
from inventory.stock.lots import serial_key
from inventory.stock.models import Lot
from inventory.upkeep.models import Scrap, Service
from inventory.verifying.verifying import verify_all
from labels.codes.binding import bound_to, codes_of
from labels.codes.event_models import LabelAct, LabelEvent
from labels.codes.models import Label
from tests.conftest import NOW, Town
from tests.olden import add_as_then, go_back

BEFORE = "0016"
pytestmark = pytest.mark.own_database


def spoil(session: Session, town: Town) -> None:
    """Everything twice that there must be once, a ring of places, and a date that no label bears."""
    lot = session.execute(text("SELECT * FROM lot WHERE serial = 'SN-1'")).mappings().one()
    lot_id = UUID(str(lot["id"]))
    person = town.keeper.person_id
    for number, state in enumerate(("proposed", "approved", "proposed")):
        at = NOW.replace(minute=number)
        scrap = Scrap(id=uuid4(), depot_id=town.depot.id, lot_id=lot_id, state=state, reason="old",
                      proposed_by_id=person, proposed_at=at)  # fmt: skip
        add_as_then(session, scrap)
    for number in range(2):
        service = Service(id=uuid4(), depot_id=town.depot.id, lot_id=lot_id, own_place_id=town.shelf.id, vendor="v",
                          due_back_on=NOW.date(), sent_at=NOW.replace(minute=number), sent_by_id=person)  # fmt: skip
        add_as_then(session, service)
    add_as_then(session, Label(code="NEWER", lot_id=lot_id, created_at=NOW.replace(year=2027)))
    twin_id = uuid4()
    twin = {**lot, "id": twin_id if session.get_bind().dialect.name == "postgresql" else twin_id.hex}
    twin |= {"natural_key": f"piece/{uuid4()}", "serial": "ＳＮ-1"}
    names = ", ".join(twin)
    session.execute(text(f"INSERT INTO lot ({names}) VALUES ({', '.join(f':{name}' for name in twin)})"), twin)
    session.execute(update(Lot).where(Lot.id == lot_id).values(natural_key=f"piece/{lot_id}"))
    session.execute(update(Place).where(Place.id == town.room.id).values(parent_id=town.shelf.id))
    expiry = "0001-01-01"
    session.execute(text(f"UPDATE lot SET made_on = '{expiry}' WHERE serial = 'ＳＮ-1'"))
    session.flush()


@pytest.mark.slow
@pytest.mark.heavy
def test_a_filled_database_comes_through_with_its_pieces_named_by_their_number(town: Town) -> None:
    database = town.context.database
    piece = town.stock("EXT-001", "1", serial="SN-1", maker="甲")
    database.engine.dispose()
    go_back(database, BEFORE)
    with database.transaction() as session:
        session.execute(update(Lot).where(Lot.id == piece).values(natural_key=f"piece/{piece}"))
    assert migrate(database) == (BEFORE, newest_revision())
    lot = town.lot(piece)
    assert lot.natural_key == serial_key(lot.item_id, "甲", "SN-1")
    assert town.run(verify_all).sound


@pytest.mark.heavy
def test_a_dirty_database_comes_through_and_what_stays_wrong_is_named(
    town: Town, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    database = town.context.database
    piece = town.stock("EXT-001", "1", serial="SN-1", maker="甲")
    go_back(database, BEFORE)
    with database.transaction() as session:
        spoil(session, town)
    monkeypatch.setenv("READYSHELF_DATABASE_URL", town.context.settings.database_url)
    monkeypatch.setenv("READYSHELF_VAR_DIR", str(town.context.settings.var_dir))
    monkeypatch.setattr(sys, "argv", ["readyshelf", "migrate"])
    try:
        assert not main()
    except SystemExit as ended:
        assert not ended.code
    told = capsys.readouterr().out
    assert f"schema brought from {BEFORE} to {newest_revision()}" in told
    assert "place: a place would be inside itself" in told and str(town.room.id).replace("-", "")[:8] in told
    assert "lot: a date lies outside 1970 to 2199" in told
    with database.transaction(writes=False) as session:
        states = session.execute(select(Scrap.state).order_by(Scrap.proposed_at)).scalars().all()
        assert states == ["rejected", "proposed", "rejected"]  # what was approved then is approved anew
        away = session.execute(select(Service.sent_at).where(Service.back_at.is_(None))).scalars().all()
        assert away == [NOW.replace(minute=1)]
        standing = select(Label.code).where(Label.lot_id == piece, Label.replaced_by.is_(None))
        assert session.execute(standing).scalars().all() == ["NEWER"]
    assert set(town.run(verify_all).faults) == {
        "stands against a guard that came later",
        "two pieces with one serial number of one maker",
    }


@pytest.mark.slow
@pytest.mark.heavy
def test_T74_a_code_that_was_taken_off_leads_to_its_thing_again(town: Town) -> None:
    """Before 0050 it was blank then, and could be stuck on something else; a kit had a second label as a place."""
    database = town.context.database
    piece = town.stock("MED-001", "1", serial="K-1")
    batch = town.stock("RSP-007", "40", number="L1")
    standing = {lot: town.code_of(lot) for lot in (piece, batch)}
    go_back(database, "0040")
    gone = {"SPENT-1": ("lot_id", piece), "SPENT-2": ("place_id", town.shelf.id), "SPENT-3": ("lot_id", batch)}
    with database.transaction() as session:
        add_as_then(
            session,
            new_place(town.depot.id, PlaceKind.KIT, "箱", "Kit", NOW, parent=town.shelf, position=40, place_id=piece),
        )
        codes = [*gone, "BLANK", "SECOND"]
        for code in codes:
            add_as_then(session, Label(code=code, created_at=NOW, place_id=piece if code == "SECOND" else None))
        for code, (column_, thing) in gone.items():
            for number, act in enumerate((LabelAct.BOUND, LabelAct.UNBOUND)):
                event = LabelEvent(code=code, act=act, at=NOW.replace(minute=number), **{column_: thing})
                add_as_then(session, event)
    migrate(database)
    shelf = town.run(codes_of, Label.place_id, [town.shelf.id])[town.shelf.id]
    with database.transaction(writes=False) as session:
        found = {code: bound_to(session, code) for code in codes}
    assert {code: (row.lot_id or row.place_id, row.replaced_by) for code, row in found.items() if row} == {
        "SPENT-1": (piece, standing[piece]),
        "SPENT-2": (town.shelf.id, shelf),
        "SPENT-3": (batch, standing[batch]),
        "BLANK": (None, None),
        "SECOND": (piece, standing[piece]),
    }
    assert found["SECOND"] and found["SECOND"].place_id is None


@pytest.mark.heavy
def test_a_table_that_is_made_anew_keeps_its_guards(town: Town) -> None:
    """Any revision may do so on SQLite; the guards come back with the end of the migration."""
    database = town.context.database
    go_back(database, BEFORE)

    def names(connection: Connection) -> Any:
        return guards.missing(connection)

    with database.engine.connect() as connection:
        assert names(connection) != []
    migrate(database)
    with database.engine.connect() as connection:
        assert names(connection) == []
        assert "repair" in inspect(connection).get_table_names()
