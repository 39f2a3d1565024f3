"""Two nodes behind nginx over a leader and its standby: restarted, killed, failed over and upgraded under load."""

import asyncio
import re
import shutil
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import text

from core.database import Database
from core.schema import newest_revision
from core.settings import ROOT
from inventory.stock.verify import verify
from rooms import LISTENERS
from tests.browsing import PASSWORD
from tests.clusters import Cluster, address_of, leader_and_standby
from tests.conftest import Town, give_password, hashed, quantity_of
from tests.databases import prepare
from tests.nodes import Nodes, two_nodes
from tests.serving import Program, RunningServer

pytestmark = pytest.mark.slow
STOCKED = 100_000
PACE = 0.05  # seconds between one request of a stream and the next: nodes that start need the machine as well
ALONE = 2.5  # nginx leaves a node alone that has failed it (fail_timeout); killed by then, the other would be missing
PATHS = ("/api/depots/STR-0001/stock", "/api/find?q=BRK-014&near=22.53,113.94", "/api/readiness?by=depot", "/sign-in")


@pytest.fixture
def clusters() -> Iterator[tuple[Cluster, Cluster]]:
    with leader_and_standby() as clusters:
        yield clusters


@pytest.fixture
def database_url(clusters: tuple[Cluster, Cluster]) -> str:
    url = address_of(*clusters)
    prepare(Database(url, listeners=LISTENERS))
    return url


@pytest.fixture
def nodes(clusters: tuple[Cluster, Cluster], database_url: str, town: Town, tmp_path: Path) -> Iterator[Nodes]:
    for caller in town.callers.values():
        town.run(give_password, caller.person_id, hashed(PASSWORD))
    with two_nodes(tmp_path, clusters, READYSHELF_RUN_JOBS="true", READYSHELF_SIGN_IN_ATTEMPTS="3") as nodes:
        yield nodes


@dataclass
class Load:
    """Streams of takes, each sent again with its id until it is booked, and of reads; all that was no answer."""

    client: httpx.AsyncClient
    lot: UUID
    booked: list[dict[str, Any]] = field(default_factory=list)
    failed: Counter[str] = field(default_factory=Counter)
    read: int = 0
    over: bool = False

    async def take(self) -> None:
        while not self.over:
            wish = {"id": str(uuid4()), "kind": "issue", "lot": str(self.lot), "quantity": "1"}
            while not await self._ask("POST", "/api/movements", json=wish):
                await asyncio.sleep(0.05)
            self.booked.append(wish)
            await asyncio.sleep(PACE)

    async def look(self) -> None:
        while not self.over:
            for path in PATHS:
                self.read += await self._ask("GET", path)
                await asyncio.sleep(PACE)

    async def _ask(self, method: str, path: str, **more: Any) -> bool:
        try:
            answer = await self.client.request(method, path, **more)
        except httpx.TransportError as error:
            self.failed[f"{method} {path}: {error!r}"] += 1
            return False
        if answer.status_code >= 300:
            self.failed[f"{method} {path}: {answer.status_code} {answer.text[:200]}"] += 1
        return answer.status_code < 300

    async def until_more(self, number: int) -> None:
        wanted, reads = len(self.booked) + number, self.read + number
        deadline = time.monotonic() + 120
        while len(self.booked) < wanted or self.read < reads:
            assert time.monotonic() < deadline, self.failed
            await asyncio.sleep(0.01)


@asynccontextmanager
async def under_load(nodes: Nodes, town: Town, streams: int = 6) -> AsyncIterator[Load]:
    """Takes and reads through nginx meanwhile; then the book is held against what was acknowledged."""
    lot = town.stock("BRK-014", str(STOCKED))
    async with nodes.client(headers=town.auth()) as client:
        load = Load(client, lot)
        tasks = [asyncio.create_task(load.take()) for _ in range(streams)]
        tasks += [asyncio.create_task(load.look()) for _ in range(2)]
        try:
            await load.until_more(30)
            yield load
            await load.until_more(30)
        finally:
            load.over = True
            await asyncio.gather(*tasks)
        again = [(await client.post("/api/movements", json=wish)).status_code for wish in load.booked]
    assert set(again) == {200}, "an acknowledged take is lost"
    town.context.database.engine.dispose()
    assert quantity_of(town.context.database, lot, town.shelf.id) == Decimal(STOCKED - len(load.booked))
    assert town.run(verify).sound
    print(f"{len(load.booked)} takes, {load.read} reads, failed: {dict(load.failed)}")


