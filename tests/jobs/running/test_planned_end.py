"""A server that ends while jobs are under way says so in a line, without an error (a planned end is none)."""

import asyncio
import logging
import threading
from dataclasses import replace
from typing import Any

import pytest

from core.context import AppContext
from jobs.running.schedule import Job
from jobs.running.scheduler import run_jobs
from tests.conftest import Town


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_planned_end_while_a_job_is_under_way_is_no_error(
    town: Town, database_url: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, may_end, ended = threading.Event(), threading.Event(), threading.Event()

    def slow(context: AppContext) -> dict[str, Any]:
        begun.set()
        may_end.wait(60)
        ended.set()
        return {}

    monkeypatch.setattr("jobs.running.scheduler.JOBS", {"slow": Job("slow", slow, every_seconds=1)})
    settings = town.context.settings.model_copy(update={"run_jobs": True})
    with caplog.at_level(logging.INFO):
        async with run_jobs(replace(town.context, settings=settings)):
            assert await asyncio.to_thread(begun.wait, 60)
        may_end.set()
        assert await asyncio.to_thread(ended.wait, 60), "it goes on to its end"
    told = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert told == []
    assert "Traceback" not in caplog.text
