"""Entries: booked once under the device's id, late facts never lost, faults, labels on the wrong thing."""

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from core.errors import Refusal
from depots.models import PlaceKind
from inventory.booking.wishes import Wish
from inventory.documents.counting import ApproveCount, Counted, CountLines, StartCount
from inventory.documents.transfers import Arrival, AskedLine, AskTransfer, Dispatch, ReceiveTransfer, Sent
from inventory.faults.entries import Fault, Mended, NotThis
from inventory.faults.models import Defect, DefectState
from inventory.stock.models import Condition, Kind, Movement
from inventory.telling.basket import Basket
from inventory.telling.entries import entries_of
from inventory.telling.models import Entry, EntryState
from jobs.alerts.models import Alert
from jobs.causes.kinds import AlertKind
from tests.conftest import Town
from tests.inventory.documents.conftest import Desk


def take(lot: object, quantity: str = "1", **more: object) -> Wish:
    return Wish(id=uuid4(), kind=Kind.ISSUE, quantity=quantity, lot=lot, **more)


def test_a_basket_of_twenty_labels_is_booked_in_one_go(desk: Desk, town: Town) -> None:
    lots = [town.stock("BRK-014", "1", serial=f"S-{number}") for number in range(20)]
    wishes = [Wish(id=uuid4(), kind=Kind.ISSUE, quantity="1", label=town.code_of(lot)) for lot in lots]
    outcome = desk.do(Basket, movements=wishes)
    assert len(outcome.result["movements"]) == 20
    assert all(desk.at(lot, town.shelf.id) == 0 for lot in lots)


def test_T51_an_entry_sent_again_gives_the_first_answer_and_books_nothing(desk: Desk, town: Town) -> None:
    lot = town.stock("BRK-014", "5")
    entry = Basket(id=uuid4(), movements=[take(lot)])
    first, second = desk.tell(entry), desk.tell(entry)
    assert first == second
    assert desk.at(lot, town.shelf.id) == 4
    late = Basket(id=entry.id, movements=entry.movements, late=True)
    assert desk.tell(late) == first, "whether it is told late is not what the entry says"
    with pytest.raises(Refusal) as caught:
        desk.tell(Basket(id=entry.id, movements=[take(lot)]))
    assert (caught.value.status, caught.value.kind) == (409, "id-reused")


def test_T52_a_late_take_of_what_is_gone_is_booked_and_shows_on_both_sides(desk: Desk, town: Town) -> None:
    lot = town.stock("BRK-014", "1", serial="S-1")
    desk.do(Basket, "responder", movements=[take(lot)])
    wish = take(lot, source=str(town.shelf.id))
    assert desk.refused(Basket, movements=[wish]).kind == "not-enough-stock"
    outcome = desk.do(Basket, movements=[wish], late=True, happened_at=desk.now() - timedelta(hours=1))
    assert (outcome.state, outcome.result["discrepancy"]) == (EntryState.BOOKED, True)
    assert desk.at(lot, desk.standing(PlaceKind.DISCREPANCY)) == -1
    kinds = desk.read(lambda session: list(session.execute(select(Alert.kind)).scalars()))
    assert kinds == [AlertKind.DISCREPANCY]


def test_a_late_entry_that_cannot_be_booked_is_kept_and_told(desk: Desk, town: Town) -> None:
    wish = Wish(id=uuid4(), kind=Kind.ISSUE, quantity="1", label="NOSUCH22")
    entry = Basket(id=uuid4(), movements=[wish], late=True)
    outcome = desk.tell(entry)
    assert outcome.state == EntryState.REFUSED
    assert outcome.problem is not None
    assert desk.tell(entry) == outcome
    alerts = desk.read(lambda session: list(session.execute(select(Alert)).scalars()))
    assert [alert.kind for alert in alerts] == [AlertKind.REFUSED_ENTRY]
    assert desk.read(entries_of, town.keeper) == [outcome]
    assert desk.read(entries_of, town.callers["keeper2"]) == []


