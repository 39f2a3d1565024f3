"""Two processes serve one city: one runs the jobs; killed in the middle, the other takes over and does the day once."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.clock import SystemClock
from core.context import AppContext
from core.database import Database
from core.settings import Settings
from jobs.channels.models import Mail, MailState
from jobs.running.models import JobRun
from jobs.running.schedule import last_due
from jobs.running.scheduler import CHECK_SECONDS
from people.sign_in import issue_token
from tests.conftest import ZONE
from tests.jobs.alerts.test_two_years import expected, told
from tests.jobs.city import found_city
from tests.mailbox import Mailbox
from tests.serving import RunningServer, served

WAIT_SECONDS = 180.0  # seconds: the machine may be busy


def wait_for(what: Callable[[], Any], seconds: float = WAIT_SECONDS) -> Any:
    """What becomes true, within so many seconds."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := what():
            return found
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds} seconds")


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    box = Mailbox().open()
    yield box
    box.close()


@pytest.fixture
def context(settings: Settings, database: Database) -> AppContext:
    """A city whose daily jobs were due an hour ago."""
    due = (datetime.now(UTC) - timedelta(hours=1)).astimezone(ZONE)
    sweep_at = due.time().replace(second=0, microsecond=0)
    return AppContext(settings.model_copy(update={"sweep_at": sweep_at}), database, SystemClock(ZONE))


@pytest.fixture
def pair(database_url: str, context: AppContext, tmp_path: Path, mailbox: Mailbox) -> Iterator[list[RunningServer]]:
    """Two servers on one database, both of which may run the jobs."""
    ways = {
        "READYSHELF_RUN_JOBS": "true",
        "READYSHELF_SMTP_URL": mailbox.url,
        "READYSHELF_SWEEP_AT": f"{context.settings.sweep_at:%H:%M}",
    }
    servers = [RunningServer(database_url, tmp_path / "var", **ways) for _ in range(2)]
    with served(*servers):
        yield servers


def sweeps(database: Database) -> list[JobRun]:
    with database.transaction(writes=False) as session:
        return list(session.execute(select(JobRun).where(JobRun.name == "sweep").order_by(JobRun.due)).scalars())


def unsent(session: Session) -> list[Any]:
    return list(session.execute(select(Mail.id).where(Mail.state != MailState.SENT)).all())


def number_of(worker: str) -> int:
    """The process in a worker's name."""
    return int(worker.rpartition(":")[2])


@pytest.mark.heavy
def test_killed_in_the_middle_the_leader_is_replaced_and_the_day_is_done_once(
    pair: list[RunningServer], context: AppContext, mailbox: Mailbox
) -> None:
    database, due = context.database, last_due(context)
    database.run(found_city, context, 60, 30, 60, 3)
    long_ago = JobRun(name="sweep", due=due - timedelta(days=5), started_at=due, finished_at=due)
    database.run(lambda session: session.add(long_ago))
    token = database.run(issue_token, "admin", "test", context.clock.now())
    today = context.clock.today()
    for server in pair:
        server.start(wait=False)
    by_process = {server.process.pid: server for server in pair if server.process is not None}

    _, running = wait_for(lambda: runs if len(runs := sweeps(database)) == 2 else None)
    leader = by_process.pop(number_of(running.worker))
    [(other_process, other)] = by_process.items()
    os.kill(number_of(running.worker), signal.SIGSTOP)  # in the middle, however fast the machine is
    assert sweeps(database)[1].finished_at is None, "the leader was done too early for this test to say anything"
    leader.kill()
    other.wait()

    wait_for(lambda: sweeps(database)[1].finished_at)
    assert CHECK_SECONDS <= 60  # so long the other may take to see that nobody leads
    runs = sweeps(database)
    assert [run.due for run in runs] == [due - timedelta(days=5), due]  # caught up once, not replayed
    assert (runs[1].error, runs[1].tries, number_of(runs[1].worker)) == ("", 2, other_process)
    with database.transaction(writes=False) as session:
        assert told(session) == expected(session, today, 1, {})
    wait_for(lambda: not database.run(unsent))
    assert len({mail["Message-ID"] for mail in mailbox.received}) == len(mailbox.received) > 100
    answer = httpx.get(f"{other.url}/api/jobs", headers={"Authorization": f"Bearer {token}"}, timeout=180).json()
    assert number_of(answer["leader"]["worker"]) == other_process
