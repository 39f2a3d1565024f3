"""Kits and vehicles: what should be in them, what is, what ends first; seals; refilling from the shelf."""

import json
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, select

from core.errors import Refusal
from depots.models import Place, PlaceKind
from inventory.booking.wishes import Wish
from inventory.catalogue.models import Item, KitLine
from inventory.desk.gear_lists import lots
from inventory.documents.counting import Counted
from inventory.documents.kit_content import KitView, kits_of
from inventory.documents.kits import CheckSeal, CountKit, PutSeal, Refill
from inventory.documents.models import CheckKind, CheckResult, Seal
from inventory.readiness.counting import amounts
from inventory.stock.models import Kind
from inventory.telling.basket import Basket
from jobs.alerts.models import Alert
from jobs.alerts.sweep import SweepReport, sweep
from jobs.causes.kinds import AlertKind
from labels.codes.things import lot_page
from tests.conftest import Town, one
from tests.inventory.documents.conftest import Desk

SOON, LATER = date(2026, 12, 7), date(2027, 6, 30)


def view(desk: Desk, kit: Place) -> KitView:
    today = desk.town.context.clock.today()
    (found,) = desk.read(lambda session: kits_of(session, today, [session.get_one(Place, kit.id)]))
    return found


def box(desk: Desk, town: Town, content: dict[str, str], gauze_ends: date = LATER) -> tuple[Place, dict[str, UUID]]:
    """A first-aid box whose list is gauze 20, tape 2 and nothing else, filled with ``content``."""
    wanted = {"MED-007": 20, "MED-016": 2}

    def shorten(session: Any) -> None:
        items = {code: item_id for code, item_id in session.execute(select(Item.code, Item.id))}
        session.execute(delete(KitLine).where(KitLine.kit_item_id == items["MED-001"]))
        for code, quantity in wanted.items():
            session.add(KitLine(kit_item_id=items["MED-001"], item_id=items[code], quantity=Decimal(quantity)))

    town.run(shorten)
    kit = desk.kit("MED-001")
    ends = {"MED-007": gauze_ends, "MED-016": LATER}
    return kit, {
        code: town.stock(code, quantity, kit, expires_on=ends[code], number=f"X-{code}")
        for code, quantity in content.items()
    }


def ready(desk: Desk, town: Town, item: str) -> tuple[Decimal, Decimal]:
    """Held and ready of an item at the depot."""
    item_id = desk.read(lambda session: session.execute(select(Item.id).where(Item.code == item)).scalar_one())
    amount = desk.read(amounts, town.context.clock.today())[town.depot.id][item_id]
    return amount.held, amount.ready


def test_T43_a_kits_date_is_its_earliest_components_and_the_task_names_it(desk: Desk, town: Town) -> None:
    kit, _ = box(desk, town, {"MED-007": "20", "MED-016": "2"}, gauze_ends=SOON)
    seen = view(desk, kit)
    assert (seen.ends, seen.ready) == (SOON, True)
    assert ready(desk, town, "MED-001") == (1, 1)
    town.context.clock.instant += timedelta(days=16)
    assert view(desk, kit).ready is False
    assert ready(desk, town, "MED-001") == (1, 0), "held and findable, but not ready"
    page = desk.read(lot_page, town.keeper, town.code_of(kit.id), kit.id, town.context.clock.today())
    assert page.where, "it is still found"
    town.run(sweep, [town.depot.id], town.context.clock.today(), desk.now(), SweepReport())
    statement = select(Alert).where(Alert.kind == AlertKind.INCOMPLETE_KIT)
    alert = desk.read(lambda session: session.execute(statement).scalar_one())
    assert "医用纱布块" in json.loads(alert.details)["description_zh"]


def test_T44_the_same_seal_whole_is_a_quick_check_another_number_asks_for_a_full_count(desk: Desk, town: Town) -> None:
    kit, lots_in = box(desk, town, {"MED-007": "20", "MED-016": "2"})
    desk.do(PutSeal, place=str(kit.id), number="004512")
    quick = desk.do(CheckSeal, place=str(kit.id), number="004512", whole=True)
    assert (quick.result["full_count"], quick.result["ready"]) == (False, True)
    other = desk.do(CheckSeal, place=str(kit.id), number="004519", whole=True)
    assert other.result["full_count"] is True
    lines = [Counted(str(lot), quantity) for lot, quantity in zip(lots_in.values(), ("20", "2"), strict=True)]
    counted = desk.do(CountKit, place=str(kit.id), lines=lines)
    assert (counted.result["booked"], counted.result["ready"]) == ([], True)
    desk.do(PutSeal, place=str(kit.id), number="004600")
    seal = view(desk, kit).seal
    assert seal is not None
    assert (seal.number, seal.put_by_id) == ("004600", town.keeper.person_id)
    broken = desk.read(lambda session: session.execute(select(Seal).where(Seal.number == "004512")).scalar_one())
    assert broken.broken_by_id == town.keeper.person_id
    kinds = desk.read(lambda session: list(session.execute(select(CheckResult.kind, CheckResult.passed)).all()))
    assert sorted(kinds) == sorted([(CheckKind.SEAL, True), (CheckKind.SEAL, False), (CheckKind.FULL, True)])


