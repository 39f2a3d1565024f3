"""Asset facts of a piece: told within reach, in the ledger of assets, and a notice before a warranty ends."""

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as some
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import Refusal
from inventory.assets.keeping import AssetEdit, asset_view, put_asset
from inventory.assets.lists import assets, sums
from inventory.assets.models import AssetFact
from inventory.assets.rules import book_value, read_fen, write_yuan
from inventory.exchange.models import ImportState
from inventory.listing.listing import Asked
from jobs.causes.warranties import warranty_causes
from labels.printing.addresses import Addresses
from labels.printing.texts import label_text
from tests.conftest import Town
from tests.inventory.exchange.conftest import Importing
from tests.inventory.exchange.files import workbook

TODAY = date(2026, 11, 23)


def tell(town: Town, lot_id: UUID, who: str = "keeper", **said: Any) -> None:
    town.run(put_asset, town.callers[who], lot_id, AssetEdit(**said), town.context.clock.now())


def asked(town: Town, who: str = "admin") -> Asked:
    return Asked(town.callers[who], "zh", TODAY, ZoneInfo("Asia/Shanghai"))


@pytest.mark.parametrize(
    ("bought_on", "years", "left"),
    [
        (date(2026, 11, 23), 5, 120_000),
        (date(2026, 10, 24), 5, 120_000),  # no whole month yet
        (date(2026, 10, 23), 5, 118_000),
        (date(2024, 5, 23), 5, 60_000),
        (date(2021, 11, 23), 5, 0),
        (date(1990, 1, 1), 5, 0),
        (date(2027, 1, 1), 5, 120_000),
        (None, 5, 120_000),
        (date(2024, 5, 23), None, 120_000),
    ],
)
def test_a_price_is_written_off_evenly_by_whole_months(bought_on: date | None, years: int | None, left: int) -> None:
    assert book_value(120_000, bought_on, years, TODAY) == left


@given(some.integers(0, 99_999_999_999))
def test_money_is_whole_fen_and_reads_as_it_is_written(fen: int) -> None:
    assert read_fen(write_yuan(fen), "price") == fen


@pytest.mark.heavy
def test_facts_are_told_changed_and_emptied_by_who_keeps_the_piece(town: Town) -> None:
    lot_id = town.stock("EXT-001", "1", serial="S-1")
    tell(town, lot_id, number="GZ-001", price="1,280.5", bought_on=date(2024, 5, 23), fund="区财政", life_years=5)
    view = town.run(asset_view, town.keeper, lot_id, TODAY)
    assert (view.number, view.price, view.book_value, view.fund) == ("GZ-001", "1280.50", "640.25", "区财政")
    tell(town, lot_id, price=None, fund="")
    view = town.run(asset_view, town.keeper, lot_id, TODAY)
    assert (view.number, view.price, view.book_value, view.fund) == ("GZ-001", None, None, "")
    for who, status in (("keeper2", 404), ("responder", 403), ("auditor", 403)):
        with pytest.raises(Refusal) as refused:
            tell(town, lot_id, who, fund="x")
        assert refused.value.status == status


def test_an_asset_number_is_of_one_piece_alone(town: Town) -> None:
    first, second = (town.stock("EXT-001", "1", serial=serial) for serial in ("S-1", "S-2"))
    tell(town, first, number="GZ-001")
    with pytest.raises(Refusal) as refused:
        tell(town, second, number="GZ-001")
    assert refused.value.status == 409
    bulk = town.stock("FLD-001", "5")
    for lot_id, said, field in (
        (bulk, {"number": "GZ-2"}, "number"),
        (first, {"price": "-1"}, "price"),
        (first, {"price": "1.234"}, "price"),
        (first, {"bought_on": date(1500, 1, 1)}, "bought_on"),
    ):
        with pytest.raises(Refusal) as refused:
            tell(town, lot_id, **said)
        assert refused.value.fields[0].field == field


