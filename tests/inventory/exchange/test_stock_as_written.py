"""Stock lists as offices write them, booked: units in headers, serials that come again, unlisted names."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import openpyxl
import pytest
from sqlalchemy import func, select

from core.errors import Refusal
from inventory.catalogue.models import Item
from inventory.exchange.columns import Choice, Said
from inventory.exchange.habits import learn_words, words_of
from inventory.exchange.known import UNKNOWN_ITEM
from inventory.exchange.marking import write_marked
from inventory.exchange.models import ImportState
from inventory.exchange.runs import arrange, carry_out, claim, layouts_of
from inventory.stock.models import Lot, Stock
from tests.conftest import NOW, Town
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
@pytest.mark.parametrize(
    ("item", "unit", "quantity"),
    [
        ("PPE-025", "双", 4),
        ("PPE-025", "打", 48),
        ("PPE-025", "只", None),  # a pair or half of one
        ("PPE-025", "盒", None),
        ("PPE-026", "只", None),  # a glove or a box of a hundred
        ("PPE-026", "pcs", None),
        ("LGT-007", "盒", 48),
        ("LGT-007", "boxes", 48),
        ("LGT-007", "箱", None),  # of how many small boxes?
        ("LGT-007", "cartons", None),
        ("CNV-005", "箱", 96),
        ("CNV-005", "cases", 96),
        ("CNV-005", "盒", None),
    ],
)
def test_X3_a_unit_that_may_mean_more_or_less_is_not_guessed(
    importing: Importing, town: Town, tmp_path: Path, item: str, unit: str, quantity: int | None
) -> None:
    head = ("站点", "货位", "物资编码", "数量", "单位", "批号", "有效期")
    lot = (None, None) if item == "PPE-025" else ("L1", "2028-06-30")
    run = importing.go("stock", workbook(tmp_path / "a.xlsx", {"a": [head, ("STR-0001", "A1层", item, 4, unit, *lot)]}))
    if quantity is None:
        (fault,) = importing.faults(run)
        assert fault.column == "E" and unit in fault.told("zh")[0]
    else:
        assert (run.state, importing.faults(run), there(town)) == (ImportState.DONE, [], quantity)


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


EVERYDAY = ("手电筒", "雨衣", "沙袋", "对讲机", "消防水带", "警戒带", "矿泉水")
LOOSE = ("强光手电照明", "反光雨衣套装", "防汛沙袋包", "无线对讲设备", "水带卷", "隔离警戒线带", "瓶装饮用水箱")
HEAD = ("站点", "货位", "物资", "数量")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_X14_everyday_names_come_with_suggestions_and_are_said_once(
    importing: Importing, town: Town, tmp_path: Path
) -> None:
    rows = [HEAD, *(("STR-0001", "A1层", name, 1) for name in (*EVERYDAY, *LOOSE))]
    faults = importing.faults(importing.go("stock", workbook(tmp_path / "a.xlsx", {"a": rows}), write=False))
    unknown = [fault for fault in faults if fault.message == UNKNOWN_ITEM]
    asked = {fault.params["value"]: [code for code, _, _ in fault.params.get("items", ())] for fault in unknown}
    assert set(asked) == set(LOOSE), "the catalogue's other names are known (T92)"
    assert all(0 < len(codes) <= 5 for codes in asked.values()), asked
    what, mend = unknown[0].told("zh")
    assert unknown[0].params["value"] in what and asked[unknown[0].params["value"]][0] in mend
    now = town.context.clock.now()
    means = dict.fromkeys(LOOSE, "TRF-009")
    town.run(learn_words, town.callers["admin"], {f" {name} ": code for name, code in means.items()}, now)
    with pytest.raises(Refusal, match="no item NO-SUCH"):
        town.run(learn_words, town.callers["admin"], {"扳手": "NO-SUCH"}, now)
    looked = importing.go("stock", workbook(tmp_path / "b.xlsx", {"a": rows}), write=False)
    assert [fault for fault in importing.faults(looked) if fault.message == UNKNOWN_ITEM] == []
    other = importing.faults(importing.go("stock", workbook(tmp_path / "c.xlsx", {"a": rows}), "officer", write=False))
    assert {fault.params["value"] for fault in other if fault.message == UNKNOWN_ITEM} == set(asked), "a person's own"


@pytest.mark.heavy
def test_columns_that_somebody_has_named_are_remembered_for_the_same_header(
    importing: Importing, town: Town, tmp_path: Path
) -> None:
    rows: list[Any] = [("Wo", "Regal", "Was", "Wieviel"), ("STR-0001", "A1层", "BRK-014", 2)]
    path = workbook(tmp_path / "a.xlsx", {"a": rows})
    fields = ("depot", "place", "item", "quantity")
    run = importing.go("stock", path, choices=[Choice("a", index, field) for index, field in enumerate(fields)])
    assert run.state == ImportState.DONE, importing.faults(run)
    rows[1] = ("STR-0001", "A2层", "BRK-014", 3)
    again = importing.go("stock", workbook(tmp_path / "b.xlsx", {"a": rows}))
    assert (again.state, layouts_of(again)[0].remembered) == (ImportState.DONE, True)
    rows[0] = ("Wo", "Regal", "Wieviel", "Was")
    other = importing.go("stock", workbook(tmp_path / "c.xlsx", {"a": rows}))
    assert other.state == ImportState.FAULTY
    assert layouts_of(other)[0].columns[2].examples == ["BRK-014"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_X15_looking_through_shows_each_row_before_and_after(importing: Importing, town: Town, tmp_path: Path) -> None:
    town.stock("BRK-014", "4")
    rows = [HEAD, ("STR-0001", "A1层", "BRK-014", 2), ("STR-0001", "A1层", "BRK-014", 3)]
    outcome = json.loads(importing.go("stock", workbook(tmp_path / "a.xlsx", {"a": rows}), write=False).outcome)
    shown = [(one["row"], one["fields"][0]["before"], one["fields"][0]["after"]) for one in outcome["changes"]]
    assert shown == [(2, "4", "6"), (3, "6", "9")]
    new = ("T-1", "测试钳", "BRK", "把")
    old = town.run(lambda s: s.execute(select(Item).where(Item.code == "BRK-014")).scalar_one())
    rows = [("编码", "名称", "类别", "单位"), new, ("BRK-014", "改名钳", old.category_code, old.unit_zh)]
    same = select(Item.code, Item.name_zh, Item.category_code, Item.unit_zh).where(Item.code == "EXT-001")
    rows.append(tuple(town.run(lambda s: s.execute(same).one())))
    outcome = json.loads(importing.go("catalogue", workbook(tmp_path / "b.xlsx", {"a": rows}), write=False).outcome)
    assert (outcome["new"], outcome["changed"], outcome["same"]) == (1, 1, 1)
    (changed,) = (one for one in outcome["changes"] if one["act"] == "changed")
    assert changed["fields"] == [{"label": "Chinese name", "before": old.name_zh, "after": "改名钳"}]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_X10_paths_come_back_from_a_csv_file_of_a_chinese_excel(
    importing: Importing, town: Town, tmp_path: Path
) -> None:
    for number, path in enumerate(("器材库 ? A1层", "器材库 > A1层", "器材库→A1层", "器材库＞A1层", "器材库 › A1层")):
        rows = [HEAD, ("STR-0001", path, "BRK-014", "1")]
        encoding = "utf-8" if "›" in path else "gbk"
        run = importing.go("stock", table(tmp_path / f"{number}.csv", rows, encoding))
        assert run.state == ImportState.DONE, (path, importing.faults(run))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_marked_copy_shows_what_is_wrong_and_mended_it_comes_in(
    importing: Importing, town: Town, tmp_path: Path
) -> None:
    rows: list[Any] = [HEAD, ("STR-0001", "A1层", "BRK-014", 2), ("STR-0001", "Z9层", "BRK-014", "很多")]
    path = workbook(tmp_path / "a.xlsx", {"库存": rows})
    run = importing.go("stock", path)
    copy = tmp_path / "copy.xlsx"
    with copy.open("wb") as file:
        write_marked(path, layouts_of(run), importing.faults(run), "zh", file)
    book = openpyxl.load_workbook(copy)
    sheet = book["库存"]
    red = [cell.coordinate for row in sheet.iter_rows() for cell in row if cell.fill.fgColor.rgb == "FFFFC7CE"]
    assert red == ["D3"]
    assert sheet["E1"].value == "错误内容" and "很多" in sheet["E3"].value and sheet["E2"].value is None
    sheet["B3"], sheet["D3"] = "A2层", 5
    book.save(copy)
    mended = importing.go("stock", copy)
    assert (mended.state, importing.faults(mended), there(town)) == (ImportState.DONE, [], 7)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_X14_what_was_said_of_one_sheet_is_remembered_whatever_its_twins_say(
    importing: Importing, town: Town, tmp_path: Path
) -> None:
    head = ("站点", "货位", "物资编码", "数目多少", "批号")
    sheets = {name: [head, ("STR-0001", "A1层", "BRK-014", 2, None)] for name in ("九月", "十月")}
    run_id = importing.upload("stock", workbook(tmp_path / "a.xlsx", sheets))
    admin, now = town.callers["admin"], town.context.clock.now()
    said = Said(skipped=frozenset({"十月"}))
    town.run(arrange, admin, run_id, [Choice("九月", 3, "quantity")], now, make_places=None, said=said)
    town.run(arrange, admin, run_id, [Choice("九月", 4, "note")], now, make_places=None, said=said)
    again = importing.run(importing.upload("stock", workbook(tmp_path / "b.xlsx", {"十一月": sheets["九月"]})))
    (layout,) = layouts_of(again)
    assert layout.remembered and [column.field for column in layout.columns][3:] == ["quantity", "note"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_X16_what_all_rows_are_said_to_have_is_read_as_it_is_said(
    importing: Importing, town: Town, tmp_path: Path
) -> None:
    rows = [("站点", "货位", "物资编码"), ("STR-0001", "A1层", "BRK-014")]
    admin, now = town.callers["admin"], town.context.clock.now()
    run_id = importing.upload("stock", table(tmp_path / "a.csv", rows))
    for wrong in ("many", "-1", "0", "0.0001"):
        with pytest.raises(Refusal) as refused:
            town.run(arrange, admin, run_id, [], now, make_places=None, said=Said(given={"quantity": wrong}))
        assert (refused.value.status, refused.value.fields[0].field) == (422, "given-quantity")
    town.run(arrange, admin, run_id, [], now, make_places=None, said=Said(given={"quantity": "3个"}))
    town.run(claim, admin, run_id, now, write=True)
    assert (carry_out(town.context, admin, run_id, write=True), there(town)) == (ImportState.DONE, 3)


@pytest.mark.filterwarnings("ignore:Title is more than 31 characters")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_marked_copy_is_written_whatever_the_sheets_are_called(
    importing: Importing, town: Town, tmp_path: Path
) -> None:
    book = openpyxl.Workbook()
    for name in ("福田区" * 10 + "一", "福田区" * 10 + "一街道", "'库存'", "A", "a "):
        sheet = book.create_sheet(name)
        sheet.append(HEAD)
        sheet.append(("STR-0001", "A1层", "BRK-014", "很多"))
        sheet.append(("STR-0001", "A1层", "BRK-014", float("inf")))
    path = tmp_path / "a.xlsx"
    book.save(path)
    run = importing.go("stock", path)
    with (tmp_path / "copy.xlsx").open("wb") as file:
        write_marked(path, layouts_of(run), importing.faults(run), "zh", file)
    copy = openpyxl.load_workbook(tmp_path / "copy.xlsx")
    assert len(copy.sheetnames) == 5 and all("很多" in copy[name]["E2"].value for name in copy.sheetnames)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("header", "item", "minimum"),
    [
        ("最低数量", "CNV-005", 130),
        ("最低数量（瓶）", "CNV-005", 130),
        ("最低数量（个）", "CNV-005", 130),
        ("最低数量（箱）", "CNV-005", None),
        ("最低数量（米）", "HYD-001", 7),
    ],
)
def test_X3_a_minimum_has_the_unit_of_its_header(
    importing: Importing, town: Town, tmp_path: Path, header: str, item: str, minimum: int | None
) -> None:
    rows = [("配置类型", "物资编码", header), ("STR", item, 130)]
    run = importing.go("requirements", workbook(tmp_path / "a.xlsx", {"a": rows}), write=False)
    if minimum is None:
        (fault,) = importing.faults(run)
        assert fault.column == "C" and "箱" in fault.told("zh")[0]
    else:
        (change,) = json.loads(run.outcome)["changes"]
        assert change["fields"][0]["after"] == str(minimum)


async def test_what_somebody_has_said_of_files_can_be_taken_back_by_that_person_alone(
    client: httpx.AsyncClient, importing: Importing, town: Town, tmp_path: Path
) -> None:
    rows: list[Any] = [("Wo", "Regal", "Was", "Wieviel"), ("STR-0001", "A1层", "神秘夹子", 2)]
    path = workbook(tmp_path / "a.xlsx", {"a": rows})
    fields = ("depot", "place", "item", "quantity")
    admin = town.callers["admin"]
    town.run(learn_words, admin, {"神秘夹子": "BRK-014"}, NOW)
    run = importing.go("stock", path, choices=[Choice("a", index, field) for index, field in enumerate(fields)])
    assert run.state == ImportState.DONE, importing.faults(run)
    said = (await client.get("/api/import-habits", headers=town.auth("admin"))).json()
    word = next(one for one in said if one["kind"] == "word")
    header = next(one for one in said if one["kind"] == "layout")
    assert (word["word"], word["item"], header["subject"], len(header["columns"])) == (
        "神秘夹子",
        "BRK-014",
        "stock",
        4,
    )
    assert (await client.get("/api/import-habits", headers=town.auth("officer"))).json() == []
    for who, status in (("officer", 404), ("admin", 204), ("admin", 404)):
        for one in (word, header):
            answer = await client.delete(f"/api/import-habits/{one['id']}", headers=town.auth(who))
            assert answer.status_code == status, answer.text
    rows[1] = ("STR-0001", "A2层", "神秘夹子", 3)
    again = importing.run(importing.upload("stock", workbook(tmp_path / "b.xlsx", {"a": rows})))
    assert not layouts_of(again)[0].remembered
    assert town.run(words_of, admin.person_id) == {}
