"""Opening stock from a file, booked through the ledger."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select, update

from core.errors import Refusal
from inventory.catalogue.models import Item, Tracking
from inventory.documents.counting import ApproveCount, Counted, CountLines, StartCount
from inventory.entries import VERBS
from inventory.exchange.models import ImportRun, ImportState
from inventory.exchange.runs import arrange, cancel, carry_out, claim, progress_of
from inventory.recalls.calling import CallBack
from inventory.stock.models import Condition, Expiry, Kind, Lot, Movement, Stock
from inventory.stock.verify import verify
from inventory.telling.entries import book_entry
from inventory.witnessing.witness import AskWitness, Witness
from labels.codes.binding import labelled
from tests.clock import SetClock
from tests.conftest import Town, one
from tests.inventory.documents.conftest import Desk
from tests.inventory.exchange.conftest import Importing
from tests.inventory.exchange.files import table, workbook

HEADER = ("站点编号", "货位", "物资编码", "数量", "批号", "序列号", "厂家", "生产日期", "有效期至")


def count(town: Town, what: Any) -> int:
    return town.run(lambda session: session.execute(select(func.count()).select_from(what)).scalar_one())


def sound(town: Town) -> bool:
    return town.run(verify).sound


def test_a_workbook_with_a_title_and_a_sum_becomes_movements(importing: Importing, town: Town, tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "期初库存.xlsx",
        {
            "说明": [["请勿修改表头"]],
            "库存": [
                ["麻岭站期初库存表"],
                [],
                ["站点名称", "存放位置", "物资名称", "库存数量(基本单位)", "批号", "有效期至", "出厂编号"],
                ["麻岭街面站", "器材库 › A1层", "MED-024", 12, "0012", date(2027, 2, 28), None],
                ["麻岭街面站", "A2层", "MED-024", "１２ ", "0013", "2027年2月", None],
                ["STR-0001", "器材库/A1层", "BRK-014", 2, None, None, None],
                ["STR-0001", "A1层", "EXT-001", 1, None, None, "00123"],
                ["合计", None, None, 27],
            ],
        },
    )
    run = importing.go("stock", path)
    assert importing.faults(run) == []
    assert run.state == ImportState.DONE
    rows = town.run(
        lambda session: session.execute(
            select(Item.code, Lot.number, Lot.serial, Lot.expires_on, Lot.expiry_precision, Stock.quantity)
            .join(Lot, Lot.id == Stock.lot_id)
            .join(Item, Item.id == Stock.item_id)
            .where(~Stock.outside)
            .order_by(Item.code, Lot.number)
        ).all()
    )
    pieces = [row for row in rows if row.code != "MED-024"]
    batches = [row for row in rows if row.code == "MED-024"]
    assert [(row.number, row.expires_on, row.expiry_precision, row.quantity) for row in batches] == [
        ("0012", date(2027, 2, 28), "day", 12),
        ("0013", date(2027, 2, 28), "month", 12),
    ]
    assert {row.code for row in pieces} == {"BRK-014", "EXT-001"}
    assert [row.serial for row in pieces if row.code == "EXT-001"] == ["00123"]
    movements = town.run(lambda session: list(session.execute(select(Movement)).scalars()))
    assert {movement.kind for movement in movements} == {Kind.RECEIVE}
    assert {movement.request_id for movement in movements} == {run.id}
    assert sound(town)


@pytest.mark.parametrize(
    ("encoding", "delimiter"), [("utf-8", ","), ("utf-8-sig", ";"), ("gb18030", "\t"), ("utf-16", "\t")]
)
def test_csv_in_any_usual_encoding_is_read(importing: Importing, tmp_path: Path, encoding: str, delimiter: str) -> None:
    rows = [HEADER, ("麻岭街面站", "器材库 › A1层", "夹钳(大力钳/鲤鱼钳)", "3把", *[""] * 5)]
    name = importing.town.run(lambda s: s.execute(select(Item.name_zh).where(Item.code == "BRK-014")).scalar_one())
    unit = importing.town.run(lambda s: s.execute(select(Item.unit_zh).where(Item.code == "BRK-014")).scalar_one())
    rows[1] = ("麻岭街面站", "器材库 › A1层", name, f"3{unit}", *[""] * 5)
    run = importing.go("stock", table(tmp_path / "a.csv", rows, encoding, delimiter))
    assert importing.faults(run) == []
    assert run.state == ImportState.DONE


def test_every_fault_says_where_what_and_how_to_mend_it(importing: Importing, town: Town, tmp_path: Path) -> None:
    rows = [
        HEADER,
        ("STR-0001", "A1层", "NO-SUCH", 1, None, None, None, None, None),
        ("STR-9999", "A1层", "MED-024", 1, None, None, None, None, None),
        ("STR-0001", "Z9层", "MED-024", 1, None, None, None, None, None),
        ("STR-0001", "A1层", "MED-024", "很多", None, None, None, None, None),
        ("STR-0001", "A1层", "MED-024", 1.5, None, None, None, None, None),
        ("STR-0001", "A1层", "MED-024", "3吨", None, None, None, None, None),
        ("STR-0001", "A1层", "MED-024", 1, None, None, None, None, "2027-02-30"),
        ("STR-0001", "A1层", "MED-024", 1, None, None, None, "2027-01-01", "2026-01-01"),
        ("STR-0001", "A1层", "MED-024", 1, 6901234567892, None, None, None, None),
        ("STR-0001", "A1层", "EXT-001", 2, None, "S1", None, None, None),
        ("STR-0001", None, "MED-024", 1, None, None, None, None, None),
    ]
    run = importing.go("stock", workbook(tmp_path / "f.xlsx", {"库存": rows}))
    assert run.state == ImportState.FAULTY
    faults = importing.faults(run)
    assert [(fault.sheet, fault.row, fault.column) for fault in faults] == [
        ("库存", 2, "C"),
        ("库存", 3, "A"),
        ("库存", 4, "B"),
        ("库存", 5, "D"),
        ("库存", 6, "D"),
        ("库存", 7, "D"),
        ("库存", 8, "I"),
        ("库存", 9, "H"),
        ("库存", 10, "E"),
        ("库存", 11, "D"),
        ("库存", 12, "B"),
    ]
    for fault in faults:
        for language in ("zh", "en"):
            what, mend = fault.told(language)
            assert what and mend and "{" not in what + mend
    assert count(town, Movement) == 0


def test_T93_what_a_spreadsheet_has_damaged_is_refused(importing: Importing, tmp_path: Path) -> None:
    rows = [HEADER, ("STR-0001", "A1层", "EXT-001", 1, None, "6.90E+12", None, None, None)]
    run = importing.go("stock", table(tmp_path / "a.csv", rows))
    (fault,) = importing.faults(run)
    assert (fault.row, fault.column, fault.value) == (2, "F", "6.90E+12")
    assert "6.90E+12" in fault.told("en")[0]


def test_one_fault_in_the_last_row_keeps_everything_out(importing: Importing, town: Town, tmp_path: Path) -> None:
    rows: list[Any] = [HEADER] + [("STR-0001", "A1层", "MED-024", 1, f"L{n}", *[None] * 4) for n in range(30)]
    rows.append(("STR-0001", "A1层", "MED-0240", 1, *[None] * 5))
    run = importing.go("stock", workbook(tmp_path / "f.xlsx", {"库存": rows}))
    assert (run.fault_count, run.state) == (1, ImportState.FAULTY)
    assert (count(town, Movement), count(town, Lot), count(town, Stock)) == (0, 0, 0)


def test_looking_through_changes_nothing_and_then_it_goes_in(importing: Importing, town: Town, tmp_path: Path) -> None:
    rows = [HEADER, ("STR-0001", "A1层", "MED-024", 5, "L1", *[None] * 4)]
    run = importing.go("stock", workbook(tmp_path / "f.xlsx", {"库存": rows}), write=False)
    assert run.state == ImportState.CHECKED
    assert json.loads(run.outcome)["movements"] == 1
    assert count(town, Movement) == 0


def test_the_same_file_is_not_entered_twice_by_mistake(importing: Importing, town: Town, tmp_path: Path) -> None:
    path = workbook(tmp_path / "f.xlsx", {"库存": [HEADER, ("STR-0001", "A1层", "MED-024", 5, "L1", *[None] * 4)]})
    importing.go("stock", path)
    with pytest.raises(Refusal, match="entered on"):
        importing.go("stock", path)
    assert importing.go("stock", path, again=True).state == ImportState.DONE
    assert town.run(lambda s: s.execute(select(func.sum(Stock.quantity)).where(~Stock.outside)).scalar_one()) == 10


def test_boxes_are_counted_in_pieces(importing: Importing, town: Town, tmp_path: Path) -> None:
    town.run(lambda s: s.execute(Item.__table__.update().where(Item.code == "MED-024").values(pack_size=Decimal(20))))
    rows = [HEADER, ("STR-0001", "A1层", "MED-024", "3箱", "L1", *[None] * 4)]
    assert importing.go("stock", workbook(tmp_path / "f.xlsx", {"a": rows})).state == ImportState.DONE
    assert town.run(lambda s: s.execute(select(Stock.quantity).where(~Stock.outside)).scalar_one()) == 60


@pytest.mark.heavy
@pytest.mark.parametrize(("item", "lot", "expires"), [("CNV-006", "L1", True), ("TRF-009", None, False)])
def test_B38_a_known_lot_is_counted_in_its_own_boxes(
    importing: Importing, town: Town, tmp_path: Path, item: str, lot: str | None, expires: bool
) -> None:
    def box(size: int | None) -> None:
        values = {"pack_size": size and Decimal(size), "pack_unit_zh": "箱"}
        town.run(lambda s: s.execute(Item.__table__.update().where(Item.code == item).values(**values)))

    def bring(name: str, number: str | None, quantity: str = "3箱") -> ImportRun:
        ends = "2028-06-30" if expires else None
        rows = [HEADER, ("STR-0001", "A1层", item, quantity, number, *[None] * 3, ends)]
        return importing.go("stock", workbook(tmp_path / f"{name}.xlsx", {name: rows}), again=True)

    def there() -> int:
        return town.run(lambda s: s.execute(select(func.sum(Stock.quantity)).where(~Stock.outside)).scalar_one())

    box(10)
    assert bring("first", lot).state == ImportState.DONE
    box(4)
    assert bring("again", lot).state == ImportState.DONE
    assert there() == 60, "the lot remembers its box"
    box(None)
    assert bring("without", lot, "1箱").state == ImportState.DONE
    assert there() == 70
    if lot is not None:
        (fault,) = importing.faults(bring("other", "L2"))
        assert "box size" in fault.message


def test_pieces_without_a_serial_number_become_pieces_and_vehicles_become_places(
    importing: Importing, town: Town, tmp_path: Path
) -> None:
    rows = [HEADER, ("STR-0001", "A1层", "EXT-001", 4, *[None] * 5), ("STR-0001", "A1层", "VEH-002", 1, *[None] * 5)]
    run = importing.go("stock", workbook(tmp_path / "f.xlsx", {"a": rows}))
    assert run.state == ImportState.DONE, importing.faults(run)
    assert json.loads(run.outcome) == {"movements": 5, "lots": 5, "places": 0}
    assert sound(town)
    assert importing.undo(run) == 5
    assert sound(town)


def test_missing_places_are_entered_when_asked_for(importing: Importing, town: Town, tmp_path: Path) -> None:
    rows = [HEADER] + [("STR-0001", f"器材库 › B柜 › B{n}层", "MED-024", 1, f"L{n}", *[None] * 4) for n in (1, 2)]
    path = workbook(tmp_path / "f.xlsx", {"a": rows})
    assert importing.go("stock", path).fault_count == 2
    looked = importing.go("stock", path, make_places=True, write=False)
    told = json.loads(looked.outcome)
    assert (told["movements"], told["places"], len(told["changes"])) == (2, 3, 2)
    run = importing.go("stock", path, make_places=True)
    assert json.loads(run.outcome) == {"movements": 2, "lots": 2, "places": 3}
    assert sound(town)


def test_an_import_is_taken_back_by_counter_movements(importing: Importing, town: Town, tmp_path: Path) -> None:
    town.stock("MED-024", "7", number="L1")
    pliers = ("STR-0001", "A2层", "BRK-014", 2, *[None] * 5)
    rows = [HEADER, ("STR-0001", "A1层", "MED-024", 5, "L1", *[None] * 4), pliers]
    run = importing.go("stock", workbook(tmp_path / "f.xlsx", {"库存": rows}))
    before = count(town, Movement)
    with pytest.raises(Refusal, match="controlled"):  # B4
        importing.undo(run)
    desk = Desk(town)
    asked = desk.do(AskWitness, "admin", depot="STR-0001", item="MED-024", quantity="5").id
    desk.do(Witness, "officer", hand_out=asked, agree=True)
    assert importing.undo(run) == 2
    assert count(town, Movement) == before + 2
    inside = select(Stock.quantity).where(~Stock.outside, Stock.quantity != 0)
    assert town.run(lambda s: list(s.execute(inside).scalars())) == [7]
    assert sound(town)
    with pytest.raises(Refusal, match="taken back already"):
        importing.undo(run)


def test_what_has_moved_on_is_not_taken_back_and_the_refusal_names_it(
    importing: Importing, town: Town, tmp_path: Path
) -> None:
    pliers = ("STR-0001", "A2层", "BRK-014", 2, *[None] * 5)
    rows = [HEADER, ("STR-0001", "A1层", "EXT-001", 1, None, "SN-77", *[None] * 3), pliers]
    run = importing.go("stock", workbook(tmp_path / "f.xlsx", {"库存": rows}))
    lot = town.run(lambda s: s.execute(select(Lot.id).where(Lot.serial == "SN-77")).scalar_one())
    town.book(one(kind=Kind.ISSUE, lot=lot))
    with pytest.raises(Refusal, match="SN-77"):
        importing.undo(run)
    assert importing.run(run.id).state == ImportState.DONE
    assert sound(town)


def test_nobody_brings_stock_into_a_depot_that_is_not_theirs(importing: Importing, town: Town, tmp_path: Path) -> None:
    rows = [HEADER, ("IND-0002", "B1层", "MED-024", 5, "L1", *[None] * 4)]
    path = workbook(tmp_path / "f.xlsx", {"库存": rows})
    assert [fault.column for fault in importing.faults(importing.go("stock", path, who="officer"))] == ["A"]
    for who in ("keeper", "responder", "auditor"):
        with pytest.raises(Refusal, match="role"):
            importing.upload("stock", path, who=who)
    assert importing.go("stock", path, who="admin").state == ImportState.DONE


def test_T09_a_date_that_cannot_be_read_is_unknown_and_T08_a_shelf_life_is_reckoned(
    importing: Importing, town: Town, tmp_path: Path
) -> None:
    item = town.run(lambda s: s.execute(select(Item).where(Item.code == "MED-024")).scalar_one())
    assert item.expires and item.tracking == Tracking.LOT and item.shelf_life_months
    rows = [
        HEADER,
        ("STR-0001", "A1层", "MED-024", 5, "L1", None, None, None, "不详"),
        ("STR-0001", "A1层", "MED-024", 5, "L2", None, None, date(2026, 1, 31), None),
    ]
    run = importing.go("stock", workbook(tmp_path / "f.xlsx", {"库存": rows}))
    assert run.state == ImportState.DONE
    lots = {lot.number: lot for lot in town.run(lambda s: list(s.execute(select(Lot)).scalars()))}
    assert lots["L1"].expiry == Expiry.UNKNOWN
    assert lots["L2"].expiry_precision == "calc"
    assert lots["L2"].expires_on is not None


def seeded(rows: int, faults: set[int]) -> Iterator[tuple[Any, ...]]:
    """So many rows, those numbered in ``faults`` wrong in one of five ways."""
    yield HEADER
    for number in range(rows):
        item, quantity, lot, serial = "MED-024", number % 9 + 1, f"{number % 400:05d}", ""
        if number % 4 == 0:
            item, quantity, lot, serial = "EXT-001", 1, "", f"{number:08d}"
        ends, place = "2028-06-30", "器材库 › A1层" if number % 2 else "A2层"
        if number in faults:
            way = number % 5
            item = "MED-0240" if way == 0 else item
            quantity = "三" if way == 1 else quantity
            ends = "2028-06-31" if way == 2 else ends
            place = "没有这个架" if way == 3 else place
            lot = "1.20E+10" if way == 4 else lot
        yield ("STR-0001" if number % 3 else "麻岭街面站", place, item, quantity, lot, serial, "安盾", "", ends)


def check_seeded(importing: Importing, town: Town, tmp_path: Path, rows: int) -> None:
    faults = {(7919 * k + 13) % rows for k in range(50)}
    assert len(faults) == 50
    run = importing.go("stock", workbook(tmp_path / "bad.xlsx", {"库存": seeded(rows, faults)}))
    assert run.fault_count == 50
    assert {fault.row - 2 for fault in importing.faults(run)} == faults
    assert (count(town, Movement), count(town, Lot), count(town, Stock)) == (0, 0, 0)
    run = importing.go("stock", workbook(tmp_path / "good.xlsx", {"库存": seeded(rows, set())}))
    assert run.state == ImportState.DONE
    assert count(town, Movement) == rows
    assert sound(town)


@pytest.mark.heavy
def test_fifty_seeded_faults_are_found_nothing_is_changed_and_mended_it_goes_through(
    importing: Importing, town: Town, tmp_path: Path
) -> None:
    check_seeded(importing, town, tmp_path, 1500)


@pytest.mark.slow
def test_a_hundred_thousand_rows_with_fifty_seeded_faults(importing: Importing, town: Town, tmp_path: Path) -> None:
    check_seeded(importing, town, tmp_path, 100_000)


def test_what_comes_in_while_a_recall_of_it_stands_counts_nowhere_as_ready(
    importing: Importing, town: Town, tmp_path: Path
) -> None:
    recall = CallBack(id=uuid4(), item="MED-007", reason="灭菌不合格")
    town.run(book_entry, town.callers["admin"], recall, VERBS, town.context.moment(), labelled)
    rows = [HEADER, ("STR-0001", "A1层", "MED-007", 10, "240101", None, None, None, "2028-06-30")]
    run = importing.go("stock", workbook(tmp_path / "f.xlsx", {"a": rows}))
    assert run.state == ImportState.DONE, importing.faults(run)
    held = town.run(lambda s: s.execute(select(Lot.condition).where(Lot.number == "240101")).scalar_one())
    assert held == Condition.QUARANTINED
    assert sound(town)


def file_of_pliers(folder: Path) -> Path:
    return workbook(folder / "f.xlsx", {"库存": [HEADER, ("STR-0001", "A2层", "BRK-014", 27, *[None] * 5)]})


def pliers_there(town: Town) -> int:
    return town.run(lambda s: s.execute(select(func.sum(Stock.quantity)).where(~Stock.outside)).scalar_one() or 0)


def test_B33_one_file_from_two_tabs_is_entered_once(importing: Importing, town: Town, tmp_path: Path) -> None:
    path, now, admin = file_of_pliers(tmp_path), town.context.clock.now(), town.callers["admin"]
    first, second = importing.upload("stock", path), importing.upload("stock", path)
    town.run(claim, admin, first, now, write=True)
    with pytest.raises(Refusal, match="another tab"):
        town.run(claim, admin, second, now, write=True)
    running = update(ImportRun).where(ImportRun.id == second).values(state=ImportState.RUNNING)
    town.run(lambda session: session.execute(running))  # as if both had claimed in the same moment
    assert carry_out(town.context, admin, first, write=True) == ImportState.DONE
    assert carry_out(town.context, admin, second, write=True) == ImportState.FAULTY
    (fault,) = importing.faults(importing.run(second))
    assert fault.message.startswith("this very file")
    assert pliers_there(town) == 27
    assert importing.go("stock", path, again=True).state == ImportState.DONE
    assert pliers_there(town) == 54


def test_B42_what_was_counted_since_is_not_taken_back(importing: Importing, town: Town, tmp_path: Path) -> None:
    run = importing.go("stock", file_of_pliers(tmp_path))
    lot = town.run(lambda s: s.execute(select(Stock.lot_id).where(~Stock.outside)).scalar_one())
    desk, place = Desk(town), str(town.second_shelf.id)
    number = desk.do(StartCount, depot="STR-0001", places=[place]).id
    desk.do(CountLines, count=number, place=place, lines=[Counted(str(lot), "27")])
    desk.do(ApproveCount, "officer", count=number)
    with pytest.raises(Refusal, match="counted since"):
        importing.undo(run)
    assert pliers_there(town) == 27


def test_B42_an_import_that_died_is_stopped_or_begun_anew(
    importing: Importing, town: Town, clock: SetClock, tmp_path: Path
) -> None:
    admin, context = town.callers["admin"], town.context
    run_id = importing.upload("stock", file_of_pliers(tmp_path))
    town.run(claim, admin, run_id, clock.now(), write=True)
    with pytest.raises(Refusal, match="running or done"):
        town.run(claim, admin, run_id, clock.now(), write=True)
    clock.instant += timedelta(minutes=11)
    assert progress_of(importing.run(run_id), clock.now())[0] == "lost"
    town.run(arrange, admin, run_id, [], clock.now())
    town.run(claim, admin, run_id, clock.now(), write=True)
    town.run(cancel, admin, run_id, clock.now())
    with pytest.raises(Refusal, match="not running"):
        town.run(cancel, admin, run_id, clock.now())
    carry_out(context, admin, run_id, write=True)
    assert (importing.run(run_id).state, pliers_there(town)) == (ImportState.FAILED, 0)
    town.run(claim, admin, run_id, clock.now(), write=True)
    assert carry_out(context, admin, run_id, write=True) == ImportState.DONE
    assert pliers_there(town) == 27
