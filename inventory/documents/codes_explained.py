"""What a maker's code says, and which item it names for who asks."""

from datetime import date

import msgspec
from sqlalchemy.orm import Session

from core.quantities import write_quantity
from inventory.documents.learning import LEARNT, matched_by_hand
from inventory.documents.makers_codes import item_of, read_code
from people.policy import Caller


class CodeAnswer(msgspec.Struct, frozen=True):
    """What a maker's code says, and which item of the catalogue it names, if it is known."""

    raw: str
    gtin: str | None
    item: str | None
    item_zh: str | None
    item_en: str | None
    contains: str | None  # base units in the pack that carries this code (T78)
    number: str | None
    serial: str | None
    made_on: date | None
    expires_on: date | None
    precision: str
    notes: list[str]
    readings: list[dict[str, str]]


def explain_code(session: Session, caller: Caller, text: str, today: date) -> CodeAnswer:
    """Take a maker's code apart and look its product up, else what keepers within reach have matched it to."""
    code = read_code(text, today)
    known = item_of(session, code.product) if code.product else None
    item, contains = known or (None, None)
    notes = code.notes
    if code.product and item is None:
        item = matched_by_hand(session, caller, code.product)
        notes = [*notes, LEARNT] if item else notes
    return CodeAnswer(
        raw=code.raw,
        gtin=code.gtin,
        item=item.code if item else None,
        item_zh=item.name_zh if item else None,
        item_en=item.name_en if item else None,
        contains=write_quantity(contains) if contains else None,
        number=None if code.readings else code.number,
        serial=None if code.readings else code.serial,
        made_on=code.made_on,
        expires_on=code.expires_on,
        precision=code.precision,
        notes=notes,
        readings=code.readings,
    )
