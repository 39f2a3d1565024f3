"""What a file would change, row by row: each field before and after (X15)."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from enum import Enum
from typing import Any

from core.quantities import write_quantity

SHOWN = 200  # rows that are shown; all are counted
NEW, CHANGED, SAME = "new", "changed", "same"


class Preview:
    """Counts what rows would do, and holds the first of those that do something, with what stands there now."""

    def __init__(self, labels: Mapping[str, str]) -> None:
        self.labels = labels  # by column of the table; a column without a label is not shown
        self.counts = {NEW: 0, CHANGED: 0, SAME: 0}
        self.rows: list[dict[str, Any]] = []

    def compare(self, number: int, what: str, there: Any, values: Mapping[str, Any], *, others: bool = False) -> str:
        """Note what a row of the file would do with the row that is there (None: it is new); returns it.

        ``others``: it differs in something that is no column as well.
        """
        fields = [
            (label, _word(getattr(there, name)) if there is not None else "", _word(values[name]))
            for name, label in self.labels.items()
            if name in values and (there is None or getattr(there, name) != values[name])
        ]
        differs = others or (there is not None and any(getattr(there, name) != value for name, value in values.items()))
        act = NEW if there is None else CHANGED if differs else SAME
        self.counts[act] += 1
        if act != SAME:
            self.show(number, what, act, fields)
        return act

    def show(self, number: int, what: str, act: str, fields: Sequence[tuple[str, str, str]]) -> None:
        """Hold a row for show: what it is about, what it does, and its fields with before and after."""
        if len(self.rows) < SHOWN:
            told = [{"label": label, "before": before, "after": after} for label, before, after in fields]
            self.rows.append({"row": number, "what": what, "act": act, "fields": told})

    def told(self) -> dict[str, Any]:
        """For the outcome of a run."""
        return {"changes": self.rows} if self.rows else {}


def _word(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, Decimal):
        return write_quantity(value)
    if isinstance(value, bool):
        return "✓" if value else "✗"
    return str(value)[:100]
