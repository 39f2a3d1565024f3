"""The dates of depots that a calendar shows: checks due, gear's last usable days, loans to come back."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, String, cast, func, select
from sqlalchemy.orm import Session

from core.database import date_in
from core.quantities import write_quantity
from depots.models import Depot
from inventory.catalogue.models import Item
from inventory.clocks.clocks import SCRAP
from inventory.clocks.models import Due, MaintenancePlan
from inventory.documents.models import Loan
from inventory.stock.models import Lot, Stock

BACK = timedelta(days=30)
AHEAD = timedelta(days=180)
MOST = 1000  # entries of a calendar, the earliest first


class Sort(StrEnum):
    CHECK = "check"
    EXPIRY = "expiry"
    LOAN = "loan"


@dataclass(frozen=True)
class Entry:
    """One day's entry: what falls due there, of how many pieces or how much, and where it is dealt with."""

    sort: Sort
    key: str  # what it is about, within the depot
    day: date
    depot_code: str
    depot: tuple[str, str]  # zh, en
    what: tuple[str, str]
    item: tuple[str, str]
    amount: str
    path: str

    @property
    def uid(self) -> str:
        """The same for as long as the thing falls due on that day, in every calendar and language."""
        return f"{self.sort.value}-{self.depot_code}-{self.key}-{self.day:%Y%m%d}@readyshelf"

    def content(self, today: date) -> str:
        """A hash of what it says, whatever the language."""
        said = (self.depot, self.what, self.item, self.amount, self.path, self.day < today)
        return hashlib.sha256(repr(said).encode()).hexdigest()


def entries_of(session: Session, where: Sequence[ColumnElement[bool]], today: date) -> list[Entry]:
    """The entries of the depots that the conditions on ``Depot`` choose, in the order of their days."""
    found = [
        *_checks(session, where, today),
        *_expiries(session, where, today),
        *_loans(session, where, today),
    ]
    return sorted(found, key=lambda entry: (entry.day, entry.uid))[:MOST]


def _within(column: Any, today: date) -> ColumnElement[bool]:
    return column.between(today - BACK, today + AHEAD)


def _checks(session: Session, where: Sequence[ColumnElement[bool]], today: date) -> list[Entry]:
    """One entry for a plan's pieces that are due on the same day."""
    here = select(Stock.lot_id).where(
        Stock.lot_id == Due.lot_id, Stock.depot_id == Due.depot_id, ~Stock.outside, Stock.quantity > 0
    )
    statement: Any = (
        select(Depot, MaintenancePlan, Item, Due.due_on, func.count(), func.max(cast(Due.lot_id, String)))
        .select_from(Due)
        .join(Depot, Depot.id == Due.depot_id)
        .join(MaintenancePlan, MaintenancePlan.code == Due.plan_code)
        .join(Item, Item.id == MaintenancePlan.item_id)
        # scrap is the piece's own last usable day, which stands there as such
        .where(*where, _within(Due.due_on, today), MaintenancePlan.kind != SCRAP, here.correlate(Due).exists())
        .group_by(Depot.id, MaintenancePlan.code, Item.id, Due.due_on)
        .order_by(Due.due_on)
        .limit(MOST)
    )
    return [
        Entry(
            Sort.CHECK,
            plan.code,
            day,
            depot.code,
            (depot.name_zh, depot.name_en),
            (plan.task_zh, plan.task_en),
            (item.name_zh, item.name_en),
            str(count),
            _path(lot_id, count, f"/upkeep?depot={depot.code}"),
        )
        for depot, plan, item, day, count, lot_id in session.execute(statement)
    ]


def _expiries(session: Session, where: Sequence[ColumnElement[bool]], today: date) -> list[Entry]:
    """One entry for an item's lots whose last usable day is the same."""
    statement: Any = (
        select(
            Depot,
            Item,
            Lot.usable_through,
            func.sum(Stock.quantity),
            func.count(func.distinct(Lot.id)),
            func.max(cast(Lot.id, String)),
        )
        .select_from(Stock)
        .join(Depot, Depot.id == Stock.depot_id)
        .join(Lot, Lot.id == Stock.lot_id)
        .join(Item, Item.id == Lot.item_id)
        .where(*where, ~Stock.outside, Stock.quantity > 0, _within(Lot.usable_through, today))
        .group_by(Depot.id, Item.id, Lot.usable_through)
        .order_by(Lot.usable_through)
        .limit(MOST)
    )
    return [
        Entry(
            Sort.EXPIRY,
            item.code,
            day,
            depot.code,
            (depot.name_zh, depot.name_en),
            ("", ""),
            (item.name_zh, item.name_en),
            write_quantity(total),
            _path(lot_id, count, f"/depots/{depot.code}"),
        )
        for depot, item, day, total, count, lot_id in session.execute(statement)
    ]


def _loans(session: Session, where: Sequence[ColumnElement[bool]], today: date) -> list[Entry]:
    """One entry for a loan. The borrower's name and phone stay where they are: calendars travel far."""
    statement = (
        select(Loan, Depot, func.sum(Stock.quantity))
        .join(Depot, Depot.id == Loan.depot_id)
        .join(Stock, Stock.place_id == Loan.id)
        .where(*where, Loan.closed_at.is_(None), Stock.quantity > 0)
        .group_by(Loan.id, Depot.id)
        .order_by(Loan.due_at)
        .limit(MOST)
    )
    found = []
    for loan, depot, total in session.execute(statement):
        day = date_in(session, loan.due_at)
        if today - BACK <= day <= today + AHEAD:
            found.append(
                Entry(
                    Sort.LOAN,
                    loan.id.hex,
                    day,
                    depot.code,
                    (depot.name_zh, depot.name_en),
                    ("", ""),
                    (loan.unit or "个人", loan.unit or "a person"),
                    write_quantity(total),
                    f"/depots/{depot.code}",
                )
            )
    return found


def _path(lot_id: str, count: int, many: str) -> str:
    return f"/lots/{UUID(lot_id)}" if count == 1 else many
