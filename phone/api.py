"""JSON routes of the phone: the movements, entries, codes and photos it sends; the stock, work and counts it stores."""

import asyncio
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post, put
from litestar.params import Body, FromPath, QueryParameter
from litestar.response import File
from sqlalchemy.orm import Session

from core.bodies import shaped
from core.compression import COMPRESSED
from core.conditional import tag_of, unless_known
from core.context import context_of, language_of
from core.errors import Refusal, not_found
from core.languages import N_, say
from core.openapi.answers import REPEATED
from core.paging import the_one
from depots.models import Depot
from inventory.booking.booking import MovementAnswer
from inventory.booking.wishes import Wish
from inventory.documents.codes_explained import CodeAnswer, explain_code
from inventory.documents.count_report import report, told_line
from inventory.entries import VERBS, AnyEntry
from inventory.stock.count_models import Count, CountPurpose, CountState
from inventory.stock.reaching import is_reached
from inventory.telling.entries import Outcome, book_entry, entries_of
from inventory.telling.models import EntryState
from inventory.telling.photos import file_of, keep_file, note_photo, photo_for, prepare
from labels.codes.binding import labelled
from labels.codes.booking import book_sent
from people.policy import Act, Caller, may_at
from phone.changes import Changes, changes_since, version_of, with_own_entries
from phone.checks import DueChecks, due_checks
from phone.shelves import Shelves, shelves
from phone.work import Work, work

Text = Annotated[str, QueryParameter(max_length=300, description="what was scanned, letter by letter")]


@post(
    "/api/movements",
    may=Act.OWN,  # its verb asks for more: who has no role left still sends what happened before
    before_request=shaped(Wish | list[Wish]),
    operation_id="bookMovements",
    answers=REPEATED,
    summary="Book one movement, or up to 500 at once",
)
async def book_movements(
    request: Request[Any, Any, Any], data: Annotated[Wish | list[Wish], Body(title="One movement or a list")]
) -> Response[MovementAnswer | list[MovementAnswer]]:
    """All or nothing: 201 when something was booked, 200 for an exact repeat, 409 with what is there otherwise.

    What is ``late`` is judged by the roles of its time. Where these are over and the time is not sure, it is not booked
    (409 ``role-over``): it is stored as refused, and the depot learns of it.
    """
    context = context_of(request)
    wishes = data if isinstance(data, list) else [data]
    booked = await context.database.write(book_sent, request.user, wishes, context.moment())
    if isinstance(booked, Refusal):
        raise booked  # after the transaction that has stored it
    answers, fresh = booked
    return Response(answers if isinstance(data, list) else answers[0], status_code=201 if fresh else 200)


class Told(msgspec.Struct, frozen=True):
    """What became of an entry, in the caller's language."""

    outcome: Outcome
    why: str | None  # of a late entry that could not be booked


@post(
    "/api/entries",
    may=Act.OWN,  # its verb asks for more: who has no role left still sends what happened before
    before_request=shaped(AnyEntry),
    operation_id="sendEntry",
    answers={**REPEATED, 202: "A late fact that cannot be booked: stored as refused, and the depot learns of it."},
    summary="One thing that a person did, under the device's own id",
)
async def tell_entry(request: Request[Any, Any, Any], data: Annotated[Any, Body(title="An entry")]) -> Response[Told]:
    """201 when it was new, 200 for an exact repeat with the first answer; 202 for a late one stored as refused."""
    context = context_of(request)
    entry = msgspec.convert(data, AnyEntry)
    outcome, fresh = await context.database.write(
        book_entry,
        request.user,
        entry,
        VERBS,
        context.moment(),
        labelled,
    )
    refused = outcome.state == EntryState.REFUSED
    return Response(_answer(request, outcome), status_code=202 if refused else 201 if fresh else 200)


def _answer(request: Request[Any, Any, Any], outcome: Outcome) -> Told:
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
    return [_answer(request, outcome) for outcome in outcomes]


class CodeTold(msgspec.Struct, frozen=True):
    """A maker's code taken apart, its notes in the caller's language."""

    code: CodeAnswer
    notes: list[str]


@get(
    "/api/codes",
    operation_id="readMakersCode",
    may=Act.SEE,
    summary="What a maker's code says: product, lot, date, serial number",
)
async def read_makers_code(request: Request[Any, Any, Any], text: Text) -> CodeTold:
    """GS1 element strings and product codes are taken apart; others come back as they are."""
    context = context_of(request)
    found = await context.database.read(explain_code, request.user, text, context.clock.today())
    return CodeTold(found, [say(language_of(request), note) for note in found.notes])


@put(
    "/api/photos/{photo_id:uuid}",
    answers=REPEATED,
    takes=("image/jpeg", "image/png", "image/webp"),
    may=Act.OWN,  # its verb asks for more: who has no role left still sends what happened before
    summary="A photo, under the device's own id",
    status_code=201,
)
async def put_photo(request: Request[Any, Any, Any], photo_id: FromPath[UUID]) -> Response[None]:
    """JPEG, PNG or WebP, 1.5 MB at most; stored without its metadata. 200 for an exact repeat."""
    context = context_of(request)
    picture = await asyncio.to_thread(prepare, await request.body())
    name = await asyncio.to_thread(keep_file, context.settings.var_dir / "photos", picture)
    fresh = await context.database.write(note_photo, request.user, photo_id, name, len(picture), context.clock.now())
    return Response(None, status_code=201 if fresh else 200)


