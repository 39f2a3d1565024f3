"""Many QR symbols that differ only in the code at the end of their address, much faster than one by one.

For one version, correction level and mask, a QR's modules are a linear function of its data bits over GF(2): so is the
Reed-Solomon code, and masking adds a constant. The symbol of an address is therefore the symbol of any other of the
same length, with one fixed pattern flipped for every bit in which the two differ. The patterns are taken from the
qrcode library, once; the rest is XOR. The mask is chosen for each symbol by the standard's four rules (7.8.3).
"""

from functools import lru_cache

import qrcode
from qrcode.util import MODE_8BIT_BYTE, QRData

from labels.codes.codes import LENGTH
from labels.drawing.symbols import side_of

MASKS = 8
_BITS = 7  # codes are ASCII


class Series:
    """The symbols of all addresses with one beginning. ``level`` is the library's error correction constant."""

    def __init__(self, beginning: str, version: int, level: int) -> None:
        self._beginning = beginning
        blank = beginning + "\0" * LENGTH
        self.side = side_of(version)
        self._version = version
        self._level = level
        self._blanks = [self._pattern(blank, mask) for mask in range(MASKS)]
        self._flips = [
            [self._pattern(self._with(place, 1 << bit), 0) ^ self._blanks[0] for bit in range(_BITS)]
            for place in range(LENGTH)
        ]
        self._penalty = _Penalty(self.side)

    def _with(self, place: int, value: int) -> str:
        return self._beginning + "\0" * place + chr(value) + "\0" * (LENGTH - 1 - place)

    def _pattern(self, content: str, mask: int) -> int:
        """The symbol as one number: bits row by row from the upper left, each row ended by a light module."""
        symbol = qrcode.QRCode(self._version, self._level, border=0, mask_pattern=mask)
        symbol.add_data(QRData(content.encode(), mode=MODE_8BIT_BYTE))
        symbol.make(fit=False)
        return int("".join("".join("1" if dark else "0" for dark in row) + "0" for row in symbol.get_matrix()), 2)

    def pattern(self, code: str, mask: int | None = None) -> int:
        """The symbol of beginning + code as one number (see ``rows``), with the best mask unless one is named."""
        flipped = 0
        for place, char in enumerate(code.encode("ascii")):
            flips = self._flips[place]
            for bit in range(_BITS):
                if char >> bit & 1:
                    flipped ^= flips[bit]
        if mask is not None:
            return self._blanks[mask] ^ flipped
        return min((blank ^ flipped for blank in self._blanks), key=self._penalty.of)

    def rows(self, code: str) -> list[str]:
        """The symbol of beginning + code, row by row, as strings of 1 (dark) and 0."""
        bits = format(self.pattern(code), f"0{self.side * (self.side + 1)}b")
        return [bits[start : start + self.side] for start in range(0, len(bits), self.side + 1)]


@lru_cache(maxsize=8)
def series(beginning: str, version: int, level: int) -> Series:
    """The series of a beginning; made once (some 0.3 s)."""
    return Series(beginning, version, level)


class _Penalty:
    """How hard a symbol is to tell apart, by the four rules of ISO/IEC 18004 7.8.3, on the symbol as one number."""

    def __init__(self, side: int) -> None:
        self._side = side
        self._stride = side + 1  # the light module at each row's end keeps rows apart
        row = (1 << side) - 1 << 1
        self._all = sum(row << (self._stride * number) for number in range(side))

    def of(self, dark: int) -> int:
        light = self._all & ~dark
        steps = (1, self._stride)
        found = sum(self._runs(modules, step) for modules in (dark, light) for step in steps)
        found += 3 * sum(self._blocks(modules) for modules in (dark, light))
        found += 40 * sum(self._finders(dark, light, step) for step in steps)
        share = dark.bit_count() * 100 // (self._side * self._side)
        return found + 10 * (abs(share - 50) // 5)

    @staticmethod
    def _runs(modules: int, step: int) -> int:
        """Rule 1: a run of five costs 3, each module more 1."""
        five = modules & modules >> step
        five &= five >> 2 * step
        five &= modules >> 4 * step
        return five.bit_count() + 2 * (five & ~(five << step)).bit_count()

    def _blocks(self, modules: int) -> int:
        """Rule 2: blocks of two by two in one colour."""
        pairs = modules & modules >> 1
        return (pairs & pairs >> self._stride).bit_count()

    @staticmethod
    def _finders(dark: int, light: int, step: int) -> int:
        """Rule 3: what looks like a finder, with four light modules before or behind it."""
        two = light & light >> step
        four = two & two >> 2 * step
        three = dark & dark >> step & dark >> 2 * step
        core = dark & light >> step & three >> 2 * step & light >> 5 * step & dark >> 6 * step
        return (core & four >> 7 * step).bit_count() + (core >> 4 * step & four).bit_count()
