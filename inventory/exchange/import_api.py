"""Files brought in by a program, as an officer does it on pages: sent, looked through, entered, taken back."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import IO, Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post, put
from litestar.params import Body, FromPath, QueryParameter

from core.background import go_on
from core.bodies import shaped
from core.context import context_of, language_of
from core.errors import bad_field
from core.languages import N_
from core.openapi.answers import REPEATED
from inventory.exchange.columns import Choice, Layout, Said
from inventory.exchange.findings import Fault
from inventory.exchange.models import ImportRun, ImportState
from inventory.exchange.returning import go_back
from inventory.exchange.runs import cancel, carry_out, faults_of, layouts_of, progress_of, run_of, runs, state_of
from inventory.exchange.sheets import LARGEST_FILE
from inventory.exchange.starting import Start, bring_in_once, start
from inventory.exchange.undoing import undo
from inventory.exchange.writing import FORMATS
from people.policy import Act

Subject = Annotated[str, QueryParameter(max_length=20)]
FileName = Annotated[str, QueryParameter(max_length=200)]


class ColumnTold(msgspec.Struct, frozen=True):
    """A column of a sheet, and what it is taken for."""

    column: str  # its letter
    header: str
    field: str  # which field it is; "-" is left out, empty is not known
    examples: list[str]


class SheetTold(msgspec.Struct, frozen=True):
    """How a sheet of the file is read."""

    sheet: str
    header_row: int  # from 1
    columns: list[ColumnTold]


class ImportFault(msgspec.Struct, frozen=True):
    """One thing that is wrong in the file: where, what, and how to mend it."""

    sheet: str
    row: int  # from 1; 0 is the whole sheet or file
    column: str  # its letter; empty is the whole row
    header: str
    value: str
    what: str
    mend: str


class ImportRow(msgspec.Struct, frozen=True):
    """A file that was brought in."""

    id: UUID
    subject: str
    file_name: str
    state: ImportState
    fault_count: int
    created_at: datetime
    finished_at: datetime | None


class ImportView(msgspec.Struct, frozen=True):
    """A file that was brought in: how it is read, how far it is, what is wrong in it, what was entered."""

    id: UUID
    subject: str
    file_name: str
    state: ImportState
    stage: str  # of a running one
    rows_done: int
    rows_total: int
    fault_count: int
    faults: list[ImportFault]  # the first thousand
    figures: dict[str, int]  # what was entered, or would be
    sheets: list[SheetTold]
    created_at: datetime
    finished_at: datetime | None


class ColumnSaid(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which field a column is."""

    sheet: str
    column: str  # its letter
    field: str  # "-": it is left out


