"""Archives: what a database and the photo folder hold, as one file that both kinds of database write and read.

A gzipped tar: ``tables/NAME.jsonl`` (rows as canonical text, in an order in which they can be entered), ``photos/``,
and at the end ``manifest.json`` with the schema's revision and the SHA-256 of every other member. Nothing of it is
ever in memory as a whole.
"""

import gzip
import hashlib
import io
import json
import os
import socket
import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from sqlalchemy import (
    Column,
    Connection,
    ForeignKeyConstraint,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    func,
    inspect,
    select,
)
from sqlalchemy.engine.interfaces import ReflectedForeignKeyConstraint
from sqlalchemy.orm import Session

from core.context import AppContext
from core.database import Database
from core.errors import Refusal, conflict
from core.languages import N_
from core.models import ArchiveMade
from core.private_files import private_file, private_folder, sync_to_disk
from core.rows import columns_of, lines_of
from core.schema import current_revision

FORMAT = 2
HALF = ".part"  # the suffix of a file that is being written
MANIFEST, TABLES, PHOTOS, VERSION_TABLE = "manifest.json", "tables/", "photos/", "alembic_version"
LARGEST_MANIFEST = 64_000_000  # bytes; a line for each photo
CHUNK = 1 << 20
Progress = Callable[[int], object]


def no_progress(_rows: int) -> None:
    """For callers who show none."""


def tables_there(connection: Connection) -> MetaData:
    """The tables as they are in the database, which may be of another version than this program (B41)."""
    # Rows are all that is asked for. To reflect whole tables warns of an index over an expression, and warnings are
    # silenced for a process, not for one of its threads
    there, inspector = MetaData(), inspect(connection)
    keys, links = inspector.get_multi_pk_constraint(), inspector.get_multi_foreign_keys()
    for place, columns in inspector.get_multi_columns().items():
        if (name := place[1]) != VERSION_TABLE:
            Table(
                name,
                there,
                *(Column(column["name"], column["type"]) for column in columns),
                PrimaryKeyConstraint(*keys[place]["constrained_columns"]),
                *(_link(link) for link in links[place]),
            )
    return there


def _link(link: ReflectedForeignKeyConstraint) -> ForeignKeyConstraint:
    to = [f"{link['referred_table']}.{name}" for name in link["referred_columns"]]
    return ForeignKeyConstraint(link["constrained_columns"], to)


@contextmanager
def _snapshot(database: Database) -> Iterator[Connection]:
    """A connection that sees one state of the database, whatever is booked meanwhile."""
    options: dict[str, Any] = {"writes": False}
    if not database.is_sqlite:
        options["isolation_level"] = "REPEATABLE READ"
    with database.engine.connect().execution_options(**options) as connection, connection.begin():
        yield connection


def count_rows(database: Database) -> int:
    """How many rows an archive would hold, for a progress bar."""
    with _snapshot(database) as connection:
        tables = tables_there(connection).tables.values()
        return sum(connection.execute(select(func.count()).select_from(table)).scalar_one() for table in tables)


def write_archive(
    database: Database, target: Path, made_at: datetime, photos: Path | None, progress: Progress = no_progress
) -> dict[str, Any]:
    """Write an archive and read it back; returns its manifest. The file has its name only when it is whole."""
    revision = current_revision(database)
    if revision is None:
        raise conflict("empty", N_("this database is empty: there is nothing to back up"))
    private_folder(target.parent)
    half = target.with_name(target.name + HALF)
    manifest: dict[str, Any] = {
        "format": FORMAT,
        "kind": "sqlite" if database.is_sqlite else "postgresql",
        "revision": revision,
        "made_at": made_at.isoformat(),
    }
    try:
        with (
            private_file(half) as file,
            gzip.GzipFile(filename="", fileobj=file, mode="wb", compresslevel=3, mtime=0) as packed,
            tarfile.open(fileobj=packed, mode="w|", format=tarfile.PAX_FORMAT) as tar,
            _snapshot(database) as connection,
        ):
            there = tables_there(connection)
            manifest["seal"] = _last_seal(connection, there)
            manifest["tables"] = _add_tables(tar, connection, there, half, progress)
            manifest["files"] = _add_photos(tar, photos, progress)
            manifest["photos"] = len(manifest["files"])
            written = json.dumps(manifest, ensure_ascii=False, indent=1).encode()
            _add(tar, MANIFEST, io.BytesIO(written), len(written))
        if read_manifest(half, lambda _rows: progress(0)) != manifest:
            raise OSError("the archive that was written reads differently")
        sync_to_disk(half)
        half.replace(target)
        sync_to_disk(target.parent)
    finally:
        half.unlink(missing_ok=True)
    return manifest


def _add(tar: tarfile.TarFile, name: str, content: IO[bytes], size: int) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, 0o600
    tar.addfile(member, content)


def _add_tables(
    tar: tarfile.TarFile, connection: Connection, there: MetaData, half: Path, progress: Progress
) -> dict[str, Any]:
    told: dict[str, Any] = {}
    scratch = half.with_name(half.name + ".table")  # a tar wants to know how long a member is before it begins
    try:
        for table in there.sorted_tables:
            digest, rows = hashlib.sha256(), 0
            with private_file(scratch) as file:
                for line in lines_of(connection, table):
                    file.write(line)
                    digest.update(line)
                    rows += 1
                    progress(1)
                size = file.tell()
                file.seek(0)
                _add(tar, f"{TABLES}{table.name}.jsonl", file, size)
            told[table.name] = {"rows": rows, "sha256": digest.hexdigest(), "columns": columns_of(table)}
    finally:
        scratch.unlink(missing_ok=True)
    return told


