"""What goes into or out of a vehicle or kit, beside what changes whether its load is in reach: both held open.

On PostgreSQL each read the other's state of yesterday, and the depot's figures stayed wrong.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy.orm import Session

from core.errors import Refusal
from inventory.documents.loans import Back, GiveBack
from inventory.entries import VERBS
from inventory.faults.faults import Trouble, report_fault
from inventory.stock.lots import set_condition
from inventory.stock.models import Condition, Kind, Lot
from inventory.stock.verify import verify
from inventory.telling.entries import book_entry
from inventory.telling.scene import NewEntry
from labels.codes.binding import labelled
from tests.conftest import one
from tests.inventory.documents.conftest import Desk, desk
from tests.inventory.documents.test_locked_rows import booking, held_open

__all__ = ["desk"]
Verb = Callable[[Session], Any]


class Truck:
    """A vehicle with pliers on it, in a kit on it, and in somebody's hands."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.town = desk, desk.town
        self.place = desk.kit("VEH-002", serial="V-1")
        self.kit = desk.kit("MED-001", serial="K-1")
        self.pliers, self.axe = self.town.stock("BRK-014", "9"), self.town.stock("BRK-002", "4")
        self.move(self.pliers, self.place.id, "5")
        self.move(self.axe, self.kit.id, "2")
        self.move(self.kit.id, self.place.id, "1")
        self.town.book(one(kind=Kind.ISSUE, lot=self.pliers, quantity="1", source=str(self.town.shelf.id)),
                       caller="admin")  # fmt: skip

    def move(self, lot: UUID, to: UUID, quantity: str) -> None:
        self.town.book(one(kind=Kind.TRANSFER, lot=lot, quantity=quantity, source=str(self.town.shelf.id),
                           target=str(to)))  # fmt: skip

    def shift(self, lot: UUID, source: UUID, target: UUID, quantity: str = "1") -> Verb:
        return booking(
            self.town, kind=Kind.TRANSFER, lot=lot, quantity=quantity, source=str(source), target=str(target)
        )

    def tell(self, kind: type[NewEntry], **fields: Any) -> Verb:
        entry, moment = kind(id=uuid4(), **fields), self.town.context.moment()
        return lambda session: book_entry(session, self.town.callers["admin"], entry, VERBS, moment, labelled)

    def judge(self, lot: UUID) -> Verb:
        return lambda session: set_condition(session, session.get_one(Lot, lot), Condition.UNFIT, "test")

    def fault(self, session: Session) -> Any:
        now, today = self.town.context.clock.now(), self.town.context.clock.today()
        return report_fault(session, self.town.keeper, Trouble(self.place.id, self.town.shelf.id, "漏水"), now, today)


INSIDE: dict[str, Callable[[Truck], Verb]] = {
    "take": lambda truck: truck.shift(truck.pliers, truck.place.id, truck.town.second_shelf.id),
    "issue": lambda truck: booking(truck.town, kind=Kind.ISSUE, lot=truck.pliers, source=str(truck.place.id)),
    "take of an item": lambda truck: booking(
        truck.town, kind=Kind.CONSUME, item="BRK-014", quantity="2", source=str(truck.place.id)
    ),
    "take out of the kit on it": lambda truck: truck.shift(truck.axe, truck.kit.id, truck.town.shelf.id),
    "put more": lambda truck: truck.shift(truck.pliers, truck.town.shelf.id, truck.place.id),
    "put something new": lambda truck: truck.shift(truck.axe, truck.town.shelf.id, truck.place.id),
    "put into the kit on it": lambda truck: truck.shift(truck.pliers, truck.town.shelf.id, truck.kit.id),
    "receive": lambda truck: booking(truck.town, kind=Kind.RECEIVE, lot=truck.axe, target=str(truck.place.id)),
    "give back": lambda truck: truck.tell(
        GiveBack, lines=[Back(thing=str(truck.pliers), quantity="1", target=str(truck.place.id))]
    ),
    "judge what is on it": lambda truck: truck.judge(truck.pliers),
    "judge the kit on it": lambda truck: truck.judge(truck.kit.id),
}
AROUND: dict[str, Callable[[Truck], Verb]] = {
    "unfit": lambda truck: truck.judge(truck.place.id),
    "fault": lambda truck: truck.fault,
    "away": lambda truck: booking(
        truck.town, kind=Kind.ISSUE, lot=truck.place.id, source=str(truck.town.shelf.id), quantity="1"
    ),
}
# each waits half a second for the other: a few on every run, all of them with the slow ones
OFTEN = {("take", "unfit"), ("put something new", "away"), ("judge what is on it", "away")}
PAIRS = [
    pytest.param(inside, around, marks=[] if (inside, around) in OFTEN else pytest.mark.slow)
    for inside in INSIDE
    for around in AROUND
]


def check(truck: Truck) -> None:
    verdict = truck.town.run(verify)
    assert verdict.sound, verdict.examples


@pytest.mark.parametrize(("inside", "around"), PAIRS)
def test_a_movement_held_open_counts_right_beside_a_change_of_its_carrier(desk: Desk, inside: str, around: str) -> None:
    truck = Truck(desk)
    with held_open(truck.town, INSIDE[inside](truck)) as beside:
        answer = beside(AROUND[around](truck))
    assert not isinstance(answer, Refusal), answer
    check(truck)


@pytest.mark.parametrize(("inside", "around"), PAIRS)
def test_a_change_of_a_carrier_held_open_is_seen_by_the_movement_beside_it(
    desk: Desk, inside: str, around: str
) -> None:
    truck = Truck(desk)
    with held_open(truck.town, AROUND[around](truck)) as beside:
        answer = beside(INSIDE[inside](truck))
    check(truck)
    if around != "away":
        assert not isinstance(answer, Refusal) or answer.kind in ("not-enough-stock", "unfit", "carrier"), answer
