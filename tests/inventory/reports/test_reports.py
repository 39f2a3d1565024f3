"""Reports against the movements themselves: opening + in − out = closing."""

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import Refusal
from depots.models import Depot, Place
from inventory.catalogue.models import Item
from inventory.listing.listing import Asked
from inventory.reports.fences import subject_asked
from inventory.reports.lists import disposals, ledger, month
from inventory.stock.models import Kind, Lot, Movement, Stock
from tests.conftest import ZONE, Town, one

ZERO = Decimal(0)
ITEMS = ("MED-024", "BRK-014", "PPE-010")


def asked(town: Town, who: str = "admin", **filters: str) -> Asked:
    return Asked(town.callers[who], "zh", town.context.clock.today(), ZONE, filters)


def rows(town: Town, report: Any, who: str = "admin", **filters: str) -> list[Any]:
    return town.run(lambda session: list(report(session, asked(town, who, **filters))))


def slow_accounts(session: Session, inside: Any, first: date, last: date) -> dict[str, tuple[Decimal, ...]]:
    """Opening, in, out and closing of each item by going through every movement there is."""
    places = {place.id: place for place in session.execute(select(Place)).scalars()}
    items = {item.id: item.code for item in session.execute(select(Item)).scalars()}
    found: dict[str, list[Decimal]] = defaultdict(lambda: [ZERO, ZERO, ZERO])
    for movement in session.execute(select(Movement)).scalars():
        leaves = inside(places[movement.from_place_id], movement)
        enters = inside(places[movement.to_place_id], movement)
        day = movement.recorded_at.astimezone(ZONE).date()
        if leaves == enters or day > last:
            continue
        account = found[items[movement.item_id]]
        if day < first:
            account[0] += movement.quantity if enters else -movement.quantity
        else:
            account[1 if enters else 2] += movement.quantity
    return {code: (o, i, out, o + i - out) for code, (o, i, out) in found.items() if o or i or out}


def told_accounts(lines: list[Any]) -> dict[str, tuple[Decimal, ...]]:
    """The same from the ledger's lines; each line's balance is checked on the way."""
    found: dict[str, tuple[Decimal, ...]] = {}
    opening = came = went = balance = ZERO
    for line in lines:
        if line.kind == "opening":
            opening, came, went, balance = line.balance, ZERO, ZERO, line.balance
        elif line.kind == "closing":
            assert (line.came, line.went, line.balance) == (came, went, balance)
            found[line.item] = (opening, came, went, line.balance)
        else:
            came, went = came + (line.came or ZERO), went + (line.went or ZERO)
            balance += (line.came or ZERO) - (line.went or ZERO)
            assert line.balance == balance
    return found


STEP = st.tuples(
    st.sampled_from(["receive", "receive_there", "issue", "return", "consume", "move", "dispose", "lose"]),
    st.sampled_from(ITEMS),
    st.integers(1, 5),
    st.integers(0, 40),  # hours that pass before
)


def act(town: Town, step: tuple[str, str, int, int]) -> None:
    what, item, quantity, hours = step
    town.context.clock.instant += timedelta(hours=hours)  # type: ignore[attr-defined]
    if what.startswith("receive"):
        town.stock(
            item,
            str(1 if item == "PPE-010" else quantity),
            shelf=town.other_shelf if what.endswith("there") else town.shelf,
        )
        return
    wishes: dict[str, dict[str, Any]] = {
        "issue": {"kind": Kind.ISSUE},
        "return": {"kind": Kind.RETURN},
        "consume": {"kind": Kind.CONSUME},
        "move": {"kind": Kind.TRANSFER, "source": str(town.shelf.id), "target": str(town.second_shelf.id)},
        "dispose": {"kind": Kind.DISPOSE, "source": str(town.shelf.id), "reason": "旧"},
        "lose": {"kind": Kind.ADJUST, "source": str(town.shelf.id), "reason": "丢失"},
    }
    lots = select(Lot.id).join(Item, Item.id == Lot.item_id).where(Item.code == item).limit(1)
    lot = town.run(lambda session: session.execute(lots).scalar())
    if lot is None:
        return
    try:
        town.book(one(lot=lot, quantity=str(min(quantity, 1)), **wishes[what]), caller="keeper")
    except Refusal as refusal:
        assert refusal.status in (404, 409, 422)  # there may be nothing to take: the history goes on without it


