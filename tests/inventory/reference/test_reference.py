"""Reference data: loaded whole or not at all, and every fault named by file, row and column."""

import csv
import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from core.database import Database
from core.errors import Refusal
from core.given import digest_of_values, key_of, offers, settle_offer
from core.models import GivenRow
from core.settings import ROOT
from depots.models import District, Level, Profile, Requirement
from inventory.catalogue.models import Item, KitLine
from inventory.clocks.models import MaintenancePlan
from inventory.finding.models import Synonym
from inventory.reference.files import DamagedFiles, read_folder
from inventory.reference.load import _item, load_reference

REFERENCE = ROOT / "reference"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The project's reference files, to be damaged."""
    return Path(shutil.copytree(REFERENCE, tmp_path / "reference"))


def edit(path: Path, change: Callable[[list[str]], list[str]]) -> None:
    path.write_text("\n".join(change(path.read_text(encoding="utf-8").splitlines())) + "\n", encoding="utf-8")


@pytest.mark.heavy
def test_loading_twice_changes_nothing(database: Database) -> None:
    tally = database.run(load_reference, read_folder(REFERENCE))
    assert (tally.total_new, tally.total_changed, dict(tally.gone)) == (0, 0, {})


def test_everything_of_the_files_is_there(database: Database) -> None:
    with database.transaction(writes=False) as session:
        counts = [
            session.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (Item, Requirement, KitLine, MaintenancePlan, Profile)
        ]
        must = session.execute(
            select(func.count()).select_from(Requirement).where(Requirement.level != Level.RECOMMENDED)
        ).scalar_one()
    assert counts == [264, 1502, 89, 129, 16]
    assert must == 222


@pytest.mark.heavy
def test_a_changed_row_is_changed_and_a_missing_one_is_kept_and_told(database: Database, folder: Path) -> None:
    edit(folder / "catalogue.csv", lambda rows: [row.replace("Fire axe", "Axe for fires") for row in rows])
    edit(folder / "kits.csv", lambda rows: rows[:-1])
    tally = database.run(load_reference, read_folder(folder))
    assert (tally.total_new, tally.total_changed) == (0, 1)
    assert dict(tally.gone) == {"kit_line": 1}


def test_files_of_another_city_without_our_extra_columns_are_read(database: Database, folder: Path) -> None:
    rows = (folder / "catalogue.csv").read_text(encoding="utf-8").splitlines()
    keep = rows[0].split(",").index("decimals")
    out = io.StringIO()
    csv.writer(out).writerows(row[:keep] for row in csv.reader(rows))
    (folder / "catalogue.csv").write_text(out.getvalue(), encoding="utf-8")
    assert len(read_folder(folder).rows["catalogue"]) == 264


DAMAGES = {
    "a wrong number": ("par_levels.csv", 5, "min_qty", lambda row: row.replace(",1,", ",one,", 1)),
    "a wrong word": ("catalogue.csv", 9, "tracking_mode", lambda row: row.replace(",ASSET,", ",THING,")),
    "an unknown item": ("kits.csv", 3, "component_code", lambda row: row.replace("MED-008", "MED-999")),
    "an empty name": ("categories.csv", 4, "name_zh", lambda row: row.replace("水带水枪与供水", "")),
    "a double": ("districts.csv", 3, "code", lambda row: row.replace("440304", "440303")),
    "too few cells": ("kits.csv", 8, "", lambda row: row.rsplit(",", 2)[0]),
    "an unknown profile": ("mandatory_profile.csv", 2, "profile_code", lambda row: row.replace("CTR", "XXX", 1)),
}


@pytest.mark.parametrize(("file", "row", "column", "change"), DAMAGES.values(), ids=list(DAMAGES))
def test_a_damaged_file_is_refused_with_row_and_column(
    folder: Path, file: str, row: int, column: str, change: Callable[[str], str]
) -> None:
    edit(folder / file, lambda rows: [change(text) if number == row else text for number, text in enumerate(rows, 1)])
    with pytest.raises(DamagedFiles) as refused:
        read_folder(folder)
    assert (file, row, column) in {(damage.file, damage.row, damage.column) for damage in refused.value.damages}


def test_all_faults_of_all_files_are_told_at_once(folder: Path) -> None:
    edit(folder / "kits.csv", lambda rows: [rows[0], *(f"{row}x,y" for row in rows[1:4]), *rows[4:]])
    (folder / "districts.csv").unlink()
    (folder / "categories.csv").write_bytes(b"code,name_zh,name_en\nVEH,\xff\xfe,Vehicles\n")
    with pytest.raises(DamagedFiles) as refused:
        read_folder(folder)
    told = {(damage.file, damage.row) for damage in refused.value.damages}
    assert {("kits.csv", 2), ("kits.csv", 3), ("kits.csv", 4), ("districts.csv", 1), ("categories.csv", 2)} <= told


