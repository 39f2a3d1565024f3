"""What a maker's code on a product says: GS1 element strings and product codes; others are kept as they are read."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from stdnum import ean

from core.errors import Refusal, bad_field
from core.languages import N_
from core.scanned import GROUP_SEPARATOR, as_sent
from core.tags import read_tag
from inventory.catalogue.models import Item
from inventory.documents.models import PackCode
from inventory.stock.rules import month_end

if TYPE_CHECKING:  # biip is slow to import (its tables of prefixes): only where a code is taken apart
    from biip.gs1_element_strings import GS1ElementStrings
    from biip.gs1_messages import GS1Message

LONGEST_FIELD = 20  # characters of a lot or serial number (GS1 General Specifications 3.4, 3.5)
_DATED = re.compile(r"(11|13|15|16|17)(\d{6})", re.ASCII)
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

    GS1 element strings, GS1 Digital Links, RFID tags, bare product codes; refuses (422) one with a wrong check digit.
    What is not GS1 comes back with its text alone (device codes of other agencies, T79); of a medicine's trace code
    the pack is known, and it is never read as GS1 (T101).
    """
    text = as_sent(text)
    tag = read_tag(text)
    if tag is not None:
        return MakersCode(text, gtin=tag.gtin, serial=tag.serial if tag.gtin else None, asset=tag.asset)
    if re.fullmatch(r"\d{8}|\d{12,14}", text, re.ASCII):
        return MakersCode(text, gtin=_gtin(text))
    if re.fullmatch(r"8\d{19}", text, re.ASCII):
        return MakersCode(text, pack=text[:7])
    if re.match(r"https?://", text, re.IGNORECASE):
        return _linked(text, today)
    if re.match(r"\(\d{2,4}\)", text, re.ASCII):
        import biip

        message = _parsed(lambda: biip.parse(f"]C1{_from_brackets(text)}").gs1_message)
    elif re.match(r"\](C1|d2|e0|Q3|J1)|01\d{14}", text, re.ASCII):
        import biip

        try:
            message = biip.parse(re.sub(r"^\]\w\d", "]C1", text)).gs1_message
        except biip.ParseError:
            message = None
        if message is None:  # a separator is missing, or a field is unknown: what stands first is certain (G1)
            return _certain(text, today)
    else:
        return MakersCode(text)
    if message is None:
        return MakersCode(text)
    return _gathered(text, message.element_strings, _readings, today)


def _from_brackets(text: str) -> str:
    """What is printed in brackets, as an element string; brackets round anything but an identifier belong to a value
    (G2)."""
    parts = re.split(r"\((\d{2,4})\)", text)[1:]
    return GROUP_SEPARATOR.join(f"{ai}{value.strip()}" for ai, value in zip(parts[::2], parts[1::2], strict=True))


def _certain(text: str, today: date) -> MakersCode:
    """The product and the dates that stand first in a string whose end cannot be taken apart, with the ways to read
    the end (G1). Refuses (422) a string without a sound product code."""
    body = re.sub(r"^\]\w\d", "", text)
    gtin, rest = _gtin(body[2:16]) if body.startswith("01") else None, body[16:]
    if gtin is None:
        raise bad_field("code", N_("this maker's code cannot be read; type what stands on the label"))
    dates: dict[str, date] = {}
    month = False
    while found := _DATED.match(rest):
        dates[found[1]] = _dated(found[2], today)
        month = month or (found[1] in ("15", "17") and found[2].endswith("00"))
        rest = rest[found.end() :].lstrip(GROUP_SEPARATOR)
    name = {"10": "number", "21": "serial"}.get(rest[:2])
    ways = _splits(rest[:2], rest[2:]) if name and GROUP_SEPARATOR not in rest else []
    return MakersCode(
        raw=text,
        gtin=gtin,
        made_on=dates.get("11"),
        expires_on=dates.get("17") or dates.get("15"),
        precision="month" if month else "day",
        notes=[N_("the end of this code cannot be read for sure; type the number that stands on the label")],
        readings=ways,
    )


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
    found = _splits(last, values[last])
    return found if len(found) > 1 else []


def _splits(first: str, whole: str) -> list[dict[str, str]]:
    """A lot or serial number, or one with the other behind it; neither is longer than GS1 allows."""
    if first not in ("10", "21"):
        return []
    names = ("number", "serial") if first == "10" else ("serial", "number")
    found = [{names[0]: whole}] if len(whole) <= LONGEST_FIELD else []
    for cut in _NEXT.finditer(whole, 1):
        begins, rest = whole[: cut.start()], whole[cut.start() + 2 :]
        other = whole[cut.start() : cut.start() + 2] in ("10", "21") and not whole.startswith(first, cut.start())
        if other and 0 < len(rest) <= LONGEST_FIELD and len(begins) <= LONGEST_FIELD:
            found.append({names[0]: begins, names[1]: rest})
    return found


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
