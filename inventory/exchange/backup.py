"""Backup and restore: the database and the photos in one archive, the same on both kinds of database.

SQLite is copied by its own backup interface, consistent while the program serves; PostgreSQL table by table out of one
snapshot. What is restored is verified before it takes the place of anything.
"""

import json
import shutil
import sqlite3
import tarfile
import tempfile
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, inspect
from sqlalchemy.orm import Session

from core.columns import metadata
from core.context import AppContext
from core.database import Database
from core.errors import Refusal, conflict
from core.languages import N_
from core.schema import _config, current_revision, migrate
from inventory.stock.verify import verify

MANIFEST, SQLITE, TABLES, PHOTOS = "manifest.json", "database.db", "tables", "photos"


def back_up(context: AppContext, target: Path) -> dict[str, Any]:
    """Write an archive; returns what is in it. The file appears under its name only when it is whole."""
    database = context.database
    revision = current_revision(database)
    if revision is None:
        raise conflict("empty", N_("this database is empty: there is nothing to back up"))
    half = target.with_name(target.name + ".part")
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        folder = Path(scratch)
        if database.is_sqlite:
            _copy_sqlite(Path(str(database.url.database)), folder / SQLITE)
        else:
            _copy_tables(database, folder / TABLES)
        kind = "sqlite" if database.is_sqlite else "postgresql"
        photos = context.settings.var_dir / PHOTOS
        count = sum(1 for path in photos.rglob("*.jpg")) if photos.exists() else 0
        told = {"kind": kind, "revision": revision, "made_at": context.clock.now().isoformat(), "photos": count}
        (folder / MANIFEST).write_text(json.dumps(told), encoding="utf-8")
        with tarfile.open(half, "w:gz", compresslevel=3) as archive:
            for part in sorted(folder.iterdir(), key=lambda path: path.name != MANIFEST):
                archive.add(part, part.name)
            if photos.exists():
                archive.add(photos, PHOTOS)
    half.replace(target)
    return told


def _copy_sqlite(source: Path, target: Path) -> None:
    with sqlite3.connect(source) as one, sqlite3.connect(target) as other:
        one.backup(other)
    one.close()
    other.close()


def _copy_tables(database: Database, folder: Path) -> None:
    folder.mkdir()
    with database.engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        driver: Any = connection.connection.driver_connection
        for table in metadata.sorted_tables:
            columns = ", ".join(f'"{column.name}"' for column in table.columns)
            path = folder / f"{table.name}.copy"
            sql = f'COPY "{table.name}" ({columns}) TO STDOUT'
            with driver.cursor() as cursor, path.open("wb") as file, cursor.copy(sql) as parts:
                for part in parts:
                    file.write(part)
            (folder / f"{table.name}.columns").write_text(columns, encoding="utf-8")


def restore(context: AppContext, source: Path, overwrite: bool = False) -> dict[str, Any]:
    """Put an archive's database and photos in place, brought up to date and verified.

    Refuses (409) to overwrite a database that holds something unless told to, an archive of the other kind of
    database, and one whose book does not add up; nothing is changed then.
    """
    database = context.database
    if current_revision(database) is not None and not overwrite:
        raise conflict("not-empty", N_("there is a database already; it is only replaced with --overwrite"))
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        told = _unpack(source, folder)
        kind = "sqlite" if database.is_sqlite else "postgresql"
        if told["kind"] != kind:
            message = N_("this backup is of a {one} database and cannot be restored into a {other} one")
            raise conflict("other-kind", message, one=told["kind"], other=kind)
        if database.is_sqlite:
            movements = _restore_sqlite(database, folder / SQLITE)
        else:
            movements = _restore_tables(database, folder / TABLES, told["revision"])
        if (folder / PHOTOS).exists():
            shutil.copytree(folder / PHOTOS, context.settings.var_dir / PHOTOS, dirs_exist_ok=True)
    return {**told, "movements": movements}


def _unpack(source: Path, folder: Path) -> dict[str, Any]:
    try:
        with tarfile.open(source) as archive:
            archive.extractall(folder, filter="data")  # nothing outside the folder, no links, no devices
        told: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (tarfile.TarError, EOFError, FileNotFoundError, ValueError):
        raise Refusal(422, "bad-input", N_("this file is not a whole backup of ours")) from None
    return told


def _check(session: Session) -> int:
    verdict = verify(session)
    if not verdict.sound:
        raise conflict("unsound", N_("the book in this backup does not add up: {what}"), what=verdict.examples[0])
    return verdict.movements


def _restore_sqlite(database: Database, source: Path) -> int:
    """Verified beside the old file, then put in its place in one step."""
    target = Path(str(database.url.database))
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(target.name + ".restoring")
    shutil.copyfile(source, beside)
    fresh = Database(f"sqlite:///{beside}")
    try:
        migrate(fresh)
        with fresh.transaction(writes=False) as session:
            movements = _check(session)
    except BaseException:
        fresh.engine.dispose()
        _remove(beside)
        raise
    fresh.engine.dispose()  # the last connection to close writes the log into the file
    database.engine.dispose()
    _remove(target)
    beside.replace(target)
    return movements


def _remove(path: Path) -> None:
    for suffix in ("-wal", "-shm", ""):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def _restore_tables(database: Database, folder: Path, revision: str) -> int:
    """Old tables out, the archive's schema and rows in, brought up to date, verified: one transaction."""
    from alembic import command  # slow to import: only for the schema

    config = _config()
    with database.engine.connect() as connection:
        config.attributes["connection"] = connection
        if inspect(connection).has_table("alembic_version"):
            command.downgrade(config, "base")
        command.upgrade(config, revision)
        _fill(connection, folder)
        command.upgrade(config, "head")
        with Session(bind=connection, join_transaction_mode="rollback_only") as session:
            movements = _check(session)
        connection.commit()
    return movements


def _fill(connection: Connection, folder: Path) -> None:
    driver: Any = connection.connection.driver_connection
    for table in metadata.sorted_tables:
        path = folder / f"{table.name}.copy"
        if not path.exists():  # a table that came after the backup
            continue
        columns = (folder / f"{table.name}.columns").read_text(encoding="utf-8")
        sql = f'COPY "{table.name}" ({columns}) FROM STDIN'
        with driver.cursor() as cursor, path.open("rb") as file:
            # a migration may have put a first row there; tables that refuse to lose rows are empty by now
            if cursor.execute(f'SELECT 1 FROM "{table.name}" LIMIT 1').fetchone():
                cursor.execute(f'DELETE FROM "{table.name}"')
            with cursor.copy(sql) as parts:
                while part := file.read(1 << 20):
                    parts.write(part)
