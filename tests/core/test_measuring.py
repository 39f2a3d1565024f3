"""What Prometheus is told: requests, readiness, alerts, connections; from several processes the sum of all (A10)."""

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from litestar import Litestar
from prometheus_client.parser import text_string_to_metric_families

from core.measuring import FOLDER, note_pools
from core.settings import ROOT
from depots.requirements import work_out_requirements
from inventory.readiness.counting import refresh
from jobs.alerts.sweep import sweep_city
from tests.conftest import Town

Values = Callable[..., float | None]


def read(text: str) -> Values:
    """A lookup of a sample's value by name and labels."""
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]

    def value(name: str, **labels: Any) -> float | None:
        found = [one.value for one in samples if one.name == name and labels.items() <= one.labels.items()]
        return sum(found) if found else None

    return value


async def test_figures_of_requests_readiness_alerts_and_connections(client: httpx.AsyncClient, town: Town) -> None:
    clock = town.context.clock
    town.run(work_out_requirements, clock.today())
    town.stock("MED-013", "1", expires_on=clock.today() - timedelta(1))
    town.run(refresh, clock.today())
    sweep_city(town.context.database, clock.today(), clock.now())
    before = read((await client.get("/metrics")).text)
    for path in ("/api/depots/STR-0001", "/api/depots/NOSUCH", "/api/nope/nope"):
        await client.get(path, headers=town.auth())
    await client.request("ODD", "/api/depots", headers=town.auth())
    note_pools(town.context.database)
    told = read((await client.get("/metrics")).text)
    count, depot = "readyshelf_request_seconds_count", "/api/depots/{depot_code}"
    for labels in (
        {"route": depot, "code": "200"},
        {"route": depot, "code": "404"},
        {"route": "other", "method": "GET"},
    ):
        assert (told(count, **labels) or 0) - (before(count, **labels) or 0) == 1, labels
    assert told(count, method="other") and told(count, method="ODD") is None
    assert (told("readyshelf_depots", what="all"), told("readyshelf_depots", what="ready")) == (2, 0)
    lines = told("readyshelf_requirement_lines", what="all")
    assert lines and lines > 0
    assert told("readyshelf_alerts_open", kind="expired") == 1
    assert told("readyshelf_pool_connections", what="at most")


COUNTS = """
import sys, time
from core.measuring import CONNECTIONS, forget_process, note_request, own_figures, share_figures
from time import perf_counter
for _ in range(int(sys.argv[1])):
    note_request("GET", "/x", 200, perf_counter())
CONNECTIONS.labels("threads", "in use").set(3)
print(own_figures().decode() + "# all", flush=True)
sys.stdin.read()
"""


def test_whichever_process_is_asked_tells_the_sum_of_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = {**os.environ, FOLDER: str(tmp_path)}
    running = []
    for number in (2, 3):
        process = subprocess.Popen(
            [sys.executable, "-c", COUNTS, str(number)],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        text = ""
        while not text.endswith("# all\n"):  # which figure comes first is the file system's affair
            text += (line := process.stdout.readline())
            assert line, "it ended early"
        running.append((process, read(text)))
    told = running[-1][1]
    assert told("readyshelf_request_seconds_count", route="/x", code="200") == 5
    for process, _ in running:
        process.communicate("")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("method", "route"), [("POST", "/api/movements"), ("PUT", "/api/imports/{import_id}")])
async def test_who_leaves_before_the_body_is_whole_is_counted_as_no_fault_of_ours(
    client: httpx.AsyncClient, application: Litestar, town: Town, method: str, route: str
) -> None:
    count, answers = "readyshelf_request_seconds_count", list[Any]()
    path = route.format(import_id=uuid4())
    coming = [{"type": "http.request", "body": b"{", "more_body": True}]
    before = read((await client.get("/metrics")).text)

    async def receive() -> Any:
        return coming.pop() if coming else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        answers.append(message)

    headers = {"content-length": "900", "host": "testserver.local", **town.auth("officer")}
    scope = {
        **{"type": "http", "method": method, "path": path, "raw_path": path.encode()},
        **{"headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()]},
        **{"scheme": "http", "http_version": "1.1", "root_path": "", "query_string": b"subject=stock&name=a.csv"},
        **{"client": ("127.0.0.1", 1), "server": ("here", 80)},
    }
    await application(scope, receive, send)  # type: ignore[arg-type]
    assert answers[0]["status"] == 400
    told = read((await client.get("/metrics")).text)
    for code, more in (("400", 1), ("500", 0)):
        labels = {"route": route, "method": method, "code": code}
        assert (told(count, **labels) or 0) - (before(count, **labels) or 0) == more, code
