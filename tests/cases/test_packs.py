"""Opened packs, which lot goes first, what is past its date, and who is warned when (T10 to T16)."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cases.conftest import Speaker, fields_of
from tests.conftest import Town

Move = Callable[..., None]
Command = Callable[..., int]


async def bottles(keeper: Speaker, town: Town, item: str = "MED-010", quantity: str = "4", ends: str = "") -> Any:
    expiry = {"word": "through", "date": ends or "2027-06-30"}
    return await keeper.receive(town.shelf.id, item, quantity, number=f"N{ends}", expiry=expiry)


async def opened(keeper: Speaker, item: str, lot: str, on: str, quantity: str = "1") -> Any:
    """Open some of a lot; the opened lot as the API lists it."""
    told = await keeper.move("open", lot=lot, quantity=quantity, opened_on=on)
    return await keeper.lot(item, told["lines"][1]["lot"])


@pytest.mark.parametrize(
    ("on", "through"), [("2026-03-01", "2026-03-31"), ("2027-06-20", "2027-06-30"), ("2027-06-01", "2027-06-30")]
)
async def test_T10_opening_can_only_shorten(
    keeper: Speaker, town: Town, move_clock: Move, on: str, through: str
) -> None:
    move_clock("2026-01-05 10:00")
    lot = await bottles(keeper, town)
    move_clock(f"{on} 10:00")
    rest = await opened(keeper, "MED-010", lot["id"], on)
    assert (rest["usable_through"], rest["opened_on"]) == (through, on)
    assert (await keeper.lot("MED-010", lot["id"]))["usable_through"] == "2027-06-30"


async def test_T11_the_day_of_opening_is_told_and_may_not_lie_ahead(
    keeper: Speaker, town: Town, move_clock: Move
) -> None:
    move_clock("2026-03-08 00:10")  # in UTC still the 7th
    lot = await bottles(keeper, town)
    assert (await opened(keeper, "MED-010", lot["id"], "2026-03-01"))["usable_through"] == "2026-03-31"
    assert (await opened(keeper, "MED-010", lot["id"], "2026-03-08"))["usable_through"] == "2026-04-07"
    refused = await keeper.move("open", 422, lot=lot["id"], opened_on="2026-03-09")
    assert fields_of(refused) == ["opened_on"]


async def test_T12_what_is_left_of_an_opened_pack_is_a_line_of_its_own(keeper: Speaker, town: Town) -> None:
    lot = await bottles(keeper, town, "MED-010", "10")
    rest = await opened(keeper, "MED-010", lot["id"], "2026-11-23")
    lines = (await keeper.ask("/api/depots/STR-0001/stock", item="MED-010"))["items"]
    assert sorted((line["lot"], line["quantity"], line["usable_through"]) for line in lines) == sorted(
        [(lot["id"], "9", "2027-06-30"), (rest["id"], "1", "2026-12-23")]
    )
    assert (await keeper.move("open", 409, lot=rest["id"]))["type"] == "/problems/already-opened"


async def test_T13_an_opened_medicine_does_not_count_unless_the_catalogue_says_so(
    keeper: Speaker, town: Town, required: None, command: Command, tmp_path: Path
) -> None:
    lot = await bottles(keeper, town)
    await opened(keeper, "MED-010", lot["id"], "2026-11-23")
    line = await keeper.line("MED-010")
    assert (line["held"], line["ready"], line["not_counting"]) == ("4", "3", {"opened": "1"})
    file = tmp_path / "catalogue.csv"
    file.write_text("编码,名称,类别,单位,开封后计入\nMED-010,碘伏消毒液 100mL,MED,瓶,是\n", "utf-8")
    assert command("import", "catalogue", str(file), "--as", "admin") == 0
    line = await keeper.line("MED-010")
    assert (line["ready"], line["not_counting"]) == ("4", {})


async def test_T13_an_opened_glove_box_counts(keeper: Speaker, town: Town, required: None) -> None:
    lot = await bottles(keeper, town, "PPE-026")
    assert (await keeper.move("open", 409, lot=lot["id"]))["type"] == "/problems/not-opened"  # there is nothing to note
    line = await keeper.line("PPE-026")
    assert (line["held"], line["ready"]) == ("4", "4")


async def test_T14_the_opened_one_goes_first_then_the_earliest_date_and_none_on_hold(
    keeper: Speaker, admin: Speaker, town: Town
) -> None:
    first = await bottles(keeper, town, quantity="2", ends="2027-05-31")
    held = await bottles(keeper, town, quantity="2", ends="2027-04-30")
    last = await bottles(keeper, town, quantity="2", ends="2027-06-30")
    past = await bottles(keeper, town, quantity="2", ends="2026-10-31")
    rest = await opened(keeper, "MED-010", last["id"], "2026-11-22")
    await admin.tell("recall", lot=held["id"], reason="厂家召回")
    taken = [(await keeper.move("consume", item="MED-010"))["lines"][0]["lot"] for _ in range(4)]
    assert taken == [rest["id"], first["id"], first["id"], last["id"]]
    none_left = await keeper.move("consume", 409, item="MED-010")
    assert (none_left["available"], none_left["not_ready"]) == ("0", {"recalled": "2", "expired": "2"})
    assert (await keeper.lot("MED-010", past["id"]))["quantity"] == "2"


async def test_T14_of_two_with_one_date_the_oldest_receipt_goes_first(
    keeper: Speaker, town: Town, move_clock: Move
) -> None:
    older = await keeper.receive(town.second_shelf.id, "MED-010", "1", number="B", expiry=_through("2027-05"))
    move_clock(days=1)
    await keeper.receive(town.shelf.id, "MED-010", "1", number="A", expiry=_through("2027-05"))
    assert (await keeper.move("consume", item="MED-010"))["lines"][0]["lot"] == older["id"]


def _through(day: str) -> dict[str, str]:
    return {"word": "through", "date": day}


async def test_T15_past_its_date_a_medicine_stops_hard_and_a_sandbag_asks_for_a_reason(
    keeper: Speaker, town: Town, required: None
) -> None:
    medicine = await bottles(keeper, town, ends="2026-11-22")
    stopped = await keeper.move("consume", 409, lot=medicine["id"], reason="typhoon")
    assert stopped["type"] == "/problems/expired"
    old = await keeper.receive(town.shelf.id, "FLD-007", "50", made_on="2024-10")
    new = await keeper.receive(town.shelf.id, "FLD-007", "20", made_on="2026-10-01")
    assert (old["usable_through"], new["usable_through"]) == ("2026-10-31", "2028-10-01")
    assert (await keeper.line("FLD-007"))["ready"] == "20"
    asked = await keeper.move("consume", 422, lot=old["id"], quantity="8")
    assert fields_of(asked) == ["reason"]
    gone = await keeper.move("consume", lot=old["id"], quantity="8", reason="typhoon")
    assert (gone["reason"], gone["quantity"]) == ("typhoon", "8")


@pytest.mark.parametrize("item", ["RSP-004", "RSP-002", "RPE-001"])
async def test_T15_respirators_cylinders_and_rope_stop_hard_too(keeper: Speaker, town: Town, item: str) -> None:
    if item == "RSP-004":
        lot = await keeper.receive(town.shelf.id, item, expiry=_through("2026-11-22"))
    else:
        lot = await keeper.receive(town.shelf.id, item, serial="S", made_on="2006-01")
    refused = await keeper.move("issue", 409, lot=lot["id"], reason="there is a fire")
    assert refused["type"] in ("/problems/expired", "/problems/check-overdue")


async def test_T16_each_step_of_an_items_own_warning_days_is_told_once_and_not_daily(
    keeper: Speaker, admin: Speaker, town: Town, command: Command, move_clock: Move
) -> None:
    await keeper.receive(town.shelf.id, "MED-004", "2", number="P", expiry=_through("2027-03-27"))  # pads: 120 60 30 7
    await keeper.receive(town.shelf.id, "CNV-005", "2", number="W", expiry=_through("2027-03-27"))  # water: 30 7
    told = 0
    for day, mails in WRITTEN:
        move_clock(f"{day} 07:00")
        assert command("sweep") == 0
        page = await admin.read("/mails", who="keeper")
        told += mails
        assert len(set(re.findall(r'href="/mails/([0-9a-f-]{36})"', page))) == told, day
        standing = await keeper.alerts("expiring") + await keeper.alerts("expired")
        assert len({alert["item"] for alert in standing}) == len(standing), "one alert per lot, however long it stands"


# What is written to the keeper on a day: of pads, on which a life hangs, and of water apart
WRITTEN = [
    ("2026-11-26", 0),
    ("2026-11-27", 1),  # pads take weeks to buy: 120 days ahead
    ("2026-11-28", 0),
    ("2026-12-27", 0),
    ("2027-01-26", 1),
    ("2027-01-27", 0),
    ("2027-02-25", 2),
    ("2027-02-26", 0),
    ("2027-03-19", 0),
    ("2027-03-20", 2),
    ("2027-03-21", 0),
    ("2027-03-27", 0),  # the last usable day
    ("2027-03-28", 2),
    ("2027-03-29", 0),
]
