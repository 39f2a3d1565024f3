"""What people read in the description beside names and types: ``web/api/words.toml`` and ``web/api/programs.md``."""

import tomllib
from functools import cache
from typing import Any

import msgspec

from core.settings import ROOT

FOLDER = ROOT / "web" / "api"


class Tag(msgspec.Struct, frozen=True):
    """A subject under which operations stand: those whose address begins so."""

    name: str
    about: str
    paths: list[str]


class Words(msgspec.Struct, frozen=True):
    """``fields``: what a property or parameter holds, by its name, or by ``Schema.name`` where that differs.

    ``names``: the published name of a class whose own is taken twice or says too little. ``examples``: by a field's
    name, or a whole body by operation.
    """

    tags: list[Tag]
    fields: dict[str, str]
    names: dict[str, str]
    examples: dict[str, Any]
    bodies: dict[str, Any]

    def tag_of(self, path: str) -> str:
        """The subject of an address: whose beginning is the longest. A test misses what has none."""
        fitting = [(len(first), tag.name) for tag in self.tags for first in tag.paths if _begins(path, first)]
        return max(fitting, default=(0, "Other"))[1]

    def of_field(self, schema: str, name: str) -> str | None:
        """What a property holds; ``schema`` is the published name of what it is a property of."""
        return self.fields.get(f"{schema}.{name}") or self.fields.get(name)


def _begins(path: str, first: str) -> bool:
    return path == first or path.startswith(f"{first}/")


@cache
def words() -> Words:
    """Read once, when the description is asked for."""
    return msgspec.convert(tomllib.loads((FOLDER / "words.toml").read_text(encoding="utf-8")), Words)


def guide() -> str:
    """The page for who writes a program against this API, in Markdown."""
    return (FOLDER / "programs.md").read_text(encoding="utf-8")