async def restart(server: RunningServer) -> None:
    """As ``systemctl restart`` does."""
    await asyncio.to_thread(server.stop)
    await asyncio.to_thread(server.start)


async def test_a_rolling_restart_fails_no_request(nodes: Nodes, town: Town) -> None:
    async with under_load(nodes, town) as load:
        for server in (*nodes.servers, *nodes.servers):
            await restart(server)
            await load.until_more(30)
    assert load.failed == Counter()


async def test_a_node_that_is_killed_loses_and_doubles_nothing(nodes: Nodes, town: Town) -> None:
    async with under_load(nodes, town) as load:
        for server in nodes.servers:
            await asyncio.to_thread(server.kill)
            await load.until_more(100)
            await asyncio.to_thread(server.start)
            await asyncio.sleep(ALONE)
            await load.until_more(30)
    # what bears an id was given to the other node, and what only reads as well: nobody has noticed
    assert load.failed == Counter()


async def test_the_standby_takes_over_for_both_nodes(nodes: Nodes, town: Town) -> None:
    async with under_load(nodes, town) as load:
        await asyncio.to_thread(nodes.leader.kill)
        await asyncio.sleep(0.5)
        await asyncio.to_thread(nodes.standby.promote)
        promoted = time.monotonic()
        await load.until_more(50)
        assert time.monotonic() - promoted < 20
        failed = "\n".join(load.failed)
    assert load.failed, "nobody noticed that the leader was gone: was it?"
    assert all("503" in one for one in load.failed), failed


def a_newer_program(folder: Path, name: str, *migrations: str) -> Path:
    """A copy of the program with more migrations."""
    target = folder / name
    left_out = shutil.ignore_patterns(".*", "var", "tests", "node_modules", "__pycache__", "benchmarks")
    shutil.copytree(ROOT, target, ignore=left_out, symlinks=True)
    for index, migration in enumerate(migrations):
        before = newest_revision() if index == 0 else f"9{index:03}"
        head = f'from alembic import op\n\nrevision = "9{index + 1:03}"\ndown_revision = "{before}"\n{migration}\n'
        (target / "migrations" / "versions" / f"9{index + 1:03}_newer.py").write_text(head)
    return target


EXPAND = """expands = True

def upgrade() -> None:
    op.execute("ALTER TABLE movement ADD COLUMN weather text")
    op.execute("CREATE TABLE weather (name text PRIMARY KEY)")
"""
CONTRACT = """
def upgrade() -> None:
    op.execute("ALTER TABLE movement DROP COLUMN weather")
    op.execute("DROP TABLE weather")
"""


class NewerServer(RunningServer):
    """A node of another version of the program, at the address of one that has ended."""

    def __init__(self, before: RunningServer, folder: Path) -> None:
        self.port, self.url, self.environment = before.port, before.url, before.environment
        self.log, self.folder, self.options = before.log, folder, before.options
        self.process = None

    def start(self, wait: bool = True) -> "NewerServer":
        command = [sys.executable, "-m", "app", "serve", "--port", str(self.port)]
        environment = {**self.environment, "PYTHONPATH": str(self.folder)}
        self.process = Program(command, environment, self.log, self.folder)
        if wait:
            self.wait()
        return self


async def test_an_upgrade_expands_rolls_and_contracts_under_load(nodes: Nodes, town: Town, tmp_path: Path) -> None:
    expanded = a_newer_program(tmp_path, "expanded", EXPAND)
    contracted = a_newer_program(tmp_path, "contracted", EXPAND, CONTRACT)

    def revision() -> str:
        with town.context.database.transaction(writes=False) as session:
            return str(session.execute(text("SELECT version_num FROM alembic_version")).scalar_one())

    async def roll(number: int, folder: Path) -> None:
        await asyncio.to_thread(nodes.servers[number].stop)
        nodes.servers[number] = NewerServer(nodes.servers[number], folder)
        await asyncio.to_thread(nodes.servers[number].start)
        await load.until_more(30)

    try:
        async with under_load(nodes, town) as load:
            await roll(0, expanded)
            assert revision() == "9001"
            # the older program serves on, also when it is started anew beside the newer schema
            assert httpx.get(f"{nodes.servers[1].url}/readyz").status_code == 200
            await restart(nodes.servers[1])
            await load.until_more(30)
            await roll(1, expanded)
            await roll(0, contracted)
            assert revision() == "9002"
            assert httpx.get(f"{nodes.servers[1].url}/readyz").status_code == 503  # it must go now
            await roll(1, contracted)
    finally:
        for server in nodes.servers:
            server.stop()
    assert load.failed == Counter()


