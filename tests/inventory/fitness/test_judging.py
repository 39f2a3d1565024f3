"""The judgement in SQL says what the pure function says, on random facts, on both databases."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from depots.models import Place, PlaceKind
from depots.places import add_places, new_place, standing_place_id
from inventory.catalogue.models import Item, KitLine
from inventory.clocks.models import Due
from inventory.documents.transfers import AskedLine, AskTransfer, Dispatch, Sent
from inventory.entries import VERBS
from inventory.finding.ready import ready_amounts
from inventory.fitness.judging import SEAL_ROLE, lot_column, ready_stock, why_column
from inventory.fitness.rules import READY, Seen, Where, Why, why_not
from inventory.readiness.counting import amounts
from inventory.readiness.reasons import held
from inventory.stock.lots import set_condition
from inventory.stock.models import Condition, Expiry, Kind, Lot, Stock
from inventory.stock.verify import verify
from inventory.telling.entries import book_entry
from tests.conftest import Town, one

CODES = ("MED-007", "RSP-004", "EXT-001", "RPE-003")


@dataclass(frozen=True)
class Drawn:
    """What was drawn for a lot."""

    facts: Seen
    where: Where


def block(session: Session, lot_id: UUID, depot_id: UUID, day: date | None) -> None:
    """Let the first day on which a lot is not ready for want of a check be this."""
    session.execute(update(Due).where(Due.lot_id == lot_id).values(blocked_from=None))
    if day is not None:
        rows = session.execute(select(Due).where(Due.lot_id == lot_id)).scalars().all()
        due = rows[0] if rows else Due(lot_id=lot_id, depot_id=depot_id, plan_code="MP-001", since_on=day)
        due.blocked_from = day
        session.add(due)


def carrier(town: Town, item: str, kind: PlaceKind, inside: Place) -> Place:
    """A vehicle or kit in a place."""
    lot = town.stock(item, "1", inside)

    def enter(session: Session) -> Place:
        place = new_place(town.depot.id, kind, "车", "Carrier", town.context.clock.now(), parent=inside, place_id=lot)
        add_places(session, [place], town.context.clock.now())
        return place

    return town.run(enter)


def send(town: Town, code: str, lot_id: UUID) -> None:
    """Put a lot on the way to the other depot."""
    asked = AskTransfer(id=uuid4(), giver="STR-0001", receiver="IND-0002", lines=[AskedLine(item=code, quantity="1")])
    sent = Dispatch(id=uuid4(), transfer=asked.id, lines=[Sent(thing=str(lot_id))])
    for entry in (asked, sent):
        town.run(book_entry, town.callers["admin"], entry, VERBS, town.context.moment())


def scatter(town: Town, chance: random.Random) -> dict[UUID, Drawn]:
    """Lots with random facts in random places: on shelves, in vehicles, in kits on them, in hands, on hold."""
    today = town.context.clock.today()
    places: list[tuple[Place | UUID | None, Where]] = [(town.shelf, Where(PlaceKind.SHELF, True))]
    for number in range(4):
        truck = carrier(town, "VEH-001", PlaceKind.VEHICLE, town.shelf)
        kit = carrier(town, "MED-001", PlaceKind.KIT, truck)
        faulty, late = number == 1, number == 2
        day = today if late else today + timedelta(1)
        town.run(block, truck.id, town.depot.id, day)
        if faulty:
            town.run(lambda session, id=truck.id: set_condition(session, session.get_one(Lot, id), Condition.UNFIT, ""))
        good = not faulty and not late
        places += [(truck, Where(PlaceKind.VEHICLE, not faulty, good)), (kit, Where(PlaceKind.KIT, not faulty, good))]
    for kind in (PlaceKind.HOLD, PlaceKind.WORKSHOP):
        places.append((standing_place_id(town.depot.id, kind), Where(kind, False)))
    places.append((None, Where(PlaceKind.TRANSIT, False)))  # on the way to the other depot
    return dict(_draw(town, chance, places, number) for number in range(60))


def _draw(
    town: Town, chance: random.Random, places: list[tuple[Place | UUID | None, Where]], number: int
) -> tuple[UUID, Drawn]:
    today = town.context.clock.today()
    place, where = chance.choice(places)
    code = chance.choice(CODES)
    condition = chance.choice([Condition.FIT, Condition.FIT, Condition.FIT, *Condition])
    expiry = chance.choice(list(Expiry))
    ends = today + timedelta(chance.choice([-400, -1, 0, 1])) if expiry == Expiry.KNOWN else None
    opened = chance.choice([None, None, today])
    blocked = chance.choice([None, None, today - timedelta(1), today, today + timedelta(1)])
    lot_id = town.stock(code, "1", town.shelf, number=f"L{number}", serial=f"L{number}")

    def place_it(session: Session) -> bool:
        lot = session.get_one(Lot, lot_id)
        lot.expiry, lot.expires_on, lot.usable_through, lot.opened_on = expiry, ends, ends, opened
        block(session, lot_id, town.depot.id, blocked)
        return session.get_one(Item, lot.item_id).opened_counts

    counts = town.run(place_it)
    target = place.id if isinstance(place, Place) else place
    if target is None:
        send(town, code, lot_id)
    elif target != town.shelf.id:
        there = {"source": str(town.shelf.id), "target": str(target)}
        town.book(one(kind=Kind.TRANSFER, lot=lot_id, **there))
    town.run(lambda session: set_condition(session, session.get_one(Lot, lot_id), condition, ""))
    unchecked = blocked is not None and blocked <= today
    return lot_id, Drawn(Seen(condition, expiry, ends, opened, counts, unchecked), where)


def test_the_judgement_in_sql_is_the_pure_one_on_random_facts(town: Town) -> None:
    today = town.context.clock.today()
    drawn = scatter(town, random.Random(20261123))
    columns = (Stock.lot_id, why_column(today), lot_column(Stock.depot_id, today))
    rows = town.run(lambda session: session.execute(held(columns, town.depot.id)).all())
    found = {lot_id: (here, anywhere) for lot_id, here, anywhere in rows}
    for lot_id, facts in drawn.items():
        expected = (why_not(facts.facts, facts.where, today) or READY, why_not(facts.facts, None, today) or READY)
        assert found[lot_id] == expected, facts
    assert {said for said, _ in found.values()} >= set(Why) - {Why.LENT, Why.AWAY}
    assert town.run(verify).sound


@pytest.mark.heavy
def test_what_is_ready_is_told_alike_by_readiness_finder_and_pieces(town: Town) -> None:
    today = town.context.clock.today()
    scatter(town, random.Random(7))
    rows: Callable[..., dict[UUID, Decimal]] = lambda statement: dict(  # noqa: E731
        town.run(lambda session: [tuple(row) for row in session.execute(statement)])
    )
    why = why_column(today).label("why")
    told = held((Stock.item_id, func.sum(Stock.quantity)), town.depot.id).where(why == READY).group_by(Stock.item_id)
    ready = rows(told)
    counted = town.run(amounts, today, [town.depot.id])[town.depot.id]
    assert {item_id: amount.ready for item_id, amount in counted.items() if amount.ready} == ready
    kits = rows(select(Item.id, Item.id).where(Item.holds == "kit"))
    offered = town.run(ready_amounts, today, list(counted), [item for item in counted if item in kits])[town.depot.id]
    assert {item_id: quantity for item_id, quantity in offered.items() if quantity} == ready
    lines = ready_stock(today).with_only_columns(Stock.item_id, func.sum(Stock.quantity)).group_by(Stock.item_id)
    sound = rows(lines.where(Item.holds.is_(None)))
    assert sound == {item_id: quantity for item_id, quantity in ready.items() if item_id in sound}


def test_a_kit_lacks_a_part_that_is_not_sound(town: Town) -> None:
    today = town.context.clock.today()
    kit = carrier(town, "MED-003", PlaceKind.KIT, town.shelf)

    def said(session: Session) -> str:
        return session.execute(held((why_column(today),), town.depot.id).where(Stock.lot_id == kit.id)).scalar_one()

    def lines(session: Session) -> list[tuple[str, Decimal]]:
        found = session.execute(
            select(Item.code, KitLine.quantity)
            .join(KitLine, KitLine.item_id == Item.id)
            .join(Lot, Lot.item_id == KitLine.kit_item_id)
            .where(Lot.id == kit.id, KitLine.role != SEAL_ROLE)
        )
        return [(row[0], row[1]) for row in found]

    assert town.run(said) == Why.INCOMPLETE
    for code, quantity in town.run(lines):
        last = town.stock(code, str(quantity), kit, expires_on=today)
    assert town.run(said) == READY
    town.run(block, last, town.depot.id, today)
    assert town.run(said) == Why.INCOMPLETE