def test_a_file_with_a_byte_order_mark_is_read(folder: Path) -> None:
    path = folder / "districts.csv"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert len(read_folder(folder).rows["districts"]) == 11


@pytest.mark.heavy
def test_what_the_city_has_changed_is_never_overwritten(database: Database, folder: Path) -> None:
    """C2: a district's name and an item's name, changed here, stay; the files' own news about others still come."""
    database.run(rename, "罗湖新区", "Our fire axe")
    again = database.run(load_reference, read_folder(folder))
    assert (again.total_new, again.total_changed) == (0, 0)
    assert (again.own, again.offered) == ({"district": 1, "item": 1}, {})
    edit(folder / "catalogue.csv", lambda rows: [row.replace("Fire axe", "Axe for fires") for row in rows])
    edit(folder / "districts.csv", lambda rows: [row.replace("Futian", "Futian District") for row in rows])
    news = database.run(load_reference, read_folder(folder))
    assert (dict(news.own), dict(news.offered), dict(news.changed)) == ({"district": 1}, {"item": 1}, {"district": 1})
    assert database.run(names) == ("罗湖新区", "Futian District", "Our fire axe")


@pytest.mark.heavy
@pytest.mark.parametrize("take", [True, False])
def test_an_offer_is_taken_or_left_once(database: Database, folder: Path, take: bool) -> None:
    database.run(rename, "罗湖区", "Our fire axe")
    edit(folder / "catalogue.csv", lambda rows: [row.replace("Fire axe", "Axe for fires") for row in rows])
    database.run(load_reference, read_folder(folder))
    (key,) = database.run(offers, Item)

    def decide(session: Session) -> None:
        (code,) = json.loads(key)
        settle_offer(
            session, Item, key, take=take, row=session.execute(select(Item).where(Item.code == code)).scalar_one()
        )

    database.run(decide)
    assert database.run(names)[2] == ("Axe for fires" if take else "Our fire axe")
    again = database.run(load_reference, read_folder(folder))
    assert (dict(again.own), dict(again.offered)) == ({} if take else {"item": 1}, {})
    assert database.run(offers, Item) == {}
    with pytest.raises(Refusal):
        database.run(decide)


@pytest.mark.heavy
def test_what_the_city_has_taken_out_does_not_come_back(database: Database, folder: Path) -> None:
    def take_out(session: Session) -> None:
        session.delete(session.execute(select(Synonym).limit(1)).scalar_one())

    database.run(take_out)
    tally = database.run(load_reference, read_folder(folder))
    assert (dict(tally.new), dict(tally.own)) == ({}, {"synonym": 1})


@pytest.mark.heavy
def test_a_database_filled_before_anything_was_remembered_counts_as_the_citys_own(database: Database) -> None:
    def forget(session: Session) -> None:
        session.execute(delete(GivenRow))

    database.run(rename, "罗湖新区", "Fire axe")
    database.run(forget)
    tally = database.run(load_reference, read_folder(REFERENCE))
    assert (tally.total_new, tally.total_changed, dict(tally.offered)) == (0, 0, {"district": 1})


def rename(session: Session, district: str, axe: str) -> None:
    session.get_one(District, "440303").name_zh = district
    session.execute(select(Item).where(Item.name_en == "Fire axe")).scalar_one().name_en = axe


def names(session: Session) -> tuple[str, str, str]:
    luohu, futian = (session.get_one(District, code) for code in ("440303", "440304"))
    ours = Item.name_en.in_(["Axe for fires", "Our fire axe"])
    axe = session.execute(select(Item.name_en).where(ours))
    return luohu.name_zh, futian.name_en, axe.scalar_one()


@pytest.mark.heavy
def test_rows_given_before_there_was_chinese_beside_the_english_get_it(database: Database) -> None:
    """As a city has them that was filled before: what it has not touched follows, its own line stays its own."""
    database.run(_without_chinese, ("EXT-001", "EXT-002"), own="EXT-002")
    tally = database.run(load_reference, read_folder(REFERENCE))
    assert (tally.changed["item"], tally.offered["item"]) == (1, 1)
    chinese = database.run(
        lambda session: dict(session.execute(select(Item.code, Item.note_zh).where(Item.code.like("EXT-00%"))).all())
    )
    assert (chinese["EXT-001"][:4], chinese["EXT-002"]) == ("报废年限", "")


def _without_chinese(session: Session, codes: tuple[str, ...], own: str) -> None:
    """Rows and digests as they were before these columns."""
    for code in codes:
        item = session.execute(select(Item).where(Item.code == code)).scalar_one()
        item.note_zh = item.hazards_zh = ""
        row = next(row for row in read_folder(REFERENCE).rows["catalogue"] if row["code"] == code)
        values = {name: value for name, value in _item(row).items() if name not in ("note_zh", "hazards_zh")}
        session.get_one(GivenRow, ("item", key_of([code]))).digest = digest_of_values(values)
        if code == own:
            item.note = "as our city has it"
