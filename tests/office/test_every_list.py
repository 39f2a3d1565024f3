"""What holds for every list of the desk: reach, counts, order, pages, files and acts, whichever list it is."""

import csv
import io
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy.orm import Session

from core.context import AppContext
from core.database import Database
from core.settings import Settings
from inventory.documents.loans import ENTRIES as LOANS
from inventory.documents.loans import Lend, Thing
from inventory.documents.models import Borrower
from inventory.documents.transfers import ENTRIES as TRANSFERS
from inventory.documents.transfers import AskedLine, AskTransfer
from inventory.lasting.forecasting import renew_forecasts
from inventory.telling.entries import book_entry
from inventory.upkeep import checks as checking
from inventory.upkeep.checks import CheckDone, CheckLine
from jobs.alerts.models import Alert
from jobs.causes.kinds import AlertKind
from office.lists.register import TABLES
from office.reading import TableView, read_table
from office.tables import Reader, Table, Wanted
from people.policy import Act
from tests.conftest import Town
from tests.query_count import QueryCount

LISTS = sorted(TABLES)


def _alerts(session: Session, town: Town) -> None:
    now = town.context.clock.now()
    for number, depot in enumerate([town.depot] * 3 + [town.other]):
        at = now - timedelta(minutes=number)
        facts: dict[str, Any] = {"due": None, "opened_at": at, "changed_at": at}
        session.add(Alert(cause=f"test:{number}", kind=AlertKind.EXPIRED, depot_id=depot.id, **facts))


def _lend(town: Town, who: str, depot: str) -> None:
    lines = [Thing(item="BRK-014")]
    due_at = town.context.clock.now() + timedelta(days=1)
    facts: dict[str, Any] = {"borrower": Borrower.OUTSIDE, "name": "李", "unit": "路桥", "phone": "1"}
    entry = Lend(id=uuid4(), depot=depot, lines=lines, due_at=due_at, **facts)
    town.run(book_entry, town.callers[who], entry, LOANS, town.context.moment())


def _ask(town: Town, who: str, giver: str, receiver: str) -> None:
    facts: dict[str, Any] = {"lines": [AskedLine("BRK-014", "1")], "reason": "short"}
    entry = AskTransfer(id=uuid4(), giver=giver, receiver=receiver, **facts)
    town.run(book_entry, town.callers[who], entry, TRANSFERS, town.context.moment())


def _check(town: Town, who: str, lot_id: UUID) -> None:
    entry = CheckDone(id=uuid4(), lines=[CheckLine(str(lot_id), "MP-107", answers={"charge": "60"})])
    town.run(book_entry, town.callers[who], entry, checking.ENTRIES, town.context.moment())


@pytest.fixture(scope="module")
def town(lasting_town: Town) -> Town:
    """Something of everything at one depot, less at the other."""
    for number in range(3):
        lasting_town.stock("EXT-001", "1", serial=f"X{number}", made_on=date(2024, 1, 1))
    lasting_town.stock("BRK-014", "5")
    lasting_town.stock("EXT-001", "1", lasting_town.other_shelf, serial="FAR", made_on=date(2024, 1, 1))
    for who, shelf in (("keeper", lasting_town.shelf), ("keeper2", lasting_town.other_shelf)):
        _check(lasting_town, who, lasting_town.stock("CNV-001", "1", shelf, serial=f"P-{who}"))
    lasting_town.stock("BRK-014", "5", lasting_town.other_shelf)
    here, there = lasting_town.depot.code, lasting_town.other.code
    _lend(lasting_town, "keeper", here)
    _lend(lasting_town, "keeper2", there)
    _ask(lasting_town, "keeper", there, here)
    _ask(lasting_town, "keeper2", here, there)
    lasting_town.run(_alerts, lasting_town)
    clock = lasting_town.context.clock
    for shelf in (lasting_town.shelf, lasting_town.other_shelf):  # it ends, and so runs out
        lasting_town.stock("MED-007", "2", shelf, clock.today() + timedelta(days=50), number="N1")
    zone = lasting_town.context.settings.zone
    renew_forecasts(lasting_town.context.database, clock.today(), clock.now(), zone)
    return lasting_town


@pytest.fixture
def context(town: Town) -> AppContext:
    return town.context


@pytest.fixture
def settings(town: Town) -> Settings:
    return town.context.settings


@pytest.fixture
def database(town: Town) -> Database:
    return town.context.database


