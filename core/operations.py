"""What keeps the server running rather than the depots: health, figures, and the commands ``migrate`` and ``serve``."""

import asyncio
from argparse import Namespace
from typing import Any

from litestar import Request, Response, get
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text
from sqlalchemy.orm import Session

from core.commands import Command, add_json, report
from core.house import House, house_of
from core.schema import current_revision, migrate, newest_revision


@get("/healthz", may="public", include_in_schema=False)
async def healthz() -> dict[str, str]:
    """The process is alive."""
    return {"status": "ok"}


@get("/readyz", may="public", include_in_schema=False)
async def readyz(request: Request[Any, Any, Any]) -> Response[dict[str, str]]:
    """The process can serve: its database answers and has the schema that the program needs."""
    database = house_of(request).database
    await database.read(_answers)
    revision = await asyncio.to_thread(current_revision, database)
    ready = revision == newest_revision()
    status = {"status": "ready" if ready else "the schema is not up to date; run: readyshelf migrate"}
    return Response(status, status_code=200 if ready else 503)


def _answers(session: Session) -> None:
    session.execute(text("SELECT 1"))


@get("/metrics", may="public", include_in_schema=False)
async def metrics() -> Response[bytes]:
    """Figures for Prometheus."""
    return Response(generate_latest(), headers={"content-type": CONTENT_TYPE_LATEST})


ROUTES = [healthz, readyz, metrics]


def _migrate(arguments: Namespace, house: House) -> int:
    before, after = migrate(house.database)
    sentence = (
        f"schema at {after} already" if before == after else f"schema brought from {before or 'nothing'} to {after}"
    )
    report(arguments, {"before": before, "after": after}, sentence)
    return 0


COMMANDS = [Command("migrate", "bring the database's schema up to date", _migrate, add_json)]
