"""Every act that the audit trail may hold has a name that people read, and can be chosen in the filter."""

import ast
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from sqlmodel import SQLModel

from depots.parts import PARTS
from office.lists.register import TABLES
from people.trail import AuditRow, instant_of
from people.trail_words import ACT_WORDS, FIELD_WORDS, LIST_WORDS
from rooms import LISTS

ROOT = Path(__file__).parents[2]
ROOMS = ("core", "people", "depots", "inventory", "labels", "phone", "jobs", "manage", "office")
HAND_IT_ON = ("record", "_note")


def acts_in(source: str) -> Iterator[str]:
    """The texts with a hyphen that stand as the act of an entry, or of what hands it on."""
    if not any(f"{name}(" in source for name in HAND_IT_ON):
        return  # read in a hundredth of the time
    for call in ast.walk(ast.parse(source)):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in HAND_IT_ON:
            texts = (one.value for one in call.args if isinstance(one, ast.Constant) and isinstance(one.value, str))
            yield from [text for text in texts if "-" in text][:1]


def test_every_act_of_the_trail_has_its_words() -> None:
    files = [file for room in ROOMS for file in (ROOT / room).rglob("*.py")]
    found = {act for file in files for act in acts_in(file.read_text(encoding="utf-8"))}
    found |= {f"{name[:-1]}-{done}" for name in PARTS for done in ("added", "changed")}
    found |= {f"{kind}-ended" for kind in ("session", "token")} | {
        "person-removed",
        "reference-taken",
        "reference-left",
    }
    assert len(found) > 60
    assert sorted(found - ACT_WORDS.keys() - {"first-code"}) == []


def test_what_is_or_is_not_so_is_written_in_words() -> None:
    row = AuditRow(
        id=uuid4(),
        at=datetime(2026, 7, 25, tzinfo=UTC),
        by=None,
        by_name=None,
        address="console",
        act="district-changed",
        kind="district",
        subject="440305",
        subject_name=None,
        before={"active": True, "name_en": "Nanshan"},
        after={"active": False, "name_en": None},
    )
    assert row.changes == [("active", "yes", "no"), ("name_en", "Nanshan", "")]


def test_every_column_that_people_change_has_its_words() -> None:
    inner = {"id", "required_on", "created_at", "in_reach", "outside", "position", "person_id", "parent_id", "status"}
    inner |= {"retired_at", "merged_into_id", "merged_at", "lot_id", "changed_by_id", "changed_at"}
    for name in ("depot", "place", "item", "asset_fact", "district", "subdistrict", "cover_point", "profile", "city"):
        columns = {column.name for column in SQLModel.metadata.tables[name].columns}
        assert sorted(columns - inner - FIELD_WORDS.keys()) == [], name


def test_a_stored_moment_is_told_from_a_day_and_a_word() -> None:
    assert instant_of("2026-12-09 16:00:00+00:00") == datetime(2026, 12, 9, 16, tzinfo=UTC)
    assert instant_of("2026-12-07T22:13:40.043741Z") is not None
    assert [instant_of(word) for word in ("2026-12-09", "2027年配备标准", "", "16:00:00+00:00")] == [None] * 4


def test_every_list_that_leaves_as_a_file_has_its_words() -> None:
    tables = {name: table.title for name, table in TABLES.items()}
    titles = {name: listing.title for name, listing in LISTS.items()}
    assert LIST_WORDS.keys() == tables.keys() | titles.keys()
    assert all(word in (tables.get(name), titles.get(name)) for name, word in LIST_WORDS.items())
