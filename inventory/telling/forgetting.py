"""Taking words about a person out of what was stored beside the record itself: the record stays."""

import html
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from core.inputs import like
from inventory.telling.models import Entry

ERASED = "…"
SHORT = 5  # characters; a text so short is erased only where it stands alone: "王" is part of many words


@dataclass(frozen=True)
class Words:
    """The words about one person, and between which instants they may have been copied."""

    texts: tuple[str, ...]
    since: datetime

    def known(self) -> list[str]:
        """The longest first, so that none leaves a part of another."""
        return sorted({text for text in self.texts if text}, key=len, reverse=True)


def erased(text: str, words: Words) -> str:
    """A text without the words."""
    for word in words.known():
        if text == word:
            return ERASED
        if len(word) >= SHORT:
            text = text.replace(word, ERASED).replace(html.escape(word), ERASED)
    return text


def erased_in_prose(text: str, words: Words) -> str:
    """A message without the words, however short they are."""
    for word in words.known():
        if len(word) > 1:
            text = text.replace(word, ERASED).replace(html.escape(word), ERASED)
    return text


def erased_json(document: str, words: Words) -> str:
    """A JSON document without the words in any of its values."""
    return json.dumps(_walk(json.loads(document), words), ensure_ascii=False, separators=(",", ":"))


def _walk(value: Any, words: Words) -> Any:
    if isinstance(value, str):
        return erased(value, words)
    if isinstance(value, list):
        return [_walk(part, words) for part in value]
    if isinstance(value, dict):
        return {name: _walk(part, words) for name, part in value.items()}
    return value


def forget_in(
    session: Session, model: Any, when: Any, columns: Sequence[str], words: Words, erase: Callable[[str, Words], str]
) -> int:
    """Erase words in columns of the rows that were written since; returns how many changed."""
    held = [
        getattr(model, column).like(like(form), escape="\\")
        for column in columns
        for word in words.known()
        for form in {word, html.escape(word), json.dumps(word)[1:-1]}
    ]
    if not held:
        return 0
    changed = 0
    for row in session.execute(select(model).where(when >= words.since, or_(*held))).scalars():
        before = [getattr(row, column) for column in columns]
        for column, text in zip(columns, before, strict=True):
            setattr(row, column, erase(text, words))
        changed += before != [getattr(row, column) for column in columns]
    session.flush()
    return changed


def forget_in_entries(session: Session, words: Words) -> int:
    """Erase words in what devices were answered."""
    return forget_in(session, Entry, Entry.recorded_at, ["answer"], words, erased_json)
