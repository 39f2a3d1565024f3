"""What the city's shelves, rooms, vehicles and kits are called, as each process knows it.

A city has tens of thousands of places and a few hundred names for them. The names are read from an index once in a
while; which places bear a name, and whether the caller may see them, the database says each time.
"""

import threading
import time
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.cached import PerDatabase
from core.prepared import Prepared
from depots.models import Place
from inventory.finding.words import Meaning, WordIndex

FRESH = 5.0  # seconds: so old may the names be at most
FOUND = (Place.in_reach, Place.retired_at.is_(None))  # never somebody's hands, whose name is a person's
Name = tuple[str, str]  # Chinese and English

_NAMES = Prepared(select(Place.name_zh, Place.name_en).where(*FOUND).distinct())


@dataclass
class _Names:
    """Names, and when they were read. One that nothing bears any more is found in vain; a new one is added."""

    index: WordIndex = field(default_factory=WordIndex)
    by_key: dict[str, Name] = field(default_factory=dict)
    read_at: float = -FRESH

    def learn(self, found: set[Name]) -> None:
        if not found <= set(self.by_key.values()):  # laid out anew: what it was asked before it answers otherwise now
            self.index, self.by_key = WordIndex(), {}
            for number, name in enumerate(sorted(found)):
                self.by_key[str(number)] = name
                self.index.add(Meaning(str(number), (str(number),)), [(text, 1.0) for text in name])
        self.read_at = time.monotonic()


_known: PerDatabase[_Names] = PerDatabase()
_one_at_a_time = threading.Lock()


def place_names(session: Session, text: str, most: int) -> list[tuple[Name, float]]:
    """The names of places that the words may mean, the likeliest first, each with how sure. In a thread of its own."""
    with _one_at_a_time:
        database = str(session.get_bind().engine.url)
        names = _known.get(database)
        if names is None:
            names = _Names()
            _known.set(database, names)
        if time.monotonic() - names.read_at >= FRESH:
            names.learn({(row.name_zh, row.name_en) for row in _NAMES.all(session, {})})
        return [(names.by_key[match.item], match.score) for match in names.index.search(text, most)]
