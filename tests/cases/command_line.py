"""A command as people type it, over the town's own database and clock."""

import contextlib
import io
from argparse import ArgumentParser

from app import COMMANDS
from tests.conftest import Town


def command(town: Town, name: str, *arguments: str, code: int = 0) -> str:
    """What ``readyshelf NAME ARGUMENTS`` prints; any other exit code than ``code`` fails the test."""
    parser = ArgumentParser()
    meant = next(one for one in COMMANDS if one.name == name)
    meant.add_arguments(parser)
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        assert meant.run(parser.parse_args(arguments), town.context) == code, out.getvalue()
    return out.getvalue()


def job(town: Town, name: str) -> None:
    """Run a job by hand, as on a day on which the scheduler did."""
    command(town, "jobs", "run", name)
