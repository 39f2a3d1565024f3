"""Quantities as people and programs write them: decimal strings."""

import re
from decimal import Decimal

from core.errors import bad_field
from core.languages import N_

_WRITTEN = re.compile(r"\d{1,9}(\.\d{1,3})?", re.ASCII)
LARGEST = Decimal("999999999.999")


def read_quantity(text: str, field: str = "quantity") -> Decimal:
    """Read a positive quantity such as ``"3"`` or ``"0.5"``.

    Raises a refusal naming the field when it is not a plain decimal above zero with at most three places.
    """
    if not _WRITTEN.fullmatch(text):
        raise bad_field(field, N_("write a plain number above zero, such as 3 or 0.5, with at most three decimals"))
    quantity = Decimal(text)
    if quantity == 0:
        raise bad_field(field, N_("the quantity must be above zero"))
    return quantity


def read_amount(text: str, field: str = "quantity") -> Decimal:
    """Read a quantity that may be zero, such as one that was counted or arrived."""
    if _WRITTEN.fullmatch(text.strip()) and Decimal(text) == 0:
        return Decimal(0)
    return read_quantity(text, field)


def percent(part: int, whole: int) -> int:
    """A share in whole per cent, rounded half up; 100 stands for all alone, and 0 for none. The one place for it."""
    if whole <= 0 or part <= 0:
        return 0
    if part >= whole:
        return 100
    return min(max((200 * part + whole) // (2 * whole), 1), 99)


def write_quantity(quantity: Decimal) -> str:
    """The shortest exact way to write a quantity: ``10``, ``0.5``, never ``1E+1``."""
    text = f"{quantity:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
