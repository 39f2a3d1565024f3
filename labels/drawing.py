"""Drawing one label: QR on the left, words beside it, Code128 along the bottom; then as SVG, as pixels or onto a PDF.

Everything is placed in whole printer dots, with whole dots per module, so that the printed edges are as sharp as the
printer can make them. Sizes and contents follow the usual thermal rolls (8 dots per millimetre at 203 dpi).
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from xml.sax.saxutils import escape

from fpdf import FPDF
from fpdf.drawing import PaintedPath
from PIL import Image, ImageDraw

from labels.codes import spoken
from labels.lettering import Box, Line, Word, font, set_words
from labels.symbols import QUIET_CODE128, QUIET_QR, code128_modules, qr_modules, runs

DOTS_PER_MM = {203: 8, 300: 12}  # what printers sold by these names really have
DEFAULT_DPI = 203
MM_PER_POINT = 25.4 / 72
MM_PER_INCH = 25.4
SMALLEST_MM = 2.0  # below this a dense Chinese character clots on a 203 dpi printer
WIDEST_BAR_MM = 0.375  # of one Code128 module: wider bars only need more room


@dataclass(frozen=True)
class LabelText:
    """What stands on a label. The names in both languages; everything else in the label's own ``language``."""

    url: str
    code: str
    name_zh: str
    name_en: str = ""
    depot: str = ""
    place: str = ""
    number: str = ""
    next_date: str = ""
    phone: str = ""
    language: str = "zh"

    @property
    def name(self) -> str:
        """The name in the label's language, set large."""
        return self.name_zh if self.language == "zh" else self.name_en or self.name_zh

    @property
    def other_name(self) -> str:
        """The name in the other language, set small; empty where there is none."""
        other = self.name_en if self.language == "zh" else self.name_zh
        return other if other != self.name else ""


@dataclass(frozen=True)
class Size:
    """A size of label, in millimetres. ``says`` names the LabelText fields below name and code, first things first."""

    width: float
    height: float
    qr: float  # side of the QR at most, without its quiet zone
    bars: float  # height of the Code128
    name: float  # height of the name's letters
    small: float  # height of all other letters
    says: tuple[str, ...]


_MEDIUM = ("depot", "next_date", "other_name", "place", "number")
_LARGE = ("place", "phone", "other_name", "depot", "next_date", "number")
SIZES = {
    "40x30": Size(40, 30, qr=20, bars=5.5, name=2.75, small=2.25, says=()),
    "60x40": Size(60, 40, qr=26, bars=5.5, name=3.5, small=2.25, says=_MEDIUM),
    "70x50": Size(70, 50, qr=34, bars=6.5, name=4.5, small=2.75, says=_LARGE),
    # One of the 24 stickers of an A4 sheet (L7159): as 60x40
    "a4-24": Size(63.5, 33.9, qr=26, bars=4.5, name=3.25, small=2.25, says=_MEDIUM),
}
ROLLS = ("40x30", "60x40", "70x50")
DEFAULT_SIZE = "60x40"


@dataclass(frozen=True)
class Drawing:
    """A label as dark boxes and lines of text, in dots from its upper left corner."""

    width: int
    height: int
    dots_per_mm: int
    qr: list[Box]
    bars: list[Box]
    words: list[Line]


