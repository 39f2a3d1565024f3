"""What a sheet shows counts: months, decimals, failed formulas, hidden rows, merged cells, encodings (X1 to X18)."""

import zipfile
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter

from core.errors import Refusal
from inventory.exchange import sheets
from inventory.exchange.cells import Day, Wrong, day
from inventory.exchange.encodings import encoding_of
from inventory.exchange.findings import CARRIED, FOOTNOTE, HIDDEN_ROWS, HIDDEN_SHEET, ZERO
from inventory.exchange.showing import NO_RESULT, look_of_format
from tests.inventory.exchange.files import table, workbook
from tests.inventory.exchange.reading_only import read_file

HEAD = ("站点", "货位", "物资", "数量", "序列号", "有效期至")
FEBRUARY = datetime(2028, 2, 1)


def cells_of(path: Path, cells: Sequence[tuple[Any, str]], **options: Any) -> Path:
    """A sheet of stock whose rows end with these cells in these number formats."""
    with xlsxwriter.Workbook(str(path), options) as book:
        sheet = book.add_worksheet("库存")
        sheet.write_row(0, 0, HEAD)
        for number, (value, code) in enumerate(cells, 1):
            sheet.write_row(number, 0, ("S", "A1", "M", 1))
            look = book.add_format({"num_format": code}) if code else None
            if isinstance(value, datetime):
                sheet.write_datetime(number, 5, value, look)
            else:
                sheet.write(number, 5, value, look)
    return path


MONTHS = ['yyyy"年"m"月"', "mmm-yy", "yyyy-mm", "yyyy/m", '[$-804]yyyy"年"m"月";@', "[$-409]mmmm yyyy", "mmm\\-yy"]
DAYS = ["yyyy-mm-dd", "m/d/yy", '[$-804]yyyy"年"m"月"d"日"', "yyyy-mm-dd hh:mm"]


def test_X2_a_date_cell_is_what_it_shows_a_month_or_a_day(tmp_path: Path) -> None:
    found = read_file(cells_of(tmp_path / "a.xlsx", [(FEBRUARY, code) for code in (*MONTHS, *DAYS, 'yyyy"年"')]))
    month, on = Day(date(2028, 2, 29), "month"), Day(date(2028, 2, 1))
    assert [row["expires_on"] for row in found.values] == [month] * len(MONTHS) + [on] * len(DAYS)
    (fault,) = found.faults  # of which only the year is shown
    assert (fault.column, fault.value) == ("F", "2028")


@pytest.mark.parametrize(
    ("code", "look"),
    [
        ("General", None), ("G/通用格式", None), ("0.00", "places2"), ("#,##0.00_);(#,##0.00)", "places2"),
        ("0.000", None), ("0", None), ("yyyy", "year"), ("m/d", None), ("h:mm", None), ("mm:ss", None),
        ("0.00E+00", None), ("@", None),
        ('[DBNum1]yyyy"年"m"月"', "month"), ("e-mm", "month"),
    ],
)  # fmt: skip
def test_formats_are_read_for_what_they_show(code: str, look: str | None) -> None:
    assert look_of_format(code) == look


def test_X1_a_number_that_may_be_january_or_october_is_refused_with_both(tmp_path: Path) -> None:
    found = read_file(cells_of(tmp_path / "a.xlsx", [(2027.1, ""), (2027.10, "0"), (2030.1, "0.0")]))
    assert [(fault.params["first"], fault.params["second"]) for fault in found.faults] == [
        ("2027-01", "2027-10"),
        ("2027-01", "2027-10"),
        ("2030-01", "2030-10"),
    ]


def test_X1_what_is_shown_without_doubt_is_taken(tmp_path: Path) -> None:
    sure = [
        (2027.10, "0.00", date(2027, 10, 31)),
        (2027.01, "0.00", date(2027, 1, 31)),
        (2027.01, "", date(2027, 1, 31)),
        (2027.2, "", date(2027, 2, 28)),
        (2027.11, "", date(2027, 11, 30)),
        (2027.12, "", date(2027, 12, 31)),
        ("2027.1", "@", date(2027, 1, 31)),
        ("2027.10", "@", date(2027, 10, 31)),
    ]
    found = read_file(cells_of(tmp_path / "a.xlsx", [(value, code) for value, code, _ in sure]))
    assert [row["expires_on"] for row in found.values] == [Day(last, "month") for *_, last in sure], found.faults


