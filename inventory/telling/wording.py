"""What an act says, line by line, as people read it: what was done, with how much, of what."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.orm import Session

from core.ids import is_id
from core.languages import in_both
from inventory.stock.holdings import item_facts
from inventory.stock.models import Kind
from inventory.stock.reaching import lots_reached
from inventory.stock.words import KIND_WORDS
from inventory.telling.scene import LookUp
from people.policy import Caller

NAMES = ("label", "lot", "thing", "item")  # the fields by which acts name gear, the most exact first
AMOUNTS = ("quantity", "counted")
MOST = 500  # lines
LONGEST = 64  # letters of a name that means nothing to us
Names = Mapping[str, tuple[str, str]]
_KINDS = {kind.value: word for kind, word in KIND_WORDS.items()}


def lines_of(session: Session, callers: Sequence[Caller], said: Any, look_up: LookUp) -> list[tuple[str, str]]:
    """The lines of an entry or of movements, each in Chinese and English.

    Gear is called by its name if it lies within the reach of one of ``callers``; else as it was said.
    """
    lines = list(_lines(msgspec.to_builtins(said)))[:MOST]
    texts = {text for line in lines for name in NAMES if isinstance(text := line.get(name), str)}
    codes = {line["item"] for line in lines if isinstance(line.get("item"), str)}
    names: dict[str, tuple[str, str]] = {
        code: (f"{item.name_zh} {code}", f"{item.name_en} {code}") for code, item in item_facts(session, codes).items()
    }
    for caller in callers:
        names |= _of_lots(session, caller, texts - codes, look_up)
    return [_line(line, names) for line in lines]


def _lines(said: Any) -> Iterator[dict[str, Any]]:
    """The parts of an act that name gear."""
    if isinstance(said, dict):
        if any(isinstance(said.get(name), str) for name in NAMES):
            yield said
        for part in said.values():
            yield from _lines(part)
    elif isinstance(said, list):
        for part in said:
            yield from _lines(part)


def _of_lots(session: Session, caller: Caller, texts: set[str], look_up: LookUp) -> Names:
    coded = look_up(session, caller, {text for text in texts if not is_id(text)}).lots
    ids = {text: UUID(text) if is_id(text) else coded.get(text) for text in texts}
    lots = lots_reached(session, caller, [lot_id for lot_id in ids.values() if lot_id])
    names = {}
    for text, lot_id in ids.items():
        if lot_id in lots:
            lot, item = lots[lot_id]
            mark = lot.serial or lot.number or ""
            names[text] = (f"{item.name_zh} {mark}".strip(), f"{item.name_en} {mark}".strip())
    return names


def _line(line: Mapping[str, Any], names: Names) -> tuple[str, str]:
    said = next(line[name] for name in NAMES if isinstance(line.get(name), str))
    zh, en = names.get(said, (said[:LONGEST], said[:LONGEST]))
    amount = next((str(line[name])[:20] for name in AMOUNTS if line.get(name) is not None), "1")
    word = _KINDS.get(Kind(line["kind"])) if line.get("kind") in _KINDS else None
    word_zh, word_en = in_both(word) if word else ("", "")
    return f"{word_zh} {zh} × {amount}".strip(), f"{word_en} {amount} × {en}".strip()
