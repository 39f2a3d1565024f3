"""What the files give anew of the city's own lines is shown line by line, and taken or left; gear follows."""

import csv
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from core.errors import Refusal
from core.models import AuditEntry
from core.settings import ROOT
from depots.city_models import THE_CITY, City
from depots.models import District
from inventory.catalogue.models import Item, Tracking
from inventory.editing.items import ItemEdit, edit_item
from inventory.editing.view import item_view
from inventory.reference.differences import KINDS, differences, settle
from inventory.reference.files import read_folder
from inventory.reference.load import load_and_follow
from tests.cases.command_line import command
from tests.conftest import Town
from tests.inventory.reference.test_reference import folder as folder


def rewrite(folder: Path, file: str, change: Callable[[dict[str, str]], None]) -> None:
    path = folder / f"{file}.csv"
    with path.open(encoding="utf-8-sig", newline="") as source:
        rows = list(csv.DictReader(source))
    for row in rows:
        change(row)
    with path.open("w", encoding="utf-8", newline="") as target:
        writer = csv.DictWriter(target, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def load(town: Town, folder: Path) -> Any:
    clock = town.context.clock
    return town.run(load_and_follow, read_folder(folder), None, clock.now(), clock.today())


def edit(town: Town, code: str, **said: Any) -> None:
    town.run(edit_item, town.callers["admin"], code, ItemEdit(**said), town.context.clock.now())


def decide(town: Town, keys: list[str] | None, take: bool, who: str = "admin") -> int:
    clock = town.context.clock
    return town.run(settle, town.callers[who], "item", keys, take=take, now=clock.now(), today=clock.today())


def helmets(row: dict[str, str]) -> None:
    if row["code"] == "PPE-001":
        row |= {"name_en": "Helmet, new", "retire_age_months": "48"}
    if row["code"] == "BRK-014":
        row["name_en"] = "Clamp, new"


@pytest.mark.heavy
def test_a_line_of_the_citys_own_is_shown_field_by_field_and_taken_with_what_follows(town: Town, folder: Path) -> None:
    lot_id = town.stock("PPE-001", "1", serial="H-1", made_on=date(2022, 1, 10))
    edit(town, "PPE-001", name_en="Our helmet")
    rewrite(folder, "catalogue", helmets)
    tally = load(town, folder)
    assert (dict(tally.offered), tally.changed["item"]) == ({"item": 1}, 1)
    assert town.run(item_view, "PPE-001").name_en == "Our helmet"
    ((row,),) = (one.rows for one in town.run(differences))
    assert row.title.startswith("PPE-001")
    told = {field.name: (field.here, field.given) for field in row.fields}
    assert told["name_en"] == ("Our helmet", "Helmet, new") and told["retire_age_months"][1] == "48"
    with pytest.raises(Refusal) as refused:
        decide(town, [row.key], True, "officer")
    assert refused.value.status == 403
    assert decide(town, [row.key], True) == 1
    assert town.run(item_view, "PPE-001").name_en == "Helmet, new"
    assert town.lot(lot_id).usable_through == date(2026, 1, 10)
    assert town.run(differences) == []
    acts = town.run(lambda session: set(session.execute(select(AuditEntry.act)).scalars()))
    assert acts >= {"item-changed", "reference-loaded", "reference-taken"}
    with pytest.raises(Refusal) as refused:
        decide(town, [row.key], True)
    assert refused.value.status == 404


@pytest.mark.heavy
def test_what_is_left_is_not_asked_again_until_the_files_change(town: Town, folder: Path) -> None:
    edit(town, "BRK-014", name_en="Our clamp")
    rewrite(folder, "catalogue", helmets)
    load(town, folder)
    assert decide(town, None, False) == 1
    load(town, folder)
    assert town.run(differences) == [] and town.run(item_view, "BRK-014").name_en == "Our clamp"


@pytest.mark.heavy
def test_a_dry_run_says_what_would_be_and_changes_nothing(town: Town, folder: Path) -> None:
    edit(town, "BRK-014", name_en="Our clamp")
    rewrite(folder, "catalogue", helmets)
    said = command(town, "load-reference", str(folder), "--dry-run")
    assert "Nothing was changed" in said and "1 changed" in said
    assert "BRK-014" in said and "here 'Our clamp', in the files 'Clamp, new'" in said
    assert town.run(differences) == [] and town.run(item_view, "PPE-001").name_en != "Helmet, new"
    assert "BRK-014" in command(town, "load-reference", str(folder))
    assert len(town.run(differences)) == 1


@pytest.mark.heavy
def test_a_scrap_age_that_the_files_change_is_followed_by_the_gear(town: Town, folder: Path) -> None:
    lot_id = town.stock("PPE-001", "1", serial="H-1", made_on=date(2022, 1, 10))
    rewrite(folder, "catalogue", helmets)
    load(town, folder)
    assert town.lot(lot_id).usable_through == date(2026, 1, 10)


@pytest.mark.heavy
def test_what_quantities_mean_is_not_taken_under_stock(town: Town, folder: Path) -> None:
    def boxes(row: dict[str, str]) -> None:
        if row["code"] == "BRK-014":
            row["unit_zh"] = "箱"

    edit(town, "BRK-014", note="ours")
    town.stock("BRK-014", "2")
    rewrite(folder, "catalogue", boxes)
    load(town, folder)
    with pytest.raises(Refusal) as refused:
        decide(town, None, True)
    assert refused.value.status == 409
    item = town.run(lambda session: session.execute(select(Item).where(Item.code == "BRK-014")).scalar_one())
    assert (item.note, item.tracking in set(Tracking)) == ("ours", True)


async def test_the_page_and_the_route_do_the_same(client: httpx.AsyncClient, town: Town, folder: Path) -> None:
    admin = town.auth("admin")
    edit(town, "BRK-014", name_en="Our clamp")
    edit(town, "PPE-001", name_en="Our helmet")
    rewrite(folder, "catalogue", helmets)
    load(town, folder)
    shown = (await client.get("/manage/reference", headers=admin)).text
    assert "Our clamp" in shown and "Clamp, new" in shown
    (table,) = (await client.get("/api/reference/differences", headers=admin)).json()
    first, second = (row["key"] for row in table["rows"])
    wish = {"table": "item", "take": True, "keys": [first]}
    assert (await client.post("/api/reference/differences", json=wish, headers=admin)).json() == {"settled": 1}
    form = {"table": "item", "key": second, "act": "leave"}
    assert (await client.post("/manage/reference", data=form, headers=admin)).status_code == 303
    assert (await client.post("/manage/reference", data=form, headers=admin)).status_code == 404
    assert town.run(item_view, "PPE-001").name_en == "Our helmet"
    assert (await client.post("/manage/reference/load", headers=admin)).status_code == 303
    assert (await client.post("/manage/reference/load", headers=town.auth("officer"))).status_code == 403


def test_every_table_that_the_files_fill_can_be_taken_or_left() -> None:
    source = (ROOT / "inventory" / "reference" / "load.py").read_text(encoding="utf-8")
    filled = set(re.findall(r"_sync\(session, tally, (\w+),", source))
    assert len(filled) > 14
    assert filled - {kind.table.__name__ for kind in KINDS.values()} == set()


@pytest.mark.heavy
def test_the_citys_own_name_and_districts_are_offered_and_taken(town: Town, folder: Path) -> None:
    town.run(lambda session: setattr(session.get_one(City, THE_CITY), "name_en", "Our own city"))
    town.run(lambda session: setattr(session.get_one(District, "440305"), "name_en", "Our south"))
    rewrite(folder, "city", lambda row: row.update(name_en="The city anew"))
    rewrite(folder, "districts", lambda row: row.update(name_en=f"{row['name_en']} anew"))
    load(town, folder)
    found = {one.table: [(row.key, row.fields[0].here) for row in one.rows] for one in town.run(differences)}
    assert found["city"] == [("[1]", "Our own city")] and found["district"] == [('["440305"]', "Our south")]
    clock, admin = town.context.clock, town.callers["admin"]
    assert town.run(settle, admin, "city", None, take=True, now=clock.now(), today=clock.today()) == 1
    assert town.run(settle, admin, "district", None, take=False, now=clock.now(), today=clock.today()) == 1
    assert town.run(lambda session: session.get_one(City, THE_CITY).name_en) == "The city anew"
    assert town.run(lambda session: session.get_one(District, "440305").name_en) == "Our south"
    assert town.run(differences) == []
