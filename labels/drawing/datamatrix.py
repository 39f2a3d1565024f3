"""Data Matrix ECC 200 (ISO/IEC 16022) for things too small for a QR: square symbols, ASCII encodation."""

from functools import cache

_ROOT = 0x12D  # the field's polynomial
# side with finder, codewords for data, codewords for correction (one block each), regions along a side
_SIZES = (
    (10, 3, 5, 1),
    (12, 5, 7, 1),
    (14, 8, 10, 1),
    (16, 12, 12, 1),
    (18, 18, 14, 1),
    (20, 22, 18, 1),
    (22, 30, 20, 1),
    (24, 36, 24, 1),
    (26, 44, 28, 1),
    (32, 62, 36, 2),
    (36, 86, 42, 2),
    (40, 114, 48, 2),
    (44, 144, 56, 2),
    (48, 174, 68, 2),
)
_PAD = 129


def datamatrix_modules(content: str) -> list[list[bool]]:
    """A symbol row by row, its finder included, without its quiet zone. ``content`` is ASCII.

    Raises ValueError where it is not, or is longer than the largest symbol of one block holds.
    """
    words = _codewords(content)
    for side, capacity, correction, regions in _SIZES:
        if len(words) <= capacity:
            padded = _padded(words, capacity)
            return _framed(_placed(padded + _correction(padded, correction), side - 2 * regions), side, regions)
    raise ValueError(f"{len(content)} characters are too long for a Data Matrix on a label")


def _codewords(content: str) -> list[int]:
    """ASCII encodation: one codeword a character, two digits in one (5.2.3)."""
    if not content.isascii():
        raise ValueError("only ASCII can stand in this symbol")
    words, at = [], 0
    while at < len(content):
        pair = content[at : at + 2]
        if len(pair) == 2 and pair.isdigit():
            words.append(int(pair) + 130)
            at += 2
        else:
            words.append(ord(content[at]) + 1)
            at += 1
    return words


def _padded(words: list[int], capacity: int) -> list[int]:
    """The first pad is plain, the others are randomised by their place (5.2.3, annex B.1)."""
    padded = [*words]
    if len(padded) < capacity:
        padded.append(_PAD)
    while len(padded) < capacity:
        value = _PAD + (149 * (len(padded) + 1)) % 253 + 1
        padded.append(value if value <= 254 else value - 254)
    return padded


@cache
def _powers() -> tuple[list[int], list[int]]:
    powers, logs, value = [0] * 510, [0] * 256, 1
    for exponent in range(255):
        powers[exponent] = powers[exponent + 255] = value
        logs[value] = exponent
        value <<= 1
        if value > 255:
            value ^= _ROOT
    return powers, logs


def _times(one: int, other: int) -> int:
    powers, logs = _powers()
    return powers[logs[one] + logs[other]] if one and other else 0


@cache
def _generator(number: int) -> tuple[int, ...]:
    """The product of (x - 2^i) for i from 1, highest power first."""
    found = [1]
    for exponent in range(1, number + 1):
        root = _powers()[0][exponent]
        shifted = [*found, 0]
        found = [a ^ b for a, b in zip(shifted, [0, *(_times(value, root) for value in found)], strict=True)]
    return tuple(found)


def _correction(words: list[int], number: int) -> list[int]:
    """Reed-Solomon codewords: the remainder by the generator (annex E)."""
    generator = _generator(number)
    rest = [0] * number
    for word in words:
        first = word ^ rest[0]
        rest = [*rest[1:], 0]
        rest = [value ^ _times(first, factor) for value, factor in zip(rest, generator[1:], strict=True)]
    return rest


# The eight modules of a codeword, from its highest bit, as steps from the module where the walk stands (annex F)
_SHAPE = ((-2, -2), (-2, -1), (-1, -2), (-1, -1), (-1, 0), (0, -2), (0, -1), (0, 0))


