"""Kits, sealed boxes and AEDs (T43 to T48)."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from core.schema import migrate
from depots.models import Place
from inventory.catalogue.models import Item, KitLine
from tests.cases.conftest import Speaker, fields_of, on_both
from tests.conftest import Town
from tests.olden import go_back

Move = Callable[..., None]
Command = Callable[..., int]
LIST = {"MED-007": 20, "MED-016": 2}  # gauze and tape, and nothing else


def through(day: str) -> dict[str, str]:
    return {"word": "through", "date": day}


@pytest.fixture
def short_list(town: Town) -> None:
    """A first-aid box of this town holds gauze and tape."""

    def shorten(session: Session) -> None:
        items: dict[str, Any] = {code: item_id for code, item_id in session.execute(select(Item.code, Item.id))}
        session.execute(delete(KitLine).where(KitLine.kit_item_id == items["MED-001"]))
        for code, quantity in LIST.items():
            line = KitLine(kit_item_id=items["MED-001"], item_id=items[code], quantity=Decimal(quantity))
            session.add(line)

    town.run(shorten)


async def box(keeper: Speaker, town: Town, gauze: str = "20", ends: str = "2027-06-30") -> tuple[str, str]:
    """A first-aid box filled with so much gauze and all its tape; its id, and the gauze's lot."""
    kit = (await keeper.receive(town.shelf.id, "MED-001", serial="K-1"))["id"]
    lots = {}
    for item, quantity, last in (("MED-007", gauze, ends), ("MED-016", "2", "2027-06-30")):
        lots[item] = (await keeper.receive(kit, item, quantity, number=f"X-{item}", expiry=through(last)))["id"]
    return kit, lots["MED-007"]


async def test_T43_a_kit_ends_with_its_earliest_part_is_still_found_and_the_task_names_the_part(
    keeper: Speaker, town: Town, short_list: None, required: None, command: Command, move_clock: Move
) -> None:
    kit, _ = await box(keeper, town, ends="2026-12-07")
    page = await keeper.page(kit)
    assert "2026-12-07" in page and "✓ 完好" in page
    assert (await keeper.line("MED-001"))["ready"] == "1"
    move_clock("2026-12-08 07:00")
    line = await keeper.line("MED-001")
    assert (line["held"], line["ready"], line["not_counting"]) == ("1", "0", {"incomplete": "1"})
    state = await keeper.state(kit)
    assert (state["fit"], state["why"]) == (False, "incomplete")
    page = await keeper.page(kit)
    assert "医用纱布块" in page and "应有 20，完好且在有效期内 0" in page and "A1层" in page and "✓ 完好" not in page
    assert command("sweep") == 0
    (alert,) = await keeper.alerts("incomplete_kit")
    assert (alert["lot"], "医用纱布块" in alert["note_zh"], "0/20" in alert["note_zh"]) == (kit, True, True)


async def test_T44_a_whole_seal_of_the_same_number_is_a_quick_check_any_other_asks_for_a_full_count(
    keeper: Speaker, town: Town, short_list: None, move_clock: Move
) -> None:
    kit, gauze = await box(keeper, town)
    move_clock(minutes=5)
    await keeper.tell("put-seal", place=kit, number="004512")
    move_clock(minutes=5)
    quick = await keeper.tell("check-seal", place=kit, number="004512", whole=True)
    assert (quick["full_count"], quick["ready"], quick["ends"]) == (False, True, "2027-06-30")
    assert (await keeper.tell("check-seal", place=kit, number="004519", whole=True))["full_count"] is True
    tape = next(row["id"] for row in (await keeper.ask("/api/lots", item="MED-016"))["items"])
    lines = [{"thing": gauze, "quantity": "20"}, {"thing": tape, "quantity": "2"}]
    counted = await keeper.tell("count-kit", place=kit, lines=lines)
    assert (counted["booked"], counted["uncounted"], counted["ready"]) == ([], [], True)
    assert (await keeper.tell("put-seal", 409, place=kit, number="004512"))["type"] == "/problems/seal-used"
    move_clock(minutes=5)
    await keeper.tell("put-seal", place=kit, number="004600")
    (seal,) = (await keeper.ask("/api/phone/STR-0001/shelves"))["seals"]
    assert (seal["place"], seal["number"]) == (kit, "004600")
    assert (await keeper.tell("check-seal", place=kit, number="004600", whole=False))["full_count"] is True


async def test_T44_what_was_booked_out_since_stands_against_a_whole_seal(
    keeper: Speaker, town: Town, short_list: None, move_clock: Move
) -> None:
    kit, gauze = await box(keeper, town)
    move_clock(minutes=5)
    await keeper.tell("put-seal", place=kit, number="004512")
    move_clock(minutes=5)
    await keeper.move("consume", lot=gauze, quantity="14", source=kit)
    quick = await keeper.tell("check-seal", place=kit, number="004512", whole=True)
    assert (quick["full_count"], quick["ready"]) == (True, False)


