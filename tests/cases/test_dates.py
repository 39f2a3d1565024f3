"""What a label says of a date, and until when the gear may be used (T01 to T09, T17, T18)."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cases.conftest import Speaker, fields_of
from tests.conftest import Town

GTIN = "06901234567892"
Move = Callable[..., None]
Command = Callable[..., int]


def label(word: str, day: str = "", **more: Any) -> dict[str, Any]:
    return {"word": word, "date": day, **more}


async def test_T01_a_month_lasts_through_its_last_day(keeper: Speaker, town: Town, move_clock: Move) -> None:
    lot = await keeper.receive(town.shelf.id, "MED-010", "5", expiry=label("through", "2027-02"), number="D")
    assert (lot["usable_through"], lot["expiry_precision"]) == ("2027-02-28", "month")
    code = await keeper.code(lot["id"])
    move_clock("2027-02-28 23:59")
    assert (await keeper.state(lot["id"]))["fit"] is True
    await keeper.move("consume", label=code)
    move_clock("2027-03-01 00:00")
    state = await keeper.state(lot["id"])
    assert (state["fit"], state["why"]) == (False, "expired")
    assert (await keeper.move("consume", 409, label=code, reason="fire"))["type"] == "/problems/expired"


async def test_T02_a_month_of_a_leap_year_ends_on_its_real_last_day(keeper: Speaker, town: Town) -> None:
    lot = await keeper.receive(town.shelf.id, "MED-010", expiry=label("through", "2028-02"))
    assert lot["usable_through"] == "2028-02-29"


@pytest.mark.parametrize(("code", "day"), [("17270200", "2027-02-28"), ("17280200", "2028-02-29")])
async def test_T03_day_00_of_a_makers_code_is_the_months_last_day(
    keeper: Speaker, town: Town, code: str, day: str
) -> None:
    lot = await keeper.receive(town.shelf.id, "MED-010", code=f"01{GTIN}{code}")
    assert (lot["usable_through"], lot["expiry_precision"]) == (day, "month")


async def test_T04_day_00_is_taken_with_a_note(keeper: Speaker, town: Town) -> None:
    code = f"01{GTIN}17290600"
    read = await keeper.ask("/api/codes", text=code)
    assert read["code"]["expires_on"] == "2029-06-30"
    assert read["notes"] == ["条码只标明月份，按当月最后一天计"]
    assert (await keeper.receive(town.shelf.id, "MED-010", code=code))["usable_through"] == "2029-06-30"


async def test_T05_two_digits_of_a_year_mean_the_year_nearest_to_our_own_clock(
    keeper: Speaker, move_clock: Move
) -> None:
    async def year(digits: str) -> str:
        read = await keeper.ask("/api/codes", text=f"01{GTIN}17{digits}0228")
        return str(read["code"]["expires_on"])[:4]

    assert [await year(digits) for digits in ("76", "77", "00", "26")] == ["2076", "1977", "2000", "2026"]
    move_clock("2027-01-01 00:10")  # in London it is still 2026: the depot's year counts
    assert [await year(digits) for digits in ("77", "78")] == ["2077", "1978"]
    move_clock("2076-06-01 12:00")  # far from the clock of whatever machine this runs on
    assert [await year(digits) for digits in ("27", "26", "28")] == ["2027", "2126", "2028"]


@pytest.mark.parametrize(
    ("word", "printed", "day"),
    [
        ("from", "2027-02", "2027-01-31"),
        ("from", "2027年02月", "2027-01-31"),
        ("from", "2027-03-01", "2027-02-28"),
        ("through", "2027-02", "2027-02-28"),
    ],
)
async def test_T06_invalid_from_a_month_ends_with_the_month_before(
    keeper: Speaker, town: Town, word: str, printed: str, day: str
) -> None:
    lot = await keeper.receive(town.shelf.id, "MED-010", expiry=label(word, printed))
    assert lot["usable_through"] == day


async def test_T07_a_printed_date_is_taken_as_printed_whatever_the_shelf_life_says(
    keeper: Speaker, town: Town, move_clock: Move
) -> None:
    move_clock("2026-08-09 10:00")
    lot = await keeper.receive(town.shelf.id, "MED-010", expiry=label("through", "2026-08-09"), made_on="2024-08-10")
    assert (lot["usable_through"], lot["expiry_precision"], lot["made_on"]) == ("2026-08-09", "day", "2024-08-10")
    assert (await keeper.state(lot["id"]))["fit"] is True


@pytest.mark.parametrize(
    ("item", "made", "months", "day"),
    [
        ("RSP-004", "2025-08-31", 6, "2026-02-28"),
        ("RSP-004", "2024-02-29", 12, "2025-02-28"),
        ("RSP-004", "2026-05-10", 12, "2027-05-10"),  # the anniversary is a usable day
        ("MED-010", "2025-08-31", 6, "2026-02-28"),
        ("MED-010", "2024-02-29", 12, "2025-02-28"),
        ("MED-010", "2026-05-10", 12, "2027-05-09"),  # of a medicine it is not
    ],
)
async def test_T08_shelf_life_ends_by_the_items_own_rule_and_is_marked_as_worked_out(
    keeper: Speaker, town: Town, item: str, made: str, months: int, day: str
) -> None:
    lot = await keeper.receive(town.shelf.id, item, expiry=label("made", made, months=months))
    assert (lot["usable_through"], lot["expiry_precision"], lot["made_on"]) == (day, "calc", made)
    assert f'{day} <span class="soft">由生产日期推算</span>' in await keeper.page(lot["id"])


async def test_T08_an_imported_catalogue_says_whether_the_anniversary_counts_and_stock_obeys(
    keeper: Speaker, command: Command, tmp_path: Path
) -> None:
    catalogue = tmp_path / "catalogue.csv"
    catalogue.write_text("编码,名称,类别,单位,管理方式,保质期月,周年日可用\nX-1,压缩饼干,CNV,包,批次,12,否\n", "utf-8")
    assert command("import", "catalogue", str(catalogue), "--as", "admin") == 0
    stock = tmp_path / "stock.csv"
    stock.write_text("站点,位置,物资编码,数量,生产日期\nSTR-0001,A1层,X-1,5,2026-05-10\n", "utf-8")
    assert command("import", "stock", str(stock), "--as", "admin") == 0
    (lot,) = (await keeper.ask("/api/lots", item="X-1"))["items"]
    assert (lot["usable_through"], lot["expiry_precision"]) == ("2027-05-09", "calc")


async def test_T09_a_date_that_is_rubbed_off_is_a_task_and_never_no_expiry(
    keeper: Speaker, town: Town, command: Command, required: None
) -> None:
    lot = await keeper.receive(town.shelf.id, "MED-010", "4", expiry=label("unknown"))
    assert (lot["expiry"], lot["usable_through"], lot["told"]["date_missing"]) == ("unknown", None, True)
    assert command("sweep") == 0
    (alert,) = await keeper.alerts("date_missing")
    assert (alert["item"], alert["lot"]) == ("MED-010", lot["id"])
    line = await keeper.line("MED-010")
    assert (line["held"], line["ready"], line["not_counting"]) == ("4", "0", {"undated": "4"})
    page = await keeper.page(lot["id"])
    assert "日期缺失" in page and "✓ 完好" not in page
    assert (await keeper.move("consume", 409, item="MED-010"))["available"] == "0"


async def test_T17_one_lot_number_of_two_makers_is_two_lots(keeper: Speaker, town: Town) -> None:
    same = {"number": "240101", "expiry": label("through", "2027-01-31")}
    first = await keeper.receive(town.shelf.id, "MED-007", "5", maker="稳健", **same)
    second = await keeper.receive(town.shelf.id, "MED-007", "7", maker="振德", **same)
    again = await keeper.receive(town.shelf.id, "MED-007", "1", maker="稳健", **same)
    assert first["id"] == again["id"] != second["id"]
    rows = (await keeper.ask("/api/lots", item="MED-007"))["items"]
    assert sorted((row["maker"], row["quantity"]) for row in rows) == [("振德", "7"), ("稳健", "6")]
    assert second["told"]["other_date"] is False


async def test_T18_one_lot_with_two_dates_warns_and_stays_two_lines_until_one_is_gone(
    keeper: Speaker, town: Town, command: Command
) -> None:
    async def told(day: str, maker: str = "稳健") -> Any:
        expiry = label("through", day)
        return await keeper.receive(town.shelf.id, "MED-007", "5", number="240101", maker=maker, expiry=expiry)

    first = await told("2027-01")
    assert first["told"]["other_date"] is False
    assert (await told("2027-10", "振德"))["told"]["other_date"] is False  # T17: of another maker it is no slip
    slip = await told("2027-10")
    assert (slip["told"]["other_date"], slip["id"] != first["id"]) == (True, True)
    assert command("sweep") == 0
    (alert,) = await keeper.alerts("two_dates")
    assert (alert["item"], alert["note_zh"]) == ("MED-007", "240101: 2027-01-31, 2027-10-31")
    await keeper.move("adjust", lot=slip["id"], quantity="5", source=town.shelf.id, reason="typing slip")
    assert command("sweep") == 0
    assert await keeper.alerts("two_dates") == []


@pytest.mark.parametrize("door", ["receive", "movement", "import"])
async def test_T26_a_stamp_that_names_a_month_is_kept_as_one_through_every_door(
    keeper: Speaker, town: Town, command: Command, tmp_path: Path, door: str
) -> None:
    if door == "receive":
        await keeper.receive(town.shelf.id, "EXT-001", serial="E", made_on="2020-01")
        wrong = await keeper.tell("receive", 422, place=town.shelf.id, item="EXT-001", quantity="1", made_on="2020-13")
        assert fields_of(wrong) == ["made_on"]
    elif door == "movement":
        stamp = {"serial": "E", "made_on": "2020-01-01", "made_precision": "month"}
        await keeper.move("receive", item="EXT-001", target=town.shelf.id, new_lot=stamp)
    else:
        file = tmp_path / "stock.csv"
        file.write_text("站点,位置,物资编码,数量,序列号,生产日期\nSTR-0001,A1层,EXT-001,1,E,2020-01\n", "utf-8")
        assert command("import", "stock", str(file), "--as", "admin") == 0
    (lot,) = (await keeper.ask("/api/lots", item="EXT-001"))["items"]
    assert (lot["made_on"], lot["made_precision"], lot["usable_through"]) == ("2020-01-01", "month", "2030-01-31")
    page = await keeper.page(lot["id"])
    assert "<dd>2020-01</dd>" in page
