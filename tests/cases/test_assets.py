"""Single pieces: swapped, lent, away, lost, scrapped, back from use, in somebody's hands (T32 to T40, T42)."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.cases.conftest import Speaker, fields_of
from tests.conftest import Town

Move = Callable[..., None]
Command = Callable[..., int]


async def piece(keeper: Speaker, town: Town, item: str, serial: str = "", **label: Any) -> str:
    """Receive a piece onto the shelf; its id."""
    facts = {"serial": serial} if serial else {}
    return str((await keeper.receive(town.shelf.id, item, **facts, **label))["id"])


async def where(keeper: Speaker, item: str, lot: str) -> list[tuple[str, str]]:
    """The places inside the depot that have some of a lot, with how much."""
    rows = (await keeper.ask("/api/depots/STR-0001/stock", item=item))["items"]
    return [(row["place"], row["quantity"]) for row in rows if row["lot"] == lot]


async def test_T32_a_truck_check_finds_a_cylinder_of_another_truck_and_moves_it_here(
    keeper: Speaker, town: Town
) -> None:
    first, second = [await piece(keeper, town, "VEH-002", mark) for mark in "AB"]
    cylinder = await piece(keeper, town, "RSP-002", "A-07", made_on="2026-01")
    await keeper.move("transfer", lot=cylinder, target=first)
    found = await keeper.tell(
        "count-kit", place=second, lines=[{"thing": await keeper.code(cylinder), "quantity": "1"}]
    )
    assert [(line["lot"], line["from"]) for line in found["moved"]] == [(cylinder, first)]
    assert found["booked"] == [], "it is moved by its identity, neither lost there nor found here"
    assert await where(keeper, "RSP-002", cylinder) == [(second, "1")]


async def lend(keeper: Speaker, *lines: dict[str, Any]) -> Any:
    who = {"borrower": "responder", "name": "王", "due_at": "2026-11-30T00:00:00Z"}
    return await keeper.tell("lend", depot="STR-0001", lines=list(lines), **who)


async def test_T33_the_loan_of_radio_12_stays_open_when_radio_21_comes_back(keeper: Speaker, town: Town) -> None:
    twelve, twenty_one = [await piece(keeper, town, "COM-001", mark) for mark in ("R-12", "R-21")]
    loan = (await lend(keeper, {"thing": twelve}))["loan"]
    asked = await keeper.tell("give-back", 409, lines=[{"thing": await keeper.code(twenty_one)}])
    assert (asked["type"], [one["number"] for one in asked["out"]]) == ("/problems/not-out", ["R-12"])
    assert [row["id"] for row in (await keeper.ask("/api/phone/STR-0001/work"))["loans"]] == [loan]
    closed = await keeper.tell("give-back", lines=[{"thing": await keeper.code(twelve)}])
    assert closed["loans_closed"] == [loan]


@pytest.fixture
async def twelve(keeper: Speaker, town: Town) -> list[str]:
    """Extinguishers of the depot."""
    return [await piece(keeper, town, "EXT-001", f"X-{n}", made_on="2025-01") for n in range(12)]


AWAY = {"vendor": "安盾维修", "due_back_on": "2026-12-10"}


async def test_T34_of_twelve_extinguishers_three_may_go_and_the_fourth_warns(
    keeper: Speaker, town: Town, required: None, twelve: list[str]
) -> None:
    await keeper.tell("send-service", lines=[{"thing": lot} for lot in twelve[:3]], **AWAY)
    line = await keeper.line("EXT-001")
    assert (line["held"], line["ready"], line["not_counting"]) == ("12", "9", {"workshop": "3"})
    refused = await keeper.tell("send-service", 409, lines=[{"thing": twelve[3]}], **AWAY)
    assert refused["type"] == "/problems/quarter-rule"
    told = await keeper.tell("send-service", lines=[{"thing": twelve[3]}], beyond_quarter="全部压力不足", **AWAY)
    assert told["beyond_quarter"] is True


async def test_T34_a_loaner_counts_and_the_original_comes_back_to_its_own_place(
    keeper: Speaker, town: Town, required: None, twelve: list[str]
) -> None:
    lent = [
        {"thing": lot, "new_loaner": {"serial": f"L-{n}", "made_on": "2026-01"}} for n, lot in enumerate(twelve[:6])
    ]
    services = (await keeper.tell("send-service", lines=lent, **AWAY))["services"]
    assert (await keeper.line("EXT-001"))["ready"] == "12"
    weaker = {"thing": twelve[6], "loaner": await piece(keeper, town, "EXT-004", "W-1")}
    assert fields_of(await keeper.tell("send-service", 422, lines=[weaker], **AWAY)) == ["loaner"]
    back = await keeper.tell("back-service", service=services[0]["service"], note="换药")
    assert back["place"] == str(town.shelf.id)
    assert await where(keeper, "EXT-001", twelve[0]) == [(str(town.shelf.id), "1")]
    assert await where(keeper, "EXT-001", services[0]["loaner"]) == [], "closing the service closes the loaner"
    assert (await keeper.line("EXT-001"))["ready"] == "12"


async def test_T35_a_loaner_that_stays_is_a_task_and_of_one_without_a_date_the_stamp_is_asked_for(
    keeper: Speaker, town: Town, twelve: list[str], command: Command, move_clock: Move
) -> None:
    undated = {"thing": twelve[0], "new_loaner": {"serial": "L"}}
    assert fields_of(await keeper.tell("send-service", 422, lines=[undated], **AWAY)) == ["made_on"]
    lent = {"thing": twelve[0], "new_loaner": {"serial": "L", "made_on": "2025-03"}}
    (service,) = (await keeper.tell("send-service", lines=[lent], **AWAY))["services"]
    assert (await keeper.state(service["loaner"]))["fit"] is True, "no service of it is due at once"
    loaner = await keeper.lot("EXT-001", service["loaner"])
    assert (loaner["made_on"], loaner["made_precision"]) == ("2025-03-01", "month")
    await keeper.tell("back-service", service=service["service"], loaner_taken=False)
    page = await keeper.read("/services", depot="STR-0001")
    assert "安盾维修" in page and "2026-12-23" in page  # its owner, and 30 days on

    async def tasks() -> list[str]:
        assert command("sweep") == 0
        return [alert["lot"] for alert in await keeper.alerts("check_due") if "替代件待归还" in alert["note_zh"]]

    move_clock("2026-12-23 12:00")
    assert await tasks() == []
    move_clock("2026-12-24 12:00")
    assert await tasks() == [service["loaner"]]
    await keeper.tell("loaner-gone", service=service["service"])
    assert await tasks() == []
    assert await where(keeper, "EXT-001", service["loaner"]) == []


@pytest.mark.parametrize("door", ["count", "receive"])
async def test_T37_what_was_written_off_and_turns_up_is_the_same_record_with_its_label_and_history(
    keeper: Speaker, admin: Speaker, officer: Speaker, town: Town, door: str
) -> None:
    torch = await piece(keeper, town, "COM-001", "T-1")
    code = await keeper.code(torch)

    async def count(quantity: str) -> None:
        number = (await keeper.tell("start-count", depot="STR-0001", places=[str(town.shelf.id)]))["count"]
        lines = [{"thing": code, "quantity": quantity}]
        await keeper.tell("count", count=number, place=town.shelf.id, lines=lines)
        await admin.tell("count", count=number, place=town.shelf.id, lines=lines, round=2)
        await officer.tell("approve-count", count=number)

    await count("0")
    assert await where(keeper, "COM-001", torch) == []
    if door == "count":
        await count("1")
    else:
        assert await piece(keeper, town, "COM-001", "t-1") == torch
    assert await where(keeper, "COM-001", torch) == [(str(town.shelf.id), "1")]
    assert await keeper.code(torch) == code
    kinds = [row["kind"] for row in (await keeper.ask("/api/movements", lot=torch))["items"]]
    assert sorted(kinds) == sorted(["receive", "adjust", "adjust" if door == "count" else "receive"])


async def test_T38_a_serial_number_is_one_piece_only_with_its_maker_and_may_be_missing(
    keeper: Speaker, town: Town
) -> None:
    ours = await piece(keeper, town, "BRK-001", "0001", maker="甲厂")
    theirs = await piece(keeper, town, "BRK-001", "0001", maker="乙厂")
    none, no_other = await piece(keeper, town, "BRK-001"), await piece(keeper, town, "BRK-001")
    codes = {await keeper.code(lot) for lot in (ours, theirs, none, no_other)}
    assert len(codes) == 4, "each has a label of its own"
    again = {"place": town.shelf.id, "item": "BRK-001", "quantity": "1", "serial": " ０００１ ", "maker": "甲厂"}
    assert (await keeper.tell("receive", 409, **again))["type"] == "/problems/there-already"


async def test_T39_a_truck_to_the_garage_takes_its_load_along_in_one_act_and_back(
    keeper: Speaker, town: Town, required: None
) -> None:
    truck = await piece(keeper, town, "VEH-004", "V-1")
    kit = await piece(keeper, town, "MED-002", "IFAK-1")
    cones = (await keeper.receive(town.shelf.id, "TRF-001", "8"))["id"]
    gauze = await keeper.receive(town.shelf.id, "MED-007", "3", expiry={"word": "through", "date": "2027-06"})
    await keeper.move("transfer", lot=cones, quantity="8", target=truck)
    await keeper.move("transfer", lot=kit, target=truck)
    await keeper.move("transfer", lot=gauze["id"], quantity="3", target=kit)

    async def ready() -> list[str]:
        return [(await keeper.line(item))["ready"] for item in ("TRF-001", "MED-007")]

    assert await ready() == ["8", "3"]
    (service,) = (await keeper.tell("send-service", lines=[{"thing": truck}], **AWAY))["services"]
    assert await ready() == ["0", "0"]
    assert (await keeper.line("TRF-001"))["held"] == "8"
    assert (await keeper.move("issue", 409, item="TRF-001"))["available"] == "0"
    await keeper.tell("back-service", service=service["service"])
    assert await ready() == ["8", "3"]


async def test_T40_of_ten_hoses_back_from_a_fire_seven_are_drying_and_three_are_ready(
    keeper: Speaker, town: Town, required: None
) -> None:
    hoses = [await piece(keeper, town, "HYD-001", f"H-{n}") for n in range(10)]
    for hose in hoses:
        proof = {"pressure": "1.2", "tight": True}
        await keeper.tell("check", lines=[{"thing": hose, "plan": "MP-021", "answers": proof}])
    incident = await keeper.tell("open-incident", depot="STR-0001", what="fire", channel="phone", place="南海大道")
    await keeper.tell("draw", incident=incident["incident"], lines=[{"thing": hose} for hose in hoses])
    states = ["clean"] * 7 + ["ready"] * 3
    lines = [{"thing": hose, "state": state} for hose, state in zip(hoses, states, strict=True)]
    back = await keeper.tell("give-back", lines=lines)
    assert [row.get("checks_due") for row in back["lines"]] == [None] * 10, "ready says ready, and asks nothing more"
    line = await keeper.line("HYD-001")
    assert (line["held"], line["ready"]) == ("10", "3")
    taken = {(await keeper.move("issue", item="HYD-001"))["lines"][0]["lot"] for _ in range(3)}
    assert taken == set(hoses[7:])
    assert (await keeper.move("issue", 409, item="HYD-001"))["available"] == "0"


@pytest.mark.parametrize("state", ["ready", "clean", "check", "damaged", "lost"])
async def test_T40_only_what_comes_back_ready_is_handed_out_again(keeper: Speaker, town: Town, state: str) -> None:
    radio = await piece(keeper, town, "COM-001", "R-12")
    await keeper.move("issue", lot=radio)
    await keeper.tell("give-back", lines=[{"thing": radio, "state": state}])
    rows = (await keeper.ask("/api/depots/STR-0001/stock", item="COM-001"))["items"]
    there = [(row["in_reach"], row["condition"]) for row in rows]
    assert there == {"ready": [(True, "fit")], "damaged": [(False, "unfit")], "lost": []}.get(state, [(False, "fit")])
    await keeper.move("issue", 201 if state == "ready" else 409, item="COM-001")


async def test_T42_a_leaver_gives_back_before_the_account_is_closed(
    speak: Callable[[str], Speaker],
    keeper: Speaker,
    town: Town,
    command: Command,
    capsys: pytest.CaptureFixture[str],
    client: httpx.AsyncClient,
) -> None:
    member = speak("responder")
    gear = [await piece(keeper, town, "PPE-010", f"B-{n}") for n in range(3)]
    for lot in gear:
        await member.move("issue", lot=lot, reason="个人装备")
    assert command("person", "responder", "--deactivate") == 1
    said = capsys.readouterr().err
    assert "3 things in hand" in said and all(f"B-{n}" in said for n in range(3))
    assert (await member.ask("/api/me"))["account"] == "responder", "nothing was closed"
    ledger = await keeper.read("/reports/ledger", of="person", id="responder")
    assert all(f"B-{n}" in ledger for n in range(3)), "the list for the walk to the locker"
    await keeper.tell("give-back", lines=[{"thing": lot} for lot in gear[:2]])
    assert command("person", "responder", "--deactivate") == 1
    await keeper.tell("give-back", lines=[{"thing": gear[2], "state": "lost", "note": "已赔偿"}])
    assert command("person", "responder", "--deactivate") == 0
    assert (await client.get("/api/me", headers=member.headers)).status_code == 401
