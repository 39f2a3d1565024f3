"""A PDF of labels, written page by page: what it costs in memory does not grow with the number of labels.

Symbols are drawn as one path each (painted module by module, viewers show hairlines), in whole dots. The Chinese font
(Noto Sans SC, OFL) is embedded once, at the end, cut down to the glyphs that were used. ISO 32000-1 by clause.

Why not fpdf2: the same drawings took it 34 ms of processor time a label (29 a second, slower than pictures of symbols
at 88 a second), this file takes 0.8 ms (1248 a second) and keeps no page in memory; benchmarks/labels.py measures both.
"""

import zlib
from array import array
from collections.abc import Iterable
from functools import lru_cache
from typing import BinaryIO

from labels.drawing.drawing import MM_PER_INCH, Drawing
from labels.drawing.lettering import Box, Line, font_path

POINTS_PER_MM = 72 / MM_PER_INCH
_FONT_NAME = "/RDYSHF+NotoSansSC-Regular"
_CHUNK = 12  # modules of a row that are looked up together
_BLOCK = 100  # entries in one section of the character map at most (Adobe's CMap specification)


class Pdf:
    """An open PDF on a binary file. ``page`` writes one page at once; ``close`` writes the font and the index.

    ``page_mm``: width and height of all pages.
    """

    def __init__(self, out: BinaryIO, page_mm: tuple[float, float], title: str = "", language: str = "zh-CN") -> None:
        self._title, self._language = title, language
        self._out = out
        self._at = 0
        self._offsets: dict[int, int] = {}
        self._next = 4  # 1 the catalogue, 2 the page tree, 3 the font
        self._pages: list[int] = []
        self._page_points = tuple(round(side * POINTS_PER_MM, 3) for side in page_mm)
        self._letters = Letters()
        self._write(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")

    def page(self, drawings: Iterable[tuple[Drawing, float, float]], frames: Iterable[Box] = ()) -> None:
        """One page with drawings, each at a place in millimetres from the upper left corner.

        ``frames`` (in tenths of a millimetre) are outlined: they show where the stickers should be.
        """
        width, height = self._page_points
        parts = [self._drawn(drawing, x_mm, y_mm) for drawing, x_mm, y_mm in drawings]
        parts += [self._framed(frame) for frame in frames]
        content = self._stream("".join(parts).encode("ascii"))
        self._pages.append(
            self._object(
                f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 {width} {height}]/Contents {content} 0 R"
                f"/Resources<</Font<</F 3 0 R>>>>>>"
            )
        )

    def close(self) -> None:
        """Write the font, the page tree and the cross-reference table; the file itself stays open."""
        self._write_font()
        kids = " ".join(f"{page} 0 R" for page in self._pages)
        self._object(f"<</Type/Pages/Count {len(self._pages)}/Kids[{kids}]>>", 2)
        # A reader shows the title instead of the file's name, and speaks the text in its language (14.9.2, 12.2)
        shown = "/ViewerPreferences<</DisplayDocTitle true>>"
        self._object(f"<</Type/Catalog/Pages 2 0 R/Lang({self._language}){shown}>>", 1)
        about = self._object(f"<</Title<feff{self._title.encode('utf-16-be').hex()}>/Producer(Readyshelf)>>")
        start = self._at
        entries = "".join(f"{self._offsets[number]:010} 00000 n \n" for number in range(1, self._next))
        self._write(f"xref\n0 {self._next}\n0000000000 65535 f \n{entries}".encode())
        self._write(
            f"trailer\n<</Size {self._next}/Root 1 0 R/Info {about} 0 R>>\nstartxref\n{start}\n%%EOF\n".encode()
        )

    def _drawn(self, drawing: Drawing, x_mm: float, y_mm: float) -> str:
        """In a space whose unit is a dot and whose y runs down, so that everything is a whole number (8.3.4)."""
        scale = POINTS_PER_MM / drawing.dots_per_mm
        x, y = x_mm * POINTS_PER_MM, self._page_points[1] - y_mm * POINTS_PER_MM
        boxes = "".join(f"{box.x} {box.y} {box.width} {box.height} re " for box in drawing.bars)
        lines = "".join(
            f"{_weight(line)}/F {line.size} Tf 1 0 0 -1 {line.x + line.outline} {line.baseline} Tm "
            f"<{self._letters.codes(line.text)}> Tj "
            for line in drawing.words
        )
        symbol = _symbol_path(drawing.rows)
        return (
            f"q {scale:.6f} 0 0 {-scale:.6f} {x:.3f} {y:.3f} cm {boxes}f BT {lines}ET "
            f"{drawing.dot} 0 0 {drawing.dot} {drawing.left} {drawing.top} cm {symbol}f Q\n"
        )

    def _framed(self, frame: Box) -> str:
        tenth = POINTS_PER_MM / 10
        y = self._page_points[1] - (frame.y + frame.height) * tenth
        return f"q 0.3 w {frame.x * tenth:.3f} {y:.3f} {frame.width * tenth:.3f} {frame.height * tenth:.3f} re S Q\n"

    def _write_font(self) -> None:
        """A composite font: codes are the glyphs' own numbers in the font (9.7.4.2, 9.7.5.2)."""
        embedded = self._stream(self._letters.embedded(), "/Subtype/CIDFontType0C")
        names = self._stream(self._letters.character_map().encode("ascii"))
        descriptor = self._object(
            f"<</Type/FontDescriptor/FontName{_FONT_NAME}/Flags 4/FontBBox[-1002 -1048 2928 1808]/ItalicAngle 0"
            f"/Ascent 1160/Descent -288/CapHeight 733/StemV 80/FontFile3 {embedded} 0 R>>"
        )
        glyphs = self._object(
            f"<</Type/Font/Subtype/CIDFontType0/BaseFont{_FONT_NAME}"
            "/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>"
            f"/FontDescriptor {descriptor} 0 R/DW 1000/W[{self._letters.widths()}]>>"
        )
        self._object(
            f"<</Type/Font/Subtype/Type0/BaseFont{_FONT_NAME}/Encoding/Identity-H"
            f"/DescendantFonts[{glyphs} 0 R]/ToUnicode {names} 0 R>>",
            3,
        )

    def _stream(self, content: bytes, more: str = "") -> int:
        packed = zlib.compress(content, 6)
        head = f"<</Filter/FlateDecode/Length {len(packed)}{more}>>\nstream\n".encode()
        return self._object(head + packed + b"\nendstream")

    def _object(self, content: str | bytes, number: int | None = None) -> int:
        if number is None:
            number, self._next = self._next, self._next + 1
        self._offsets[number] = self._at
        body = content if isinstance(content, bytes) else content.encode("ascii")
        self._write(b"%d 0 obj\n%s\nendobj\n" % (number, body))
        return number

    def _write(self, content: bytes) -> None:
        self._out.write(content)
        self._at += len(content)


