"""What keeps the server running rather than the depots: health, figures, and the command ``migrate``."""

import asyncio
from argparse import Namespace
from collections.abc import Sequence
from typing import Any

from litestar import Request, Response, get
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import Metric
from sqlalchemy import text
from sqlalchemy.orm import Session

from core.commands import Command, add_json, report
from core.context import AppContext, Figures, context_of
from core.schema import current_revision, migrate, newest_revision, standing_breaches


@get("/healthz", may="public", include_in_schema=False)
async def healthz() -> dict[str, str]:
    """The process is alive."""
    return {"status": "ok"}


@get("/readyz", may="public", include_in_schema=False)
async def readyz(request: Request[Any, Any, Any]) -> Response[dict[str, str]]:
    """The process can serve: its database answers and has the schema that the program needs."""
    database = context_of(request).database
    await database.read(_answers)
    revision = await asyncio.to_thread(current_revision, database)
    ready = revision == newest_revision()
    status = {"status": "ready" if ready else "the schema is not up to date; run: readyshelf migrate"}
    return Response(status, status_code=200 if ready else 503)


def _answers(session: Session) -> None:
    session.execute(text("SELECT 1"))


class _Kept:
    """Figures that are read already, as the library wants to be given them."""

    def __init__(self, figures: list[Metric]) -> None:
        self.figures = figures

    def collect(self) -> list[Metric]:
        return self.figures


@get("/metrics", may="public", include_in_schema=False)
async def metrics(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Figures for Prometheus: this process's own, and those that all processes share."""
    context = context_of(request)
    found = await context.database.read(_read_figures, context.figures)
    shared = CollectorRegistry(auto_describe=False)
    shared.register(_Kept(found))
    return Response(generate_latest() + generate_latest(shared), headers={"content-type": CONTENT_TYPE_LATEST})


def _read_figures(session: Session, sources: Sequence[Figures]) -> list[Metric]:
    return [figure for source in sources for figure in source(session)]


ROUTES = [healthz, readyz, metrics]


def _migrate(arguments: Namespace, context: AppContext) -> int:
    before, after = migrate(context.database)
    sentence = (
        f"schema at {after} already" if before == after else f"schema brought from {before or 'nothing'} to {after}"
    )
    stands = [one.sentence() for one in standing_breaches(context.database)]
    if stands:
        heading = "This was there before the database refused it, and is to be put right:"
        sentence = "\n".join([sentence, heading, *stands])
    report(arguments, {"before": before, "after": after, "to_put_right": stands}, sentence)
    return 0


COMMANDS = [Command("migrate", "bring the database's schema up to date", _migrate, add_json)]
