"""What a file's words may name: depots, places and items within the reach of who brings the file in."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import Refusal
from core.languages import N_
from depots.models import LYING, Depot, DepotStatus, Place
from inventory.catalogue.models import Item
from inventory.catalogue.sizes import read_size
from inventory.exchange.cells import fold
from inventory.exchange.habits import words_of
from inventory.exchange.reading import WrongField
from inventory.finding.memory import remembered
from inventory.finding.models import Synonym
from inventory.stock.lines import Spot
from people.policy import GRANTS, Act, Caller, reach

LIKELY_SHOWN = 5
BRINGS_IN = Act.APPROVE  # officers and administrators, within their reach


def answers_for_city(caller: Caller) -> bool:
    """Whether the caller may change what holds for the whole city: the catalogue, the profiles."""
    return any(
        BRINGS_IN in GRANTS[duty.role] and duty.depot_id is None and duty.district_code is None
        for duty in caller.duties
    )


def answers_for_district(caller: Caller, district_code: str) -> bool:
    """Whether the caller may enter new depots in a district."""
    return any(
        BRINGS_IN in GRANTS[duty.role] and duty.depot_id is None and duty.district_code in (None, district_code)
        for duty in caller.duties
    )


class Likely(NamedTuple):
    """An item that a name may mean."""

    code: str
    name_zh: str
    name_en: str


class Names:
    """Things by code, and by name where only one has it."""

    def __init__(self) -> None:
        self._found: dict[str, Any] = {}
        self._twice: set[str] = set()
        self._codes: dict[str, Any] = {}
        self._others: dict[str, list[Any]] = {}  # by another name, which goes after a code and after the own names
        self._meant: dict[str, Any] = {}  # as the person has said, which goes after a code
        self.likely: Callable[[str], list[Likely]] = lambda _said: []

    def add(self, thing: Any, code: str, *names: str) -> None:
        self._codes[fold(code)] = thing
        for name in {fold(name) for name in names if name}:
            if name in self._found and self._found[name] is not thing:
                self._twice.add(name)
            self._found[name] = thing

    def also(self, thing: Any, name: str) -> None:
        """Let a thing be called so, too."""
        things = self._others.setdefault(fold(name), [])
        if thing not in things:
            things.append(thing)

    def means(self, thing: Any, name: str) -> None:
        """Let a name mean this thing, whatever else is called so."""
        self._meant[name] = thing

    def get(self, said: str) -> Any:
        word = fold(said)
        if word in self._codes or word in self._meant:
            return self._codes.get(word) or self._meant[word]
        if word in self._twice:
            return None
        others = self._others.get(word, [])
        return self._found.get(word) or (others[0] if len(others) == 1 else None)

    def ambiguous(self, said: str) -> bool:
        word = fold(said)
        if word in self._codes:
            return False
        return word in self._twice or (word not in self._found and len(self._others.get(word, [])) > 1)


def known_items(session: Session, caller: Caller) -> Names:
    """The catalogue's items, by their other names as well (T92), and by those of which the caller has said what they
    mean (X14). Of other names it can be asked which items are likely meant, by the finder's own words."""
    names = Names()
    items = {item.id: item for item in session.execute(select(Item).where(Item.active)).scalars()}
    for item in items.values():
        names.add(item, item.code, item.name_zh, item.name_en)
    for item_id, word in session.execute(select(Synonym.item_id, Synonym.word)):
        if item_id in items:
            names.also(items[item_id], word)
    for word, code in words_of(session, caller.person_id).items():
        item = names.get(code)
        if item is not None:
            names.means(item, word)
    names.likely = likely_in(session)
    return names


def likely_in(session: Session) -> Callable[[str], list[Likely]]:
    """Which items a name may mean, by this session."""
    return cache(partial(_likely_items, session))


def _likely_items(session: Session, said: str) -> list[Likely]:
    memory = remembered(session)
    found = memory.words.search(said, LIKELY_SHOWN)
    items = (memory.items[one.item] for one in found if one.item in memory.items)
    return [Likely(item.code, item.name_zh, item.name_en) for item in items]


def the_item(names: Names, said: str, field: str = "item") -> Item:
    """The item that a cell names."""
    item: Item | None = names.get(said)
    if item is not None:
        return item
    if names.ambiguous(said):
        raise WrongField(field, N_("several items are called {value}"), N_("write the item's code instead"), value=said)
    raise unknown_item(names, said, field)


