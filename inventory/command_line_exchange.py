"""The commands that carry files in and out: what each is called and takes.

Whoever asks for help, or runs another command, waits for none of it: what a command needs is imported as it runs.
"""

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from core.commands import Command, add_json
from core.fixed import LANGUAGES
from inventory.exchange.subject_names import SUBJECT_NAMES

if TYPE_CHECKING:
    from core.context import AppContext


def _import_arguments(parser: ArgumentParser) -> None:
    ways = parser.add_subparsers(dest="way", required=True, metavar="|".join([*SUBJECT_NAMES, "undo"]))
    for name in SUBJECT_NAMES:
        way = ways.add_parser(name, help=f"{name} from an Excel workbook or a CSV file")
        way.add_argument("file", type=Path, metavar="FILE")
        way.add_argument("--dry-run", action="store_true", help="look it through and change nothing")
        way.add_argument(
            "--column",
            action="append",
            default=[],
            metavar="LETTER=FIELD",
            help="say which column is which field; LETTER= leaves it out (SHEET!LETTER=FIELD: not of the first sheet)",
        )
        way.add_argument("--again", action="store_true", help="enter a file that was entered before")
        way.add_argument("--faults", type=Path, metavar="FILE.csv", help="write the faults to a file as well")
        way.add_argument("--hidden", action="store_true", help="read hidden sheets and hidden rows too")
        way.add_argument(
            "--given",
            action="append",
            default=[],
            metavar="FIELD=VALUE",
            help="what all rows say in a field for which the file has no column, such as depot=STR-0001",
        )
        way.add_argument(
            "--word",
            action="append",
            default=[],
            metavar="NAME=CODE",
            help="which item a name in the file means, by its code; remembered for your next files",
        )
        if name == "stock":
            way.add_argument("--make-places", action="store_true", help="enter shelves that the book does not know")
        _add_common(way)
    back = ways.add_parser("undo", help="take an import back, as a whole")
    back.add_argument("run", type=UUID, metavar="ID", help="as the import printed it")
    _add_common(back)


def _add_common(way: ArgumentParser) -> None:
    way.add_argument("--as", dest="account", required=True, metavar="ACCOUNT", help="who brings it in")
    way.add_argument("--lang", choices=LANGUAGES, default="en", help="language of the faults")
    add_json(way)


def _import(arguments: Namespace, context: "AppContext") -> int:
    from inventory.exchange.commands import bring_in_or_undo

    return bring_in_or_undo(arguments, context)


def _export_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("list", help="its name, such as stock; another word is answered with all names")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.xlsx|.csv|.pdf")
    parser.add_argument(
        "--filter", action="append", default=[], metavar="NAME=VALUE", help="as in the list's address: depot=STR-0001"
    )
    parser.add_argument("--as", dest="account", help="only what this account may see; else the whole city")
    parser.add_argument("--lang", choices=LANGUAGES, help="language of the headings; else the city's")
    add_json(parser)


def _export(arguments: Namespace, context: "AppContext") -> int:
    from inventory.exchange.export_commands import export

    return export(arguments, context)


def _backup_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE.tar.gz")
    add_json(parser)


def _backup(arguments: Namespace, context: "AppContext") -> int:
    from inventory.exchange.archive_commands import write_backup

    return write_backup(arguments, context)


def _restore_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE.tar.gz")
    parser.add_argument(
        "--overwrite", action="store_true", help="replace the database that is there; stop serving first"
    )
    add_json(parser)


def _restore(arguments: Namespace, context: "AppContext") -> int:
    from inventory.exchange.archive_commands import put_back

    return put_back(arguments, context)


COMMANDS = [
    Command("import", "bring in catalogue, depots, opening stock or requirements", _import, _import_arguments),
    Command("export", "write a list or report to a file", _export, _export_arguments, lists=True),
    Command("backup", "write the database and the photos to one file", _backup, _backup_arguments, any_schema=True),
    Command(
        "restore",
        "put a backup in place, verify it and its seals; exit code 1 if these do not fit",
        _restore,
        _restore_arguments,
        any_schema=True,
        own_lock=True,
    ),
]
