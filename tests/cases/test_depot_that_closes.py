"""A depot closes or is merged: every line leaves by a movement, the past stays, alerts stop."""

from collections.abc import Callable
from datetime import date

from tests.cases.command_line import command
from tests.cases.conftest import Speaker
from tests.conftest import Town

Speak = Callable[[str], Speaker]


async def test_T91_closing_moves_every_line_to_the_successor_keeps_the_past_and_stops_the_alerts(
    keeper: Speaker, admin: Speaker, speak: Speak, town: Town
) -> None:
    lot = town.stock("MED-013", "6", expires_on=date(2026, 11, 22))
    town.stock("TRF-001", "20")
    command(town, "sweep")
    assert [row["lot"] for row in (await keeper.ask("/api/alerts", kind="expired"))["items"]] == [str(lot)]
    closing = (await admin.tell("plan-closing", depot="STR-0001", successor="IND-0002", why="商场关闭"))["closing"]
    refused = await admin.tell("close-depot", 409, closing=closing)
    assert "detail" in refused
    sent = await admin.tell("send-all", closing=closing)
    lines = [
        {"thing": row["lot"], "good": row["quantity"]}
        for row in (await admin.ask("/api/depots/STR-0001/stock"))["items"]
    ]
    await speak("keeper2").tell("receive-transfer", transfer=sent["transfer"], place=town.other_shelf.id, lines=lines)
    await admin.tell("close-depot", closing=closing, people="end")
    assert (await admin.ask("/api/depots/STR-0001/stock"))["items"] == []
    assert (await admin.ask("/api/depots/STR-0001"))["status"] == "closed"
    command(town, "sweep")
    assert (await admin.ask("/api/alerts", depot="STR-0001"))["items"] == []
    history = (await admin.ask("/api/movements", depot="STR-0001"))["items"]
    assert {row["kind"] for row in history} == {"receive", "transfer"}
    there = (await admin.ask("/api/depots/IND-0002/stock"))["items"]
    assert sorted((row["item"], row["quantity"]) for row in there) == [("MED-013", "6"), ("TRF-001", "20")]
    assert "None of it" not in await admin.read(f"/q/{town.code_of(lot)}")
