"""Whatever always holds is looked at, each fault is named with what to do, and what is derived is derived anew."""

import json
import sys
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from app import main
from core import guards
from core.columns import table_of
from depots.models import Place, PlaceKind
from depots.places import add_places, new_place, standing_place_id
from depots.requirements import work_out_requirements
from inventory.documents.models import Borrower, Loan
from inventory.finding.models import Reservation
from inventory.readiness.counting import refresh
from inventory.readiness.models import DepotReadiness
from inventory.stock.count_models import Count, CountPurpose
from inventory.stock.models import DepotItem, Kind, Lot, Movement, Stock
from inventory.verifying.models import Repair
from inventory.verifying.verifying import all_checks, repair, verify_all
from jobs.running.schedule import JOBS, FiguresRepaired
from labels.codes.models import Label
from rooms import CHECKS
from tests.conftest import NOW, Town, one
from tests.databases import without_guards


@pytest.fixture
def full(town: Town) -> Town:
    """A town with a truck that carries cones, a piece with its number, controlled gear, and written figures."""
    truck = town.stock("VEH-001", "1")

    def enter(session: Session) -> None:
        place = new_place(
            town.depot.id, PlaceKind.VEHICLE, "车", "Car", NOW, parent=town.shelf, position=99, place_id=truck
        )
        add_places(session, [place], NOW)

    town.run(enter)
    cones = town.stock("TRF-001", "6")
    town.book(one(kind=Kind.TRANSFER, lot=cones, quantity="4", source=str(town.shelf.id), target=str(truck)))
    town.stock("EXT-001", "1", serial="SN-1", maker="甲")
    town.stock("RIO-006", "1", serial="B-1")
    town.run(work_out_requirements, town.context.clock.today())
    town.run(refresh, town.context.clock.today())
    return town


def figure(session: Session, town: Town) -> None:
    session.execute(update(DepotItem).values(in_reach=DepotItem.in_reach - Decimal(7)))


def figure_gone(session: Session, town: Town) -> None:
    session.execute(delete(DepotItem))


def figure_of_nothing(session: Session, town: Town) -> None:
    item = session.execute(select(Lot.item_id).where(Lot.serial == "SN-1")).scalar_one()
    row = {"depot_id": town.other.id, "item_id": item, "held": Decimal(3), "in_reach": Decimal(3), "dirty": False}
    session.execute(insert(table_of(DepotItem)).values(**row))


def readiness(session: Session, town: Town) -> None:
    session.execute(update(DepotReadiness).values(mandatory_ready=99))


def balance(session: Session, town: Town) -> None:
    session.execute(update(Stock).where(Stock.quantity == Decimal(4)).values(quantity=Decimal(3)))


def balance_gone(session: Session, town: Town) -> None:
    session.execute(delete(Stock).where(Stock.quantity == Decimal(4)))


def balance_elsewhere(session: Session, town: Town) -> None:
    session.execute(update(Stock).where(Stock.quantity == Decimal(4)).values(depot_id=town.other.id))


def truck_out_of_reach(session: Session, town: Town) -> None:
    session.execute(update(Place).where(Place.kind == PlaceKind.VEHICLE).values(in_reach=False))


def truck_elsewhere(session: Session, town: Town) -> None:
    place = {"depot_id": town.other.id, "parent_id": town.other_shelf.id}
    session.execute(update(Place).where(Place.kind == PlaceKind.VEHICLE).values(**place))


def shelf_out_of_reach(session: Session, town: Town) -> None:
    session.execute(update(Place).where(Place.id == town.second_shelf.id).values(in_reach=False))


def hold_in_reach(session: Session, town: Town) -> None:
    place = standing_place_id(town.depot.id, PlaceKind.HOLD)
    session.execute(update(Place).where(Place.id == place).values(in_reach=True))


def key_of_nobody(session: Session, town: Town) -> None:
    session.execute(update(Lot).where(Lot.serial == "SN-1").values(natural_key="piece/x"))


