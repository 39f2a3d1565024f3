"""Another process holds the embedded database's lock: who only looks is answered meanwhile, who writes in time."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from inventory.stock.verify import verify
from labels.codes.models import Label
from tests.conftest import Town, quantity_of
from tests.serving import RunningServer, served

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
PATIENT_SECONDS, IMPATIENT_SECONDS = 120.0, 2.0  # that a writer waits for the lock
HOLD = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=60)
connection.execute("BEGIN EXCLUSIVE")
connection.execute("UPDATE job_sign SET error = error")
print("held", flush=True)
sys.stdin.readline()
"""


@contextmanager
def lock_held(url: str) -> Iterator[None]:
    """As an import, a backup by hand or a forgotten console holds it: in a process of its own."""
    command = [sys.executable, "-c", HOLD, url.removeprefix("sqlite:///")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        try:
            yield
        finally:
            holder.kill()


@pytest.fixture(params=[PATIENT_SECONDS])
def server(request: pytest.FixtureRequest, database_url: str, town: Town, tmp_path: Path) -> Iterator[RunningServer]:
    server = RunningServer(database_url, tmp_path / "var", READYSHELF_POOL_SECONDS=str(request.param))
    with served(server):
        yield server.start()


def take(lot: UUID) -> dict[str, Any]:
    return {"id": str(uuid4()), "kind": "issue", "lot": str(lot), "quantity": "1"}


async def test_health_and_reads_are_answered_and_writes_wait(
    server: RunningServer, town: Town, database_url: str
) -> None:
    lot = town.stock("BRK-014", "40")
    code = town.run(_any_code)
    reads = [
        f"/api/labels/{code}",
        "/api/lots",
        "/api/readiness?by=depot",
        "/depots",
        "/alerts",
        "/dashboard",
        "/matrix",
    ]
    long_writes = [("/labels/run", {"blank": "3"}), ("/upkeep/plans/none", {})]  # they take a thread each
    async with httpx.AsyncClient(base_url=server.url, headers=town.auth(), timeout=60) as client:
        for path in reads:  # what is made at first sight is made before
            assert (await client.get(path, headers=town.auth("auditor"))).status_code == 200, path
        with lock_held(database_url):
            takes = [asyncio.create_task(client.post("/api/movements", json=take(lot))) for _ in range(12)]
            others = [
                asyncio.create_task(client.post(path, data=form, headers=town.auth("admin")))
                for path, form in long_writes * 6
            ]
            await asyncio.sleep(0.2)
            asked = [client.get(path, headers=town.auth("auditor")) for path in [*reads, "/healthz", "/readyz"] * 2]
            for answer in await asyncio.gather(*asked):  # nobody gives the lock back before
                assert answer.status_code == 200, answer.url
            assert not any(task.done() for task in takes)
        assert [(await task).status_code for task in takes] == [201] * 12
        assert {(await task).status_code for task in others} <= {303, 404, 422}
    assert quantity_of(town.context.database, lot, town.shelf.id) == 28
    assert town.run(verify).sound


@pytest.mark.parametrize("server", [IMPATIENT_SECONDS], indirect=True)
async def test_who_waits_too_long_hears_when_to_come_again_and_nothing_is_booked(
    server: RunningServer, town: Town, database_url: str
) -> None:
    lot = town.stock("BRK-014", "40")
    wish = take(lot)
    async with httpx.AsyncClient(base_url=server.url, headers=town.auth(), timeout=60) as client:
        with lock_held(database_url):
            answer = await client.post("/api/movements", json=wish)
            assert (answer.status_code, answer.json()["type"]) == (503, "/problems/busy")
            assert int(answer.headers["retry-after"]) > 0
        assert (await client.post("/api/movements", json=wish)).status_code == 201
    assert quantity_of(town.context.database, lot, town.shelf.id) == 39


def _any_code(session: Session) -> str:
    return session.execute(select(Label.code).limit(1)).scalar_one()