def read(town: Town, table: Table, who: str = "admin", wanted: Wanted | None = None) -> TableView:
    return town.run(read_table, table, Reader(town.callers[who], town.context.moment()), wanted or Wanted())


def counts(view: TableView) -> dict[str, dict[str, int]]:
    return {chip.name: {option.value: option.count for option in chip.options} for chip in view.chips if chip.counted}


@pytest.mark.heavy
@pytest.mark.parametrize("name", LISTS)
def test_counts_groups_and_filters_agree_with_the_rows(town: Town, name: str) -> None:
    table = TABLES[name]
    whole = read(town, table)
    assert whole.total == len(whole.rows) > 1 and len({id for id, _ in whole.rows}) == whole.total
    for chip in whole.chips:
        for option in chip.options if chip.counted else ():
            filtered = read(town, table, wanted=Wanted({chip.name: (option.value,)}))
            assert filtered.total == len(filtered.rows) == option.count, (chip.name, option.value)
    for chip in table.groups:
        groups = read(town, table, wanted=Wanted(group=chip.name)).groups
        assert sum(group.count for group in groups) == whole.total, chip.name
        for group in groups:
            filtered = read(town, table, wanted=Wanted({chip.name: (group.value,)}))
            assert not group.value or filtered.total == group.count, (chip.name, group.value)


