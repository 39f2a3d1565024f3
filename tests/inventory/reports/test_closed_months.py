"""A closed month equals what it was: print, go on, print again (B31)."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from core.schema import migrate
from depots.models import PlaceKind
from inventory.assets.models import AssetFact
from inventory.booking.wishes import Wish
from inventory.documents.counting import ApproveCount, Counted, CountLines, StartCount
from inventory.documents.incidents import Draw, OpenIncident
from inventory.documents.loans import Back, Borrower, GiveBack, Lend, ReturnState, Thing
from inventory.documents.models import Channel, IncidentKind
from inventory.documents.transfers import Arrival, AskedLine, AskTransfer, Dispatch, ReceiveTransfer, Sent, SignLoss
from inventory.listing.listing import Asked, value_of
from inventory.reports.incident_use import incident_use
from inventory.reports.lists import INCIDENT_USE, MONTH, REPORTS, ledger, month
from inventory.stock.models import CarriedLoad, Kind, Movement
from inventory.stock.verify import BOOK, verify
from inventory.telling.basket import Basket
from tests.conftest import ZONE, Town
from tests.inventory.documents.conftest import Desk, desk
from tests.inventory.exchange.conftest import Importing, importing
from tests.inventory.exchange.files import table
from tests.inventory.reports.test_reports import rows
from tests.olden import go_back

__all__ = ["desk", "importing"]
NOVEMBER = "2026-11"


def asked(town: Town, **filters: str) -> Asked:
    return Asked(town.callers["admin"], "zh", town.context.clock.today(), ZONE, filters)


def printed(town: Town, month: str = NOVEMBER) -> dict[str, list[list[Any]]]:
    """Every report of every subject there is, cell by cell."""
    subjects = [
        {"of": "depot", "id": "STR-0001"},
        {"of": "depot", "id": "IND-0002"},
        {"of": "place", "id": str(town.shelf.id)},
        {"of": "person", "id": "keeper"},
        *({"of": "item", "id": item} for item in ("BRK-014", "MED-010", "MED-001")),
        {"of": "item", "id": "BRK-014", "depot": "IND-0002"},
    ]
    held: list[dict[str, str]] = [{}, {"depot": "STR-0001"}, {"depot": "IND-0002"}, {"district": "440309"}]
    sheets: dict[str, list[list[Any]]] = {}
    for report in REPORTS:
        for filters in subjects if report.name == "ledger" else held:
            request = asked(town, month=month, **filters)
            with town.context.database.transaction(writes=False) as session:
                found = [
                    [value_of(column, row, request) for column in report.columns]
                    for row in report.rows(session, request)
                ]
            sheets[f"{report.name} {filters}"] = found
    return sheets


class Life:
    """What stood at the end of November, and what is done in December."""

    def __init__(self, desk: Desk, importing: Importing, folder: Path) -> None:
        self.desk, self.town, self.importing, self.folder = desk, desk.town, importing, folder
        town = self.town
        self.long_ago = desk.now() + timedelta(minutes=30)
        self.lot = town.stock("BRK-014", "40")
        self.there = town.stock("BRK-014", "9", town.other_shelf)
        self.batch = town.stock("MED-010", "30", expires_on=date(2028, 1, 1), number="L1")
        self.kit = desk.kit("MED-001")
        self.fill(self.lot, "3", self.kit.id)
        self.fill(self.batch, "7", self.kit.id)
        self.incident = self.call_out()
        desk.do(Draw, incident=self.incident, lines=[self.thing("4")])
        self.loan = desk.do(Lend, depot="STR-0001", lines=[self.thing("2")], borrower=Borrower.OUTSIDE,
                            name="王", unit="社区", phone="139", due_at=desk.now() + timedelta(days=30)).id  # fmt: skip
        town.book(Wish(id=uuid4(), kind=Kind.ISSUE, quantity="2", lot=self.lot, source=str(town.shelf.id)))
        town.book(Wish(id=uuid4(), kind=Kind.DISPOSE, quantity="1", lot=self.batch, source=str(town.shelf.id),
                       reason="破损"))  # fmt: skip
        self.on(hours=2)
        self.missing = self.count(town.shelf.id, self.lot, short=2)
        self.run = self.bring_in("1")
        self.on(hours=1)

    def on(self, **time: int) -> None:
        self.town.context.clock.instant += timedelta(**time)  # type: ignore[attr-defined]

    def thing(self, quantity: str) -> Thing:
        return Thing(thing=str(self.lot), quantity=quantity, source=str(self.town.shelf.id))

    def fill(self, lot: UUID, quantity: str, into: UUID) -> None:
        shelf = str(self.town.shelf.id)
        self.town.book(Wish(id=uuid4(), kind=Kind.TRANSFER, quantity=quantity, lot=lot, source=shelf, target=str(into)))

    def call_out(self, **more: Any) -> UUID:
        what = {"what": IncidentKind.FIRE, "channel": Channel.PHONE, "place": "沙河西路"}
        return self.desk.do(OpenIncident, depot="STR-0001", **what, **more).id

    def count(self, place: UUID, lot: UUID, short: int) -> UUID:
        """Count a lot, some short, and approve it."""
        seen = str(self.desk.at(lot, place) - short)
        count = self.desk.do(StartCount, depot="STR-0001", places=[str(place)]).id
        for who, turn in (("keeper", 1), ("officer", 2)):
            lines = [Counted(str(lot), seen)]
            self.desk.do(CountLines, who, count=count, place=str(place), lines=lines, round=turn)
        self.desk.do(ApproveCount, "officer", count=count, leave_uncounted=True)
        return count

    def bring_in(self, mark: str) -> Any:
        header = ("站点编号", "货位", "物资编码", "数量", "批号", "有效期至")
        lines = [header, ("STR-0001", "A2层", "MED-010", 5, mark, "2028-05-01")]
        return self.importing.go("stock", table(self.folder / f"{mark}.csv", lines))

    def late(self, kind: Kind, quantity: str, **wish: Any) -> None:
        wish = {"lot": self.lot, "source": str(self.town.shelf.id), **wish}
        movement = Wish(id=uuid4(), kind=kind, quantity=quantity, **wish)
        self.desk.do(Basket, movements=[movement], happened_at=self.long_ago, late=True)

    def carry_off(self) -> UUID:
        """The kit goes to the other depot, with all that is in it."""
        transfer = self.desk.do(AskTransfer, giver="STR-0001", receiver="IND-0002", reason="x",
                                lines=[AskedLine(item="MED-001", quantity="1")]).id  # fmt: skip
        self.desk.do(Dispatch, transfer=transfer, lines=[Sent(str(self.kit.id))])
        place = str(self.town.other_shelf.id)
        self.desk.do(ReceiveTransfer, "keeper2", transfer=transfer, place=place,
                     lines=[Arrival(str(self.kit.id), "1")])  # fmt: skip
        return transfer

    def lose_on_the_way(self) -> None:
        transfer = self.desk.do(AskTransfer, giver="STR-0001", receiver="IND-0002", reason="x",
                                lines=[AskedLine(item="BRK-014", quantity="3")]).id  # fmt: skip
        past = {"happened_at": self.long_ago, "late": True}
        self.desk.do(Dispatch, transfer=transfer, lines=[Sent(str(self.lot), "3")], **past)
        place = str(self.town.other_shelf.id)
        self.desk.do(ReceiveTransfer, "keeper2", transfer=transfer, place=place,
                     lines=[Arrival(str(self.lot), "2")])  # fmt: skip
        self.desk.do(SignLoss, transfer=transfer, side="giver")
        self.desk.do(SignLoss, "keeper2", transfer=transfer, side="receiver")

    def draw_late(self, incident: UUID) -> None:
        self.desk.do(Draw, incident=incident, lines=[self.thing("2")], happened_at=self.long_ago, late=True)

    def give_back(self, source: UUID, state: ReturnState) -> None:
        line = Back(thing=str(self.lot), quantity="1", source=str(source), target=str(self.town.shelf.id), state=state)
        self.desk.do(GiveBack, lines=[line], happened_at=self.long_ago + timedelta(hours=1), late=True)


Deed = Callable[[Life], Any]
DEEDS: dict[str, Deed] = {
    "a count": lambda life: life.count(life.town.shelf.id, life.batch, short=1),
    "a late issue": lambda life: life.late(Kind.ISSUE, "1"),
    "a late use": lambda life: life.late(Kind.CONSUME, "1"),
    "a late use of more than there is": lambda life: life.late(Kind.CONSUME, "90", lot=life.batch),
    "a late move": lambda life: life.late(Kind.TRANSFER, "1", target=str(life.town.second_shelf.id)),
    "a late disposal": lambda life: life.late(Kind.DISPOSE, "1", reason="旧"),
    "a late loss": lambda life: life.late(Kind.ADJUST, "1", reason="丢失"),
    "a late find": lambda life: life.late(
        Kind.ADJUST, "1", reason="找到", source=None, target=str(life.town.second_shelf.id)
    ),
    "a late receipt": lambda life: life.late(Kind.RECEIVE, "5", source=None, target=str(life.town.second_shelf.id)),
    "a late return": lambda life: life.late(Kind.RETURN, "1", source=None, target=str(life.town.shelf.id)),
    "a late draw": lambda life: life.draw_late(life.incident),
    "an older call-out told late": lambda life: life.draw_late(
        life.call_out(happened_at=life.long_ago - timedelta(hours=1), late=True)
    ),
    "gear back from a call-out": lambda life: life.give_back(life.incident, ReturnState.READY),
    "gear lost at a call-out": lambda life: life.give_back(life.incident, ReturnState.LOST),
    "gear back from a loan": lambda life: life.give_back(life.loan, ReturnState.DAMAGED),
    "a late loan": lambda life: life.desk.do(
        Lend, depot="STR-0001", lines=[life.thing("1")], borrower=Borrower.OUTSIDE, name="李", unit="社区", phone="138",
        due_at=life.desk.now() + timedelta(days=9), happened_at=life.long_ago, late=True,
    ),
    "an import": lambda life: life.bring_in("2"),
    "the undo of November's import": lambda life: life.importing.undo(life.run),
    "a transfer with a loss": Life.lose_on_the_way,
    "a loaded kit at another depot": Life.carry_off,
    "use out of the kit over there": lambda life: life.town.book(
        Wish(id=uuid4(), kind=Kind.CONSUME, quantity="2", lot=life.batch, source=str(life.kit.id)), caller="keeper2"
    ),
}  # fmt: skip


def lines_of_the_book(session: Session) -> int:
    return session.execute(select(func.count()).select_from(Movement)).scalar_one()


@pytest.mark.heavy
@pytest.mark.parametrize("one_by_one", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_a_closed_month_is_what_it_was_whatever_is_told_later(
    desk: Desk, importing: Importing, tmp_path: Path, one_by_one: bool
) -> None:
    life = Life(desk, importing, tmp_path)
    town = life.town
    town.context.clock.instant = datetime.fromisoformat("2026-12-05T02:00:00+00:00")  # type: ignore[misc]
    november = printed(town)
    assert sum(len(sheet) for sheet in november.values()) > 60
    *_, last = DEEDS
    for name, deed in DEEDS.items():
        booked = town.run(lines_of_the_book)
        deed(life)
        assert town.run(lines_of_the_book) > booked, f"nothing was booked: {name}"
        life.on(minutes=1)
        if one_by_one or name == last:
            now = printed(town)
            assert {sheet: found for sheet, found in now.items() if found != november[sheet]} == {}, name
    for filters in ({}, {"depot": "STR-0001"}, {"depot": "IND-0002"}):
        closing = {line.item.code: line.account.closing for line in rows(town, month, month=NOVEMBER, **filters)}
        opening = {line.item.code: line.account.opening for line in rows(town, month, month="2026-12", **filters)}
        assert {code: left for code, left in closing.items() if left} == {
            code: left for code, left in opening.items() if left
        }
    assert town.run(verify).sound


def cells(town: Town, report: Any, item: str, **filters: str) -> dict[str, Any]:
    """A line of a report by its English headings."""
    (row,) = [
        row
        for row in rows(town, report.rows, **filters)
        if (row.item if report == INCIDENT_USE else row.item.code) == item
    ]
    request = asked(town, **filters)
    return {column.heading: value_of(column, row, request) for column in report.columns}


def test_the_load_of_a_kit_that_goes_to_another_depot_is_a_line_of_both(desk: Desk, importing: Importing,
                                                                        tmp_path: Path) -> None:  # fmt: skip
    life = Life(desk, importing, tmp_path)
    life.town.context.clock.instant = datetime.fromisoformat("2026-12-05T02:00:00+00:00")  # type: ignore[misc]
    life.carry_off()
    for depot, out, into in (("STR-0001", 7, 0), ("IND-0002", 0, 7)):
        line = cells(life.town, MONTH, "MED-010", month="2026-12", depot=depot)
        assert (line["To other depots"], line["From other depots"]) == (out, into)
        opening, *_, closing = [
            row for row in rows(life.town, ledger, of="depot", id=depot, month="2026-12") if row.item == "MED-010"
        ]
        assert closing.balance == opening.balance - out + into
    (load,) = [
        row
        for row in rows(life.town, ledger, of="depot", id="IND-0002", month="2026-12")
        if row.item == "MED-010" and row.kind == Kind.TRANSFER
    ]
    assert (load.beyond_zh, load.kind, load.lot) == ("K-1", Kind.TRANSFER, "L1")
    of_kit = rows(life.town, ledger, of="place", id=str(life.kit.id), month="2026-12")
    assert {row.kind for row in of_kit} == {"opening", "closing"}


@pytest.mark.heavy
@pytest.mark.own_database
@pytest.mark.parametrize("migrated", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_the_load_of_a_kit_in_a_kit_comes_along_and_is_known_by_the_movements(
    desk: Desk, importing: Importing, tmp_path: Path, migrated: bool
) -> None:
    life = Life(desk, importing, tmp_path)
    town, inner = life.town, desk.kit("MED-001", serial="K-2")
    life.fill(life.lot, "2", inner.id)
    town.book(Wish(id=uuid4(), kind=Kind.TRANSFER, quantity="1", lot=inner.id, source=str(town.shelf.id),
                   target=str(life.kit.id)))  # fmt: skip
    life.on(minutes=1)
    life.carry_off()

    def loads(session: Session) -> set[tuple[UUID, UUID, Decimal]]:
        return {(row.place_id, row.lot_id, row.quantity) for row in session.execute(select(CarriedLoad)).scalars()}

    right = {
        (life.kit.id, life.lot, Decimal(3)),
        (life.kit.id, life.batch, Decimal(7)),
        (life.kit.id, inner.id, Decimal(1)),
        (inner.id, life.lot, Decimal(2)),
    }
    assert town.run(loads) == right

    def spoil(session: Session) -> None:
        session.execute(delete(CarriedLoad).where(CarriedLoad.place_id == inner.id))
        session.execute(update(CarriedLoad).where(CarriedLoad.lot_id == life.batch).values(quantity=Decimal(1)))

    if migrated:
        go_back(town.context.database, "0040")
        migrate(town.context.database)
        assert town.run(loads) == right, "what was carried before there were such lines is known by the movements"
    town.run(spoil)
    fault = "load that changed depot differs from movements"
    assert set(town.run(verify).faults) == {fault}
    (check,) = [check for check in BOOK if check.fault == fault]
    assert check.mend is not None
    town.run(check.mend)
    assert town.run(loads) == right


@pytest.mark.heavy
def test_what_late_facts_took_from_a_counts_loss_is_used_up_and_never_more_than_was_missing(
    desk: Desk, importing: Importing, tmp_path: Path
) -> None:
    life = Life(desk, importing, tmp_path)
    town, lost = life.town, desk.standing(PlaceKind.LOST)
    town.context.clock.instant = datetime.fromisoformat("2026-12-05T02:00:00+00:00")  # type: ignore[misc]
    assert desk.at(life.lot, lost) == 2
    first, second = (
        Wish(id=uuid4(), kind=Kind.CONSUME, quantity="2", lot=life.lot, source=str(town.shelf.id),
             incident=life.incident)
        for _ in range(2)
    )  # fmt: skip
    desk.do(Basket, movements=[first], happened_at=life.long_ago, late=True)
    assert (desk.at(life.lot, lost), desk.at(life.lot, desk.standing(PlaceKind.DISCREPANCY))) == (0, 0)
    desk.do(Basket, movements=[second], happened_at=life.long_ago, late=True)
    assert (desk.at(life.lot, lost), desk.at(life.lot, desk.standing(PlaceKind.DISCREPANCY))) == (0, -2)
    told = cells(town, INCIDENT_USE, "BRK-014", month="2026-12")
    booked = cells(town, MONTH, "BRK-014", month="2026-12", depot="STR-0001")
    assert told["Used up"] == booked["Used up"] == 4
    assert told["Remark"] == "在往期开始，本期入账"
    assert booked["Other in"] == 4
    used = select(func.sum(Movement.quantity)).where(Movement.kind == Kind.CONSUME)
    assert town.run(lambda session: session.execute(used).scalar()) == 4


def test_two_late_uses_of_one_request_do_not_take_one_loss_twice(
    desk: Desk, importing: Importing, tmp_path: Path
) -> None:
    life = Life(desk, importing, tmp_path)
    wishes = [
        Wish(id=uuid4(), kind=Kind.CONSUME, quantity="2", lot=life.lot, source=str(desk.town.shelf.id))
        for _ in range(2)
    ]
    desk.do(Basket, movements=wishes, happened_at=life.long_ago, late=True)
    assert desk.at(life.lot, desk.standing(PlaceKind.LOST)) == 0
    assert desk.at(life.lot, desk.standing(PlaceKind.DISCREPANCY)) == -2


def test_a_call_outs_month_shows_what_was_booked_in_it_and_what_was_out_at_its_end(
    desk: Desk, importing: Importing, tmp_path: Path
) -> None:
    life = Life(desk, importing, tmp_path)
    town = life.town
    november = cells(town, INCIDENT_USE, "BRK-014", month=NOVEMBER)
    assert [november[name] for name in ("Drawn", "Returned", "Used up", "Still out", "Remark")] == [4, 0, 0, 4, None]
    town.context.clock.instant = datetime.fromisoformat("2026-12-05T02:00:00+00:00")  # type: ignore[misc]
    life.give_back(life.incident, ReturnState.READY)
    december = cells(town, INCIDENT_USE, "BRK-014", month="2026-12")
    assert [december[name] for name in ("Drawn", "Returned", "Still out")] == [0, 1, 3]
    assert december["Remark"] == "在往期开始，本期入账"
    assert cells(town, INCIDENT_USE, "BRK-014", month=NOVEMBER) == november
    assert rows(town, incident_use, month="2026-10") == []


@pytest.mark.heavy
def test_a_call_out_costs_what_its_used_up_gear_was_bought_for(
    desk: Desk, importing: Importing, tmp_path: Path
) -> None:
    life = Life(desk, importing, tmp_path)
    town = life.town
    town.context.clock.instant = datetime.fromisoformat("2026-12-05T02:00:00+00:00")  # type: ignore[misc]
    wish = Wish(id=uuid4(), kind=Kind.CONSUME, quantity="2", lot=life.lot, source=str(town.shelf.id),
                incident=life.incident)  # fmt: skip
    desk.do(Basket, movements=[wish], happened_at=life.long_ago, late=True)
    assert cells(town, INCIDENT_USE, "BRK-014", month="2026-12")["Cost (yuan)"] is None  # nobody knows a price
    who = town.callers["admin"].person_id
    fact = AssetFact(lot_id=life.lot, price_fen=1250, changed_by_id=who, changed_at=town.context.clock.now())
    town.run(lambda session: session.add(fact))
    assert cells(town, INCIDENT_USE, "BRK-014", month="2026-12")["Cost (yuan)"] == "25.00"
    assert cells(town, INCIDENT_USE, "BRK-014", month=NOVEMBER)["Cost (yuan)"] == "0.00"


@pytest.fixture(autouse=True)
def the_book_is_sound(desk: Desk) -> Any:
    yield
    assert desk.town.run(verify).sound
