"""Whoever hands gear out, shows it or counts it asks the one judgement: booking, finder, kits, pages, labels."""

from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.errors import Refusal
from core.schema import migrate
from depots.models import Depot, DepotStatus, Place, PlaceKind
from inventory.catalogue.models import Item
from inventory.documents.kits import CheckSeal, PutSeal
from inventory.documents.loans import Back, GiveBack, ReturnState
from inventory.documents.receiving import Receive
from inventory.readiness.counting import amounts
from inventory.readiness.dashboard import explain
from inventory.stock.lots import NewLot, set_condition
from inventory.stock.models import Condition, DepotItem, Kind, Lot
from inventory.stock.verify import BOOK, mend_figures, verify
from tests.conftest import QueryCount, Town, one
from tests.inventory.documents.conftest import Desk
from tests.inventory.fitness.test_judging import block, carrier
from tests.olden import go_back

LATER = date(2027, 6, 30)


def overdue(town: Town, *lots: UUID) -> None:
    for lot in lots:
        town.run(block, lot, town.depot.id, town.context.clock.today())


def refused(town: Town, **wish: object) -> Refusal:
    with pytest.raises(Refusal) as caught:
        town.book(one(**wish))
    return caught.value


def taken(town: Town, **wish: object) -> list[UUID]:
    (answer,) = town.book(one(**wish))
    return [line.lot for line in answer.lines]


def test_B30_T27_what_T15_names_is_never_issued_while_a_check_that_blocks_is_overdue(town: Town) -> None:
    cylinder = town.stock("RSP-002", "1", serial="C-1")
    overdue(town, cylinder)
    assert refused(town, kind=Kind.ISSUE, lot=cylinder, reason="there is a fire").kind == "check-overdue"
    assert refused(town, kind=Kind.ISSUE, item="RSP-002").extra["not_ready"] == {"unchecked": "1"}
    town.book(one(kind=Kind.ISSUE, lot=cylinder, late=True))  # a late fact is never refused


def test_B30_other_gear_asks_for_a_reason(town: Town) -> None:
    extinguisher = town.stock("EXT-001", "1", serial="E-1")
    overdue(town, extinguisher)
    fault = refused(town, kind=Kind.ISSUE, lot=extinguisher)
    assert [field.field for field in fault.fields] == ["reason"]
    assert taken(town, kind=Kind.ISSUE, lot=extinguisher, reason="there is a fire") == [extinguisher]


def test_B30_the_ready_piece_goes_before_the_overdue_one_that_ends_sooner(town: Town) -> None:
    soon = town.stock("RSP-004", "1", expires_on=LATER - timedelta(100), number="soon")
    ready = town.stock("RSP-004", "1", expires_on=LATER, number="ready")
    overdue(town, soon)
    assert taken(town, kind=Kind.ISSUE, item="RSP-004") == [ready]
    fault = refused(town, kind=Kind.ISSUE, item="RSP-004")
    assert (fault.kind, fault.extra["available"]) == ("not-enough-stock", "0")
    assert taken(town, kind=Kind.ISSUE, item="RSP-004", late=True) == [soon]


def test_T48_an_AED_without_pads_in_date_asks_for_a_reason_and_its_label_says_why(town: Town) -> None:
    aed = carrier(town, "MED-003", PlaceKind.KIT, town.shelf)
    fault = refused(town, kind=Kind.ISSUE, lot=aed.id)
    assert [field.field for field in fault.fields] == ["reason"]


async def test_T43_T48_page_label_and_list_give_the_same_verdict(town: Town, client: httpx.AsyncClient) -> None:
    aed = carrier(town, "MED-003", PlaceKind.KIT, town.shelf)
    code = town.code_of(aed.id)
    state = (await client.get(f"/api/labels/{code}", headers=town.auth())).json()
    assert (state["lot"]["fit"], state["lot"]["why"]) == (False, "incomplete")
    page = (await client.get(f"/q/{code}", headers=town.auth())).text
    assert "缺件" in page
    assert "应有 1，完好且在有效期内 0" in page
    assert "✓ 完好" not in page
    town.stock("MED-006", "1", aed, expires_on=LATER)
    town.stock("MED-004", "1", aed, expires_on=LATER - timedelta(1), number="new")
    state = (await client.get(f"/api/labels/{code}", headers=town.auth())).json()
    assert (state["lot"]["fit"], state["lot"]["why"]) == (True, "")
    page = (await client.get(f"/q/{code}", headers=town.auth())).text
    assert "2027-06-29" in page  # the kit's own date is that of the part that ends first
    assert "✓ 完好" in page


@pytest.mark.heavy
@pytest.mark.parametrize("who", ["keeper", "officer", "admin"])
async def test_the_label_of_overdue_gear_says_so(town: Town, client: httpx.AsyncClient, who: str) -> None:
    lot = town.stock("EXT-001", "1", serial="E-1")
    overdue(town, lot)
    state = (await client.get(f"/api/labels/{town.code_of(lot)}", headers=town.auth(who))).json()
    assert state["lot"]["why"] == "unchecked"