def test_of_a_list_too_long_to_count_every_value_within_reach_is_offered(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("office.reading.MOST_COUNTED", 1)
    whole = read(town, TABLES["stock"])
    assert whole.more and len(whole.rows) > 1
    assert {town.depot.district_code, town.other.district_code} <= set(counts(whole)["district"])
    assert "over" in counts(whole)["ends"]
    mine = read(town, TABLES["stock"], "keeper2")
    assert set(counts(mine)["district"]) == {town.other.district_code}
    groups = read(town, TABLES["stock"], wanted=Wanted(group="depot")).groups
    assert sum(group.count for group in groups) == len(whole.rows)


@pytest.mark.parametrize("name", LISTS)
def test_of_each_counted_chip_it_is_known_which_values_there_may_be(name: str) -> None:
    """A list of a whole city is too long to be counted: its chips offer what was not met all the same."""
    for chip in TABLES[name].chips:
        assert chip.words or chip.known or chip.many, chip.name


@pytest.mark.parametrize("name", LISTS)
def test_every_order_shows_each_row_once_over_all_pages(town: Town, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    table = TABLES[name]
    whole = {id for id, _ in read(town, table).rows}
    monkeypatch.setattr("office.reading.PER_PAGE", 2)
    for column in table.columns:
        for sort in (column.name, f"-{column.name}") if column.sort else ():
            seen: list[str] = []
            cursor: str | None = None
            while len(seen) <= len(whole):
                view = read(town, table, wanted=Wanted(sort=sort, cursor=cursor))
                seen += [id for id, _ in view.rows]
                cursor = view.next
                if cursor is None:
                    break
            assert len(seen) == len(set(seen)) and set(seen) == whole, sort


@pytest.mark.heavy
@pytest.mark.parametrize("name", LISTS)
async def test_nothing_of_another_depot_is_in_a_row_a_count_a_group_or_a_file(
    client: httpx.AsyncClient, town: Town, name: str
) -> None:
    table = TABLES[name]
    if table.may == Act.APPROVE:  # a keeper looks after nobody: the page is not theirs
        assert (await client.get(table.path, headers=town.auth("keeper2"))).status_code == 403
        return
    whole, mine, theirs = (read(town, table, who) for who in ("admin", "keeper", "keeper2"))
    assert whole.total >= max(mine.total, theirs.total) > 0
    assert not {id for id, _ in mine.rows} & {id for id, _ in theirs.rows} or name in ("movements", "transfers")
    for view in (mine, theirs):
        assert all(sum(chip.values()) == view.total for chip in counts(view).values())
    for group in (chip.name for chip in table.groups):
        assert sum(one.count for one in read(town, table, "keeper2", Wanted(group=group)).groups) == theirs.total
    strange = read(town, table, "keeper2", Wanted({"depot": (town.depot.code,)}))
    assert strange.total == 0 or name in ("movements", "transfers")
    file = await client.get(f"/lists/{name}/csv", headers=town.auth("keeper2"))
    assert len(list(csv.reader(io.StringIO(file.text)))) == theirs.total + 1
    page = await client.get(table.path, headers=town.auth("keeper2"))
    assert page.status_code == 200 and "X1" not in page.text and "X1" not in file.text


@pytest.mark.heavy
@pytest.mark.parametrize("name", LISTS)
async def test_a_page_costs_the_same_few_queries_in_both_languages(
    client: httpx.AsyncClient, town: Town, name: str, queries: QueryCount
) -> None:
    table = TABLES[name]
    for language in ("zh", "en"):
        for column in table.columns:
            assert column.kind in {"text", "code", "date", "moment", "number", "badge", "word"}
        extra = ",".join(column.name for column in table.columns if column.extra)
        for query in ("", f"?show={extra}", "?q=STR", "?group=depot", "?depot=STR-0001"):
            queries.during()
            headers = {**town.auth("admin"), "cookie": f"language={language}"}
            answer = await client.get(f"{table.path}{query}", headers=headers)
            assert answer.status_code == 200, query
            assert len(queries) <= 12, queries.statements


@pytest.mark.heavy
@pytest.mark.parametrize("name", LISTS)
async def test_a_file_holds_the_shown_columns_of_the_rows_that_fit(
    client: httpx.AsyncClient, town: Town, name: str
) -> None:
    table, auth = TABLES[name], town.auth("admin")
    shown = [column for column in table.columns if not column.extra]
    hidden = shown[0].name
    chip = next((chip for chip in read(town, table).chips if chip.counted and len(chip.options) > 1), None)
    wanted = {chip.name: chip.options[0].value} if chip else {}
    answer = await client.get(f"/lists/{name}/csv", params={**wanted, "hide": hidden}, headers=auth)
    rows = list(csv.reader(io.StringIO(answer.text.lstrip("\ufeff"))))
    assert len(rows[0]) == len(shown) - 1
    assert len(rows) - 1 == (chip.options[0].count if chip else read(town, table).total)
    for kind in ("xlsx", "pdf") if town.context.database.is_sqlite else ():  # made of the same rows on both
        assert (await client.get(f"/lists/{name}/{kind}", headers=auth)).status_code == 200
    assert (await client.get(f"/lists/{name}/doc", headers=auth)).status_code == 404


@pytest.mark.parametrize("name", [name for name in LISTS if TABLES[name].acts])
async def test_what_is_out_of_reach_or_no_row_cannot_be_chosen(
    client: httpx.AsyncClient, town: Town, name: str
) -> None:
    table, auth = TABLES[name], town.auth("keeper2")
    mine, theirs = (read(town, table, who).rows for who in ("keeper2", "keeper"))
    if table.may == Act.APPROVE:
        auth, mine, theirs = town.auth("officer"), read(town, table, "officer").rows, read(town, table).rows
    strange = next((id for id, _ in theirs if id not in {other for other, _ in mine}), None)
    for act in table.acts:
        for id in (strange, "no-id", "~".join(["x"] * 5)):
            answer = await client.post(f"{table.path}/bulk", headers=auth, data={"act": act.name, "id": id or "none"})
            assert answer.status_code in (403, 422), (act.name, id, answer.text)
    assert (await client.post(f"{table.path}/bulk", headers=auth, data={"act": "nosuch"})).status_code in (403, 422)


@pytest.mark.parametrize("name", LISTS)
def test_the_embedded_database_reads_a_page_without_reading_the_whole_list(
    town: Town, name: str, database: Database, queries: QueryCount
) -> None:
    """Where an order has an index its rows are passed in that order, and what a page shows is looked up by its keys."""
    if database.engine.dialect.name != "sqlite":
        return  # PostgreSQL knows how many rows there are, and reads a few as a whole
    table = TABLES[name]
    orders = [column for column in table.columns if column.along is not None]
    for column in [table.column(table.order), *orders]:
        for sort in (column.name, f"-{column.name}"):
            first = read(town, table, wanted=Wanted(sort=sort)).rows[0][1]
            assert first is not None
            keys, rows = (next(one for one in queries.statements[::-1] if mark in one) for mark in ("by_0", "key_0"))
            for statement in [rows] + [keys] * (column in orders):
                with database.engine.connect() as connection:
                    asked = f"EXPLAIN QUERY PLAN {statement}"
                    plan = connection.exec_driver_sql(asked, (None,) * statement.count("?")).all()
                steps = [step[3] for step in plan if step[3].startswith("SCAN")]
                assert f"SCAN {table.base.__tablename__}" not in steps, (sort, plan)
