"""Goods on the way from depot to depot: in part, damaged, lost, in boxes, with all that belongs to them."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from tests.cases.command_line import command
from tests.cases.conftest import Speaker
from tests.conftest import Town

Speak = Callable[[str], Speaker]


async def sent(speak: Speak, lot: UUID, *lines: dict[str, Any], item: str = "RSP-007") -> str:
    """A transfer from the town's depot to the other one, with so much of a lot on the way."""
    wanted = [{"item": item, "quantity": "1"}]
    told = await speak("keeper2").tell("ask-transfer", giver="STR-0001", receiver="IND-0002", lines=wanted)
    await speak("keeper").tell("dispatch", transfer=told["transfer"], lines=[{"thing": lot, **line} for line in lines])
    return str(told["transfer"])


async def lies(speak: Speak, item: str) -> dict[str, Decimal]:
    """How much of an item lies where, inside both depots, by the kind of the place."""
    found: dict[str, Decimal] = {}
    admin = speak("admin")
    for depot in ("STR-0001", "IND-0002"):
        kinds = {row["id"]: row["kind"] for row in (await admin.ask("/api/places", depot=depot, limit=200))["items"]}
        for row in (await admin.ask(f"/api/depots/{depot}/stock", item=item))["items"]:
            where = f"{depot} {kinds[row['place']]}"
            found[where] = found.get(where, Decimal(0)) + Decimal(row["quantity"])
    return found


async def test_T63_T67_of_50_sent_46_arrive_2_are_held_and_2_stay_open_each_in_one_place(
    speak: Speak, town: Town
) -> None:
    lot = town.stock("RSP-007", "50", expires_on=date(2028, 1, 31))
    transfer = await sent(speak, lot, {"quantity": "50"})
    assert await lies(speak, "RSP-007") == {"STR-0001 transit": 50}
    line = {"thing": str(lot), "good": "46", "damaged": "2"}
    told = await speak("keeper2").tell("receive-transfer", transfer=transfer, place=town.other_shelf.id, lines=[line])
    assert told["on_the_way"] == [str(lot)], "what is missing is not closed by itself"
    parts = {"IND-0002 shelf": 46, "IND-0002 hold": 2, "STR-0001 transit": 2}
    assert await lies(speak, "RSP-007") == parts
    refused = await speak("keeper2").tell(
        "receive-transfer", 409, transfer=transfer, place=town.other_shelf.id, lines=[{"thing": str(lot), "good": "3"}]
    )
    assert refused["available"] == "2"
    for who, side in (("keeper", "giver"), ("keeper2", "receiver")):
        assert await lies(speak, "RSP-007") == parts
        await speak(who).tell("sign-loss", transfer=transfer, side=side, note="van was searched")
    assert await lies(speak, "RSP-007") == {"IND-0002 shelf": 46, "IND-0002 hold": 2}
    rows = (await speak("admin").ask("/api/movements", lot=str(lot)))["items"]
    lost = [row["quantity"] for row in rows if row["kind"] == "adjust"]
    assert lost == ["2"], "46 received + 2 held + 2 lost are the 50 that were sent"


async def test_T64_what_never_arrives_is_the_senders_and_ages_until_both_sign(
    speak: Speak, town: Town, move_clock: Callable[..., None]
) -> None:
    lot = town.stock("TRF-001", "20")
    transfer = await sent(speak, lot, {"quantity": "20"}, item="TRF-001")
    move_clock(days=3)
    command(town, "sweep")
    assert (await speak("admin").ask("/api/alerts", kind="stuck_transfer"))["items"] == []
    move_clock(hours=1)
    command(town, "sweep")
    (alert,) = (await speak("keeper").ask("/api/alerts", kind="stuck_transfer"))["items"]
    assert alert["depot"] == "STR-0001"
    await speak("keeper2").tell("sign-loss", transfer=transfer, side="receiver", note="never came")
    await speak("keeper2").tell("sign-loss", 403, transfer=transfer, side="giver", note="never came")
    assert await lies(speak, "TRF-001") == {"STR-0001 transit": 20}
    await speak("keeper").tell("sign-loss", transfer=transfer, side="giver", note="van burnt out")
    assert await lies(speak, "TRF-001") == {}
    command(town, "sweep")
    assert (await speak("keeper").ask("/api/alerts", kind="stuck_transfer"))["items"] == []


