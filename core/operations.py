"""What keeps the server running rather than the depots: health, figures, and the command ``migrate``."""

import asyncio
from argparse import Namespace
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from litestar import Request, Response, get
from litestar.datastructures import State
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import Metric
from sqlalchemy.orm import Session

from core.archive import back_up_before
from core.commands import complain, report, say
from core.context import AppContext, Figures, context_of
from core.database import Database
from core.ending import ENDING
from core.errors import Refusal
from core.faults import SOON, trouble
from core.measuring import own_figures
from core.private_files import make_private
from core.schema import current_revision, is_usable, migrate, newest_revision, revision_at, standing_breaches
from core.server_role import grant_to_server

READY = "ready"
LEAVING = "this process is about to end; another takes its place"
READY_SECONDS = 1.5  # whoever asks hears something within two


@get("/healthz", may="public", include_in_schema=False)
async def healthz() -> Response[dict[str, str]]:
    """The process is alive, and not about to end."""
    return _leaving() if ENDING.begun else Response({"status": "ok"})


@get("/readyz", may="public", include_in_schema=False)
async def readyz(request: Request[Any, Any, Any]) -> Response[dict[str, str]]:
    """The process can serve: its database answers and has the schema that the program needs."""
    if ENDING.begun:
        return _leaving()
    status = await _ready(request.app.state, context_of(request).database)
    if status == READY:
        return Response({"status": status})
    return Response({"status": status}, status_code=503, headers={"Retry-After": str(SOON)})


def _leaving() -> Response[dict[str, str]]:
    return Response({"status": LEAVING}, status_code=503, headers={"Retry-After": str(SOON)})


async def _ready(state: State, database: Database) -> str:
    """Return what stands against serving, in time whatever hangs.

    One look at a time, however many ask: a look at a database that hangs holds a connection, and cannot be called off.
    """
    look = state.get("look")
    if look is None or look.done():
        state.look = look = asyncio.create_task(_look(database))
    done, _ = await asyncio.wait({look}, timeout=READY_SECONDS)
    if not done:
        return "the database does not answer"
    fault = look.exception()
    if fault is None:
        return str(look.result())
    reason = trouble(fault)
    if reason is None:
        raise fault
    return str(reason)


async def _look(database: Database) -> str:
    # Not in a thread, which long pages may all have while the database answers well
    if await database.read(_revision) == newest_revision():
        return READY
    usable = await database.aside(partial(is_usable, database))
    return READY if usable else "the schema is not up to date; run: readyshelf migrate"


def _revision(session: Session) -> str | None:
    return revision_at(session.connection())


class _Kept:
    """Figures that are read already, as the library wants to be given them."""

    def __init__(self, figures: list[Metric]) -> None:
        self.figures = figures

    def collect(self) -> list[Metric]:
        return self.figures


@get("/metrics", may="public", include_in_schema=False)
async def metrics(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Figures for Prometheus, from whichever process is asked: of all server processes, and of the database."""
    context = context_of(request)
    found = await context.database.read(_read_figures, context.figures)
    shared = CollectorRegistry(auto_describe=False)
    shared.register(_Kept(found))
    return Response(own_figures() + generate_latest(shared), headers={"content-type": CONTENT_TYPE_LATEST})


def _read_figures(session: Session, sources: Sequence[Figures]) -> list[Metric]:
    return [figure for source in sources for figure in source(session)]


ROUTES = [healthz, readyz, metrics]


def bring_up_to_date(context: AppContext, *, backup: bool = True) -> tuple[str | None, str | None]:
    """Migrate, after an archive of what is there on either kind of database; makes what is ours private."""
    database = context.database
    before = current_revision(database)
    if backup and before is not None and not is_usable(database):
        say(f"backing up before the migration: {back_up_before(context, str(before))}")
    done = migrate(database)
    if database.is_sqlite:
        path = Path(str(database.url.database))
        make_private(*(path.with_name(path.name + suffix) for suffix in ("", "-wal", "-shm")))
    make_private(context.settings.var_dir, context.settings.var_dir / "secret")
    return done


def bring_schema(arguments: Namespace, context: AppContext) -> int:
    """Bring the schema up to date, and say what stands against it."""
    role, made = arguments.server_role, False
    try:
        before, after = bring_up_to_date(context, backup=not arguments.no_backup)
        if role:
            with context.database.engine.begin() as connection:
                made = grant_to_server(connection, role)
    except (Refusal, OSError) as reason:
        return complain(str(reason))
    sentence = (
        f"schema at {after} already" if before == after else f"schema brought from {before or 'nothing'} to {after}"
    )
    if role:
        sentence += f"; the role {role} may serve"
        sentence += "; it is new: give it a password (ALTER ROLE … PASSWORD)" if made else ""
    stands = [one.sentence() for one in standing_breaches(context.database)]
    if stands:
        heading = "This was there before the database refused it, and is to be put right:"
        sentence = "\n".join([sentence, heading, *stands])
    report(arguments, {"before": before, "after": after, "server_role": role, "to_put_right": stands}, sentence)
    return 0
