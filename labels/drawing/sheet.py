"""Labels on paper as PDF: A4 sheets from any sticker on, or one label a page for a roll."""

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from core.errors import bad_field
from core.languages import N_, say
from labels.drawing.dots import DEFAULT_DPI, DOTS_PER_MM
from labels.drawing.drawing import draw
from labels.drawing.formats import Format, built_in
from labels.drawing.label_text import LabelText
from labels.drawing.lettering import Box
from labels.drawing.pdf import Pdf

TAGS = {"zh": "zh-CN", "en": "en"}  # as a document says its language (RFC 5646)
SHEET_DOTS_PER_MM = 24  # an office printer's 600 dpi
FARTHEST_MM = 10.0  # what a printer is off by; more means the wrong paper


@dataclass(frozen=True)
class Fit:
    """How labels are put on the paper at hand.

    ``start``: the first sticker that is still there, from 1 in reading order. ``right`` and ``down``: millimetres by
    which this printer must be corrected. ``frames``: outline the stickers, to see by how much.
    """

    start: int = 1
    right: float = 0
    down: float = 0
    frames: bool = False


AS_IT_IS = Fit()


def check_fit(fit: Fit, form: Format) -> None:
    """Refuse (422) a start that the sheet does not have, or a correction out of reason."""
    if not 1 <= fit.start <= form.per_page:
        raise bad_field("start", N_("this sheet has stickers 1 to {last}"), last=form.per_page)
    for name, value in (("right", fit.right), ("down", fit.down)):
        if not -FARTHEST_MM <= value <= FARTHEST_MM:
            raise bad_field(name, N_("a printer is corrected by at most {most} mm"), most=f"{FARTHEST_MM:g}")


def write_sheet(
    out: BinaryIO,
    labels: Iterable[LabelText],
    form: Format,
    fit: Fit = AS_IT_IS,
    dots_per_mm: int | None = None,
) -> int:
    """Write labels in the order given to a file, page by page; returns how many."""
    check_fit(fit, form)
    dots = dots_per_mm or (SHEET_DOTS_PER_MM if form.medium == "sheet" else DOTS_PER_MM[DEFAULT_DPI])
    first = next(iter(labels := iter(labels)), None)
    labels = chain([first] if first else [], labels)
    pdf = Pdf(out, form.page_mm, *_about(first, form))
    frames = list(_frames(form, fit)) if fit.frames else []
    count = 0
    for page in _paged(labels, form.per_page, fit.start - 1):
        places = (form.origin(position) for position, _ in page)
        pdf.page(
            (
                (draw(text, form, dots), x + fit.right, y + fit.down)
                for (_, text), (x, y) in zip(page, places, strict=True)
            ),
            frames,
        )
        count += len(page)
    if count == 0:
        pdf.page((), frames)  # a PDF without pages cannot be opened
    pdf.close()
    return count


def _about(first: LabelText | None, form: Format) -> tuple[str, str]:
    """The document's title and language: as its first label has them."""
    language = first.language if first else "zh"
    named = (first.depot or first.name or first.code) if first else ""
    return say(language, N_("Labels {size}: {first}"), size=form.code, first=named), TAGS.get(language, language)


def _paged(labels: Iterable[LabelText], per_page: int, first: int) -> Iterator[list[tuple[int, LabelText]]]:
    page: list[tuple[int, LabelText]] = []
    for position, text in enumerate(labels, first):
        page.append((position % per_page, text))
        if position % per_page == per_page - 1:
            yield page
            page = []
    if page:
        yield page


def _frames(form: Format, fit: Fit) -> Iterator[Box]:
    for position in range(form.per_page):
        x, y = form.origin(position)
        yield Box(*(round(side * 10) for side in (x + fit.right, y + fit.down, form.width, form.height)))


def sheet_at(labels: Iterable[LabelText], path: Path, form: Format, fit: Fit) -> int:
    """As ``write_sheet``, to a path."""
    with path.open("wb") as out:
        return write_sheet(out, labels, form, fit)


def sheet(
    labels: Iterable[LabelText], size: str | Format = "a4-24", fit: Fit = AS_IT_IS, dots_per_mm: int | None = None
) -> bytes:
    """As ``write_sheet``, in memory."""
    form = built_in()[size] if isinstance(size, str) else size
    out = io.BytesIO()
    write_sheet(out, labels, form, fit, dots_per_mm)
    return out.getvalue()
