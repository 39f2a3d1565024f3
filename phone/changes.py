"""What changed in a phone's picture of a depot since the version that it holds, and which own entries are in it.

A version is worked out from the picture itself, so that nothing that can change it is ever forgotten: the rows of each
section fall into buckets by their key, and a version holds a short hash of every bucket. The phone sends the version
that it has, and is sent the buckets that differ, whole. The phone replaces its rows of these buckets.
"""

import base64
import binascii
import hashlib
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import bad_field
from core.languages import N_
from inventory.telling.models import Entry
from people.policy import Caller
from phone.shelves import Shelves

# Sections of a picture: by which field their rows are spread, and over how many buckets
SECTIONS: dict[str, tuple[Any, int]] = {
    "places": ("id", 16),
    "items": ("code", 16),
    "lots": ("id", 64),
    "stock": (1, 64),
    "codes": (1, 64),
    "kit_lines": ("kit", 16),
    "seals": ("place", 16),
    "checks": ("place", 16),
    "back": (0, 16),
}
HASH_BYTES = 3
RECENT = 8  # entries of the caller's own that a picture names as contained; a phone has one in doubt at most
LOOKS = 3
Rows = dict[int, list[Any]]
Looked = TypeVar("Looked")


class Changes(msgspec.Struct, frozen=True):
    """The buckets that differ from the version asked for; ``buckets`` says over how many a section is spread."""

    at: datetime
    version: str
    head: dict[str, Any]
    buckets: dict[str, int]
    changed: dict[str, dict[str, list[Any]]]


def bucket_of(key: Any, buckets: int) -> int:
    """The bucket of a row. The phone works out the same: the sum of the key's character codes."""
    return sum(map(ord, str(key))) % buckets


def _rows(shelves: Shelves) -> dict[str, Rows]:
    found: dict[str, Rows] = {}
    for section, (key, buckets) in SECTIONS.items():
        value = getattr(shelves, section)
        rows = found[section] = defaultdict(list)
        for row in value.items() if isinstance(value, dict) else value:
            rows[bucket_of(row[key], buckets)].append(row)
    return found


def _hashes(rows: dict[str, Rows]) -> bytes:
    parts = []
    for section, (_, buckets) in SECTIONS.items():
        for number in range(buckets):
            there = rows[section].get(number)
            digest = hashlib.sha256(msgspec.json.encode(there)).digest()[:HASH_BYTES] if there else b""
            parts.append(digest.ljust(HASH_BYTES, b"\0"))
    return b"".join(parts)


def version_of(shelves: Shelves) -> str:
    """The version of a picture."""
    return base64.urlsafe_b64encode(_hashes(_rows(shelves))).decode()


def changes_since(shelves: Shelves, version: str) -> Changes:
    """What to replace in a picture of this version so that it becomes these shelves."""
    rows = _rows(shelves)
    now, before = _hashes(rows), _read(version)
    changed: dict[str, dict[str, list[Any]]] = {}
    place = 0
    for section, (_, buckets) in SECTIONS.items():
        for number in range(buckets):
            part = slice(place, place + HASH_BYTES)
            if now[part] != before[part]:
                changed.setdefault(section, {})[str(number)] = rows[section].get(number, [])
            place += HASH_BYTES
    head = {"depot": shelves.depot, "may": shelves.may, "today": shelves.today}
    spread = {section: buckets for section, (_, buckets) in SECTIONS.items()}
    return Changes(shelves.at, base64.urlsafe_b64encode(now).decode(), head, spread, changed)


def _read(version: str) -> bytes:
    try:
        before = base64.b64decode(version, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        before = b""
    if len(before) != HASH_BYTES * sum(buckets for _, buckets in SECTIONS.values()):
        raise bad_field("since", N_("this is not a version of this list; ask for the whole list"))
    return before


def with_own_entries(session: Session, caller: Caller, look: Callable[[], Looked]) -> tuple[Looked, list[UUID]]:
    """A picture, and the caller's own latest entries, all of which it contains.

    A reader on PostgreSQL sees what is committed statement by statement: an entry that is booked meanwhile may be in
    the picture or not, so it is looked at again.
    """
    told = _own_entries(session, caller)
    for _ in range(LOOKS):
        looked = look()
        before, told = told, _own_entries(session, caller)
        if told == before:
            break
    return looked, before


def _own_entries(session: Session, caller: Caller) -> list[UUID]:
    statement = select(Entry.id).where(Entry.person_id == caller.person_id)
    newest = statement.order_by(Entry.recorded_at.desc(), Entry.id.desc()).limit(RECENT)
    return list(session.execute(newest).scalars())
