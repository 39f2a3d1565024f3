"""Input made from the API's own description, as odd as it allows: each answer is as described, none a fault of ours."""

from typing import Any
from urllib.parse import urlsplit

import pytest
import schemathesis
from hypothesis import HealthCheck, given
from hypothesis import settings as effort

from app import create_app
from core.database import Database
from core.settings import Settings
from tests.answers import Contract
from tests.clock import SetClock
from tests.conftest import Town

EXAMPLES = {"admin": 30, "officer": 6, "keeper": 6, "responder": 6, "auditor": 6}


@pytest.mark.heavy
def test_no_input_makes_the_server_fail(settings: Settings, clock: SetClock, database: Database, town: Town) -> None:
    _try_all("admin", settings, clock, database, town)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("who", ["officer", "keeper", "responder", "auditor"])
def test_no_role_makes_the_server_fail(
    settings: Settings, clock: SetClock, database: Database, town: Town, who: str
) -> None:
    _try_all(who, settings, clock, database, town)


def _try_all(who: str, settings: Settings, clock: SetClock, database: Database, town: Town) -> None:
    town.stock("BRK-014", "5")
    app = create_app(settings, clock, database)
    described = schemathesis.openapi.from_asgi("/api/openapi.json", app)
    operations = [result.ok() for result in described.get_all_operations()]
    assert len(operations) > 120
    for operation in operations:
        _try_out(operation, town, who, Contract.of(app))


def _try_out(operation: Any, town: Town, who: str, contract: Contract) -> None:
    @effort(max_examples=EXAMPLES[who], deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy())
    def answer_is_no_fault(case: schemathesis.Case) -> None:
        answer = case.call(headers=town.auth(who))
        assert answer.status_code < 500, f"{case.as_curl_command()}\n{answer.text}"
        path, kind = urlsplit(answer.request.url).path, answer.headers.get("content-type", [""])[0]
        misfit = contract.misfit(case.method.lower(), path, answer.status_code, kind, answer.content)
        assert misfit is None, f"{case.as_curl_command()}\n{answer.status_code}: {misfit}\n{answer.text[:600]}"

    answer_is_no_fault()
