"""A city of raw rows for long proofs: depots with keepers, lots with dates, and checks with due dates."""

import random
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from core.columns import table_of
from core.context import AppContext
from core.ids import new_id
from depots.models import Depot, PlaceKind
from depots.places import add_depots, add_places, new_place
from inventory.catalogue.models import Item
from inventory.clocks.models import Due, MaintenancePlan
from inventory.stock.models import Expiry, Lot, Stock
from people.accounts import add_person, assign
from people.models import Role

DISTRICTS = ("440303", "440304", "440305", "440306")


def found_city(session: Session, context: AppContext, depots: int, lots_each: int, days: int, seed: int) -> None:
    """Depots with a keeper each, an officer per district, one administrator, and lots of which most end within so many
    days from today; every second lot has a check that falls due in that time."""
    rng, now, today = random.Random(seed), context.clock.now(), context.clock.today()
    rows = [_depot(number, now) for number in range(depots)]
    add_depots(session, rows, now)
    shelves = [new_place(row.id, PlaceKind.SHELF, "A1层", "Shelf A1", now, position=20) for row in rows]
    add_places(session, shelves, now)
    for row in rows:
        _person(session, f"keeper-{row.code}", Role.KEEPER, now, depot_id=row.id)
    for code in DISTRICTS:
        _person(session, f"officer-{code}", Role.OFFICER, now, district_code=code)
    _person(session, "admin", Role.ADMINISTRATOR, now)
    items = list(session.execute(select(Item).where(Item.shelf_life_months.is_not(None)).order_by(Item.code)).scalars())
    plans = _plans(session)
    lots: list[dict[str, Any]] = []
    stock: list[dict[str, Any]] = []
    dues: list[dict[str, Any]] = []
    for row, shelf in zip(rows, shelves, strict=True):
        for number in range(lots_each):
            item = rng.choice(items)
            ends = today + timedelta(days=rng.randint(-20, days + 120))
            lots.append(_lot(item.id, f"{row.code}-{number}", ends, now))
            stock.append(_stock(lots[-1], shelf.id, row.id, rng.randint(1, 20)))
            if number % 2:
                code, blocks = rng.choice(plans)
                due_on = today + timedelta(days=rng.randint(-20, days + 40))
                dues.append(
                    {
                        "lot_id": lots[-1]["id"],
                        "depot_id": row.id,
                        "plan_code": code,
                        "due_on": due_on,
                        "blocked_from": due_on + timedelta(days=rng.choice((1, 8))) if blocks else None,
                        "since_on": today - timedelta(days=400),
                        "step": 1,
                    }
                )
    for model, entries in ((Lot, lots), (Stock, stock), (Due, dues)):
        session.execute(insert(table_of(model)), entries)


def _plans(session: Session) -> list[tuple[str, bool]]:
    """Plans with an interval, each as its code and whether it blocks."""
    rows = session.execute(
        select(MaintenancePlan.code, MaintenancePlan.blocks_use)
        .where(MaintenancePlan.kind != "scrap", MaintenancePlan.every.is_not(None))
        .order_by(MaintenancePlan.code)
    )
    return [(code, blocks) for code, blocks in rows]


def _depot(number: int, now: Any) -> Depot:
    return Depot(
        code=f"SIM-{number:04}",
        name_zh=f"模拟站{number}",
        name_en=f"Simulated depot {number}",
        type_code="STR",
        district_code=DISTRICTS[number % len(DISTRICTS)],
        created_at=now,
    )


def _person(session: Session, account: str, role: Role, now: Any, **where: Any) -> None:
    person = add_person(session, account, account, now, email=f"{account.lower()}@example.org")
    assign(session, person.id, role, district_code=where.get("district_code"), depot_id=where.get("depot_id"))


def _lot(item_id: UUID, number: str, ends: date, now: Any) -> dict[str, Any]:
    return {
        "id": new_id(),
        "item_id": item_id,
        "natural_key": number,
        "number": number,
        "expiry": Expiry.KNOWN,
        "expires_on": ends,
        "usable_through": ends,
        "received_at": now,
    }


def _stock(lot: dict[str, Any], place_id: UUID, depot_id: UUID, pieces: int) -> dict[str, Any]:
    return {
        "place_id": place_id,
        "lot_id": lot["id"],
        "item_id": lot["item_id"],
        "depot_id": depot_id,
        "outside": False,
        "quantity": Decimal(pieces),
    }


def facts(session: Session) -> Iterator[tuple[str, str, str, list[tuple[int, date]]]]:
    """From the raw rows alone: district, depot, lot with what it is about, and from which day which step holds."""
    rows = session.execute(
        select(Depot.district_code, Depot.code, Lot.number, Lot.usable_through, Item.warn_days)
        .join(Stock, Stock.depot_id == Depot.id)
        .join(Lot, Lot.id == Stock.lot_id)
        .join(Item, Item.id == Lot.item_id)
    ).all()
    for district, depot, lot, ends, warn_days in rows:
        steps = [(int(word), ends - timedelta(days=int(word))) for word in warn_days.split()]
        yield district, depot, f"date {lot}", [*steps, (0, ends + timedelta(days=1))]
    checks = session.execute(
        select(Depot.district_code, Depot.code, Lot.number, Due, MaintenancePlan.every, MaintenancePlan.unit)
        .join(Due, Due.depot_id == Depot.id)
        .join(Lot, Lot.id == Due.lot_id)
        .join(MaintenancePlan, MaintenancePlan.code == Due.plan_code)
    ).all()
    for district, depot, lot, due, every, unit in checks:
        length = every * {"month": 30, "week": 7, "day": 1}.get(unit, 0)
        leads = (30, 7) if length >= 180 else (7,) if length >= 28 else ()
        steps = [(lead, due.due_on - timedelta(days=lead)) for lead in leads]
        if due.blocked_from is None or due.blocked_from > due.due_on + timedelta(days=1):
            steps.append((1, due.due_on + timedelta(days=1)))
        if due.blocked_from is not None:
            steps.append((0, due.blocked_from))
        yield district, depot, f"check {lot}", steps
