"""The commands of the inventory: what each is called and takes.

Whoever asks for help, or runs another command, waits for none of it: what a command needs is imported as it runs.
"""

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from core.commands import Command, add_json
from core.fixed import ROOT
from inventory.command_line_exchange import COMMANDS as EXCHANGE

if TYPE_CHECKING:
    from core.context import AppContext


def _reference_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("directory", nargs="?", type=Path, default=ROOT / "reference", metavar="DIR")
    parser.add_argument(
        "--dry-run", action="store_true", help="say what would be new, changed and left; change nothing"
    )
    add_json(parser)


def _load_reference(arguments: Namespace, context: "AppContext") -> int:
    from inventory.commands import load_reference

    return load_reference(arguments, context)


def _demo_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--depots", type=int, default=12, help="how many depots (default 12; the whole city: 1001)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed makes the same city")
    add_json(parser)


def _load_demo(arguments: Namespace, context: "AppContext") -> int:
    from inventory.commands import enter_demo

    return enter_demo(arguments, context)


def _verify_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--repair", action="store_true", help="derive anew what is derived and wrong, and keep a record of it"
    )
    parser.add_argument("--seals", action="store_true", help="hash every sealed day anew and compare with the chain")
    parser.add_argument(
        "--head",
        action="append",
        default=[],
        metavar="[DAY:]HEAD",
        help="a head that was kept outside (readyshelf seal); may be given several times",
    )
    add_json(parser)


def _verify(arguments: Namespace, context: "AppContext") -> int:
    from inventory.commands import verify

    return verify(arguments, context)


def _seal_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--show", action="store_true", help="seal nothing now, only print the head")
    add_json(parser)


def _seal(arguments: Namespace, context: "AppContext") -> int:
    from inventory.stock.seal_commands import seal

    return seal(arguments, context)


COMMANDS = [
    Command(
        "load-reference",
        "load catalogue, profiles, kits and plans from CSV files",
        _load_reference,
        _reference_arguments,
    ),
    Command("load-demo", "enter a plausible demo city", _load_demo, _demo_arguments),
    Command("verify", "check everything that always holds; --repair derives anew", _verify, _verify_arguments),
    Command("seal", "seal the days that are over and print the chain's head", _seal, _seal_arguments),
    *EXCHANGE,
]
