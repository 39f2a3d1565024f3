"""Who leaves gives back first: an account is not closed while gear is in its person's hands (T42)."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import Refusal
from core.languages import N_
from core.quantities import write_quantity
from depots.models import Depot, Place
from inventory.catalogue.models import Item
from inventory.stock.models import Lot, Stock
from people.duties import keepers_at
from people.events import AccountCloses, HandsAsked
from people.models import Assignment, Person
from people.policy import Act, reach

NAMED = 20  # lines that the sentence names; the refusal itself has them all


def require_empty_hands(session: Session, event: AccountCloses) -> None:
    """Refuse (409) while anything is in the person's hands, at whichever depot, and list it."""
    rows = _in_hand(session, event.person_id)
    if not rows:
        return
    message = N_("{account} still has {count} things in hand: {things}; take them back first, or write them off")
    things = (_joined([_named(row, "zh") for row in rows], "、"), _joined([_named(row, "en") for row in rows], ", "))
    extra = {"in_hand": [_as_json(row) for row in rows]}
    raise Refusal(409, "gear-in-hand", message, extra=extra, account=event.account, count=len(rows), things=things)


def list_hands(session: Session, event: HandsAsked) -> None:
    """Add what is in the person's hands, and who keeps its depot: they ask for it back (T42)."""
    rows = _in_hand(session, event.person_id)
    keepers = _keepers(session, event, {row.code for row in rows}) if rows else {}
    event.things += [
        _as_json(row)
        | {name: getattr(row, name) for name in ("name_zh", "name_en", "depot_zh", "depot_en", "phone")}
        | {"keepers": keepers.get(row.code, [])}
        for row in rows
    ]


def _keepers(session: Session, event: HandsAsked, codes: set[str]) -> dict[str, list[str]]:
    """By depot the names of its keepers, the person who leaves left out, where the caller may see the depot."""
    found: dict[str, list[str]] = defaultdict(list)
    rows = session.execute(
        keepers_at(event.at)
        .join(Depot, Depot.id == Assignment.depot_id)
        .where(
            Depot.code.in_(codes),
            reach(event.caller, Act.SEE, Depot.id, Depot.district_code),
            Person.active,
            Person.id != event.person_id,
        )
        .with_only_columns(Depot.code, Person.name)
    )
    for code, name in rows:
        found[code].append(name)
    return found


def _in_hand(session: Session, person_id: UUID) -> Sequence[Any]:
    return session.execute(
        select(
            Depot.code,
            Depot.name_zh.label("depot_zh"),
            Depot.name_en.label("depot_en"),
            Depot.phone,
            Item.code.label("item"),
            Item.name_zh,
            Item.name_en,
            Lot.serial,
            Lot.number,
            Stock.quantity,
        )
        .join(Place, Place.id == Stock.place_id)
        .join(Depot, Depot.id == Stock.depot_id)
        .join(Item, Item.id == Stock.item_id)
        .join(Lot, Lot.id == Stock.lot_id)
        .where(Place.person_id == person_id, Stock.quantity > 0)
        .order_by(Depot.code, Item.code, Lot.id)
    ).all()


def _named(row: Any, language: str) -> str:
    mark = row.serial or row.number or ""
    name = row.name_zh if language == "zh" else row.name_en
    return f"{row.code} {name} {mark} × {write_quantity(row.quantity)}".replace("  ", " ")


def _joined(things: list[str], between: str) -> str:
    more = " …" if len(things) > NAMED else ""
    return between.join(things[:NAMED]) + more


def _as_json(row: Any) -> dict[str, str]:
    return {
        "depot": row.code,
        "item": row.item,
        "number": row.serial or row.number or "",
        "quantity": write_quantity(row.quantity),
    }
