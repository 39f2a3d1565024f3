"""What quantities mean does not change under stock, by whatever door a catalogue line comes (B37)."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import Refusal
from core.settings import ROOT
from inventory.catalogue.models import Item
from inventory.exchange.models import ImportState
from inventory.reference.files import Row, read_folder
from inventory.reference.load import load_reference
from inventory.stock.meaning import CANNOT_CHANGE
from tests.conftest import Town
from tests.inventory.exchange.conftest import Importing
from tests.inventory.exchange.files import table

HEADER = ("物资编码", "中文名称", "类别", "单位")


@pytest.fixture
def importing(town: Town) -> Importing:
    return Importing(town)


def item_of(town: Town, code: str) -> Item:
    return town.run(lambda session: session.execute(select(Item).where(Item.code == code)).scalar_one())


def catalogue(path: Path, *more: str, **values: str) -> Path:
    """A catalogue of one line, MED-025, with these columns more."""
    return table(path, [[*HEADER, *more], ["MED-025", "速效救心丸", "MED", values.pop("unit", "盒"), *values.values()]])


@pytest.mark.parametrize(
    ("column", "value"),
    [(None, ""), ("管理方式", "单件"), ("管理方式", "套装"), ("英文单位", "crate")],
)
def test_B37_a_catalogue_import_names_the_line_and_the_way_out(
    importing: Importing, town: Town, tmp_path: Path, column: str | None, value: str
) -> None:
    town.stock("MED-025", "1233", expiry_unknown=True)
    unit = item_of(town, "MED-025").unit_zh
    if column is None:
        path = catalogue(tmp_path / "a.csv", unit="大箱")
    else:
        path = catalogue(tmp_path / "a.csv", column, unit=unit, value=value)
    run = importing.go("catalogue", path)
    assert run.state == ImportState.FAULTY
    assert [(fault.header, fault.message) for fault in importing.faults(run)] == [(column or "单位", CANNOT_CHANGE)]
    assert item_of(town, "MED-025").unit_zh == unit


def test_B37_without_stock_it_may_change_and_is_not_taken_back_once_there_is_some(
    importing: Importing, town: Town, tmp_path: Path
) -> None:
    run = importing.go("catalogue", catalogue(tmp_path / "a.csv", unit="大箱"))
    assert run.state == ImportState.DONE, importing.faults(run)
    town.stock("MED-025", "3", expiry_unknown=True)
    with pytest.raises(Refusal) as refused:
        importing.undo(run)
    assert refused.value.kind == "in-use"
    assert item_of(town, "MED-025").unit_zh == "大箱"


@pytest.mark.heavy
@pytest.mark.parametrize("change", [{"unit_zh": "大箱"}, {"decimals": 3}, {"tracking_mode": "ASSET"}])
def test_B37_the_reference_files_change_no_meaning_under_stock(town: Town, change: Row) -> None:
    town.stock("MED-025", "3", expiry_unknown=True)
    reference = read_folder(ROOT / "reference")

    def changed(code: str) -> list[Row]:
        return [{**row, **change} if row["code"] == code else row for row in reference.rows["catalogue"]]

    with pytest.raises(Refusal) as refused:
        town.run(load_reference, replace(reference, rows={**reference.rows, "catalogue": changed("MED-025")}))
    assert refused.value.kind == "in-use"
    town.run(load_reference, replace(reference, rows={**reference.rows, "catalogue": changed("MED-026")}))


@pytest.mark.heavy
def test_T58_a_box_may_change_for_lots_remember_theirs_but_not_of_the_one_lot_of_a_bulk_item(town: Town) -> None:
    town.stock("MED-025", "3", expiry_unknown=True)
    town.stock("FLD-007", "3")

    def box(session: Session) -> None:
        session.execute(select(Item).where(Item.code == "FLD-007")).scalar_one().pack_size = Decimal(50)

    town.run(box)
    reference = read_folder(ROOT / "reference")

    def with_box(code: str) -> list[Row]:
        boxes = {"FLD-007": Decimal(50), code: Decimal(20)}
        return [{**row, "pack_size": boxes.get(row["code"], row["pack_size"])} for row in reference.rows["catalogue"]]

    town.run(load_reference, replace(reference, rows={**reference.rows, "catalogue": with_box("MED-025")}))
    with pytest.raises(Refusal):
        town.run(load_reference, replace(reference, rows={**reference.rows, "catalogue": with_box("FLD-007")}))
