"""Pure rules of asset facts: money as people write it, and what a thing is worth on the books."""

import re
from datetime import date

from core.errors import bad_field
from core.languages import N_

_WRITTEN = re.compile(r"\d{1,9}(\.\d{1,2})?", re.ASCII)


def read_fen(text: str, field: str) -> int:
    """An amount in yuan, such as 1280 or 1280.50, as whole fen."""
    said = text.strip().replace(",", "").replace("，", "").removeprefix("¥")
    if not _WRITTEN.fullmatch(said):
        raise bad_field(field, N_("write an amount in yuan, such as 1280 or 1280.50"))
    yuan, _, fen = said.partition(".")
    return int(yuan) * 100 + int(fen.ljust(2, "0") or 0)


def write_yuan(fen: int) -> str:
    """An amount in yuan with both places: ``1280.50``."""
    return f"{fen // 100}.{fen % 100:02}"


def show_yuan(fen: int) -> str:
    """An amount as a page shows it: ``¥2,913,236`` from a thousand yuan on, ``¥12.80`` below."""
    return f"¥{round(fen / 100):,}" if fen >= 100_000 else f"¥{write_yuan(fen)}"


def book_value(price_fen: int, bought_on: date | None, life_years: int | None, today: date) -> int:
    """What is left of a price, written off evenly over its years: by whole months, rounded down, never below 0.

    Without a day of purchase or without years nothing is written off.
    """
    if bought_on is None or not life_years:
        return price_fen
    months = (today.year - bought_on.year) * 12 + today.month - bought_on.month - (today.day < bought_on.day)
    whole = life_years * 12
    return price_fen * (whole - min(max(months, 0), whole)) // whole
