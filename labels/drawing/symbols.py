"""The symbols on a label as dark and light modules: QR for phones, Data Matrix for small things, Code128 for hand-held
line scanners."""

from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from math import comb
from typing import NamedTuple

import qrcode
from barcode.charsets import code128
from qrcode.base import rs_blocks
from qrcode.constants import ERROR_CORRECT_H, ERROR_CORRECT_M, ERROR_CORRECT_Q
from qrcode.util import MODE_8BIT_BYTE, QRData

from labels.drawing.datamatrix import datamatrix_modules

LARGEST_VERSION = 40
QUIET_QR = 4  # modules on every side (ISO/IEC 18004)
QUIET_DATAMATRIX = 2  # on every side; the standard asks for one (ISO/IEC 16022), paper cut askew for another
QUIET_CODE128 = 10  # modules left and right (ISO/IEC 15417)
QUIET = {"qr": QUIET_QR, "datamatrix": QUIET_DATAMATRIX}
# How much of a QR may be lost: 30%, 25%, 15% of its codewords
STRONGEST_FIRST = (ERROR_CORRECT_H, ERROR_CORRECT_Q, ERROR_CORRECT_M)
SMALLEST_MODULE_MM = 0.4  # what phones read at arm's length; more correction must not cost more than that
LARGER_BY = 3  # versions above the smallest that are weighed
_WRONG_MODULES = 0.025  # of all: 5% of them blotted, of which half were dark already

Modules = Sequence[Sequence[bool]]


def _symbol(content: str, level: int) -> qrcode.QRCode:
    symbol = qrcode.QRCode(error_correction=level, border=0)
    symbol.add_data(QRData(content.encode(), mode=MODE_8BIT_BYTE))
    return symbol


@lru_cache(maxsize=512)
def _version(length: int, level: int) -> int:
    return _symbol("x" * length, level).best_fit()


def smallest_version(content: str, level: int) -> int:
    """The smallest QR version that holds this content. Raises qrcode's DataOverflowError where none does."""
    return _version(len(content.encode()), level)


def side_of(version: int) -> int:
    """How many modules the side of a QR of this version has."""
    return 17 + 4 * version


class Strength(NamedTuple):
    """How a QR is made: its version, the library's constant for its correction, and the dots of a module."""

    version: int
    level: int
    dot: int


def best_strength(content: str, symbol_dots: int, room_dots: int, dots_per_mm: int) -> Strength:
    """The QR that scattered blots spoil least often in so much room.

    ``symbol_dots`` is the side at most without quiet zone, ``room_dots`` with it. No module gets smaller than phones
    read easily; where that cannot be had, whatever gives the largest modules. A version larger than needed may be the
    better one: its codewords are corrected in longer blocks, in which bad luck evens out.
    """
    found = []
    for level in STRONGEST_FIRST:
        least = smallest_version(content, level)
        for version in range(least, min(least + LARGER_BY, LARGEST_VERSION) + 1):
            side = side_of(version)
            found.append(Strength(version, level, min(symbol_dots // side, room_dots // (side + 2 * QUIET_QR))))
    easy = [one for one in found if one.dot >= SMALLEST_MODULE_MM * dots_per_mm]
    if easy:
        return min(easy, key=lambda one: (_risk(one.version, one.level), -one.dot))
    largest = max(found, key=lambda one: one.dot)  # of equally large ones, the strongest comes first
    return largest._replace(dot=max(largest.dot, 1))


@cache
def _risk(version: int, level: int) -> float:
    """How likely a QR is lost when single modules all over it are wrong: that any block has too many bad codewords."""
    bad = 1 - (1 - _WRONG_MODULES) ** 8
    sound = 1.0
    for block in rs_blocks(version, level):
        words = block.total_count
        mended = (words - block.data_count) // 2
        sound *= sum(comb(words, n) * bad**n * (1 - bad) ** (words - n) for n in range(mended + 1))
    return 1 - sound


def datamatrix(content: str, symbol_dots: int, room_dots: int) -> tuple[list[list[bool]], int]:
    """A Data Matrix and its module in dots, as large as the room lets it be."""
    modules = datamatrix_modules(content)
    side = len(modules)
    return modules, max(min(symbol_dots // side, room_dots // (side + 2 * QUIET_DATAMATRIX)), 1)


@cache
def _code128_values() -> dict[str, int]:
    return dict(code128.B)


@lru_cache(maxsize=512)
def code128_modules(content: str) -> tuple[bool, ...]:
    """The bars of a Code128 symbol from left to right, without its quiet zones. ``content`` is printable ASCII.

    All in set B, so that every code is equally wide. (python-barcode 0.16's own choice of sets loses the first two
    digits of a text that begins with 99: it takes the pair for a change of sets.)
    """
    values = [code128.START_CODES["B"], *(_code128_values()[char] for char in content)]
    check = (values[0] + sum(place * value for place, value in enumerate(values[1:], 1))) % 103
    bars = "".join(code128.CODES[value] for value in [*values, check]) + code128.STOP + "11"
    return tuple(bar == "1" for bar in bars)


def runs(modules: Sequence[bool]) -> Iterator[tuple[int, int]]:
    """The dark stretches of a row: where each begins and how long it is."""
    start = None
    for number, dark in enumerate([*modules, False]):
        if dark and start is None:
            start = number
        elif not dark and start is not None:
            yield start, number - start
            start = None
