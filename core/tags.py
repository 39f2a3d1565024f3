"""Tags that a UHF reader reads: what their code says by GS1's Tag Data Standard, and one way to write each.

Readers write the same tag in hexadecimal digits with or without blanks, padded to whole words or not, or as a URI; the
filter value says nothing of the thing. All come to one text, so that a tag that was bound once is always recognised.
"""

import re
from dataclasses import dataclass

from core.scanned import as_sent

# Whole words of 16 bits, from 64 bits (ISO 15693) to 496 bits (the longest that a Gen2 tag reports), or the 198 and
# 202 bits of the standard's longer schemes as they are. Never what begins like a GS1 element string (T76)
_HEX = re.compile(r"(?:0x|x)?(?!01\d{14})((?:[0-9A-F]{4}){4,31}|[0-9A-F]{50,51})", re.IGNORECASE)
_RAW = re.compile(r"urn:epc:raw:\d{2,3}\.x([0-9A-F]{4,124})", re.IGNORECASE)
_UUID = re.compile(r"[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}", re.IGNORECASE)
_HEADERS = frozenset(f"{header:02X}" for header in range(0x2C, 0x40))  # of all EPCs (TDS 1.13, table 14-1)
SCHEME = "urn:epc:"  # every tag's text begins with it


@dataclass(frozen=True)
class Tag:
    """One tag. ``text``: its URI by which it is stored and compared, whatever way the reader wrote it."""

    text: str
    gtin: str | None = None  # fourteen digits
    serial: str | None = None
    asset: str | None = None  # its owner's number for the thing: the company prefix, then a reference (AI 8004)
    blank: bool = False  # as it left the factory, or without a serial number: many tags say the same


def read_tag(raw: str) -> Tag | None:
    """Return what a scanned or typed text says, if it is a tag's: hexadecimal digits, or a URI of EPC's."""
    text = as_sent(raw)
    if text.lower().startswith(SCHEME):
        found = _RAW.fullmatch(text)
        return _of_hex(found[1].upper()) if found else _of_uri(text)
    if _UUID.fullmatch(text):
        return None
    found = _HEX.fullmatch(re.sub(r"[ :\-]", "", text))
    if found is None:
        return None
    tag = _of_hex(found[1].upper())
    # Digits alone are some other number, unless they are sound as an EPC
    other = found[1].isdecimal() and tag.text.startswith(f"{SCHEME}raw:") and not tag.blank
    return None if other else tag


def _of_hex(digits: str) -> Tag:
    raw = Tag(f"{SCHEME}raw:{len(digits) * 4}.x{digits}", blank=set(digits) <= {"0"} or set(digits) <= {"F"})
    if digits[:2] not in _HEADERS:
        return raw
    # slow to import: only where a tag is read
    from epcpy.utils.common import ConvertException
    from epcpy.utils.parsers import hex_to_tag_encodable

    try:
        return _of_scheme(hex_to_tag_encodable(digits))
    except (ConvertException, ValueError, KeyError, IndexError):  # no EPC, or one of its owner's own making
        return raw


def _of_uri(text: str) -> Tag | None:
    from epcpy.utils.common import ConvertException
    from epcpy.utils.parsers import epc_pure_identity_to_scheme, tag_uri_to_tag_encodable

    kind = text[len(SCHEME) :].partition(":")[0].lower()
    uri = SCHEME + text[len(SCHEME) :]
    read = {"id": epc_pure_identity_to_scheme, "tag": tag_uri_to_tag_encodable}.get(kind)
    try:
        return _of_scheme(read(uri)) if read else None
    except (ConvertException, ValueError, KeyError, IndexError):
        return None


def _of_scheme(scheme: object) -> Tag:
    from epcpy.epc_schemes.giai import GIAI
    from epcpy.epc_schemes.sgtin import SGTIN

    uri: str = scheme.epc_uri  # type: ignore[attr-defined]  # every scheme has it
    if isinstance(scheme, SGTIN):
        product, serial = re.fullmatch(r"\(01\)(\d{14})\(21\)(.+)", scheme.gs1_element_string()).groups()  # type: ignore[union-attr]
        return Tag(uri, gtin=product, serial=serial, blank=serial == "0" or not int(product))
    if isinstance(scheme, GIAI):
        return Tag(uri, asset=scheme.gs1_key())
    return Tag(uri)
