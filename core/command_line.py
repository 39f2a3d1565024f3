"""The commands of the core: what each is called and takes.

Whoever asks for help, or runs another command, waits for none of it: what a command needs is imported as it runs.
"""

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from core.commands import Command, add_json

if TYPE_CHECKING:
    from core.context import AppContext


def _migrate_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--no-backup", action="store_true", help="keep no archive of the database as it is before")
    parser.add_argument(
        "--server-role",
        metavar="NAME",
        help="PostgreSQL: let this role serve, and neither change the schema nor the past; made if it is missing",
    )
    add_json(parser)


def _migrate(arguments: Namespace, context: "AppContext") -> int:
    from core.operations import bring_schema

    return bring_schema(arguments, context)


COMMANDS = [
    Command("migrate", "bring the database's schema up to date", _migrate, _migrate_arguments, any_schema=True),
]
