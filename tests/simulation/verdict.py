"""What an act should come to: refused with one of these statuses, or booked with such lines."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tests.simulation.known import KNOWN
from tests.simulation.model import ZERO, Line, Lot, Model


@dataclass
class Refused:
    """Nothing changes. ``blind``: the field whose value is answered like one that never was."""

    statuses: set[int]
    why: str
    blind: str = ""


@dataclass
class Draw:
    """So much leaves some of these balances for one of these places; what they lack comes out of ``gap``, if given."""

    kind: str
    quantity: Decimal
    rows: list[tuple[str, str]]
    targets: list[str]
    gap: tuple[str, str] | None = None
    ranks: dict[str, Any] = field(default_factory=dict)  # of lots, where the program chooses: first expiring first

    def exact(self, model: Model) -> list[Line] | None:
        """The lines, where only one answer is right."""
        if len(self.rows) > 1 or len(self.targets) != 1:
            return None
        lines, left = [], self.quantity
        for place, lot in self.rows:
            part = min(left, model.balance(place, lot))
            if part > 0:
                lines.append(Line(self.kind, lot, part, place, self.targets[0]))
                left -= part
        if left and self.gap:
            lines.append(Line(self.kind, self.gap[1], left, self.gap[0], self.targets[0]))
        return lines

    def fault(self, model: Model, lines: list[Line]) -> str:
        """What is wrong with lines that were booked for this; empty if nothing is."""
        allowed = set(self.rows) | ({self.gap} if self.gap else set())
        taken: Counter[tuple[str, str]] = Counter()
        for line in lines:
            if line.kind != self.kind or line.target not in self.targets:
                return f"{line} goes elsewhere than {self.targets}"
            if (line.source, line.lot) not in allowed:
                return f"{line} was not to be taken from there: {sorted(allowed)}"
            taken[line.source, line.lot] += line.quantity
        if sum(taken.values()) != self.quantity:
            return f"{sum(taken.values())} booked for {self.quantity}"
        drained = {row: taken[row] == model.balance(*row) for row in self.rows}
        if any(taken[row] > model.balance(*row) for row in self.rows):
            return "more than there is"
        if self.gap and taken[self.gap] and not all(drained.values()):
            return "taken from the discrepancy while there was some on the shelf"
        for row in taken:
            earlier = [other for other in self.ranks if row[1] in self.ranks and self.ranks[other] < self.ranks[row[1]]]
            if any(not drained[other] for other in self.rows if other[1] in earlier):
                return "a later lot was taken before an earlier one"
        return ""


@dataclass
class Fixed:
    """Exactly these lines."""

    lines: list[Line]

    def exact(self, model: Model) -> list[Line]:
        return self.lines

    def fault(self, model: Model, lines: list[Line]) -> str:
        return "" if tally(lines) == tally(self.lines) else f"expected {self.lines}, booked {lines}"


def tally(lines: list[Line]) -> Counter[tuple[str, str, str, str]]:
    """Lines as sums, whatever their order and number."""
    sums: Counter[tuple[str, str, str, str]] = Counter()
    for line in lines:
        sums[line.kind, line.lot, line.source, line.target] += line.quantity
    return Counter({key: total for key, total in sums.items() if total != ZERO})


@dataclass
class Booked:
    """Done: what moves, and what else follows. ``may_refuse``: statuses that would be right as well."""

    draws: list[Draw | Fixed] = field(default_factory=list)
    follow: Callable[[list[Line]], None] = lambda lines: None
    hear: Callable[[dict[str, Any]], Any] = lambda told: None  # what the answer told: ids that the program made
    statuses: set[int] = field(default_factory=lambda: {201})
    may_refuse: set[int] = field(default_factory=set)
    new_lots: list[Lot] = field(default_factory=list)
    why: str = ""

    def fault(self, model: Model, lines: list[Line]) -> str:
        """What is wrong with the lines that were booked; empty if nothing is."""
        if not self.draws:
            return f"nothing was to move, but {lines}" if lines else ""
        if len(self.draws) == 1:
            return self.draws[0].fault(model, lines)
        expected, rest = [], list(lines)
        for one in self.draws:
            exact = one.exact(model)
            if exact is not None:
                expected += exact
                continue
            assert isinstance(one, Draw)
            lots = {lot for _, lot in one.rows}
            fault = one.fault(model, [line for line in rest if line.lot in lots])
            if fault:
                return fault
            rest = [line for line in rest if line.lot not in lots]
        return Fixed(expected).fault(model, rest)


Verdict = Refused | Booked


class Unsettled(Exception):
    """What is right here is the subject of a finding that is open; the act is not sent until it is settled."""

    def __init__(self, finding: str) -> None:
        super().__init__(finding)
        self.finding = finding


def unsettled(finding: str) -> None:
    """What follows hangs on this finding: as long as it is open, the act is not sent."""
    if finding in KNOWN:
        raise Unsettled(finding)