def test_T44_a_broken_seal_of_the_right_number_asks_for_a_full_count_too(desk: Desk, town: Town) -> None:
    kit, _ = box(desk, town, {"MED-007": "20", "MED-016": "2"})
    desk.do(PutSeal, place=str(kit.id), number="004512")
    assert desk.do(CheckSeal, place=str(kit.id), number="004512", whole=False).result["full_count"] is True
    assert desk.refused(PutSeal, place=str(kit.id), number="004512").kind == "seal-used"


def test_T45_an_opened_kit_is_incomplete_until_refilled_from_the_shelf_and_sealed_anew(desk: Desk, town: Town) -> None:
    kit, lots_in = box(desk, town, {"MED-007": "20", "MED-016": "2"})
    desk.do(PutSeal, place=str(kit.id), number="1")
    town.context.clock.instant += timedelta(minutes=1)
    gauze = lots_in["MED-007"]
    used = Wish(id=uuid4(), kind=Kind.CONSUME, quantity="8", lot=gauze, source=str(kit.id))
    desk.do(Basket, movements=[used])
    seen = view(desk, kit)
    assert (seen.opened, seen.ready, ready(desk, town, "MED-001")) == (True, False, (1, 0))
    late, early = (
        town.stock("MED-007", "5", expires_on=ends, number=number)
        for ends, number in ((date(2028, 1, 31), "L"), (date(2027, 2, 28), "E"))
    )
    drawn = desk.do(Refill, place=str(kit.id)).result["drawn"]
    assert {line["lot"]: line["quantity"] for line in drawn} == {str(early): "5", str(late): "3"}, "FEFO"
    assert view(desk, kit).ready is True
    desk.do(PutSeal, place=str(kit.id), number="2")
    assert view(desk, kit).opened is False
    assert ready(desk, town, "MED-001") == (1, 1)


def test_T46_a_kit_sealed_short_shows_what_is_missing_to_the_next_shift(desk: Desk, town: Town) -> None:
    kit, _ = box(desk, town, {"MED-007": "6", "MED-016": "2"})
    outcome = desk.do(PutSeal, place=str(kit.id), number="004513")
    (missing,) = outcome.result["short"]
    assert (missing["item"], missing["there"], missing["should"]) == ("MED-007", "6", "20")
    seal = view(desk, kit).seal
    assert seal is not None
    assert '"there": "6"' in seal.short


def test_T47_a_lot_in_a_kit_in_a_vehicle_is_found_through_all_levels(desk: Desk, town: Town) -> None:
    truck = desk.kit("VEH-002", serial="VEH-7")
    kit = desk.kit("MED-002", serial="IFAK-1")
    town.book(Wish(id=uuid4(), kind=Kind.TRANSFER, quantity="1", lot=kit.id, target=str(truck.id)))
    gauze = town.stock("MED-007", "3", kit, expires_on=LATER, number="X")
    page = desk.read(lot_page, town.keeper, town.code_of(gauze), gauze, town.context.clock.today())
    (where,) = page.where
    assert (where.path_zh, where.quantity) == ("器材库 › A1层 › VEH-7 › IFAK-1", 3)
    found = desk.read(lots, town.keeper, "STR-0001", "MED-007", town.context.clock.today(), limit=50)
    assert [row.id for row in found.items] == [gauze]


def test_T48_an_AED_is_ready_only_with_pads_and_battery_in_date(desk: Desk, town: Town) -> None:
    aed = desk.kit("MED-003", serial="AED-1")
    assert ready(desk, town, "MED-003") == (1, 0)
    town.stock("MED-006", "1", aed, expires_on=LATER)
    town.stock("MED-004", "1", aed, expires_on=date(2026, 11, 22), number="old")
    assert (ready(desk, town, "MED-003"), view(desk, aed).ready) == ((1, 0), False)
    town.stock("MED-004", "1", aed, expires_on=LATER, number="new")
    assert (ready(desk, town, "MED-003"), view(desk, aed).ready) == ((1, 1), True)


def test_T39_a_vehicle_to_the_garage_takes_its_load_out_of_reach_in_one_act_and_back(desk: Desk, town: Town) -> None:
    truck = desk.kit("VEH-002", serial="VEH-7")
    kit = desk.kit("MED-002", serial="IFAK-1")
    town.book(Wish(id=uuid4(), kind=Kind.TRANSFER, quantity="1", lot=kit.id, target=str(truck.id)))
    town.stock("BRK-014", "2", truck)
    town.stock("MED-007", "3", kit, expires_on=LATER, number="X")
    before = {item: ready(desk, town, item) for item in ("BRK-014", "MED-007")}
    workshop = desk.standing(PlaceKind.WORKSHOP)
    desk.do(
        Basket,
        movements=[Wish(id=uuid4(), kind=Kind.TRANSFER, quantity="1", lot=truck.id, target=str(workshop))],
    )
    assert {item: ready(desk, town, item) for item in before} == {"BRK-014": (2, 0), "MED-007": (3, 0)}
    back = Wish(id=uuid4(), kind=Kind.TRANSFER, quantity="1", lot=truck.id, target=str(town.shelf.id))
    desk.do(Basket, movements=[back])
    assert {item: ready(desk, town, item) for item in before} == before