def two_labels(session: Session, town: Town) -> None:
    lot = session.execute(select(Lot.id).where(Lot.serial == "SN-1")).scalar_one()
    session.add_all([Label(code="AAAA", lot_id=lot, created_at=NOW), Label(code="BBBB", lot_id=lot, created_at=NOW)])


MENDED: dict[str, Callable[[Session, Town], None]] = {
    "depot figure differs from balances": figure,
    "depot figure differs from balances (gone)": figure_gone,
    "depot figure differs from balances (of nothing)": figure_of_nothing,
    "readiness differs from what is there": readiness,
    "balance differs from movements": balance,
    "balance differs from movements (gone)": balance_gone,
    "balance is kept for the wrong depot, item or side": balance_elsewhere,
    "vehicle or kit is not where its piece is": truck_out_of_reach,
    "vehicle or kit is not where its piece is (elsewhere)": truck_elsewhere,
    "place is not where the place around it is": shelf_out_of_reach,
    "place is on the wrong side of the depot's edge": hold_in_reach,
    "key of a piece is not that of its serial number": key_of_nobody,
    "two labels stand for one thing": two_labels,
}


def plant(town: Town, damage: Callable[[Session, Town], None]) -> None:
    """Past every guard, as a damaged disk or somebody with the database's password would."""
    with town.context.database.transaction() as session, without_guards(session.connection()):
        damage(session, town)
        session.flush()


def test_what_nobody_has_spoiled_has_no_fault(full: Town) -> None:
    assert full.run(verify_all, CHECKS).faults == {}


@pytest.mark.heavy
def test_what_is_derived_is_found_mended_and_recorded(full: Town) -> None:
    for fault, damage in MENDED.items():  # one town for all: mended, it is as it was
        full.run(refresh, full.context.clock.today())
        plant(full, damage)
        name = fault.split(" (")[0]
        verdict = full.run(verify_all, CHECKS)
        assert name in verdict.faults, fault
        assert "readyshelf verify --repair" in verdict.advice[name], fault
        full.run(repair, full.context.clock.now(), fault, all_checks(CHECKS))
        assert full.run(verify_all, CHECKS).faults == {}, fault
        with full.context.database.transaction(writes=False) as session:
            records = session.execute(select(Repair).where(Repair.done_by == fault)).scalars().all()
            assert name in {one.fault for one in records}, fault
            assert all(one.before != one.after for one in records), fault


def guard_off(session: Session, town: Town) -> None:
    """Taken off for good: only in the test of the finding."""


def unemptied(session: Session, town: Town) -> None:
    session.execute(update(Stock).where(Stock.quantity == Decimal(4)).values(place_id=_closed_loan(session, town)))


def _closed_loan(session: Session, town: Town) -> UUID:
    loan = uuid4()
    place = new_place(town.depot.id, PlaceKind.HOLDER, "人", "Man", NOW, place_id=loan)
    add_places(session, [place], NOW)
    session.add(
        Loan(
            id=loan,
            depot_id=town.depot.id,
            borrower=Borrower.OUTSIDE,
            lent_at=NOW,
            due_at=NOW,
            closed_at=NOW,
            lent_by_id=town.keeper.person_id,
        )
    )
    session.flush()
    return loan


def half_closed(session: Session, town: Town) -> None:
    session.add(
        Count(
            id=uuid4(),
            depot_id=town.depot.id,
            purpose=CountPurpose.STOCKTAKE,
            opened_by_id=town.keeper.person_id,
            opened_at=NOW,
            closed_at=NOW,
        )
    )


def backward(session: Session, town: Town) -> None:
    item = session.execute(select(Lot.item_id).where(Lot.serial == "SN-1")).scalar_one()
    earlier = NOW.replace(year=2025)
    row = Reservation(id=uuid4(), depot_id=town.depot.id, item_id=item, quantity=Decimal(1), made_at=NOW, until=earlier,
                      person_id=town.keeper.person_id)  # fmt: skip
    session.add(row)


