"""Weights as offices write them: a number in kilograms, or with its unit behind it or in the heading of its column."""

import re
from decimal import Decimal

from core.languages import N_
from inventory.exchange.cells import Cell, Wrong, fold, measured, shown
from inventory.exchange.reading import Row, WrongField

FIELD = "weight_kg"
_REMARKS = re.compile(r"[/／(（)）\[\]【】]")
_MOST = Decimal(10**6)
_KILOGRAMS = {
    **dict.fromkeys(("kg", "kgs", "公斤", "千克", "kilogram", "kilograms"), Decimal(1)),
    **dict.fromkeys(("g", "克", "gram", "grams"), Decimal("0.001")),
    **dict.fromkeys(("t", "吨", "tonne", "tonnes"), Decimal(1000)),
    "斤": Decimal("0.5"),
}


def weight(cell: Cell) -> tuple[Decimal, str]:
    """A weight and the unit behind it, if one is written there: "4.5", "4.5 kg", "500g", "２吨"."""
    amount, unit = measured(cell) or (None, "")
    if amount is None or (unit and fold(unit) not in _KILOGRAMS):
        raise Wrong(
            N_("{value} is not a weight"), N_("write it in kilograms, such as 4.5, or as 500 g"), value=shown(cell)
        )
    return amount, fold(unit)


def kilograms(row: Row) -> Decimal | None:
    """What a row says that one weighs; none where it says 0. The unit may stand in the heading, such as 重量（g）."""
    amount, unit = row.get(FIELD)
    above = [word for part in _REMARKS.split(row.headers.get(FIELD, ""))[1:] if (word := fold(part))]
    unknown = next((word for word in above if word not in _KILOGRAMS), None)
    if unknown and not unit:
        raise WrongField(
            FIELD,
            N_("{value} is no unit of weight that is known here"),
            N_("write it in kilograms, such as 4.5, or as 500 g"),
            value=unknown,
        )
    kg = Decimal(amount * _KILOGRAMS[unit or (above or ["kg"])[0]])
    if kg > _MOST or kg != round(kg, 3):  # what is larger cannot be rounded
        raise WrongField(
            FIELD, N_("a weight is written to the gram"), N_("write it in kilograms, such as 4.5, or as 500 g")
        )
    return kg or None
