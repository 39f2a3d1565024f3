"""Spectral and Redocly find nothing in the API's description, and a TypeScript client is made from it and works."""

import json
import shutil
from pathlib import Path
from uuid import uuid4
from zoneinfo import ZoneInfo

import httpx
import pytest

from core.clock import SystemClock
from jobs.channels.parcel import Parcel, Sent
from jobs.channels.webhook.calling import WebhookChannel, secret_of
from tests.browsing import PASSWORD
from tests.conftest import Town
from tests.others_tools import CLIENTS, fetch_tools, run_tool
from tests.receiver import Receiver
from tests.serving import RunningServer

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]


@pytest.fixture
def tools(tmp_path: Path, town: Town, server: RunningServer) -> Path:
    """A folder of this test's own with the tools, our files for them, and the description as it is served."""
    town.stock("BRK-014", "5")
    folder = tmp_path / "tools"
    folder.mkdir()
    (folder / "node_modules").symlink_to(fetch_tools() / "node_modules")
    for name in ("package.json", "session.ts", "tsconfig.json", "spectral.yaml", "redocly.yaml"):
        shutil.copy(CLIENTS / name, folder / name)
    text = httpx.get(f"{server.url}/api/openapi.json", timeout=60).text
    (folder / "openapi.json").write_text(text, encoding="utf-8")
    return folder


def test_the_linters_find_nothing(tools: Path) -> None:
    spectral = ("--ruleset", "spectral.yaml", "--fail-severity", "hint", "--format", "json", "--quiet")
    said = run_tool(tools, "spectral", "lint", "openapi.json", *spectral)
    assert json.loads(said or "[]") == []
    said = run_tool(tools, "redocly", "lint", "openapi.json", "--config", "redocly.yaml", "--format", "json")
    found = json.loads(said[said.index("{") : said.rindex("}") + 1])
    assert found["problems"] == [] and found["totals"] == {"errors": 0, "warnings": 0, "ignored": 0}


def test_a_linter_finds_what_is_wrong(tools: Path) -> None:
    """The rule set is in use: a description that breaks a rule of ours does not pass."""
    document = json.loads((tools / "openapi.json").read_text())
    del document["components"]["responses"]["TooMany"]["headers"]["Retry-After"]
    document["paths"]["/api/me"]["get"]["description"] = ""
    (tools / "openapi.json").write_text(json.dumps(document))
    for command in (
        ("spectral", "lint", "openapi.json", "--ruleset", "spectral.yaml"),
        ("redocly", "lint", "openapi.json", "--config", "redocly.yaml"),
    ):
        with pytest.raises(AssertionError, match=r"(?s)(waiting-says-how-long|operation-description)"):
            run_tool(tools, *command)


def test_a_typescript_client_does_what_programs_do(tools: Path, server: RunningServer, receiver: Receiver) -> None:
    # What has a default may be left out of what is sent: for this generator that is an option
    make = ("openapi.json", "-o", "api.ts", "--default-non-nullable=false")
    said = run_tool(tools, "openapi-typescript", *make)
    assert "warn" not in said.lower() and "⚠" not in said, said
    assert run_tool(tools, "tsc", "-p", ".") == ""
    endpoint, installation = uuid4(), "s" * 32
    channel = WebhookChannel(["127.0.0.1"], installation, SystemClock(ZoneInfo("UTC")))
    body = json.dumps({"type": "alert.open", "data": {"alerts": []}})
    now = SystemClock(ZoneInfo("UTC")).now()
    parcel = Parcel(uuid4(), receiver.url, "", body, "", uuid4().hex, now, 0, channel="webhook", endpoint_id=endpoint)
    assert isinstance(channel.send(parcel), Sent)
    call = {"body": receiver.calls[0].body.decode(), "headers": receiver.calls[0].headers}
    (tools / "call.json").write_text(json.dumps(call))
    secret = secret_of(installation, endpoint, parcel.generation)
    assert "all done" in run_tool(tools, "built/session.js", server.url, PASSWORD, "call.json", secret)
