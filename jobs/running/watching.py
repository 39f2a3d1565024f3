"""Signs of life: who leads, whether the heartbeat arrives, and the watchdog that every process keeps."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx
import structlog
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from core.background import alongside
from core.columns import table_of
from core.context import AppContext
from core.outgoing import way_out
from core.upsert import insert_missing, upsert
from jobs.channels.outbox import deliver_mails
from jobs.running.alarms import LATE, open_alarms, raise_alarm
from jobs.running.models import JobSign, JobState
from jobs.running.running import all_done, this_process
from jobs.running.schedule import JOBS, is_late

LEADER, HEARTBEAT = "leader", "heartbeat"
WATCH_SECONDS = 30.0
PING_SECONDS = 10.0
log = structlog.get_logger()


@dataclass(frozen=True)
class Watchdog:
    """Sees that a job has not succeeded for too long, and alarms: in every process, for the one that leads may hang."""

    context: AppContext
    since: datetime  # what was missed while nobody served is not held against a job that is just being caught up

    def look(self) -> list[str]:
        """The jobs that were found late just now and had no alarm yet."""
        context = self.context
        now = context.clock.now()
        with context.database.transaction(writes=False) as session:
            states = {state.name: state for state in session.execute(select(JobState)).scalars()}
            open_already = set(open_alarms(session))
        if unknown := [name for name in JOBS if name not in states]:
            context.database.run(_know, unknown, now)
        late = [
            name
            for name, state in states.items()
            if name in JOBS
            and name not in open_already
            and is_late(JOBS[name], context.settings, state.succeeded_at or state.known_since, self.since, now)
        ]
        raised = [name for name in late if context.database.run(_alarm, context, states[name], now)]
        if raised:
            log.error("jobs stand still", jobs=raised)
            self._send_ourselves()
        return raised

    def _send_ourselves(self) -> None:
        """Mail may be among what stands still: who raises an alarm sends it, with what else waits."""
        context = self.context
        if context.settings.smtp is not None:
            deliver_mails(context, context.settings.smtp)


def _know(session: Session, names: list[str], now: datetime) -> None:
    rows = [JobState(name=name, known_since=now).model_dump() for name in names]
    insert_missing(session, table_of(JobState), rows, ["name"])


def _alarm(session: Session, context: AppContext, state: JobState, now: datetime) -> bool:
    last = state.succeeded_at.isoformat(timespec="seconds") if state.succeeded_at else "-"
    details = f"{state.name}: {last}. {state.error}".strip()
    return raise_alarm(session, context.settings, state.name, LATE, details, now)


@asynccontextmanager
async def watch_jobs(context: AppContext) -> AsyncIterator[None]:
    """While the application lives, look after the jobs, whichever process runs them."""
    async with alongside(_watch(Watchdog(context, context.clock.now()))):
        yield


async def _watch(watchdog: Watchdog) -> None:
    while True:
        await asyncio.sleep(WATCH_SECONDS)
        try:
            await asyncio.to_thread(watchdog.look)
        except SQLAlchemyError as error:
            log.warning("the watchdog waits for the database", why=str(error))


def note_leader(session: Session, since: datetime, now: datetime) -> None:
    """This process leads, since then, and still does now."""
    _sign(session, LEADER, {"worker": this_process(), "since": since, "seen_at": now, "tried_at": now, "error": ""})


def signs(session: Session) -> dict[str, JobSign]:
    """The signs of life by name."""
    return {sign.name: sign for sign in session.execute(select(JobSign)).scalars()}


def ping_heartbeat(context: AppContext, due: datetime) -> bool | None:
    """Notify whoever watches us that the day's jobs are done; None if nobody does, or not all are done.

    That it fails is logged and shown, and breaks nothing.
    """
    url = context.settings.heartbeat_url
    if url is None:
        return None
    with context.database.transaction(writes=False) as session:
        if not all_done(session, due):
            return None
    error = ""
    try:
        way = httpx.HTTPTransport(retries=2, proxy=way_out(context.settings, url))
        with httpx.Client(timeout=PING_SECONDS, transport=way, trust_env=False) as client:
            client.get(url).raise_for_status()
    except (httpx.HTTPError, httpx.InvalidURL) as fault:
        error = f"{type(fault).__name__}: {fault}"[:500]
        log.warning("the heartbeat does not arrive", url=url, why=error)
    context.database.run(_note_heartbeat, context.clock.now(), error)
    return not error


def _note_heartbeat(session: Session, now: datetime, error: str) -> None:
    told = {"worker": this_process(), "since": now, "tried_at": now, "error": error}
    _sign(session, HEARTBEAT, told if error else {**told, "seen_at": now})


def _sign(session: Session, name: str, told: dict[str, Any]) -> None:
    statement = upsert(session, table_of(JobSign)).values({"name": name, **told})
    session.execute(statement.on_conflict_do_update(index_elements=["name"], set_=told))
