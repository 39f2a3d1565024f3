"""Failover: the leader's machine dies under load, the synchronous standby takes over, with the address as documented.

The short one is in the normal tests; the drill (``-m slow``) takes more streams, more rounds and two workers.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from core.database import Database
from inventory.stock.verify import verify
from rooms import LISTENERS
from tests.clusters import Cluster, address_of, leader_and_standby
from tests.conftest import Town, quantity_of
from tests.databases import prepare
from tests.serving import ManyWorkers, RunningServer, served

SERVING_AGAIN = 10.0  # seconds from the promotion until a take is booked
HONEST = {"/problems/database-away", "/problems/outcome-unknown", "/problems/busy"}


@pytest.fixture
def clusters() -> Iterator[tuple[Cluster, Cluster]]:
    with leader_and_standby() as clusters:
        yield clusters


@pytest.fixture
def database_url(clusters: tuple[Cluster, Cluster]) -> str:
    url = address_of(*clusters)
    prepare(Database(url, listeners=LISTENERS))
    return url


@dataclass
class Load:
    """Streams of takes, each sent again with its id until it is answered for good."""

    client: httpx.AsyncClient
    lot: UUID
    booked: list[dict[str, Any]] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    others: Counter[tuple[int, str]] = field(default_factory=Counter)
    over: bool = False

    async def stream(self) -> None:
        while not self.over:
            wish = {"id": str(uuid4()), "kind": "issue", "lot": str(self.lot), "quantity": "1"}
            while not await self._send(wish):
                await asyncio.sleep(0.05)

    async def _send(self, wish: dict[str, Any]) -> bool:
        answer = await self.client.post("/api/movements", json=wish)
        if answer.status_code in (200, 201):
            self.booked.append(wish)
            self.times.append(time.monotonic())
            return True
        self.others[answer.status_code, answer.json()["type"]] += 1
        assert "retry-after" in answer.headers
        return False

    async def look(self) -> None:
        while not self.over:
            answer = await self.client.get("/api/depots/STR-0001/stock")
            if answer.status_code != 200:
                self.others[answer.status_code, answer.json()["type"]] += 1
            await asyncio.sleep(0.02)

    async def until_more(self, number: int) -> None:
        wanted = len(self.booked) + number
        while len(self.booked) < wanted:
            await asyncio.sleep(0.01)


async def fail_over(server: RunningServer, town: Town, clusters: tuple[Cluster, Cluster], streams: int) -> Load:
    leader, standby = clusters
    lot = town.stock("BRK-014", "100000")
    limits = httpx.Limits(max_connections=streams + 5)
    async with httpx.AsyncClient(base_url=server.url, headers=town.auth(), timeout=60, limits=limits) as client:
        load = Load(client, lot)
        tasks = [asyncio.create_task(load.stream()) for _ in range(streams)]
        tasks.append(asyncio.create_task(load.look()))
        await load.until_more(5 * streams)
        await asyncio.to_thread(leader.kill)
        await asyncio.sleep(0.5)  # until somebody notices, and decides
        await asyncio.to_thread(standby.promote)
        promoted = time.monotonic()
        await load.until_more(5 * streams)
        load.over = True
        await asyncio.gather(*tasks)
        again = [(await client.post("/api/movements", json=wish)).status_code for wish in load.booked]
    serving_again = next(at for at in load.times if at > promoted) - promoted
    assert serving_again < SERVING_AGAIN
    assert set(again) == {200}, "an acknowledged take is lost"
    assert {status for status, _ in load.others} <= {503}, load.others
    assert {kind for _, kind in load.others} <= HONEST
    assert load.others, "nobody noticed that the leader was gone: was it?"
    town.context.database.engine.dispose()
    assert quantity_of(town.context.database, lot, town.shelf.id) == Decimal(100_000 - len(load.booked))
    assert town.run(verify).sound
    return load


async def test_a_standby_takes_over_and_nothing_is_lost_or_doubled(
    clusters: tuple[Cluster, Cluster], town: Town, database_url: str, tmp_path: Path
) -> None:
    server = RunningServer(database_url, tmp_path / "var")
    with served(server):
        server.start()
        await fail_over(server, town, clusters, streams=4)


@pytest.mark.slow
@pytest.mark.parametrize("round_", range(5))
async def test_the_failover_drill(
    clusters: tuple[Cluster, Cluster], town: Town, database_url: str, tmp_path: Path, round_: int
) -> None:
    server = ManyWorkers(database_url, tmp_path / "var", READYSHELF_RUN_JOBS="true")
    with served(server):
        server.start()
        await fail_over(server, town, clusters, streams=32)