def in_reach(town: Town, code: str) -> Decimal:
    def read(session: Session) -> Decimal:
        item = session.execute(select(Item.id).where(Item.code == code)).scalar_one()
        return session.get_one(DepotItem, (town.depot.id, item)).in_reach

    return town.run(read)


def ready(town: Town, code: str) -> Decimal:
    def read(session: Session) -> Decimal:
        item = session.execute(select(Item.id).where(Item.code == code)).scalar_one()
        return amounts(session, town.context.clock.today(), [town.depot.id])[town.depot.id][item].ready

    return town.run(read)


def condition(town: Town, lot_id: UUID, said: Condition, release: bool = False) -> None:
    town.run(lambda session: set_condition(session, session.get_one(Lot, lot_id), said, "", release=release))


@pytest.mark.parametrize("said", [Condition.UNFIT, Condition.QUARANTINED])
def test_B34_the_load_of_a_recalled_or_faulty_vehicle_is_out_of_reach(town: Town, said: Condition) -> None:
    truck = carrier(town, "VEH-001", PlaceKind.VEHICLE, town.shelf)
    box = carrier(town, "MED-001", PlaceKind.KIT, truck)
    cones = town.stock("TRF-001", "4", truck)
    town.stock("MED-007", "6", box, expires_on=LATER)
    condition(town, truck.id, said)
    assert (in_reach(town, "TRF-001"), in_reach(town, "MED-007"), in_reach(town, "MED-001")) == (0, 0, 0)
    assert town.run(verify).sound
    assert refused(town, kind=Kind.ISSUE, item="TRF-001").kind == "not-enough-stock"
    town.book(one(kind=Kind.TRANSFER, lot=truck.id, target=str(town.second_shelf.id)))  # moved, it stays so
    assert in_reach(town, "TRF-001") == 0
    condition(town, box.id, Condition.UNFIT)
    condition(town, truck.id, Condition.FIT, release=True)
    assert (in_reach(town, "TRF-001"), in_reach(town, "MED-007")) == (4, 0)
    condition(town, box.id, Condition.FIT)
    assert (in_reach(town, "MED-007"), in_reach(town, "MED-001")) == (6, 1)
    assert taken(town, kind=Kind.ISSUE, item="TRF-001", quantity="4") == [cones]
    assert town.run(verify).sound


async def test_B34_the_load_of_a_vehicle_overdue_for_its_check_is_not_ready(
    town: Town, client: httpx.AsyncClient
) -> None:
    truck = carrier(town, "VEH-001", PlaceKind.VEHICLE, town.shelf)
    town.stock("TRF-001", "4", truck)
    town.run(block, truck.id, town.depot.id, town.context.clock.today() + timedelta(1))
    assert ready(town, "TRF-001") == 4
    find = "/api/find?q=TRF-001&from_depot=STR-0001"
    assert (await client.get(find, headers=town.auth())).json()["items"][0]["ready"] == "4"
    overdue(town, truck.id)
    assert ready(town, "TRF-001") == 0
    assert not (await client.get(find, headers=town.auth())).json()["items"]


def test_B34_a_closed_depot_has_no_crew_to_fill(town: Town) -> None:
    def close(session: Session) -> list[str]:
        session.get_one(Depot, town.depot.id).status = DepotStatus.CLOSED
        return [line.subject for line in explain(session, town.depot.id, town.context.clock.today())]

    assert not [subject for subject in town.run(close) if subject.startswith("CREW:")]


def test_B38_T58_the_lot_remembers_its_box(town: Town) -> None:
    def pack(session: Session, size: str) -> None:
        session.execute(select(Item).where(Item.code == "MED-007")).scalar_one().pack_size = Decimal(size)

    town.run(pack, "50")
    fact = NewLot(number="A", expires_on=LATER)
    (answer,) = town.book(
        one(kind=Kind.RECEIVE, item="MED-007", quantity="5", unit="box", target=str(town.shelf.id), new_lot=fact)
    )
    assert answer.quantity == "250"
    town.run(pack, "20")
    lot = answer.lines[0].lot
    assert town.book(one(kind=Kind.CONSUME, lot=lot, unit="box"))[0].quantity == "50"
    told = NewLot(number="A", expires_on=LATER, pack_size="30")
    (more,) = town.book(one(kind=Kind.RECEIVE, item="MED-007", unit="box", target=str(town.shelf.id), new_lot=told))
    assert more.quantity == "30"


def test_T26_B22_a_month_stamp_and_the_day_of_service_are_remembered(town: Town) -> None:
    told = NewLot(serial="E", made_on=date(2020, 1, 1), made_precision="month", in_service_on=date(2020, 5, 1))
    (answer,) = town.book(one(kind=Kind.RECEIVE, item="EXT-001", target=str(town.shelf.id), new_lot=told))
    lot = town.lot(answer.lines[0].lot)
    assert (lot.made_precision, lot.in_service_on) == ("month", date(2020, 5, 1))


def test_a_take_asks_the_judgement_without_a_further_query(town: Town, queries: QueryCount) -> None:
    lot = town.stock("EXT-001", "1", serial="E-1")
    with_judgement = queries.during()
    town.book(one(kind=Kind.ISSUE, lot=lot))
    assert len([text for text in with_judgement.statements if "due" in text and "SELECT" in text]) <= 2


