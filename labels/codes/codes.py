"""Label codes: what one looks like, and what a scanned or typed text turns out to be."""

import re
import secrets
from enum import StrEnum

import msgspec
from stdnum import ean
from stdnum.iso7064 import mod_37_2

from core.scanned import as_sent, other_layouts
from core.tags import read_tag

# No 0 O 1 I L: nothing that a keeper could read two ways over the radio. 31 is prime, so that the check character
# (ISO 7064 pure system) catches every single wrong character and every swap of neighbours.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
LENGTH = 8
_BASE = len(ALPHABET)
_BODIES = _BASE ** (LENGTH - 1)
_LETTERS = frozenset(ALPHABET)
_OUR_ADDRESS = re.compile(r"(?:https?://[^/?#]+)?(?:/[^?#]*)?/q/([^/?#]+)/?(?:[?#].*)?", re.IGNORECASE | re.DOTALL)
# What names an asset of ours to GS1 (AI 8004): the owner's company prefix, then our code; a Digital Link or an
# element string
_OUR_ASSET = re.compile(
    r"(?:https?://[^/?#]+(?:/[^?#]*)?/8004/|(?:\][A-Za-z]\d)?(?:8004|\(8004\)))"
    r"\d{6,12}([2-9A-HJKMNP-Z]{8})/?(?:[?#].*)?",
    re.DOTALL,
)


class Reading(StrEnum):
    """What a text is."""

    OURS = "ours"
    MISTYPED = "mistyped"  # has the form of our codes, but the check character says no
    PRODUCT = "product"  # EAN-13 or GTIN-14: names a product, not a piece (T77)
    GS1 = "gs1"  # element string or GS1 Digital Link
    DEVICE = "device"  # a device identification that is not GS1's (T79)
    TAG = "tag"  # an UHF RFID tag: an EPC, or an id of its own
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
    while True:
        left, code, check = secrets.randbelow(_BODIES), "", 0
        for _ in range(LENGTH - 1):
            left, letter = divmod(left, _BASE)
            code += ALPHABET[letter]
            check = 2 * (check + letter) % _BASE
        code += ALPHABET[(1 - check) % _BASE]  # as ``mod_37_2.calc_check_digit``: a city draws 400,000 at once
        if not code.isdecimal():  # see ``is_code``
            return code


def is_code(text: str) -> bool:
    """Whether this is one of our codes, check character and all. Never digits alone: that is what an EAN-8 is."""
    if len(text) != LENGTH or not _LETTERS.issuperset(text) or text.isdecimal():
        return False
    return mod_37_2.is_valid(text, alphabet=ALPHABET)


def spoken(code: str) -> str:
    """The code in two groups, as it stands on labels and is read out: ``7K3M-9QXW``."""
    return f"{code[:4]}-{code[4:]}"


def read_scan(text: str) -> Scan:
    """Return what a scanned or typed text is.

    Takes our codes in any case, full width, with blanks or hyphens (T83), and in the address of any host: labels
    outlive hosts (T81). What a scanner puts before it, or a keyboard of another layout makes of it, is undone (G3).
    """
    if is_code(text):  # as programs and our own pages ask: nothing to undo
        return Scan(Reading.OURS, text, text)
    scan = _read(as_sent(text))
    if scan.code is None:
        for meant in other_layouts(scan.text):
            tried = _read(meant)
            if tried.code is not None or tried.reading == Reading.GS1:
                return tried
    return scan


def _read(text: str) -> Scan:
    tag = read_tag(text)
    asset = _OUR_ASSET.fullmatch(f"8004{tag.asset}" if tag and tag.asset else text)
    if asset and is_code(asset.group(1)):
        return Scan(Reading.OURS, text, asset.group(1))
    address = _OUR_ADDRESS.fullmatch(text)
    bare = re.sub(r"[\s\-‐-―−_]", "", address.group(1) if address else text).upper()
    if is_code(bare):
        return Scan(Reading.OURS, text, bare)
    looks_ours = len(bare) == LENGTH and bare.isascii() and bare.isalnum()
    if address and looks_ours and _LETTERS.issuperset(bare):
        return Scan(Reading.MISTYPED, text)
    for reading, matches in _OTHERS:
        if reading == Reading.DEVICE and looks_ours:
            continue  # 9N…, AHM…: so short it is a slip in one of ours (T83); a device's code is longer
        if matches(text, bare):
            return Scan(reading, text)
    return Scan(Reading.MISTYPED if looks_ours else Reading.UNKNOWN, text)


def _is_medicine(_text: str, bare: str) -> bool:
    return bool(re.fullmatch(r"8\d{19}", bare, re.ASCII))


def _is_product(_text: str, bare: str) -> bool:
    return bool(re.fullmatch(r"\d{8}|\d{12,14}", bare, re.ASCII)) and ean.is_valid(bare)


def _is_gs1(text: str, _bare: str) -> bool:
    """A Digital Link, or an element string: marked by its scanner, in brackets, or beginning with a GTIN (T76)."""
    if re.match(r"https?://", text, re.IGNORECASE):
        return bool(re.match(r"[^?#]+/(01|8004|8006)/\d", text))
    return bool(re.match(r"\](C1|d2|e0|Q3|J1)|\(\d{2,4}\)\S|01\d{14}", text, re.ASCII))


def _is_tag(text: str, _bare: str) -> bool:
    return read_tag(text) is not None


def _is_device(text: str, _bare: str) -> bool:
    return scheme_of(text) is not None


def scheme_of(text: str) -> str | None:
    """By whose rules a code names a product, where these are not GS1's (T79); none of any other text."""
    return next((name for name, form in _SCHEMES.items() if form.match(text)), None)


def _is_address(text: str, _bare: str) -> bool:
    return bool(re.match(r"[a-z][a-z0-9+.\-]*://|www\.|([a-z0-9\-]+\.)+[a-z]{2,}(/|$)", text, re.IGNORECASE))


_SCHEMES = {
    "MA": re.compile(r"(MA\.\d|//MA)", re.IGNORECASE),
    "AHM": re.compile(r"(\+?AHM|//AHM)", re.IGNORECASE),
    # ANSI/HIBC 2.6: a labeller's code of a letter and three characters; or the second code with date and lot alone
    "HIBC": re.compile(r"\+([A-Z][A-Z0-9]{3}[A-Z0-9]{1,18}\d[0-9A-Z\-. $/+%]?(/.*)?|\${1,2}\+?[0-9A-Z].*)$"),
    # IFA: a PPN alone, or in the envelope of ISO/IEC 15434 (format 06) with lot and date
    "PPN": re.compile(r"(\[\)>\W*06\W*)?9N[0-9A-Z]{4,22}"),
    "ISBT 128": re.compile(r"=[A-NP-Z1-9]\d{4}\d{8}"),
}
_OTHERS = (
    (Reading.MEDICINE, _is_medicine),
    (Reading.PRODUCT, _is_product),
    (Reading.GS1, _is_gs1),
    (Reading.TAG, _is_tag),
    (Reading.DEVICE, _is_device),
    (Reading.FOREIGN, _is_address),
)
