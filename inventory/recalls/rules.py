"""Pure rules of recalls: what a recall is about."""

from collections.abc import Iterable
from enum import StrEnum


class Verdict(StrEnum):
    """Whether a recall is about a lot."""

    AFFECTED = "affected"
    CANNOT_EXCLUDE = "cannot_exclude"
    CLEAR = "clear"


def concerns(maker: str, number: str, lot_maker: str | None, lot_numbers: Iterable[str | None]) -> Verdict:
    """Whether a recall of this maker and number (empty: any) is about a lot with this maker and numbers (T70, T71).

    One thing that differs clears it. What is not on record clears nothing: then it cannot be excluded.
    """
    known = {_plain(text) for text in lot_numbers if text and text.strip()}
    told = [(_plain(maker), {_plain(lot_maker)} if lot_maker and lot_maker.strip() else set())] if maker.strip() else []
    told += [(_plain(number), known)] if number.strip() else []
    if any(there and wanted not in there for wanted, there in told):
        return Verdict.CLEAR
    return Verdict.AFFECTED if all(there for _, there in told) else Verdict.CANNOT_EXCLUDE


def _plain(text: str) -> str:
    """As people compare numbers on packs: case and blanks do not matter."""
    return "".join(text.casefold().split())
