"""Backups by page and by route."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath, QueryParameter
from litestar.response import File, Redirect

from core.background import go_on
from core.context import context_of
from core.pages import page
from manage.backup_models import BackupState
from manage.backups import BackupsMade, backups, begin, carry_out, remove, take_out
from people.policy import Act

Done = Annotated[str | None, QueryParameter(max_length=8)]


async def _look(request: Request[Any, Any, Any]) -> BackupsMade:
    context = context_of(request)
    return await context.database.read(backups, context, request.user)


async def _begin(request: Request[Any, Any, Any]) -> UUID:
    context = context_of(request)
    run_id = await context.database.write(begin, request.user, context.clock.now())
    go_on(carry_out, context, run_id)
    return run_id


@get(
    "/api/backups",
    operation_id="listBackups",
    may=Act.ADMINISTER,
    summary="Backups that were made, and the one being made",
)
async def list_backups(request: Request[Any, Any, Any]) -> BackupsMade:
    """The newest fifty, by the browser or the command; ``here``: the file lies on the machine that answers."""
    return await _look(request)


@post("/api/backups", operation_id="makeBackup", may=Act.ADMINISTER, summary="Make a backup", status_code=202)
async def make_backup(request: Request[Any, Any, Any]) -> BackupsMade:
    """In the background, one at a time (409); it is read back and compared before it counts as made."""
    await _begin(request)
    return await _look(request)


@get(
    "/api/backups/{backup_id:uuid}/file",
    operation_id="getBackup",
    files=("application/gzip",),
    may=Act.ADMINISTER,
    summary="The file of a backup",
)
async def get_backup(request: Request[Any, Any, Any], backup_id: FromPath[UUID]) -> File:
    """Everything that the city has. Each taking out stands in the audit trail."""
    return await _send(request, backup_id)


async def _send(request: Request[Any, Any, Any], backup_id: UUID) -> File:
    context = context_of(request)
    path = await context.database.write(take_out, context, request.user, backup_id, context.clock.now())
    return File(path, filename=path.name, media_type="application/gzip", content_disposition_type="attachment")


@get("/manage/backups", may=Act.ADMINISTER, include_in_schema=False)
async def backups_page(request: Request[Any, Any, Any], done: Done = None) -> Response[str]:
    """What was made, the button to make one, and what to do with it."""
    found = await _look(request)
    return page(request, "manage/backups.html", run=found.run, made=found.made, done=done, states=BackupState)


@get("/manage/backups/progress", may=Act.ADMINISTER, include_in_schema=False)
async def backup_progress(request: Request[Any, Any, Any]) -> dict[str, Any]:
    """How far it is, for the page."""
    run = (await _look(request)).run
    if run is None:
        return {"state": "none", "stage": "", "done": 0, "total": 0}
    return {"state": run.state.value, "stage": run.state.value, "done": run.done, "total": run.total}


@post("/manage/backups", may=Act.ADMINISTER, include_in_schema=False, status_code=303)
async def begin_form(request: Request[Any, Any, Any]) -> Response[Any]:
    """Make one."""
    await _begin(request)
    return Redirect("/manage/backups", status_code=303)


@get("/manage/backups/{backup_id:uuid}", may=Act.ADMINISTER, include_in_schema=False)
async def take_backup(request: Request[Any, Any, Any], backup_id: FromPath[UUID]) -> File:
    """Take the file out."""
    return await _send(request, backup_id)


@post("/manage/backups/{backup_id:uuid}/delete", may=Act.ADMINISTER, include_in_schema=False, status_code=303)
async def delete_form(request: Request[Any, Any, Any], backup_id: FromPath[UUID]) -> Response[Any]:
    """Delete the file of an older one."""
    context = context_of(request)
    await context.database.write(remove, context, request.user, backup_id, context.clock.now())
    return Redirect("/manage/backups?done=1", status_code=303)


ROUTES = [
    *(list_backups, make_backup, get_backup),
    *(backups_page, backup_progress, begin_form, take_backup, delete_form),
]
