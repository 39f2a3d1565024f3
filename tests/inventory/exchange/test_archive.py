"""Backup and restore: every way between the two kinds of database, damaged archives, and targets that are used."""

import io
import os
import tarfile
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path
from uuid import uuid4

import httpx
import psycopg
import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from app import COMMANDS, main
from core.archive import MANIFEST, back_up, read_manifest
from core.context import AppContext
from core.database import Database
from core.in_use import in_use
from core.models import AuditEntry
from core.schema import current_revision, migrate, newest_revision
from core.settings import load_settings
from inventory.stock.models import Kind, Movement
from inventory.stock.verify import verify
from tests.conftest import BOTH, Town, one
from tests.filling import fill
from tests.serving import RunningServer

pytestmark = pytest.mark.own_database
BY_NAME = {command.name: command for command in COMMANDS}
Targets = Callable[[str], Database]


def run(context: AppContext, name: str, *arguments: str) -> int:
    parser = ArgumentParser()
    BY_NAME[name].add_arguments(parser)
    return BY_NAME[name].run(parser.parse_args(arguments), context)


@pytest.fixture
def targets(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Targets]:
    """Makes an empty database of either kind."""
    made: list[tuple[Database, str | None]] = []

    def make(kind: str) -> Database:
        name = f"target_{uuid4().hex}"
        if kind == "sqlite":
            made.append((Database(f"sqlite:///{tmp_path / name}.db"), None))
        else:
            server = request.getfixturevalue("postgresql_server")
            with psycopg.connect(server, autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE {name}")
            made.append((Database(server.replace("/postgres?", f"/{name}?")), name))
        return made[-1][0]

    yield make
    for database, name in made:
        database.engine.dispose()
        if name:
            with psycopg.connect(request.getfixturevalue("postgresql_server"), autocommit=True) as connection:
                connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def at(context: AppContext, database: Database) -> AppContext:
    """The same application over another database."""
    return AppContext(context.settings, database, context.clock)


def contents(context: AppContext, folder: Path) -> dict[str, str]:
    """The check sum of each table."""
    manifest = back_up(context, folder / f"look-{uuid4().hex}.tar.gz", photos=False)
    return {name: table["sha256"] for name, table in manifest["tables"].items()}


@pytest.fixture
def archive(town: Town, tmp_path: Path) -> Path:
    """A backup of a small town: unequal rows, Chinese, dates, and a piece with a label."""
    town.stock("BRK-014", "4")
    town.stock("EXT-001", "1", serial="00123")
    path = tmp_path / "archive.tar.gz"
    assert run(town.context, "backup", str(path)) == 0
    return path


# Into the other kind, used and empty; all else restores into its own kind, so that the rest is a slow proof
NORMAL = [("sqlite", "postgresql", True), ("postgresql", "sqlite", False)]
WAYS = [
    pytest.param(source, kind, used, id=f"{source}-{kind}-{'used' if used else 'empty'}", marks=marks)
    for source, kind, used in product(BOTH, BOTH, (False, True))
    for marks in ([] if (source, kind, used) in NORMAL else [pytest.mark.slow],)
]


@pytest.mark.parametrize(("database_url", "kind", "used"), WAYS, indirect=["database_url"])
def test_a_backup_is_restored_byte_for_byte_into_either_kind_of_database(
    town: Town, archive: Path, targets: Targets, tmp_path: Path, kind: str, used: bool
) -> None:
    before = read_manifest(archive)["tables"]
    target = at(town.context, targets(kind))
    if used:  # a town of its own with more in it
        town.stock("BRK-014", "9")
        other = tmp_path / "other.tar.gz"
        back_up(town.context, other)
        assert run(target, "restore", str(other)) == 0
        assert run(target, "restore", str(archive)) == 1
    assert run(target, "restore", str(archive), *(["--overwrite"] if used else [])) == 0
    now = contents(target, tmp_path)
    assert {name for name, table in before.items() if table["sha256"] != now[name]} == {"audit_entry"}
    with target.database.transaction() as session:
        acts = list(session.execute(select(AuditEntry.act).order_by(AuditEntry.id)).scalars())
        assert (acts.count("restored"), len(acts)) == (1, before["audit_entry"]["rows"] + 1)
        assert session.execute(select(func.count()).select_from(Movement)).scalar_one() == 2
        with pytest.raises(DBAPIError, match="append-only"):  # the guards are on again
            session.execute(text("UPDATE movement SET reason = 'x'"))
        session.rollback()


@pytest.fixture
def kinds_of_damage(archive: Path, tmp_path: Path) -> dict[str, Path]:
    """The archive, spoiled in the ways in which archives are spoiled."""
    whole = archive.read_bytes()
    middle = len(whole) // 2
    made = {
        "not an archive": b"PK not of ours" * 100,
        "empty": b"",
        "cut in the middle": whole[:middle],
        "cut at the end": whole[:-8],
        "a flipped byte": whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :],
        "a flipped byte in the check sum": whole[:-5] + bytes([whole[-5] ^ 1]) + whole[-4:],
    }
    for name, edit in {
        "a changed member": lambda name, content: content.replace(b"EXT-001", b"EXT-002"),
        "a missing member": lambda name, content: None if name == "tables/movement.jsonl" else content,
        "no manifest": lambda name, content: None if name == MANIFEST else content,
        "a manifest of another kind": lambda name, content: b"[1]" if name == MANIFEST else content,
        "an older format": lambda name, content: b'{"kind": "sqlite"}' if name == MANIFEST else content,
        "a newer schema": lambda name, content: content.replace(b'"revision": "', b'"revision": "9'),
    }.items():
        made[name] = edited(archive, edit)
    paths = {name: tmp_path / f"{name}.tar.gz" for name in made}
    for name, path in paths.items():
        path.write_bytes(made[name])
    return paths


