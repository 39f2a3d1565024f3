"""Drawing one label: the symbol on the left, words beside it, Code128 along the bottom; then as SVG or as pixels.

Everything is placed in whole printer dots, with whole dots per module, so that the printed edges are as sharp as the
printer can make them (8 dots per millimetre at 203 dpi). What stands where says the format (``drawing/formats.py``).
"""

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import ceil
from xml.sax.saxutils import escape

from PIL import Image, ImageDraw

from core.addresses import is_trial
from labels.codes.codes import spoken
from labels.drawing.dots import DEFAULT_DPI, DEFAULT_SIZE, DOTS_PER_MM
from labels.drawing.formats import Format, built_in
from labels.drawing.label_text import LabelText
from labels.drawing.lettering import (
    FIGURES_PITCH,
    Box,
    Line,
    Word,
    font,
    height_of_figures,
    length_of,
    outline_of,
    set_words,
    widest,
)
from labels.drawing.series import series
from labels.drawing.symbols import QUIET, QUIET_CODE128, best_strength, code128_modules, datamatrix, runs

MM_PER_INCH = 25.4
SMALLEST_MM = 2.0  # below this a dense Chinese character clots on a 203 dpi printer
WIDEST_BAR_MM = 0.375  # of one Code128 module: wider bars only need more room
_DATE = re.compile(r"(.*?)\s*(\d{4}-\d{2}(?:-\d{2})?)", re.DOTALL)
WARNING = "⚠"  # ISO 7010 W001 without its colour: seen on thermal paper, by a lamp, by whoever sees no red
TRIAL_STAMP = "TEST 测试"  # on a label whose address opens on this machine alone (B44)


@dataclass(frozen=True)
class Drawing:
    """A label in dots from its upper left corner: the symbol's modules, the bars, and lines of text.

    ``rows`` are the symbol's modules as strings of 1 and 0, ``dot`` the side of one; it begins at (``left``, ``top``)
    and keeps ``quiet`` white modules on every side.
    """

    width: int
    height: int
    dots_per_mm: int
    rows: Sequence[str]
    dot: int
    left: int
    top: int
    quiet: int
    bars: list[Box]
    words: list[Line]

    @property
    def qr(self) -> list[Box]:
        """The symbol's dark stretches as boxes."""
        return [
            Box(self.left + start * self.dot, self.top + number * self.dot, length * self.dot, self.dot)
            for number, row in enumerate(self.rows)
            for start, length in runs([module == "1" for module in row])
        ]

    @property
    def symbol_ends(self) -> int:
        """Where the symbol's quiet zone ends on the right."""
        return self.left + (len(self.rows) + self.quiet) * self.dot


def draw(text: LabelText, size: str | Format = DEFAULT_SIZE, dots_per_mm: int = DOTS_PER_MM[DEFAULT_DPI]) -> Drawing:
    """Lay a label out for a printer of so many dots per millimetre. Words never enter a quiet zone.

    ``size`` is a format, or the code of a built-in one.
    """
    form = built_in()[size] if isinstance(size, str) else size
    width, height, margin = (int(side * dots_per_mm) for side in (form.width, form.height, 1))
    bars = int(form.bars_mm * dots_per_mm)
    bars_top = height - margin - bars if bars else height
    rows, dot = _symbol(text, form, min(bars_top, width), dots_per_mm)
    quiet = QUIET[form.symbol]
    ends = (len(rows) + 2 * quiet) * dot
    # On a label without bars the words may use the height down to the margin
    lowest = bars_top - dots_per_mm // 2 if bars else height - margin
    beside = Box(ends, margin, width - margin - ends, lowest - margin)
    return Drawing(
        width,
        height,
        dots_per_mm,
        rows,
        dot,
        quiet * dot,
        quiet * dot if bars else (height - len(rows) * dot) // 2,
        quiet,
        list(_bar_boxes(text.code, width, bars_top, height - margin, dots_per_mm)) if bars else [],
        set_words(_words(text, form, beside, dots_per_mm), beside, int(SMALLEST_MM * dots_per_mm)),
    )


def _symbol(text: LabelText, form: Format, room: int, dots_per_mm: int) -> tuple[Sequence[str], int]:
    """The symbol's rows and the dots of a module. ``room`` is the side that symbol and quiet zone have."""
    most = int(form.symbol_mm * dots_per_mm)
    if form.symbol == "datamatrix":
        modules, dot = datamatrix(text.url, most, room)
        return ["".join("1" if dark else "0" for dark in row) for row in modules], dot
    version, level, dot = best_strength(text.url, most, room, dots_per_mm)
    return series(text.url.removesuffix(text.code), version, level).rows(text.code), dot


