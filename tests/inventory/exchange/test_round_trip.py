"""Own lists come back unchanged: from another program that opened and saved them, and from a CSV file in GBK (X10)."""

import csv
import io
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import msgspec
import openpyxl
import pandas
import pytest
from sqlalchemy import update

from core.languages import LANGUAGES
from inventory.catalogue.models import Item
from inventory.editing.view import item_view
from inventory.exchange.habits import learn_words, words_of
from inventory.exchange.models import ImportState
from inventory.exchange.reading import read_layouts
from tests.conftest import Town
from tests.inventory.exchange.conftest import Importing
from tests.inventory.exchange.files import table
from tests.inventory.exchange.libreoffice import AS_IT_GUESSES, AS_TEXT, saved_by_libreoffice
from tests.inventory.merging.test_merging import NEW, OLD, add, merged
from tests.waiting import rests, until

LISTS = {
    "districts": "districts",
    "depots": "depots",
    "items": "catalogue",
    "catalogue": "catalogue",
    "people": "people",
    "assets": "assets",
}


def resaved(content: bytes, path: Path) -> Path:
    """As openpyxl opens and saves a workbook."""
    path = path.with_suffix(".xlsx")
    openpyxl.load_workbook(io.BytesIO(content)).save(path)
    return path


def in_gbk(content: bytes, path: Path) -> Path:
    """As a Chinese Excel saves a workbook to CSV: what GBK does not have becomes a question mark."""
    path = path.with_suffix(".csv")
    rows = openpyxl.load_workbook(io.BytesIO(content)).active.iter_rows(values_only=True)
    text = io.StringIO()
    csv.writer(text).writerows([["" if cell is None else cell for cell in row] for row in rows])
    path.write_bytes(text.getvalue().encode("gbk", "replace"))
    return path


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_every_list_that_can_come_in_comes_back_unchanged(
    client: httpx.AsyncClient, town: Town, importing: Importing, tmp_path: Path
) -> None:
    town.stock("EXT-001", "1", serial="SN-1")
    for name, subject in LISTS.items():
        answer = await client.get(f"/api/export/{name}.xlsx", params={"lang": "zh"}, headers=town.auth("admin"))
        run = importing.go(subject, in_gbk(answer.content, tmp_path / name), write=False)
        assert run.state == ImportState.CHECKED, (name, importing.faults(run)[:2])
        outcome = msgspec.json.decode(run.outcome)
        assert (outcome.get("new", 0), outcome.get("changed", 0)) == (0, 0), (name, outcome)


def by_pandas(path: Path, folder: Path) -> Path:
    """As a program reads and writes it with pandas: codes as text, which whoever has leading zeros asks for."""
    folder.mkdir()
    if path.suffix == ".csv":
        pandas.read_csv(path, dtype=str, keep_default_na=False).to_csv(folder / path.name, index=False)
    else:
        pandas.read_excel(path, dtype=object, keep_default_na=False, engine="openpyxl").to_excel(
            folder / path.name, index=False
        )
    return folder / path.name


async def own_files(client: httpx.AsyncClient, town: Town, folder: Path, language: str, kind: str) -> dict[Path, str]:
    """Every list that can come in, as it goes out. The stock list comes back as more of the same: another test."""
    folder.mkdir()
    found = {}
    for name, subject in LISTS.items():
        answer = await client.get(f"/api/export/{name}.{kind}", params={"lang": language}, headers=town.auth("admin"))
        assert answer.status_code == 200, answer.text
        path = folder / f"{name}.{kind}"
        path.write_bytes(answer.content)
        found[path] = subject
    return found


def unchanged(importing: Importing, subject: str, path: Path) -> None:
    run = importing.go(subject, path, write=False)
    assert run.state == ImportState.CHECKED, (path.name, [one.told("en") for one in importing.faults(run)[:3]])
    outcome = msgspec.json.decode(run.outcome)
    assert (outcome.get("new", 0), outcome.get("changed", 0)) == (0, 0), (path.name, outcome["changes"])


