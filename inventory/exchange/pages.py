"""Pages on which officers bring files in: choose a file, check its columns, look it through, enter it, take it back."""

import asyncio
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import IO, Annotated, Any
from urllib.parse import quote
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect, Stream
from sqlalchemy.orm import Session

from core.background import go_on
from core.context import AppContext, context_of, language_of
from core.errors import bad_field
from core.languages import N_
from core.pages import form_of, page
from inventory.exchange.columns import Choice, Layout, Said
from inventory.exchange.findings import Fault
from inventory.exchange.habits import habits_of
from inventory.exchange.habits_faces import labels_of
from inventory.exchange.known import UNKNOWN_ITEM
from inventory.exchange.marking import write_marked
from inventory.exchange.models import ImportRun, ImportState
from inventory.exchange.reading import FieldSpec
from inventory.exchange.returning import go_back
from inventory.exchange.runs import (
    cancel,
    carry_out,
    faults_of,
    layouts_of,
    progress_of,
    run_of,
    runs,
    state_of,
)
from inventory.exchange.sheets import LARGEST_FILE
from inventory.exchange.starting import Start, bring_in, start
from inventory.exchange.subjects import SUBJECTS
from inventory.exchange.undoing import undo
from inventory.exchange.uploads import existing_file
from inventory.exchange.writing import FORMATS, parts_of
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


@get("/imports", may=Act.APPROVE, include_in_schema=False)
async def imports_page(request: Request[Any, Any, Any]) -> Response[str]:
    """Bring a file in, and what was brought in before."""
    context = context_of(request)
    now = context.clock.now()
    found = [(run, state_of(run, now)) for run in await context.database.read(runs, request.user)]
    said = await context.database.read(habits_of, request.user)
    return page(
        request,
        "inventory/exchange/imports.html",
        runs=found,
        subjects=SUBJECTS,
        states=STATE_WORDS,
        said=[(habit, labels_of(habit)) for habit in said],
    )


@post("/imports", may=Act.APPROVE, include_in_schema=False, request_max_body_size=LARGEST_FILE + 100_000)
async def upload(request: Request[Any, Any, Any]) -> Response[Any]:
    """Store a file and show how its columns are understood."""
    form = await request.form()
    file, subject = form.get("file"), form.get("subject")
    if not isinstance(file, UploadFile) or not file.filename:
        raise bad_field("file", N_("choose a file"))
    context = context_of(request)
    name = file.filename.replace("\x00", "")
    run_id = await asyncio.to_thread(bring_in, context, request.user, str(subject), name, file.file)
    return Redirect(f"/imports/{run_id}", status_code=303)


@get("/imports/{run_id:uuid}", may=Act.APPROVE, include_in_schema=False)
async def import_page(request: Request[Any, Any, Any], run_id: FromPath[UUID], done: Done = None) -> Response[str]:
    """One import: its columns, its faults, its progress."""
    context = context_of(request)
    run = await context.database.read(run_of, request.user, run_id)
    language, layouts = language_of(request), layouts_of(run)
    found = faults_of(run)
    faults = [(fault, *fault.told(language)) for fault in found[:SHOWN_FAULTS]]
    outcome = msgspec.json.decode(run.outcome)
    given = _given(run, layouts)
    stage, rows, total = progress_of(run, context.clock.now())
    state = state_of(run, context.clock.now())
    return page(
        request,
        "inventory/exchange/import.html",
        run=run,
        subject=SUBJECTS[run.subject],
        layouts=layouts,
        faults=faults,
        state=state.value,
        state_words=STATE_WORDS[state],
        outcome=outcome,
        figures={name: number for name, number in outcome.items() if isinstance(number, int)},
        kinds=_kinds(outcome, found, language),
        unknown=_unknown(found),
        given_fields=given,
        role_words=ROLE_WORDS,
        stage=stage,
        rows=rows,
        total=total,
        done=done,
        onward=NEXT[run.subject],
    )


def _kinds(outcome: dict[str, Any], faults: list[Fault], language: str) -> list[tuple[str, str, int, list[str]]]:
    """The faults by kind: what is wrong in general words, in which column, how often, and what stands there."""
    found = []
    for kind in outcome.get("kinds", []):
        alike = [one for one in faults if (one.message, one.header) == (kind["message"], kind["header"])]
        if alike:
            values = list(dict.fromkeys(one.value for one in alike if one.value))[:5]
            found.append((alike[0].told(language)[0], kind["header"], kind["count"], values))
    return found


