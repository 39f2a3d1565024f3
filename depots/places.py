"""Places: the tree of rooms, shelves, vehicles and kits inside a depot, and its edge to the outside world."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import CTE, ColumnElement, case, column, or_, select, table
from sqlalchemy.orm import Session

from core.columns import table_of
from core.errors import Refusal, conflict, not_found
from core.events import publish
from core.ids import derived_id, new_id
from core.languages import N_
from core.prepared import enter
from core.upsert import insert_missing
from depots.events import DepotsCreated, PlacesCreated
from depots.models import LYING, OUTSIDE, STORAGE, Depot, Place, PlaceKind
from people.policy import Act, Caller, require_at

# Every depot has its own edge to the outside, so that two depots never wait for each other's balances,
# and what a depot has used up can be read off its own places.
STANDING: dict[PlaceKind, tuple[str, str]] = {
    PlaceKind.SUPPLIER: ("供应方", "Supplier"),
    PlaceKind.CONSUMED: ("已消耗", "Used up"),
    PlaceKind.DISPOSED: ("已报废", "Disposed"),
    PlaceKind.LOST: ("已丢失", "Lost"),
    PlaceKind.FOUND: ("盘盈", "Found"),
    PlaceKind.DISCREPANCY: ("账实差异", "Discrepancy"),
    PlaceKind.REPACKED: ("已拆包", "Repacked"),
    PlaceKind.HOLD: ("待处理区", "On hold"),
    PlaceKind.WORKSHOP: ("维修送检", "Workshop"),
    PlaceKind.TRANSIT: ("在途", "On the way"),
}


@lru_cache(maxsize=16_384)  # every movement asks for some of its depot
def standing_place_id(depot_id: UUID, kind: PlaceKind) -> UUID:
    """The id of a place that every depot has (supplier, used up, hold, ...): known without asking the database."""
    return derived_id(depot_id, kind.value)


def holder_place_id(depot_id: UUID, person_id: UUID) -> UUID:
    """The id of the place that is a person's hands, for gear of one depot."""
    return derived_id(depot_id, "holder", person_id)


def add_depots(session: Session, depots: Iterable[Depot], now: datetime) -> None:
    """Enter new depots with the places that every depot has."""
    depots = list(depots)
    session.add_all(depots)
    session.flush()
    rows: list[dict[str, Any]] = [
        {
            "id": standing_place_id(depot.id, kind),
            "depot_id": depot.id,
            "kind": kind,
            "name_zh": names[0],
            "name_en": names[1],
            "path_zh": names[0],
            "path_en": names[1],
            "position": 9000 + number,
            "outside": kind in OUTSIDE,
            "in_reach": False,
            "created_at": now,
        }
        for depot in depots
        for number, (kind, names) in enumerate(STANDING.items())
    ]
    enter(session, table_of(Place), rows)
    publish(session, DepotsCreated([depot.id for depot in depots], now))
    publish(session, PlacesCreated([row["id"] for row in rows if row["kind"] == PlaceKind.HOLD], now))


@dataclass(frozen=True)
class Around:
    """What a new place takes over from the place that it is in. A ``Place`` has it, too."""

    id: UUID
    path_zh: str
    path_en: str


def new_place(
    depot_id: UUID,
    kind: PlaceKind,
    name_zh: str,
    name_en: str,
    now: datetime,
    *,
    parent: Place | Around | None = None,
    position: int = 0,
    place_id: UUID | None = None,
) -> Place:
    """A room, bay, shelf, bin, vehicle or kit. A vehicle or kit is given its lot's id as ``place_id``."""
    row = place_row(depot_id, kind, name_zh, name_en, now, parent=parent, position=position, place_id=place_id)
    return Place(**row)


def place_row(
    depot_id: UUID,
    kind: PlaceKind,
    name_zh: str,
    name_en: str,
    now: datetime,
    *,
    parent: Place | Around | None = None,
    position: int = 0,
    place_id: UUID | None = None,
) -> dict[str, Any]:
    """As ``new_place``, as a row: for whoever enters thousands."""
    return {
        "id": place_id or new_id(),
        "depot_id": depot_id,
        "parent_id": parent.id if parent else None,
        "kind": kind,
        "name_zh": name_zh,
        "name_en": name_en,
        "path_zh": (f"{parent.path_zh} › {name_zh}" if parent else name_zh)[:300],
        "path_en": (f"{parent.path_en} › {name_en}" if parent else name_en)[:300],
        "position": position,
        "in_reach": kind in STORAGE,
        "created_at": now,
    }