@pytest.mark.heavy
@settings(
    max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(history=st.lists(STEP, min_size=4, max_size=14), first=st.integers(0, 12), length=st.integers(0, 12))
def test_opening_and_in_less_out_is_closing_on_any_history(
    town: Town, history: list[tuple[str, str, int, int]], first: int, length: int
) -> None:
    start = town.context.clock.today()
    for step in history:
        act(town, step)
    since, until = start + timedelta(days=first), start + timedelta(days=first + length)
    period = {"since": str(since), "until": str(until)}
    depot, person = town.depot.id, town.keeper.person_id
    lot = town.run(lambda s: s.execute(select(Movement.lot_id).limit(1)).scalar())
    fences: list[tuple[dict[str, str], Any]] = [
        ({"of": "depot", "id": "STR-0001"}, lambda place, _: place.depot_id == depot and not place.outside),
        ({"of": "place", "id": str(town.shelf.id)}, lambda place, _: place.id == town.shelf.id),
        ({"of": "person", "id": "keeper"}, lambda place, _: place.person_id == person),
        ({"of": "item", "id": "BRK-014"}, lambda place, _: not place.outside),
    ]
    if lot is not None:
        fences.append(({"of": "lot", "id": str(lot)}, lambda place, m: not place.outside and m.lot_id == lot))
    for subject, inside in fences:
        expected = town.run(slow_accounts, inside, since, until)
        if subject["of"] == "item":
            expected = {code: account for code, account in expected.items() if code == subject["id"]}
        assert told_accounts(rows(town, ledger, **subject, **period)) == expected
    for filters, inside in (
        ({}, lambda place, _: not place.outside),
        ({"depot": "STR-0001"}, lambda place, _: place.depot_id == depot and not place.outside),
        ({"district": "440309"}, lambda place, _: place.depot_id == town.other.id and not place.outside),
    ):
        expected = town.run(slow_accounts, inside, since, until)
        told = rows(town, month, **filters, **period)
        accounts = [(line.item.code, line.account) for line in told]
        assert {
            code: (account.opening, account.total_in, account.total_out, account.closing) for code, account in accounts
        } == expected


def test_a_period_is_calendar_days_in_shenzhen(town: Town) -> None:
    clock = town.context.clock
    for instant in (datetime(2026, 11, 30, 15, 59, tzinfo=UTC), datetime(2026, 11, 30, 16, 1, tzinfo=UTC)):
        clock.instant = instant  # type: ignore[attr-defined]
        town.stock("BRK-014", "1")
    november = {line.item.code: line for line in rows(town, month, month="2026-11")}
    december = {line.item.code: line for line in rows(town, month, month="2026-12")}
    assert november["BRK-014"].account.closing == 1
    assert (december["BRK-014"].account.opening, december["BRK-014"].account.closing) == (1, 2)


def test_the_month_tells_received_used_up_disposed_and_lost_apart(town: Town) -> None:
    lot = town.stock("MED-010", "20", expires_on=date(2028, 1, 1), number="L1")
    town.book(one(kind=Kind.CONSUME, lot=lot, quantity="3"))
    town.book(one(kind=Kind.DISPOSE, lot=lot, quantity="2", source=str(town.shelf.id), reason="破损"))
    town.book(one(kind=Kind.ADJUST, lot=lot, quantity="1", source=str(town.shelf.id), reason="盘亏"))
    (line,) = rows(town, month, who="officer", depot="STR-0001")
    numbers = [column.value(line, "zh") for column in _month_columns()]
    assert numbers == [0, 20, 0, 0, 3, 2, 0, 1, 14]
    (disposed,) = rows(town, disposals, who="officer")
    assert (disposed.item, disposed.mark, disposed.quantity, disposed.reason) == ("MED-010", "L1", 2, "破损")


def _month_columns() -> list[Any]:
    from inventory.reports.lists import MONTH

    return [column for column in MONTH.columns if column.kind == "number"]


def test_nobody_reads_a_report_of_what_is_out_of_reach(town: Town) -> None:
    town.stock("BRK-014", "4", shelf=town.other_shelf)
    for subject in ({"of": "depot", "id": "IND-0002"}, {"of": "place", "id": str(town.other_shelf.id)}):
        with pytest.raises(Refusal) as refused:
            rows(town, ledger, who="keeper", **subject)
        assert refused.value.status == 404
    assert rows(town, ledger, who="keeper", of="item", id="BRK-014") == []
    assert rows(town, month, who="keeper") == []
    assert len(rows(town, month, who="keeper2")) == 1


@pytest.mark.parametrize(
    "filters",
    [
        {"of": "moon", "id": "x"},
        {"of": "depot"},
        {"of": "lot", "id": "no"},
        {"of": "depot", "id": "STR-0001", "since": "gestern"},
        {"of": "depot", "id": "STR-0001", "since": "2026-12-01", "until": "2026-11-01"},
        {"of": "depot", "id": "STR-0001", "month": "2026-13"},
    ],
)
def test_a_report_that_makes_no_sense_is_refused_with_the_field(town: Town, filters: dict[str, str]) -> None:
    with pytest.raises(Refusal) as refused:
        rows(town, ledger, **filters)
    assert refused.value.status == 422
    assert refused.value.fields


def test_a_balance_now_is_the_closing_of_today(town: Town) -> None:
    town.stock("BRK-014", "4")
    subject = town.run(lambda s: subject_asked(s, asked(town, of="depot", id="STR-0001")))
    held = select(Stock.quantity).join(Depot, Depot.id == Stock.depot_id).where(~Stock.outside)
    assert subject.name[0].startswith("STR-0001")
    (opening, _line, closing) = rows(town, ledger, of="depot", id="STR-0001")
    assert (opening.balance, closing.balance) == (0, town.run(lambda s: s.execute(held).scalar_one()))
