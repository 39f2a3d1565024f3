"""A list on paper: the PDF page with its headings, its foot and its wrapped cells."""

from fpdf import FPDF

from core.fonts import chinese_font


class Paper(FPDF):
    """A4 across, with the headings on every page."""

    def __init__(self, title: str, foot: str, headings: list[str], widths: list[float]) -> None:
        super().__init__("L", "mm", "A4")
        self.title_text, self.foot, self.headings, self.widths = title, foot, headings, widths
        self.add_font("words", fname=chinese_font())
        self.set_margins(10, 10)
        self.set_auto_page_break(True, 14)
        self.alias_nb_pages("{pages}")

    def header(self) -> None:
        self.set_font("words", size=12)
        self.cell(0, 7, self.title_text, new_x="LMARGIN", new_y="NEXT")
        self.set_font("words", size=7.5)
        self.set_fill_color(235, 235, 235)
        self.row(self.headings, fill=True)

    def footer(self) -> None:
        self.set_y(-11)
        self.set_font("words", size=7.5)
        self.cell(0, 5, f"{self.foot}    {self.page_no()} / {{pages}}", align="R")

    def row(self, cells: list[str], *, fill: bool = False) -> None:
        """One line of the table; what is too long for its cell goes on in the next lines."""
        lines = [self._wrapped(cell, width - 2) for cell, width in zip(cells, self.widths, strict=True)]
        height = 4 * max(map(len, lines)) + 1
        if self.will_page_break(height):
            self.add_page()
        x, y = self.get_x(), self.get_y()
        for cell, width in zip(lines, self.widths, strict=True):
            self.rect(x, y, width, height, style="DF" if fill else "D")
            for number, line in enumerate(cell):
                self.set_xy(x, y + 0.5 + 4 * number)
                self.cell(width, 4, line)
            x += width
        self.set_xy(self.l_margin, y + height)

    def _wrapped(self, said: str, width: float) -> list[str]:
        lines = [""]
        for char in said:
            if lines[-1] and self._width(lines[-1]) + self._width(char) > width:
                if len(lines) == 4:
                    lines[-1] = lines[-1][:-1] + "…"
                    break
                lines.append("")
            lines[-1] += char
        return lines

    def _width(self, said: str) -> float:
        return sum(1.35 if ord(char) < 0x2E80 else 2.65 for char in said)