def test_X1_a_csv_file_of_such_a_number_is_as_doubtful(tmp_path: Path) -> None:
    rows = [HEAD, *(("S", "A1", "M", "1", "", said) for said in ("2027.1", "2027.10", "2027.2"))]
    found = read_file(table(tmp_path / "a.csv", rows))
    assert [fault.row for fault in found.faults] == [2]
    assert [row["expires_on"].on for row in found.values] == [date(2027, 10, 31), date(2027, 2, 28)]


@pytest.mark.parametrize(
    ("said", "on", "precision"),
    [
        ("OCT 2027", date(2027, 10, 31), "month"), ("AUGUST 2027", date(2027, 8, 31), "month"),
        ("Sept. 2027", date(2027, 9, 30), "month"), ("28 Oct 2027", date(2027, 10, 28), "day"),
        ("28OCT2027", date(2027, 10, 28), "day"), ("October 28, 2027", date(2027, 10, 28), "day"),
        ("28th October 2027", date(2027, 10, 28), "day"), ("2027 OCT", date(2027, 10, 31), "month"),
        ("2027-Oct-28", date(2027, 10, 28), "day"), ("10/2027", date(2027, 10, 31), "month"),
        ("Oct-2027", date(2027, 10, 31), "month"), ("MAY 2027", date(2027, 5, 31), "month"),
        ("2027-10-28 00:00:00", date(2027, 10, 28), "day"), ("2027/10/28 8:30", date(2027, 10, 28), "day"),
        ("２０２７．１０", date(2027, 10, 31), "month"), ("2027-10-28T00:00:00Z", date(2027, 10, 28), "day"),
    ],
)  # fmt: skip
def test_X11_english_months_are_taken(said: str, on: date, precision: str) -> None:
    assert day(said) == Day(on, precision)


@pytest.mark.parametrize("said", ["OCTOPUS 2027", "03/04/2027", "13/2027", "2027-13", "2027.1.", "Ju 2027", "M 2027"])
def test_what_is_no_date_without_doubt_is_refused(said: str) -> None:
    with pytest.raises(Wrong):
        day(said)