def edited(archive: Path, edit: Callable[[str, bytes], bytes | None]) -> bytes:
    """An archive that is whole as a file, with members changed or left out."""
    into = io.BytesIO()
    with tarfile.open(archive) as old, tarfile.open(fileobj=into, mode="w:gz", compresslevel=1) as new:
        for member in old:
            reader = old.extractfile(member)
            assert reader is not None
            content = edit(member.name, reader.read())
            if content is not None:
                member.size = len(content)
                new.addfile(member, io.BytesIO(content))
    return into.getvalue()


@pytest.mark.heavy
@pytest.mark.parametrize("kind", BOTH)
def test_a_damaged_archive_is_one_sentence_and_changes_nothing(
    town: Town,
    kinds_of_damage: dict[str, Path],
    targets: Targets,
    tmp_path: Path,
    kind: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = contents(town.context, tmp_path)
    empty = at(town.context, targets(kind))
    capsys.readouterr()
    for name, path in kinds_of_damage.items():
        for target in (empty, town.context):
            assert run(target, "restore", str(path), "--overwrite") == 1, name
            sentence, rest = capsys.readouterr().err.strip().split("\n")
            assert sentence.startswith("this file is not") or "newer version" in sentence, (name, sentence)
            assert rest == "Nothing was changed."
    assert contents(town.context, tmp_path) == before
    assert current_revision(empty.database) is None
    if kind == "sqlite":  # not even an empty file (B29)
        name = Path(str(empty.database.url.database)).name
        assert [path.name for path in tmp_path.iterdir() if path.name.startswith(name)] == []


@pytest.mark.heavy
def test_a_restore_that_fails_in_the_middle_leaves_the_target_as_it_was(
    town: Town, archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def edit(name: str, content: bytes) -> bytes:
        return content.replace(b'"lot":', b'"lit":') if name == MANIFEST else content

    spoiled = tmp_path / "spoiled.tar.gz"
    spoiled.write_bytes(edited(archive, lambda name, content: edit(name.replace("lot.", "lit."), content)))
    town.stock("BRK-014", "9")
    before = contents(town.context, tmp_path)
    assert run(town.context, "restore", str(spoiled), "--overwrite") == 1
    assert "Nothing was changed" in capsys.readouterr().err
    assert contents(town.context, tmp_path) == before


@pytest.mark.heavy
def test_photos_come_back_and_a_wrong_derived_figure_never_makes_a_backup_worthless(
    town: Town, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    town.stock("BRK-014", "4")
    town.run(lambda s: s.execute(text("UPDATE depot_item SET held = held + 1000")))  # B24
    photo = town.context.settings.var_dir / "photos" / "ab" / "abc.jpg"
    photo.parent.mkdir(parents=True)
    photo.write_bytes(b"picture")
    archive = tmp_path / "b.tar.gz"
    assert run(town.context, "backup", str(archive)) == 0
    photo.unlink()
    capsys.readouterr()
    assert run(town.context, "restore", str(archive), "--overwrite") == 0
    said = capsys.readouterr().out
    assert "depot figure differs" in said and "repaired: depot figure differs" in said
    assert photo.read_bytes() == b"picture"
    assert archive.stat().st_mode & 0o077 == 0


@pytest.mark.heavy
def test_a_restore_refuses_while_somebody_uses_the_database(
    town: Town, archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], database_url: str
) -> None:
    other = Database(database_url)
    with in_use(other), in_use(other):
        assert run(town.context, "restore", str(archive), "--overwrite") == 1
        assert "stop it first" in capsys.readouterr().err
    other.engine.dispose()


@pytest.mark.heavy
def test_a_restore_refuses_while_a_server_serves_and_what_it_books_stays(
    server: RunningServer, town: Town, archive: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(town.context, "restore", str(archive), "--overwrite") == 1
    assert "stop it first" in capsys.readouterr().err
    wish = {"id": str(uuid4()), "kind": "receive", "item": "BRK-014", "quantity": "3", "to": str(town.shelf.id)}
    answer = httpx.post(f"{server.url}/api/movements", json=wish, headers=town.auth("admin"))
    assert answer.status_code == 201, answer.text
    server.kill()
    server.start()
    again = httpx.post(f"{server.url}/api/movements", json=wish, headers=town.auth("admin"))
    assert again.status_code == 200
    server.stop()
    town.context.database.engine.dispose()
    assert run(town.context, "restore", str(archive), "--overwrite") == 0


@pytest.mark.slow
@pytest.mark.heavy
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("kind", BOTH)
@pytest.mark.parametrize("into", BOTH)
def test_a_backup_follows_the_schema_that_is_there_and_is_restored_up_to_date(
    targets: Targets, context: AppContext, tmp_path: Path, kind: str, into: str, capsys: pytest.CaptureFixture[str]
) -> None:
    old = at(context, targets(kind))
    migrate(old.database, "0011")
    with old.database.engine.begin() as connection:
        fill(connection)
    archive = tmp_path / "old.tar.gz"
    assert run(old, "backup", str(archive)) == 0  # B41
    target = at(context, targets(into))
    assert run(target, "restore", str(archive)) == 0
    assert current_revision(target.database) == newest_revision()
    capsys.readouterr()
    assert run(old, "migrate") == 0
    kept = [line.rpartition(" ")[2] for line in capsys.readouterr().err.splitlines() if "backing up" in line]
    assert read_manifest(Path(kept[0]))["revision"] == "0011"
    run(old, "verify", "--repair")  # as a restore does with what is derived
    left, right = contents(old, tmp_path), contents(target, tmp_path)
    assert {name for name in left if left[name] != right[name]} <= {
        "access_state",
        "figures_state",
        "finding_state",
        "repair",
        "audit_entry",
    }


def test_files_are_for_their_owner_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    var = tmp_path / "var"
    monkeypatch.setenv("READYSHELF_VAR_DIR", str(var))
    before = os.umask(0o022)
    try:
        assert main(["migrate"]) == 0
        assert main(["backup", str(var / "b.tar.gz")]) == 0
        load_settings().signing_secret()
        database = Database(f"sqlite:///{var / 'readyshelf.db'}")  # B20: the folder moves the database as well
        with database.transaction() as session:
            session.execute(text("DELETE FROM hit"))
            open_ = {path.name: oct(path.stat().st_mode & 0o077) for path in [var, *var.rglob("*")]}
        database.engine.dispose()
    finally:
        os.umask(before)
    assert {"readyshelf.db", "readyshelf.db-wal", "secret", "b.tar.gz"} <= set(open_)
    assert set(open_.values()) == {"0o0"}, open_


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://nobody:secret@127.0.0.1:1/none",
        "sqlite:////proc/none/city.db",
        "sqlite:///{file}",
    ],
)
@pytest.mark.parametrize("command", ["migrate", "verify", "serve"])
def test_a_wrong_database_address_is_one_sentence(
    url: str, command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "text.db").write_text("no database at all " * 100)
    assert main(["--database-url", url.format(file=tmp_path / "text.db"), command]) == 1  # B35
    told = capsys.readouterr()
    assert len(told.err.strip().splitlines()) == 1 and "Traceback" not in told.err
    assert "secret" not in told.err


def test_a_command_on_a_database_of_another_version_says_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--database-url", f"sqlite:///{tmp_path / 'none.db'}", "verify"]) == 1
    assert "run: readyshelf migrate" in capsys.readouterr().err
    assert not (tmp_path / "none.db").exists()


def test_the_server_role_serves_and_changes_neither_the_schema_nor_the_past(
    request: pytest.FixtureRequest, town: Town, tmp_path: Path
) -> None:
    if town.context.database.is_sqlite:
        assert run(town.context, "migrate", "--server-role", "whoever") == 1
        return
    role = f"server_{uuid4().hex[:8]}"
    assert run(town.context, "migrate", "--server-role", role) == 0
    assert run(town.context, "migrate", "--server-role", "postgres") == 1  # it could do everything
    lot = town.stock("BRK-014", "4")
    archive = tmp_path / "b.tar.gz"
    assert run(town.context, "backup", str(archive)) == 0
    for _ in ("as migrated", "as restored"):
        serving = Database(town.context.database.url.set(username=role).render_as_string(False))
        there = replace(town, context=at(town.context, serving))
        there.book(one(kind=Kind.ISSUE, lot=lot, source=str(town.shelf.id)))
        assert there.run(verify).sound
        for statement in (
            "ALTER TABLE movement DISABLE TRIGGER USER",
            "ALTER TABLE movement ADD COLUMN x integer",
            "UPDATE movement SET reason = 'x'",
            "DELETE FROM movement",
            "TRUNCATE movement",
            "DELETE FROM day_seal",
            "CREATE TABLE mine (id integer)",
            "UPDATE alembic_version SET version_num = '0001'",
            "SET session_replication_role = replica",
        ):
            with pytest.raises(DBAPIError, match=r"permission denied|must be owner"):
                there.run(lambda session, statement=statement: session.execute(text(statement)))
        assert read_manifest(archive)["tables"]["movement"]["rows"] == 1
        serving.engine.dispose()
        assert run(town.context, "restore", str(archive), "--overwrite") == 0
    with town.context.database.engine.begin() as connection:
        connection.exec_driver_sql(f"DROP OWNED BY {role}; DROP ROLE {role}")
