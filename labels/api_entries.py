"""``/api/entries``: what a phone tells, one thing a person did at a time; ``/api/codes``; photos."""

import asyncio
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post, put
from litestar.params import Body, FromPath, QueryParameter
from litestar.response import File

from core.bodies import shaped
from core.context import context_of, language_of
from core.errors import not_found
from core.languages import N_, say
from inventory.documents.makers_codes import CodeAnswer, explain_code
from inventory.entries import VERBS, AnyEntry
from inventory.telling.entries import Outcome, entries_of, tell
from inventory.telling.models import EntryState
from inventory.telling.photos import file_of, keep_file, note_photo, photo_for, prepare
from labels.binding import labelled
from people.policy import Act

Text = Annotated[str, QueryParameter(max_length=300, description="what was scanned, letter by letter")]


class Told(msgspec.Struct, frozen=True):
    """What became of an entry, in the caller's language."""

    outcome: Outcome
    why: str | None  # of a late entry that could not be booked


@post(
    "/api/entries",
    may=Act.REPORT,
    before_request=shaped(AnyEntry),
    operation_id="TellEntry",
    summary="One thing that a person did, under the device's own id",
)
async def tell_entry(request: Request[Any, Any, Any], data: Annotated[Any, Body(title="An entry")]) -> Response[Told]:
    """201 when it was new, 200 for an exact repeat with the first answer; 202 for a late one kept as refused."""
    context = context_of(request)
    entry = msgspec.convert(data, AnyEntry)
    outcome, fresh = await context.database.write(
        tell,
        request.user,
        entry,
        VERBS,
        context.clock.now(),
        context.settings.zone,
        context.settings.shift_at,
        labelled,
    )
    refused = outcome.state == EntryState.REFUSED
    return Response(_told(request, outcome), status_code=202 if refused else 201 if fresh else 200)


def _told(request: Request[Any, Any, Any], outcome: Outcome) -> Told:
    problem = outcome.problem
    why = say(language_of(request), problem.message, **_pairs(problem.params)) if problem else None
    return Told(outcome, why)


def _pairs(params: dict[str, Any]) -> dict[str, Any]:
    """Names in two languages come back from the book as lists."""
    return {name: tuple(value) if isinstance(value, list) else value for name, value in params.items()}


@get("/api/entries", may=Act.OWN, summary="What became of one's own entries, the newest first")
async def list_entries(request: Request[Any, Any, Any]) -> list[Told]:
    """The last fifty."""
    outcomes = await context_of(request).database.read(entries_of, request.user)
    return [_told(request, outcome) for outcome in outcomes]


class CodeTold(msgspec.Struct, frozen=True):
    """A maker's code taken apart, its notes in the caller's language."""

    code: CodeAnswer
    notes: list[str]


@get("/api/codes", may=Act.SEE, summary="What a maker's code says: product, lot, date, serial number")
async def read_makers_code(request: Request[Any, Any, Any], text: Text) -> CodeTold:
    """GS1 element strings and product codes are taken apart; others come back as they are."""
    found = await context_of(request).database.read(explain_code, text)
    return CodeTold(found, [say(language_of(request), note) for note in found.notes])


@put("/api/photos/{photo_id:uuid}", may=Act.REPORT, summary="A photo, under the device's own id", status_code=201)
async def put_photo(request: Request[Any, Any, Any], photo_id: FromPath[UUID]) -> Response[None]:
    """JPEG, PNG or WebP, 1.5 MB at most; kept without its metadata. 200 for an exact repeat."""
    context = context_of(request)
    picture = await asyncio.to_thread(prepare, await request.body())
    name = await asyncio.to_thread(keep_file, context.settings.var_dir / "photos", picture)
    fresh = await context.database.write(note_photo, request.user, photo_id, name, len(picture), context.clock.now())
    return Response(None, status_code=201 if fresh else 200)


@get("/api/photos/{photo_id:uuid}", may=Act.SEE, summary="A photo")
async def get_photo(request: Request[Any, Any, Any], photo_id: FromPath[UUID]) -> File:
    """As it is kept: JPEG."""
    context = context_of(request)
    path = file_of(context.settings.var_dir / "photos", await context.database.read(photo_for, request.user, photo_id))
    if not path.exists():
        raise not_found(N_("there is no such photo"))
    return File(path, media_type="image/jpeg", content_disposition_type="inline")


ROUTES = [tell_entry, list_entries, read_makers_code, put_photo, get_photo]
