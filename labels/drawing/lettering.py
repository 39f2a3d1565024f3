"""Words on a label: measured with the font they are printed in, shrunk and wrapped until they fit their box."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from PIL import ImageFont

from core.fonts import chinese_font

PITCH = 1.25  # from one baseline to the next, in heights of the letters
BASELINE = 0.95  # below the top of the line, in heights of the letters
FIGURES_PITCH, FIGURES_BASELINE = 0.92, 0.82  # digits have nothing below their baseline and are lower than letters
STEPS = (1.0, 0.92, 0.84, 0.77, 0.7, 0.64, 0.58)
EM = 1000  # the font's own units in a height of letters
KEPT = 8_000  # measures of what was drawn before: a city's labels repeat depots, places and names
SHORTEST = 1 / 3  # of the width: a last line shorter than that looks lost
# What is kept together: a run of Latin letters and digits, with the unit after a number ("4 kg"), or one Chinese
# character with the closing mark after it; and the arrow of a path with what stands before it
_PIECES = re.compile(
    r"\s+|(?:[!-⺀]*\d [A-Za-z]{1,3}(?![!-⺀])|[!-⺀]+|[^\s!-⺀][，、。；：！？…）》」』】]*)(?: ›(?=\s|$))?"
)


@dataclass(frozen=True)
class Word:
    """Something to say on a label: ``size`` is the wished height of its letters in dots; a code is never broken.

    ``least``: below that it never shrinks. ``figures``: digits alone, which need less room above and below. ``bold``:
    drawn with an outline, for what is read from afar.
    """

    text: str
    size: int
    breaks: bool = True
    least: int = 0
    figures: bool = False
    bold: bool = False


@dataclass(frozen=True)
class Line:
    """One line of text as it is drawn: left end of its baseline, height and length, all in dots."""

    x: int
    baseline: int
    size: int
    length: int
    text: str
    bold: bool = False

    @property
    def outline(self) -> int:
        """How far a bold letter's outline reaches beyond it, in dots."""
        return outline_of(self.size) if self.bold else 0


@dataclass(frozen=True)
class Box:
    """A rectangle in dots from the label's upper left corner."""

    x: int
    y: int
    width: int
    height: int


def font_path() -> Path:
    """The openly licensed Chinese font (Noto Sans SC, OFL) from its package."""
    return chinese_font()


def font(size: int) -> ImageFont.FreeTypeFont:
    """The font at a height in dots, to draw with. Opened in a millisecond; each takes 3 to 5 MB while it is open."""
    return ImageFont.truetype(str(font_path()), size, layout_engine=ImageFont.Layout.BASIC)


@lru_cache(maxsize=1)
def _measured() -> ImageFont.FreeTypeFont:
    """The one font that stays open: letters are measured with it."""
    return font(EM)


@lru_cache(maxsize=KEPT)
def _units(char: str) -> int:
    """How wide a letter is, in the font's own units."""
    return int(_measured().getlength(char))


def _advance(char: str, size: int) -> int:
    """How wide FreeType draws a letter, in dots: it rounds to a 64th of a dot, then to a whole one."""
    sixty_fourths = (2 * 64 * _units(char) * size + EM) // (2 * EM)
    return (sixty_fourths + 32) >> 6


@lru_cache(maxsize=KEPT)
def length_of(text: str, size: int) -> int:
    """How long a text is at a height, in dots."""
    return sum([_advance(char, size) for char in text])


def printable(text: str) -> str:
    """The text on one line, without characters that have no picture and that XML cannot hold."""
    return " ".join("".join(" " if unicodedata.category(char)[0] in "CZ" else char for char in text).split())


def set_words(words: Sequence[Word], box: Box, smallest: int) -> list[Line]:
    """Set words one below the other in a box, each starting a new line; words are in order of importance.

    All shrink together until they fit, but not below ``smallest``. What does not fit even then is left out from the
    end; the first that may be broken is cut short with … only when it and the codes alone are too long.
    """
    words = [replace(word, text=said) for word in words if (said := printable(word.text))]
    for step in STEPS:
        lines = _broken(words, box.width, step, smallest)
        if _height(lines) <= box.height:
            return _stacked(lines, box)
    while sum(word.breaks for word in words) > 1:
        words.pop(max(number for number, word in enumerate(words) if word.breaks))
        lines = _broken(words, box.width, STEPS[-1], smallest)
        if _height(lines) <= box.height:
            return _stacked(lines, box)
    return _stacked(_cut_short(words, box, smallest), box)


