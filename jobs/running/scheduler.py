"""Who runs the jobs and when: any number of processes serve, one of them leads."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, Protocol

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger
from filelock import FileLock, Timeout
from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from core.background import alongside
from core.context import AppContext
from core.database import Database
from jobs.running.running import Recorder, note_interrupted, run_job
from jobs.running.schedule import JOBS, Job, last_due
from jobs.running.watching import note_leader, ping_heartbeat
from jobs.running.wishes import carry_out_wishes

LOCK_KEY = 0x5E1F  # any number, as long as all processes use the same
CHECK_SECONDS = 5.0
SIGN_EVERY = 6  # checks: how often the leader says that it lives
ASKED_SECONDS = 2  # how often the leader looks for what somebody asked for
AGAIN_SECONDS = 300  # how often daily jobs that failed are looked at again
log = structlog.get_logger()


class Leadership(Protocol):
    """A lock that one process holds, and loses when it dies."""

    def acquire(self) -> bool: ...
    def holds(self) -> bool: ...
    def release(self) -> None: ...


class AdvisoryLock:
    """PostgreSQL's advisory lock on a connection of its own: the server frees it when the process dies."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.connection: Connection | None = None

    def acquire(self) -> bool:
        connection = self.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        if connection.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": LOCK_KEY}).scalar():
            self.connection = connection
            return True
        connection.close()
        return False

    def holds(self) -> bool:
        if self.connection is None:
            return False
        try:
            self.connection.execute(text("SELECT 1"))
        except SQLAlchemyError:
            self.connection = None
            return False
        return True

    def release(self) -> None:
        if self.connection is not None:
            # the pool would keep the connection, and the lock with it
            self.connection.invalidate()
            self.connection.close()
            self.connection = None


class LockFile:
    """A lock on a file beside the embedded database: the system frees it when the process dies."""

    def __init__(self, database: Database) -> None:
        self.lock = FileLock(f"{database.url.database}.jobs.lock", blocking=False, thread_local=False)

    def acquire(self) -> bool:
        try:
            self.lock.acquire()
        except Timeout:
            return False
        return True

    def holds(self) -> bool:
        return self.lock.is_locked

    def release(self) -> None:
        self.lock.release()


def leadership(database: Database) -> Leadership:
    """The lock that fits the database."""
    return LockFile(database) if database.is_sqlite else AdvisoryLock(database)


@asynccontextmanager
async def run_jobs(context: AppContext) -> AsyncIterator[None]:
    """While the application lives, run the jobs if this process leads, and take over if the leader dies."""
    if not context.settings.run_jobs:
        yield
        return
    async with alongside(_lead(context, leadership(context.database))):
        yield


async def _lead(context: AppContext, lock: Leadership) -> None:
    try:
        while True:
            try:
                if await asyncio.to_thread(lock.acquire):
                    await _while_leading(context, lock)
            except SQLAlchemyError as error:
                log.warning("the jobs wait for the database", why=str(error))
            await asyncio.sleep(CHECK_SECONDS)
    finally:
        await asyncio.to_thread(lock.release)


async def _while_leading(context: AppContext, lock: Leadership) -> None:
    recorder = Recorder(context)
    scheduler = _scheduler(context, recorder)
    since = context.clock.now()
    log.info("this process runs the jobs")
    # first of all: what was cut off is not taken for what another process is at
    await asyncio.to_thread(context.database.run, note_interrupted)
    scheduler.start()
    beside = [asyncio.create_task(work(context)) for work in (_all_daily, _asked_for)]
    try:
        checks = 0
        while await asyncio.to_thread(lock.holds):
            if checks % SIGN_EVERY == 0:
                await asyncio.to_thread(context.database.run, note_leader, since, context.clock.now())
            checks += 1
            _keep_hours(scheduler, context)
            await asyncio.sleep(CHECK_SECONDS)
        log.warning("the lock of the jobs is lost; another process may run them")
    finally:
        for task in beside:
            task.cancel()
        scheduler.shutdown(wait=False)
        await asyncio.to_thread(recorder.flush)


def _scheduler(context: AppContext, recorder: Recorder) -> AsyncIOScheduler:
    scheduler = AsyncIOScheduler(timezone=context.settings.zone)
    ways: dict[str, Any] = {"coalesce": True, "misfire_grace_time": None, "max_instances": 1}
    for job in JOBS.values():
        if job.every_seconds is None:
            scheduler.add_job(_until_the_end, _each_day(context), [_daily, context, job], name=job.name, **ways)
        else:
            often = IntervalTrigger(seconds=job.every_seconds)
            scheduler.add_job(_until_the_end, often, [_often, context, job, recorder], name=job.name, **ways)
    again = IntervalTrigger(seconds=AGAIN_SECONDS)
    scheduler.add_job(_until_the_end, again, [_all_daily, context], name="daily jobs again", **ways)
    return scheduler


async def _asked_for(context: AppContext) -> None:
    """Run what somebody asks for, one after the other, as long as this process leads."""
    while True:
        try:
            await asyncio.to_thread(carry_out_wishes, context)
        except SQLAlchemyError as error:
            log.warning("what was asked for waits for the database", why=str(error))
        await asyncio.sleep(ASKED_SECONDS)


def _each_day(context: AppContext) -> CronTrigger:
    at = context.settings.sweep_at
    return CronTrigger(hour=at.hour, minute=at.minute, timezone=context.settings.zone)


def _keep_hours(scheduler: AsyncIOScheduler, context: AppContext) -> None:
    """Let the daily jobs keep their hour where the city's time zone has become another."""
    for job in scheduler.get_jobs():
        if isinstance(job.trigger, CronTrigger) and job.trigger.timezone != context.settings.zone:
            job.reschedule(_each_day(context))


async def _all_daily(context: AppContext) -> None:
    """The daily jobs that were due and are not done: missed, cut off, or failed a while ago.

    A missed day is made up for once, not replayed, and not forgotten.
    """
    for job in JOBS.values():
        if job.daily:
            await _daily(context, job)


async def _until_the_end(work: Callable[..., Awaitable[None]], *args: Any) -> None:
    """Run what the scheduler starts. That this process stops leading is no error of a job that is under way.

    What it does in its thread goes on to its end, or is cut off with the process and recorded by the next leader.
    """
    try:
        await work(*args)
    except asyncio.CancelledError:
        log.info("a job is under way as this process ends")


async def _daily(context: AppContext, job: Job) -> None:
    with suppress(Exception):  # logged and recorded by run_job; the next run must still come
        due = last_due(context)
        if await asyncio.to_thread(run_job, context, job, due) is not None:
            await asyncio.to_thread(ping_heartbeat, context, due)


async def _often(context: AppContext, job: Job, recorder: Recorder) -> None:
    with suppress(Exception):  # logged and recorded by run_job
        await asyncio.to_thread(run_job, context, job, None, recorder)