def test_X5_a_failed_formula_is_named_and_never_an_empty_cell(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("库存")
        sheet.write_row(0, 0, HEAD)
        for number, failed in enumerate(("#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?"), 1):
            sheet.write_row(number, 0, ("S", "A1", "M", 1))
            sheet.write_formula(number, 4, "=VLOOKUP(A1,B:C,2,0)", None, failed)
        sheet.write_row(6, 0, ("S", "A1", "M", 1, "SN-1"))
    found = read_file(path)
    assert [(fault.row, fault.column, fault.value) for fault in found.faults][:2] == [
        (2, "E", "#N/A"),
        (3, "E", "#REF!"),
    ]
    assert (len(found.faults), [row["serial"] for row in found.values]) == (5, ["SN-1"])
    rows = [HEAD, ("S", "A1", "M", "1", "#N/A", ""), ("S", "A1", "M", "1", "", "#REF!")]
    assert [fault.column for fault in read_file(table(tmp_path / "a.csv", rows)).faults] == ["E", "F"]


@pytest.mark.parametrize("word", ["无", "/", "—", "N/A", "暂无", "-", "none"])
def test_X5_a_word_for_no_number_is_no_number(tmp_path: Path, word: str) -> None:
    rows = [("站点", "货位", "物资", "数量", "序列号", "批号"), *(("S", "A1", "M", "1", word, word),) * 2]
    found = read_file(table(tmp_path / "a.csv", rows))
    assert [(row.get("serial"), row.get("number")) for row in found.values] == [(None, None)] * 2


def hidden_book(path: Path) -> Path:
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("库存")
        sheet.write_row(0, 0, HEAD)
        for number in range(1, 11):
            sheet.write_row(number, 0, ("S", "A1", "M", number))
        for number in (3, 4, 8):
            sheet.set_row(number, None, None, {"hidden": True})
        old = book.add_worksheet("旧")
        old.write_row(0, 0, HEAD)
        for number in range(1, 901):
            old.write_row(number, 0, ("S", "A1", "M", 1))
        old.hide()
        older = book.add_worksheet("更旧")
        older.write_row(0, 0, HEAD)
        older.write_row(1, 0, ("S", "A1", "M", 77))
        older.very_hidden()
    return path


def test_X6_hidden_sheets_and_rows_are_left_out_and_said_unless_asked_for(tmp_path: Path) -> None:
    path = hidden_book(tmp_path / "a.xlsx")
    found = read_file(path)
    assert [int(row["quantity"][0]) for row in found.values] == [1, 2, 5, 6, 7, 9, 10]
    assert found.notes() == {HIDDEN_ROWS: 3, HIDDEN_SHEET: 901}
    assert found.findings.notes()[0].rows == "4–5, 9"
    assert [(layout.hidden, layout.hidden_rows) for layout in found.layouts] == [
        (False, True),
        (True, False),
        (True, False),
    ]
    assert len(read_file(path, take_hidden=True).values) == 911


@pytest.mark.parametrize("mark", ["\u200b", "\ufeff", "\u2060", "\u00ad", "\u202a", "\u200d"])
def test_X7_unseen_characters_are_taken_off_every_field(tmp_path: Path, mark: str) -> None:
    head = (*HEAD[:5], "批号", f"数{mark}量单位", f"厂{mark}家")
    rows = [head, ("S", f"A{mark}1", f"{mark}M", f"1{mark}", f"S{mark}N", f"{mark}L1", "", f"甲{mark}厂")]
    (row,) = read_file(workbook(tmp_path / "a.xlsx", {"a": rows})).values
    assert (row["place"], row["item"], row["serial"], row["number"], row["maker"]) == ("A1", "M", "SN", "L1", "甲厂")


NAMES = {
    "cp1252": ["Dräger", "Größe", "Rosenbauer Österreich", "Señal", "Café, 20°C"],
    "gb18030": ["大力钳", "灭火器（干粉）", "鲤鱼钳", "甲厂", "㙍镇", "LED灯"],
    "big5hkscs": ["滅火器", "急救箱", "雨衣", "手電筒"],
}


@pytest.mark.parametrize(("encoding", "name"), [(enc, name) for enc, names in NAMES.items() for name in names])
def test_X9_a_csv_file_is_read_in_the_encoding_it_was_saved_in(tmp_path: Path, encoding: str, name: str) -> None:
    head = {"cp1252": ("depot", "place", "item", "quantity", "maker")}.get(encoding, (*HEAD[:4], "厂家"))
    if encoding == "big5hkscs":
        head = ("depot", "place", "item", "quantity", "備註名稱")
    rows = [head, ("S", "A1", "M", "1", name)]
    path = table(tmp_path / "a.csv", rows, encoding)
    assert encoding_of(path) == encoding
    assert name in path.read_text(encoding_of(path))


def test_X9_what_may_be_either_is_asked_about_with_both_readings(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("depot,maker\nS,Dräger\nT,Dräger\nU,Ðx\n".encode("cp1252"))
    with pytest.raises(Refusal) as refused:
        encoding_of(path)
    assert refused.value.fields[0].params == {"first": "S,Dr鋑er", "second": "S,Dräger"}


def test_X13_a_depots_name_in_merged_cells_holds_for_its_rows_and_an_amount_does_not(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("库存")
        sheet.write_row(0, 0, HEAD)
        for number in range(1, 7):
            sheet.write_row(number, 1, (None, "M", number))
        sheet.merge_range(1, 0, 3, 0, "甲站")
        sheet.merge_range(4, 0, 6, 0, "乙站")
        sheet.merge_range(1, 1, 2, 1, "A1")
        sheet.merge_range(3, 1, 6, 1, "A2")
    found = read_file(path)
    assert [(row["depot"], row["place"]) for row in found.values] == [
        ("甲站", "A1"), ("甲站", "A1"), ("甲站", "A2"), ("乙站", "A2"), ("乙站", "A2"), ("乙站", "A2"),
    ]  # fmt: skip
    assert found.faults == []
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("库存")
        sheet.write_row(0, 0, HEAD)
        for number in range(1, 5):
            sheet.write_row(number, 0, ("S", "A1", "M", None))
        sheet.merge_range(1, 3, 2, 3, 6)
        sheet.write_row(3, 3, (1, None))
        sheet.write_row(4, 3, (1, None))
        sheet.merge_range(3, 4, 4, 4, "SN-1")
    found = read_file(path)
    assert [(fault.row, fault.column) for fault in found.faults] == [(2, "D"), (3, "D"), (4, "E"), (5, "E")]


def test_X13_a_depot_said_once_above_its_rows_is_carried_down_and_said(tmp_path: Path) -> None:
    rows = [HEAD, ("甲站", "A1", "M", "1"), ("", "A2", "M", "2"), ("乙站", "B1", "M", "3"), ("", "B2", "M", "4")]
    found = read_file(table(tmp_path / "a.csv", rows))
    assert [row["depot"] for row in found.values] == ["甲站", "甲站", "乙站", "乙站"]
    assert found.notes() == {CARRIED: 2}
    assert [fault.column for fault in read_file(table(tmp_path / "b.csv", [HEAD, ("", "A1", "M", "1")])).faults] == [
        "A"
    ]


def test_X16_a_row_of_nothing_is_skipped_and_said_and_the_depot_may_be_given(tmp_path: Path) -> None:
    rows = [HEAD[1:4], ("A1", "M", "0"), ("A1", "N", 0.0), ("A1", "O", "0瓶"), ("A1", "P", "3")]
    found = read_file(table(tmp_path / "a.csv", rows), given={"depot": "STR-0001"})
    assert [(row["depot"], row["item"]) for row in found.values] == [("STR-0001", "P")]
    assert found.notes() == {ZERO: 3}
    assert [fault.params["field"][1] for fault in read_file(table(tmp_path / "b.csv", rows)).faults] == ["Depot"]
    for wrong in ("-1", "三", "1.2345"):
        rows = [HEAD, ("S", "A1", "M", wrong)]
        assert len(read_file(table(tmp_path / "c.csv", rows)).faults) == 1


def test_X18_a_workbook_of_the_1904_system_has_the_dates_it_shows(tmp_path: Path) -> None:
    cells: list[tuple[Any, str]] = [(45322, ""), (FEBRUARY, "yyyy-mm-dd")]
    found = read_file(cells_of(tmp_path / "a.xlsx", cells, date_1904=True))
    assert [row["expires_on"] for row in found.values] == [Day(date(2028, 2, 1))] * 2
    assert [row["quantity"][0] for row in found.values] == [Decimal(1)] * 2


def test_X18_a_blank_text_far_down_is_no_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MOST_ROWS", 1000)
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("库存")
        sheet.write_row(0, 0, HEAD)
        sheet.write_row(1, 0, ("S", "A1", "M", 1))
        sheet.write(4000, 0, " ")
    assert len(read_file(path).values) == 1
    with pytest.raises(Refusal, match="more than 1000 rows"):
        read_file(table(tmp_path / "a.csv", [HEAD, *[("S", "A1", "M", "1")] * 1001]))


@pytest.mark.parametrize(
    "title", ["库存表", "Bestand, Lager Nord, 2026", "深圳市,库存,2026年\n单位:件", "sep=;", '"a;b;c;d",x,y,z']
)
def test_X18_a_title_above_a_table_does_not_decide_what_divides_its_cells(tmp_path: Path, title: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"{title}\n站点;货位;物资;数量\nS;A1;M;1,5\nS;A1;N;2\n", "utf-8")
    assert [row["quantity"][0] for row in read_file(path).values if row["item"] == "N"] == [Decimal(2)]


def test_rows_that_are_no_data_are_said_and_not_booked(tmp_path: Path) -> None:
    rows = [
        HEAD, ("S", "A1", "M", 1), ("本页小计", None, None, 1), HEAD, ("S", "A1", "M", 2), ("合计：", None, None, 3),
        ("制表人：张三", None, "审核人：李四", None, "日期：2026-11-01"), ("注：以实物为准",), ("Prepared by: Li",),
    ]  # fmt: skip
    found = read_file(workbook(tmp_path / "a.xlsx", {"库存": rows}))
    assert (found.faults, [row["quantity"][0] for row in found.values]) == ([], [1, 2])
    assert found.notes() == {FOOTNOTE: 6}


def test_a_header_of_two_rows_is_read_as_one(tmp_path: Path) -> None:
    rows = [
        ("盘点表",), ("站点", "货位", "物资信息", None, "数量"), (None, None, "物资编码", "规格", None),
        ("S", "A1", "M", None, 3),
    ]  # fmt: skip
    found = read_file(workbook(tmp_path / "a.xlsx", {"库存": rows}))
    assert [(row["item"], int(row["quantity"][0])) for row in found.values] == [("M", 3)], found.faults


def test_a_legend_beside_the_table_is_not_read(tmp_path: Path) -> None:
    legend = [("物资编码", "名称", "单位"), ("M", "灭火器", "具")]
    found = read_file(workbook(tmp_path / "a.xlsx", {"字典": legend, "库存": [HEAD, ("S", "A1", "M", 1)]}))
    assert (found.faults, len(found.values)) == ([], 1)


def open_document(path: Path, days: Sequence[str]) -> Path:
    """An OpenDocument sheet of stock with these dates."""
    names = "".join(
        f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
    )

    def words(said: str) -> str:
        return f'<table:table-cell office:value-type="string"><text:p>{said}</text:p></table:table-cell>'

    dated = '<table:table-cell office:value-type="date" office:date-value="{0}"><text:p>{0}</text:p></table:table-cell>'
    rows = [
        "".join(map(words, HEAD)),
        *("".join(map(words, ("S", "A1", "M", "1", ""))) + dated.format(d) for d in days),
    ]
    body = "".join(f"<table:table-row>{row}</table:table-row>" for row in rows)
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        file.writestr("META-INF/manifest.xml", "<manifest/>")
        file.writestr(
            "content.xml",
            f"<office:document-content{names}><office:body><office:spreadsheet>"
            f'<table:table table:name="a">{body}</table:table>'
            "</office:spreadsheet></office:body></office:document-content>",
        )
    return path


def test_X2_where_the_format_cannot_be_seen_a_first_of_a_month_is_asked_about(tmp_path: Path) -> None:
    found = read_file(open_document(tmp_path / "a.ods", ["2028-02-01", "2028-02-15"]))
    assert [(fault.row, fault.column, fault.value) for fault in found.faults] == [(2, "F", "2028-02-01")]
    assert [row["expires_on"] for row in found.values] == [Day(date(2028, 2, 15))]


def test_a_formula_without_a_result_is_no_nought(tmp_path: Path) -> None:
    """A program writes the formula alone; until a spreadsheet has calculated it, nobody knows what it comes to."""
    path = tmp_path / "a.xlsx"
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(HEAD)
    for amount in (3, "=1+2"):
        sheet.append(("S", "A1", "M", amount))
    book.save(path)
    found = read_file(path)
    assert len(found.values) == 1
    (fault,) = found.faults
    assert (fault.column, fault.row, fault.value) == ("D", 3, NO_RESULT)


def test_two_sheets_that_say_the_same_are_not_both_booked(tmp_path: Path) -> None:
    rows = [HEAD, ("S", "A1", "M", 3)]
    found = read_file(workbook(tmp_path / "a.xlsx", {"Sheet1": rows, "Sheet1 (2)": rows, "Sheet2": [*rows, rows[1]]}))
    (fault,) = found.faults
    assert fault.sheet == "Sheet1 (2)" and "Sheet1" in fault.told("en")[0]
