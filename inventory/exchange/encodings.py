"""The encoding of a text file: by its mark, else the one in which it is made of everyday characters (X9)."""

import codecs
import io
import unicodedata
from collections import Counter
from functools import cache
from pathlib import Path

from core.errors import Refusal, bad_field
from core.languages import N_

_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_WESTERN = frozenset("äöüßÄÖÜéèêëáàâãåæçíìîïñóòôõøœúùûýÿÉÈÊÀÁÂÃÅÆÇÍÑÓÔÕØÚÛŒšžŠŽ°²³µ·–—‘’“”„…€£§®©™½¼¾×±«»¿¡´\xa0")
_MOSTLY = 0.6  # of a text's characters beyond ASCII are everyday ones of its own encoding
_NEARLY_ALL = 0.9


def encoding_of(path: Path) -> str:
    """The encoding of a text file. Refuses (422) one that is none of those that offices write, or that is in doubt."""
    with path.open("rb") as file:
        start = file.read(4)
    for mark, encoding in _BOMS:
        if start.startswith(mark):
            if _letters(path, encoding) is None:
                raise _not_text()
            return encoding
    if _letters(path, "utf-8") is not None:
        return "utf-8"
    return _legacy(path)


def _legacy(path: Path) -> str:
    """Chinese of the mainland or of Hong Kong and Taiwan, or Western: whose everyday characters the text has."""
    mainland = _letters(path, "gb18030")
    if mainland is not None and _share(mainland, _everyday("gb2312", 0xA1, 0xD7)) >= _MOSTLY:
        return "gb18030"
    overseas = _letters(path, "big5hkscs")
    if overseas is not None and _share(overseas, _everyday("big5", 0xA1, 0xC6)) >= _NEARLY_ALL:
        return "big5hkscs"
    western = _letters(path, "cp1252")
    share = _share(western, _WESTERN) if western is not None else 0.0
    if share >= _NEARLY_ALL:
        return "cp1252"
    if mainland is None:
        raise _not_text()
    if share >= _MOSTLY:
        raise _in_doubt(path)
    return "gb18030"


def _letters(path: Path, encoding: str) -> Counter[str] | None:
    """How often each character beyond ASCII stands in the text; none if it is not of this encoding."""
    found: Counter[str] = Counter()
    try:
        with io.TextIOWrapper(path.open("rb"), encoding=encoding, errors="strict", newline="") as file:
            while part := file.read(1 << 20):
                if not part.isascii():
                    found.update(char for char in part if char > "\x7f")
                if "\0" in part:
                    return None
    except UnicodeError:
        return None
    if encoding not in ("utf-8", "utf-8-sig", "utf-16") and any(map(_odd, found)):
        return None
    return found


def _share(found: Counter[str], everyday: frozenset[str]) -> float:
    return sum(n for char, n in found.items() if char in everyday) / max(found.total(), 1)


@cache
def _everyday(encoding: str, first: int, last: int) -> frozenset[str]:
    """The characters whose first byte lies in the standard's ranges of signs and of the most frequent characters."""
    found = set()
    for high in range(first, last + 1):
        for low in range(0x40, 0xFF):
            try:
                found.add(bytes((high, low)).decode(encoding))
            except UnicodeDecodeError:
                continue
    return frozenset(found)


def _odd(char: str) -> bool:
    """A character that no office writes: what bytes of another encoding turn into."""
    return unicodedata.category(char) in ("Cn", "Co", "Cs", "Cc")


def _in_doubt(path: Path) -> Refusal:
    """422: a line of the text, read in both ways."""
    lines = path.read_bytes().split(b"\n")
    line = next((line.strip() for line in lines if any(byte > 0x7F for byte in line)), b"")[:60]
    return bad_field(
        "file",
        N_("this text can be read as {first} or as {second}; save the file as CSV UTF-8"),
        first=line.decode("gb18030", "replace"),
        second=line.decode("cp1252", "replace"),
    )


def _not_text() -> Refusal:
    return bad_field("file", N_("this text is neither UTF-8 nor GB18030; save the file as CSV UTF-8"))
