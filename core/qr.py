"""A QR symbol on a page: for a link or a key that a phone reads off the screen or off paper."""

from typing import NamedTuple

from qrcode import QRCode
from qrcode.constants import ERROR_CORRECT_M

QUIET = 4  # modules on every side (ISO/IEC 18004)


class QrPicture(NamedTuple):
    """The dark modules as a path in a square of so many units; the macro ``qr`` draws it."""

    side: int
    path: str


def qr_picture(content: str) -> QrPicture:
    """The symbol of a text."""
    symbol = QRCode(error_correction=ERROR_CORRECT_M, border=0)
    symbol.add_data(content.encode())
    symbol.make()
    modules = symbol.get_matrix()
    dark = ((x + QUIET, y + QUIET) for y, row in enumerate(modules) for x, is_dark in enumerate(row) if is_dark)
    return QrPicture(len(modules) + 2 * QUIET, "".join(f"M{x} {y}h1v1h-1z" for x, y in dark))
