"""Input made from the API's own description, as odd as it allows: no answer is ever a fault of ours."""

from typing import Any

import schemathesis
from hypothesis import HealthCheck, given
from hypothesis import settings as effort

from app import create_app
from core.database import Database
from core.settings import Settings
from tests.clock import SetClock
from tests.conftest import Town

EXAMPLES = 30


def test_no_input_makes_the_server_fail(settings: Settings, clock: SetClock, database: Database, town: Town) -> None:
    described = schemathesis.openapi.from_asgi("/api/openapi.json", create_app(settings, clock, database))
    operations = [result.ok() for result in described.get_all_operations()]
    assert len(operations) >= 15
    for operation in operations:
        _try_out(operation, town)


def _try_out(operation: Any, town: Town) -> None:
    @effort(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy())
    def answer_is_no_fault(case: schemathesis.Case) -> None:
        answer = case.call(headers=town.auth("admin"))
        assert answer.status_code < 500, f"{case.as_curl_command()}\n{answer.text}"

    answer_is_no_fault()
