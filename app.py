"""The console command, and the application as a server process imports it.

Whoever asks for help or the version waits for argparse alone: what runs a command stands in ``console.py``, what the
rooms offer in ``rooms.py``, and both are imported when they are needed.
"""

import os
import sys
from argparse import SUPPRESS, Action, ArgumentParser, Namespace
from typing import TYPE_CHECKING, Any

import core.command_line
import inventory.command_line
import jobs.command_line
import labels.command_line
import manage.command_line
import people.command_line
from core.commands import Command
from core.importing import uncollected, unpainted

if TYPE_CHECKING:
    from litestar.types import ASGIApp

    from core.context import AppContext

unpainted()  # before structlog, also in the workers that import this file alone


def _serve_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--workers", type=int, default=1, help="processes; more than one needs PostgreSQL")
    parser.add_argument("--database-url", default=SUPPRESS, help="in place of READYSHELF_DATABASE_URL")
    parser.add_argument("--demo", action="store_true", default=SUPPRESS, help="enter the demo city first")
    parser.add_argument(
        "--city",
        action="store_true",
        help="serve a city of your own, empty at first: the browser asks for the code that is printed here",
    )
    parser.add_argument("--depots", type=int, default=12, help="how many depots the demo city has")


def _serve(arguments: Namespace, context: "AppContext") -> int:
    from serving import serve

    return serve(arguments, context)


COMMANDS = [
    *core.command_line.COMMANDS,
    *people.command_line.COMMANDS,
    *inventory.command_line.COMMANDS,
    *labels.command_line.COMMANDS,
    *jobs.command_line.COMMANDS,
    *manage.command_line.COMMANDS,
    Command("serve", "serve the application", _serve, _serve_arguments, any_schema=True, own_lock=True),
]


class _Version(Action):
    def __call__(self, parser: ArgumentParser, _given: Namespace, _values: Any, option: str | None = None) -> None:
        from importlib.metadata import version  # for this alone

        print(f"readyshelf {version('readyshelf')}")
        parser.exit()


class _Completion(Action):
    def __call__(self, parser: ArgumentParser, _given: Namespace, shell: Any, option: str | None = None) -> None:
        import shtab  # for this alone

        print(shtab.complete(parser, shell))
        parser.exit()


def parser() -> ArgumentParser:
    """The console command's arguments."""
    top = ArgumentParser(prog="readyshelf", description="Inventory of a city's street-side emergency depots.")
    top.add_argument("--version", nargs=0, action=_Version, help="show program's version number and exit")
    top.add_argument(
        "--completion",
        choices=("bash", "zsh", "tcsh"),
        action=_Completion,
        help="print what completes commands in this shell, and end",
    )
    top.add_argument("--database-url", help="in place of READYSHELF_DATABASE_URL")
    commands = top.add_subparsers(dest="command", metavar="COMMAND")
    for command in COMMANDS:
        sub = commands.add_parser(command.name, help=command.help, description=command.help)
        command.add_arguments(sub)
        sub.set_defaults(of=command)
    return top


def main(arguments: list[str] | None = None) -> int:
    """``readyshelf COMMAND``: exit code 0 only when the command did its work."""
    os.umask(0o077)  # whatever a command writes holds people's data: for its owner alone (B19)
    top = parser()
    given = top.parse_args(arguments)
    if given.command is None:
        top.print_help()
        return 0
    with uncollected():
        from console import run_command
    return run_command(given)


def asgi() -> "ASGIApp":
    """The application for a server process, from the environment alone."""
    with uncollected():
        from rooms import server
    return server()


if __name__ == "__main__":
    sys.exit(main())
