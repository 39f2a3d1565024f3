"""How much of each lot lies where, with the rows that have something found by their lot."""

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal

ZERO = Decimal(0)
Row = tuple[str, str]  # place, lot


class Balances(dict[Row, Decimal]):
    """Balances by place and lot. A row that once had something stays, with nothing in it."""

    def __init__(self) -> None:
        super().__init__()
        self._where: dict[str, set[str]] = defaultdict(set)  # lot -> the places with something of it

    def __missing__(self, row: Row) -> Decimal:
        return ZERO

    def __setitem__(self, row: Row, quantity: Decimal) -> None:
        super().__setitem__(row, quantity)
        place, lot = row
        if quantity > 0:
            self._where[lot].add(place)
        else:
            self._where[lot].discard(place)

    def __delitem__(self, row: Row) -> None:
        super().__delitem__(row)
        self._where[row[1]].discard(row[0])

    def filled(self, lot: str | None = None) -> Iterable[Row]:
        """The rows with something there, of one lot or of all."""
        if lot is not None:
            return [(place, lot) for place in self._where.get(lot, ())]
        return [(place, one) for one, places in self._where.items() for place in places]

    def undo(self, before: dict[Row, Decimal | None]) -> None:
        """Put rows back to what they were; None: there was no such row."""
        for row, quantity in before.items():
            if quantity is not None:
                self[row] = quantity
            elif row in self:
                del self[row]