def add_places(session: Session, places: Sequence[Place], now: datetime) -> None:
    """Enter new places, outer ones before those inside them. A vehicle or kit has the label of its piece, no second."""
    session.add_all(places)
    session.flush()
    _announce(session, ((place.id, place.kind) for place in places), now)


def add_place_rows(session: Session, rows: Sequence[dict[str, Any]], now: datetime) -> None:
    """As ``add_places``, of rows."""
    enter(session, table_of(Place), rows)
    _announce(session, ((row["id"], row["kind"]) for row in rows), now)


def _announce(session: Session, places: Iterable[tuple[UUID, PlaceKind]], now: datetime) -> None:
    own = [place_id for place_id, kind in places if kind not in (PlaceKind.VEHICLE, PlaceKind.KIT)]
    publish(session, PlacesCreated(own, now))


def holder_place(session: Session, depot_id: UUID, person_id: UUID, name: str, now: datetime) -> UUID:
    """The place that is a person's hands for gear of a depot; entered when it is first needed."""
    place_id = holder_place_id(depot_id, person_id)
    if session.execute(select(Place.id).where(Place.id == place_id)).first() is None:
        insert_missing(session, Place, [holder_row(depot_id, person_id, name, now)], ["id"])
    return place_id


def holder_row(depot_id: UUID, person_id: UUID, name: str, now: datetime) -> dict[str, Any]:
    """The place that is a person's hands, as a row."""
    return {
        "id": holder_place_id(depot_id, person_id),
        "depot_id": depot_id,
        "kind": PlaceKind.HOLDER,
        "name_zh": name,
        "name_en": name,
        "path_zh": name,
        "path_en": name,
        "position": 9100,
        "outside": False,
        "in_reach": False,
        "person_id": person_id,
        "created_at": now,
    }


def depot_by_code(session: Session, code: str) -> Depot:
    """The depot with this code; 404 if there is none."""
    depot = session.execute(select(Depot).where(Depot.code == code)).scalar_one_or_none()
    if depot is None:
        raise not_found(N_("there is no depot with the code {code}"), code=code)
    return depot


def depot_closed() -> Refusal:
    """What is said to who wants something of a closed depot (T91)."""
    return conflict("depot-closed", N_("this depot is closed; its page says which depot has taken over"))


_stock = table("stock", column("place_id"), column("quantity"))  # of a room above; of it only that something lies there


def is_standing() -> ColumnElement[bool]:
    """Whether a place is there to be used: one that was taken back only while something lies in it."""
    lies = select(_stock.c.place_id).where(_stock.c.place_id == Place.id, _stock.c.quantity > 0).exists()
    return or_(Place.retired_at.is_(None), lies)


def places_around(place_ids: Collection[UUID]) -> CTE:
    """These places and all that they stand in, up to the room: rows of ``id`` and ``parent_id``."""
    around = select(Place.id, Place.parent_id).where(Place.id.in_(place_ids)).cte("around", recursive=True)
    # UNION, not UNION ALL: it ends even where a damaged book has places in a ring
    return around.union(select(Place.id, Place.parent_id).join(around, Place.id == around.c.parent_id))


def shelves_of(session: Session, depot_ids: Iterable[UUID]) -> list[Place]:
    """The places of these depots that gear can be put on, in shelf order."""
    wanted = list(depot_ids)
    if not wanted:
        return []
    statement = select(Place).where(Place.depot_id.in_(wanted), Place.kind.in_(LYING))
    statement = statement.where(is_standing())
    return list(session.execute(statement.order_by(Place.position)).scalars())


def visible_depot(session: Session, caller: Caller, code: str) -> Depot:
    """The depot with this code; 404 where there is none or it is out of the caller's reach."""
    depot = session.execute(select(Depot).where(Depot.code == code)).scalar_one_or_none()
    if depot is None:
        raise not_found()
    require_at(caller, Act.SEE, depot.id, depot.district_code)
    return depot


def path_at(place: Any, depot_id: Any, language: str) -> ColumnElement[str]:
    """Where a place is, for a row of this depot, in SQL.

    Of a kit or vehicle that has gone to another depot since its name alone: where it stands there is not for who may
    see the row (rule 10).
    """
    path, name = getattr(place, f"path_{language}"), getattr(place, f"name_{language}")
    return case((place.depot_id == depot_id, path), else_=name)


def paths_at(place: Place, depot_id: UUID) -> tuple[str, str]:
    """As ``path_at``, in Chinese and English, of a place that was read."""
    return (place.path_zh, place.path_en) if place.depot_id == depot_id else (place.name_zh, place.name_en)
