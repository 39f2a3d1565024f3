"""A label as a file in the form that was asked for: picture, paper, or a printer's language."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from core.apart import apart
from core.errors import bad_field
from core.languages import N_
from labels.codes.states import our_code
from labels.drawing.dots import DEFAULT_DPI, DEFAULT_SIZE, DOTS_PER_MM
from labels.drawing.drawing import as_png, as_svg, draw
from labels.drawing.formats import of_size
from labels.drawing.sheet import Fit, sheet
from labels.printing.addresses import Addresses
from labels.printing.own_formats import own_formats
from labels.printing.printers import as_tspl, as_zpl
from labels.printing.texts import label_text
from people.policy import Caller

MEDIA = {
    "svg": "image/svg+xml",
    "png": "image/png",
    "pdf": "application/pdf",
    "zpl": "application/vnd.zebra-zpl",
    "tspl": "application/octet-stream",
}


@dataclass(frozen=True)
class Wanted:
    """How a label is to be printed."""

    kind: str
    size: str = DEFAULT_SIZE
    language: str = "zh"
    dpi: int = DEFAULT_DPI
    fit: Fit = Fit()  # noqa: RUF009  (frozen)


def dots_of(dpi: int) -> int:
    """Dots per millimetre of a printer sold by so many dots per inch. Refuses (422) others."""
    if dpi not in DOTS_PER_MM:
        known = ", ".join(str(dpi) for dpi in DOTS_PER_MM)
        raise bad_field("dpi", N_("printers have one of these dots per inch: {known}"), known=known)
    return DOTS_PER_MM[dpi]


def label_file(session: Session, caller: Caller, text: str, wanted: Wanted, addresses: Addresses) -> bytes:
    """The label with this code, ready to print. Refuses as ``label_text`` does, and sizes that there are not (422)."""
    dots = dots_of(wanted.dpi)
    form = of_size(wanted.size, own_formats(session, wanted.size))
    words = label_text(session, caller, our_code(text), addresses, wanted.language)
    if wanted.kind == "pdf":
        return apart(sheet, [words], form, wanted.fit, dots if form.medium == "roll" else None)
    drawing = draw(words, form, dots)
    if wanted.kind == "svg":
        return as_svg(drawing).encode()
    return {"png": as_png, "zpl": as_zpl, "tspl": as_tspl}[wanted.kind](drawing)
