"""The door's sheet as a PDF: A4 upright, its name to be read from across the room, the symbol from a metre."""

from fpdf import FPDF
from fpdf.fonts import FontFace

from core.addresses import is_trial
from core.fonts import chinese_font
from core.languages import N_, say
from labels.codes.codes import spoken
from labels.drawing.drawing import TRIAL_STAMP
from labels.drawing.series import series
from labels.drawing.sheet import TAGS
from labels.drawing.symbols import QUIET_QR, best_strength
from labels.printing.door_text import Door, headings, load_said

SYMBOL_MM = 46  # with its quiet zone: read from more than a metre
MARGIN_MM = 12
WIDTHS = (72, 34, 34, 22, 24)  # of a line's cells, in parts of the page
DOTS_PER_MM = 24


class _Sheet(FPDF):
    def __init__(self, door: Door) -> None:
        super().__init__("P", "mm", "A4")
        self.door = door
        self.add_font("words", fname=chinese_font())
        self.set_margins(MARGIN_MM, MARGIN_MM)
        self.set_auto_page_break(True, 16)
        self.alias_nb_pages("{pages}")
        self.set_title(say(door.language, N_("What is in {place}"), place=door.name))
        self.set_lang(TAGS.get(door.language, door.language))
        self.set_creator("Readyshelf")

    def footer(self) -> None:
        """When it was printed: what was taken since stands in the book alone."""
        self.set_y(-13)
        self.set_font("words", size=8)
        words = N_("As of {day}. What holds now: scan the symbol.")
        said = say(self.door.language, words, day=self.door.day.isoformat())
        self.cell(0, 5, f"{said}    {self.page_no()} / {{pages}}", align="R")


def drawn(door: Door) -> bytes:
    """The sheet as a PDF."""
    sheet = _Sheet(door)
    sheet.add_page()
    _symbol(sheet, door)
    room = sheet.epw - SYMBOL_MM - 4
    _fitted(sheet, door.name, room, 34)
    sheet.set_font("words", size=13)
    sheet.multi_cell(room, 7, f"{door.depot}\n{door.phone}".strip(), align="L", new_x="LMARGIN", new_y="NEXT")
    sheet.set_font("words", size=13)
    stamp = f"   {TRIAL_STAMP}" if is_trial(door.url) else ""
    sheet.cell(room, 8, spoken(door.code) + stamp, new_x="LMARGIN", new_y="NEXT")
    if door.hazards:
        _warned(sheet, " · ".join(door.hazards), room)
    if door.load is not None:
        sheet.set_font("words", size=13)
        sheet.multi_cell(room, 8, load_said(door), align="L", new_x="LMARGIN", new_y="NEXT")
    sheet.set_y(max(sheet.get_y(), MARGIN_MM + SYMBOL_MM + 2))
    _table(sheet, door)
    return bytes(sheet.output())


def _fitted(sheet: FPDF, text: str, room: float, size: float) -> None:
    """A text as large as lets it stand on two lines."""
    sheet.set_font("words", size=size)
    while size > 16 and sheet.get_string_width(text) > 1.8 * room:
        size -= 1
        sheet.set_font("words", size=size)
    sheet.multi_cell(room, size * 0.45, text, align="L", new_x="LMARGIN", new_y="NEXT")


def _warned(sheet: FPDF, text: str, room: float) -> None:
    """The hazards in white on black behind a warning sign: seen without colour, and on a copy."""
    sheet.set_font("words", size=16)
    sheet.set_fill_color(0)
    sheet.set_text_color(255)
    sheet.multi_cell(room, 9, f"⚠ {text}", align="L", fill=True, new_x="LMARGIN", new_y="NEXT")
    sheet.set_text_color(0)


def _symbol(sheet: FPDF, door: Door) -> None:
    """In the upper right corner, each row in stretches, in whole dots of an office printer."""
    most = SYMBOL_MM * DOTS_PER_MM
    version, level, dot = best_strength(door.url, most, most, DOTS_PER_MM)
    rows = series(door.url.removesuffix(door.code), version, level).rows(door.code)
    side = dot / DOTS_PER_MM
    left = sheet.w - MARGIN_MM - (len(rows) + QUIET_QR) * side
    sheet.set_fill_color(0)
    for number, row in enumerate(rows):
        start = 0
        while start < len(row):
            length = len(row[start:]) - len(row[start:].lstrip("1"))
            if length:
                sheet.rect(left + start * side, MARGIN_MM + number * side, length * side, side, style="F")
            start += length or 1


def _table(sheet: FPDF, door: Door) -> None:
    sheet.set_font("words", size=11)
    dark = FontFace(color=255, fill_color=0)
    with sheet.table(col_widths=WIDTHS, headings_style=dark, line_height=6.5, text_align="LEFT") as table:
        table.row(headings(door.language))
        for line in door.lines:
            table.row([line.name, line.place, line.number, line.quantity, line.ends])
        if not door.lines:
            table.row([say(door.language, N_("Nothing is in here."))] + [""] * (len(WIDTHS) - 1))
