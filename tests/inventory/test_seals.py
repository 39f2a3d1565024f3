"""The seal on the ledger finds a consistent change made by somebody with the database's password (B21)."""

import json
from argparse import ArgumentParser
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import inspect, select, text, update

from app import COMMANDS
from core.archive import MANIFEST, read_manifest
from core.columns import table_of
from inventory.stock.models import Movement, Stock
from inventory.stock.seal_check import check_seals
from inventory.stock.seal_models import DaySeal
from inventory.stock.seals import BEGINNING, head_of, seal_days
from inventory.stock.verify import verify
from jobs.alerts.sweep import sweep_city
from jobs.channels.models import Mail
from jobs.digests.digests import write_digests
from tests.conftest import NOW, Town
from tests.inventory.exchange.test_archive import edited

BY_NAME = {command.name: command for command in COMMANDS}
DAY = date(2026, 11, 23)


def run(town: Town, name: str, *arguments: str) -> int:
    parser = ArgumentParser()
    BY_NAME[name].add_arguments(parser)
    return BY_NAME[name].run(parser.parse_args(arguments), town.context)


def seal(town: Town) -> int:
    return seal_days(town.context.database, town.context.clock.now())


def set_clock(town: Town, moment: datetime) -> None:
    town.context.clock.instant = moment  # type: ignore[attr-defined]


def days_later(town: Town, days: int) -> None:
    set_clock(town, NOW + timedelta(days=days))


def look(town: Town, *heads: str) -> Any:
    return town.run(check_seals, heads)


def head(town: Town) -> str:
    return town.run(lambda s: s.execute(select(DaySeal.head).order_by(DaySeal.number.desc())).scalars().first())


