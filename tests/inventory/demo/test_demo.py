"""The demo city: plausible, sound, the same for a seed, and harmless to enter twice."""

import json
import random
from collections import Counter
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from app import main
from core.database import Database
from depots.city import city_of
from depots.models import Depot, Place, PlaceKind, Subdistrict
from inventory.demo.city import _announced, load_demo
from inventory.demo.sites import read_demo_set, types_of
from inventory.faults.models import Defect
from inventory.readiness.survey import depot_figures
from inventory.stock.lots import set_condition
from inventory.stock.models import Condition, Lot, Stock
from inventory.stock.verify import verify
from labels.codes.models import Label
from people.models import Role
from people.policy import Caller, Duty
from tests.clock import SetClock
from tests.inventory.readiness.test_readiness import slow_figures


def test_the_types_are_the_announced_mix_and_do_not_add_up_to_the_whole_T90(database: Database) -> None:
    told = database.run(_announced)
    assert (sum(told.values()), database.run(city_of).announced) == (1000, 1001)
    first = read_demo_set().first
    assert Counter(types_of(1001, told, first)) == {**told, "STR": 1}
    assert set(types_of(12, told, first)) == {"STR", "IND", "SML", "MAL", "COM", "CTR", "OTH", "HOS"}
    assert Counter(types_of(16, {}, first)) == dict.fromkeys(first, 2), "a city that announced nothing has all alike"


@pytest.mark.heavy
def test_a_small_city_is_sound_plausible_and_entered_once(database: Database, clock: SetClock) -> None:
    first = load_demo(database, clock, 3, seed=7)
    assert first.depots_new == 3
    again = load_demo(database, clock, 3, seed=7)
    assert (again.depots_new, again.depots_there, again.movements) == (0, 3, 0)
    assert database.run(verify).sound
    everybody = Caller(uuid4(), "x", "x", "zh", (Duty(Role.AUDITOR),))
    with database.transaction(writes=False) as session:
        figures = [
            row for row in depot_figures(session, everybody, clock.today()) if row.code[4:] in ("0001", "0002", "0003")
        ]
        assert len({row.type for row in figures}) >= 2
        assert all(row.lines_ready >= row.lines * 0.7 for row in figures)
        unlabelled = select(func.count()).select_from(Lot).outerjoin(Label, Label.lot_id == Lot.id)
        assert session.execute(unlabelled.where(Label.code.is_(None))).scalar_one() == 0
        assert session.execute(select(func.count()).select_from(Defect)).scalar_one() > 0
        for depot in session.execute(select(Depot).where(Depot.subdistrict_code.is_not(None))).scalars():
            centre = session.get_one(Subdistrict, depot.subdistrict_code)
            assert depot.lat is not None and depot.lon is not None
            assert abs(depot.lat - centre.lat) < 0.01 and abs(depot.lon - centre.lon) < 0.01
        aboard = (
            select(func.count())
            .select_from(Stock)
            .join(Place, Place.id == Stock.place_id)
            .where(Place.kind.in_([PlaceKind.VEHICLE, PlaceKind.KIT]), Stock.quantity > 0)
        )
        assert session.execute(aboard).scalar_one() > 20


@pytest.mark.slow
def test_the_readiness_of_two_hundred_depots_equals_a_slow_reference(database: Database, clock: SetClock) -> None:
    """Now, and as dates pass and pieces break: depot by depot, counted balance by balance in Python."""
    load_demo(database, clock, 200, seed=11)
    rng = random.Random(11)
    everybody = Caller(uuid4(), "x", "x", "zh", (Duty(Role.AUDITOR),))
    for days in (0, 40, 400):
        clock.instant += timedelta(days=days)
        with database.transaction() as session:
            lots = session.execute(select(Lot.id).order_by(Lot.id)).scalars().all()
            for lot_id in rng.sample(lots, 300):
                set_condition(session, session.get_one(Lot, lot_id), rng.choice(list(Condition)), "test")
        with database.transaction(writes=False) as session:
            rows = depot_figures(session, everybody, clock.today())
            assert len(rows) == 200
            wrong = {
                row.code: (told, slow)
                for row in rows
                if (told := (row.lines, row.lines_held, row.lines_ready))
                != (slow := slow_figures(session, row.id, clock.today()))
            }
        assert wrong == {}


def test_the_commands_of_a_new_city_work_from_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("READYSHELF_DATABASE_URL", f"sqlite:///{tmp_path / 'city.db'}")
    monkeypatch.setenv("READYSHELF_VAR_DIR", str(tmp_path))
    for command in (
        ["migrate"],
        ["load-reference"],
        ["load-demo", "--depots", "1"],
        ["sweep", "--today", "2027-01-01", "--dry-run"],
        ["jobs"],
        ["token", "keeper"],
    ):
        assert main(command) == 0, command
    capsys.readouterr()
    assert main(["sweep", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["opened"] > 0
    assert main(["verify", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["sound"] is True
    assert main(["token", "nobody"]) == 1
    assert "no active account" in capsys.readouterr().err
