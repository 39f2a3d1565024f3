"""Forty spreadsheets of stock in the layouts of other programs and as offices write them, with the books they make.

Of each: its rows (the first sheet's), what was said on the page, and the lines that would be booked: item, quantity,
lot or serial number, last day. ``?`` before a line is a row that is refused, with the column that is at fault.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

D, OTHER = "STR-0001", "IND-0002"
GIVEN = {"depot": D}
PLIERS, GAUZE, PADS, DRY, MASK = "BRK-014", "MED-007", "TRF-009", "EXT-001", "RSP-007"


@dataclass(frozen=True)
class Paper:
    """A spreadsheet: its rows, how it is saved, what is said of it, and what comes of it."""

    name: str
    rows: Sequence[Sequence[Any]]
    lines: Sequence[tuple[Any, ...]]
    faults: Sequence[str] = ()  # cells
    given: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)  # by letter
    csv: str = ""  # encoding and delimiter; empty: a workbook
    merged: Sequence[tuple[int, int, int, int]] = ()
    hidden: Sequence[int] = ()
    hidden_columns: Sequence[int] = ()
    formats: Mapping[tuple[int, int], str] = field(default_factory=dict)
    subject: str = "stock"


PROGRAMS = [
    Paper(
        "InvenTree stock",
        [
            (
                "ID",
                "Part",
                "Part Name",
                "Quantity",
                "Serial",
                "Batch Code",
                "Location",
                "Expiry Date",
                "Status",
                "Notes",
            ),
            (7, 12, "gauze", 40, None, "B-77", "A1层", "2028-06-30", "OK", ""),
            (8, 13, "pliers", 2, None, None, "器材库/A1层", None, "OK", ""),
        ],
        [(GAUZE, 40, "B-77", "2028-06-30"), (PLIERS, 2, None, None)],
        given=GIVEN,
    ),
    Paper(
        "InvenTree API",
        [
            ("id", "part.IPN", "part.name", "quantity", "batch", "location_path"),
            (1, "TRF-009", "Pads", "6.0", "", "A1层"),
        ],
        [(PADS, 6, None, None)],
        given=GIVEN,
        csv="utf-8 ,",
    ),
    Paper(
        "InvenTree serials",
        [
            ("Part Name", "Serial", "Quantity", "Location"),
            ("extinguisher", "00017", 1, "A1层"),
            ("extinguisher", 18, 1, "A1层"),
        ],
        [(DRY, 1, "00017", None)],
        ["B3"],
        given=GIVEN,
    ),
    Paper(
        "Snipe-IT assets",
        [
            (
                "Company",
                "Asset Name",
                "Asset Tag",
                "Model",
                "Model No.",
                "Category",
                "Manufacturer",
                "Serial",
                "Purchased",
                "Cost",
                "Location",
                "Status",
            ),
            (
                "City",
                "",
                "AT-1",
                "fire extinguisher",
                "",
                "Fire",
                "安盾",
                "SN-1",
                "2024-01-02",
                "98.00",
                "A1层",
                "Ready",
            ),
            (
                "City",
                "",
                "AT-2",
                "fire extinguisher",
                "",
                "Fire",
                "安盾",
                "SN-2",
                "2024-01-02",
                "98.00",
                "A2层",
                "Ready",
            ),
        ],
        [(DRY, 1, "SN-1", None), (DRY, 1, "SN-2", None)],
        given={**GIVEN, "quantity": "1"},
        columns={"B": "-", "D": "item", "E": "-"},
        csv="utf-8-sig ,",
    ),
    Paper(
        "Snipe-IT consumables",
        [
            ("Company", "Category", "Model No.", "Item name", "Qty", "Location"),
            ("City", "x", "", "gauze", "25", "A1层"),
        ],
        [(GAUZE, 25, None, None)],
        given=GIVEN,
        columns={"C": "-", "D": "item"},
        csv="utf-8 ,",
    ),
    Paper(
        "Homebox",
        [
            (
                "HB.import_ref",
                "HB.location",
                "HB.labels",
                "HB.asset_id",
                "HB.archived",
                "HB.url",
                "HB.name",
                "HB.quantity",
                "HB.description",
                "HB.notes",
                "HB.manufacturer",
                "HB.serial_number",
            ),
            ("", "A1层", "", "000-001", "false", "http://h/1", "pliers", "3", "", "rusty", "甲厂", ""),
            ("", "Location", "", "000-002", "false", "http://h/2", "item", "2", "", "", "", ""),
        ],
        [(PLIERS, 3, None, None)],
        ["G3"],
        given=GIVEN,
        csv="utf-8 ,",
    ),
    Paper(
        "OpenBoxes inventory",
        [
            (
                "Product code",
                "Product name",
                "Product family",
                "Category",
                "Lot number",
                "Expiration date",
                "Bin location",
                "Physical QOH",
                "Comments",
            ),
            ("MED-007", "Gauze", "", "Med", "L9", "31/Jan/2029", "A1层", "15", ""),
            ("MED-007", "Gauze", "", "Med", "L8", "28/02/2029", "A1层", "0", ""),
        ],
        [(GAUZE, 15, "L9", "2029-01-31")],
        given=GIVEN,
        csv="utf-8 ,",
    ),
    Paper(
        "OpenBoxes expiring",
        [
            (
                "Code",
                "Lot number",
                "Expiration date",
                "Bin location",
                "Quantity on hand",
                "Unit of measure",
                "Unit cost",
            ),
            ("RSP-007", "K1", "Oct 2028", "A1层", "20", "each", "1.20"),
        ],
        [(MASK, 20, "K1", "2028-10-31")],
        given=GIVEN,
        csv="utf-8 ,",
    ),
    Paper(
        "Grocy stock",
        [
            ("Product", "Amount", "QU", "Best before date", "Location", "Price"),
            ("biscuit", "12", "pack", "2027-05-01", "A2层", ""),
        ],
        [("CNV-006", 12, None, "2027-05-01")],
        given=GIVEN,
        csv="utf-8 ;",
    ),
    Paper(
        "Grocy never",
        [("Product", "Amount", "Due date", "Location", "Opened"), ("tow rope", "2", "2999-12-31", "A2层", "0")],
        [],
        ["C2"],
        given=GIVEN,
        csv="utf-8 ,",
    ),
    Paper(
        "Part-DB",
        [
            (
                "name",
                "description",
                "category",
                "footprint",
                "MPN",
                "amount",
                "storage_location",
                "expiration_date",
                "tags",
            ),
            ("pliers", "", "tools", "", "", "4", "A1层", "", "x"),
        ],
        [(PLIERS, 4, None, None)],
        given=GIVEN,
        csv="utf-8 ;",
    ),
    Paper(
        "Part-DB workbook",
        [("Name", "Storage Location", "In stock", "Min amount"), ("oil pads", "A1层", 8, 2)],
        [(PADS, 8, None, None)],
        given=GIVEN,
    ),
    Paper(
        "open-mSupply",
        [
            ("Code", "Item name", "Batch", "Expiry date", "Location", "Pack size", "Stock on hand", "Supplier"),
            ("MED-010", "Povidone", "P-1", "2027-12-31", "A1层", 10, 50, "x"),
        ],
        [("MED-010", 50, "P-1", "2027-12-31")],
        given=GIVEN,
    ),
    Paper(
        "open-mSupply packs",
        [
            ("Code", "Batch", "Expiry date", "Location", "Pack size", "Number of packs"),
            ("MED-010", "P-1", "2027-12-31", "A1层", 10, 5),
        ],
        [],
        ["F2"],
        given=GIVEN,
    ),
    Paper(
        "German Excel",
        [
            ("Bestand, Lager Nord",),
            ("depot", "place", "item", "quantity", "maker"),
            (D, "Shelf A1", "EXT-001", "1", "Dräger"),
        ],
        [(DRY, 1, None, None)],
        csv="cp1252 ;",
    ),
    Paper(
        "own list",
        [
            (
                "Depot code",
                "Place",
                "Item code",
                "Item",
                "Quantity",
                "Unit",
                "Lot number",
                "Use by",
                "Is out",
                "Why not ready",
            ),
            (D, "器材库 > A1层", GAUZE, "Gauze", "7", "each", "L1", "2028-01-31", "no", ""),
        ],
        [(GAUZE, 7, "L1", "2028-01-31")],
    ),
    Paper(
        "Big5",
        [("depot", "place", "item", "quantity", "note"), (D, "A1层", "BRK-014", "2", "滅火器旁邊")],
        [(PLIERS, 2, None, None)],
        csv="utf-16 \t",
    ),
    Paper(
        "pipes",
        [("depot", "place", "item", "quantity"), (D, "A1层", "BRK-014", "1,200")],
        [(PLIERS, 1200, None, None)],
        csv="utf-8 |",
    ),
    Paper(
        "boxes",
        [("depot", "place", "item", "Qty (boxes)"), (D, "A1层", "TRF-009", 5)],
        [(PADS, 50, None, None)],
    ),
    Paper(
        "months",
        [("depot", "place", "item", "quantity", "lot", "expiry"), (D, "A1层", GAUZE, 5, "L1", datetime(2028, 2, 1))],
        [(GAUZE, 5, "L1", "2028-02-29")],
        formats={(1, 5): "mmm-yy"},
    ),
]
TITLE = ("XX街道应急管理服务站物资台账",)
OFFICES = [
    Paper(
        "title, sum and signature",
        [TITLE, (), ("序号", "站点", "存放位置", "物资名称", "规格型号", "单位", "数量", "备注"),
         (1, D, "A1层", "大力钳", "C型", "把", 2, None), (2, D, "A1层", "吸油毡", "", "包", 4, "受潮"),
         ("合计", None, None, None, None, None, 6, None),
         ("制表人：张三", None, None, "审核人：李四", None, None, None, None)],
        [(PLIERS, 2, None, None), (PADS, 4, None, None)],
    ),
    Paper(
        "merged depot",
        [("站点名称", "货位", "物资名称", "数量"), ("麻岭街面站", "A1层", "钳子", 1), (None, "A2层", "钳子", 2),
         (None, None, "吸油棉", 3)],
        [(PLIERS, 1, None, None), (PLIERS, 2, None, None), (PADS, 3, None, None)],
        merged=[(1, 0, 3, 0), (2, 1, 3, 1)],
    ),
    Paper(
        "merged amount",
        [("站点", "货位", "物资", "数量"), (D, "A1层", "钳子", 6), (D, "A1层", "吸油毡", None)],
        [],
        ["D2", "D3"],
        merged=[(1, 3, 2, 3)],
    ),
    Paper(
        "two rows of header",
        [TITLE, ("站点", "物资信息", None, "数量", "存放"), (None, "物资编码", "规格", None, "位置"),
         (D, "BRK-014", "大", 3, "A1层")],
        [(PLIERS, 3, None, None)],
        columns={"E": "place", "C": "-"},
    ),
    Paper(
        "boxes in the header",
        [("站点", "货位", "物资", "数量（箱）"), (D, "A1层", "吸油毡", 3), (D, "A1层", "吸油毡", "7包")],
        [(PADS, 30, None, None), (PADS, 7, None, None)],
    ),
    Paper(
        "failed lookups",
        [("站点", "货位", "物资", "数量", "序列号"), (D, "A1层", "灭火器", 1, "#N/A"),
         (D, "A1层", "灭火器", 1, "0017")],
        [(DRY, 1, "0017", None)],
        ["E2"],
    ),
    Paper(
        "words for none",
        [("站点", "货位", "物资", "数量", "出厂编号", "有效期至"), (D, "A1层", "灭火器", 1, "无", "/"),
         (D, "A1层", "灭火器", 1, "暂无", None)],
        [(DRY, 1, None, None), (DRY, 1, None, None)],
    ),
    Paper(
        "filtered",
        [("站点", "货位", "物资", "数量"), (D, "A1层", "钳子", 1), (D, "A1层", "钳子", 50), (D, "A1层", "吸油毡", 2)],
        [(PLIERS, 1, None, None), (PADS, 2, None, None)],
        hidden=[2],
    ),
    Paper(
        "nothing there",
        [("站点", "货位", "物资", "账面数量"), (D, "A1层", "钳子", 0), (D, "A1层", "吸油毡", "0包"),
         (D, "A1层", "口罩", 9)],
        [(MASK, 9, None, None)],
    ),
    Paper(
        "months with points",
        [("站点", "货位", "物资", "数量", "批号", "有效期"), (D, "A1层", "纱布", 1, "a", 2027.1),
         (D, "A1层", "纱布", 2, "b", 2027.11),
         (D, "A1层", "纱布", 3, "c", 2027.1)],
        [(GAUZE, 2, "b", "2027-11-30"), (GAUZE, 3, "c", "2027-10-31")],
        ["F2"],
        formats={(3, 5): "0.00"},
    ),
    Paper(
        "Chinese months",
        [("站点", "货位", "物资", "数量", "批号", "有效期至"), (D, "A1层", "纱布", 1, "a", datetime(2028, 2, 1)),
         (D, "A1层", "纱布", 2, "b", "2028年2月"), (D, "A1层", "纱布", 3, "c", "２０２８．２．３")],
        [(GAUZE, 1, "a", "2028-02-29"), (GAUZE, 2, "b", "2028-02-29"), (GAUZE, 3, "c", "2028-02-03")],
        formats={(1, 5): 'yyyy"年"m"月"'},
    ),
    Paper(
        "GBK saved by Excel",
        [("站点编号", "货位", "物资编码", "数量"), (D, "器材库 ? A1层", "BRK-014", "1"),
         (D, "器材库 ? A1层", "TRF-009", "2箱")],
        [(PLIERS, 1, None, None), (PADS, 20, None, None)],
        csv="gb18030 ,",
    ),
    Paper(
        "title above semicolons",
        [("应急物资，库存，2026年",), ("站点", "货位", "物资", "数量"), (D, "A1层", "钳子", "3")],
        [(PLIERS, 3, None, None)],
        csv="gb18030 ;",
    ),
    Paper(
        "page headers again",
        [("站点", "货位", "物资", "数量"), (D, "A1层", "钳子", 1), ("本页小计", None, None, 1),
         ("站点", "货位", "物资", "数量"),
         (D, "A2层", "钳子", 2), ("累计", None, None, 3)],
        [(PLIERS, 1, None, None), (PLIERS, 2, None, None)],
    ),
    Paper(
        "one depot's list",
        [("货位", "器材名称", "实有数", "生产日期"), ("A1层", "吸油垫", "５", None),
         ("A1层", "碘酒", "6瓶", "2026-03")],
        [(PADS, 5, None, None), ("MED-010", 6, None, "2028-02-29")],
        given=GIVEN,
    ),
    Paper(
        "unseen characters",
        [("站点", "货位", "物资", "数量", "序列号"), (D, "A1\u200b层", "\ufeff灭火器", 1, "S\u200b1"),
         (D, "A1层", "灭火器", 1, "S1")],
        [(DRY, 1, "S1", None)],
        ["E3"],
    ),
    Paper(
        "numbers of pieces",
        [("站点", "货位", "物资", "数量", "出厂编号"), (D, "A1层", "灭火器", 2, "0001"),
         (D, "A1层", "灭火器", "1具", "0002")],
        [(DRY, 1, "0002", None)],
        ["D2"],
    ),
    Paper(
        "another's depot",
        [("站点", "货位", "物资", "数量"), ("没有这个站", "A1层", "钳子", 1), (D, "没有这个架", "钳子", 1),
         (D, "A1层", "没有这种物资", 1)],
        [],
        ["A2", "B3", "C4"],
    ),
    Paper(
        "sizes and makers",
        [("站点", "货位", "物资", "数量", "号型", "生产厂家"), (D, "A1层", "消防靴", "1双", "42", "甲厂"),
         (D, "A1层", "消防靴", "1双", "99", "甲厂")],
        [("PPE-004", 1, None, None)],
        ["E3"],
    ),
    Paper(
        "a legend and dates as numbers",
        [("站点", "货位", "物资", "数量", "批号", "失效日期"), (D, "A1层", "口罩", 30, "0012", 46784),
         (D, "A1层", "口罩", 10, "0013", date(2028, 3, 1))],
        [(MASK, 30, "0012", "2028-02-01"), (MASK, 10, "0013", "2028-03-01")],
    ),
]  # fmt: skip
FORTY = [*PROGRAMS, *OFFICES]
