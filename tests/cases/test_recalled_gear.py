"""Recalls: one act for all places, no false all-clear, and what is out at a call-out told at once."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from tests.cases.conftest import Speaker
from tests.conftest import NOW, Town

GAUZE, FAR = "MED-007", date(2028, 6, 30)
Speak = Callable[[str], Speaker]


async def called_out(keeper: Speaker, lot: UUID, town: Town) -> str:
    """A call-out for which eight of a lot were drawn."""
    fields = {"depot": "STR-0001", "what": "medical", "channel": "phone", "place": "海德路"}
    number = (await keeper.tell("open-incident", **fields))["incident"]
    line = {"thing": lot, "quantity": "8", "from": town.shelf.id}
    await keeper.tell("draw", incident=number, lines=[line])
    return str(number)


def lying(found: dict[str, Any]) -> dict[str, Decimal]:
    """How much lies where, by the kind of the place."""
    where: dict[str, Decimal] = {}
    for row in found["lying"]:
        where[row["kind"]] = where.get(row["kind"], Decimal(0)) + Decimal(row["quantity"])
    return where


async def test_T70_one_act_holds_a_lot_in_stores_kits_trucks_loans_and_transit_and_lists_what_was_used(
    keeper: Speaker, admin: Speaker, town: Town
) -> None:
    lot = town.stock(GAUZE, "100", expires_on=FAR, number="A77", maker="稳健")
    other = town.stock(GAUZE, "4", expires_on=FAR, number="B12", maker="稳健")
    for item, serial in (("MED-001", "K-1"), ("VEH-002", "V-1")):
        told = await admin.move("receive", item=item, target=town.shelf.id, new_lot={"serial": serial})
        carrier = told["lines"][0]["lot"]
        await keeper.move("transfer", lot=lot, quantity="10", source=town.shelf.id, target=carrier)
    lent = [{"thing": lot, "quantity": "5", "from": town.shelf.id}]
    due = NOW + timedelta(days=1)
    await keeper.tell("lend", depot="STR-0001", borrower="responder", name="何", due_at=due, lines=lent)
    number = await called_out(keeper, lot, town)
    await keeper.move("consume", lot=lot, quantity="3", source=number, incident=number)
    wanted = [{"item": GAUZE, "quantity": "6"}]
    asked = await keeper.tell("ask-transfer", giver="STR-0001", receiver="IND-0002", lines=wanted)
    sent = {"thing": lot, "quantity": "6", "from": town.shelf.id}
    await keeper.tell("dispatch", transfer=asked["transfer"], lines=[sent])

    recall = await admin.tell("recall", item=GAUZE, maker="稳健", number="a77 ", reason="灭菌不合格")
    assert recall["held"] == [str(lot)]
    found = await admin.ask(f"/api/recalls/{recall['recall']}")
    assert lying(found) == {"shelf": 61, "kit": 10, "vehicle": 10, "holder": 5, "incident": 5, "transit": 6}
    assert [(row["incident"], row["quantity"], row["kind"]) for row in found["gone"]] == [(number, "3", "consumed")]
    refused = await keeper.move("issue", 409, lot=lot, source=town.shelf.id)
    assert refused["type"].endswith("on-hold")
    issued = await keeper.move("issue", item=GAUZE, quantity="4", source=town.shelf.id)
    assert [line["lot"] for line in issued["lines"]] == [str(other)], "by item only the sound batch goes out"
    states = {row["id"]: row["condition"] for row in (await keeper.ask("/api/lots", item=GAUZE))["items"]}
    assert states == {str(lot): "quarantined", str(other): "fit"}


async def test_T71_stock_without_a_lot_number_cannot_be_excluded_and_is_listed(
    admin: Speaker, speak: Speak, town: Town
) -> None:
    named = town.stock(GAUZE, "5", expires_on=FAR, number="A77", maker="稳健")
    unnamed = town.stock(GAUZE, "7", town.other_shelf, expires_on=date(2028, 1, 31))
    told = await admin.tell("recall", item=GAUZE, maker="稳健", number="A77", reason="抽检不合格")
    assert (told["held"], told["cannot_exclude"], told["depots"]) == ([str(named)], [str(unnamed)], 2)
    found = await admin.ask(f"/api/recalls/{told['recall']}")
    doubtful = [(row["depot"], row["quantity"]) for row in found["lying"] if not row["sure"]]
    assert doubtful == [("IND-0002", "7")]
    page = await speak("keeper2").read(f"/recalls/{told['recall']}")
    assert "不能排除" in page
    nobody = await admin.tell("recall", item=GAUZE, maker="振德", number="Z1", reason="抽检不合格")
    assert (nobody["held"], nobody["cannot_exclude"]) == ([], [str(unnamed)]), "never 'none affected'"


async def test_T72_a_recall_of_what_is_out_at_a_call_out_alerts_the_depot_that_drew_it_at_once(
    keeper: Speaker, admin: Speaker, speak: Speak, town: Town
) -> None:
    lot = town.stock(GAUZE, "20", expires_on=FAR, number="A77")
    await called_out(keeper, lot, town)
    told = await admin.tell("recall", item=GAUZE, number="A77", reason="灭菌不合格")
    (alert,) = (await keeper.ask("/api/alerts", kind="recall"))["items"]
    assert (alert["depot"], alert["urgent"], alert["details"]["out"]) == ("STR-0001", True, "8")
    assert (await speak("keeper2").ask("/api/alerts", kind="recall"))["items"] == []
    await keeper.tell("answer-recall", recall=told["recall"], depot="STR-0001", note="现场停用")
    found = await admin.ask(f"/api/recalls/{told['recall']}")
    assert [(row["depot"], row["note"]) for row in found["answers"]] == [("STR-0001", "现场停用")]