UNKNOWN_ITEM = N_("the catalogue has no item {value}")
NO_ITEM_LIKE_IT = N_(
    "write the code or the name as it stands in the catalogue, or bring the item into the catalogue first"
)


def unknown_item(names: Names, said: str, field: str) -> WrongField:
    """What is said of a name that the catalogue does not have, with the items that may be meant (X14)."""
    likely = names.likely(said)
    if not likely:
        return WrongField(field, UNKNOWN_ITEM, NO_ITEM_LIKE_IT, value=said)
    zh, en = ([f"{getattr(one, name)} {one.code}" for one in likely] for name in ("name_zh", "name_en"))
    return WrongField(
        field,
        UNKNOWN_ITEM,
        N_("say once which is meant, or write its code: {likely}"),
        value=said,
        likely=("、".join(zh), ", ".join(en)),
        items=[[one.code, one.name_zh, one.name_en] for one in likely],
    )


def open_depots(session: Session, caller: Caller) -> list[Depot]:
    """The open depots that the caller may bring things in for."""
    statement = select(Depot).where(
        Depot.status == DepotStatus.OPEN, reach(caller, BRINGS_IN, Depot.id, Depot.district_code)
    )
    return list(session.execute(statement.order_by(Depot.code)).scalars())


def known_depots(session: Session, caller: Caller) -> Names:
    """The same, by code and name."""
    names = Names()
    for depot in open_depots(session, caller):
        names.add(depot, depot.code, depot.name_zh, depot.name_en)
    return names


def the_depot(names: Names, said: str) -> Depot:
    """The depot that a cell names, among those of the caller."""
    depot: Depot | None = names.get(said)
    if depot is not None:
        return depot
    if names.ambiguous(said):
        raise WrongField(
            "depot", N_("several depots are called {value}"), N_("write the depot's code instead"), value=said
        )
    raise WrongField(
        "depot",
        N_("there is no open depot {value} that you answer for"),
        N_("write the depot's code as it stands in the list of depots"),
        value=said,
    )


@dataclass
class Shelves:
    """The places of a depot that gear can be put on, by their path and by their name where only one has it."""

    spots: dict[str, Spot] = field(default_factory=dict)
    names: dict[str, Spot | None] = field(default_factory=dict)
    rows: dict[UUID, Place] = field(default_factory=dict)
    last_position: int = 0
    retired: dict[str, Place] = field(default_factory=dict)  # taken back with the import that made them, by path

    def add(self, place: Place) -> Spot:
        spot = Spot(place.id, place.depot_id, outside=False, in_reach=place.in_reach)
        self.rows[place.id] = place
        self.last_position = max(self.last_position, place.position if place.position < 9000 else 0)
        for path in {path_key(place.path_zh), path_key(place.path_en)}:
            self.spots.setdefault(path, spot)
        for name in {fold(place.name_zh), fold(place.name_en)}:
            self.names[name] = None if name in self.names and self.names[name] != spot else spot
        return spot

    def find(self, said: str) -> Spot | None:
        return self.spots.get(path_key(said)) or self.names.get(fold(said))


def path_parts(said: str) -> list[str]:
    """The names from the room down, however they are divided."""
    # " ? " is what is left of › where a Chinese Excel has saved a CSV file (X10)
    for mark in ("›", "＞", ">", "→", "／", "\\", " ? ", "»"):
        said = said.replace(mark, "/")
    return [part.strip() for part in said.split("/") if part.strip()]


def path_key(said: str) -> str:
    """What two writings of a path have in common."""
    return "/".join(fold(part) for part in path_parts(said))


def shelves_by_depot(session: Session, depot_ids: list[UUID]) -> dict[UUID, Shelves]:
    """The places of these depots that gear can be put on."""
    found: dict[UUID, Shelves] = defaultdict(Shelves)
    statement = select(Place).where(Place.depot_id.in_(depot_ids), Place.kind.in_(LYING)).order_by(Place.position)
    for place in session.execute(statement).scalars():
        shelves = found[place.depot_id]
        if place.retired_at is None:
            shelves.add(place)
        else:
            shelves.retired[path_key(place.path_zh)] = place
    return found


def the_size(item: Item, said: str | None) -> str | None:
    """The size of the item that a cell names (T49); None where it is empty."""
    if not said:
        return None
    try:
        return read_size(item.sizes, said, "size")
    except Refusal as refusal:
        fault = refusal.fields[0]
        mend = N_("write one of the item's sizes, or empty the cell")
        raise WrongField("size", fault.message, mend, **fault.params) from None
