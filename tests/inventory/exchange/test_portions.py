"""Stock is entered and taken back portion by portion: others book in between, and what breaks off goes back."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from sqlalchemy import func, select, update

from core.ids import derived_id
from core.settings import ROOT
from depots.models import Place
from inventory.exchange import portions
from inventory.exchange.models import ImportState
from inventory.exchange.portions import Pace, fitting
from inventory.exchange.returning import SILENT, return_broken_off
from inventory.exchange.runs import cancel, carry_out, claim
from inventory.stock.models import Kind, Lot, Movement, Stock
from inventory.stock.verify import verify
from tests.clock import SetClock
from tests.conftest import Town, one
from tests.inventory.exchange.conftest import Importing
from tests.inventory.exchange.files import table

pytestmark = pytest.mark.anyio
HEADER = ("站点编号", "货位", "物资编码", "数量", "序列号")
ROWS = 6


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A row is a portion, as each is where rows are dear."""
    for name in ("FIRST", "SMALLEST", "LARGEST"):
        monkeypatch.setattr(portions, name, 1)


def between(monkeypatch: pytest.MonkeyPatch, at: int, act: Callable[[], object]) -> None:
    """Do something before the portion of this number, counted from 0."""
    rest, seen = Pace.rest, list[int]()

    def rests(pace: Pace) -> None:
        seen.append(1)
        if len(seen) == at + 1:
            act()
        rest(pace)

    monkeypatch.setattr(Pace, "rest", rests)


def file(folder: Path) -> Path:
    rows = [("STR-0001", "A1层", "EXT-001", 1, f"SN-{number}") for number in range(ROWS)]
    return table(folder / "f.csv", [HEADER, *rows])


def lying(town: Town) -> int:
    quantity = select(func.coalesce(func.sum(Stock.quantity), 0)).where(Stock.place_id == town.shelf.id)
    return int(town.run(lambda s: s.execute(quantity).scalar_one()))


def booked(town: Town, request_id: UUID) -> int:
    lines = select(func.count()).select_from(Movement).where(Movement.request_id == request_id)
    return town.run(lambda s: s.execute(lines).scalar_one())


def lot_of(town: Town, serial: str) -> UUID:
    return town.run(lambda s: s.execute(select(Lot.id).where(Lot.serial == serial)).scalar_one())


def claimed(importing: Importing, town: Town, folder: Path) -> UUID:
    run_id = importing.upload("stock", file(folder))
    town.run(claim, town.callers["admin"], run_id, town.context.clock.now(), write=True)
    return run_id


def test_a_portion_grows_and_shrinks_with_the_time_that_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(portions, "SMALLEST", 10)
    monkeypatch.setattr(portions, "LARGEST", 1000)
    assert [fitting(100, seconds) for seconds in (0.05, 0.1, 5, 0, 0.04)] == [100, 50, 50, 200, 125]
    assert (fitting(12, 5), fitting(900, 0)) == (10, 1000)