def as_owner(town: Town, *statements: Any, tables: tuple[str, ...] = ("movement", "stock", "day_seal")) -> None:
    """What the owner of the tables can do: triggers off, any change, triggers on again."""
    with town.context.database.engine.begin() as connection:
        is_sqlite = connection.dialect.name == "sqlite"
        made = []
        if is_sqlite:
            found = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
            made = [row for row in connection.exec_driver_sql(found).all()]
        for name, _ in made:
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        for table in () if is_sqlite else tables:
            connection.exec_driver_sql(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for statement in statements:
            connection.execute(statement)
        for _, sql in made:
            connection.exec_driver_sql(sql)
        for table in () if is_sqlite else tables:
            connection.exec_driver_sql(f"ALTER TABLE {table} ENABLE TRIGGER USER")


@pytest.fixture
def sealed(town: Town) -> Town:
    """Three days with two receipts each, sealed."""
    for day in range(3):
        days_later(town, day)
        town.stock("BRK-014", "4")
        town.stock("BRK-014", "2", shelf=town.second_shelf)
    days_later(town, 3)
    assert seal(town) == 3
    assert look(town).sound
    return town


def test_a_consistent_change_by_the_tables_owner_is_found_with_its_day(
    sealed: Town, capsys: pytest.CaptureFixture[str]
) -> None:
    day = datetime(2026, 11, 24, tzinfo=NOW.tzinfo)
    changed = select(Movement.id).where(Movement.recorded_at > day, Movement.to_place_id == sealed.shelf.id)
    changed = changed.order_by(Movement.recorded_at).limit(1)
    row = sealed.run(lambda s: s.get_one(Movement, s.execute(changed).scalar_one()))
    here = (Stock.place_id == row.to_place_id) & (Stock.lot_id == row.lot_id)
    there = (Stock.place_id == row.from_place_id) & (Stock.lot_id == row.lot_id)
    as_owner(
        sealed,
        update(table_of(Movement)).where(Movement.id == row.id).values(quantity=1),
        update(table_of(Stock)).where(here).values(quantity=Stock.quantity - 3),
        update(table_of(Stock)).where(there).values(quantity=Stock.quantity + 3),
        text("UPDATE depot_item SET held = held - 3000, in_reach = in_reach - 3000"),
    )
    assert sealed.run(verify).sound
    capsys.readouterr()
    assert run(sealed, "verify", "--seals", "--json") == 1
    told = json.loads(capsys.readouterr().out)
    assert told["differs_from"] == "2026-11-24"
    assert any(str(row.id) in fault for fault in told["faults"])


@pytest.mark.heavy
@pytest.mark.own_database
@pytest.mark.parametrize("asked", [(), pytest.param(("--json",), marks=pytest.mark.slow)])
def test_a_restore_says_from_which_day_on_the_ledger_is_not_as_it_was_sealed(
    sealed: Town, tmp_path: Path, capsys: pytest.CaptureFixture[str], asked: tuple[str, ...]
) -> None:
    whole, changed = str(tmp_path / "whole.tar.gz"), str(tmp_path / "changed.tar.gz")
    assert run(sealed, "backup", whole) == 0
    day = datetime(2026, 11, 24, tzinfo=NOW.tzinfo)
    as_owner(sealed, update(table_of(Movement)).where(Movement.recorded_at > day).values(reason="another"))
    assert run(sealed, "backup", changed) == 0
    capsys.readouterr()
    assert run(sealed, "restore", changed, "--overwrite", *asked) == 1
    told = capsys.readouterr().out
    if asked:
        seals = json.loads(told)["seals"]
        assert (seals["sound"], seals["differs_from"], seals["entries"]) == (False, "2026-11-24", 3)
    else:
        assert told.startswith("restored as of") and "the ledger differs from 2026-11-24 on:" in told
    assert sealed.run(lambda s: set(s.execute(select(Movement.reason)).scalars())) == {"", "another"}
    assert run(sealed, "restore", whole, "--overwrite") == 0
    assert "the ledger is as it was sealed; head " in capsys.readouterr().out
    assert look(sealed).sound


@pytest.mark.slow
@pytest.mark.heavy
@pytest.mark.own_database
def test_a_restore_of_an_archive_whose_chain_was_cut_short_says_so(
    sealed: Town, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The chain that is left is sound in itself; the head that the archive names is not in it."""
    archive, cut = tmp_path / "whole.tar.gz", tmp_path / "cut.tar.gz"
    assert run(sealed, "backup", str(archive)) == 0
    names = read_manifest(archive)["seal"]
    as_owner(sealed, text("DELETE FROM day_seal WHERE number = 3"))
    assert run(sealed, "backup", str(cut)) == 0

    def name_the_old(name: str, content: bytes) -> bytes:
        if name != MANIFEST:
            return content
        return json.dumps({**json.loads(content), "seal": names}).encode()

    cut.write_bytes(edited(cut, name_the_old))
    capsys.readouterr()
    assert run(sealed, "restore", str(cut), "--overwrite") == 1
    assert "that was kept outside is not in the chain" in capsys.readouterr().out


CHANGES: dict[str, Any] = {
    "reason": "other",
    "entered": "9 box",
    "late": True,
    "recorded_at": NOW + timedelta(seconds=1),
    "line": 7,
    "digest": "0" * 64,
}


@pytest.mark.heavy
@pytest.mark.parametrize("column", CHANGES)
def test_a_change_of_any_column_is_found(sealed: Town, column: str) -> None:
    first = sealed.run(lambda s: s.execute(select(Movement).order_by(Movement.recorded_at)).scalars().first())
    as_owner(sealed, update(table_of(Movement)).where(Movement.id == first.id).values({column: CHANGES[column]}))
    verdict = look(sealed)
    assert verdict.differs_from == DAY
    assert str(first.id) in " ".join(verdict.faults)


def test_removed_and_inserted_movements_are_found(sealed: Town) -> None:
    later = select(Movement.id).where(Movement.recorded_at > NOW + timedelta(hours=20))
    second = sealed.run(lambda s: s.execute(later).scalars().first())
    as_owner(sealed, table_of(Movement).delete().where(Movement.id == second))
    assert look(sealed).differs_from is not None
    days_later(sealed, 30)  # long after: nothing takes it for a late one any more
    seal(sealed)
    set_clock(sealed, NOW + timedelta(hours=1))
    sealed.stock("BRK-014", "1")
    days_later(sealed, 30)
    assert seal(sealed) == 0
    assert look(sealed).differs_from == DAY


def test_what_is_committed_late_gets_an_entry_of_its_own(sealed: Town) -> None:
    before = head(sealed)
    set_clock(sealed, NOW + timedelta(days=2, hours=3))
    sealed.stock("BRK-014", "1")
    days_later(sealed, 3)
    assert not look(sealed).sound
    assert seal(sealed) == 1
    assert seal(sealed) == 0
    verdict = look(sealed, before)
    assert verdict.sound, verdict.faults
    assert (verdict.late, verdict.entries, verdict.movements) == (1, 4, 7)


def test_a_chain_that_was_made_anew_is_found_by_a_head_kept_outside(
    sealed: Town, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert run(sealed, "seal", "--show") == 0
    kept = capsys.readouterr().out.strip()
    assert kept == f"2026-11-25:{head(sealed)}"
    as_owner(sealed, text("UPDATE movement SET reason = 'forged'"), table_of(DaySeal).delete())
    assert seal(sealed) == 3
    assert look(sealed).sound  # from inside nobody can tell
    assert run(sealed, "verify", "--seals", "--head", kept) == 1
    assert "kept outside" in capsys.readouterr().out
    assert look(sealed, kept).differs_from == date(2026, 11, 25)


def test_a_changed_or_shortened_chain_is_found(sealed: Town) -> None:
    as_owner(sealed, text("UPDATE day_seal SET movements = 7 WHERE number = 2"))
    assert look(sealed).differs_from == date(2026, 11, 24)
    as_owner(sealed, text("DELETE FROM day_seal WHERE number = 1"))
    assert not look(sealed).sound


def test_a_day_is_sealed_once_it_is_over_and_days_without_movements_too(town: Town) -> None:
    assert seal(town) == 0
    town.stock("BRK-014", "4")
    set_clock(town, datetime(2026, 11, 23, 16, 14, tzinfo=NOW.tzinfo))  # 00:14 in Shenzhen
    assert seal(town) == 0
    set_clock(town, datetime(2026, 11, 23, 16, 15, tzinfo=NOW.tzinfo))
    assert seal(town) == 1
    days_later(town, 4)
    assert seal(town) == 3
    verdict = look(town)
    assert verdict.sound and (verdict.entries, verdict.movements) == (4, 1)
    chain = town.run(lambda s: s.execute(select(DaySeal).order_by(DaySeal.number)).scalars().all())
    assert chain[0].previous == BEGINNING and [one.previous for one in chain[1:]] == [one.head for one in chain[:-1]]
    assert all(one.head == head_of(one) for one in chain)


def test_the_database_refuses_to_change_a_seal(sealed: Town) -> None:
    for statement in ("UPDATE day_seal SET head = 'x'", "DELETE FROM day_seal"):
        with pytest.raises(Exception, match="append-only"):
            sealed.run(lambda s, statement=statement: s.execute(text(statement)))


@pytest.mark.heavy
async def test_the_head_is_shown_on_the_ledger_in_the_api_and_in_an_officers_digest(
    client: httpx.AsyncClient, sealed: Town
) -> None:
    answer = await client.get("/api/seals?limit=2", headers=sealed.auth("auditor"))
    assert [row["day"] for row in answer.json()["items"]] == ["2026-11-25", "2026-11-24"]
    assert answer.json()["items"][0]["head"] == head(sealed)
    more = await client.get(f"/api/seals?cursor={answer.json()['next']}", headers=sealed.auth("auditor"))
    assert [row["day"] for row in more.json()["items"]] == ["2026-11-23"]
    page = await client.get("/reports/ledger?of=depot&id=STR-0001", headers=sealed.auth("auditor"))
    assert head(sealed) in page.text
    clock, database = sealed.context.clock, sealed.context.database
    sealed.stock("MED-013", "2", expires_on=clock.today() + timedelta(20))
    sweep_city(database, clock.today(), clock.now())
    settings = sealed.context.settings.model_copy(update={"escalate_days": 0})  # tells all at once
    write_digests(database, settings, clock.today(), clock.now())
    mails = sealed.run(lambda s: s.execute(select(Mail.address, Mail.body_text).where(Mail.kind == "digest")).all())
    told = {address: head(sealed) in body for address, body in mails}
    assert told.pop("keeper@example.org", False) is False
    assert told and all(told.values())


def test_a_seal_says_the_same_on_both_databases(sealed: Town) -> None:
    assert "day_seal" in inspect(sealed.context.database.engine).get_table_names()
    first = sealed.run(lambda s: s.execute(select(DaySeal).where(DaySeal.number == 1)).scalar_one())
    assert first.movements == 2 and len(first.marks) == 8 * (2 + (first.acts or 0)) and len(first.digest) == 64
