"""The commands of a city that runs itself: what each is called and takes.

Whoever asks for help, or runs another command, waits for none of it: what a command needs is imported as it runs.
"""

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from core.commands import Command, add_json

if TYPE_CHECKING:
    from core.context import AppContext


def _arguments(parser: ArgumentParser) -> None:
    add_json(parser)


def _first_code(arguments: Namespace, context: "AppContext") -> int:
    from manage.commands import first_code

    return first_code(arguments, context)


COMMANDS = [
    Command("first-code", "print the code that makes an empty city's first administrator", _first_code, _arguments)
]