class ImportStart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is to be done with the file; whatever is left out stays as it was understood."""

    act: Literal["look", "enter"]
    columns: list[ColumnSaid] = []
    given: dict[str, str] = {}  # what all rows say in a field for which the file has no column
    words: dict[str, str] = {}  # names in the file with the code of the item that each means
    skip: list[str] = []  # sheets that are not read
    take_hidden: bool = False
    make_places: bool = False
    again: bool = False  # this very file was entered before, and is meant to be entered again


@get("/api/imports", may=Act.APPROVE, summary="Files that were brought in")
async def list_imports(request: Request[Any, Any, Any]) -> list[ImportRow]:
    """The newest thirty: the caller's own; everybody's for who answers for the city."""
    context = context_of(request)
    found = await context.database.read(runs, request.user)
    return [_import_row(run, context.clock.now()) for run in found]


def _import_row(run: ImportRun, now: datetime) -> ImportRow:
    shown = state_of(run, now)
    return ImportRow(run.id, run.subject, run.file_name, shown, run.fault_count, run.created_at, run.finished_at)


@get("/api/imports/{import_id:uuid}", may=Act.APPROVE, summary="A file that was brought in")
async def get_import(request: Request[Any, Any, Any], import_id: FromPath[UUID]) -> ImportView:
    """How it is read, how far it is, what is wrong in it."""
    return await _shown(request, import_id)


async def _shown(request: Request[Any, Any, Any], import_id: UUID) -> ImportView:
    context = context_of(request)
    run = await context.database.read(run_of, request.user, import_id)
    return _view(run, context.clock.now(), language_of(request))


@put(
    "/api/imports/{import_id:uuid}",
    answers=REPEATED,
    takes=(FORMATS["xlsx"], FORMATS["csv"].partition(";")[0], "application/octet-stream"),
    may=Act.APPROVE,
    summary="Bring a file in",
    status_code=201,
    request_max_body_size=LARGEST_FILE + 100_000,
)
async def put_import(
    request: Request[Any, Any, Any], import_id: FromPath[UUID], subject: Subject, name: FileName
) -> Response[ImportView]:
    """The body is the file: an Excel workbook or CSV. Nothing is entered yet. 200 for an exact repeat.

    `subject`: catalogue, depots, stock, districts, people, assets or requirements; `name` is the file's, with its end.
    """
    context = context_of(request)
    async with _body_of(request) as file:
        fresh = await asyncio.to_thread(bring_in_once, context, request.user, import_id, subject, name, file)
    return Response(await _shown(request, import_id), status_code=201 if fresh else 200)


@asynccontextmanager
async def _body_of(request: Request[Any, Any, Any]) -> AsyncIterator[IO[bytes]]:
    """The body as a file; a large one is on disk."""
    with tempfile.SpooledTemporaryFile(1 << 20) as file:
        async for part in request.stream():
            file.write(part)
        file.seek(0)
        yield file


@post(
    "/api/imports/{import_id:uuid}/start",
    may=Act.APPROVE,
    summary="Look a file through, or enter it",
    status_code=202,
    before_request=shaped(ImportStart),
)
async def start_import(
    request: Request[Any, Any, Any], import_id: FromPath[UUID], data: Annotated[Any, Body(title="What is to be done")]
) -> ImportView:
    """It is done in the background: ask for the import until its state is no longer running.

    `look` changes nothing. `enter` books everything or, where anything is wrong, nothing. Stock is booked portion by
    portion, so that nobody waits for it; what breaks off half-way is taken back.
    """
    context, wish = context_of(request), msgspec.convert(data, ImportStart)
    run = await context.database.read(run_of, request.user, import_id)
    said = Said(wish.take_hidden, wish.given, frozenset(wish.skip))
    choices = _choices(layouts_of(run), wish.columns)
    wanted = Start(wish.act == "enter", choices, said, wish.words, wish.make_places or None, wish.again)
    await context.database.write(start, request.user, import_id, context.clock.now(), wanted)
    go_on(carry_out, context, request.user, import_id, write=wanted.write)
    return await _shown(request, import_id)


@post("/api/imports/{import_id:uuid}/undo", may=Act.APPROVE, summary="Take an import back", status_code=200)
async def undo_import(request: Request[Any, Any, Any], import_id: FromPath[UUID]) -> ImportView:
    """As a whole, by counter-movements; refused where what came in has moved on since.

    Stock goes back portion by portion; what somebody uses while it does stays, and is counted in the figure `stay`.
    """
    context = context_of(request)
    await asyncio.to_thread(undo, context, request.user, import_id)
    return await _shown(request, import_id)


@post("/api/imports/{import_id:uuid}/cancel", may=Act.APPROVE, summary="Stop a running import", status_code=200)
async def cancel_import(request: Request[Any, Any, Any], import_id: FromPath[UUID]) -> ImportView:
    """Nothing of it stays: what was entered goes back in the background. When it has failed, it can be started anew."""
    context = context_of(request)
    if await context.database.write(cancel, request.user, import_id, context.clock.now()):
        go_on(go_back, context, import_id)
    return await _shown(request, import_id)


def _choices(layouts: list[Layout], said: list[ColumnSaid]) -> list[Choice]:
    known = {(layout.sheet, column.letter): column.index for layout in layouts for column in layout.columns}
    choices = []
    for number, one in enumerate(said):
        index = known.get((one.sheet, one.column.upper()))
        if index is None:
            raise bad_field(f"columns.{number}", N_("the file has no such column"))
        choices.append(Choice(one.sheet, index, one.field))
    return choices


def _view(run: ImportRun, now: datetime, language: str) -> ImportView:
    """An import as programs see it."""
    stage, done, total = progress_of(run, now)
    outcome: dict[str, Any] = msgspec.json.decode(run.outcome)
    return ImportView(
        id=run.id,
        subject=run.subject,
        file_name=run.file_name,
        state=state_of(run, now),
        stage=stage,
        rows_done=done,
        rows_total=total,
        fault_count=run.fault_count,
        faults=[_fault(fault, language) for fault in faults_of(run)],
        figures={name: number for name, number in outcome.items() if type(number) is int},
        sheets=[_sheet(layout) for layout in layouts_of(run)],
        created_at=run.created_at,
        finished_at=run.finished_at,
    )


def _fault(fault: Fault, language: str) -> ImportFault:
    what, mend = fault.told(language)
    return ImportFault(fault.sheet, fault.row, fault.column, fault.header, fault.value, what, mend)


def _sheet(layout: Layout) -> SheetTold:
    columns = [ColumnTold(one.letter, one.header, one.field, one.examples) for one in layout.columns]
    return SheetTold(layout.sheet, layout.header_row, columns)


ROUTES = [
    list_imports,
    get_import,
    put_import,
    start_import,
    undo_import,
    cancel_import,
]
