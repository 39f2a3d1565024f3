"""The city's ground, entered once per kind of database: depots with their shelves and everybody's account."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID, uuid5

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from core.database import Database
from depots.models import Depot, PlaceKind
from depots.places import add_depots, add_places, new_place
from inventory.catalogue.models import Item, KitLine
from people.accounts import add_person, assign
from people.models import Role
from people.sign_in import issue_token
from tests.simulation.model import PARTS, SPACE, canary
from tests.simulation.people import CODES, DEPOTS, DISTRICTS, START


@dataclass
class Ground:
    """What the model must be told of a fresh city."""

    tokens: dict[str, str]
    names: dict[str, str]  # symbol of a shelf or depot -> id
    canaries: dict[str, str]  # word -> the depot it belongs to
    people: dict[str, str]  # account -> id


def found(database: Database) -> Ground:
    """Enter the ground into a database that has the schema and the reference data."""
    return database.run(_found)


def _found(session: Session) -> Ground:
    now = datetime.now(UTC)
    ground = Ground({}, {}, {}, {})
    depots = {}
    for number, key in enumerate(DEPOTS):
        word = canary(f"depot {key}")
        depots[key] = Depot(
            id=uuid5(SPACE, key),
            code=CODES[key],
            name_zh=f"{word}站",
            name_en=f"{word} depot",
            type_code="STR",
            district_code=DISTRICTS[key],
            phone=f"0755-0000000{number}",
            lat=22.53 + number / 100,
            lon=113.94,
            created_at=now,
        )
    add_depots(session, list(depots.values()), now)
    for key, depot in depots.items():
        for number, shelf in enumerate(("s1", "s2")):
            word = canary(f"shelf {key} {shelf}")
            ground.canaries[word] = key
            ground.names[f"{key}/{shelf}"] = str(uuid5(SPACE, f"{key}/{shelf}"))
            place = new_place(
                depot.id,
                PlaceKind.SHELF,
                word,
                word,
                now,
                position=10 + number,
                place_id=UUID(ground.names[f"{key}/{shelf}"]),
            )
            add_places(session, [place], now)
    for account, duties in START.items():
        person = add_person(session, account, f"{account} 先生", now)
        for duty in duties:
            depot = depots.get(duty.where)
            district = duty.where if duty.where and depot is None else None
            assign(session, person.id, Role(duty.role), district_code=district, depot_id=depot.id if depot else None)
        ground.people[account] = str(person.id)
        ground.tokens[account] = issue_token(session, account, "simulation", now)
    _lists(session)
    return ground


def _lists(session: Session) -> None:
    """The city's own lists of what belongs into a kit, vehicle or device."""
    items = {code: item_id for code, item_id in session.execute(select(Item.code, Item.id))}
    for holder, parts in PARTS.items():
        session.execute(delete(KitLine).where(KitLine.kit_item_id == items[holder]))
        for part, quantity in parts.items():
            session.add(KitLine(kit_item_id=items[holder], item_id=items[part], quantity=quantity, role="part"))
