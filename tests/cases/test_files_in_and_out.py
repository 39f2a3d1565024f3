"""Spreadsheets: what a file says is read or named, what a spreadsheet damaged is refused, own lists come back."""

import csv
import io
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from core.languages import LANGUAGES, say
from inventory.exchange.columns import field_for
from inventory.exchange.subjects import SUBJECTS
from tests.cases.command_line import command
from tests.cases.conftest import Speaker
from tests.conftest import NOW, Town
from tests.inventory.exchange.files import table, workbook


def bring_in(town: Town, subject: str, path: Path, *more: str, code: int = 0) -> str:
    return command(town, "import", subject, str(path), "--as", "admin", *more, code=code)


async def exported(speaker: Speaker, name: str, kind: str = "csv", **query: str) -> bytes:
    answer = await speaker.client.get(f"/api/export/{name}.{kind}", params=query, headers=speaker.headers)
    assert answer.status_code == 200, answer.text
    return answer.content


def rows_of(file: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(file.decode("utf-8-sig"))))


async def minimum(admin: Speaker, subject: str) -> tuple[str, str] | None:
    """What a line of the town's depot asks for, and why."""
    lines = await admin.ask("/api/depots/STR-0001/readiness")
    return next(((line["minimum"], line["why"]) for line in lines if line["subject"] == subject), None)


async def test_T87_ten_with_a_spare_for_every_four_are_thirteen_and_the_files_word_for_it_is_read(
    admin: Speaker, town: Town, tmp_path: Path
) -> None:
    rows = [("Profile", "Item", "Minimum", "One spare for each"), ("STR", "TRF-007", "10", "4")]
    bring_in(town, "requirements", table(tmp_path / "r.csv", rows))
    found = await minimum(admin, "TRF-007")
    assert found and found[0] == "13", "10 / 4 are 2.5: three spares"


async def test_T88_a_new_version_holds_from_its_day_on_and_old_months_keep_their_score(
    admin: Speaker, town: Town, tmp_path: Path, move_clock: Callable[..., None]
) -> None:
    now = [("Profile", "Item", "Minimum", "In force from"), ("STR", "TRF-007", "2", "2026-01-01")]
    then = [("类型", "物资", "下限", "生效日期"), ("STR", "TRF-007", "5", "2027-01-01")]
    bring_in(town, "requirements", table(tmp_path / "v1.csv", now))
    bring_in(town, "requirements", table(tmp_path / "v2.csv", then))
    town.stock("TRF-007", "2")
    minima = []
    for day in ("2026-12-31 10:00", "2027-01-01 10:00"):
        move_clock(day)
        command(town, "jobs", "run", "history")
        minima.append((await minimum(admin, "TRF-007") or ("", ""))[0])
    assert minima == ["2", "5"]
    course = await admin.ask("/api/readiness/history", by="depot", key="STR-0001", since="2026-12-31")
    figures = course["groups"][0]["figures"]
    ready = {day: one["lines_ready"] for day, one in zip(course["days"], figures, strict=True)}
    assert ready["2026-12-31"] == ready["2027-01-01"] + 1, "the day before keeps its score"


async def test_T88_a_column_that_nobody_would_read_is_named_before_anything_is_entered(
    admin: Speaker, town: Town, tmp_path: Path
) -> None:
    rows = [("Profile", "Item", "Minimum", "Gültig ab"), ("STR", "TRF-007", "7", "2027-01-01")]
    path = table(tmp_path / "r.csv", rows)
    told = bring_in(town, "requirements", path, code=1)
    assert "D2: the column Gültig ab is not read; say which field it is, or that it is left out" in told
    assert (await minimum(admin, "TRF-007") or ("", ""))[0] != "7"
    bring_in(town, "requirements", path, "--column", "D=valid_from")
    assert (await minimum(admin, "TRF-007") or ("", ""))[0] != "7", "not yet in force"
    bring_in(town, "requirements", path, "--column", "D=", "--again")
    assert (await minimum(admin, "TRF-007") or ("", ""))[0] == "7"


@pytest.mark.parametrize("language", LANGUAGES)
async def test_T88_every_field_and_every_column_of_an_own_list_is_known_by_its_name(town: Town, language: str) -> None:
    for subject in SUBJECTS.values():
        for field in subject.fields:
            assert field_for(subject.name, say(language, field.label)) == field.name
    lists = {"depots": "depots", "items": "catalogue", "stock": "stock", "requirements": "requirements"}
    for name, subject_name in lists.items():
        for column in town.context.lists[name].columns:
            assert field_for(subject_name, say(language, column.heading)), (name, column.heading)


