"""Restoring an archive: into either kind of database, empty or used, from this schema or an older one.

Nobody else may use the database meanwhile (B3). The archive is read through before anything is touched; what was
written is read back and compared; only then does it take the place of what was there: on SQLite as a file that is
swapped, on PostgreSQL in one transaction. The seals on the ledger are looked at too: the sums of an archive show that
it is as it was written, the seals that its movements are those of their day.
"""

import hashlib
import json
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from sqlalchemy import Connection, MetaData, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from core.archive import (
    MANIFEST,
    PHOTOS,
    TABLES,
    Progress,
    damaged,
    members_of,
    no_progress,
    read_manifest,
    tables_there,
)
from core.context import AppContext
from core.database import Database
from core.errors import Refusal, conflict
from core.in_use import alone
from core.languages import N_
from core.private_files import private_folder, sync_to_disk
from core.rows import AT_ONCE, columns_of, for_driver, lines_of
from core.schema import changing_schema, check_foreign_keys, current_revision, known_revisions, upgrade
from core.server_role import grant_to_server, server_roles
from inventory.stock.seal_check import SealVerdict, check_seals
from inventory.stock.verify import Verdict, verify


@dataclass(frozen=True)
class Checked:
    """What was found in the rows that were restored."""

    book: Verdict
    seals: SealVerdict


@dataclass(frozen=True)
class Restored(Checked):
    """What was restored: what the archive says of itself, and what was found in it."""

    manifest: dict[str, Any]


def restore(
    context: AppContext, source: Path, *, overwrite: bool = False, progress: Progress = no_progress
) -> Restored:
    """Put an archive's database and photos in place, brought up to date, and look at its book and its seals.

    A book that does not add up is restored all the same, and said: a backup is never worthless (B24). Refuses a
    damaged archive (422), one of a newer program, a database that is used, and one that holds something unless told
    to overwrite it (409); nothing is changed then.
    """
    database = context.database
    if current_revision(database) is not None and not overwrite:
        raise conflict("not-empty", N_("there is a database already; it is only replaced with --overwrite"))
    manifest = read_manifest(source)
    if manifest["revision"] not in known_revisions():
        message = N_("this backup has schema {revision}, which a newer version of the program made")
        raise conflict("newer", message, revision=manifest["revision"])
    into = _into_file if database.is_sqlite else _into_server
    with _photos_ready(context, source, manifest):
        checked = into(database, source, manifest, progress)
    return Restored(checked.book, checked.seals, manifest)


def _into_file(database: Database, source: Path, manifest: dict[str, Any], progress: Progress) -> Checked:
    """Made beside the old file, then put in its place in one step."""
    target = Path(str(database.url.database))
    with alone(database):
        beside = target.with_name(target.name + ".restoring")
        _remove(beside)
        fresh = Database(f"sqlite:///{beside}")
        try:
            with changing_schema(fresh) as connection:
                checked = _build(connection, source, manifest, progress)
            fresh.engine.dispose()
            _checkpoint(beside)
            database.engine.dispose()
            _checkpoint(target)  # a log that stayed beside would be played into the new file
            sync_to_disk(beside)
            beside.replace(target)
            sync_to_disk(target.parent)
        finally:
            fresh.engine.dispose()
            _remove(beside)
    return checked


