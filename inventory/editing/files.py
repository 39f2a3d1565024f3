"""Pictures and papers of an item: its photo, manual, data sheet, certificate, drawing. Small, and shown to all."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.audit import record
from core.errors import Refusal, bad_field, conflict, id_reused, not_found
from core.inputs import clean_text
from core.languages import N_
from inventory.catalogue.models import FileKind, Item, ItemFile
from inventory.editing.items import item_to_change
from inventory.telling.photos import JPEG, LARGEST_FILE, prepare
from people.policy import Act, Caller, require_city

PDF = ".pdf"
MEDIA = {JPEG: "image/jpeg", PDF: "application/pdf"}
LARGEST_PAPER = 10_000_000  # bytes
MOST_FILES = 20
_TAIL = 2048  # bytes at whose end a PDF says that it ends


class NewFile(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What a file of an item is, under the client's own id."""

    id: UUID
    kind: FileKind
    title: Annotated[str, msgspec.Meta(max_length=1000)] = ""


class FileRow(msgspec.Struct, frozen=True):
    """A file of an item, as lists show it. ``size`` in bytes."""

    id: UUID
    kind: FileKind
    title: str
    media: str
    size: int


def prepare_paper(data: bytes) -> tuple[bytes, str]:
    """What is stored of a file, and its suffix: a PDF as it is, a picture small and without what came along.

    Refuses (413, 422) what is too large, or neither. By what it holds, whatever it is called. Slow: in a thread.
    """
    if not data.startswith(b"%PDF-"):
        return prepare(data, LARGEST_FILE), JPEG
    if len(data) > LARGEST_PAPER:
        raise Refusal(413, "too-large", N_("a paper has 10 MB at most"))
    if b"%%EOF" not in data[-_TAIL:]:
        raise bad_field("file", N_("this PDF is not whole: it breaks off"))
    return data, PDF


def add_file(
    session: Session, caller: Caller, code: str, new: NewFile, content: tuple[str, str, int], now: datetime
) -> tuple[ItemFile, bool]:
    """Enter a file of an item, once; ``content`` is its hash, suffix and size. Returns it, and whether it is new."""
    item = item_to_change(session, caller, code)
    name, suffix, size = content
    there = session.get(ItemFile, new.id)
    if there is not None:
        if (there.item_id, there.file_hash) != (item.id, name):
            raise id_reused()
        return there, False
    if new.kind is FileKind.PHOTO and suffix != JPEG:
        raise bad_field("file", N_("a photo is a picture, not a PDF"))
    files = list(session.execute(select(ItemFile).where(ItemFile.item_id == item.id)).scalars())
    if any(file.file_hash == name for file in files):
        raise conflict("there-already", N_("this file is there already"))
    if len(files) >= MOST_FILES:
        raise conflict("too-many", N_("at most {most} files of an item; remove one first"), most=MOST_FILES)
    title = clean_text(new.title, "title", 100)
    row = ItemFile(
        id=new.id,
        item_id=item.id,
        kind=new.kind,
        title=title,
        suffix=suffix,
        file_hash=name,
        size=size,
        added_by_id=caller.person_id,
        added_at=now,
    )
    session.add(row)
    session.flush()
    record(session, caller.person_id, now, "item-file-added", "item", item.code, after=_facts(row))
    return row, True


def remove_file(session: Session, caller: Caller, file_id: UUID, now: datetime) -> str:
    """Take a file off its item; returns the item's code. What it held stays in the backups made so far."""
    row = the_file(session, file_id, alone=True)
    require_city(caller, Act.APPROVE)
    item = session.get_one(Item, row.item_id)
    session.delete(row)
    session.flush()
    record(session, caller.person_id, now, "item-file-removed", "item", item.code, before=_facts(row), after=None)
    return item.code


def _facts(row: ItemFile) -> dict[str, Any]:
    return {"kind": row.kind.value, "title": row.title, "sha256": row.file_hash, "size": row.size}


def the_file(session: Session, file_id: UUID, *, alone: bool = False) -> ItemFile:
    """The file with this id; 404 if there is none. ``alone``: held until the transaction ends."""
    row = session.get(ItemFile, file_id, with_for_update=alone or None)
    if row is None:
        raise not_found(N_("there is no such file"))
    return row


def files_of(session: Session, item_id: UUID) -> list[FileRow]:
    """The files of an item: photos first, then by the order in which they came."""
    rows = session.execute(select(ItemFile).where(ItemFile.item_id == item_id)).scalars()
    ordered = sorted(rows, key=lambda row: (row.kind is not FileKind.PHOTO, row.added_at, row.id))
    return [FileRow(row.id, row.kind, row.title, MEDIA[row.suffix], row.size) for row in ordered]
