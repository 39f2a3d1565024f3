"""``readyshelf labels``: A4 sheets and single labels from the command line."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from tqdm import tqdm

from core.commands import Command, complain
from core.errors import Refusal
from core.house import House
from core.languages import LANGUAGES
from depots.places import depot_by_code
from labels.drawing import DEFAULT_DPI, DEFAULT_SIZE, DOTS_PER_MM, ROLLS, as_png, as_svg, draw
from labels.sheet import sheet
from labels.states import our_code
from labels.texts import codes_text, texts_of_depot

_SLOW = 200  # labels on a sheet that take longer than two seconds


def _arguments(parser: ArgumentParser) -> None:
    ways = parser.add_subparsers(dest="way", required=True, metavar="sheet|print")
    sheets = ways.add_parser("sheet", help="all labels of a depot on A4 sheets of 24 (PDF)")
    sheets.add_argument("depot", help="the depot's code")
    sheets.add_argument("--out", type=Path, required=True, metavar="FILE.pdf")
    single = ways.add_parser("print", help="one label for a thermal printer's roll (SVG or PNG)")
    single.add_argument("code", help="the label's code")
    single.add_argument("--out", type=Path, required=True, metavar="FILE.svg|FILE.png")
    single.add_argument("--size", choices=ROLLS, default=DEFAULT_SIZE, help="width x height in millimetres")
    single.add_argument("--dpi", type=int, choices=DOTS_PER_MM, default=DEFAULT_DPI, help="of the printer, for PNG")
    for way in (sheets, single):
        way.add_argument("--lang", choices=LANGUAGES, help="language of the words; else the city's")


def _labels(arguments: Namespace, house: House) -> int:
    suffixes = (".pdf",) if arguments.way == "sheet" else (".svg", ".png")
    if arguments.out.suffix.lower() not in suffixes:
        return complain(f"--out: the file's name must end in {' or '.join(suffixes)}")
    try:
        count = _sheet(arguments, house) if arguments.way == "sheet" else _print(arguments, house)
    except (Refusal, OSError) as reason:
        return complain(str(reason))
    print(f"{count} label{'s' if count != 1 else ''} written to {arguments.out}")
    return 0


def _sheet(arguments: Namespace, house: House) -> int:
    language = arguments.lang or house.settings.language
    with house.database.transaction(writes=False) as session:
        depot = depot_by_code(session, arguments.depot)
        texts = texts_of_depot(session, depot, house.settings.base_url, language)
    with tqdm(total=len(texts), unit="label", disable=None if len(texts) > _SLOW else True) as bar:
        arguments.out.write_bytes(sheet(texts, bar.update))
    return len(texts)


def _print(arguments: Namespace, house: House) -> int:
    language = arguments.lang or house.settings.language
    with house.database.transaction(writes=False) as session:
        (text,) = codes_text(session, [our_code(arguments.code)], house.settings.base_url, language)
    drawing = draw(text, arguments.size, DOTS_PER_MM[arguments.dpi])
    png = arguments.out.suffix.lower() == ".png"
    arguments.out.write_bytes(as_png(drawing) if png else as_svg(drawing).encode())
    return 1


COMMANDS = [Command("labels", "labels to print: A4 sheets, or one for a roll", _labels, _arguments)]