def doubled(session: Session, town: Town) -> None:
    table = table_of(Lot)
    row = dict(session.execute(select(table).where(Lot.serial == "SN-1")).one()._mapping)
    session.execute(insert(table).values(**{**row, "id": uuid4(), "natural_key": "piece/y", "serial": "sn-\u200b1"}))


def alone(session: Session, town: Town) -> None:
    table = table_of(Movement)
    baton = session.execute(select(Lot.id).where(Lot.serial == "B-1")).scalar_one()
    row = dict(session.execute(select(table).where(Movement.lot_id == baton)).one()._mapping)
    way = {"from_place_id": row["to_place_id"], "to_place_id": standing_place_id(town.depot.id, PlaceKind.CONSUMED)}
    session.execute(insert(table).values(**{**row, **way, "id": uuid4(), "request_id": uuid4(), "kind": Kind.CONSUME}))


def truck_of_nobody(session: Session, town: Town) -> None:
    place = new_place(town.depot.id, PlaceKind.KIT, "箱", "Box", NOW, parent=town.shelf)
    place.in_reach = False
    place.parent_id = None
    add_places(session, [place], NOW)


FOR_PEOPLE: dict[str, Callable[[Session, Town], None]] = {
    "gear lies with a loan or transfer that is over": unemptied,
    "count is open and over at once": half_closed,
    "reservation ends before it was made": backward,
    "two pieces with one serial number of one maker": doubled,
    "controlled gear left without a second person, and nobody was asked": alone,
    "vehicle or kit has no piece": truck_of_nobody,
}


@pytest.mark.heavy
@pytest.mark.parametrize("fault", FOR_PEOPLE)
def test_what_people_must_put_right_is_named_with_what_to_do(full: Town, fault: str) -> None:
    plant(full, FOR_PEOPLE[fault])
    verdict = full.run(verify_all, CHECKS)
    assert fault in verdict.faults
    assert len(verdict.advice[fault]) > 10
    assert any(example.startswith(fault) for example in verdict.examples)
    assert full.run(verify_all, CHECKS).faults == verdict.faults, "looking changes nothing"


@pytest.mark.heavy
@pytest.mark.own_database
def test_a_guard_that_is_off_and_a_row_against_it_are_named(full: Town) -> None:
    with full.context.database.engine.begin() as connection:
        guards.drop(connection)
        connection.execute(update(Place).where(Place.id == full.room.id).values(parent_id=full.shelf.id))
    verdict = full.run(verify_all, CHECKS)
    assert "a guard of the database is missing" in verdict.faults
    assert "stands against a guard that came later" in verdict.faults


@pytest.mark.heavy
def test_B24_the_job_repairs_a_share_of_the_figures_each_day_and_says_so(full: Town) -> None:
    job, clock = JOBS["figures"], full.context.clock
    plant(full, figure)
    told = []
    for _ in range(7):
        try:
            job.run(full.context)
        except FiguresRepaired as repaired:
            told.append(str(repaired))
        clock.instant += timedelta(days=1)  # type: ignore[attr-defined]
    assert told and all("were repaired" in one for one in told)
    assert "depot figure differs from balances" not in full.run(verify_all, CHECKS).faults


@pytest.mark.heavy
def test_B24_a_wrong_figure_is_repaired_by_command_and_told(
    full: Town, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("READYSHELF_DATABASE_URL", full.context.settings.database_url)
    monkeypatch.setenv("READYSHELF_VAR_DIR", str(full.context.settings.var_dir))

    def command(*words: str) -> tuple[int, Any]:
        monkeypatch.setattr(sys, "argv", ["readyshelf", *words, "--json"])
        try:
            code = main()
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else 1
        return code or 0, json.loads(capsys.readouterr().out)

    plant(full, figure)
    code, told = command("verify")
    assert (code, told["sound"], told["repaired"]) == (1, False, [])
    code, told = command("verify", "--repair")
    assert (code, told["sound"]) == (0, True)
    assert {one["fault"] for one in told["repaired"]} == {"depot figure differs from balances"}
    assert command("verify")[0] == 0
