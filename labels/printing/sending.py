"""One label to a printer, or onto paper by hand: printed and logged."""

import msgspec

from core.context import AppContext
from labels.codes.models import Label
from labels.drawing.drawing import draw
from labels.drawing.formats import of_size
from labels.printing.addresses import addresses_of, settled_address
from labels.printing.own_formats import own_formats
from labels.printing.printers import printer_named, send
from labels.printing.printlog import note_prints
from labels.printing.texts import label_text
from people.policy import Caller


class Printed(msgspec.Struct, frozen=True):
    """What was printed; ``reprint``: it had been printed before."""

    code: str
    size: str
    printer: str | None
    prints: int
    reprint: bool


def print_label(
    context: AppContext, caller: Caller, code: str, size: str, printer: str | None, language: str
) -> Printed:
    """Send a label to one of the city's printers, outside any transaction, and log it.

    Without ``printer`` the caller prints the file himself, and it is logged all the same.
    """
    with context.database.transaction() as session:
        settled_address(session, context.settings.label_base, context.clock.now())
        form = of_size(size, own_formats(session, size))
        text = label_text(session, caller, code, addresses_of(context.settings), language)
    if printer:
        target = printer_named(context.settings.label_printers, printer)
        send(target, [draw(text, form, target.dots_per_mm)])
    with context.database.transaction() as session:
        note_prints(session, [code], caller.person_id, context.clock.now(), form, printer or "by hand")
        prints = session.get_one(Label, code).prints
    return Printed(code, form.code, printer, prints, prints > 1)