def _unknown(faults: list[Fault]) -> dict[str, list[list[str]]]:
    """Names that the catalogue does not have, with the items that they may mean (X14)."""
    return {
        fault.params["value"]: fault.params.get("items", [])
        for fault in faults
        if fault.message == UNKNOWN_ITEM and "value" in fault.params
    }


def _given(run: ImportRun, layouts: list[Layout]) -> list[FieldSpec]:
    """The fields for which a sheet that is read has no column, and that may be said once for all rows (X16)."""
    read = [layout for layout in layouts if layout.fields()]
    specs = [spec for spec in SUBJECTS[run.subject].fields if spec.given]
    return [spec for spec in specs if any(spec.name not in layout.fields() for layout in read)]


@get("/imports/{run_id:uuid}/marked.xlsx", may=Act.APPROVE, include_in_schema=False)
async def marked_copy(request: Request[Any, Any, Any], run_id: FromPath[UUID]) -> Stream:
    """The file with its faults marked in it."""
    context = context_of(request)
    run = await context.database.read(run_of, request.user, run_id)
    written = await asyncio.to_thread(_marked, context, run, language_of(request))
    name = quote(f"{Path(run.file_name).stem}-marked.xlsx")
    headers = {"content-disposition": f"attachment; filename*=UTF-8''{name}", "cache-control": "no-store"}
    return Stream(parts_of(written), media_type=FORMATS["xlsx"], headers=headers)


def _marked(context: AppContext, run: ImportRun, language: str) -> IO[bytes]:
    file = tempfile.TemporaryFile()  # noqa: SIM115  (closed by who reads it)
    try:
        write_marked(existing_file(context, run), layouts_of(run), faults_of(run), language, file)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file


@get("/imports/{run_id:uuid}/progress", may=Act.APPROVE, include_in_schema=False)
async def import_progress(request: Request[Any, Any, Any], run_id: FromPath[UUID]) -> dict[str, Any]:
    """How far a running import is, for its page."""
    context = context_of(request)
    run = await context.database.read(run_of, request.user, run_id)
    stage, rows, total = progress_of(run, context.clock.now())
    state = state_of(run, context.clock.now())
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
    await context.database.write(_claim, context, request.user, run_id, choices, write=write, form=form)
    go_on(carry_out, context, request.user, run_id, write=write)
    return Redirect(f"/imports/{run_id}", status_code=303)


def _claim(
    session: Session,
    context: AppContext,
    caller: Caller,
    run_id: UUID,
    choices: list[Choice],
    *,
    write: bool,
    form: dict[str, str],
) -> None:
    now = context.clock.now()
    names = {form[name]: form.get(f"other-{name[5:]}", "").strip() or form.get(f"means-{name[5:]}", "")
             for name in form if name.startswith("word-")}  # fmt: skip
    words = {word: code for word, code in names.items() if code}
    wanted = Start(write, words=words, again=form.get("again") == "yes")
    if choices:
        layouts = layouts_of(run_of(session, caller, run_id))
        skipped = {layout.sheet for number, layout in enumerate(layouts) if form.get(f"skip-{number}") == "yes"}
        given = {name[6:]: value for name, value in form.items() if name.startswith("given-")}
        said = Said(form.get("take_hidden") == "yes", given, frozenset(skipped))
        wanted = replace(wanted, choices=choices, said=said, make_places=form.get("make_places") == "yes")
    start(session, caller, run_id, now, wanted)


@post("/imports/{run_id:uuid}/undo", may=Act.APPROVE, include_in_schema=False)
async def undo_import(request: Request[Any, Any, Any], run_id: FromPath[UUID]) -> Response[Any]:
    """Take an import back as a whole."""
    context = context_of(request)
    await asyncio.to_thread(undo, context, request.user, run_id)
    return Redirect(f"/imports/{run_id}?done=undone", status_code=303)


@post("/imports/{run_id:uuid}/cancel", may=Act.APPROVE, include_in_schema=False)
async def cancel_import(request: Request[Any, Any, Any], run_id: FromPath[UUID]) -> Response[Any]:
    """Stop an import that is running; what was entered of it goes back in the background."""
    context = context_of(request)
    if await context.database.write(cancel, request.user, run_id, context.clock.now()):
        go_on(go_back, context, run_id)
    return Redirect(f"/imports/{run_id}", status_code=303)


ROUTES = [imports_page, upload, import_page, marked_copy, import_progress, run_import, undo_import, cancel_import]
