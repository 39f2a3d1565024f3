"""Stock lists as offices write them, booked: units in headers, serials that come again, unlisted names."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from inventory.catalogue.models import Item
from inventory.exchange.models import ImportState
from inventory.stock.models import Lot, Stock
from tests.conftest import Town
from tests.inventory.exchange.conftest import Importing
from tests.inventory.exchange.files import table, workbook


def boxed(town: Town, size: int | None = 20) -> None:
    values = {"pack_size": size and Decimal(size), "pack_unit_zh": "箱", "pack_unit_en": "box"}
    town.run(lambda s: s.execute(Item.__table__.update().where(Item.code == "MED-024").values(**values)))


def there(town: Town) -> int:
    return int(town.run(lambda s: s.execute(select(func.sum(Stock.quantity)).where(~Stock.outside)).scalar_one() or 0))


def stock_of(
    importing: Importing, path: Path, header: str, quantity: Any = 5, unit: str | None = None, lot: str = "L1"
) -> Any:
    head: list[Any] = ["站点", "货位", "物资编码", header, "批号"]
    row: list[Any] = ["STR-0001", "A1层", "MED-024", quantity, lot]
    if unit is not None:
        head, row = [*head, "单位"], [*row, unit]
    return importing.go("stock", workbook(path, {"a": [head, row]}))


BOXES = ["数量（箱）", "数量(箱)", "Qty (boxes)", "数量[箱]", "库存数量/箱"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_X3_a_header_that_counts_boxes_counts_boxes(importing: Importing, town: Town, tmp_path: Path) -> None:
    boxed(town)
    for number, header in enumerate(BOXES):
        run = stock_of(importing, tmp_path / f"{number}.xlsx", header)
        assert run.state == ImportState.DONE, (header, importing.faults(run))
        assert there(town) == 100 * (number + 1), header


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_X3_a_cell_has_the_last_word_and_other_words_in_a_header_are_no_unit(
    importing: Importing, town: Town, tmp_path: Path
) -> None:
    boxed(town)
    own = town.run(lambda s: s.execute(select(Item.unit_zh).where(Item.code == "MED-024")).scalar_one())
    cases: list[tuple[str, Any, str | None, int]] = [
        ("数量（箱）", f"5{own}", None, 5),
        ("数量（箱）", 5, own, 5),
        ("数量", 5, "箱", 100),
        (f"数量（{own}）", 5, None, 5),
        ("数量（实盘）", 5, None, 5),
        ("数量（2026年）", 5, None, 5),
    ]
    expected = 0
    for number, (header, quantity, unit, pieces) in enumerate(cases):
        run = stock_of(importing, tmp_path / f"{number}.xlsx", header, quantity, unit)
        assert run.state == ImportState.DONE, (header, importing.faults(run))
        expected += pieces
        assert there(town) == expected, header
    (fault,) = importing.faults(stock_of(importing, tmp_path / "t.xlsx", "数量（吨）"))
    assert fault.column == "D" and "吨" in fault.told("zh")[0]
    boxed(town, None)
    (fault,) = importing.faults(stock_of(importing, tmp_path / "n.xlsx", "数量（箱）", lot="L2"))
    assert "box size" in fault.message


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_X4_serials_come_in_again_after_their_import_was_taken_back(
    importing: Importing, town: Town, tmp_path: Path
) -> None:
    head = ("站点", "货位", "物资编码", "数量", "序列号")
    rows = [head, *(("STR-0001", "A1层", "EXT-001", 1, f"SN-{n}") for n in range(3))]
    wrong = importing.go("stock", workbook(tmp_path / "a.xlsx", {"a": rows}))
    assert wrong.state == ImportState.DONE
    importing.undo(wrong)
    rows[3] = ("STR-0001", "A2层", "EXT-001", 1, "SN-9")
    run = importing.go("stock", workbook(tmp_path / "b.xlsx", {"a": rows}))
    assert (run.state, importing.faults(run)) == (ImportState.DONE, [])
    inside = select(Lot.serial).join(Stock, Stock.lot_id == Lot.id).where(~Stock.outside, Stock.quantity > 0)
    assert sorted(town.run(lambda s: s.execute(inside).scalars().all())) == ["SN-0", "SN-1", "SN-9"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_X7_one_piece_whatever_unseen_characters_its_number_has(
    importing: Importing, town: Town, tmp_path: Path
) -> None:
    serials = ("SN-1", "SN-\u200b1", "\ufeffSN-1", "S\u2060N-1")
    rows = [("depot", "place", "item", "quantity", "serial")]
    rows += [("STR-0001", "A1层", "EXT-001", "1", serial) for serial in serials]
    faults = importing.faults(importing.go("stock", table(tmp_path / "a.csv", rows)))
    assert [(fault.row, fault.column) for fault in faults] == [(3, "E"), (4, "E"), (5, "E")]