def test_T32_a_truck_check_finds_a_cylinder_of_another_truck_and_moves_it_here(desk: Desk, town: Town) -> None:
    first, second = desk.kit("VEH-002", serial="A"), desk.kit("VEH-004", serial="B")
    cylinder = town.stock("EXT-001", "1", first, serial="A-07")
    outcome = desk.do(CountKit, place=str(second.id), lines=[Counted(town.code_of(cylinder), "1")])
    assert [line["from"] for line in outcome.result["moved"]] == [str(first.id)]
    assert outcome.result["booked"] == [], "a piece is moved by its identity, not lost here and found there"
    assert (desk.at(cylinder, first.id), desk.at(cylinder, second.id)) == (0, 1)


def test_T32_one_tap_moves_here_what_was_found_on_the_wrong_truck(desk: Desk, town: Town) -> None:
    first, second = desk.kit("VEH-002", serial="A"), desk.kit("VEH-004", serial="B")
    cylinder = town.stock("EXT-001", "1", first, serial="A-07")
    wish = Wish(
        id=uuid4(), kind=Kind.TRANSFER, quantity="1", label=town.code_of(cylinder), target=town.code_of(second.id)
    )
    desk.do(Basket, movements=[wish])
    assert desk.at(cylinder, second.id) == 1


def test_refilling_sets_aside_what_is_past_its_date(desk: Desk, town: Town) -> None:
    kit, lots_in = box(desk, town, {"MED-007": "20", "MED-016": "2"}, gauze_ends=date(2026, 11, 1))
    town.stock("MED-007", "30", expires_on=LATER, number="N")
    outcome = desk.do(Refill, place=str(kit.id))
    assert outcome.result["ready"] is True
    assert desk.at(lots_in["MED-007"], desk.standing(PlaceKind.HOLD)) == 20


def test_what_was_not_counted_in_a_kit_stays_and_the_check_does_not_pass(desk: Desk, town: Town) -> None:
    kit, lots_in = box(desk, town, {"MED-007": "20", "MED-016": "2"})
    outcome = desk.do(CountKit, place=str(kit.id), lines=[Counted(str(lots_in["MED-007"]), "18")])
    assert [line["difference"] for line in outcome.result["booked"]] == ["-2"]
    assert [line["item"] for line in outcome.result["uncounted"]] == ["MED-016"]
    passed = desk.read(lambda session: session.execute(select(CheckResult.passed)).scalar_one())
    assert passed is False


def hindered(town: Town, *wishes: Wish) -> str:
    """The kind of the refusal that a request meets."""
    with pytest.raises(Refusal) as caught:
        town.book(*wishes)
    return caught.value.kind


def test_a_kit_is_judged_with_what_the_same_request_has_put_into_it(desk: Desk, town: Town) -> None:
    kit, _ = box(desk, town, {"MED-016": "2"})
    gauze = town.stock("MED-007", "20", expires_on=LATER, number="X")
    fill = one(kind=Kind.TRANSFER, lot=gauze, quantity="19", target=str(kit.id))
    assert hindered(town, fill, one(kind=Kind.ISSUE, lot=kit.id)) == "bad-input"  # without a reason
    rest = one(kind=Kind.TRANSFER, lot=gauze, source=str(town.shelf.id), target=str(kit.id))
    town.book(fill, rest, one(kind=Kind.ISSUE, lot=kit.id))
    assert desk.at(kit.id, town.shelf.id) == 0


def test_a_kit_is_judged_without_what_the_same_request_has_taken_out_of_it(desk: Desk, town: Town) -> None:
    kit, lots = box(desk, town, {"MED-007": "20", "MED-016": "2"})
    taken = one(kind=Kind.ISSUE, lot=lots["MED-016"], source=str(kit.id))
    assert hindered(town, taken, one(kind=Kind.ISSUE, lot=kit.id)) == "bad-input"  # without a reason
    assert hindered(town, taken, one(kind=Kind.ISSUE, item="MED-001")) == "not-enough-stock"
    back = one(kind=Kind.RETURN, lot=lots["MED-016"], target=str(kit.id))
    town.book(taken, back, one(kind=Kind.ISSUE, item="MED-001"))
    assert desk.at(kit.id, town.shelf.id) == 0


def test_a_kit_that_lacks_a_part_lacks_it_wherever_the_same_request_has_put_it(desk: Desk, town: Town) -> None:
    kit, _ = box(desk, town, {"MED-016": "2"})
    moved = one(kind=Kind.TRANSFER, lot=kit.id, target=str(town.second_shelf.id))
    assert hindered(town, moved, one(kind=Kind.ISSUE, lot=kit.id)) == "bad-input"  # without a reason
