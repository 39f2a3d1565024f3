"""The shape of a console command. Each room lists its own in ``command_line.py``; app.py gathers them."""

import json
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from core.context import AppContext


def _no_arguments(parser: ArgumentParser) -> None:
    """Most commands take none."""


@dataclass(frozen=True)
class Command:
    """``readyshelf NAME``: ``run(arguments, context)`` returns the exit code, 0 only on success."""

    name: str
    help: str
    run: Callable[[Namespace, "AppContext"], int]
    add_arguments: Callable[[ArgumentParser], None] = _no_arguments
    any_schema: bool = False  # works on a database of another version, or without one
    lists: bool = False  # writes lists, so it needs all that there are
    own_lock: bool = False  # takes the lock of those who use the database itself, or the one that excludes them


def report(arguments: Namespace, figures: dict[str, Any], sentence: str) -> None:
    """Print the outcome: one JSON object with ``--json``, else a sentence."""
    print(json.dumps(figures, ensure_ascii=False, default=str) if arguments.json else sentence)


def say(sentence: str) -> None:
    """Print what is being done to the error stream: the output belongs to the report."""
    print(sentence, file=sys.stderr, flush=True)


def complain(sentence: str) -> int:
    """Print on the error stream why a command did not do its work; returns its exit code."""
    print(sentence, file=sys.stderr)
    return 1


def add_json(parser: ArgumentParser) -> None:
    """The ``--json`` option of commands that report."""
    parser.add_argument("--json", action="store_true", help="print the report as one JSON object")
