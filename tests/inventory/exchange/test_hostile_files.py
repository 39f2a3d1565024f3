"""Files made to hurt: each is refused in a sentence before it is opened, and the process lives on."""

import resource
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from core.errors import Refusal
from inventory.exchange import probing, sheets
from inventory.exchange.sheets import open_sheets

# The bounds for two of them, so that nobody packs or reads hundreds of megabytes to stand beyond those of the program
UNPACKED, MEMORY = 6_000_000, 150_000_000
MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PARTS = {
    "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="xml" ContentType="application/xml"/></Types>',
    "_rels/.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    f'<Relationship Id="r1" Type="{RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook {MAIN} xmlns:r="{RELATIONS}"><sheets><sheet name="a" sheetId="1" r:id="r1"/>'
    "</sheets></workbook>",
    "xl/_rels/workbook.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    f'<Relationship Id="r1" Type="{RELATIONS}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="r2" Type="{RELATIONS}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
}


def xlsx(path: Path, rows: str, strings: str = "") -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, part in PARTS.items():
            file.writestr(name, part)
        file.writestr("xl/sharedStrings.xml", f"<sst {MAIN}>{strings}</sst>")
        file.writestr("xl/worksheets/sheet1.xml", f"<worksheet {MAIN}><sheetData>{rows}</sheetData></worksheet>")


def corners(path: Path) -> None:
    xlsx(
        path,
        '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
    )
    assert path.stat().st_size < 2000


def sparse(path: Path) -> None:
    rows = (f'<row r="{n}"><c r="A{n}"><v>1</v></c><c r="XFD{n}"><v>1</v></c></row>' for n in range(1, 2001))
    xlsx(path, "".join(rows))


def bomb(path: Path) -> None:
    xlsx(path, '<row r="1"><c r="A1"><v>1</v></c></row>' + " " * 2 * UNPACKED)


def strings(path: Path) -> None:
    xlsx(path, '<row r="1"><c r="A1" t="s"><v>1</v></c></row>', "<si><t>some text or other</t></si>" * 4_000_000)


def repeated(path: Path) -> None:
    cell = '<table:table-cell office:value-type="float" office:value="1" table:number-columns-repeated="16384"/>'
    names = "".join(
        f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet", zipfile.ZIP_STORED)
        file.writestr("META-INF/manifest.xml", "<manifest/>")
        file.writestr(
            "content.xml",
            f"<office:document-content{names}><office:body><office:spreadsheet>"
            f'<table:table table:name="a"><table:table-row table:number-rows-repeated="1048576">{cell}'
            "</table:table-row></table:table></office:spreadsheet></office:body></office:document-content>",
        )


@pytest.mark.parametrize(
    ("make", "name"),
    [(corners, "a.xlsx"), (sparse, "a.xlsx"), (bomb, "a.xlsx"), (strings, "a.xlsx"), (repeated, "a.ods")],
)
def test_a_workbook_too_large_once_open_is_refused(
    tmp_path: Path, make: Callable[[Path], None], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if make is bomb:
        monkeypatch.setattr(sheets, "LARGEST_UNPACKED", UNPACKED)
    if make is strings:
        monkeypatch.setattr(probing, "MEMORY", MEMORY)
    make(tmp_path / name)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(Refusal) as refused:
        open_sheets(tmp_path / name)
    assert refused.value.status == 413
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # kilobytes


@pytest.mark.parametrize(
    "content", [b"," * 5_000_000, b'"a\n",' * 500_000, b'"' + b"x\n" * 500_000], ids=["wide", "lines", "open"]
)
def test_a_csv_without_an_end_of_its_rows_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(Refusal) as refused:
        list(open_sheets(tmp_path / "a.csv")[0].rows)
    assert refused.value.status in (413, 422)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04" + b"\x00" * 100, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" * 100])
@pytest.mark.parametrize("suffix", ["xlsx", "xls", "xlsb", "ods"])
def test_what_is_no_workbook_is_refused(tmp_path: Path, suffix: str, content: bytes) -> None:
    path = tmp_path / f"a.{suffix}"
    path.write_bytes(content)
    with pytest.raises(Refusal) as refused:
        open_sheets(path)
    assert (refused.value.status, refused.value.fields[0].field) == (422, "file")


def test_a_plain_workbook_is_read(tmp_path: Path) -> None:
    xlsx(tmp_path / "a.xlsx", '<row r="2"><c r="B2"><v>7</v></c></row>')
    (sheet,) = open_sheets(tmp_path / "a.xlsx")
    assert [cells for _, cells in sheet.rows][-1] == [7.0]