def test_a_take_is_booked_between_two_portions_of_an_import(
    importing: Importing, town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lot = town.stock("BRK-014", "7")
    seen: list[int] = []

    def take() -> None:
        seen.append(booked(town, run_id))
        town.book(one(kind=Kind.ISSUE, lot=lot, quantity="2"))
        assert town.run(verify).sound

    run_id = claimed(importing, town, tmp_path)
    between(monkeypatch, 3, take)
    assert carry_out(town.context, town.callers["admin"], run_id, write=True) == ImportState.DONE
    assert seen == [3], "some of it is in, some is not: the writer was free"
    assert (booked(town, run_id), lying(town)) == (ROWS, ROWS + 5)
    assert json.loads(importing.run(run_id).outcome) == {"movements": ROWS, "lots": ROWS, "places": 0}


def test_a_take_is_booked_between_two_portions_of_an_undo(
    importing: Importing, town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lot = town.stock("BRK-014", "7")
    run = importing.go("stock", file(tmp_path))
    seen: list[int] = []

    def take() -> None:
        seen.append(booked(town, derived_id(run.id, "undo")))
        town.book(one(kind=Kind.ISSUE, lot=lot, quantity="2"))
        assert town.run(verify).sound

    between(monkeypatch, 3, take)
    assert importing.undo(run) == ROWS
    assert seen == [3]
    assert (importing.run(run.id).state, lying(town)) == (ImportState.UNDONE, 5)
    assert town.run(verify).sound


def test_what_somebody_uses_while_an_import_goes_back_stays_and_is_named(
    importing: Importing, town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = importing.go("stock", file(tmp_path))
    lot = lot_of(town, "SN-0")  # the last one to go back
    between(monkeypatch, 2, lambda: town.book(one(kind=Kind.ISSUE, lot=lot)))
    assert importing.undo(run) == ROWS - 1
    row = importing.run(run.id)
    told = json.loads(row.outcome)
    assert (row.state, told["stay"]) == (ImportState.UNDONE, 1)
    assert "SN-0" in told["stayed"][1]
    assert town.run(verify).sound


def test_a_fault_in_a_later_portion_takes_back_what_was_entered(
    importing: Importing, town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def retire() -> None:
        gone = update(Place).where(Place.id == town.shelf.id)
        town.run(lambda s: s.execute(gone.values(retired_at=town.context.clock.now())))

    run_id = claimed(importing, town, tmp_path)
    between(monkeypatch, 3, retire)
    assert carry_out(town.context, town.callers["admin"], run_id, write=True) == ImportState.FAULTY
    run = importing.run(run_id)
    assert (run.state, run.stage, lying(town), booked(town, run_id)) == (ImportState.FAULTY, "", 0, 3)
    (fault, *_) = importing.faults(run)
    assert "A1层" in fault.told("en")[0]
    assert town.run(verify).sound
    back = update(Place).where(Place.id == town.shelf.id).values(retired_at=None)
    town.run(lambda s: s.execute(back))
    town.run(claim, town.callers["admin"], run_id, town.context.clock.now(), write=True)
    assert carry_out(town.context, town.callers["admin"], run_id, write=True) == ImportState.DONE
    assert lying(town) == ROWS
    assert importing.undo(run) == ROWS, "what went back before does not go back twice"
    assert (lying(town), town.run(verify).sound) == (0, True)


def test_stopped_between_two_portions_it_goes_back(
    importing: Importing, town: Town, clock: SetClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin, context = town.callers["admin"], town.context
    run_id, stands = claimed(importing, town, tmp_path), list[bool]()
    between(monkeypatch, 3, lambda: stands.append(town.run(cancel, admin, run_id, context.clock.now())))
    assert carry_out(context, admin, run_id, write=True) == ImportState.RUNNING
    assert (stands, importing.run(run_id).stage, lying(town)) == ([True], "returning", 3)
    clock.instant += SILENT + timedelta(seconds=1)
    assert return_broken_off(context) == 1
    assert (importing.run(run_id).state, lying(town)) == (ImportState.FAILED, 0)


@pytest.mark.own_database
@pytest.mark.parametrize("act", ["enter", "undo"])
async def test_killed_between_two_portions_it_goes_back_as_a_whole(
    importing: Importing, client: httpx.AsyncClient, town: Town, clock: SetClock, tmp_path: Path, act: str
) -> None:
    run_id = importing.go("stock", file(tmp_path)).id if act == "undo" else claimed(importing, town, tmp_path)
    context = town.context
    asked = [context.settings.database_url, str(context.settings.var_dir), str(run_id), act]
    command = [sys.executable, "-m", "tests.inventory.exchange.killed_between", *asked]
    done = subprocess.run(command, cwd=ROOT, timeout=120, capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert (lying(town), town.run(verify).sound) == (3, True)
    auth, address = town.auth("admin"), f"/api/imports/{run_id}"
    told = (await client.get(address, headers=auth)).json()
    assert (told["state"], told["stage"]) == ("running", "booking" if act == "enter" else "undoing")
    clock.instant += SILENT + timedelta(seconds=1)
    assert (await client.get(address, headers=auth)).json()["stage"] == "broken"
    assert "几分钟内自动撤回" in (await client.get(f"/imports/{run_id}", headers=auth)).text
    assert return_broken_off(context) == 1
    told = (await client.get(address, headers=auth)).json()
    assert told["state"] == ("failed" if act == "enter" else "undone")
    assert (lying(town), town.run(verify).sound) == (0, True)
    assert return_broken_off(context) == 0
