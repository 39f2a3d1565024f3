"""The symbols on a label as dark and light modules: QR for phones, Code128 for hand-held line scanners."""

from collections.abc import Iterator, Sequence

import qrcode
from barcode.charsets import code128
from qrcode.constants import ERROR_CORRECT_M

QUIET_QR = 4  # modules on every side (ISO/IEC 18004)
QUIET_CODE128 = 10  # modules left and right (ISO/IEC 15417)


def qr_modules(content: str) -> list[list[bool]]:
    """A QR symbol at error level M (15% may be scratched off), row by row, without its quiet zone."""
    symbol = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=0)
    symbol.add_data(content)
    symbol.make(fit=True)
    return [[bool(module) for module in row] for row in symbol.get_matrix()]


def code128_modules(content: str) -> list[bool]:
    """The bars of a Code128 symbol from left to right, without its quiet zones. ``content`` is printable ASCII.

    All in set B, so that every code is equally wide. (python-barcode 0.16's own choice of sets loses the first two
    digits of a text that begins with 99: it takes the pair for a change of sets.)
    """
    values = [code128.START_CODES["B"], *(code128.B[char] for char in content)]
    check = (values[0] + sum(place * value for place, value in enumerate(values[1:], 1))) % 103
    bars = "".join(code128.CODES[value] for value in [*values, check]) + code128.STOP + "11"
    return [bar == "1" for bar in bars]


def runs(modules: Sequence[bool]) -> Iterator[tuple[int, int]]:
    """The dark stretches of a row: where each begins and how long it is."""
    start = None
    for number, dark in enumerate([*modules, False]):
        if dark and start is None:
            start = number
        elif not dark and start is not None:
            yield start, number - start
            start = None