def test_the_ledger_of_assets_adds_up_within_reach(town: Town) -> None:
    piece = town.stock("EXT-001", "1", serial="S-1")
    bags = town.stock("FLD-001", "40")
    town.stock("FLD-001", "10", town.other_shelf)
    tell(town, piece, price="1200", bought_on=date(2024, 5, 23), life_years=5, fund="A")
    tell(town, bags, "admin", price="2.50", fund="B")
    lines = list(town.run(lambda session: list(assets(session, asked(town)))))
    assert [(line.item, line.quantity, line.value) for line in lines] == [
        ("FLD-001", Decimal(10), Decimal(25)),
        ("EXT-001", Decimal(1), Decimal(1200)),
        ("FLD-001", Decimal(40), Decimal(100)),
    ]
    rows = town.run(lambda session: list(sums(session, asked(town, "keeper"))))
    assert [(row.fund, row.lines, row.value, row.book) for row in rows] == [("A", 1, 1200, 600), ("B", 1, 100, 100)]
    with pytest.raises(Refusal) as refused:
        tell(town, bags, fund="C")  # the batch lies at another depot too
    assert refused.value.status == 403


def test_a_warranty_is_told_of_in_its_last_thirty_days(town: Town) -> None:
    lot_id = town.stock("EXT-001", "1", serial="S-1")
    tell(town, lot_id, warranty_until=TODAY + timedelta(30))
    now = town.context.clock.now()

    def told(day: date) -> int:
        return len(town.run(warranty_causes, [town.depot.id], day, now))

    assert [told(TODAY + timedelta(days)) for days in (-1, 0, 30, 31)] == [0, 1, 1, 0]


async def test_the_route_and_the_page_do_the_same(client: httpx.AsyncClient, town: Town) -> None:
    lot_id = town.stock("EXT-001", "1", serial="S-1")
    at, keeper = f"/api/lots/{lot_id}/asset", town.auth("keeper")
    body = {"number": "GZ-1", "price": "99", "warranty_until": "2027-01-31"}
    assert (await client.put(at, json=body, headers=keeper)).json()["price"] == "99.00"
    assert (await client.get(at, headers=town.auth("keeper2"))).status_code == 404
    page = f"/lots/{lot_id}/asset"
    form = {"number": "GZ-1", "price": "", "bought_on": "2026-01-01", "fund": "市财政", "life_years": "8"}
    assert (await client.post(page, data=form, headers=keeper)).status_code == 303
    shown = (await client.get(page, headers=keeper)).text
    assert "市财政" in shown and "GZ-1" in shown
    for name in ("assets", "asset-values"):
        assert (await client.get(f"/api/export/{name}.csv", headers=keeper)).status_code == 200


def test_a_ledger_from_a_file_finds_the_pieces_and_can_be_taken_back(town: Town, tmp_path: Path) -> None:
    piece, other = town.stock("EXT-001", "1", serial="S-1"), town.stock("EXT-001", "1", serial="S-2")
    importing, path = Importing(town), tmp_path / "assets.csv"
    path.write_text(
        "站点编号,物资编码,序列号,资产编号,单价（元）,购置日期,资金来源,保修期至,折旧年限\n"
        "STR-0001,EXT-001,S-1,0012,1280.5,2024-05-23,区财政,2027-05-22,5\n"
        "STR-0001,EXT-001,S-2,,99,,,,\n"
    )
    run = importing.go("assets", path)
    assert (run.state, importing.faults(run)) == (ImportState.DONE, [])
    view = town.run(asset_view, town.keeper, piece, TODAY)
    assert (view.number, view.price, view.fund, view.warranty_until) == (
        *("0012", "1280.50", "区财政"),
        date(2027, 5, 22),
    )
    importing.undo(run)
    assert town.run(asset_view, town.keeper, other, TODAY).price is None
    path.write_text(
        "depot,item,serial,asset number,price\nSTR-0001,EXT-001,S-1,A,1.234\n"
        "STR-0001,EXT-001,S-9,B,1\nSTR-0001,EXT-001,S-2,C,1\nSTR-0001,EXT-001,S-1,C,1\n"
    )
    faults = importing.faults(importing.go("assets", path))
    assert [(fault.row, fault.header) for fault in faults] == [(2, "price"), (3, "serial"), (5, "asset number")]