async def test_T45_used_at_a_call_out_a_kit_is_incomplete_until_it_is_refilled_from_the_shelf_and_sealed_anew(
    keeper: Speaker, town: Town, short_list: None, required: None, move_clock: Move
) -> None:
    kit, gauze = await box(keeper, town)
    await keeper.tell("put-seal", place=kit, number="1")
    late = await keeper.receive(town.shelf.id, "MED-007", "9", number="L", expiry=through("2027-05-31"))
    early = await keeper.receive(town.shelf.id, "MED-007", "5", number="E", expiry=through("2027-04-30"))
    move_clock(minutes=5)
    call = await keeper.tell("open-incident", depot="STR-0001", what="medical", channel="walk_in", place="门口")
    await keeper.move("consume", lot=gauze, quantity="8", source=kit, incident=call["incident"])
    assert (await keeper.line("MED-001"))["not_counting"] == {"incomplete": "1"}
    refilled = await keeper.tell("refill", place=kit)
    drawn = {line["lot"]: line["quantity"] for line in refilled["drawn"]}
    assert (drawn, refilled["ready"]) == ({early["id"]: "5", late["id"]: "3"}, True)
    assert (await keeper.ask("/api/phone/STR-0001/shelves"))["seals"] == [], "the old seal is broken"
    move_clock(minutes=5)
    await keeper.tell("put-seal", place=kit, number="2")
    assert (await keeper.line("MED-001"))["ready"] == "1"


async def test_T46_sealed_short_is_allowed_and_shown_to_the_next_shift(
    keeper: Speaker, admin: Speaker, town: Town, short_list: None, move_clock: Move
) -> None:
    kit, _ = await box(keeper, town, gauze="6")
    (missing,) = (await keeper.tell("put-seal", place=kit, number="004513"))["short"]
    assert (missing["item"], missing["there"], missing["should"]) == ("MED-007", "6", "20")
    handover = (await keeper.tell("start-handover", depot="STR-0001"))["handover"]
    given = await keeper.tell("give-shift", handover=handover)
    (told,) = given["kits"]
    assert (told["place"], told["seal"], told["short"]) == (kit, "004513", [missing])
    taken = await admin.tell("take-shift", handover=handover)
    assert taken["kits"] == [told], "the coming shift signs for just that"
    (seal,) = (await admin.ask("/api/phone/STR-0001/shelves"))["seals"]
    assert seal["short"] == [missing]
    move_clock(minutes=5)
    await keeper.receive(town.shelf.id, "MED-007", "14", number="N", expiry=through("2027-05-31"))
    await keeper.tell("refill", place=kit)
    await keeper.tell("put-seal", place=kit, number="004514")
    following = (await keeper.tell("start-handover", depot="STR-0001"))["handover"]
    assert (await keeper.tell("give-shift", handover=following))["kits"] == []


async def test_T47_a_lot_in_a_kit_on_a_truck_is_found_through_all_levels(
    keeper: Speaker, admin: Speaker, town: Town
) -> None:
    truck = (await keeper.receive(town.shelf.id, "VEH-002", serial="VEH-7"))["id"]
    kit = (await keeper.receive(town.shelf.id, "MED-002", serial="IFAK-1"))["id"]
    await keeper.move("transfer", lot=kit, target=truck)
    gauze = (await keeper.receive(kit, "MED-007", "3", number="X", expiry=through("2027-06")))["id"]
    (row,) = (await keeper.ask("/api/depots/STR-0001/stock", item="MED-007"))["items"]
    assert row["place_zh"].split(" › ")[1:] == [
        "A1层",
        "微型消防车(带水罐/高压细水雾) VEH-7",
        "单兵急救包(IFAK) IFAK-1",
    ]
    assert "VEH-7" in await keeper.page(gauze)
    recall = await admin.tell("recall", lot=gauze, reason="厂家召回")
    assert recall["held"] == [gauze]
    assert "VEH-7" in await admin.read(f"/recalls/{recall['recall']}")
    count = await keeper.tell("start-count", depot="STR-0001")
    assert kit in count["places"] and truck in count["places"]


async def test_T48_an_aed_is_ready_only_with_pads_and_battery_in_date(
    keeper: Speaker, town: Town, required: None
) -> None:
    aed = (await keeper.receive(town.shelf.id, "MED-003", serial="AED-1"))["id"]

    async def stands() -> tuple[str, bool, str, bool]:
        state, page = await keeper.state(aed), await keeper.page(aed)
        return (await keeper.line("MED-003"))["ready"], state["fit"], state["why"], "✓ 完好" in page

    await keeper.receive(aed, "MED-006", expiry=through("2028-06-30"))  # the battery
    assert await stands() == ("0", False, "incomplete", False)
    await keeper.receive(aed, "MED-004", expiry=through("2026-11-22"), number="old")
    assert await stands() == ("0", False, "incomplete", False)
    assert fields_of(await keeper.move("issue", 422, lot=aed)) == ["reason"], (
        "half of it may help, but who takes it knows"
    )
    await keeper.receive(aed, "MED-004", expiry=through("2028-06-30"), number="new")
    assert await stands() == ("1", True, "", True)
    await keeper.move("issue", lot=aed)


@pytest.mark.heavy
@on_both
@pytest.mark.own_database
async def test_T47_a_kit_that_was_received_before_it_was_a_place_becomes_one(keeper: Speaker, town: Town) -> None:
    kit = (await keeper.receive(town.shelf.id, "MED-002", serial="IFAK-1"))["id"]
    rows = [row for row in (await keeper.ask("/api/places", depot="STR-0001"))["items"] if row["id"] == kit]

    def as_before(session: Session) -> None:
        session.execute(delete(Place).where(Place.id == UUID(kit)))

    town.run(as_before)
    go_back(town.context.database, "0049")
    migrate(town.context.database)
    again = [row for row in (await keeper.ask("/api/places", depot="STR-0001"))["items"] if row["id"] == kit]
    assert (len(again), again) == (1, rows)
    await keeper.receive(await keeper.code(kit), "MED-007", "3", expiry=through("2027-06"))
    assert "IFAK-1" in (await keeper.ask("/api/depots/STR-0001/stock", item="MED-007"))["items"][0]["place_zh"]
