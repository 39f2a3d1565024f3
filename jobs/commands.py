"""``readyshelf sweep`` and ``readyshelf jobs``."""

from argparse import ArgumentParser, Namespace
from dataclasses import asdict
from datetime import date

from sqlalchemy import func, select
from tqdm import tqdm

from core.commands import Command, add_json, complain, report
from core.house import House
from depots.models import Depot
from jobs.alerts import job_runs
from jobs.digests import write_digests
from jobs.outbox import deliver
from jobs.schedule import JOBS, run_job
from jobs.sweep import sweep_city


def _sweep_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--today", type=date.fromisoformat, help="sweep as if it were this date (YYYY-MM-DD)")
    parser.add_argument("--dry-run", action="store_true", help="say what would be found; change and send nothing")
    add_json(parser)


def _sweep(arguments: Namespace, house: House) -> int:
    now, today = house.clock.now(), arguments.today or house.clock.today()
    with house.database.transaction(writes=False) as session:
        depots = session.execute(select(func.count()).select_from(Depot)).scalar_one()
    with tqdm(total=depots, unit="depot", disable=None if depots > 100 else True) as bar:
        found = asdict(sweep_city(house.database, today, now, arguments.dry_run, bar.update))
    if not arguments.dry_run:
        found["digests"] = write_digests(house.database, house.settings, today, now)
        if house.settings.smtp is not None:
            found |= asdict(deliver(house.database, house.clock, house.settings.smtp, house.settings.mail_from))
    sentence = ", ".join(f"{name} {number}" for name, number in found.items())
    report(arguments, found, f"{today}: {sentence}")
    return 0


def _jobs_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("action", nargs="?", choices=("list", "run"), default="list")
    parser.add_argument("name", nargs="?", help="the job to run now")
    add_json(parser)


def _jobs(arguments: Namespace, house: House) -> int:
    if arguments.action == "run":
        if arguments.name not in JOBS:
            return complain(f"the jobs are: {', '.join(JOBS)}")
        outcome = run_job(house, JOBS[arguments.name]) or {}
        report(arguments, outcome, f"{arguments.name}: {outcome}")
        return 0
    with house.database.transaction(writes=False) as session:
        runs = [run.model_dump(mode="json") for run in job_runs(session)]
    names = [
        f"{job.name}: {'daily' if job.every_seconds is None else f'every {job.every_seconds} s'}"
        for job in JOBS.values()
    ]
    lines = [f"{run['name']} due {run['due']}: {run['error'] or run['outcome']}" for run in runs]
    report(arguments, {"jobs": list(JOBS), "runs": runs}, "\n".join([*names, *lines]))
    return 0


COMMANDS = [
    Command("sweep", "find what expires, runs low or is faulty; write and send the digests", _sweep, _sweep_arguments),
    Command("jobs", "list the jobs and their runs, or run one now", _jobs, _jobs_arguments),
]
