"""The files that are brought in: where they lie, until they are a week old."""

import hashlib
import shutil
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO
from uuid import UUID

from core.context import AppContext
from core.errors import Refusal, bad_field, not_found
from core.languages import N_
from inventory.exchange.models import ImportRun
from inventory.exchange.sheets import CSV, EXCEL, LARGEST_FILE


def folder_of(context: AppContext) -> Path:
    """Where the files lie until they are a week old."""
    return context.settings.var_dir / "imports"


def file_of(context: AppContext, run: ImportRun) -> Path:
    """The file of a run."""
    return folder_of(context) / f"{run.id}{Path(run.file_name).suffix.lower()}"


def existing_file(context: AppContext, run: ImportRun) -> Path:
    """The file of a run; 404 where it was forgotten since."""
    path = file_of(context, run)
    if not path.exists():
        raise not_found(N_("the file of this import is gone; bring it in anew"))
    return path


def keep_upload(context: AppContext, run_id: UUID, file_name: str, source: IO[bytes]) -> tuple[Path, str]:
    """Store a file; returns where and its hash. Refuses (413, 422) what is too large or no table."""
    suffix = Path(file_name).suffix.lower()
    if suffix not in EXCEL | CSV:
        raise bad_field("file", N_("this is neither an Excel workbook nor a CSV file"))
    folder = folder_of(context)
    folder.mkdir(parents=True, exist_ok=True)
    _forget_old(folder, context.clock.now() - timedelta(days=7))
    path = folder / f"{run_id}{suffix}"
    with path.open("wb") as target:
        shutil.copyfileobj(source, target, 1 << 20)
    if path.stat().st_size > LARGEST_FILE:
        path.unlink()
        raise Refusal(413, "too-large", N_("this file is larger than 50 MB; split it"))
    with path.open("rb") as file:
        return path, digest_of(file)


def digest_of(file: IO[bytes]) -> str:
    """The hash by which a file is known again."""
    digest = hashlib.sha256()
    while part := file.read(1 << 20):
        digest.update(part)
    return digest.hexdigest()


def _forget_old(folder: Path, before: datetime) -> None:
    for path in folder.iterdir():
        if path.is_file() and path.stat().st_mtime < before.timestamp():
            path.unlink(missing_ok=True)