class _Set(NamedTuple):
    """A line before it has its place: its text and height, and the word that it is of."""

    text: str
    size: int
    word: Word

    @property
    def room(self) -> int:
        return int(self.size * (FIGURES_PITCH if self.word.figures else PITCH))


_Lines = list[_Set]


def _broken(words: Sequence[Word], width: int, step: float, smallest: int) -> _Lines:
    lines: _Lines = []
    for word in words:
        size = max(smallest, int(word.size * step), word.least)
        if word.breaks:
            lines += [_Set(line, size, word) for line in balanced(word.text, size, width)]
        else:
            lines.append(_whole(word, width))
    return lines


def _whole(word: Word, width: int) -> _Set:
    return _Set(word.text, widest(word.text, word.size, width), word)


def widest(text: str, size: int, width: int) -> int:
    """The height of the letters, ``size`` at most, at which a text is no longer than a width."""
    while size > 1 and length_of(text, size) > width:
        size -= 1
    return size


def outline_of(size: int) -> int:
    """How wide the outline of bold letters is on every side, in dots."""
    return max(1, round(size / 40))


@lru_cache(maxsize=1)
def height_of_figures() -> float:
    """How high a digit is, in heights of the letters."""
    _, top, _, bottom = _measured().getbbox("0", anchor="ls")
    return (bottom - top) / EM


def _height(lines: _Lines) -> int:
    return sum(line.room for line in lines)


def _cut_short(words: Sequence[Word], box: Box, smallest: int) -> _Lines:
    """What never breaks, whole; of the rest so much as there is room for, ended by …"""
    pitch = int(smallest * PITCH)
    room = (box.height - _height([_whole(word, box.width) for word in words if not word.breaks])) // pitch
    lines: _Lines = []
    for word in words:
        if not word.breaks:
            lines.append(_whole(word, box.width))
        elif room > 0:
            texts = list(wrap(word.text, smallest, box.width))
            if len(texts) > room:
                texts = [*texts[: room - 1], _with_ellipsis(texts[room - 1], smallest, box.width)]
            lines += [_Set(text, smallest, word) for text in texts]
    return lines


def _with_ellipsis(text: str, size: int, width: int) -> str:
    ends = "..." if text[-1:].isascii() else "…"  # the Chinese one stands at half the height of a letter
    while text and length_of(text + ends, size) > width:
        text = text[:-1]
    return text + ends


def _stacked(lines: _Lines, box: Box) -> list[Line]:
    placed = []
    y = box.y
    for line in lines:
        text, size, word = line
        baseline = y + int(size * (FIGURES_BASELINE if word.figures else BASELINE))
        placed.append(Line(box.x, baseline, size, length_of(text, size), text, word.bold))
        y += line.room
    return placed


@lru_cache(maxsize=KEPT)
def _pieces(text: str) -> tuple[str, ...]:
    return tuple(_PIECES.findall(text))


@lru_cache(maxsize=KEPT)
def wrap(text: str, size: int, width: int) -> tuple[str, ...]:
    """Break a text into lines of a width: between Chinese characters, between Latin words, inside a word if it must."""
    lines, last, length = [], "", 0
    for piece in _pieces(text):
        if length + length_of(piece.rstrip(), size) <= width:
            last, length = last + piece, length + length_of(piece, size)
        elif length_of(piece, size) <= width:
            lines.append(last)
            last = piece.lstrip()
            length = length_of(last, size)
        else:
            for char in piece:
                if last and length + _advance(char, size) > width:
                    lines.append(last)
                    last, length = "", 0
                last, length = last + char, length + _advance(char, size)
    return tuple(line.rstrip() for line in [*lines, last] if line.strip())


@lru_cache(maxsize=KEPT)
def balanced(text: str, size: int, width: int) -> tuple[str, ...]:
    """As ``wrap``, in as many lines, but where the last would be a mere scrap the others give it some of theirs."""
    lines = wrap(text, size, width)
    longest = max((length_of(piece, size) for piece in _pieces(text)), default=0)
    narrower = width - size // 2
    while len(lines) > 1 and length_of(lines[-1], size) < width * SHORTEST and narrower >= longest:
        tried = wrap(text, size, narrower)
        if len(tried) > len(lines):
            break
        lines, narrower = tried, narrower - size // 2
    return lines