def _weight(line: Line) -> str:
    """Filled, or filled and outlined for bold letters (9.3.6)."""
    return f"2 Tr {2 * line.outline} w " if line.bold else "0 Tr "


class Letters:
    """The letters that a PDF uses: their numbers in the font, and in the end the font cut down to them."""

    def __init__(self) -> None:
        self._numbers, self._widths = _font_tables()
        self._used: dict[str, int] = {}
        self._known: dict[str, str] = {}

    def codes(self, text: str) -> str:
        """The text as the page's content names it: four hexadecimal digits a letter; unknown letters are .notdef."""
        found = self._known.get(text)
        if found is None:
            for char in text:
                if char not in self._used:
                    self._used[char] = self._numbers[ord(char)] if ord(char) < len(self._numbers) else 0
            found = "".join(f"{self._used[char]:04x}" for char in text)
            if len(self._known) < 20_000:  # labels repeat depots, places and names
                self._known[text] = found
        return found

    def widths(self) -> str:
        """The widths of the used letters in thousandths of the font's size (9.7.4.3)."""
        return "".join(f"{number}[{self._widths[number]}]" for number in sorted(set(self._used.values())))

    def embedded(self) -> bytes:
        """The font program with the used glyphs alone, as a bare CFF table."""
        from fontTools import subset  # slow to import: only for paper
        from fontTools.ttLib import TTFont

        options = subset.Options(layout_features=[], name_IDs=[], hinting=False, notdef_outline=True)
        with TTFont(str(font_path()), lazy=True) as font:
            for table in set(font.keys()) - _NEEDED_TABLES:
                del font[table]
            cutter = subset.Subsetter(options)
            cutter.populate(unicodes=[ord(char) for char in self._used])
            cutter.subset(font)
            return bytes(font["CFF "].compile(font))

    def character_map(self) -> str:
        """What lets a reader of the PDF find and copy the text (9.10.3)."""
        pairs = [
            f"<{number:04x}><{char.encode('utf-16-be').hex()}>" for char, number in sorted(self._used.items()) if number
        ]
        blocks = (pairs[start : start + _BLOCK] for start in range(0, len(pairs), _BLOCK))
        named = "".join(f"{len(block)} beginbfchar\n{chr(10).join(block)}\nendbfchar\n" for block in blocks)
        return (
            "/CIDInit/ProcSet findresource begin 12 dict begin begincmap\n"
            "/CIDSystemInfo<</Registry(Adobe)/Ordering(UCS)/Supplement 0>>def\n"
            "/CMapName/Adobe-Identity-UCS def/CMapType 2 def\n"
            f"1 begincodespacerange\n<0000><ffff>\nendcodespacerange\n{named}"
            "endcmap CMapName currentdict/CMap defineresource pop end end"
        )


