"""What a person has said of files before, shown to that person, who can take each of it back."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, delete, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from core.context import context_of, language_of
from core.languages import say
from inventory.exchange.habits import HabitTold, forget_habit, habits_of
from inventory.exchange.models import HabitKind
from inventory.exchange.subjects import SUBJECTS
from people.policy import Act


class ImportHabitRow(msgspec.Struct, frozen=True):
    """What the caller has said once of a file. ``columns``: of a header, as which fields its columns are read."""

    id: UUID
    kind: HabitKind
    subject: str  # what the file holds; empty for a name, which holds for every file
    word: str  # the name in the file; empty for a header
    item: str  # code of the item that the name means; empty for a header
    columns: list[str]
    said_at: datetime


@get("/api/import-habits", may=Act.APPROVE, summary="What you have said of files before")
async def list_import_habits(request: Request[Any, Any, Any]) -> list[ImportHabitRow]:
    """The caller's own, the newest first, 500 at most: they are applied to the caller's next file."""
    language = language_of(request)
    return [_row(habit, language) for habit in await context_of(request).database.read(habits_of, request.user)]


@delete("/api/import-habits/{habit_id:uuid}", may=Act.APPROVE, summary="Take back what you have said of files")
async def delete_import_habit(request: Request[Any, Any, Any], habit_id: FromPath[UUID]) -> None:
    """It is asked anew with the next file; what was entered stays."""
    await context_of(request).database.write(forget_habit, request.user, habit_id)


@post("/imports/habits/{habit_id:uuid}/forget", may=Act.APPROVE, include_in_schema=False)
async def forget_import_habit(request: Request[Any, Any, Any], habit_id: FromPath[UUID]) -> Response[Any]:
    """The same on the page."""
    await context_of(request).database.write(forget_habit, request.user, habit_id)
    return Redirect("/imports#said", status_code=303)


def _row(habit: HabitTold, language: str) -> ImportHabitRow:
    columns = [say(language, label) for label in labels_of(habit)]
    return ImportHabitRow(habit.id, habit.kind, habit.subject, habit.word, habit.item, columns, habit.said_at)


def labels_of(habit: HabitTold) -> list[str]:
    """The names of a header's fields, as text ids."""
    specs = {spec.name: spec.label for spec in SUBJECTS[habit.subject].fields} if habit.subject in SUBJECTS else {}
    return [specs[name] for name in habit.fields if name in specs]


ROUTES = [list_import_habits, delete_import_habit, forget_import_habit]
