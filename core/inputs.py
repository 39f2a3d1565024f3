"""Texts that people and programs send: nothing that a database or a page would choke on."""

import unicodedata

from core.errors import bad_field
from core.languages import N_


def clean_text(text: str, field: str, longest: int, required: bool = False) -> str:
    """The text without outer blanks, refused if it is too long or holds control characters or broken Unicode."""
    text = text.strip()
    if required and not text:
        raise bad_field(field, N_("this must be filled in"))
    if len(text) > longest:
        raise bad_field(field, N_("this is too long: at most {longest} characters"), longest=longest)
    if any(unicodedata.category(char) in ("Cc", "Cs") and char not in "\n\r\t" for char in text):
        raise bad_field(field, N_("this holds characters that cannot be shown or kept"))
    return text


def like(text: str) -> str:
    """A LIKE pattern that finds the text anywhere, its own wildcards taken literally (escape character ``\\\\``)."""
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"