async def test_T65_all_of_an_item_is_on_the_way_to_a_depot_that_has_no_record_of_it(speak: Speak, town: Town) -> None:
    lot = town.stock("TRF-001", "20")
    transfer = await sent(speak, lot, {"quantity": "20"}, item="TRF-001")
    assert (await speak("keeper2").ask("/api/depots/IND-0002/stock", item="TRF-001"))["items"] == []
    told = await speak("keeper2").tell(
        "receive-transfer",
        transfer=transfer,
        place=town.other_shelf.id,
        lines=[{"thing": town.code_of(lot), "good": "20"}],
    )
    assert told["state"] == "closed"
    assert await lies(speak, "TRF-001") == {"IND-0002 shelf": 20}


async def test_T66_two_boxes_sent_are_forty_pieces_to_receive(speak: Speak, town: Town) -> None:
    lot = town.stock("RSP-007", "60", expires_on=date(2028, 1, 31))
    transfer = await sent(speak, lot, {"quantity": "2", "unit": "box"})
    (coming,) = (await speak("keeper2").ask("/api/phone/IND-0002/work"))["transfers"]
    assert [line["quantity"] for line in coming["on_the_way"]] == ["40"]
    told = await speak("keeper2").tell(
        "receive-transfer", transfer=transfer, place=town.other_shelf.id, lines=[{"thing": str(lot), "good": "40"}]
    )
    assert told["state"] == "closed"
    assert await lies(speak, "RSP-007") == {"STR-0001 shelf": 20, "IND-0002 shelf": 40}


async def test_T68_opened_state_lot_dates_checks_and_faults_travel_along(speak: Speak, town: Town) -> None:
    sealed = town.stock("MED-011", "2", expires_on=date(2028, 1, 31), number="L68")
    await speak("keeper").move("open", lot=sealed, opened_on=date(2026, 11, 20))
    (opened,) = [
        row
        for row in (await speak("keeper").ask("/api/depots/STR-0001/stock", item="MED-011"))["items"]
        if row["lot"] != str(sealed)
    ]
    pump = town.stock("PMP-001", "1", serial="P68")
    due = [
        (row["plan"], row["due_on"])
        for row in (await speak("keeper").ask("/api/checks", depot="STR-0001"))["items"]
        if row["lot"] == str(pump)
    ]
    assert due
    await speak("keeper").tell("fault", thing=str(pump), description="leaks", place=town.shelf.id)
    first = await sent(speak, UUID(opened["lot"]), {"quantity": "1"}, item="MED-011")
    second = await sent(speak, pump, {"quantity": "1"}, item="PMP-001")
    for transfer, lot in ((first, opened["lot"]), (second, str(pump))):
        line = {"thing": lot, "good": "1"}
        await speak("keeper2").tell("receive-transfer", transfer=transfer, place=town.other_shelf.id, lines=[line])
    (row,) = (await speak("keeper2").ask("/api/depots/IND-0002/stock", item="MED-011"))["items"]
    assert (row["lot"], row["number"], row["usable_through"]) == (opened["lot"], "L68", opened["usable_through"])
    (fault,) = (await speak("keeper2").ask("/api/phone/IND-0002/work"))["faults"]
    assert (fault["lot"], fault["description"]) == (str(pump), "leaks")
    assert (await speak("keeper").ask("/api/phone/STR-0001/work"))["faults"] == []
    there = (await speak("keeper2").ask("/api/checks", depot="IND-0002"))["items"]
    assert [(row["plan"], row["due_on"]) for row in there if row["lot"] == str(pump)] == due