def test_what_a_late_entry_began_is_undone_when_it_is_refused(desk: Desk, town: Town) -> None:
    lot = town.stock("BRK-014", "5")
    asked = [AskedLine("BRK-014", "2")]
    transfer = desk.do(AskTransfer, "keeper2", giver="STR-0001", receiver="IND-0002", lines=asked).id
    desk.do(Dispatch, transfer=transfer, lines=[Sent(str(lot), "2")])
    lines = [Arrival(str(lot), "1"), Arrival("NOSUCH22", "1")]  # the first line is booked before the second is refused
    place = str(town.other_shelf.id)
    outcome = desk.do(ReceiveTransfer, "keeper2", transfer=transfer, lines=lines, place=place, late=True)
    assert outcome.state == EntryState.REFUSED
    assert (desk.at(lot, transfer), desk.at(lot, town.other_shelf.id)) == (2, 0)
    assert desk.read(lambda session: session.get_one(Entry, outcome.id)).state == EntryState.REFUSED


def test_the_time_of_an_entry_is_that_of_its_movements(desk: Desk, town: Town) -> None:
    lot = town.stock("BRK-014", "5")
    then = desk.now() - timedelta(hours=3)
    desk.do(Basket, movements=[take(lot)], happened_at=then, late=True)
    moved = desk.read(lambda session: session.execute(select(Movement).where(Movement.kind == Kind.ISSUE)).scalar_one())
    assert (moved.happened_at, moved.recorded_at, moved.late) == (then, desk.now(), True)


def test_a_fault_told_by_phone_takes_the_piece_out_of_service_until_it_is_mended(desk: Desk, town: Town) -> None:
    lot = town.stock("EXT-001", "1", serial="S-1")
    outcome = desk.do(Fault, "responder", thing=town.code_of(lot), description="压力表在红区")
    assert town.lot(lot).condition == Condition.UNFIT
    desk.do(Mended, defect=UUID(outcome.result["defect"]), note="更换压力表")
    assert town.lot(lot).condition == Condition.FIT


def test_a_late_fault_of_what_the_book_has_elsewhere_is_noted_all_the_same(desk: Desk, town: Town) -> None:
    lot = town.stock("EXT-001", "1", serial="S-1")
    town.book(Wish(id=uuid4(), kind=Kind.TRANSFER, quantity="1", lot=lot, target=str(town.second_shelf.id)))
    desk.do(Fault, thing=str(lot), place=str(town.shelf.id), description="喷管脱落", late=True)
    assert town.lot(lot).condition == Condition.UNFIT


def test_T75_this_is_not_it_raises_a_task_and_takes_nothing_out_of_service(desk: Desk, town: Town) -> None:
    lot = town.stock("EXT-001", "1", serial="S-1")
    desk.do(NotThis, "responder", thing=town.code_of(lot))
    defect = desk.read(lambda session: session.execute(select(Defect)).scalar_one())
    assert (defect.state, defect.lot_id, defect.place_id) == (DefectState.REPORTED, lot, town.shelf.id)
    assert town.lot(lot).condition == Condition.FIT


def test_T31_a_take_told_after_a_count_that_saw_it_is_not_subtracted_again(desk: Desk, town: Town) -> None:
    lot = town.stock("BRK-014", "12")
    start = desk.now()
    count = desk.do(StartCount, depot="STR-0001", places=[str(town.shelf.id)])
    lines = [Counted(str(lot), "10")]
    desk.do(CountLines, count=count.id, place=str(town.shelf.id), lines=lines)
    desk.do(CountLines, "officer", count=count.id, place=str(town.shelf.id), lines=lines, round=2)
    desk.do(ApproveCount, "officer", count=count.id)
    town.context.clock.instant = start + timedelta(hours=1)  # type: ignore[misc]
    wish = take(lot, "2", source=str(town.shelf.id))
    before = start - timedelta(hours=7)
    question = desk.refused(Basket, movements=[wish], happened_at=before)
    assert question.kind == "before-count"
    answered = take(lot, "2", source=str(town.shelf.id), counted="included")
    desk.do(Basket, movements=[answered], happened_at=before)
    assert desk.at(lot, town.shelf.id) == 10
    assert desk.at(lot, desk.standing(PlaceKind.LOST)) == 0, "the loss has found its explanation"
    late = take(lot, "1", source=str(town.shelf.id))
    desk.do(Basket, movements=[late], happened_at=before, late=True)
    assert desk.at(lot, town.shelf.id) == 10
    missed = take(lot, "1", source=str(town.shelf.id), counted="missed")
    desk.do(Basket, movements=[missed], happened_at=before)
    assert desk.at(lot, town.shelf.id) == 9


