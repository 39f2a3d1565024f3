"""One thing with many names, looked for near and far, in lists and in files."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from tests.cases.command_line import command
from tests.cases.conftest import Speaker
from tests.conftest import NOW, Town
from tests.inventory.exchange.files import table

Speak = Callable[[str], Speaker]


@pytest.mark.parametrize("words", ["夹钳", "大力钳", "clamp pliers"])
async def test_T69_who_near_me_has_clamp_pliers_ready_by_any_name_with_way_and_phone(
    keeper: Speaker, town: Town, words: str
) -> None:
    town.stock("BRK-014", "3", town.other_shelf)
    lot = town.stock("BRK-014", "2")
    due = (NOW + timedelta(days=1)).isoformat()
    lent = [{"thing": str(lot), "quantity": "2", "from": str(town.shelf.id)}]
    await keeper.tell("lend", depot="STR-0001", borrower="responder", name="何", due_at=due, lines=lent)
    found = await keeper.ask("/api/find", q=words, from_depot="STR-0001")
    assert found["meant"][0]["item"] == "BRK-014"
    (offer,) = found["items"]
    assert (offer["depot"], offer["ready"], offer["phone"]) == ("IND-0002", "3", "0755-00000001")
    assert (offer["distance_m"], offer["path_zh"]) == (0, "B1层"), "both depots of the town stand at one point"


@pytest.mark.parametrize(
    ("word", "item"), [("铁铤", "BRK-002"), ("撬棍", "BRK-002"), ("撬杠", "BRK-002"), ("手台", ""), ("对讲机", "")]
)
async def test_T92_one_thing_is_found_by_each_of_its_names_in_the_finder_the_list_and_its_file(
    keeper: Speaker, town: Town, word: str, item: str
) -> None:
    item = item or (await keeper.ask("/api/items", q="对讲机"))["items"][0]["code"]
    town.stock("BRK-002", "1")
    found = await keeper.ask("/api/find", q=word, from_depot="STR-0001")
    assert found["meant"][0]["item"] == item
    assert item in [row["code"] for row in (await keeper.ask("/api/items", q=word))["items"]]
    file = await keeper.client.get("/api/export/items.csv", params={"q": word}, headers=keeper.headers)
    assert item in file.text


async def test_T92_an_import_maps_another_name_to_the_item(keeper: Speaker, town: Town, tmp_path: Path) -> None:
    rows = [("站点", "位置", "物资名称", "数量"), ("STR-0001", "A1层", "撬杠", "4")]
    command(town, "import", "stock", str(table(tmp_path / "s.csv", rows)), "--as", "admin")
    (row,) = (await keeper.ask("/api/depots/STR-0001/stock"))["items"]
    assert (row["item"], row["quantity"]) == ("BRK-002", "4")