@pytest.mark.parametrize(("kind", "language"), [("csv", "zh"), ("csv", "en"), ("xlsx", "zh")])
async def test_T93_the_own_stock_list_comes_back_though_something_is_in_hands(
    admin: Speaker, keeper: Speaker, town: Town, tmp_path: Path, kind: str, language: str
) -> None:
    town.stock("RSP-007", "40", number="00123", expires_on=date(2028, 1, 31), maker="甲厂")
    town.stock("EXT-001", "1", serial="0099", maker="乙厂", made_on=date(2025, 3, 1))
    due = (NOW + timedelta(days=1)).isoformat()
    lent = [{"item": "RSP-007", "quantity": "5"}]
    await keeper.tell("lend", depot="STR-0001", borrower="responder", name="何", due_at=due, lines=lent)
    faulty = town.stock("BRK-014", "3")
    await keeper.tell("fault", thing=faulty, quantity="1", description="bent")
    before = rows_of(await exported(admin, "stock", lang="zh", depot="STR-0001"))
    file = tmp_path / f"stock.{kind}"
    file.write_bytes(await exported(admin, "stock", kind, lang=language, depot="STR-0001"))
    # the pieces leave the book, so that the list can come back
    for lot, item in ((row["lot"], row["item"]) for row in (await stock_of(keeper)) if row["serial"]):
        assert item == "EXT-001"
        await keeper.move("adjust", lot=lot, source=town.shelf.id, reason="moved to another system")
    bring_in(town, "stock", file)
    after = await stock_of(keeper)
    assert len(before) == 6, "a heading and five lines"
    found = {(row["place_kind"], row["item"], row["number"], row["serial"]): row["quantity"] for row in after}
    assert found == {  # all of it twice, and what was out the second time in the hold, where somebody looks at it
        ("shelf", "RSP-007", "00123", None): "70",
        ("holder", "RSP-007", "00123", None): "5",
        ("hold", "RSP-007", "00123", None): "5",
        ("shelf", "EXT-001", None, "0099"): "1",
        ("shelf", "BRK-014", None, None): "4",
        ("hold", "BRK-014", None, None): "2",
    }


async def stock_of(keeper: Speaker) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = (await keeper.ask("/api/depots/STR-0001/stock"))["items"]
    return rows


async def test_T93_a_spreadsheets_damage_is_refused_and_csv_and_xlsx_keep_every_letter(
    admin: Speaker, town: Town, tmp_path: Path
) -> None:
    town.stock("EXT-001", "1", serial="00123", maker="甲厂")
    assert (await exported(admin, "stock", lang="zh")).startswith(b"\xef\xbb\xbf")
    text = rows_of(await exported(admin, "stock", lang="zh"))[1]
    assert "00123" in text and "甲厂" in text
    head = ("depot", "place", "item", "quantity", "serial")
    for serial in ("6.90E+12", 6901234567892, "\ufffd\ufffd12"):
        rows = [head, ("STR-0001", "A1层", "EXT-001", "1", serial)]
        told = bring_in(town, "stock", workbook(tmp_path / "s.xlsx", {"a": rows}), code=1)
        assert "E2: " in told and "1 faults; nothing was changed" in told
    bring_in(town, "stock", table(tmp_path / "good.csv", [head, ("STR-0001", "A1层", "EXT-001", "1", "00124")]))
    serials = [row[7] for row in rows_of(await exported(admin, "stock", lang="zh"))[1:]]
    assert sorted(serials) == ["00123", "00124"]


async def test_X14_X16_what_is_said_of_a_file_at_the_console_holds_for_it(
    admin: Speaker, town: Town, tmp_path: Path
) -> None:
    rows = [("货位", "物资", "数量"), ("A1层", "无线对讲设备", "2"), ("A1层", "钳子", "0")]
    path = table(tmp_path / "s.csv", rows)
    told = bring_in(town, "stock", path, "--given", "depot=STR-0001", code=1)
    assert "B2: the catalogue has no item 无线对讲设备; say once which is meant" in told
    told = bring_in(town, "stock", path, "--given", "depot=STR-0001", "--word", "无线对讲设备=BRK-014")
    assert "1: a quantity of 0: nothing to book" in told
    found = await admin.ask("/api/depots/STR-0001/stock")
    assert [(row["item"], row["quantity"]) for row in found["items"]] == [("BRK-014", "2")]