def _checkpoint(path: Path) -> None:
    """Write a file's log into it and do away with the log."""
    if not path.exists():
        return
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.DatabaseError:  # not a database: what is replaced need not be whole
        connection.close()
        for suffix in ("-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
    connection.close()


def _remove(path: Path) -> None:
    for suffix in ("-wal", "-shm", "-journal", ""):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def _into_server(database: Database, source: Path, manifest: dict[str, Any], progress: Progress) -> Checked:
    """The old tables out, the archive's in: one transaction, of which nothing stays if it fails (B26)."""
    with changing_schema(database) as connection, alone(database, connection):
        roles = server_roles(connection)
        _clear(connection)
        checked = _build(connection, source, manifest, progress)
        for role in roles:
            grant_to_server(connection, role)
    return checked


_OWN_TABLES = """SELECT quote_ident(relname) FROM pg_class
    WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' AND pg_has_role(relowner, 'USAGE')
    AND NOT EXISTS (SELECT 1 FROM pg_depend WHERE objid = pg_class.oid AND deptype = 'e')"""
_OWN_FUNCTIONS = """SELECT oid::regprocedure FROM pg_proc
    WHERE pronamespace = current_schema()::regnamespace AND prorettype = 'trigger'::regtype
    AND pg_has_role(proowner, 'USAGE')
    AND NOT EXISTS (SELECT 1 FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')"""


def _clear(connection: Connection) -> None:
    """Drop what the migrations made, of whatever version; extensions and their tables stay."""
    for kind, found in (("TABLE", _OWN_TABLES), ("FUNCTION", _OWN_FUNCTIONS)):
        names = [str(name) for name in connection.execute(text(found)).scalars()]
        if names:
            connection.exec_driver_sql(f"DROP {kind} {', '.join(names)} CASCADE")


def _build(connection: Connection, source: Path, manifest: dict[str, Any], progress: Progress) -> Checked:
    """The archive's schema, its rows, their comparison with the archive, this program's schema, the book's check."""
    upgrade(connection, manifest["revision"])
    there = tables_there(connection)
    with _triggers_off(connection, there):
        try:
            _fill(connection, there, source, manifest, progress)
        except (DBAPIError, ValueError) as error:
            why = str(getattr(error, "orig", error)).splitlines()[0]
            raise damaged(why[:200]) from None
        check_foreign_keys(connection)
        _compare(connection, there, manifest)
    upgrade(connection)
    with Session(bind=connection, join_transaction_mode="rollback_only") as session:
        return Checked(verify(session), check_seals(session, _sealed_outside(manifest)))


def _sealed_outside(manifest: dict[str, Any]) -> list[str]:
    """The head that the archive names beside its rows; older archives name none."""
    seal = manifest.get("seal")
    return [f"{seal['day']}:{seal['head']}"] if seal else []


@contextmanager
def _triggers_off(connection: Connection, there: MetaData) -> Iterator[None]:
    """Rows are entered as they were: what triggers would add to them, they hold already.

    What migrations have put there goes: those that point to others before them.
    """
    tables = [f'"{table.name}"' for table in reversed(there.sorted_tables)]
    if connection.dialect.name == "sqlite":
        made = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").all()
        off, on = [f'DROP TRIGGER "{name}"' for name, _ in made], [sql for _, sql in made]
    else:
        off = [f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in tables]
        on = [f"ALTER TABLE {table} ENABLE TRIGGER USER" for table in tables]
    for statement in [*off, *(f"DELETE FROM {table}" for table in tables)]:
        connection.exec_driver_sql(statement)
    yield
    for statement in on:
        connection.exec_driver_sql(statement)


def _fill(connection: Connection, there: MetaData, source: Path, manifest: dict[str, Any], progress: Progress) -> None:
    made = {name: columns_of(table) for name, table in there.tables.items()}
    told = {name: table["columns"] for name, table in manifest["tables"].items()}
    if made != told:
        odd = sorted(name for name in {*made, *told} if made.get(name) != told.get(name))
        raise damaged(f"the table {odd[0]} is not as schema {manifest['revision']} has it")
    with members_of(source) as members:
        for member, content in members:
            if member.startswith(TABLES):
                name = member.removeprefix(TABLES).removesuffix(".jsonl")
                _fill_table(connection, name, made[name], content, progress)


def _fill_table(
    connection: Connection, name: str, columns: dict[str, str], content: IO[bytes], progress: Progress
) -> None:
    names, kinds = ", ".join(f'"{column}"' for column in columns), list(columns.values())
    driver: Any = connection.connection.driver_connection
    is_sqlite = connection.dialect.name == "sqlite"
    rows = (for_driver(json.loads(line), kinds, is_sqlite=is_sqlite) for line in _counted(content, progress))
    if is_sqlite:
        marks = ", ".join("?" * len(columns))
        driver.executemany(f'INSERT INTO "{name}" ({names}) VALUES ({marks})', rows)
        return
    with driver.cursor() as cursor, cursor.copy(f'COPY "{name}" ({names}) FROM STDIN') as copy:
        for row in rows:
            copy.write_row(row)


def _counted(content: IO[bytes], progress: Progress) -> Iterator[bytes]:
    number = 0
    for number, line in enumerate(content, start=1):
        yield line
        if number % AT_ONCE == 0:
            progress(AT_ONCE)
    progress(number % AT_ONCE)


def _compare(connection: Connection, there: MetaData, manifest: dict[str, Any]) -> None:
    """Read back what was written: it must be what the archive holds, byte for byte."""
    for table in there.sorted_tables:
        digest = hashlib.sha256()
        for line in lines_of(connection, table):
            digest.update(line)
        if digest.hexdigest() != manifest["tables"][table.name]["sha256"]:
            raise Refusal(500, "unsound", N_("the table {name} reads differently than it was written"), name=table.name)


@contextmanager
def _photos_ready(context: AppContext, source: Path, manifest: dict[str, Any]) -> Iterator[None]:
    """Unpack the photos beside their folder, and put them into it once the database is in place."""
    if not manifest["files"]:
        yield
        return
    var_dir = private_folder(context.settings.var_dir)
    with tempfile.TemporaryDirectory(dir=var_dir) as scratch, members_of(source) as members:
        for name, content in members:
            if name == MANIFEST or not name.startswith(PHOTOS):
                continue
            path = Path(scratch, name)
            if not path.resolve().is_relative_to(Path(scratch).resolve()):
                raise damaged(f"{name[:80]} leads out of the archive")
            private_folder(path.parent)
            with path.open("wb") as file:
                shutil.copyfileobj(content, file)
        yield
        for path in sorted(Path(scratch, PHOTOS).rglob("*")):
            if path.is_file():
                place = var_dir / PHOTOS / path.relative_to(Path(scratch, PHOTOS))
                private_folder(place.parent)
                path.replace(place)
