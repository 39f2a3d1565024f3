"""What going through a file comes to: its faults, and what was left out or filled in."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from core.languages import N_, say

MOST_FAULTS = 1000  # kept; more are counted


class Fault(msgspec.Struct, frozen=True):
    """One thing that is wrong: where, what, and how to mend it (text ids with their params)."""

    sheet: str
    row: int
    column: str  # letter; empty: the whole row
    header: str
    value: str
    message: str
    mend: str
    params: dict[str, Any] = {}

    def told(self, language: str) -> tuple[str, str]:
        """What is wrong and how to mend it, in a language."""
        # kept as JSON, a pair of names in both languages comes back as a list
        params = {name: tuple(value) if _is_pair(value) else value for name, value in self.params.items()}
        return say(language, self.message, **params), say(language, self.mend, **params)


def _is_pair(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(isinstance(one, str) for one in value)


class Note(msgspec.Struct, frozen=True):
    """Something that was done with rows without a fault: why (a text id), with how many, and which."""

    why: str
    count: int
    rows: str


@dataclass
class Findings:
    """The faults of a file: all counted, by kind as well, the first thousand kept; and what was left out, and why."""

    count: int = 0
    faults: list[Fault] = field(default_factory=list)
    rows: int = 0
    kinds: Counter[tuple[str, str]] = field(default_factory=Counter)  # by what is wrong and the column's header
    left_out: dict[str, list[int]] = field(default_factory=dict)  # rows, by why

    def note(self, fault: Fault) -> None:
        self.count += 1
        self.kinds[fault.message, fault.header] += 1
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(fault)

    def leave_out(self, why: str, row: int) -> None:
        self.left_out.setdefault(why, []).append(row)

    def notes(self) -> list[Note]:
        """What was left out or filled in, for who brings the file in."""
        return [Note(why, len(rows), _told_rows(rows)) for why, rows in self.left_out.items()]

    def told(self) -> dict[str, Any]:
        """What is said of the rows beside the figures: what was left out, how many faults there are of each kind."""
        kinds = [{"message": what, "header": header, "count": n} for (what, header), n in self.kinds.most_common(50)]
        said = {"notes": self.notes(), "kinds": kinds}
        return {name: told for name, told in said.items() if told}


ZERO = N_("a quantity of 0: nothing to book")
HIDDEN_ROWS = N_("hidden rows were left out")
HIDDEN_SHEET = N_("rows of a hidden sheet were left out")
FOOTNOTE = N_("taken for a sum, a footnote or a repeated header")
NO_TABLE = N_("a sheet without the columns that are needed was not read")
CARRIED = N_("without a name of their own: it was taken from the row above")


def _told_rows(rows: Sequence[int]) -> str:
    """Row numbers, neighbours as one stretch, the first few."""
    stretches: list[list[int]] = []
    for row in rows:
        if stretches and row == stretches[-1][1] + 1:
            stretches[-1][1] = row
        else:
            stretches.append([row, row])
    said = ", ".join(f"{first}" if first == last else f"{first}–{last}" for first, last in stretches[:6])
    return said + (" …" if len(stretches) > 6 else "")
