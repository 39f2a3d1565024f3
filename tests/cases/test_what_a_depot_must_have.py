"""What a depot must have and what of it counts: type and add-on, groups, held and ready, types that do not add up."""

import csv
import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from core.settings import ROOT
from tests.cases.command_line import command
from tests.cases.conftest import Speaker
from tests.conftest import NOW, Town
from tests.inventory.exchange.files import table

TODAY = date(2026, 11, 23)


async def line_of(admin: Speaker, depot: str, subject: str) -> dict[str, Any]:
    lines = await admin.ask(f"/api/depots/{depot}/readiness")
    return dict(next(line for line in lines if line["subject"] == subject))


@pytest.mark.parametrize(("combine", "minimum"), [("max", "2"), ("sum", "3")])
async def test_T85_type_and_add_on_overlap_by_the_items_rule_and_the_line_says_which(
    admin: Speaker, town: Town, tmp_path: Path, combine: str, minimum: str
) -> None:
    head = ("编码", "名称", "英文名称", "类型", "特色", "区")
    row = ("IND-0002", "大浪工业园站", "Dalang park depot", "IND", "FLD", "440309")
    command(town, "import", "depots", str(table(tmp_path / "d.csv", [head, row])), "--as", "admin")
    asks = [
        ("profile", "item", "minimum", "combine"),
        ("IND", "LGT-004", "1", combine),
        ("FLD", "LGT-004", "2", combine),
    ]
    command(town, "import", "requirements", str(table(tmp_path / "r.csv", asks)), "--as", "admin")
    line = await line_of(admin, "IND-0002", "LGT-004")
    assert line["minimum"] == minimum
    assert combine in line["why"] and "IND" in line["why"] and "FLD" in line["why"]


async def test_T86_any_two_response_vehicles_meet_the_group_and_two_small_extinguishers_are_no_large_one(
    admin: Speaker, town: Town, tmp_path: Path
) -> None:
    asks = [("profile", "item", "minimum"), ("STR", "EXT-002", "1")]
    command(town, "import", "requirements", str(table(tmp_path / "r.csv", asks)), "--as", "admin")
    group = "GROUP:VEH_RESPONSE"
    for number, item in enumerate(("VEH-001", "VEH-003")):
        line = await line_of(admin, "STR-0001", group)
        assert (line["minimum"], line["ready"]) == ("2", str(number))
        town.stock(item, "1", serial=f"V{number}")
        town.stock("EXT-001", "1", serial=f"E{number}")
    line = await line_of(admin, "STR-0001", group)
    assert (line["ready"], line["short"]) == ("2", "0")
    large = await line_of(admin, "STR-0001", "EXT-002")
    assert (large["held"], large["short"]) == ("0", "1"), "no equivalence that nobody has stated"


async def test_T89_of_twelve_held_eight_are_ready_and_compliance_asks_for_the_ready(
    admin: Speaker, keeper: Speaker, town: Town, tmp_path: Path
) -> None:
    asks = [("profile", "item", "minimum"), ("STR", "MED-011", "9")]
    command(town, "import", "requirements", str(table(tmp_path / "r.csv", asks)), "--as", "admin")
    good = town.stock("MED-011", "11", expires_on=date(2028, 1, 31), number="G")
    town.stock("MED-011", "1", expires_on=TODAY - timedelta(1), number="X")
    await keeper.move("open", lot=good, quantity="1", opened_on=TODAY)
    due = NOW + timedelta(days=1)
    lent = [{"thing": good, "quantity": "1", "from": town.shelf.id}]
    await keeper.tell("lend", depot="STR-0001", borrower="responder", name="何", due_at=due, lines=lent)
    asked = await keeper.tell(
        "ask-transfer", giver="STR-0001", receiver="IND-0002", lines=[{"item": "MED-011", "quantity": "1"}]
    )
    sent = {"thing": good, "quantity": "1", "from": town.shelf.id}
    await keeper.tell("dispatch", transfer=asked["transfer"], lines=[sent])
    line = await line_of(admin, "STR-0001", "MED-011")
    assert (line["held"], line["ready"], line["short"]) == ("12", "8", "1")
    assert sum(int(amount) for amount in line["not_counting"].values()) == 4
    assert line["not_counting"]["expired"] == line["not_counting"]["opened"] == "1"


async def test_T90_types_that_do_not_add_up_to_the_headline_show_what_is_unclassified(
    admin: Speaker, town: Town, tmp_path: Path
) -> None:
    with (ROOT / "reference" / "station_types.csv").open(encoding="utf-8", newline="") as file:
        types = [row["code"] for row in csv.DictReader(file)]
    rows = [(f"{code}-9", f"{code}站", code, "440305") for code in types]
    path = table(tmp_path / "d.csv", [("编码", "名称", "类型", "区"), *rows])
    command(town, "import", "depots", str(path), "--as", "admin")
    part = (await admin.read("/dashboard")).split("<h2>按类型</h2>")[1].split("</table>")[0]
    told = re.findall(r'<tr><td>(.*?)</td>\s*<td class="number">(\d+)</td>', part)
    *announced, (word, gap) = [(re.sub("<.*?>", "", name), int(number)) for name, number in told]
    assert sorted(number for _, number in announced) == sorted([18, 704, 31, 28, 70, 4, 145])
    assert (word, gap) == ("公布数中未分类", 1), "1000 are told by type, under a headline of 1001"