async def test_what_one_node_does_holds_in_the_next_answer_of_the_other(nodes: Nodes, town: Town) -> None:
    one, two = (straight_to(server) for server in nodes.servers)
    sign_in(one)
    two.cookies.update(one.cookies)
    assert two.get("/account").status_code == 200
    token = re.search(r'name="_csrf_token" value="([^"]+)"', one.get("/account").text)
    assert token is not None
    assert one.post("/sign-out", data={"_csrf_token": token[1]}).status_code == 303
    assert two.get("/account").status_code == 303, "the session was ended on the other node"

    for client in (one, two, one):
        assert wrong_password(client) != 429
    assert (wrong_password(one), wrong_password(two)) == (429, 429)

    lot = town.stock("BRK-014", "50")
    one.headers.update(town.auth("admin"))
    two.headers.update(town.auth("admin"))

    def seen(client: httpx.Client) -> tuple[Any, ...]:
        found = client.get("/api/find?q=BRK-014&near=22.53,113.94").json()
        ready = client.get("/api/readiness?by=depot").json()
        return found, ready

    assert seen(one) == seen(two)
    before = seen(two)
    wish = {"id": str(uuid4()), "kind": "issue", "lot": str(lot), "quantity": "50"}
    assert one.post("/api/movements", json=wish).status_code == 201
    assert seen(two) == seen(one) != before

    etag = one.get("/api/catalogue/items/BRK-014").headers["etag"]
    renamed = one.patch("/api/catalogue/items/BRK-014", json={"name_en": "Quollfork"}, headers={"If-Match": etag})
    assert renamed.status_code == 200, renamed.text
    assert "BRK-014" in two.get("/api/find?q=Quollfork&near=22.53,113.94").text


def straight_to(server: RunningServer) -> httpx.Client:
    """A client of one node, past nginx; its cookies go there though they are for TLS alone."""
    client = httpx.Client(base_url=server.url, timeout=60, headers={"X-Forwarded-Proto": "https"})

    def anywhere(_answer: httpx.Response) -> None:
        for cookie in client.cookies.jar:
            cookie.secure = False

    client.event_hooks = {"response": [anywhere]}
    return client


def form_of(client: httpx.Client, password: str, account: str) -> httpx.Response:
    token = re.search(r'name="_csrf_token" value="([^"]+)"', client.get("/sign-in").text)
    assert token is not None
    return client.post("/sign-in", data={"account": account, "password": password, "_csrf_token": token[1]})


def sign_in(client: httpx.Client) -> None:
    client.cookies.clear()
    assert form_of(client, PASSWORD, "keeper").status_code == 303


def wrong_password(client: httpx.Client) -> int:
    return form_of(client, "not-the-password", "officer").status_code


async def test_the_jobs_run_once_and_another_node_leads_when_the_leader_dies(nodes: Nodes, town: Town) -> None:
    def leader() -> int:
        with town.context.database.transaction(writes=False) as session:
            worker = session.execute(text("SELECT worker FROM job_sign WHERE name = 'leader'")).scalar()
            return int(re.findall(r"\d+", worker)[-1]) if worker else 0

    async def until_led(*but: int) -> int:
        deadline = time.monotonic() + 180
        while (led := leader()) in (0, *but):
            assert time.monotonic() < deadline, "nobody leads"
            await asyncio.sleep(0.1)
        return led

    async with under_load(nodes, town, streams=2):
        led = await until_led()
        processes = {server.process.pid: server for server in nodes.servers if server.process is not None}
        assert led in processes
        killed = time.monotonic()
        await asyncio.to_thread(processes[led].kill)
        assert await until_led(led) in processes
        assert time.monotonic() - killed < 30
        await asyncio.to_thread(processes[led].start)
    with town.context.database.transaction(writes=False) as session:
        twice = "SELECT name, due FROM job_run WHERE error = '' GROUP BY name, due HAVING count(*) > 1"
        assert session.execute(text(twice)).all() == []
        tries = session.execute(text("SELECT name, tries, worker FROM job_run ORDER BY started_at")).all()
    assert tries, "no job has run"
    print(tries)
