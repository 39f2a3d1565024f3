"""The symbols on a label as dark and light modules: QR for phones, Data Matrix for small things, Code128 for hand-held
line scanners."""

from collections.abc import Iterator, Sequence
from functools import cache, lru_cache

import qrcode
from barcode.charsets import code128
from qrcode.constants import ERROR_CORRECT_H, ERROR_CORRECT_M, ERROR_CORRECT_Q
from qrcode.util import MODE_8BIT_BYTE, QRData

from labels.datamatrix import datamatrix_modules

QUIET_QR = 4  # modules on every side (ISO/IEC 18004)
QUIET_DATAMATRIX = 2  # on every side; the standard asks for one (ISO/IEC 16022), paper cut askew for another
QUIET_CODE128 = 10  # modules left and right (ISO/IEC 15417)
QUIET = {"qr": QUIET_QR, "datamatrix": QUIET_DATAMATRIX}
# How much of a QR may be lost: 30%, 25%, 15% of its codewords
STRONGEST_FIRST = (ERROR_CORRECT_H, ERROR_CORRECT_Q, ERROR_CORRECT_M)
SMALLEST_MODULE_MM = 0.45  # what phones read at arm's length; more correction must not cost more than that

Modules = Sequence[Sequence[bool]]


def _symbol(content: str, level: int) -> qrcode.QRCode:
    symbol = qrcode.QRCode(error_correction=level, border=0)
    symbol.add_data(QRData(content.encode(), mode=MODE_8BIT_BYTE))
    return symbol


@lru_cache(maxsize=512)
def _version(length: int, level: int) -> int:
    return _symbol("x" * length, level).best_fit()


def qr_side(content: str, level: int) -> int:
    """How many modules the side of a QR of this content has, without making it."""
    return 17 + 4 * _version(len(content.encode()), level)


def qr_modules(content: str, level: int = ERROR_CORRECT_M) -> list[list[bool]]:
    """A QR symbol row by row, without its quiet zone."""
    symbol = _symbol(content, level)
    symbol.make(fit=True)
    return [[bool(module) for module in row] for row in symbol.get_matrix()]


def best_level(content: str, symbol_dots: int, room_dots: int, dots_per_mm: int) -> tuple[int, int]:
    """The error correction for a QR in so much room, and its module in dots.

    ``symbol_dots`` is the side at most without quiet zone, ``room_dots`` with it. The strongest correction whose
    modules are not below what phones read easily; where none is, whatever gives the largest modules.
    """
    found: list[tuple[int, int, int]] = []
    for level in STRONGEST_FIRST:
        side = qr_side(content, level)
        dot = min(symbol_dots // side, room_dots // (side + 2 * QUIET_QR))
        if dot >= SMALLEST_MODULE_MM * dots_per_mm:
            return level, dot
        found.append((dot, -len(found), level))
    dot, _, level = max(found)
    return level, max(dot, 1)


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
