"""A missing date is set and a wrong one corrected where the thing stands; what was there stays in the record (T09)."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from inventory.documents.dating import SetDate
from inventory.documents.receiving import DateWord, LabelDate
from inventory.stock.dating import DateRow, date_changes
from inventory.stock.models import DepotItem, Expiry, Kind, Movement, Stock
from inventory.telling.models import EntryState
from jobs.alerts.models import Alert
from jobs.alerts.sweep import SweepReport, sweep
from jobs.causes.kinds import AlertKind
from tests.conftest import one
from tests.inventory.documents.conftest import Desk

ITEM = "MED-010"


def through(text: str) -> LabelDate:
    return LabelDate(DateWord.THROUGH, text)


def undated(desk: Desk, quantity: str = "5", number: str | None = "L1", **more: Any) -> UUID:
    return desk.town.stock(ITEM, quantity, expiry_unknown=True, number=number, **more)


def sweep_all(desk: Desk) -> None:
    town = desk.town
    clock = town.context.clock
    town.run(sweep, [town.depot.id, town.other.id], clock.today(), clock.now(), SweepReport())


def alerts(desk: Desk, lot_id: UUID) -> set[AlertKind]:
    standing = select(Alert.kind).where(Alert.lot_id == lot_id, Alert.resolved_at.is_(None))
    return set(desk.read(lambda session: session.execute(standing).scalars().all()))


def record(desk: Desk, lot_id: UUID, who: str = "keeper") -> list[DateRow]:
    return desk.read(date_changes, desk.town.callers[who], lot_id)  # type: ignore[no-any-return]


def test_T09_a_date_that_was_missing_is_set_and_the_task_is_gone_at_once(desk: Desk) -> None:
    lot_id = undated(desk)
    sweep_all(desk)
    assert alerts(desk, lot_id) == {AlertKind.DATE_MISSING}
    told = desk.do(SetDate, thing=str(lot_id), place=str(desk.town.shelf.id), expiry=through("2030-02"))
    assert told.result["usable_through"] == "2030-02-28" and told.result["expiry"] == "known"
    lot = desk.town.lot(lot_id)
    assert (lot.expiry, lot.expires_on, lot.expiry_precision) == (Expiry.KNOWN, date(2030, 2, 28), "month")
    assert not alerts(desk, lot_id)
    (row,) = record(desk, lot_id)
    assert row.by == "keeper 先生" and row.before["expiry"] == "unknown" and row.after["expires_on"] == "2030-02-28"
    # what comes in with the same label is the same lot
    assert desk.town.stock(ITEM, "1", expires_on=date(2030, 2, 28), number="L1", expiry_precision="month") == lot_id


def test_T09_the_words_of_the_label_are_read_as_on_receipt(desk: Desk) -> None:
    lot_id = undated(desk)
    made = LabelDate(DateWord.MADE, "2026-01-31", 13)
    told = desk.do(SetDate, thing=str(lot_id), expiry=made)
    assert told.result["usable_through"] == "2027-02-28"
    assert (desk.town.lot(lot_id).made_on, desk.town.lot(lot_id).expiry_precision) == (date(2026, 1, 31), "calc")
    again = desk.do(SetDate, thing=str(lot_id), expiry=made)
    assert again.result["changed"] is False and len(record(desk, lot_id)) == 1


def test_K5_a_known_date_is_corrected_with_a_reason_and_an_expired_one_counts_no_more(desk: Desk) -> None:
    lot_id = desk.town.stock(ITEM, "5", expires_on=date(2030, 2, 28), number="L1")
    refused = desk.refused(SetDate, thing=str(lot_id), expiry=through("2026-10-31"))
    assert [wrong.field for wrong in refused.fields] == ["reason"]
    desk.do(SetDate, thing=str(lot_id), expiry=through("2026-10-31"), reason="年份看错")
    assert alerts(desk, lot_id) == {AlertKind.EXPIRED}
    (row,) = record(desk, lot_id)
    assert (row.before["expires_on"], row.after["expires_on"], row.reason) == ("2030-02-28", "2026-10-31", "年份看错")


def test_a_batch_with_a_number_is_dated_for_all_its_depots(desk: Desk) -> None:
    town = desk.town
    lot_id = undated(desk)
    assert undated(desk, "3", shelf=town.other_shelf) == lot_id
    sweep_all(desk)
    desk.do(SetDate, thing=str(lot_id), expiry=through("2030-02-28"))
    assert not alerts(desk, lot_id) and desk.total(lot_id) == 8
    assert record(desk, lot_id, "keeper2")[0].by == ""  # the name is no business of another depot
    # earlier is the safe side; later would make ready what nobody there has looked at
    desk.do(SetDate, who="keeper2", thing=str(lot_id), expiry=through("2029-02-28"), reason="slip")
    refused = desk.refused(SetDate, thing=str(lot_id), expiry=through("2031-02-28"), reason="slip")
    assert (refused.status, refused.kind) == (409, "shared-lot")
    assert desk.town.lot(lot_id).expires_on == date(2029, 2, 28)
    desk.do(
        SetDate,
        who="admin",
        thing=str(lot_id),
        place=str(town.shelf.id),
        expiry=through("2031-02-28"),
        reason="slip",
    )


def test_without_a_number_only_what_lies_here_is_dated(desk: Desk) -> None:
    town = desk.town
    lot_id = undated(desk, "5", None)
    assert undated(desk, "3", None, shelf=town.other_shelf) == lot_id
    sweep_all(desk)
    told = desk.do(SetDate, thing=str(lot_id), place=str(town.shelf.id), expiry=through("2030-02-28"))
    part = UUID(told.result["lot"])
    assert told.result["split"] and part != lot_id
    assert (desk.at(part, town.shelf.id), desk.at(lot_id, town.shelf.id)) == (5, 0)
    assert desk.at(lot_id, town.other_shelf.id) == 3
    assert desk.town.lot(lot_id).expiry == Expiry.UNKNOWN and town.code_of(part)
    assert record(desk, part)[0].before["expiry"] == "unknown"
    standing = select(Alert.depot_id).where(Alert.lot_id == lot_id, Alert.resolved_at.is_(None))
    assert desk.read(lambda session: session.execute(standing).scalars().all()) == [town.other.id]
    # told again, nothing moves twice
    lines = desk.read(lambda session: session.execute(select(Movement).where(Movement.lot_id == part)).scalars().all())
    assert len(lines) == 1


def test_two_lots_that_turn_out_alike_stay_two_lines(desk: Desk) -> None:
    there = desk.town.stock(ITEM, "1", expires_on=date(2030, 2, 28), number="L1")
    lot_id = undated(desk)
    desk.do(SetDate, thing=str(lot_id), expiry=through("2030-02-28"))
    assert desk.town.lot(lot_id).natural_key != desk.town.lot(there).natural_key


def test_who_does_not_keep_it_sets_no_date_and_an_older_reading_does_not_win(desk: Desk) -> None:
    lot_id = undated(desk)
    assert desk.refused(SetDate, who="responder", thing=str(lot_id), expiry=through("2030-02")).status == 403
    assert desk.refused(SetDate, who="keeper2", thing=str(lot_id), expiry=through("2030-02")).status == 422
    desk.do(SetDate, thing=str(lot_id), expiry=through("2030-02"))
    before = desk.now() - timedelta(hours=2)
    late = desk.do(SetDate, thing=str(lot_id), expiry=through("2031-02"), reason="slip", happened_at=before, late=True)
    assert late.state == EntryState.REFUSED and late.problem and late.problem.kind == "read-later"
    assert desk.town.lot(lot_id).expires_on == date(2030, 2, 28)


def test_a_label_that_says_nothing_is_refused_with_its_field(desk: Desk) -> None:
    lot_id = undated(desk)
    for fields, field in (
        ({}, "expiry"),
        ({"expiry": through("")}, "expiry.date"),
        ({"expiry": through("2030-13")}, "expiry.date"),
        ({"expiry": LabelDate(DateWord.NONE)}, "expiry.word"),
        ({"expiry": LabelDate(DateWord.MADE, "2026-01")}, "expiry.months"),
        ({"made_on": "2031-01"}, "made_on"),
    ):
        refused = desk.refused(SetDate, thing=str(lot_id), **fields)
        assert [wrong.field for wrong in refused.fields] == [field]
    loose = desk.town.stock("TRF-001", "2")
    assert desk.refused(SetDate, thing=str(loose), expiry=through("2030-02")).status == 422


def test_what_was_opened_of_the_batch_gets_its_date_too(desk: Desk) -> None:
    """The opened pack bears the same label."""
    lot_id = desk.town.stock("BIO-007", "5", expires_on=date(2030, 2, 28), number="L1")
    rows = select(Stock.lot_id).where(Stock.place_id == desk.town.shelf.id, Stock.lot_id != lot_id, Stock.quantity > 0)
    desk.town.book(one(kind=Kind.OPEN, lot=lot_id, source=str(desk.town.shelf.id)))
    opened = desk.read(lambda session: session.execute(rows).scalar_one())
    desk.do(SetDate, thing=str(lot_id), expiry=through("2026-10-31"), reason="slip")
    assert desk.town.lot(opened).usable_through == date(2026, 10, 31)
    assert len(record(desk, opened)) == 1


def test_a_cylinder_whose_stamp_was_read_wrongly_is_not_ready_at_once(desk: Desk) -> None:
    """Checks that count from the date of manufacture move with it, and the depot's figures are worked out anew."""
    cylinder = desk.town.stock("RSP-002", "1", serial="C-1", made_on=date(2025, 5, 10))
    key = (desk.town.depot.id, desk.town.lot(cylinder).item_id)

    def settled(session: Session) -> None:
        session.get_one(DepotItem, key).dirty = False

    desk.town.run(settled)
    told = {"thing": str(cylinder), "place": str(desk.town.shelf.id), "reason": "misread"}
    desk.do(SetDate, made_on="2021-05-10", **told)
    assert desk.read(lambda session: session.get_one(DepotItem, key).dirty)
