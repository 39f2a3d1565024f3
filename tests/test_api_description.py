"""Input made from the API's own description, as odd as it allows: each answer is as described, none a fault of ours."""

import time
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import pytest
import schemathesis
from hypothesis import HealthCheck, given
from hypothesis import settings as effort

from core.background import _under_way
from core.database import Database
from core.settings import Settings
from rooms import create_app
from tests.answers import Contract
from tests.clock import SetClock
from tests.conftest import BY_ROLE, Town

ROLES = tuple(BY_ROLE.values())
FEW = 2  # inputs for an operation, one of each role
MANY = {**dict.fromkeys(ROLES, 6), "admin": 30}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_no_input_makes_the_server_fail(settings: Settings, clock: SetClock, database: Database, town: Town) -> None:
    _try_all(("keeper", "admin"), FEW, settings, clock, database, town)  # the first input is the plainest


@pytest.mark.slow
@pytest.mark.parametrize("who", ROLES)
def test_no_input_makes_the_server_fail_however_long_one_tries(
    settings: Settings, clock: SetClock, database: Database, town: Town, who: str
) -> None:
    _try_all([who], MANY[who], settings, clock, database, town)


def _try_all(
    roles: Sequence[str], examples: int, settings: Settings, clock: SetClock, database: Database, town: Town
) -> None:
    town.stock("BRK-014", "5")
    app = create_app(settings, clock, database)
    described = schemathesis.openapi.from_asgi("/api/openapi.json", app)
    operations = [result.ok() for result in described.get_all_operations()]
    assert len(operations) > 120
    for operation in operations:
        _try_out(operation, roles, examples, town, Contract.of(app))


def _try_out(operation: Any, roles: Sequence[str], examples: int, town: Town, contract: Contract) -> None:
    """Send so many inputs, by the roles in turn; one that is tried again goes by the same."""
    turns: dict[str, str] = {}

    @effort(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy())
    def answer_is_no_fault(case: schemathesis.Case) -> None:
        sent = repr((case.path_parameters, case.query, case.headers, case.body))
        who = turns.setdefault(sent, roles[len(turns) % len(roles)])
        answer = case.call(headers=town.auth(who))
        _until_all_is_done()
        assert answer.status_code < 500, f"{who}: {case.as_curl_command()}\n{answer.text}"
        path, kind = urlsplit(answer.request.url).path, answer.headers.get("content-type", [""])[0]
        misfit = contract.misfit(case.method.lower(), path, answer.status_code, kind, answer.content)
        assert misfit is None, f"{who}: {case.as_curl_command()}\n{answer.status_code}: {misfit}\n{answer.text[:600]}"

    answer_is_no_fault()


def _until_all_is_done() -> None:
    """Wait for what goes on beside the requests: it imports modules, and holds connections, while inputs are made."""
    deadline = time.monotonic() + 180
    while _under_way:
        assert time.monotonic() < deadline
        time.sleep(0.01)
