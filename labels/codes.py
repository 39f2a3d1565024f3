"""Label codes: what one looks like, and what a scanned or typed text turns out to be."""

import re
import secrets
import unicodedata
from enum import StrEnum
from urllib.parse import urlsplit

import msgspec
from stdnum import ean
from stdnum.iso7064 import mod_37_2

# No 0 O 1 I L: nothing that a keeper could read two ways over the radio. 31 is prime, so that the check character
# (ISO 7064 pure system) catches every single wrong character and every swap of neighbours.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
LENGTH = 8


class Reading(StrEnum):
    """What a text is."""

    OURS = "ours"
    MISTYPED = "mistyped"  # has the form of our codes, but the check character says no
    PRODUCT = "product"  # EAN-13 or GTIN-14: names a product, not a piece (T77)
    GS1 = "gs1"  # element string or GS1 Digital Link
    DEVICE = "device"  # a device identification that is not GS1's (T79)
    MEDICINE = "medicine"  # 20-digit trace code of a medicine (T101)
    FOREIGN = "foreign"  # an address of somebody else's, such as a maker's certificate page (T100)
    UNKNOWN = "unknown"


class Scan(msgspec.Struct, frozen=True):
    """A text that was scanned or typed, and what it is. ``code`` is set for our own."""

    reading: Reading
    text: str
    code: str | None = None


def new_code() -> str:
    """A fresh random code with its check character. That it is new, the database's key makes sure."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH - 1))
    return body + mod_37_2.calc_check_digit(body, alphabet=ALPHABET)


def is_code(text: str) -> bool:
    """Whether this is one of our codes, check character and all."""
    return len(text) == LENGTH and set(text) <= set(ALPHABET) and mod_37_2.is_valid(text, alphabet=ALPHABET)


def spoken(code: str) -> str:
    """The code in two groups, as it stands on labels and is read out: ``7K3M-9QXW``."""
    return f"{code[:4]}-{code[4:]}"


def read_scan(text: str) -> Scan:
    """Tell what a scanned or typed text is.

    Takes our codes in any case, full width, with blanks or hyphens (T83), and in the address of any host: labels
    outlive hosts (T81).
    """
    text = unicodedata.normalize("NFKC", text).strip()
    ours = re.fullmatch(r"(?:https?://[^/]+)?/q/([^/?#]+)/?(?:[?#].*)?", text, re.IGNORECASE)
    bare = re.sub(r"[\s\-‐-―_]", "", ours.group(1) if ours else text).upper()
    if is_code(bare):
        return Scan(Reading.OURS, text, bare)
    for reading, matches in _OTHERS:
        if matches(text, bare):
            return Scan(reading, text)
    if len(bare) == LENGTH and bare.isascii() and bare.isalnum():
        return Scan(Reading.MISTYPED, text)
    return Scan(Reading.UNKNOWN, text)


def _is_medicine(_text: str, bare: str) -> bool:
    return bool(re.fullmatch(r"8\d{19}", bare, re.ASCII))


def _is_product(_text: str, bare: str) -> bool:
    return bool(re.fullmatch(r"\d{8}|\d{12,14}", bare, re.ASCII)) and ean.is_valid(bare)


def _is_gs1(text: str, bare: str) -> bool:
    if re.match(r"https?://", text, re.IGNORECASE):
        return bool(re.search(r"/(01|8004|8006)/\d", urlsplit(text).path))
    return bool(re.match(r"(\][A-Za-z]\d)?\(?01\)?\d{14}", text, re.ASCII)) and len(bare) > 14


def _is_device(text: str, _bare: str) -> bool:
    return bool(re.match(r"(MA\.|\+?AHM|//(MA|AHM))", text, re.IGNORECASE))


def _is_address(text: str, _bare: str) -> bool:
    return bool(re.match(r"[a-z][a-z0-9+.\-]*://|www\.", text, re.IGNORECASE))


_OTHERS = (
    (Reading.MEDICINE, _is_medicine),
    (Reading.PRODUCT, _is_product),
    (Reading.GS1, _is_gs1),
    (Reading.DEVICE, _is_device),
    (Reading.FOREIGN, _is_address),
)
