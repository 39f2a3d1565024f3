"""What a maker's code on a product says: GS1 element strings and product codes; others are kept as they are read."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session
from stdnum import ean

from core.errors import Refusal, bad_field
from core.languages import N_
from core.quantities import write_quantity
from inventory.catalogue.models import Item
from inventory.documents.models import PackCode
from inventory.stock.rules import month_end

if TYPE_CHECKING:
    from biip.gs1_element_strings import GS1ElementStrings
    from biip.gs1_messages import GS1Message

# biip is slow to import (its tables of prefixes): only where a code is taken apart
GROUP_SEPARATOR = "\x1d"
_VARIABLE = frozenset({"10", "21", "240", "241", "30", "37"})  # fields that end only with a separator
# What may follow a lot or serial number in a string that lost its separators
_NEXT = re.compile(r"(21|10|17\d{6}|11\d{6}|15\d{6}|30\d|240)")


@dataclass(frozen=True)
class MakersCode:
    """A maker's code taken apart. ``notes`` are sentences for the keeper; ``readings`` are the ways to read it.

    More than one reading: the scanner dropped a separator, and somebody must look at the label (T76).
    """

    raw: str
    gtin: str | None = None  # fourteen digits
    number: str | None = None
    serial: str | None = None
    asset: str | None = None  # somebody's number for one thing of theirs (AI 8004)
    made_on: date | None = None
    expires_on: date | None = None
    precision: str = "day"
    notes: list[str] = field(default_factory=list)
    readings: list[dict[str, str]] = field(default_factory=list)
    pack: str | None = None  # the first seven digits of a medicine's trace code name its pack (T101)

    @property
    def product(self) -> str | None:
        """What names the product and its pack."""
        return self.gtin or self.pack


def read_code(text: str, today: date) -> MakersCode:
    """Take a scanned text apart.

    GS1 element strings, GS1 Digital Links and bare product codes; refuses (422) one whose check digit does not fit.
    What is not GS1 comes back with its text alone (device codes of other agencies, T79); of a medicine's trace code
    the pack is known, and it is never read as GS1 (T101).
    """
    text = unicodedata.normalize("NFKC", text.strip()).replace("<GS>", GROUP_SEPARATOR)
    if re.fullmatch(r"\d{8}|\d{12,14}", text, re.ASCII):
        return MakersCode(text, gtin=_gtin(text))
    if re.fullmatch(r"8\d{19}", text, re.ASCII):
        return MakersCode(text, pack=text[:7])
    if re.match(r"https?://", text, re.IGNORECASE):
        return _linked(text, today)
    if text.startswith("("):
        from biip.gs1_messages import GS1Message

        message = _parsed(lambda: GS1Message.parse_hri(text))
    elif re.match(r"\](C1|d2|e0|Q3|J1)|01\d{14}", text, re.ASCII):
        import biip

        message = _parsed(lambda: biip.parse(text).gs1_message)
        if message is None:  # the parser read it as no message: say why a keeper should care
            raise bad_field("code", N_("this maker's code cannot be read; type what stands on the label"))
    else:
        return MakersCode(text)
    if message is None:
        return MakersCode(text)
    return _gathered(text, message.element_strings, _readings, today)


def _linked(text: str, today: date) -> MakersCode:
    """A GS1 Digital Link says in its path and query what an element string says; other addresses say nothing."""
    from biip import ParseError
    from biip.gs1_digital_link_uris import GS1DigitalLinkURI

    try:
        link = GS1DigitalLinkURI.parse(text)
    except (ParseError, ValueError):  # the latter for what is no address at all, such as http://[x]/
        return MakersCode(text)
    return _gathered(text, link.element_strings, lambda _text, _values: [], today)


def _parsed(parse: Any) -> "GS1Message | None":
    from biip import ParseError

    try:
        message: GS1Message | None = parse()
    except ParseError:
        raise bad_field("code", N_("this maker's code cannot be read; type what stands on the label")) from None
    return message


def _gtin(digits: str) -> str:
    if not ean.is_valid(digits):
        raise bad_field("code", N_("the check digit of this product code does not fit; scan it again"))
    return digits.zfill(14)


def _gathered(
    text: str,
    elements: "GS1ElementStrings",
    readings: Callable[[str, dict[str, str]], list[dict[str, str]]],
    today: date,
) -> MakersCode:
    values: dict[str, Any] = {}
    dates: dict[str, date] = {}
    for element in elements:
        values[element.ai.ai] = element.value
        if element.date is not None:
            dates[element.ai.ai] = _dated(element.value, today)
    expiry = "17" if "17" in values else "15"
    notes, precision = [], "day"
    if values.get(expiry, "").endswith("00"):
        # Day 00 is the month's last day (T03); marks made since 2025 should name the day, older stock does not (T04)
        notes.append(N_("this code names only the month; it is taken as the month's last day"))
        precision = "month"
    return MakersCode(
        raw=text,
        gtin=_gtin(values["01"]) if "01" in values else None,
        number=values.get("10"),
        serial=values.get("21"),
        asset=values.get("8004"),
        made_on=dates.get("11"),
        expires_on=dates.get(expiry),
        precision=precision,
        notes=notes,
        readings=readings(text, values),
    )


def _dated(digits: str, today: date) -> date:
    """YYMMDD: the year lies from 49 years back to 50 ahead of our clock's (T05), day 00 is the month's last (T03)."""
    first = today.year - 49
    year, month, day = first + (int(digits[:2]) - first) % 100, int(digits[2:4]), int(digits[4:6])
    try:
        return date(year, month, day) if day else month_end(year, month)
    except ValueError:  # a 29th of February that the parser, by its own clock, took for another century's
        raise bad_field("code", N_("this maker's code cannot be read; type what stands on the label")) from None


def _readings(text: str, values: dict[str, str]) -> list[dict[str, str]]:
    """The ways to read a last variable field that holds what may be another field's beginning (T76).

    Only where no separator stands anywhere: a scanner that keeps them keeps them all.
    """
    last = next(reversed(values), None)
    if last not in _VARIABLE or GROUP_SEPARATOR in text or text.startswith("("):
        return []
    whole = values[last]
    found = [{"number" if last == "10" else "serial": whole}] if last in ("10", "21") else []
    for cut in _NEXT.finditer(whole, 1):
        begins, rest = whole[: cut.start()], whole[cut.start() :]
        if rest[:2] in ("10", "21") and len(rest) > 2 and last in ("10", "21") and rest[:2] != last:
            names = ("number", "serial") if last == "10" else ("serial", "number")
            found.append({names[0]: begins, names[1]: rest[2:]})
    return found if len(found) > 1 else []


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


def explain_code(session: Session, text: str, today: date) -> CodeAnswer:
    """Take a maker's code apart and look its product up."""
    code = read_code(text, today)
    known = item_of(session, code.product) if code.product else None
    item, contains = known or (None, None)
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
        notes=code.notes,
        readings=code.readings,
    )


def item_of(session: Session, gtin: str) -> tuple[Item, Decimal] | None:
    """The item that a product code names, and how many base units that pack holds."""
    row = session.execute(
        select(Item, PackCode.contains).join(PackCode, PackCode.item_id == Item.id).where(PackCode.gtin == gtin)
    ).first()
    if row is not None:
        return row[0], row[1]
    item = session.execute(select(Item).where(Item.gtin.in_((gtin, gtin.lstrip("0")))).limit(1)).scalar_one_or_none()
    return (item, Decimal(1)) if item else None


def unknown_product(gtin: str | None) -> Refusal:
    """409: nobody has said yet what this product is; it can be proposed."""
    message = N_("the catalogue does not know this product; propose it, and an officer says what it is")
    return Refusal(409, "unknown-product", message, extra={"gtin": gtin})
