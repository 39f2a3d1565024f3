"""A server killed in the middle of an act on many rows: nothing is half done, and sent again it is done once."""

import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from inventory.verifying.verifying import verify_all
from office.lists.register import TABLES
from tests.conftest import NOW, Town
from tests.office.killed import MOMENTS, ArmedServer
from tests.office.test_acts_again import Case, each_case
from tests.serving import served

# a day to come by the clock of the tests, and by that of the servers
AFTER = (max(NOW, datetime.now(UTC)) + timedelta(days=5)).date().isoformat()


@pytest.mark.slow  # four servers for each act, on both databases
@each_case
async def test_killed_at_any_moment_it_is_done_whole_or_not_at_all_and_sent_again_once(
    client: httpx.AsyncClient, town: Town, database_url: str, tmp_path: Path, case: Case
) -> None:
    mine, _ = case.prepare(town)
    told = case.said | ({"until": AFTER} if "until" in case.said else {})
    said = {"act": case.act, "id": mine, "form": str(uuid4()), **told}
    path, headers = f"{TABLES[case.list].path}/bulk", town.auth(case.people[0])
    before = town.run(case.trace)
    for moment in MOMENTS:
        server = ArmedServer(database_url, tmp_path / "var", moment)
        with served(server):
            server.start()
            with pytest.raises(httpx.TransportError):
                httpx.post(f"{server.url}{path}", headers=headers, data=said, timeout=60, trust_env=False)
            assert server.process is not None
            server.process.join(60)
            assert server.process.exitcode == -signal.SIGKILL, (moment, server.log.read_text())
        left = town.run(case.trace)
        assert (left == before) == (moment != "booked"), moment
        assert town.run(verify_all).sound, moment
    first = await client.post(path, headers=headers, data=said)
    again = await client.post(path, headers=headers, data=said)
    assert (first.status_code, again.status_code) == (303, 303)
    assert first.headers["location"] == again.headers["location"]
    assert town.run(case.trace) == left, "it was done"
