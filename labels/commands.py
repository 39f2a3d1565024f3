"""``readyshelf labels``: sheets, rolls and single labels from the command line, to a file or a printer."""

from argparse import Namespace
from collections.abc import Iterator

from sqlalchemy.orm import Session
from tqdm import tqdm

from core.addresses import is_trial
from core.commands import complain, report
from core.context import AppContext
from core.errors import Refusal
from labels.codes.rolls import make_roll
from labels.codes.states import our_code
from labels.drawing.dots import DOTS_PER_MM
from labels.drawing.drawing import TRIAL_STAMP, as_png, as_svg, draw
from labels.drawing.formats import Format, of_size
from labels.drawing.label_text import LabelText
from labels.drawing.sheet import Fit, check_fit, write_sheet
from labels.printing.addresses import addresses_of, confirm_address, settled_address
from labels.printing.choosing import Chosen, Pick, picks_of, texts_of
from labels.printing.own_formats import own_formats
from labels.printing.printers import TONGUES, printer_named, send
from labels.printing.printlog import note_prints

_SLOW = 2000  # labels that take longer than two seconds
_ONE_BY_ONE = {".svg": lambda drawing: as_svg(drawing).encode(), ".png": as_png}
_STREAMS = {f".{tongue}": write for tongue, write in TONGUES.items()}


def print_or_confirm(arguments: Namespace, context: AppContext) -> int:
    """Print labels, or confirm their address."""
    try:
        if arguments.way == "address":
            return _address(arguments, context)
        wrong = _wrong_target(arguments)
        return complain(wrong) if wrong else _print(arguments, context)
    except (Refusal, OSError) as reason:
        return complain(str(reason))


def _wrong_target(arguments: Namespace) -> str:
    if bool(arguments.out) == bool(arguments.to):
        return "say --out FILE, or --to HOST:PORT for a printer"
    allowed = (".pdf",) if arguments.way == "sheet" else (".pdf", *_STREAMS, *_ONE_BY_ONE)
    if arguments.out and arguments.out.suffix.lower() not in allowed:
        return f"--out: the file's name must end in {' or '.join(allowed)}"
    if arguments.out and arguments.out.suffix.lower() in _ONE_BY_ONE and len(arguments.codes) != 1:
        return "--out: a picture holds one label; name one code, or write a .pdf"
    if arguments.way == "print" and not (arguments.codes or arguments.depot or arguments.all):
        return "say which labels: their codes, --depot CODE, or --all"
    return ""


def _print(arguments: Namespace, context: AppContext) -> int:
    language = arguments.lang or context.settings.language
    fit = Fit(arguments.start, arguments.right, arguments.down)
    with context.database.transaction(writes=False) as session:
        form = of_size(arguments.size, own_formats(session, arguments.size))
        check_fit(fit, form)
    picks = context.database.run(_picks, arguments, context)
    codes = [code for code, _ in picks]
    with (
        tqdm(total=len(codes), unit="label", disable=None if len(codes) > _SLOW else True) as bar,
        context.database.transaction(writes=False) as session,
    ):
        texts = _counted(texts_of(session, picks, addresses_of(context.settings), language), bar)
        _write(arguments, context, form, fit, texts)
    context.database.run(note_prints, codes, None, context.clock.now(), form, _how(arguments))
    target, trial = arguments.out or arguments.to, is_trial(context.settings.label_base)
    sentence = f"{len(codes)} label{'s' if len(codes) != 1 else ''} written to {target}"
    if trial:
        sentence += f"\nno phone can open {context.settings.label_base}: each is stamped {TRIAL_STAMP}"
    report(arguments, {"labels": len(codes), "to": str(target), "trial": trial}, sentence)
    return 0


def _counted(texts: Iterator[LabelText], bar: "tqdm[None]") -> Iterator[LabelText]:
    for text in texts:
        yield text
        bar.update(1)


def _picks(session: Session, arguments: Namespace, context: AppContext) -> list[Pick]:
    settled_address(session, context.settings.label_base, context.clock.now())
    if arguments.way == "blank":
        codes = make_roll(session, None, arguments.count, arguments.note, context.clock.now())
        return [(code, None) for code in codes]
    chosen = Chosen([our_code(code) for code in arguments.codes], arguments.depot, arguments.all, arguments.never)
    return picks_of(session, chosen)


def _how(arguments: Namespace) -> str:
    return str(arguments.to) if arguments.to else str(arguments.out.suffix.lower().lstrip("."))


def _write(arguments: Namespace, context: AppContext, form: Format, fit: Fit, texts: Iterator[LabelText]) -> None:
    if arguments.to:
        printer = printer_named(context.settings.label_printers, arguments.to)
        send(printer, (draw(text, form, printer.dots_per_mm) for text in texts))
        return
    kind = arguments.out.suffix.lower()
    dots = DOTS_PER_MM[arguments.dpi]
    with arguments.out.open("wb") as out:
        if kind == ".pdf":
            write_sheet(out, texts, form, fit, dots if form.medium == "roll" else None)
        else:
            write = _STREAMS.get(kind) or _ONE_BY_ONE[kind]
            for text in texts:
                out.write(write(draw(text, form, dots)))


def _address(arguments: Namespace, context: AppContext) -> int:
    now, base = context.clock.now(), context.settings.label_base
    if arguments.confirm:
        context.database.run(confirm_address, arguments.confirm, base, "console", now)
        sentence = f"from now on labels carry {base}/q/…; what is printed stays as it is and must go on resolving"
    else:
        context.database.run(settled_address, base, now)
        sentence = f"labels carry {base}/q/…"
    report(arguments, {"address": base}, sentence)
    return 0