def draw(text: LabelText, size: str = DEFAULT_SIZE, dots_per_mm: int = DOTS_PER_MM[DEFAULT_DPI]) -> Drawing:
    """Lay a label out for a printer of so many dots per millimetre. Words never enter a quiet zone."""
    form = SIZES[size]
    width, height, margin = (int(side * dots_per_mm) for side in (form.width, form.height, 1))
    bars_top = height - margin - int(form.bars * dots_per_mm)
    modules = qr_modules(text.url)
    with_quiet = len(modules) + 2 * QUIET_QR
    dot = min(int(form.qr * dots_per_mm) // len(modules), bars_top // with_quiet)
    beside = Box(with_quiet * dot, margin, width - margin - with_quiet * dot, bars_top - margin - dots_per_mm // 2)
    return Drawing(
        width,
        height,
        dots_per_mm,
        list(_qr_boxes(modules, dot)),
        list(_bar_boxes(code128_modules(text.code), width, bars_top, height - margin, dots_per_mm)),
        set_words(_words(text, form, dots_per_mm), beside, int(SMALLEST_MM * dots_per_mm)),
    )


def _qr_boxes(modules: list[list[bool]], dot: int) -> Iterator[Box]:
    for number, row in enumerate(modules):
        for start, length in runs(row):
            yield Box((QUIET_QR + start) * dot, (QUIET_QR + number) * dot, length * dot, dot)


def _bar_boxes(modules: list[bool], width: int, top: int, bottom: int, dots_per_mm: int) -> Iterator[Box]:
    with_quiet = len(modules) + 2 * QUIET_CODE128
    dot = min(width // with_quiet, int(WIDEST_BAR_MM * dots_per_mm))
    left = (width - len(modules) * dot) // 2
    for start, length in runs(modules):
        yield Box(left + start * dot, top, length * dot, bottom - top)


def _words(text: LabelText, form: Size, dots_per_mm: int) -> list[Word]:
    large, small = int(form.name * dots_per_mm), int(form.small * dots_per_mm)
    told = [Word(getattr(text, field), small) for field in form.says]
    return [Word(text.name, large), Word(spoken(text.code), large, breaks=False), *told]


def as_svg(drawing: Drawing) -> str:
    """The drawing as SVG, in its true size on paper. Words keep their measured length in whatever font is at hand."""
    path = "".join(f"M{box.x} {box.y}h{box.width}v{box.height}h-{box.width}z" for box in drawing.qr + drawing.bars)
    words = "".join(
        f'<text x="{line.x}" y="{line.baseline}" font-size="{line.size}" textLength="{line.length:.1f}" '
        f'lengthAdjust="spacingAndGlyphs">{escape(line.text)}</text>'
        for line in drawing.words
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{drawing.width / drawing.dots_per_mm}mm" '
        f'height="{drawing.height / drawing.dots_per_mm}mm" viewBox="0 0 {drawing.width} {drawing.height}" '
        'font-family="Noto Sans SC, PingFang SC, Microsoft YaHei, WenQuanYi Micro Hei, sans-serif">'
        f'<rect width="100%" height="100%" fill="#fff"/><path d="{path}" shape-rendering="crispEdges"/>{words}</svg>'
    )


def as_png(drawing: Drawing) -> bytes:
    """The drawing in pixels, one per printer dot, black or white and nothing between."""
    image = Image.new("L", (drawing.width, drawing.height), 255)
    pen = ImageDraw.Draw(image)
    for box in drawing.qr + drawing.bars:
        pen.rectangle((box.x, box.y, box.x + box.width - 1, box.y + box.height - 1), fill=0)
    for line in drawing.words:
        pen.text((line.x, line.baseline), line.text, font=font(line.size), fill=0, anchor="ls")
    dpi = drawing.dots_per_mm * MM_PER_INCH
    out = io.BytesIO()
    image.point(lambda grey: 255 if grey > 140 else 0).convert("1", dither=Image.Dither.NONE).save(
        out, "PNG", dpi=(dpi, dpi), optimize=True
    )
    return out.getvalue()


def paint(pdf: FPDF, drawing: Drawing, x_mm: float, y_mm: float) -> None:
    """Paint the drawing on the current page of a PDF whose font has been set, at a place in millimetres."""
    per_dot = 1 / drawing.dots_per_mm
    # One path for all modules: painted one by one, a viewer shows hairlines between them
    path = PaintedPath()
    path.style.fill_color = "#000000"
    path.style.stroke_color = None
    for box in drawing.qr + drawing.bars:
        path.rectangle(x_mm + box.x * per_dot, y_mm + box.y * per_dot, box.width * per_dot, box.height * per_dot)
    pdf.draw_path(path, copy=False)  # type: ignore[arg-type]  # fpdf2 asks for a wider type than it takes
    for line in drawing.words:
        pdf.set_font_size(line.size * per_dot / MM_PER_POINT)
        pdf.text(x_mm + line.x * per_dot, y_mm + line.baseline * per_dot, line.text)
