"""What a person has said once of a file's columns and words is remembered for that person's next file (X14)."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import bad_field, not_found
from core.ids import derived_id
from core.languages import N_
from inventory.catalogue.naming import item_named
from inventory.exchange.cells import fold
from inventory.exchange.columns import LEFT_OUT, Layout
from inventory.exchange.models import HabitKind, ImportHabit
from people.policy import Caller

LONGEST_WORD = 150
MOST_SHOWN = 500


def learn_words(session: Session, caller: Caller, words: Mapping[str, str], now: datetime) -> None:
    """Remember which item each name means, by the item's code. Refuses (422) an unknown code."""
    for word, said in words.items():
        code = said.strip()
        item = item_named(session, code)
        if item is None or not item.active:
            raise bad_field("words", N_("the catalogue has no item {value}"), value=code)
        _put(session, caller.person_id, HabitKind.WORD, fold(word)[:LONGEST_WORD], item.code, now)


def words_of(session: Session, person_id: UUID) -> dict[str, str]:
    """The items' codes by the names that a person has said mean them."""
    statement = select(ImportHabit.key, ImportHabit.value).where(
        ImportHabit.person_id == person_id, ImportHabit.kind == HabitKind.WORD
    )
    return {key: value for key, value in session.execute(statement)}


def remember_layouts(session: Session, caller: Caller, subject: str, layouts: Sequence[Layout], now: datetime) -> None:
    """Remember which column is which field, for files with the same headers."""
    for layout in layouts:
        if layout.columns:
            fields = msgspec.json.encode({column.index: column.field for column in layout.columns}).decode()
            _put(session, caller.person_id, HabitKind.LAYOUT, _key(subject, layout), fields, now)


def recalled(session: Session, caller: Caller, subject: str, layouts: Sequence[Layout]) -> list[Layout]:
    """The layouts with their columns as the caller has said of the same headers before."""
    return [_recalled(session, caller, subject, layout) for layout in layouts]


def _recalled(session: Session, caller: Caller, subject: str, layout: Layout) -> Layout:
    habit = session.get(ImportHabit, (caller.person_id, HabitKind.LAYOUT, _key(subject, layout)))
    if habit is None:
        return layout
    fields = msgspec.json.decode(habit.value, type=dict[int, str])
    columns = [
        msgspec.structs.replace(column, field=fields.get(column.index, column.field)) for column in layout.columns
    ]
    return msgspec.structs.replace(layout, columns=columns, remembered=columns != layout.columns)


@dataclass(frozen=True)
class HabitTold:
    """Something that a person has said. ``fields``: of a header, the fields of its columns in order."""

    id: UUID
    kind: HabitKind
    subject: str
    word: str
    item: str
    fields: list[str]
    said_at: datetime


def habits_of(session: Session, caller: Caller) -> list[HabitTold]:
    """What the caller has said, the newest first."""
    own = select(ImportHabit).where(ImportHabit.person_id == caller.person_id)
    rows = session.execute(own.order_by(ImportHabit.said_at.desc(), ImportHabit.key).limit(MOST_SHOWN)).scalars()
    return [_shown(habit) for habit in rows]


def _shown(habit: ImportHabit) -> HabitTold:
    if habit.kind == HabitKind.WORD:
        return HabitTold(_id(habit), habit.kind, "", habit.key, habit.value, [], habit.said_at)
    fields = msgspec.json.decode(habit.value, type=dict[int, str])
    named = [fields[index] for index in sorted(fields) if fields[index] not in ("", LEFT_OUT)]
    return HabitTold(_id(habit), habit.kind, habit.key.partition("/")[0], "", "", named, habit.said_at)


def _id(habit: ImportHabit) -> UUID:
    return derived_id(habit.person_id, habit.kind, habit.key)


def forget_habit(session: Session, caller: Caller, habit_id: UUID) -> None:
    """Take back what the caller has said: with the next file it is asked anew. 404 for what they have not said."""
    own = select(ImportHabit).where(ImportHabit.person_id == caller.person_id)
    habit = next((one for one in session.execute(own).scalars() if _id(one) == habit_id), None)
    if habit is None:
        raise not_found(N_("you have said nothing of this kind, or have taken it back"))
    session.delete(habit)


def _key(subject: str, layout: Layout) -> str:
    headers = "\n".join(f"{column.index}:{fold(column.header)}" for column in layout.columns)
    return f"{subject}/{hashlib.sha256(headers.encode()).hexdigest()}"


def _put(session: Session, person_id: UUID, kind: HabitKind, key: str, value: str, now: datetime) -> None:
    there = session.get(ImportHabit, (person_id, kind, key))
    if there is None:
        session.add(ImportHabit(person_id=person_id, kind=kind, key=key, value=value, said_at=now))
    else:
        there.value, there.said_at = value, now
