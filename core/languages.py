"""Texts in Chinese and English. English texts are the ids; the Chinese stand in ``web/texts/zh/``, by subject."""

from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from typing import Any

from babel.messages import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from core.fixed import LANGUAGES as LANGUAGES
from core.fixed import ROOT
from core.plurals import counts_of, of_one
from core.texts_in_scripts import texts_in_scripts

TEXTS = ROOT / "web" / "texts"


def N_(text: str) -> str:
    """Mark a text for the catalogues where it is written; it is translated where it is shown."""
    return text


@cache
def texts(language: str) -> NullTranslations:
    """The catalogue of a language. It is compiled from its .po files when first asked for."""
    paths = sorted((TEXTS / language).glob("*.po"))
    if not paths:
        return NullTranslations()
    catalogue = Catalog(locale=language)
    for path in paths:
        with path.open("rb") as file:
            for entry in read_po(file, locale=language):
                if entry.id:
                    catalogue[entry.id] = entry
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return GNUTranslations(compiled)


@cache
def script_texts(language: str) -> dict[str, str]:
    """The texts that the phone app's scripts show, by id, in a language."""
    catalogue = texts(language)
    return {text: catalogue.gettext(text) for text in texts_in_scripts()}


@cache
def singular_texts() -> dict[str, str]:
    """What the scripts' English texts say of one, by the counting name and the id, as gettext joins a context."""
    texts = sorted(set(texts_in_scripts()))
    return {f"{name}\x04{text}": of_one(text, {name}) for text in texts for name in counts_of(text)}


def say(language: str, text: str, **params: Any) -> str:
    """The text in a language, its ``{names}`` filled in. A param that is a pair is shown in the language."""
    said = texts(language).gettext(text) if text else ""
    if not params:
        return said
    if language == "en" and (ones := {name for name in counts_of(text) if str(params.get(name)) == "1"}):
        said = of_one(text, ones)
    return said.format(**{name: _param(language, value) for name, value in params.items()})


def in_both(text: str, **params: Any) -> tuple[str, str]:
    """A text of ours as it fills another one: a param is shown as it stands, unless it is such a pair."""
    return say("zh", text, **params), say("en", text, **params)


def _param(language: str, value: Any) -> Any:
    """A pair (zh, en) gives the one for the language; anything else stands as it is."""
    if isinstance(value, tuple) and len(value) == 2:
        return value[0] if language == "zh" else value[1]
    return value


def pick_language(wanted: str | None, accept_language: str | None, default: str) -> str:
    """The person's own choice, else what the browser asks for, else the city's default."""
    if wanted in LANGUAGES:
        return wanted
    for part in (accept_language or "").split(","):
        code = part.split(";")[0].strip().lower()[:2]
        if code in LANGUAGES:
            return code
    return default
