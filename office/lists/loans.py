"""Loans: a row per loan, the one that is due back first in front."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session, aliased

from core.clock import day_begins
from core.languages import N_
from depots.models import Depot
from inventory.catalogue.models import Item
from inventory.documents.loans import ENTRIES, Back, GiveBack
from inventory.documents.models import Borrower, Loan
from inventory.stock.models import Stock
from inventory.telling.entries import book_entry
from jobs.alerts.bulk import tell_again
from office.lists.common import (
    DEPOT,
    DISTRICT,
    depot_values,
    entry_id,
    first_of_lines,
    moment_column,
    seen_at,
    words_of_depot,
)
from office.lists.gear import DEPOT_COLUMN
from office.tables import Act, Chip, Column, Join, Key, Reader, Table, Words
from people.models import Person
from people.policy import Act as May

_out: Any = aliased(Stock)
_item: Any = aliased(Item)
STATE_WORDS = {
    "late": N_("overdue"),
    "today": N_("due back today"),
    "out": N_("lent"),
    "returned": N_("returned"),
    "lost": N_("lost"),
}
MOODS = {"late": "bad", "today": "warn", "out": "", "returned": "good", "lost": "bad"}
BORROWER_WORDS = {
    Borrower.RESPONDER.value: N_("a responder"),
    Borrower.OUTSIDE.value: N_("another unit"),
    Borrower.RESIDENT.value: N_("a resident"),
}


def _state(reader: Reader) -> Any:
    tomorrow = day_begins(reader.today + timedelta(days=1), reader.moment.zone)
    return case(
        (Loan.outcome == "lost", "lost"),
        (Loan.closed_at.is_not(None), "returned"),
        (Loan.due_at < reader.now, "late"),
        (Loan.due_at < tomorrow, "today"),
        else_="out",
    )


def _open_first(_reader: Reader) -> Any:
    return case((Loan.closed_at.is_(None), 0), else_=1), Loan.due_at


def _first_out(name: Any) -> Any:
    """Of what is still out: the first by its code stands for it."""
    named = select(name).join(_out, _out.item_id == _item.id).where(_out.place_id == Loan.id, _out.quantity > 0)
    return func.coalesce(named.correlate(Loan).order_by(_item.code).limit(1).scalar_subquery(), "")


def _values(reader: Reader) -> Sequence[Any]:
    lines = select(func.count()).where(_out.place_id == Loan.id, _out.quantity > 0).correlate(Loan)
    return (
        Loan.id,
        Loan.borrower,
        Loan.name,
        Loan.unit,
        Loan.phone,
        Loan.lent_at,
        Loan.due_at,
        Loan.closed_at,
        *depot_values(),
        Person.name.label("lent_by"),
        _state(reader).label("state"),
        _first_out(_item.name_zh).label("item_zh"),
        _first_out(_item.name_en).label("item_en"),
        lines.scalar_subquery().label("lines"),
    )


def _all_back(session: Session, reader: Reader, keys: Sequence[Key], said: Mapping[str, str]) -> int:
    """All that is still out of these loans came back, ready. What is out of reach of the caller's keeping refuses."""
    back, ids = 0, [loan_id for (loan_id,) in keys]
    # Locked before it is read what is out: somebody may be giving the same back at this moment
    session.execute(select(Loan.id).where(Loan.id.in_(ids)).order_by(Loan.id).with_for_update()).all()
    for loan_id in ids:
        out = select(_out.lot_id, _out.quantity).where(_out.place_id == loan_id, _out.quantity > 0)
        rows = session.execute(out.order_by(_out.lot_id))
        lines = [Back(str(lot), f"{quantity:f}", source=str(loan_id)) for lot, quantity in rows]
        if lines:
            entry = GiveBack(id=entry_id(said, "back", loan_id), lines=lines)
            book_entry(session, reader.caller, entry, ENTRIES, reader.moment)
            back += 1
    return back


def _remind(session: Session, reader: Reader, keys: Sequence[Key], _said: Mapping[str, str]) -> int:
    """The keepers are told again of those that are overdue. A borrower has no address: the keeper calls them."""
    return tell_again(session, reader.caller, [f"loan:{loan_id}" for (loan_id,) in keys], reader.now)


LOANS = Table(
    name="loans",
    title=N_("Loans"),
    path="/loans",
    base=Loan,
    key=(Loan.id,),
    joins=(Join(Depot, Depot.id == Loan.depot_id), Join(Person, Person.id == Loan.lent_by_id)),
    within=lambda reader: (seen_at(reader, Depot),),
    values=_values,
    columns=(
        Column(
            "state",
            N_("State"),
            lambda row: STATE_WORDS[row.state],
            "badge",
            mood=lambda row: MOODS[row.state],
            sort=_open_first,
            shape=(int, datetime),
        ),
        moment_column("due", N_("Due back"), "due_at", Loan.due_at),
        Column("who", N_("Borrower"), lambda row: row.name or row.unit or row.phone),
        Column("borrower", N_("Kind"), lambda row: BORROWER_WORDS[row.borrower.value], "word"),
        Column("unit", N_("Unit of the borrower"), lambda row: row.unit if row.name else "", extra=True, width=20),
        Column("phone", N_("Phone"), lambda row: row.phone, "code"),
        Column("what", N_("Still out"), first_of_lines, width=26),
        DEPOT_COLUMN,
        moment_column("lent", N_("Lent"), "lent_at", Loan.lent_at),
        Column("by", N_("Handled by"), lambda row: row.lent_by, extra=True),
        moment_column("closed", N_("Returned"), "closed_at", extra=True),
    ),
    chips=(
        Chip("state", N_("State"), _state, STATE_WORDS),
        Chip("borrower", N_("Kind"), lambda _: Loan.borrower, BORROWER_WORDS),
        DISTRICT,
        DEPOT,
    ),
    words=(Words((Loan.name, Loan.unit, Loan.phone)), words_of_depot(Loan.depot_id)),
    order="state",
    acts=(
        Act("back", N_("All came back, ready"), _all_back, May.TAKE, key="b"),
        Act("remind", N_("Remind the keepers of what is overdue"), _remind, May.APPROVE, key="r"),
    ),
    acts_may=May.TAKE,
    empty=N_("Nothing was lent."),
)
