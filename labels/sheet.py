"""A4 sheets of labels, 24 to a page (63.5 × 33.9 mm, L7159), as PDF with the Chinese font embedded."""

from collections.abc import Callable, Sequence

from fpdf import FPDF

from labels.drawing import LabelText, draw, paint
from labels.lettering import font_path

COLUMNS, ROWS = 3, 8
PER_PAGE = COLUMNS * ROWS
PITCH_MM = (66.0, 33.9)
ORIGIN_MM = (7.25, 12.9)
DOTS_PER_MM = 24  # an office printer's 600 dpi


def sheet(labels: Sequence[LabelText], done: Callable[[], object] = lambda: None) -> bytes:
    """The labels in reading order, on as many pages as they need. ``done`` is called after each, for a progress bar."""
    pdf = FPDF("P", "mm", "A4")
    pdf.set_auto_page_break(False)
    pdf.add_font("label", fname=font_path())
    pdf.set_font("label", size=8)
    for number, text in enumerate(labels):
        row, column = divmod(number % PER_PAGE, COLUMNS)
        if (row, column) == (0, 0):
            pdf.add_page()
        x_mm, y_mm = ORIGIN_MM[0] + column * PITCH_MM[0], ORIGIN_MM[1] + row * PITCH_MM[1]
        paint(pdf, draw(text, "a4-24", DOTS_PER_MM), x_mm, y_mm)
        done()
    return bytes(pdf.output())
