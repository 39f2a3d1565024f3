"""The page for who writes programs: its examples do what it says, run as they stand, one after the other."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from standardwebhooks import Webhook

from core.openapi.words import guide
from tests.browsing import PASSWORD
from tests.conftest import Town
from tests.serving import RunningServer

BLOCK = re.compile(r"```python\n(.*?)```", re.DOTALL)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_examples_run_as_they_stand(town: Town, stocked: None, server: RunningServer) -> None:
    source = "\n".join(BLOCK.findall(guide()))
    assert source.count("api.") > 6
    source = source.replace("https://depots.example.org", server.url).replace('"…"', f'"{PASSWORD}"')
    names: dict[str, Any] = {}
    exec(compile(source, "programs.md", "exec"), names)  # our own page, not somebody's input
    assert names["me"] and names["stock"] and names["enough"] == "3"  # five, one taken, one faulty
    secret, body, now = "whsec_" + "c2VjcmV0" * 4, '{"type": "test"}', datetime.now(UTC)
    signed = {"webhook-id": "1", "webhook-timestamp": str(int(now.timestamp()))}
    signed["webhook-signature"] = Webhook(secret).sign("1", now, body)
    assert names["receive"](body, signed, secret) == {"type": "test"}


@pytest.fixture
def stocked(town: Town) -> Iterator[None]:
    town.stock("BRK-014", "5")
    yield
