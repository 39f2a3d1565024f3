"""Short ways to tell entries as somebody, and to read the book afterwards."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from core.errors import Refusal
from depots.models import Place, PlaceKind
from depots.places import add_places, new_place, standing_place_id
from inventory.entries import VERBS
from inventory.stock.models import Stock
from inventory.stock.verify import verify
from inventory.telling.entries import Outcome, book_entry
from inventory.telling.scene import NewEntry
from labels.codes.binding import labelled
from tests.conftest import Town


class Desk:
    """The town, and what is told to it."""

    def __init__(self, town: Town) -> None:
        self.town = town

    def tell(self, entry: NewEntry, who: str = "keeper") -> Outcome:
        """Tell an entry as somebody; what became of it."""
        return self.town.run(book_entry, self.town.callers[who], entry, VERBS, self.town.context.moment(), labelled)[0]

    def do(self, kind: type[NewEntry], who: str = "keeper", **fields: Any) -> Outcome:
        """Tell an entry of a kind with an id of its own."""
        return self.tell(kind(id=fields.pop("id", None) or uuid4(), **fields), who)

    def refused(self, kind: type[NewEntry], who: str = "keeper", **fields: Any) -> Refusal:
        """The refusal that an entry meets."""
        with pytest.raises(Refusal) as caught:
            self.do(kind, who, **fields)
        return caught.value

    def at(self, lot_id: UUID, place_id: UUID) -> Decimal:
        """The balance of a lot in a place."""
        with self.town.context.database.transaction(writes=False) as session:
            row = session.get(Stock, (place_id, lot_id))
            return row.quantity if row else Decimal(0)

    def total(self, lot_id: UUID) -> Decimal:
        """How much of a lot lies inside depots."""
        statement = select(func.sum(Stock.quantity)).where(Stock.lot_id == lot_id, ~Stock.outside)
        with self.town.context.database.transaction(writes=False) as session:
            return session.execute(statement).scalar_one() or Decimal(0)

    def standing(self, kind: PlaceKind, other: bool = False) -> UUID:
        """A place that every depot has."""
        return standing_place_id((self.town.other if other else self.town.depot).id, kind)

    def kit(self, item: str, shelf: Place | None = None, serial: str = "K-1") -> Place:
        """A kit or vehicle on a shelf, as a piece and a place."""
        town = self.town
        shelf = shelf or town.shelf
        lot_id = town.stock(item, "1", shelf, serial=serial)
        kind = PlaceKind.VEHICLE if item.startswith("VEH") else PlaceKind.KIT
        now = town.context.clock.now()
        place = new_place(shelf.depot_id, kind, serial, serial, now, parent=shelf, position=40, place_id=lot_id)
        town.run(add_places, [place], now)
        return place

    def now(self) -> datetime:
        return self.town.context.clock.now()

    def read(self, verb: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        with self.town.context.database.transaction(writes=False) as session:
            return verb(session, *args, **kwargs)


@pytest.fixture
def desk(town: Town) -> Any:
    """The town's desk; after every test the book must still be sound."""
    desk = Desk(town)
    yield desk
    with town.context.database.transaction(writes=False) as session:
        verdict = verify(session)
    assert verdict.sound, verdict.examples
