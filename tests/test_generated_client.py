"""A client that is generated from the API's description, without a warning, does what programs do."""

import importlib
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.browsing import PASSWORD
from tests.conftest import Town
from tests.serving import RunningServer


@pytest.fixture
def client_package(tmp_path: Path, town: Town, server: RunningServer, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of the generated package, importable."""
    town.stock("BRK-014", "5")
    document = tmp_path / "openapi.json"
    text = httpx.get(f"{server.url}/api/openapi.json", timeout=60).text
    document.write_text(text, encoding="utf-8")
    files = {kind for kind in re.findall(r'"(\w+/[\w.+-]+)":', text) if not kind.endswith("json")}
    options = {"content_type_overrides": dict.fromkeys(files, "application/octet-stream"), "post_hooks": []}
    settings = tmp_path / "options.json"
    settings.write_text(json.dumps(options))
    generate = [sys.executable, "-m", "openapi_python_client", "generate", "--path", str(document), "--meta", "none"]
    generate += ["--output-path", str(tmp_path / "depots_client"), "--config", str(settings), "--fail-on-warning"]
    done = subprocess.run(generate, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    monkeypatch.syspath_prepend(str(tmp_path))
    return "depots_client"


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_generated_client_signs_in_finds_takes_repeats_and_reads_refusals(
    server: RunningServer, client_package: str
) -> None:
    def part(name: str) -> Any:
        return importlib.import_module(f"{client_package}.{name}")

    package, models = importlib.import_module(client_package), part("models")
    anybody = package.Client(base_url=server.url)
    wanted = models.SignIn(account="keeper", password=PASSWORD)
    token = part("api.people_and_sign_in.sign_in").sync(client=anybody, body=wanted).token
    keeper = package.AuthenticatedClient(base_url=server.url, token=token)

    found = part("api.finder.find").sync(client=keeper, item="BRK-014")
    assert [offer.depot for offer in found.items] == ["STR-0001"]

    book = part("api.stock.book_movements")
    take = models.NewMovement(id=uuid4(), kind=models.Kind.ISSUE, quantity="1", item="BRK-014")
    first, repeated = [book.sync_detailed(client=keeper, body=take) for _ in range(2)]
    assert (first.status_code, repeated.status_code) == (201, 200)
    assert repeated.parsed == first.parsed, "A2: the retry that ids are for"

    much = models.NewMovement(id=uuid4(), kind=models.Kind.ISSUE, quantity="100", item="BRK-014")
    refused = book.sync_detailed(client=keeper, body=much)
    assert refused.status_code == 409 and refused.parsed.type_.endswith("/not-enough-stock")
    assert refused.parsed["available"] == "4"

    page = part("api.stock.list_movements").sync(client=keeper, limit=1)
    assert len(page.items) == 1 and page.next_
