"""Pages on which officers bring files in: choose a file, check its columns, look it through, enter it, take it back."""

import asyncio
from typing import Annotated, Any, BinaryIO, cast
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect
from sqlalchemy.orm import Session

from core.context import AppContext, context_of, language_of
from core.errors import bad_field
from core.languages import N_
from core.pages import form_of, page
from inventory.exchange.columns import Choice
from inventory.exchange.models import ImportState
from inventory.exchange.runs import (
    arrange,
    begin,
    bring_in,
    cancel,
    carry_out,
    faults_of,
    layouts_of,
    progress_of,
    run_of,
    runs,
)
from inventory.exchange.sheets import LARGEST_FILE
from inventory.exchange.subjects import SUBJECTS
from inventory.exchange.undoing import undo
from people.policy import ROLE_WORDS, Act, Caller

STATE_WORDS = {
    ImportState.UPLOADED: N_("look at the columns, then look the file through"),
    ImportState.RUNNING: N_("running"),
    ImportState.FAULTY: N_("faults found; nothing was changed"),
    ImportState.CHECKED: N_("no faults; nothing was changed yet"),
    ImportState.DONE: N_("entered"),
    ImportState.UNDONE: N_("taken back"),
    ImportState.FAILED: N_("stopped by an error; nothing was changed"),
}
NEXT = {  # where one goes on from a file that was entered
    "catalogue": ("/manage/catalogue", N_("Catalogue")),
    "depots": ("/manage/depots", N_("Depots and places")),
    "stock": ("/labels", N_("Print the labels")),
    "districts": ("/manage/city", N_("The city")),
    "people": ("/people", N_("People: invite them")),
    "assets": ("/reports", N_("Reports")),
    "requirements": ("/manage/requirements", N_("What must be held")),
}
SHOWN_FAULTS = 200
Done = Annotated[str | None, QueryParameter(max_length=20)]
_tasks: set[asyncio.Task[Any]] = set()  # a task that nobody holds may be forgotten half-way


@get("/imports", may=Act.APPROVE, include_in_schema=False)
async def imports_page(request: Request[Any, Any, Any]) -> Response[str]:
    """Bring a file in, and what was brought in before."""
    found = await context_of(request).database.read(runs, request.user)
    return page(request, "inventory/exchange/imports.html", runs=found, subjects=SUBJECTS, states=STATE_WORDS)


@post("/imports", may=Act.APPROVE, include_in_schema=False, request_max_body_size=LARGEST_FILE + 100_000)
async def upload(request: Request[Any, Any, Any]) -> Response[Any]:
    """Keep a file and show how its columns are understood."""
    form = await request.form()
    file, subject = form.get("file"), form.get("subject")
    if not isinstance(file, UploadFile) or not file.filename:
        raise bad_field("file", N_("choose a file"))
    context = context_of(request)
    name = file.filename.replace("\x00", "")
    run_id = await asyncio.to_thread(bring_in, context, request.user, str(subject), name, cast(BinaryIO, file.file))
    return Redirect(f"/imports/{run_id}", status_code=303)


@get("/imports/{run_id:uuid}", may=Act.APPROVE, include_in_schema=False)
async def import_page(request: Request[Any, Any, Any], run_id: FromPath[UUID], done: Done = None) -> Response[str]:
    """One import: its columns, its faults, its progress."""
    context = context_of(request)
    run = await context.database.read(run_of, request.user, run_id)
    language = language_of(request)
    faults = [(fault, *fault.told(language)) for fault in faults_of(run)[:SHOWN_FAULTS]]
    stage, rows, total = progress_of(run, context.clock.now())
    state = ImportState.FAILED if stage == "lost" else run.state  # it died: it can be begun anew
    return page(
        request,
        "inventory/exchange/import.html",
        run=run,
        subject=SUBJECTS[run.subject],
        layouts=layouts_of(run),
        faults=faults,
        state=state.value,
        state_words=STATE_WORDS[state],
        outcome=msgspec.json.decode(run.outcome),
        role_words=ROLE_WORDS,
        stage=stage,
        rows=rows,
        total=total,
        done=done,
        onward=NEXT[run.subject],
    )


@get("/imports/{run_id:uuid}/progress", may=Act.APPROVE, include_in_schema=False)
async def import_progress(request: Request[Any, Any, Any], run_id: FromPath[UUID]) -> dict[str, Any]:
    """How far a running import is, for its page."""
    context = context_of(request)
    run = await context.database.read(run_of, request.user, run_id)
    stage, rows, total = progress_of(run, context.clock.now())
    state = ImportState.FAILED if stage == "lost" else run.state
    return {"state": state.value, "stage": stage, "done": rows, "total": total}


@post("/imports/{run_id:uuid}", may=Act.APPROVE, include_in_schema=False)
async def run_import(request: Request[Any, Any, Any], run_id: FromPath[UUID]) -> Response[Any]:
    """Take the columns as chosen, and look the file through or enter it, in the background."""
    context, form = context_of(request), await form_of(request)
    choices = [
        Choice(layout.sheet, column.index, form[f"column-{number}-{column.index}"])
        for number, layout in enumerate(layouts_of(await context.database.read(run_of, request.user, run_id)))
        for column in layout.columns
        if f"column-{number}-{column.index}" in form
    ]
    write = form.get("act") == "enter"
    await context.database.write(_claim, context, request.user, run_id, choices, write, form)
    task = asyncio.create_task(asyncio.to_thread(_carry_out, context, request.user, run_id, write))
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)
    return Redirect(f"/imports/{run_id}", status_code=303)


def _claim(
    session: Session,
    context: AppContext,
    caller: Caller,
    run_id: UUID,
    choices: list[Choice],
    write: bool,
    form: dict[str, str],
) -> None:
    if choices:
        arrange(session, caller, run_id, choices, context.clock.now(), form.get("make_places") == "yes")
    session.flush()
    begin(session, caller, run_id, context.clock.now(), write, form.get("again") == "yes")


def _carry_out(context: AppContext, caller: Caller, run_id: UUID, write: bool) -> None:
    """In a thread of its own; what goes wrong is logged and written to the run by ``carry_out``."""
    carry_out(context, caller, run_id, write)


@post("/imports/{run_id:uuid}/undo", may=Act.APPROVE, include_in_schema=False)
async def undo_import(request: Request[Any, Any, Any], run_id: FromPath[UUID]) -> Response[Any]:
    """Take an import back as a whole."""
    context = context_of(request)
    await context.database.offload(undo, request.user, run_id, context.clock.now(), context.clock.today())
    return Redirect(f"/imports/{run_id}?done=undone", status_code=303)


@post("/imports/{run_id:uuid}/cancel", may=Act.APPROVE, include_in_schema=False)
async def cancel_import(request: Request[Any, Any, Any], run_id: FromPath[UUID]) -> Response[Any]:
    """Stop an import that is running."""
    context = context_of(request)
    await context.database.write(cancel, request.user, run_id, context.clock.now())
    return Redirect(f"/imports/{run_id}", status_code=303)


ROUTES = [imports_page, upload, import_page, import_progress, run_import, undo_import, cancel_import]