@get("/api/photos/{photo_id:uuid}", files=("image/jpeg",), may=Act.SEE, summary="A photo")
async def get_photo(request: Request[Any, Any, Any], photo_id: FromPath[UUID]) -> File:
    """As it is stored: JPEG."""
    context = context_of(request)
    path = file_of(context.settings.var_dir / "photos", await context.database.read(photo_for, request.user, photo_id))
    if not path.exists():
        raise not_found(N_("there is no such photo"))
    return File(path, media_type="image/jpeg", content_disposition_type="inline")


Since = Annotated[str | None, QueryParameter(max_length=4000, description="the version that the phone holds")]
# Which of the caller's own latest entries are in the answer: a phone takes them off its own list of what waits
TOLD = "readyshelf-told"


@get(
    "/api/phone/{depot_code:str}/shelves",
    operation_id="getPhoneShelves",
    may=Act.SEE,
    summary="A depot's stock with all codes, for a phone to keep",
    middleware=[COMPRESSED],
)
async def get_shelves(
    request: Request[Any, Any, Any], depot_code: FromPath[str], since: Since = None
) -> Response[Shelves | Changes | None]:
    """Everything that the phone app needs to work without a signal; with ``since`` only what differs from it."""
    context = context_of(request)
    now, today = context.clock.now(), context.clock.today()

    def look(session: Session) -> tuple[Shelves, list[UUID]]:
        return with_own_entries(session, request.user, lambda: shelves(session, request.user, depot_code, now, today))

    picture, told = await context.database.read(look)
    if since is not None:
        return Response(changes_since(picture, since), headers={TOLD: _listed(told)})
    return _picture(request, picture, told, {"readyshelf-version": version_of(picture)})


@get(
    "/api/phone/{depot_code:str}/work",
    operation_id="getPhoneWork",
    may=Act.SEE,
    summary="A depot's open work, for a phone to keep",
    middleware=[COMPRESSED],
)
async def get_work(request: Request[Any, Any, Any], depot_code: FromPath[str]) -> Response[Work | None]:
    """Open loans, call-outs, transfers, counts, faults and proposals."""
    context = context_of(request)
    now, days = context.clock.now(), context.settings.handover_days

    def look(session: Session) -> tuple[Work, list[UUID]]:
        return with_own_entries(session, request.user, lambda: work(session, request.user, depot_code, now, days))

    picture, told = await context.database.read(look)
    return _picture(request, picture, told)


@get(
    "/api/phone/{depot_code:str}/checks",
    operation_id="getPhoneChecks",
    may=Act.SEE,
    summary="The checks that are due at a depot, with their questions, for a phone to keep",
    middleware=[COMPRESSED],
)
async def get_checks(request: Request[Any, Any, Any], depot_code: FromPath[str]) -> Response[DueChecks | None]:
    """What is due within 14 days, by shelf; empty to who may not check here. Checks are sent as entries, `check`."""
    context = context_of(request)
    moment = context.clock.now(), context.clock.today()
    return _picture(request, await context.database.read(due_checks, request.user, depot_code, *moment), [])


def _listed(told: list[UUID]) -> str:
    return " ".join(map(str, told))


def _picture(
    request: Request[Any, Any, Any],
    picture: Shelves | Work | DueChecks,
    told: list[UUID],
    more: dict[str, str] | None = None,
) -> Response[Any]:
    """The picture, or 304 without it where the phone has exactly this one."""
    return unless_known(request, picture, tag_of(picture, "at"), {TOLD: _listed(told), **(more or {})})


class CountReport(msgspec.Struct, frozen=True):
    """A count line by line. To who may not approve it, an open stocktake is blind: without the book.

    A line that waits for its recount is blind to everybody, for the second person may be who approves (T56).
    """

    id: UUID
    purpose: CountPurpose
    state: CountState
    blind: bool
    lines: list[dict[str, Any]]


@get("/api/counts/{count_id:uuid}", may=Act.SEE, summary="The report of a count")
async def get_count(request: Request[Any, Any, Any], count_id: FromPath[UUID]) -> CountReport:
    """Counted, book and difference of each line; what waits for a recount; what nobody counted."""
    return await context_of(request).database.read(_report, request.user, count_id)


def _report(session: Session, caller: Caller, count_id: UUID) -> CountReport:
    if not is_reached(session, caller, Count, count_id, Count.depot_id):
        raise not_found(N_("there is no count with this id"))
    count = session.get_one(Count, count_id)
    depot = session.get_one(Depot, count.depot_id)
    counting = count.purpose == CountPurpose.STOCKTAKE and count.state == CountState.OPEN
    blind = counting and not may_at(caller, Act.APPROVE, depot.id, depot.district_code)
    lines = [told_line(row, blind=blind or (counting and row.needs_recount)) for row in report(session, count)]
    return CountReport(count.id, count.purpose, count.state, blind, lines)


@get("/api/entries/{entry_id:uuid}", may=Act.OWN, summary="What became of one of one's own entries")
async def get_entry(request: Request[Any, Any, Any], entry_id: FromPath[UUID]) -> Told:
    """By the id under which it was sent."""
    outcomes = await context_of(request).database.read(entries_of, request.user, 1, entry_id)
    return _answer(request, the_one(outcomes, "id", entry_id))


ROUTES = [
    get_entry,
    book_movements,
    tell_entry,
    list_entries,
    read_makers_code,
    put_photo,
    get_photo,
    get_shelves,
    get_work,
    get_checks,
    get_count,
]