@cache
def _layout(side: int) -> tuple[tuple[int, int], ...]:
    """For every module of the mapping matrix, the codeword and the bit (1 the highest) that stand there.

    The walk of annex F.3 goes up and down the diagonals; four corners have shapes of their own. (-1, 0) means none.
    """
    place: dict[tuple[int, int], tuple[int, int]] = {}

    def put(row: int, column: int, word: int, bit: int) -> None:
        if row < 0:
            row, column = row + side, column + 4 - (side + 4) % 8
        if column < 0:
            column, row = column + side, row + 4 - (side + 4) % 8
        place[row, column] = (word, bit)

    def put_all(modules: tuple[tuple[int, int], ...], word: int) -> None:
        for bit, (row, column) in enumerate(modules, 1):
            put(row, column, word, bit)

    word, row, column = 0, 4, 0
    while row < side or column < side:
        if corner := _corner(row, column, side):
            put_all(corner, word)
            word += 1
        for down, right in ((-2, 2), (2, -2)):
            while True:
                if 0 <= row < side and 0 <= column < side and (row, column) not in place:
                    put_all(tuple((row + dr, column + dc) for dr, dc in _SHAPE), word)
                    word += 1
                row, column = row + down, column + right
                if (down < 0 and (row < 0 or column >= side)) or (down > 0 and (row >= side or column < 0)):
                    break
            row, column = (row + 1, column + 3) if down < 0 else (row + 3, column + 1)
    return tuple(place.get((row, column), (-1, 0)) for row in range(side) for column in range(side))


def _corner(row: int, column: int, side: int) -> tuple[tuple[int, int], ...]:
    """The modules of the corner that the walk reaches here, if it does; which of the four depends on the side."""
    last = side - 1
    if (row, column) == (side, 0):
        return (last, 0), (last, 1), (last, 2), (0, last - 1), (0, last), (1, last), (2, last), (3, last)
    if (row, column) == (side - 2, 0) and side % 4:
        return (
            (last - 2, 0),
            (last - 1, 0),
            (last, 0),
            (0, last - 3),
            (0, last - 2),
            (0, last - 1),
            (0, last),
            (1, last),
        )
    if (row, column) == (side - 2, 0) and side % 8 == 4:
        return (last - 2, 0), (last - 1, 0), (last, 0), (0, last - 1), (0, last), (1, last), (2, last), (3, last)
    if (row, column) == (side + 4, 2) and not side % 8:
        right = ((0, last - 2), (0, last - 1), (0, last), (1, last - 2), (1, last - 1), (1, last))
        return (last, 0), (last, last), *right
    return ()


def _placed(words: list[int], side: int) -> list[list[bool]]:
    flat = [word >= 0 and bool(words[word] >> (8 - bit) & 1) for word, bit in _layout(side)]
    if _layout(side)[-1][0] < 0:  # the lower right corner left over: a fixed pattern of four (F.3)
        flat[-1] = flat[-side - 2] = True
    return [flat[row * side : (row + 1) * side] for row in range(side)]


def _framed(matrix: list[list[bool]], side: int, regions: int) -> list[list[bool]]:
    """Each region gets its solid L at left and bottom and its clock at top and right (5.1)."""
    inner = len(matrix) // regions
    full = [[False] * side for _ in range(side)]
    for row, line in enumerate(matrix):
        for column, dark in enumerate(line):
            full[row + 2 * (row // inner) + 1][column + 2 * (column // inner) + 1] = dark
    step = inner + 2
    for region in range(0, side, step):
        for along in range(side):
            full[along][region] = True
            full[region + step - 1][along] = True
    for region in range(0, side, step):
        for along in range(side):
            full[region][along] = along % 2 == 0
            full[along][region + step - 1] = along % 2 == 1
    for region in range(0, side, step):  # the solid L wins where it meets a clock
        for other in range(0, side, step):
            for along in range(step):
                full[other + along][region] = True
                full[region + step - 1][other + along] = True
    return full
