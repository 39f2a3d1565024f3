"""Figures of the requests for Prometheus: how long they took by route and answer, and the connections in use.

With several server processes the library shares its figures through files (``share_figures``), so that whichever
process is asked tells the sum of all.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import lru_cache
from tempfile import TemporaryDirectory
from time import perf_counter

from prometheus_client import REGISTRY, CollectorRegistry, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from core.background import alongside
from core.database import Database

FOLDER = "PROMETHEUS_MULTIPROC_DIR"  # the library's own: looked at when it is imported
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
POOL_SECONDS = 5.0
REQUESTS = Histogram(
    "readyshelf_request_seconds",
    "From a request's arrival to the end of its answer",
    ["method", "route", "code"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0),
)
CONNECTIONS = Gauge(
    "readyshelf_pool_connections",
    "Database connections in use, and how many there may be",
    ["pool", "what"],
    multiprocess_mode="livesum",
)

WRITES = Gauge(
    "readyshelf_writes_waiting",
    "Writes that wait for the one writer of the embedded database",
    multiprocess_mode="livesum",
)


def note_request(method: str, route: str | None, status: int, begun: float) -> None:
    """Record one request; ``begun`` by ``perf_counter``. Addresses that no route has are one."""
    _of_route(method if method in METHODS else "other", route or "other", status).observe(perf_counter() - begun)


@lru_cache(maxsize=4096)
def _of_route(method: str, route: str, status: int) -> Histogram:
    """The figures of one kind of answer, which the library looks up by texts and under a lock each time."""
    return REQUESTS.labels(method, route, status)


def own_figures() -> bytes:
    """The figures of all server processes; of one alone with what the library says of the process itself."""
    if FOLDER not in os.environ:
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)


@contextmanager
def share_figures() -> Iterator[None]:
    """Let the processes that are started meanwhile share their figures."""
    with TemporaryDirectory(prefix="readyshelf-figures-") as folder:
        os.environ[FOLDER] = folder
        try:
            yield
        finally:
            del os.environ[FOLDER]


def forget_process(pid: int | None) -> None:
    """What a process that has ended held of the moment, it holds no more; its counts stay."""
    if pid is not None and FOLDER in os.environ:
        mark_process_dead(pid)  # type: ignore[no-untyped-call]


@asynccontextmanager
async def measuring_pools(database: Database) -> AsyncIterator[None]:
    """Look at the connections every few seconds while the application runs."""
    async with alongside(_measure_pools(database)):
        yield


async def _measure_pools(database: Database) -> None:
    while True:
        note_pools(database)
        await asyncio.sleep(POOL_SECONDS)


def note_pools(database: Database) -> None:
    """Record how many connections are in use."""
    pools = {"threads": database.engine.pool}
    for name, engine in (("writing", database.async_engine), ("reading", database.async_reader)):
        if engine is not None:
            pools[name] = engine.sync_engine.pool
    WRITES.set(database.writes_waiting)
    for name, pool in pools.items():
        CONNECTIONS.labels(name, "in use").set(pool.checkedout())  # type: ignore[attr-defined]  # a QueuePool
        CONNECTIONS.labels(name, "at most").set(pool.size() + max(pool._max_overflow, 0))  # type: ignore[attr-defined]