def test_opening_stock_brings_its_asset_facts(town: Town, tmp_path: Path) -> None:
    importing = Importing(town)
    head = [
        "站点编码",
        "货位",
        "物资编码",
        "数量",
        "序列号",
        "批号",
        "有效期至",
        "资产编号",
        "单价",
        "购置日期",
        "供应商",
    ]
    shelf = town.shelf.path_zh
    day = date(2025, 3, 1)
    rows: list[list[object]] = [
        ["STR-0001", shelf, "PPE-001", 1, "H-1", "", "", "ZC-1", 480, day, "某厂"],
        ["STR-0001", shelf, "PPE-001", 2, "", "", "", "", 500, day, ""],
        ["STR-0001", shelf, "MED-010", 3, "", "L1", date(2028, 1, 1), "", 12.5, day, "医药公司"],
    ]
    run = importing.go("stock", workbook(tmp_path / "stock.xlsx", {"x": [head, *rows]}))
    assert importing.faults(run) == []

    def facts(session: Session) -> list[tuple[str | None, int | None, str]]:
        found = session.execute(select(AssetFact)).scalars()
        return sorted(((one.number, one.price_fen, one.supplier) for one in found), key=str)

    assert town.run(facts) == sorted(
        [("ZC-1", 48000, "某厂"), (None, 50000, ""), (None, 50000, ""), (None, 1250, "医药公司")], key=str
    )
    wrong: list[list[object]] = [
        ["STR-0001", shelf, "PPE-001", 1, "H-2", "", "", "ZC-1", "", "", ""],
        ["STR-0001", shelf, "MED-010", 1, "", "L1", date(2028, 1, 1), "", 13, "", ""],
        ["STR-0001", shelf, "MED-010", 1, "", "L2", date(2028, 1, 1), "ZC-9", "", "", ""],
        ["STR-0001", shelf, "MED-010", 1, "", "L3", date(2028, 1, 1), "", 1, "", ""],
        ["STR-0001", shelf, "MED-010", 1, "", "L3", date(2028, 1, 1), "", 2, "", ""],
    ]
    run = importing.go("stock", workbook(tmp_path / "wrong.xlsx", {"x": [head, *wrong]}))
    assert [(fault.row, fault.header) for fault in importing.faults(run)] == [
        (2, "资产编号"),
        (3, "单价"),
        (4, "资产编号"),
        (6, "单价"),
    ]


def test_a_price_beside_boxes_is_not_guessed_to_be_that_of_a_piece(town: Town, tmp_path: Path) -> None:
    importing = Importing(town)
    head = ["站点编码", "货位", "物资编码", "数量", "批号", "有效期至", "单价"]
    shelf, day = town.shelf.path_zh, date(2028, 1, 1)
    rows = [
        ["STR-0001", shelf, "CNV-005", "2箱", "L1", day, 36],
        ["STR-0001", shelf, "CNV-005", "24瓶", "L2", day, 1.5],
        ["STR-0001", shelf, "CNV-005", "2箱", "L3", day, None],
    ]
    (fault,) = importing.faults(importing.go("stock", workbook(tmp_path / "a.xlsx", {"x": [head, *rows]})))
    assert (fault.row, fault.header) == (2, "单价") and "每瓶" in fault.told("zh")[1]


async def test_a_delivery_brings_its_asset_facts_and_its_label_the_number(
    client: httpx.AsyncClient, town: Town
) -> None:
    def entry(**more: Any) -> dict[str, Any]:
        told = {"kind": "receive", "id": str(uuid4()), "place": str(town.shelf.id), "quantity": "1", "item": "PPE-001"}
        return {**told, "happened_at": town.context.clock.now().isoformat(), **more}

    async def send(**more: Any) -> Any:
        answer = await client.post("/api/entries", json=entry(**more), headers=town.auth())
        return answer.status_code, answer.json()

    said = {"number": "ZC-7", "price": "480.50", "supplier": "某厂", "warranty_until": "2028-03-31"}
    status, told = await send(serial="H-7", asset=said)
    assert status == 201, told
    (line,) = told["outcome"]["result"]["movements"][0]["lines"]
    view = town.run(asset_view, town.keeper, UUID(line["lot"]), TODAY)
    assert (view.number, view.price, view.supplier) == ("ZC-7", "480.50", "某厂")
    text = town.run(label_text, town.keeper, town.code_of(UUID(line["lot"])), Addresses("http://x"), "zh")
    assert "H-7" in text.number and "ZC-7" in text.number
    status, told = await send(serial="H-8", asset=said)
    assert status == 409 and "ZC-7" in told["detail"], "two pieces with one number"
    status, told = await send(serial="H-8", asset=said, late=True)
    assert status == 201, "what came is there all the same"
    why = told["outcome"]["result"]["asset_refused"]
    assert "ZC-7" in why and "资产编号" in why, "why the rest is not, in the words of who brought it in"
    assert (await send(quantity="2", asset={"number": "ZC-8"}))[0] == 422
    assert (await send(asset={"price": "dear"}))[0] == 422
