"""Receiving: makers' codes, dates in the label's own words, opened packs, products nobody knows yet."""

import csv
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from core.errors import Refusal
from core.settings import ROOT
from inventory.booking.wishes import Wish
from inventory.catalogue.models import Item
from inventory.documents.codes_explained import explain_code
from inventory.documents.makers_codes import read_code
from inventory.documents.models import PackCode, Proposal, ProposalState
from inventory.documents.receiving import (
    DateWord,
    Decide,
    LabelDate,
    NewItem,
    Propose,
    Receive,
    last_usable_day,
)
from inventory.readiness.counting import amounts
from inventory.stock.models import Expiry, Kind, Lot, Stock
from inventory.telling.basket import Basket
from jobs.alerts.models import Alert
from jobs.alerts.sweep import SweepReport, sweep
from jobs.causes.kinds import AlertKind
from tests.conftest import Town
from tests.inventory.documents.conftest import Desk

GS = "\x1d"
GTIN = "06901234567892"


def know(town: Town, gtin: str = GTIN, item: str = "MED-010", contains: int = 1) -> None:
    def enter(session: Any) -> None:
        item_id = session.execute(select(Item.id).where(Item.code == item)).scalar_one()
        session.add(PackCode(gtin=gtin, item_id=item_id, contains=Decimal(contains)))

    town.run(enter)


def receive(desk: Desk, **fields: Any) -> Any:
    return desk.do(Receive, **{"place": str(desk.town.shelf.id), "quantity": "1", **fields})


def received_lot(desk: Desk, outcome: Any) -> Lot:
    lot_id = UUID(outcome.result["movements"][0]["lines"][0]["lot"])
    return desk.town.lot(lot_id)


@pytest.mark.parametrize(("code", "day"), [("17270200", date(2027, 2, 28)), ("17280200", date(2028, 2, 29))])
def test_T03_day_00_is_the_last_day_of_the_month(code: str, day: date) -> None:
    read = read_code(f"01{GTIN}{code}", date(2026, 11, 23))
    assert (read.expires_on, read.precision) == (day, "month")


def test_T04_day_00_is_accepted_with_a_note(desk: Desk, town: Town) -> None:
    know(town)
    outcome = receive(desk, code=f"01{GTIN}17290600")
    assert received_lot(desk, outcome).expires_on == date(2029, 6, 30)
    assert len(outcome.result["notes"]) == 1


def test_T05_two_digits_of_a_year_stand_for_the_nearest_century() -> None:
    this_year = 2026
    today = date(this_year, 12, 31)
    ahead, behind = (this_year + 50) % 100, (this_year - 49) % 100
    assert read_code(f"01{GTIN}17{ahead:02d}0228", today).expires_on == date(this_year + 50, 2, 28)
    assert read_code(f"01{GTIN}17{behind:02d}0228", today).expires_on == date(this_year - 49, 2, 28)


@pytest.mark.parametrize(
    ("word", "text", "day"),
    [
        (DateWord.FROM, "2027-02", date(2027, 1, 31)),
        (DateWord.FROM, "2027年02月", date(2027, 1, 31)),
        (DateWord.FROM, "2027-02-15", date(2027, 2, 14)),
        (DateWord.THROUGH, "2027-02", date(2027, 2, 28)),
        (DateWord.THROUGH, "2028.02", date(2028, 2, 29)),
    ],
)
def test_T06_invalid_from_a_month_is_not_valid_until_it(word: DateWord, text: str, day: date) -> None:
    assert last_usable_day(word, text) == (day, "day" if text.count("-") == 2 else "month")


def test_T07_a_printed_date_is_taken_as_printed() -> None:
    assert last_usable_day(DateWord.THROUGH, "2026-08-09") == (date(2026, 8, 9), "day")


@pytest.mark.parametrize(
    ("made", "months", "day"),
    [("2025-08-31", 6, date(2026, 2, 28)), ("2024-02-29", 12, date(2025, 2, 28))],
)
def test_T08_made_on_and_shelf_life_clamp_to_the_months_end_and_are_marked(made: str, months: int, day: date) -> None:
    assert last_usable_day(DateWord.MADE, made, months) == (day, "calc")


