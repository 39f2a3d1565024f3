"""The commands about jobs: what each is called and takes.

Whoever asks for help, or runs another command, waits for none of it: what a command needs is imported as it runs.
"""

from argparse import ArgumentParser, Namespace
from datetime import date
from typing import TYPE_CHECKING

from core.commands import Command, add_json
from jobs.alerts.far import FAR

if TYPE_CHECKING:
    from core.context import AppContext


def _sweep_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--today", type=date.fromisoformat, help="sweep as if it were this date (YYYY-MM-DD)")
    parser.add_argument("--force", action="store_true", help=f"though --today is more than {FAR} days from the clock's")
    parser.add_argument("--dry-run", action="store_true", help="say what would be found; change and send nothing")
    add_json(parser)


def _sweep(arguments: Namespace, context: "AppContext") -> int:
    from jobs.commands import sweep

    return sweep(arguments, context)


def _jobs_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("action", nargs="?", choices=("list", "run"), default="list")
    parser.add_argument("name", nargs="?", help="the job to run now")
    add_json(parser)


def _jobs(arguments: Namespace, context: "AppContext") -> int:
    from jobs.commands import list_or_run

    return list_or_run(arguments, context)


COMMANDS = [
    Command("sweep", "find what expires, runs low or is faulty; write and send the digests", _sweep, _sweep_arguments),
    Command("jobs", "list the jobs and their runs, or run one now", _jobs, _jobs_arguments),
]
