"""A request has one id: in its answer, in a problem's body, in the log; named by a trusted proxy or made here."""

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import structlog
from litestar import Litestar
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from core.logs import set_up_logs
from core.request_ids import NamedByProxy
from core.settings import Settings
from tests.conftest import Town

HEADER = "x-request-id"
MADE_HERE = re.compile(r"[0-9a-f]{32}")
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def logging_as_json(settings: Settings) -> Iterator[None]:
    set_up_logs(settings.model_copy(update={"log_format": "json", "log_level": "info"}))
    yield
    structlog.reset_defaults()


def lines_of(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines() if line.startswith("{")]


async def test_every_answer_names_its_request(client: httpx.AsyncClient, town: Town) -> None:
    tag = (await client.get("/api/depots", headers=town.auth())).headers["etag"]
    seen = set()
    for method, path, headers, status in (
        ("GET", "/api/depots", town.auth(), 200),
        ("GET", "/api/depots", {**town.auth(), "If-None-Match": tag}, 304),
        ("HEAD", "/api/depots", town.auth(), 200),
        ("GET", "/api/depots", {}, 401),
        ("GET", "/api/depots", {"Authorization": "Bearer nobody"}, 401),
        ("GET", "/api/nope", {}, 404),
        ("DELETE", "/api/depots", town.auth(), 405),
        ("GET", "/static/style.css", {}, 200),
        ("GET", "/metrics", {}, 200),
        ("GET", "/healthz", {}, 200),
        ("GET", "/no-such-page", {"Accept": "text/html"}, 404),
    ):
        answer = await client.request(method, path, headers=headers)
        assert answer.status_code == status, path
        assert MADE_HERE.fullmatch(answer.headers[HEADER]), path
        assert len(answer.headers.get_list(HEADER)) == 1
        seen.add(answer.headers[HEADER])
        if answer.headers.get("content-type", "").startswith("application/problem"):
            assert answer.json()["request_id"] == answer.headers[HEADER]
    assert len(seen) == 11


@pytest.mark.parametrize(
    ("peer", "sent", "taken"),
    [
        ("10.0.0.7", "proxy-0123456789", True),
        ("10.0.0.7", "0123456789abcdef" * 2, True),
        ("10.0.0.7", "short", False),
        ("10.0.0.7", "x" * 65, False),
        ("10.0.0.7", "line\\nbreak{}<b>", False),
        ("10.0.0.7", "", False),
        ("203.0.113.9", "proxy-0123456789", False),
        ("unix", "proxy-0123456789", False),
    ],
)
async def test_only_a_trusted_proxy_names_a_request(application: Litestar, peer: str, sent: str, taken: bool) -> None:
    trusted = ["10.0.0.0/24", "::1"]
    served: Any = NamedByProxy(ProxyHeadersMiddleware(application, trusted), trusted)  # type: ignore[arg-type]
    transport = httpx.ASGITransport(app=served, client=(peer, 4711))
    async with httpx.AsyncClient(transport=transport, base_url="http://depots") as client:
        headers = {"X-Request-Id": sent, "X-Forwarded-For": "198.51.100.4"}
        answer = await client.get("/api/me", headers=headers)
    assert (answer.headers[HEADER] == sent) == taken
    assert answer.json()["request_id"] == answer.headers[HEADER]


async def test_a_refusal_stands_in_the_log_under_its_id_and_not_its_content(
    client: httpx.AsyncClient, town: Town, logging_as_json: None, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = await client.post("/api/movements", json={"kind": "13800138000"}, headers=town.auth())
    assert answer.status_code == 422
    (line,) = [line for line in lines_of(capsys) if line["event"] == "request refused"]
    assert line["request_id"] == answer.json()["request_id"]
    assert (line["status"], line["kind"], line["route"]) == (422, "bad-input", "/api/movements")
    assert "13800138000" not in json.dumps(line)
    await client.get("/api/nope", headers=town.auth())
    assert not lines_of(capsys), "what scanners cause fills no disk"


async def test_a_fault_stands_in_the_log_under_the_id_that_the_answer_has(
    application: Litestar, town: Town, logging_as_json: None, capsys: pytest.CaptureFixture[str]
) -> None:
    town.context.database.engine.dispose()
    transport = httpx.ASGITransport(app=application, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://depots") as client:
        application.state.context.figures = [_broken]
        answer = await client.get("/metrics")
    assert answer.status_code == 500
    lines = [line for line in lines_of(capsys) if line["event"] == "request failed"]
    assert [line["request_id"] for line in lines] == [answer.json()["request_id"]] == [answer.headers[HEADER]]
    assert "ZeroDivisionError" in lines[0]["exception"]


def _broken(_session: Any) -> Any:
    return 1 / 0