def test_T08_the_lot_keeps_that_its_date_was_worked_out(desk: Desk, town: Town) -> None:
    outcome = receive(desk, item="MED-010", expiry=LabelDate(DateWord.MADE, "2026-08-31", 6), number="D1")
    lot = received_lot(desk, outcome)
    assert (lot.made_on, lot.expires_on, lot.expiry_precision) == (date(2026, 8, 31), date(2027, 2, 28), "calc")


def test_T09_an_unreadable_date_is_a_state_that_raises_a_task(desk: Desk, town: Town) -> None:
    outcome = receive(desk, item="MED-010", quantity="4", expiry=LabelDate(DateWord.UNKNOWN))
    assert outcome.result["date_missing"] is True
    assert received_lot(desk, outcome).expiry == Expiry.UNKNOWN
    town.run(sweep, [town.depot.id], town.context.clock.today(), desk.now(), SweepReport())
    kinds = desk.read(lambda session: list(session.execute(select(Alert.kind)).scalars()))
    assert AlertKind.DATE_MISSING in kinds


def opened(desk: Desk, lot: UUID, on: date, quantity: str = "1") -> Lot:
    wish = Wish(id=uuid4(), kind=Kind.OPEN, quantity=quantity, lot=lot, opened_on=on)
    outcome = desk.do(Basket, movements=[wish])
    return desk.town.lot(UUID(outcome.result["movements"][0]["lines"][1]["lot"]))


@pytest.mark.parametrize(
    ("on", "through"), [(date(2026, 3, 1), date(2026, 3, 31)), (date(2026, 11, 20), date(2026, 12, 20))]
)
def test_T10_opening_a_pack_shortens_its_life(desk: Desk, town: Town, on: date, through: date) -> None:
    lot = town.stock("MED-010", "4", expires_on=date(2027, 6, 30), number="D1")
    assert opened(desk, lot, on).usable_through == through


def test_T10_opening_never_lengthens_a_life(desk: Desk, town: Town) -> None:
    lot = town.stock("MED-010", "4", expires_on=date(2026, 11, 30), number="D1")
    assert opened(desk, lot, date(2026, 11, 20)).usable_through == date(2026, 11, 30)


def test_T11_the_day_of_opening_is_told_and_may_not_lie_ahead(desk: Desk, town: Town) -> None:
    lot = town.stock("MED-010", "4", expires_on=date(2027, 6, 30), number="D1")
    assert opened(desk, lot, date(2026, 11, 16)).usable_through == date(2026, 12, 16)
    wish = Wish(id=uuid4(), kind=Kind.OPEN, quantity="1", lot=lot, opened_on=date(2026, 11, 24))
    assert desk.refused(Basket, movements=[wish]).fields[0].field == "opened_on"


def test_T12_of_ten_packs_one_is_opened_and_nine_stay_sealed(desk: Desk, town: Town) -> None:
    lot = town.stock("MED-012", "10", expires_on=date(2027, 6, 30), number="D1")
    remainder = opened(desk, lot, date(2026, 11, 23))
    assert (desk.at(lot, town.shelf.id), desk.at(remainder.id, town.shelf.id)) == (9, 1)


def test_T13_an_opened_medicine_does_not_count_to_the_minimum_unless_the_item_says_so(desk: Desk, town: Town) -> None:
    for item, counting in (("MED-010", 3), ("PPE-026", 4)):
        lot = town.stock(item, "4", expires_on=date(2027, 6, 30), number="D1")
        if item == "MED-010":
            opened(desk, lot, date(2026, 11, 23))
        else:  # a glove box is simply open
            town.run(lambda session, lot=lot: setattr(session.get_one(Lot, lot), "opened_on", date(2026, 11, 23)))
        row = desk.read(lambda session, item=item: session.execute(select(Item).where(Item.code == item)).scalar_one())
        amount = desk.read(amounts, town.context.clock.today())[town.depot.id][row.id]
        assert (amount.held, amount.ready) == (4, counting), item


