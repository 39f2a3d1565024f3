"""The command ``labels``: what it is called and takes.

Whoever asks for help, or runs another command, waits for none of it: what a command needs is imported as it runs.
"""

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from core.commands import Command, add_json
from core.fixed import LANGUAGES
from labels.drawing.dots import DEFAULT_DPI, DEFAULT_SIZE, DOTS_PER_MM, SHEET

if TYPE_CHECKING:
    from core.context import AppContext


def _arguments(parser: ArgumentParser) -> None:
    ways = parser.add_subparsers(dest="way", required=True, metavar="sheet|print|blank|address")
    sheets = ways.add_parser("sheet", help="all labels of a depot in shelf order (PDF)")
    sheets.add_argument("depot", help="the depot's code")
    sheets.set_defaults(codes=[], all=False, never=False, to=None)
    prints = ways.add_parser("print", help="labels as PDF, ZPL, TSPL, SVG or PNG, or straight to a label printer")
    prints.add_argument("codes", nargs="*", metavar="CODE", help="the labels' codes")
    prints.add_argument("--depot", help="all labels of this depot, in shelf order")
    prints.add_argument("--all", action="store_true", help="all labels of the city, depot by depot")
    prints.add_argument("--never", action="store_true", help="only those that were never printed")
    prints.add_argument("--to", metavar="HOST:PORT", help="a printer that READYSHELF_LABEL_PRINTERS names")
    blank = ways.add_parser("blank", help="a roll of new codes, to be bound on their first scan")
    blank.add_argument("count", type=int, help="how many, to 20000")
    blank.add_argument("--note", default="", help="what the roll is for")
    blank.set_defaults(codes=[], depot=None, all=False, never=False)
    blank.add_argument("--to", metavar="HOST:PORT", help="a printer that READYSHELF_LABEL_PRINTERS names")
    for way, size in ((sheets, SHEET), (prints, DEFAULT_SIZE), (blank, DEFAULT_SIZE)):
        way.add_argument(
            "--out", type=Path, required=way is sheets, metavar="FILE", help="its ending says in what form"
        )
        way.add_argument("--size", default=size, help="60x40, 70x50, a4-21, … (reference/label_formats.csv)")
        way.add_argument("--dpi", type=int, choices=DOTS_PER_MM, default=DEFAULT_DPI, help="of the label printer")
        way.add_argument("--lang", choices=LANGUAGES, help="language of the words; else the city's")
        way.add_argument("--start", type=int, default=1, help="the first sticker of the sheet that is still there")
        way.add_argument("--right", type=float, default=0, metavar="MM", help="to correct a printer that is off")
        way.add_argument("--down", type=float, default=0, metavar="MM", help="to correct a printer that is off")
    address = ways.add_parser("address", help="the address that labels carry; or confirm a new one, for good")
    address.add_argument("--confirm", metavar="URL", help="print labels with this address from now on")
    for way in (sheets, prints, blank, address):
        add_json(way)


def _labels(arguments: Namespace, context: "AppContext") -> int:
    from labels.commands import print_or_confirm

    return print_or_confirm(arguments, context)


COMMANDS = [
    Command("labels", "labels to print: sheets, rolls, blank codes, to a file or a printer", _labels, _arguments)
]
