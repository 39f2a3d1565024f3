"""Single movements: sent twice, told late, in boxes and pieces, in litres."""

from collections.abc import Callable
from uuid import UUID, uuid4

from tests.cases.conftest import Speaker, fields_of, on_both
from tests.conftest import NOW, Town

PETROL = "FUE-001"
MONTH = {"expires_on": "2027-06-30"}


async def held(keeper: Speaker, town: Town, item: str) -> dict[str, str]:
    """What the API shows of an item at the town's depot: quantity by place."""
    rows = (await keeper.ask("/api/depots/STR-0001/stock", item=item))["items"]
    return {"shelf" if row["place"] == str(town.shelf.id) else row["place_en"]: row["quantity"] for row in rows}


@on_both
async def test_T51_the_same_action_sent_twice_is_one_movement_with_one_answer(keeper: Speaker, town: Town) -> None:
    lot = town.stock("BRK-014", "10")
    sent = {"id": str(uuid4()), "kind": "issue", "lot": str(lot), "quantity": "1"}
    first = await keeper.send("/api/movements", 201, json=sent)
    again = await keeper.send("/api/movements", 200, json=sent)
    assert again == first
    rows = (await keeper.ask("/api/movements", depot="STR-0001", lot=str(lot)))["items"]
    assert sorted(row["kind"] for row in rows) == ["issue", "receive"]
    reused = await keeper.send("/api/movements", 409, json=sent | {"quantity": "2"})
    assert reused["type"].endswith("id-reused")
    assert (await held(keeper, town, "BRK-014"))["shelf"] == "9"


@on_both
async def test_T52_a_take_told_late_of_what_is_gone_is_booked_and_the_minus_is_flagged(
    keeper: Speaker, speak: Callable[[str], Speaker], town: Town, move_clock: Callable[..., None]
) -> None:
    lot = town.stock("BRK-014", "1")
    move_clock(minutes=10)
    basement = NOW.isoformat()
    await speak("responder").move("issue", lot=lot)
    wish = {"id": uuid4(), "kind": "issue", "quantity": "1", "lot": lot, "from": town.shelf.id}
    told = await keeper.tell("basket", movements=[wish], late=True, happened_at=basement)
    assert told["discrepancy"] is True
    assert "shelf" not in await held(keeper, town, "BRK-014"), "the shelf itself never goes below nought"
    (alert,) = (await keeper.ask("/api/alerts", kind="discrepancy"))["items"]
    assert (alert["lot"], alert["details"]) == (str(lot), {"quantity": "1"})
    (took,) = [row for row in (await keeper.ask("/api/movements", lot=str(lot)))["items"] if row["late"]]
    assert (took["kind"], took["quantity"]) == ("issue", "1")


async def test_T58_five_boxes_of_20_less_7_are_4_boxes_and_13_and_a_later_box_may_hold_50(
    keeper: Speaker, town: Town
) -> None:
    batch = {"number": "L58", "pack_size": "20", **MONTH}
    told = await keeper.move("receive", item="RSP-007", target=town.shelf.id, quantity="5", unit="box", new_lot=batch)
    assert told["quantity"] == "100"
    lot = told["lines"][0]["lot"]
    await keeper.move("issue", lot=lot, quantity="7")
    assert (await held(keeper, town, "RSP-007"))["shelf"] == "93"
    page = await keeper.read(f"/q/{town.code_of(UUID(lot))}")
    assert "(4 盒 + 13" in page
    larger = batch | {"pack_size": "50"}
    more = await keeper.move("receive", item="RSP-007", target=town.shelf.id, quantity="1", unit="box", new_lot=larger)
    assert (more["quantity"], more["lines"][0]["lot"]) == ("50", lot)
    assert (await held(keeper, town, "RSP-007"))["shelf"] == "143"


async def test_T59_a_tenth_and_two_tenths_of_a_litre_are_three_tenths_and_extinguishers_are_whole(
    keeper: Speaker, town: Town
) -> None:
    assert [row["unit_zh"] for row in (await keeper.ask("/api/items", q=PETROL))["items"]] == ["升"]
    for litres in ("0.1", "0.2"):
        await keeper.move("receive", item=PETROL, target=town.shelf.id, quantity=litres)
    assert await held(keeper, town, PETROL) == {"shelf": "0.3"}
    await keeper.move("consume", item=PETROL, quantity="0.3")
    assert await held(keeper, town, PETROL) == {}
    refused = await keeper.move("receive", 422, item="EXT-001", target=town.shelf.id, quantity="0.5")
    assert fields_of(refused) == ["quantity"]