def samples() -> list[dict[str, str]]:
    with (ROOT / "tests" / "inventory" / "documents" / "udi_samples.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("sample", samples(), ids=lambda sample: sample["raw"][:40])
def test_the_sample_codes_read_as_their_list_says(sample: dict[str, str]) -> None:
    raw, expected = sample["raw"].replace("<GS>", GS), sample["expected"]
    if expected.startswith("ERROR"):
        with pytest.raises(Refusal):
            read_code(raw, date(2026, 11, 23))
        return
    read = read_code(raw, date(2026, 11, 23))
    if expected.startswith("AMBIGUOUS"):
        assert read.readings == [{"number": "ABC1221SN9"}, {"number": "ABC12", "serial": "SN9"}]
        return
    assert read.readings == []
    if not expected[:2].isdecimal() or expected[2] != "=":
        return
    found = {"01": read.gtin, "10": read.number, "21": read.serial, "11": read.made_on, "17": read.expires_on}
    for part in expected.split(";"):
        ai, value = part.split("=")
        assert str(found[ai]) == value.removesuffix("(month)"), part


def test_T76_a_code_that_lost_its_separator_is_asked_about_and_not_guessed(desk: Desk, town: Town) -> None:
    know(town)
    code = f"01{GTIN}1727022810ABC1221SN9"
    refusal = desk.refused(Receive, place=str(town.shelf.id), quantity="1", code=code)
    assert (refusal.kind, len(refusal.extra["readings"])) == ("ambiguous-code", 2)
    lot = received_lot(desk, receive(desk, code=code, number="ABC12", serial="SN9"))
    assert (lot.number, lot.serial) == ("ABC12", "SN9")


def test_T77_a_product_code_names_the_item_and_asks_for_quantity_and_lot(desk: Desk, town: Town) -> None:
    know(town, item="CNV-005")
    answer = desk.read(explain_code, town.keeper, "6901234567892", date(2026, 11, 23))
    assert (answer.gtin, answer.item, answer.contains) == (GTIN, "CNV-005", "1")
    assert (answer.number, answer.serial) == (None, None)
    outcome = receive(
        desk, code="6901234567892", quantity="24", number="L1", expiry=LabelDate(DateWord.THROUGH, "2027-08")
    )
    assert desk.at(received_lot(desk, outcome).id, town.shelf.id) == 24


def test_T78_the_carton_has_a_factor_of_its_own(desk: Desk, town: Town) -> None:
    know(town, item="CNV-005")
    know(town, gtin="26901234567896", item="CNV-005", contains=24)
    date_ = LabelDate(DateWord.THROUGH, "2027-08")
    outcome = receive(desk, code="26901234567896", unit="pack", quantity="2", number="L1", expiry=date_)
    assert outcome.result["quantity"] == "48"
    assert desk.read(explain_code, town.keeper, "26901234567896", date(2026, 11, 23)).contains == "24"


def test_T79_a_device_code_that_is_not_GS1_is_kept_as_it_is_read(desk: Desk, town: Town) -> None:
    raw = "MA.156.M0.100004.XZ1"
    assert read_code(raw, date(2026, 11, 23)).gtin is None
    desk.do(Propose, depot="STR-0001", name="心电贴片", unit="片", code=raw)
    proposal = desk.read(lambda session: session.execute(select(Proposal)).scalar_one())
    assert (proposal.raw, proposal.gtin) == (raw, None)


def test_T101_a_medicine_trace_code_is_not_read_as_a_product_code() -> None:
    assert read_code("81234567890123456789", date(2026, 11, 23)).gtin is None


def test_an_unknown_product_is_proposed_and_known_once_an_officer_has_approved_it(desk: Desk, town: Town) -> None:
    refusal = desk.refused(Receive, place=str(town.shelf.id), quantity="1", code="6901234567892")
    assert refusal.kind == "unknown-product"
    proposal = desk.do(Propose, depot="STR-0001", name="蒸汽眼罩", unit="片", code="6901234567892", contains="12").id
    assert desk.refused(Decide, proposal=proposal, approve=True).status == 403
    assert desk.refused(Decide, "officer", proposal=proposal, approve=True).fields[0].field == "item"
    new = NewItem("MED-900", "蒸汽眼罩", "Steam eye mask", "MED", "片", "piece")
    desk.do(Decide, "officer", proposal=proposal, approve=True, new_item=new)
    outcome = receive(
        desk,
        code="6901234567892",
        unit="pack",
        number="L1",
        expiry=LabelDate(DateWord.THROUGH, "2028-01"),
    )
    assert (outcome.result["item"], outcome.result["quantity"]) == ("MED-900", "12")
    assert desk.refused(Decide, "officer", proposal=proposal, approve=False).kind == "closed"


def test_a_proposal_may_name_an_item_and_be_rejected(desk: Desk, town: Town) -> None:
    first = desk.do(Propose, depot="STR-0001", name="水", unit="瓶", code="6901234567892", item="CNV-005").id
    desk.do(Decide, "officer", proposal=first, approve=False, note="不采购")
    assert desk.read(lambda session: session.get_one(Proposal, first)).state == ProposalState.REJECTED
    assert desk.read(lambda session: session.get(PackCode, GTIN)) is None
    second = desk.do(Propose, depot="STR-0001", name="水", unit="瓶", code="6901234567892", item="CNV-005").id
    desk.do(Decide, "officer", proposal=second, approve=True)
    assert desk.read(explain_code, town.keeper, GTIN, date(2026, 11, 23)).item == "CNV-005"


def test_several_single_pieces_without_a_serial_number_become_pieces_of_their_own(desk: Desk, town: Town) -> None:
    outcome = receive(desk, item="EXT-001", quantity="3")
    assert len(outcome.result["movements"]) == 3
    rows = desk.read(
        lambda session: list(
            session.execute(select(Stock.quantity).where(Stock.place_id == town.shelf.id, Stock.quantity > 0)).scalars()
        )
    )
    assert rows == [1, 1, 1]


TODAY = date(2026, 11, 23)
UNTIL = LabelDate(DateWord.THROUGH, "2028-01")


def test_P2_a_product_code_matched_by_hand_is_found_by_the_next_scan_within_reach(desk: Desk, town: Town) -> None:
    receive(desk, code="6901234567892", item="CNV-005", number="L1", expiry=UNTIL)
    answer = desk.read(explain_code, town.keeper, "6901234567892", TODAY)
    assert (answer.item, answer.contains, len(answer.notes)) == ("CNV-005", None, 1)
    assert desk.read(explain_code, town.callers["keeper2"], "6901234567892", TODAY).item is None, "beyond reach"
    outcome = receive(desk, code="6901234567892", number="L2", expiry=UNTIL)
    assert outcome.result["item"] == "CNV-005"
    assert desk.refused(Receive, place=str(town.shelf.id), quantity="1", unit="pack", code=GTIN).kind
    [proposal] = desk.read(lambda session: list(session.execute(select(Proposal)).scalars()))
    assert (proposal.state, proposal.gtin, proposal.by_id) == (ProposalState.OPEN, GTIN, town.keeper.person_id)
    desk.do(Decide, "officer", proposal=proposal.id, approve=True)
    for who in ("keeper", "keeper2"):
        answer = desk.read(explain_code, town.callers[who], "6901234567892", TODAY)
        assert (answer.item, answer.notes) == ("CNV-005", [])


def test_an_officer_takes_a_match_back_and_it_is_not_learnt_again(desk: Desk, town: Town) -> None:
    receive(desk, code="6901234567892", item="CNV-005", number="L1", expiry=UNTIL)
    [proposal] = desk.read(lambda session: list(session.execute(select(Proposal)).scalars()))
    desk.do(Decide, "officer", proposal=proposal.id, approve=False)
    receive(desk, code="6901234567892", item="CNV-005", number="L1", expiry=UNTIL)
    assert desk.read(explain_code, town.keeper, "6901234567892", TODAY).item is None
    receive(desk, code="6901234567892", item="MED-013", number="L1", expiry=UNTIL)
    assert desk.read(explain_code, town.keeper, "6901234567892", TODAY).item == "MED-013"


def test_who_matched_it_corrects_it_and_nobody_overrides_what_the_catalogue_knows(desk: Desk, town: Town) -> None:
    for item in ("CNV-005", "MED-013"):
        receive(desk, code="6901234567892", item=item, number="L1", expiry=UNTIL)
    assert desk.read(explain_code, town.keeper, "6901234567892", TODAY).item == "MED-013"
    know(town, item="CNV-005")
    assert desk.read(explain_code, town.keeper, "6901234567892", TODAY).item == "CNV-005"
    refusal = desk.refused(Receive, place=str(town.shelf.id), quantity="1", code="6901234567892", item="MED-013")
    assert refusal.fields[0].field == "item"
    assert len(desk.read(lambda session: list(session.execute(select(Proposal)).scalars()))) == 1
