"""What a server answers when PostgreSQL restarts, hangs, is full, or cuts a COMMIT off (B16, B43)."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest
from sqlalchemy import Connection, event
from sqlalchemy.orm import Session

from core.database import Database
from core.exchanges import Order, exchange
from core.prepared import faults
from inventory.stock.verify import verify
from rooms import LISTENERS
from serving import too_many_connections
from tests.clusters import Cluster, one_server
from tests.conftest import Town, prepared_database, quantity_of
from tests.databases import prepare
from tests.serving import RunningServer, served

embedded = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """One PostgreSQL that the tests of this file may ill-treat, with a blank database to copy."""
    with one_server() as cluster:
        prepare(Database(cluster.url, listeners=LISTENERS))
        yield cluster


@pytest.fixture
def own_url(cluster: Cluster) -> Iterator[str]:
    name = f"city_{uuid4().hex}"
    cluster.execute(f"CREATE DATABASE {name} TEMPLATE city")
    try:
        yield cluster.url.replace("/city", f"/{name}")
    finally:
        cluster.start_if_stopped()
        cluster.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """On the ill-treated server, unless a test asks for the embedded database."""
    if getattr(request, "param", "") == "sqlite":
        yield from prepared_database(request, "sqlite")
    else:
        yield request.getfixturevalue("own_url")


@contextmanager
def running(url: str, folder: Path, **environment: str) -> Iterator[RunningServer]:
    server = RunningServer(url, folder / "var", **environment)
    with served(server):
        yield server.start()


def take(lot: UUID, **more: Any) -> dict[str, Any]:
    return {"id": str(uuid4()), "kind": "issue", "lot": str(lot), "quantity": "1", **more}


def assert_passing_trouble(answer: httpx.Response, status: int, kind: str) -> None:
    assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{kind}"), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert int(answer.headers["retry-after"]) > 0


def test_after_a_restart_of_the_database_nobody_is_told_of_a_fault(
    cluster: Cluster, town: Town, database_url: str, tmp_path: Path
) -> None:
    lot = town.stock("BRK-014", "40")
    with running(database_url, tmp_path) as server, httpx.Client(base_url=server.url, headers=town.auth()) as client:
        for _ in range(2):
            assert client.post("/api/movements", json=take(lot)).status_code == 201
            assert client.get("/api/items").status_code == 200
            cluster.stop()
            wish = take(lot)
            assert_passing_trouble(client.post("/api/movements", json=wish), 503, "database-away")
            assert_passing_trouble(client.get("/api/items"), 503, "database-away")
            page = httpx.get(server.url, headers={"accept": "text/html", "cookie": "session=x"})
            assert (page.status_code, page.headers["content-type"]) == (503, "text/html; charset=utf-8")
            assert client.get("/readyz").status_code == 503
            assert client.get("/healthz").status_code == 200
            cluster.start()
            assert client.get("/api/items").status_code == 200
            assert client.post("/api/movements", json=wish).status_code == 201
            assert client.get("/readyz").status_code == 200
            # connections that nobody has used since: found dead by the first who takes one
            cluster.stop()
            cluster.start()
            assert client.post("/api/movements", json=take(lot)).status_code == 201
    town.context.database.engine.dispose()
    assert quantity_of(town.context.database, lot, town.shelf.id) == 34
    assert town.run(verify).sound


def _sleep(session: Session, seconds: float = 0) -> None:
    """By the way that statements take which many wait for."""
    connection = session.connection()
    with faults(connection, "pg_sleep"):
        exchange(connection, [Order(f"SELECT pg_sleep({seconds})")])


@pytest.mark.parametrize("way", ["write", "read"])
async def test_of_many_connections_that_a_restart_has_cut_off_one_attempt_finds_out_about_all(
    cluster: Cluster, way: str
) -> None:
    database = Database(cluster.url, listeners=LISTENERS)
    run = getattr(database, way)
    await asyncio.gather(*(run(_sleep, 0.2) for _ in range(5)))
    await asyncio.to_thread(cluster.stop)
    await asyncio.to_thread(cluster.start)
    for _ in range(5):
        await run(_sleep)
    await database.close()


async def test_readyz_answers_in_time_and_healthz_at_once_while_the_database_hangs(
    cluster: Cluster, town: Town, database_url: str, tmp_path: Path
) -> None:
    lot = town.stock("BRK-014", "10")
    with running(database_url, tmp_path, READYSHELF_POOL_SIZE="4") as server:
        async with httpx.AsyncClient(base_url=server.url, headers=town.auth(), timeout=60) as client:
            assert (await client.post("/api/movements", json=take(lot))).status_code == 201
            cluster.pause()
            try:
                waiting = [asyncio.create_task(client.post("/api/movements", json=take(lot))) for _ in range(6)]
                await asyncio.sleep(0.2)
                async with httpx.AsyncClient(base_url=server.url, timeout=60) as monitor:
                    for path, status, most in [("/readyz", 503, 2.0), ("/healthz", 200, 1.0)] * 4:
                        begun = time.monotonic()
                        assert (await monitor.get(path)).status_code == status
                        assert time.monotonic() - begun < most, path
            finally:
                cluster.resume()
            assert [answer.status_code for answer in await asyncio.gather(*waiting)] == [201] * 6
            assert (await client.get("/readyz")).status_code == 200
    assert quantity_of(town.context.database, lot, town.shelf.id) == 3


def test_a_commit_that_was_cut_off_and_undone_is_told_as_not_known(
    cluster: Cluster, town: Town, database_url: str, tmp_path: Path
) -> None:
    lot, wish = town.stock("BRK-014", "10"), None
    with psycopg.connect(database_url, autocommit=True) as owner:
        owner.execute(
            "CREATE FUNCTION cut_off() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$"
        )
        owner.execute(
            "CREATE CONSTRAINT TRIGGER cut_off AFTER INSERT ON movement DEFERRABLE INITIALLY DEFERRED "
            "FOR EACH ROW EXECUTE FUNCTION cut_off()"
        )
        with (
            running(database_url, tmp_path) as server,
            httpx.Client(base_url=server.url, headers=town.auth(), timeout=60) as client,
        ):
            wish = take(lot)
            assert_passing_trouble(client.post("/api/movements", json=wish), 503, "outcome-unknown")
            owner.execute("DROP TRIGGER cut_off ON movement")
            assert client.post("/api/movements", json=wish).status_code == 201
            assert client.post("/api/movements", json=wish).status_code == 200
    assert quantity_of(town.context.database, lot, town.shelf.id) == 9


async def test_a_commit_that_was_cut_off_and_yet_done_is_told_as_not_known(
    cluster: Cluster, town: Town, database_url: str, tmp_path: Path
) -> None:
    lot = town.stock("BRK-014", "10")
    with running(database_url, tmp_path) as server:
        async with httpx.AsyncClient(base_url=server.url, headers=town.auth(), timeout=60) as client:
            cluster.execute("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
            cluster.execute("SELECT pg_reload_conf()")
            try:
                wish = take(lot)
                answer = asyncio.create_task(client.post("/api/movements", json=wish))
                cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
                while not cluster.execute(cut):
                    await asyncio.sleep(0.05)
                assert_passing_trouble(await answer, 503, "outcome-unknown")
            finally:
                cluster.execute("ALTER SYSTEM RESET synchronous_standby_names")
                cluster.execute("SELECT pg_reload_conf()")
            assert (await client.post("/api/movements", json=wish)).status_code == 200
    assert quantity_of(town.context.database, lot, town.shelf.id) == 9


async def test_when_all_connections_are_taken_for_long_it_says_so(
    cluster: Cluster, town: Town, database_url: str, tmp_path: Path
) -> None:
    lot = town.stock("BRK-014", "10")
    with running(database_url, tmp_path, READYSHELF_POOL_SIZE="2", READYSHELF_POOL_SECONDS="0.5") as server:
        async with httpx.AsyncClient(base_url=server.url, headers=town.auth(), timeout=60) as client:
            with psycopg.connect(database_url) as holder:
                holder.execute("LOCK TABLE stock IN ACCESS EXCLUSIVE MODE")
                first = asyncio.create_task(client.post("/api/movements", json=take(lot)))
                await asyncio.sleep(0.2)
                assert_passing_trouble(await client.post("/api/movements", json=take(lot)), 503, "busy")
            assert (await first).status_code == 201


def test_a_database_that_gives_no_more_connections_is_away_for_a_while(
    cluster: Cluster, town: Town, database_url: str, tmp_path: Path
) -> None:
    lot = town.stock("BRK-014", "10")
    with (
        running(database_url, tmp_path) as server,
        httpx.Client(base_url=server.url, headers=town.auth(), timeout=60) as client,
    ):
        taken: list[psycopg.Connection] = []
        try:
            with pytest.raises(psycopg.OperationalError, match="too many"):
                while True:
                    taken.append(psycopg.connect(database_url))
            answers = [client.get("/api/items") for _ in range(3)]
            answers.append(client.post("/api/movements", json=take(lot)))
            for answer in answers:
                if answer.status_code not in (200, 201):  # the server has some connections already
                    assert_passing_trouble(answer, 503, "database-away")
            assert answers[-1].status_code == 503
        finally:
            for connection in taken:
                connection.close()
        assert client.post("/api/movements", json=take(lot)).status_code == 201


def test_a_full_disk_of_postgresql_is_told_as_that(
    cluster: Cluster, town: Town, database_url: str, tmp_path: Path
) -> None:
    lot = town.stock("BRK-014", "10")
    with psycopg.connect(database_url, autocommit=True) as owner:
        # the state that PostgreSQL gives when a file cannot grow: nobody lets a test fill a disk
        owner.execute(
            "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$"
        )
        owner.execute("CREATE TRIGGER full_disk BEFORE INSERT ON movement EXECUTE FUNCTION full_disk()")
        with (
            running(database_url, tmp_path) as server,
            httpx.Client(base_url=server.url, headers=town.auth(), timeout=60) as client,
        ):
            wish = take(lot)
            assert_passing_trouble(client.post("/api/movements", json=wish), 507, "disk-full")
            owner.execute("DROP TRIGGER full_disk ON movement")
            assert client.post("/api/movements", json=wish).status_code == 201


@embedded
async def test_a_full_disk_of_the_embedded_database_is_told_as_that(client: httpx.AsyncClient, town: Town) -> None:
    lot = town.stock("BRK-014", "5000")
    engine = town.context.database.engine
    pages: dict[str, int] = {}

    def bound(opened: Connection) -> None:
        connection: Any = opened.connection.driver_connection
        if not pages:
            pages["most"] = connection.execute("PRAGMA page_count").fetchone()[0] + 2
        connection.execute(f"PRAGMA max_page_count={pages['most']}")

    event.listen(engine, "begin", bound)
    try:
        for _ in range(400):
            wish = take(lot)
            answer = await client.post("/api/movements", json=wish, headers=town.auth())
            if answer.status_code != 201:
                break
        assert_passing_trouble(answer, 507, "disk-full")
        pages["most"] += 10_000
        assert (await client.post("/api/movements", json=wish, headers=town.auth())).status_code == 201
    finally:
        event.remove(engine, "begin", bound)
    assert town.run(verify).sound


def test_more_connections_than_the_database_gives_are_refused_at_start(
    cluster: Cluster, database_url: str, tmp_path: Path
) -> None:
    server = RunningServer(database_url, tmp_path / "var", READYSHELF_POOL_SIZE="200")
    with served(server), pytest.raises(RuntimeError, match=r"may take \d+ connections, and the database gives \d+"):
        server.start()
    database = Database(database_url)
    assert too_many_connections(database, 20, 4) is None  # as the README has it, on PostgreSQL as it comes
    assert too_many_connections(database, 20, 5) is not None
    database.engine.dispose()