def _add_photos(tar: tarfile.TarFile, photos: Path | None, progress: Progress) -> dict[str, str]:
    told: dict[str, str] = {}
    for path in sorted(photos.rglob("*")) if photos is not None and photos.exists() else []:
        if path.suffix == HALF or not path.is_file() or path.is_symlink():
            continue
        name = PHOTOS + path.relative_to(photos or path).as_posix()
        with path.open("rb") as file:
            told[name] = hashlib.file_digest(file, "sha256").hexdigest()
            size = file.tell()
            file.seek(0)
            _add(tar, name, file, size)
        progress(0)  # no row, but a sign of life
    return told


def _last_seal(connection: Connection, there: MetaData) -> dict[str, Any] | None:
    """The head of the ledger's chain, where this schema has one."""
    seals = there.tables.get("day_seal")
    if seals is None:
        return None
    row = connection.execute(select(seals.c.number, seals.c.day, seals.c.head).order_by(seals.c.number.desc())).first()
    return None if row is None else {"number": row.number, "day": str(row.day), "head": row.head}


def damaged(why: str) -> Refusal:
    """422: the archive cannot be trusted; says what is wrong with it."""
    return Refusal(422, "bad-input", N_("this file is not a whole backup of ours: {why}"), why=why)


@contextmanager
def members_of(source: Path) -> Iterator[Iterator[tuple[str, IO[bytes]]]]:
    """The members in their order; whatever is wrong with the file is one refusal (B20)."""

    def walk(packed: gzip.GzipFile, tar: tarfile.TarFile) -> Iterator[tuple[str, IO[bytes]]]:
        for member in tar:
            content = tar.extractfile(member) if member.isreg() else None
            if content is None:
                raise damaged(f"{member.name[:80]} is not a plain file")
            yield member.name, content
        while packed.read(CHUNK):  # to the end: the last bytes hold the check sum of all
            pass

    with source.open("rb") as file:
        try:
            with gzip.GzipFile(fileobj=file, mode="rb") as packed, tarfile.open(fileobj=packed, mode="r|") as tar:
                yield walk(packed, tar)
        except (tarfile.TarError, gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise damaged(str(error) or type(error).__name__) from None


def read_manifest(source: Path, progress: Progress = no_progress) -> dict[str, Any]:
    """Read a whole archive, compare every member with its manifest and return that. Refuses (422) what differs."""
    found: dict[str, str] = {}
    written = b""
    with members_of(source) as members:
        for name, content in members:
            if name in found or written:
                raise damaged(f"{name[:80]} stands at a wrong place")
            if name == MANIFEST:
                written = content.read(LARGEST_MANIFEST)
                continue
            digest = hashlib.sha256()
            while part := content.read(CHUNK):
                digest.update(part)
                progress(part.count(b"\n") if name.startswith(TABLES) else 0)
            found[name] = digest.hexdigest()
    try:
        return _compare(json.loads(written), found)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise damaged("its manifest cannot be read" if written else "it has no manifest") from None


def _compare(manifest: dict[str, Any], found: dict[str, str]) -> dict[str, Any]:
    if manifest.get("format") != FORMAT:
        raise damaged(f"its format is {manifest.get('format', 1)}, this version reads {FORMAT}")
    told = {f"{TABLES}{name}.jsonl": str(table["sha256"]) for name, table in manifest["tables"].items()}
    told |= manifest["files"]
    for name in sorted({*told, *found}):
        if told.get(name) != found.get(name):
            what = "is missing" if name not in found else "does not belong to it" if name not in told else "differs"
            raise damaged(f"{name[:80]} {what}")
    datetime.fromisoformat(manifest["made_at"])
    return manifest


def back_up(
    context: AppContext, target: Path, *, photos: bool = True, progress: Progress = no_progress
) -> dict[str, Any]:
    """Write the database, and the photos, to an archive; consistent while the program serves."""
    folder = context.settings.var_dir / PHOTOS if photos else None
    made_at = context.clock.now()
    manifest = write_archive(context.database, target, made_at, folder, progress)
    if photos and ArchiveMade.__tablename__ in manifest["tables"]:  # else it is not the whole, or an older schema
        made = ArchiveMade(
            made_at=made_at,
            name=target.name[:300],
            bytes=target.stat().st_size,
            worker=f"{socket.gethostname()[:40]}:{os.getpid()}",
        )
        context.database.run(Session.add, made)
    return manifest


def back_up_before(context: AppContext, revision: str) -> Path:
    """An archive under ``var/backups`` of the database before its schema changes; photos, which stay, are not in it."""
    moment = context.clock.now().strftime("%Y%m%dT%H%M%S")
    target = context.settings.var_dir / "backups" / f"before-migrate-from-{revision}-{moment}.tar.gz"
    private_folder(context.settings.var_dir)
    back_up(context, target, photos=False)
    return target
