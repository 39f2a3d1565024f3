"""``readyshelf sweep`` and ``readyshelf jobs``."""

from argparse import Namespace
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import date
from functools import partial
from typing import Any

import msgspec
from sqlalchemy import func, select
from tqdm import tqdm

from core.commands import complain, report
from core.context import AppContext
from depots.models import Depot
from jobs.alerts.far import FAR
from jobs.alerts.sweep import sweep_city
from jobs.channels.outbox import deliver_mails
from jobs.running.overview import JobRow, RunRow, overview
from jobs.running.running import run_job
from jobs.running.schedule import JOBS, sweep_and_write
from jobs.running.wishes import SWEEP


def sweep(arguments: Namespace, context: AppContext) -> int:
    """Find what expires, runs low or is faulty; write and send the digests."""
    now, today = context.clock.now(), arguments.today or context.clock.today()
    if abs((today - context.clock.today()).days) > FAR and not (arguments.force or arguments.dry_run):
        return complain(
            f"{today} is far from today, {context.clock.today()}: a sweep opens and resolves the alerts of the whole "
            "city by that date and tells people; look first with --dry-run, or say --force"
        )
    with context.database.transaction(writes=False) as session:
        depots = session.execute(select(func.count()).select_from(Depot)).scalar_one()
    with tqdm(total=depots, unit="depot", disable=None if depots > 100 else True) as bar:
        if arguments.dry_run:
            found = asdict(sweep_city(context.database, today, now, dry_run=True, progress=bar.update))
        else:
            found = _swept(context, today, bar.update)
    if context.settings.smtp is not None and not arguments.dry_run:
        found |= asdict(deliver_mails(context, context.settings.smtp))
    sentence = ", ".join(f"{name} {number}" for name, number in found.items())
    report(arguments, found, f"{today}: {sentence}")
    return 0


def _swept(context: AppContext, day: date, progress: Callable[[int], None]) -> dict[str, Any]:
    """The daily job itself, its success or failure recorded: pages show when somebody last looked (city.md P2)."""
    job = replace(JOBS[SWEEP], run=partial(sweep_and_write, day=day, progress=progress))
    return run_job(context, job) or {}


def list_or_run(arguments: Namespace, context: AppContext) -> int:
    """List the jobs and their runs, or run one now."""
    if arguments.action == "run":
        return _run_by_hand(arguments, context)
    with context.database.transaction(writes=False) as session:
        view = overview(session, context.settings, context.clock.now())
    leader = (
        f"{view.leader.worker} leads since {view.leader.since:%Y-%m-%d %H:%M} UTC" if view.leader else "nobody leads"
    )
    lines = [leader, *(_line_of(job) for job in view.jobs), *(_run_line(run) for run in view.runs)]
    report(arguments, msgspec.to_builtins(view), "\n".join(lines))
    return 0


def _run_by_hand(arguments: Namespace, context: AppContext) -> int:
    if arguments.name not in JOBS:
        return complain(f"the jobs are: {', '.join(JOBS)}")
    try:
        outcome = run_job(context, JOBS[arguments.name], by_hand=True)
    except Exception as error:  # logged and recorded by run_job
        return complain(f"{arguments.name} failed: {type(error).__name__}: {error}")
    if outcome is None:
        return complain(f"{arguments.name}: another process began it at the same instant")
    report(arguments, outcome, f"{arguments.name}: {_counts(outcome) or 'done'}")
    return 0


def _line_of(job: JobRow) -> str:
    often = "daily" if job.every_seconds is None else f"every {job.every_seconds} s"
    last = f"{job.last_success_at:%Y-%m-%d %H:%M:%S} UTC" if job.last_success_at else "never"
    coming = f"next {job.next_at:%Y-%m-%d %H:%M} UTC"
    line = f"{job.name} ({often}): {job.state}, last success {last} in {job.seconds} s, {coming}"
    return f"{line}; {job.error}" if job.error else line


def _run_line(run: RunRow) -> str:
    ended = run.error or (_counts(run.outcome) or "done" if run.finished_at else "not finished")
    return f"  {run.started_at:%Y-%m-%d %H:%M:%S} {run.name}{' by hand' if run.by_hand else ''}: {ended}"


def _counts(outcome: dict[str, Any]) -> str:
    return ", ".join(f"{name} {number}" for name, number in outcome.items())
