"""What a stock import made beside its movements, and what becomes of it once they are taken back.

Movements stay for ever, and with them the rows that they name: a lot without stock is in no list. A place would stand
in every list of shelves; it is retired, unless something else uses it by now.
"""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, exists, or_, select, update
from sqlalchemy.orm import Session

from core.ids import derived_id
from depots.models import Place
from inventory.exchange.models import ImportChange
from inventory.stock.count_models import CountPlace
from inventory.stock.models import Lot, Movement, Stock

AT_ONCE = 1000  # ids in one statement


def retire_places(session: Session, run_id: UUID, now: datetime) -> dict[str, int]:
    """Retire the places that a run made and nothing else has used since; returns how many went and how many stay."""
    parents = _made_by(session, run_id)
    used = _used(session, set(parents), run_id)
    for place_id in list(used):  # what is used keeps what it stands in
        above = parents.get(place_id)
        while above in parents and above not in used:
            used.add(above)
            above = parents[above]
    gone = sorted(parents.keys() - used)
    for start in range(0, len(gone), AT_ONCE):
        here = Place.id.in_(gone[start : start + AT_ONCE])
        session.execute(update(Place).where(here).values(retired_at=now))
    return {"places_gone": len(gone), "places_stay": len(used)} if parents else {}


def _made_by(session: Session, run_id: UUID) -> dict[UUID, UUID | None]:
    """The places that a run noted as new, with what each stands in."""
    notes = select(ImportChange.key).where(
        ImportChange.run_id == run_id, ImportChange.table_name == Place.__tablename__, ImportChange.before.is_(None)
    )
    ids = [UUID(msgspec.json.decode(key)["id"]) for key in session.execute(notes).scalars()]
    made: dict[UUID, UUID | None] = {}
    for start in range(0, len(ids), AT_ONCE):
        some = select(Place.id, Place.parent_id).where(Place.id.in_(ids[start : start + AT_ONCE]))
        made.update((place_id, parent_id) for place_id, parent_id in session.execute(some))
    return made


def _used(session: Session, made: Collection[UUID], run_id: UUID) -> set[UUID]:
    """Those of these places that something else uses: gear, a movement, a piece's home, a count, a place of others."""
    own = (run_id, derived_id(run_id, "undo"))
    moved = [Movement.request_id.not_in(own)]
    goes = or_(Movement.to_place_id == Place.id, Movement.from_place_id == Place.id)
    uses: list[ColumnElement[bool]] = [
        exists().where(Stock.place_id == Place.id, Stock.quantity > 0),
        # by the lots that ever lay there: a place has no index of its own in the ledger
        exists().where(Stock.place_id == Place.id, Movement.lot_id == Stock.lot_id, goes, *moved),
        exists().where(CountPlace.place_id == Place.id),
    ]
    used: set[UUID] = set()
    ids = sorted(made)
    for start in range(0, len(ids), AT_ONCE):
        here = Place.id.in_(ids[start : start + AT_ONCE])
        used |= set(session.execute(select(Place.id).where(here, or_(*uses))).scalars())
    return used | _around_others(session, made)


def _around_others(session: Session, made: Collection[UUID]) -> set[UUID]:
    """Those in which a place of others stands, or where a piece lives that is on the book."""
    found: set[UUID | None] = set()
    ids = sorted(made)
    for start in range(0, len(ids), AT_ONCE):
        some = ids[start : start + AT_ONCE]
        inner = select(Place.parent_id, Place.id).where(Place.parent_id.in_(some), Place.retired_at.is_(None))
        found |= {parent_id for parent_id, place_id in session.execute(inner) if place_id not in made}
        lives = (
            select(Lot.home_place_id)
            .join(Stock, Stock.lot_id == Lot.id)
            .where(Lot.home_place_id.in_(some), ~Stock.outside, Stock.quantity > 0)
        )
        found |= set(session.execute(lives).scalars())
    return {place_id for place_id in found if place_id is not None}
