"""A second measure of an item: hose is counted in rolls, a standard asks for its metres (T60)."""

from decimal import Decimal

import msgspec

from core.quantities import write_quantity


class Measure(msgspec.Struct, frozen=True):
    """A quantity in an item's second measure, such as 120 m."""

    quantity: str
    unit_zh: str
    unit_en: str


def measured(quantity: Decimal, per: Decimal | None, unit_zh: str | None, unit_en: str | None) -> Measure | None:
    """A quantity in base units, in the second measure of which a base unit has ``per``; None without one."""
    if not per:
        return None
    return Measure(write_quantity(quantity * per), unit_zh or "", unit_en or unit_zh or "")
