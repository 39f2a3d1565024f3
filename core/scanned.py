"""What scanners and keyboards do to a code on its way is undone: prefixes, separators, layouts, full width (G3)."""

import re
import unicodedata

from core.inputs import without_marks

GROUP_SEPARATOR = "\x1d"
# How readers and copied texts write the separator that is no character of a keyboard
_SEPARATORS = re.compile(r"<GS>|\{GS\}|\[GS\]|<FNC1>|\{FNC1\}|\\x1d|\\u001d|\x1d|␝|\^\]|\x1e(?=\d)", re.IGNORECASE)
# A symbology identifier (ISO/IEC 15424), such as ]Q1 before what a QR says; Caps Lock turns its letter round
_IDENTIFIER = re.compile(r"\]([A-Za-z])([0-9A-Za-z])(?=.)", re.DOTALL)
_GS1 = frozenset({"c1", "d2", "e0", "q3", "j1"})
_ADDRESS = re.compile(r"https?://[^\s/]+/\S*", re.IGNORECASE)
# What an input method for Chinese makes of marks that are not full-width forms of themselves
_CHINESE = str.maketrans("。、，《》·￥“”‘’", "./,<>`$\"\"''")
_US_KEYS = "abcdefghijklmnopqrstuvwxyz1234567890-=[];'\\`,./"
_US_SHIFT = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ!@#$%^&*()_+{}:"|~<>?'
# What the same keys type, without and with Shift, where the computer's layout is another than the scanner's
_LAYOUTS = {
    "de": (
        "abcdefghijklmnopqrstuvwxzy1234567890ß´ü+öä#^,.-",
        "ABCDEFGHIJKLMNOPQRSTUVWXZY!\"§$%&/()=?`Ü*ÖÄ'°;:_",
    ),
    "fr": (
        "qbcdefghijkl,noparstuvzxyw&é\"'(-è_çà)=^$mù*²;:!",
        "QBCDEFGHIJKL?NOPARSTUVZXYW1234567890°+¨£M%µ~./§",
    ),
    "es": (
        "abcdefghijklmnopqrstuvwxyz1234567890'¡`+ñ´çº,.-",
        'ABCDEFGHIJKLMNOPQRSTUVWXYZ!"·$%&/()=?¿^*Ñ¨Çª;:_',
    ),
    "ru": (
        "фисвуапршолдьтщзйкыегмцчня1234567890-=хъжэ\\ёбю.",
        'ФИСВУАПРШОЛДЬТЩЗЙКЫЕГМЦЧНЯ!"№;%:?*()_+ХЪЖЭ/ЁБЮ,',
    ),
}
_BACK = [
    {typed: key for typed, key in zip(plain + shifted, _US_KEYS + _US_SHIFT, strict=True)}
    for plain, shifted in _LAYOUTS.values()
]


def as_sent(raw: str) -> str:
    """A scanned or typed text as the symbol holds it, its symbology identifier taken off unless it says GS1."""
    text = _SEPARATORS.sub(GROUP_SEPARATOR, raw)
    text = unicodedata.normalize("NFKC", without_marks(text)).translate(_CHINESE).strip().strip(GROUP_SEPARATOR)
    found = _IDENTIFIER.match(text)
    if found is None:
        return text
    rest = text[found.end() :].lstrip(GROUP_SEPARATOR)
    if (found[1] + found[2]).lower() not in _GS1 or re.fullmatch(r"\d{8}|\d{12,13}|\d{14}", rest, re.ASCII):
        return rest.strip()
    if _ADDRESS.match(rest):  # a QR that says GS1 may hold a Digital Link
        return rest
    # ]e0 is GS1's, ]E0 an EAN: what follows has told them apart
    letter = found[1].lower() if found[1].lower() in "de" else found[1].upper()
    return f"]{letter}{found[2]}{rest}"


def other_layouts(text: str) -> list[str]:
    """The text as a scanner meant it that types on a keyboard of another layout, where that makes it an address."""
    pressed = (text, text.swapcase())  # Caps Lock may be on as well
    tried = ("".join(back.get(char, char) for char in said) for said in pressed for back in _BACK)
    return [said for said in dict.fromkeys(tried) if said != text and _ADDRESS.fullmatch(said)]
