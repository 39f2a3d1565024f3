"""What a thing weighs with all that belongs in it, and what lies on a shelf together."""

from collections.abc import Iterable
from decimal import ROUND_UP, Decimal
from functools import partial
from typing import Any

from sqlalchemy import BigInteger, case, func, select, type_coerce
from sqlalchemy.orm import aliased

from inventory.catalogue.models import Item, KitLine, carries
from labels.printing.door_text import Load

MILLION = Decimal(10**6)
TEN_GRAMS = Decimal("0.01")
_part: Any = aliased(Item)
# What the parts of a kit's or vehicle's list weigh, in millionths of a kilogram (thousandths of thousandths); none
# unless all of it is known: whoever lifts must not be misled
_in_thousandths = partial(type_coerce, type_=BigInteger)
PARTS_WEIGH: Any = (
    select(
        case(
            (func.count() == 0, 0),
            (
                func.count() == func.count(_part.weight_kg),
                func.sum(_in_thousandths(KitLine.quantity) * _in_thousandths(_part.weight_kg)),
            ),
        )
    )
    .select_from(KitLine)
    .join(_part, _part.id == KitLine.item_id)
    .where(KitLine.kit_item_id == Item.id)
    .correlate(Item)
    .scalar_subquery()
    .label("parts_weigh")
)


def weight_of(row: Any) -> Decimal | None:
    """What one of a thing weighs, a kit or vehicle with what belongs in it; None if that is not wholly known."""
    each: Decimal | None = row.weight_kg
    if each is None or not carries(row.holds):
        return each
    if row.parts_weigh is None:
        return None
    return (each + Decimal(int(row.parts_weigh)) / MILLION).quantize(TEN_GRAMS, ROUND_UP)


def load_of(rows: Iterable[Any]) -> Load | None:
    """What rows with a ``quantity`` weigh together; None if nothing is known of it."""
    weighed = [(weight_of(row), row.quantity) for row in rows]
    known = [each * quantity for each, quantity in weighed if each is not None]
    if not known:
        return None
    return Load(sum(known, Decimal(0)).quantize(TEN_GRAMS, ROUND_UP), len(weighed) - len(known))
