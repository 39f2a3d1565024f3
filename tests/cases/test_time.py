"""Dates and instants, shifts, and what is told later (T29 to T31)."""

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from tests.cases.conftest import Speaker, fields_of
from tests.conftest import Town

Move = Callable[..., None]
SHIFT_CHECK = {"fluids": True, "lights": True, "load": True, "km": "120"}


async def test_T29_the_day_turns_at_midnight_in_shenzhen_on_a_server_in_utc(
    keeper: Speaker, town: Town, move_clock: Move
) -> None:
    expiry = {"word": "through", "date": "2027-02-28"}
    medicine = (await keeper.receive(town.shelf.id, "MED-010", "5", expiry=expiry))["id"]
    rope = (await keeper.receive(town.shelf.id, "RPE-001", serial="R"))["id"]
    move_clock("2026-02-28 10:00")
    await keeper.tell("check", lines=[{"thing": rope, "plan": "MP-057", "passed": True}])

    async def stands() -> tuple[bool, str, str]:
        (row,) = (await keeper.ask("/api/checks", state="all", lot=rope, plan="MP-057"))["items"]
        today = (await keeper.ask("/api/phone/STR-0001/shelves"))["today"]
        return (await keeper.state(medicine))["fit"], row["state"], today

    move_clock("2027-02-28 23:59")
    assert town.context.clock.now() == datetime(2027, 2, 28, 15, 59, tzinfo=UTC)
    assert await stands() == (True, "due", "2027-02-28")
    await keeper.move("consume", lot=medicine)
    move_clock(minutes=1)
    assert town.context.clock.now() == datetime(2027, 2, 28, 16, 0, tzinfo=UTC)
    assert await stands() == (False, "blocked", "2027-03-01")
    assert (await keeper.move("consume", 409, lot=medicine, reason="x"))["type"] == "/problems/expired"


async def _ledger(who: Speaker, **period: str) -> list[Any]:
    """What the ledger of the depot says was taken in a period."""
    query = {"of": "depot", "id": "STR-0001", **period}
    answer = await who.client.get("/api/export/ledger.csv", params=query, headers=who.headers)
    assert answer.status_code == 200, answer.text
    rows = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))
    return [row for row in rows if row["种类"] == "已耗用"]


async def test_T30_a_night_call_belongs_to_the_shift_that_began_before_midnight(
    keeper: Speaker, town: Town, move_clock: Move
) -> None:
    move_clock("2026-05-19 10:00")
    water = (await keeper.receive(town.shelf.id, "CNV-005", "96", expiry={"word": "through", "date": "2027-01"}))["id"]
    truck = (await keeper.receive(town.shelf.id, "VEH-001", serial="V-1"))["id"]
    shift_check = {"thing": truck, "plan": "MP-112", "answers": SHIFT_CHECK}
    await keeper.tell("check", lines=[shift_check])
    move_clock("2026-05-20 23:50")
    await keeper.move("consume", lot=water, quantity="1")
    move_clock("2026-05-21 00:10")
    taken = await keeper.move("consume", lot=water, quantity="2")
    assert taken["happened_at"] == "2026-05-20T16:10:00Z", "movements keep their true time"
    told = await keeper.tell("check", lines=[shift_check])
    assert (told["checks"][0]["closed"], told["checks"][0]["next_due"]) == ("2026-05-20", "2026-05-21")
    move_clock("2026-05-21 08:30")
    await keeper.move("consume", lot=water, quantity="4")
    day, night = {"since": "2026-05-20", "until": "2026-05-20"}, {"since": "2026-05-21", "until": "2026-05-21"}
    assert [row["出"] for row in await _ledger(keeper, **day, by="shift")] == ["1", "2"]
    assert [row["出"] for row in await _ledger(keeper, **night, by="shift")] == ["4"]
    assert [row["出"] for row in await _ledger(keeper, **day)] == ["1"]
    assert [row["出"] for row in await _ledger(keeper, **night)] == ["2", "4"]
    page = await keeper.read("/reports/ledger", of="depot", id="STR-0001", by="shift", **day)
    assert "2026-05-20 – 2026-05-20 (08:30–08:30)" in page
    refused = await keeper.send("/api/export/ledger.csv", 422, "GET", params={"id": "STR-0001", "by": "moon"})
    assert fields_of(refused) == ["by"]


async def test_T31_a_take_told_after_a_closed_count_asks_and_is_not_subtracted_twice(
    keeper: Speaker, officer: Speaker, admin: Speaker, town: Town, move_clock: Move
) -> None:
    move_clock("2026-05-20 18:00")
    cones = (await keeper.receive(town.shelf.id, "TRF-001", "12"))["id"]
    move_clock("2026-05-21 08:00")
    count = (await keeper.tell("start-count", depot="STR-0001", places=[str(town.shelf.id)]))["count"]
    lines = [{"thing": cones, "quantity": "10"}]
    await keeper.tell("count", count=count, place=town.shelf.id, lines=lines)
    await admin.tell("count", count=count, place=town.shelf.id, lines=lines, round=2)  # a sixth less: a second person
    await officer.tell("approve-count", count=count)
    assert (await keeper.lot("TRF-001", cones))["quantity"] == "10"
    move_clock("2026-05-21 09:00")
    told = {"lot": cones, "quantity": "2", "happened_at": "2026-05-21T01:00:00+08:00"}
    asked = await keeper.move("issue", 409, **told)
    assert asked["type"] == "/problems/before-count"
    await keeper.move("issue", **told, counted="included")
    rows = (await keeper.ask("/api/depots/STR-0001/stock", item="TRF-001"))["items"]
    assert {row["place"]: row["quantity"] for row in rows}[str(town.shelf.id)] == "10"
    (taken,) = [row for row in (await keeper.ask("/api/movements", lot=cones))["items"] if row["kind"] == "issue"]
    assert (taken["happened_at"], taken["recorded_at"]) == ("2026-05-20T17:00:00Z", "2026-05-21T01:00:00Z")