@pytest.mark.slow
@pytest.mark.own_database
def test_B34_the_migration_takes_what_is_in_unfit_vehicles_out_of_reach(town: Town) -> None:
    truck = carrier(town, "VEH-001", PlaceKind.VEHICLE, town.shelf)
    box = carrier(town, "MED-001", PlaceKind.KIT, truck)
    town.stock("TRF-001", "4", truck)
    town.stock("MED-007", "6", box, expires_on=LATER)
    condition(town, truck.id, Condition.UNFIT)

    def as_before(session: Session) -> None:
        session.execute(update(Place).where(Place.id.in_((truck.id, box.id))).values(in_reach=True))
        mend_figures(session)

    town.run(as_before)
    assert in_reach(town, "MED-007") == 6
    assert list(town.run(verify).faults) == ["load of an unfit vehicle or kit is in reach"]
    go_back(town.context.database, "0022")
    migrate(town.context.database)
    assert (in_reach(town, "MED-007"), in_reach(town, "TRF-001")) == (0, 0)
    assert town.run(verify).sound


def test_verify_mends_the_load_of_an_unfit_vehicle(town: Town) -> None:
    truck = carrier(town, "VEH-001", PlaceKind.VEHICLE, town.shelf)
    town.stock("TRF-001", "4", truck)
    condition(town, truck.id, Condition.UNFIT)

    def as_before(session: Session) -> None:
        session.execute(update(Place).where(Place.id == truck.id).values(in_reach=True))
        mend_figures(session)

    town.run(as_before)
    (check,) = [check for check in BOOK if check.fault.startswith("load of an unfit")]
    assert check.mend is not None
    town.run(check.mend)
    assert in_reach(town, "TRF-001") == 0
    assert town.run(verify).sound


def test_T40_a_hose_given_back_ready_counts_as_ready(town: Town) -> None:
    desk = Desk(town)
    hoses = [town.stock("HYD-001", "1", serial=f"H{number}") for number in range(2)]
    for hose in hoses:
        town.run(block, hose, town.depot.id, None)
        town.book(one(kind=Kind.ISSUE, lot=hose))
    before = ready(town, "HYD-001")
    town.book(one(kind=Kind.RETURN, lot=hoses[0], target=str(town.shelf.id)))  # nobody says how it is
    assert ready(town, "HYD-001") == before
    outcome = desk.do(GiveBack, lines=[Back(thing=str(hoses[1]), state=ReturnState.READY, target=str(town.shelf.id))])
    assert "checks_due" not in outcome.result["lines"][0]
    assert ready(town, "HYD-001") == before + 1
    assert taken(town, kind=Kind.ISSUE, item="HYD-001") == [hoses[1]]


@pytest.mark.parametrize("door", ["receive", "movement"])
def test_T15_B35_sandbags_have_an_age_for_each_receipt_and_go_with_a_reason(town: Town, door: str) -> None:
    desk, made = Desk(town), date(2024, 10, 1)
    if door == "receive":
        desk.do(Receive, place=str(town.shelf.id), quantity="10", item="FLD-007", made_on="2024-10-01")
        desk.do(Receive, place=str(town.shelf.id), quantity="5", item="FLD-007", made_on="2026-10-01")
    else:
        for quantity, day in (("10", made), ("5", date(2026, 10, 1))):
            facts = NewLot(made_on=day)
            town.book(
                one(kind=Kind.RECEIVE, item="FLD-007", quantity=quantity, target=str(town.shelf.id), new_lot=facts)
            )
    assert ready(town, "FLD-007") == 5
    fault = refused(town, kind=Kind.ISSUE, item="FLD-007", quantity="8")
    assert fault.extra == {"available": "5", "not_ready": {"expired": "10"}}
    old = town.run(lambda session: session.execute(select(Lot.id).where(Lot.made_on == made)).scalar_one())
    assert [field.field for field in refused(town, kind=Kind.ISSUE, lot=old, quantity="8").fields] == ["reason"]
    assert taken(town, kind=Kind.ISSUE, lot=old, quantity="8", reason="typhoon") == [old]


def test_T45_a_whole_seal_does_not_stand_against_what_was_booked_out_since(town: Town) -> None:
    desk = Desk(town)
    kit = carrier(town, "MED-001", PlaceKind.KIT, town.shelf)
    gauze = town.stock("MED-007", "20", kit, expires_on=LATER)
    town.context.clock.instant += timedelta(hours=1)  # type: ignore[attr-defined]
    desk.do(PutSeal, place=str(kit.id), number="S-1")
    assert desk.do(CheckSeal, place=str(kit.id), number="S-1", whole=True).result["full_count"] is False
    town.context.clock.instant += timedelta(hours=1)  # type: ignore[attr-defined]
    town.book(one(kind=Kind.CONSUME, lot=gauze, quantity="14", source=str(kit.id)))
    assert desk.do(CheckSeal, place=str(kit.id), number="S-1", whole=True).result["full_count"] is True