_NEEDED_TABLES = {"GlyphOrder", "head", "hhea", "maxp", "hmtx", "cmap", "CFF ", "OS/2", "post"}


@lru_cache(maxsize=1)
def _font_tables() -> "tuple[array[int], array[int]]":
    """Of the whole font: the glyph's number (CID) by code point, 0 for none, and the width by number in thousandths.

    A CID-keyed font names its glyphs by their numbers; their order in the file is another one.
    """
    from fontTools.ttLib import TTFont  # slow to import: only for paper

    with TTFont(str(font_path()), lazy=True) as font:
        per_em = font["head"].unitsPerEm
        metrics = font["hmtx"].metrics
        cids = {name: int(name.removeprefix("cid")) for name in font.getGlyphOrder() if name.startswith("cid")}
        cids[".notdef"] = 0
        characters = font.getBestCmap()
    numbers = array("H", bytes(2 * (max(characters) + 1)))  # 65,535 at most (CFF); as dicts they took 8 MB a process
    for char, name in characters.items():
        numbers[char] = cids[name]
    widths = array("H", bytes(2 * (max(cids.values()) + 1)))
    for name, cid in cids.items():
        widths[cid] = round(metrics[name][0] * 1000 / per_em)
    return numbers, widths


def _symbol_path(rows: Iterable[str]) -> str:
    """All dark modules as one path, in modules; ``~`` in a chunk's stretches stands for its row."""
    path = []
    for number, row in enumerate(rows):
        said = "".join(_stretches(row[start : start + _CHUNK], start) for start in range(0, len(row), _CHUNK))
        path.append(said.replace("~", str(number)))
    return "".join(path)


@lru_cache(maxsize=8_192)
def _stretches(modules: str, start: int) -> str:
    said, at = [], 0
    for stretch in modules.replace("10", "1 0").replace("01", "0 1").split(" "):
        if stretch.startswith("1"):
            said.append(f"{start + at} ~ {len(stretch)} 1 re ")
        at += len(stretch)
    return "".join(said)