@pytest.mark.parametrize("counted", [None, "included"])
def test_T31_a_piece_that_a_count_saw_is_where_the_count_saw_it_unless_who_typed_it_says_otherwise(
    desk: Desk, town: Town, counted: str | None
) -> None:
    lot = town.stock("EXT-001", "1", serial="S-1")
    start = desk.now()
    count = desk.do(StartCount, depot="STR-0001", places=[str(town.shelf.id)])
    desk.do(CountLines, count=count.id, place=str(town.shelf.id), lines=[Counted(str(lot), "1")])
    desk.do(ApproveCount, "officer", count=count.id, leave_uncounted=True)
    town.context.clock.instant = start + timedelta(hours=1)  # type: ignore[misc]
    wish = take(lot, "1", source=str(town.shelf.id), **({"counted": counted} if counted else {}))
    told = desk.do(Basket, movements=[wish], happened_at=start - timedelta(hours=7), late=counted is None)
    assert (told.problem, desk.at(lot, town.shelf.id)) == (None, 0 if counted else 1)
    assert desk.at(lot, desk.standing(PlaceKind.DISCREPANCY)) == 0


def test_nobody_tells_entries_about_a_depot_that_is_not_theirs(desk: Desk, town: Town) -> None:
    lot = town.stock("EXT-001", "1", serial="S-1")
    refusal = desk.refused(Fault, "keeper2", thing=str(lot), place=str(town.shelf.id), description="x")
    assert (refusal.status, refusal.fields[0].field) == (422, "thing")


def alerts_about_time(desk: Desk) -> list[str]:
    statement = select(Alert.details).where(Alert.kind == AlertKind.WRONG_TIME).order_by(Alert.cause)
    return [json.loads(details)["description"] for details in desk.read(lambda s: list(s.execute(statement).scalars()))]


@pytest.mark.parametrize(
    ("days", "flagged"), [(20_000, True), (400, True), (30, True), (2, True), (0.5, False), (0, False)]
)
def test_a_fact_from_before_the_thing_came_is_booked_and_flagged(
    desk: Desk, town: Town, days: float, flagged: bool
) -> None:
    lots = [town.stock("BRK-014", "5"), town.stock("BRK-002", "5")]
    then = desk.now() - timedelta(days=days)
    movements = [take(lot, source=str(town.shelf.id)) for lot in lots]
    outcome = desk.do(Basket, movements=movements, happened_at=then, late=True)
    assert outcome.state == EntryState.BOOKED
    assert [desk.at(lot, town.shelf.id) for lot in lots] == [4, 4]
    told = then.astimezone(town.context.settings.zone)
    assert alerts_about_time(desk) == [f"{told:%Y-%m-%d %H:%M}"] * flagged, "one for all that was told with it"


def test_what_truly_happened_days_ago_is_not_flagged(desk: Desk, town: Town) -> None:
    lot = town.stock("BRK-014", "5")
    town.context.clock.instant += timedelta(days=40)  # type: ignore[attr-defined]
    then = desk.now() - timedelta(days=39)
    desk.do(Basket, movements=[take(lot, source=str(town.shelf.id))], happened_at=then, late=True)
    assert alerts_about_time(desk) == []
    receipt = Wish(id=uuid4(), kind=Kind.RECEIVE, quantity="1", lot=lot, target=str(town.shelf.id))
    desk.do(Basket, movements=[receipt], happened_at=then, late=True)
    assert alerts_about_time(desk) == []


def test_a_receipt_of_1970_is_flagged_and_so_is_a_take_that_is_not_told_late(desk: Desk, town: Town) -> None:
    lot, epoch = town.stock("BRK-014", "5"), datetime(1970, 1, 1, tzinfo=UTC)
    receipt = Wish(id=uuid4(), kind=Kind.RECEIVE, quantity="1", lot=lot, target=str(town.shelf.id))
    desk.do(Basket, movements=[receipt], happened_at=epoch)
    assert alerts_about_time(desk) == ["1970-01-01 08:00"]
    town.book(take(lot, happened_at=epoch + timedelta(days=1)))
    assert alerts_about_time(desk) == ["1970-01-01 08:00", "1970-01-02 08:00"]