def awkward(town: Town) -> None:
    """What other programs like to make something else of: zeros in front, signs, long numbers, decimals, dates."""
    town.stock("EXT-001", "1", serial="0017")
    note = "- 1+1, '0012', 2026-03-05\n+86 755"
    values = {"note": note, "weight_kg": Decimal("0.125"), "gtin": "06901234567892", "pack_size": Decimal(12)}
    town.run(lambda session: session.execute(update(Item).where(Item.code == "BRK-014").values(**values)))


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_own_list_comes_back_unchanged_from_other_programs(
    client: httpx.AsyncClient, town: Town, importing: Importing, tmp_path: Path, language: str
) -> None:
    """LibreOffice opens and saves them in its own formats, pandas reads and writes them; nothing is new or changed."""
    awkward(town)
    books = await own_files(client, town, tmp_path / "xlsx", language, "xlsx")
    texts = await own_files(client, town, tmp_path / "csv", language, "csv")
    for path, subject in (books | texts).items():
        unchanged(importing, subject, path)
        unchanged(importing, subject, by_pandas(path, tmp_path / f"pandas-{path.name}"))
    for files, kind, opened in (
        (books, "xlsx", ""),
        (books, "ods", ""),
        (books, "csv:Text - txt - csv (StarCalc):44,34,76,1", ""),
        (texts, "xlsx", AS_TEXT),
    ):
        saved = saved_by_libreoffice([*files], tmp_path / f"libreoffice-{kind[:4]}-{opened[:3]}", kind, opened)
        for subject, path in zip(files.values(), saved, strict=True):
            unchanged(importing, subject, path)
    # a spreadsheet left to guess makes numbers and dates of codes: that may be refused, and never goes in as a change
    for subject, path in zip(
        texts.values(), saved_by_libreoffice([*texts], tmp_path / "guessed", "xlsx", AS_IT_GUESSES), strict=True
    ):
        run = importing.go(subject, path, write=False)
        outcome = msgspec.json.decode(run.outcome)
        assert run.state == ImportState.FAULTY or outcome["new"] + outcome["changed"] == 0, outcome


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_merged_line_comes_back_as_it_went_out_or_not_at_all(
    client: httpx.AsyncClient, town: Town, importing: Importing, tmp_path: Path
) -> None:
    add(town, OLD)
    add(town, NEW)
    merged(town)
    answer = await client.get("/api/export/items.xlsx", params={"lang": "zh"}, headers=town.auth("admin"))
    path = resaved(answer.content, tmp_path / "items")
    assert importing.go("catalogue", path).state == ImportState.DONE
    assert not town.run(item_view, OLD).active
    book = openpyxl.load_workbook(path)
    for row in book.active.iter_rows():
        if row[0].value == OLD:
            row[1].value = "新名"
    book.save(path)
    (fault,) = importing.faults(importing.go("catalogue", path))
    assert fault.value == OLD and NEW in fault.told("zh")[0]
    said = (town.callers["admin"], {"旧称": OLD}, town.context.clock.now())
    town.run(learn_words, *said)
    assert town.run(words_of, town.callers["admin"].person_id) == {"旧称": NEW}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_the_stock_list_comes_back_line_for_line(
    client: httpx.AsyncClient, town: Town, importing: Importing, tmp_path: Path
) -> None:
    town.stock("BRK-014", "3")
    town.stock("MED-007", "20", number="0012")
    for language in LANGUAGES:
        for number, saved in enumerate((resaved, in_gbk)):
            answer = await client.get("/api/export/stock.xlsx", params={"lang": language}, headers=town.auth("admin"))
            path = saved(answer.content, tmp_path / f"{language}-{number}")
            assert all(column.field for column in read_layouts("stock", path)[0].columns)
            run = importing.go("stock", path, write=False)
            assert run.state == ImportState.CHECKED, importing.faults(run)[:2]
            fields = [one["fields"][0] for one in msgspec.json.decode(run.outcome)["changes"]]
            assert [(one["before"], one["after"]) for one in fields] == [("3", "6"), ("20", "40")]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_the_page_maps_columns_words_and_depot_and_hands_out_the_marked_file(
    client: httpx.AsyncClient, town: Town, tmp_path: Path
) -> None:
    rows = [("货位", "东西", "数量"), ("A1层", "无线对讲设备", "1"), ("A1层", "钳子", "x"), ("A1层", "钳子", "0")]
    path = table(tmp_path / "清单.csv", rows, "gbk")
    headers = {**town.auth("officer"), "cookie": "language=zh"}
    files = {"file": (path.name, path.read_bytes())}
    answer = await client.post("/imports", data={"subject": "stock"}, files=files, headers=headers)
    run = answer.headers["location"]
    page = (await client.get(run, headers=headers)).text
    assert "<code>无线对讲设备</code>" in page and 'name="given-depot"' in page
    form = {"column-0-0": "place", "column-0-1": "item", "column-0-2": "quantity", "given-depot": "STR-0001"}
    assert (await client.post(run, data={**form, "act": "check"}, headers=headers)).status_code == 303
    await settled(client, run, headers)
    page = (await client.get(run, headers=headers)).text
    assert 'name="word-0" value="无线对讲设备"' in page and "2 个" not in page
    assert "数量为 0" in page and "原值" not in page
    marked = await client.get(f"{run}/marked.xlsx", headers=headers)
    sheet = openpyxl.load_workbook(io.BytesIO(marked.content)).active
    assert sheet["C3"].fill.fgColor.rgb == "FFFFC7CE"
    assert (await client.get(f"{run}/marked.xlsx", headers=town.auth("keeper"))).status_code == 403
    words = {"word-0": "无线对讲设备", "means-0": "", "other-0": "BRK-014"}
    await client.post(run, data={**form, **words, "act": "check"}, headers=headers)
    await settled(client, run, headers)
    page = (await client.get(run, headers=headers)).text
    assert 'name="word-0"' not in page
    refused = await client.post(run, data={**form, **words, "other-0": "NO-SUCH", "act": "check"}, headers=headers)
    assert refused.status_code == 422


async def settled(client: httpx.AsyncClient, run: str, headers: dict[str, str]) -> None:
    """Wait until an import rests."""

    async def ask() -> dict[str, Any]:
        return dict((await client.get(f"{run}/progress", headers=headers)).json())

    await until(ask, rests)