def _bar_boxes(code: str, width: int, top: int, bottom: int, dots_per_mm: int) -> Iterator[Box]:
    modules = code128_modules(code)
    with_quiet = len(modules) + 2 * QUIET_CODE128
    dot = min(width // with_quiet, int(WIDEST_BAR_MM * dots_per_mm))
    left = (width - len(modules) * dot) // 2
    for start, length in runs(modules):
        yield Box(left + start * dot, top, length * dot, bottom - top)


def _words(text: LabelText, form: Format, beside: Box, dots_per_mm: int) -> list[Word]:
    large, small = int(form.large * dots_per_mm), int(form.small * dots_per_mm)
    found = [Word(TRIAL_STAMP, small, breaks=False)] if is_trial(text.url) else []
    for said in form.says:
        if said == "name" and text.hazard:  # before all else: it is never left out
            found.append(Word(f"{WARNING} {text.hazard}", (large + small) // 2, breaks=False))
        if said == "code":
            found.append(Word(spoken(text.code), small if text.of_place else (large + small) // 2, breaks=False))
        elif said == "name":
            found.append(_place(text.name, large, beside) if text.of_place else _name(text.name, large, beside.width))
        elif said == "next_date":
            found += _date(text.next_date, small, int(form.date_mm * dots_per_mm), beside)
        else:
            found.append(Word(getattr(text, said), small))
    return found


def _name(name: str, large: int, width: int) -> Word:
    """A name that has room on one line stays as large as it is wished; other words make way."""
    return Word(name, large, least=large if length_of(name, large) <= width else 0)


def _place(name: str, large: int, beside: Box) -> Word:
    """A shelf's name as large as its column lets it be on one line, at most three times as large as other names."""
    most = min(3 * large, beside.height * 2 // 5)
    size = widest(name, most, beside.width - 2 * outline_of(most))
    if size <= large:
        return Word(name, large)
    return Word(name, size, least=size, bold=True)


def _date(said: str, small: int, figures: int, beside: Box) -> list[Word]:
    """What the date is, small, and its digits so large that they are read from a metre (A7); over two lines, the year
    alone on the first, where that lets them be larger, but over half of the height at most. ``figures``: the digits'
    height in dots; 0: as small as all."""
    found = _DATE.fullmatch(said)
    if found is None or not figures:
        return [Word(said, small)]
    size = ceil(figures / height_of_figures())
    room = beside.width - 2 * outline_of(size)
    caption, whole = found[1], found[2]
    year, rest = whole[:5], whole[5:]
    lines = [whole] if widest(whole, size, room) == size else [year, rest]
    highest = int(beside.height / 2 / len(lines) / FIGURES_PITCH)
    size = min(highest, *(widest(line, size, room) for line in lines))
    digits = [Word(line, size, breaks=False, figures=True, bold=True) for line in lines]
    return [Word(caption, small, breaks=False), *digits]


def as_svg(drawing: Drawing) -> str:
    """The drawing as SVG, in its true size on paper. Words keep their measured length in whatever font is at hand."""
    path = "".join(f"M{box.x} {box.y}h{box.width}v{box.height}h-{box.width}z" for box in drawing.qr + drawing.bars)
    words = "".join(
        f'<text x="{line.x + line.outline}" y="{line.baseline}" font-size="{line.size}" textLength="{line.length:.1f}" '
        f'lengthAdjust="spacingAndGlyphs"{_outlined(line)}>{escape(line.text)}</text>'
        for line in drawing.words
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{drawing.width / drawing.dots_per_mm}mm" '
        f'height="{drawing.height / drawing.dots_per_mm}mm" viewBox="0 0 {drawing.width} {drawing.height}" '
        'font-family="Noto Sans SC, PingFang SC, Microsoft YaHei, WenQuanYi Micro Hei, sans-serif">'
        f'<rect width="100%" height="100%" fill="#fff"/><path d="{path}" shape-rendering="crispEdges"/>{words}</svg>'
    )


def _outlined(line: Line) -> str:
    return f' stroke="#000" stroke-width="{2 * line.outline}" stroke-linejoin="round"' if line.bold else ""


def as_pixels(drawing: Drawing) -> Image.Image:
    """The drawing in pixels, one per printer dot, black or white and nothing between."""
    image = Image.new("L", (drawing.width, drawing.height), 255)
    pen = ImageDraw.Draw(image)
    for box in drawing.qr + drawing.bars:
        pen.rectangle((box.x, box.y, box.x + box.width - 1, box.y + box.height - 1), fill=0)
    fonts = {size: font(size) for size in {line.size for line in drawing.words}}
    for line in drawing.words:
        place = (line.x + line.outline, line.baseline)
        pen.text(place, line.text, font=fonts[line.size], fill=0, anchor="ls", stroke_width=line.outline, stroke_fill=0)
    return image.point(_black_or_white()).convert("1", dither=Image.Dither.NONE)


@lru_cache(maxsize=1)
def _black_or_white() -> list[int]:
    return [255 if grey > 140 else 0 for grey in range(256)]


def as_png(drawing: Drawing) -> bytes:
    """The drawing as PNG, with the printer's resolution noted."""
    dpi = drawing.dots_per_mm * MM_PER_INCH
    out = io.BytesIO()
    as_pixels(drawing).save(out, "PNG", dpi=(dpi, dpi), optimize=True)
    return out.getvalue()
