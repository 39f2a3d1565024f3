"""Recalls: one act holds a lot wherever it is, tells who must act, and says what was used."""

import json
from datetime import date
from decimal import Decimal
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as some
from sqlalchemy import select

from depots.models import PlaceKind
from inventory.catalogue.models import Item
from inventory.documents.incidents import Draw, OpenIncident
from inventory.documents.loans import Lend, Thing
from inventory.documents.models import Borrower, Channel, IncidentKind
from inventory.documents.transfers import AskedLine, AskTransfer, Dispatch, Sent
from inventory.faults.faults import Trouble, report_fault
from inventory.readiness.counting import amounts
from inventory.recalls.calling import AnswerRecall, CallBack, ReleaseRecall, unanswered
from inventory.recalls.rules import Verdict, concerns
from inventory.recalls.view import recall_view
from inventory.stock.models import Condition, DepotItem, Kind
from jobs.alerts.models import Alert
from jobs.alerts.sweep import SweepReport, sweep
from jobs.causes.kinds import AlertKind
from tests.conftest import Town, one
from tests.inventory.documents.conftest import Desk

GAUZE = "MED-007"
FAR = date(2028, 6, 30)


def call(desk: Desk, **fields: str) -> UUID:
    return desk.do(CallBack, "admin", reason="灭菌不合格", **fields).id


def view(desk: Desk, recall: UUID, who: str = "admin"):  # type: ignore[no-untyped-def]
    return desk.read(recall_view, desk.town.callers[who], recall)


def ready(town: Town, code: str) -> Decimal:
    with town.context.database.transaction(writes=False) as session:
        item_id = session.execute(select(Item.id).where(Item.code == code)).scalar_one()
        found = amounts(session, town.context.clock.today(), [town.depot.id])[town.depot.id]
        return found[item_id].ready


def spread(desk: Desk, town: Town, lot: UUID) -> UUID:
    """Put a lot of 100 into every sort of place; returns the incident."""
    kit = desk.kit("MED-001")
    truck = desk.kit("VEH-002", serial="V-1")
    for place in (kit, truck):
        wish = one(kind=Kind.TRANSFER, lot=lot, quantity="10", source=str(town.shelf.id), target=str(place.id))
        town.book(wish)
    due = desk.now().replace(year=2027)
    desk.do(
        Lend,
        depot="STR-0001",
        borrower=Borrower.RESPONDER,
        name="何",
        due_at=due,
        lines=[Thing(str(lot), quantity="5")],
    )
    incident = desk.do(
        OpenIncident, depot="STR-0001", what=IncidentKind.MEDICAL, channel=Channel.PHONE, place="海德路"
    ).id
    desk.do(Draw, incident=incident, lines=[Thing(str(lot), quantity="8", source=str(town.shelf.id))])
    used = one(kind=Kind.CONSUME, lot=lot, quantity="3", source=str(incident), incident=incident)
    town.book(used)
    transfer = desk.do(AskTransfer, giver="STR-0001", receiver="IND-0002", lines=[AskedLine(GAUZE, "6")]).id
    desk.do(Dispatch, transfer=transfer, lines=[Sent(str(lot), "6", source=str(town.shelf.id))])
    return incident


def test_T70_one_act_holds_the_lot_in_stores_kits_trucks_loans_and_transit(desk: Desk, town: Town) -> None:
    lot = town.stock(GAUZE, "100", expires_on=FAR, number="A77", maker="稳健")
    other = town.stock(GAUZE, "4", expires_on=FAR, number="B12", maker="稳健")
    incident = spread(desk, town, lot)
    before = ready(town, GAUZE)
    recall = call(desk, item=GAUZE, maker="稳健", number="a77 ")
    found = view(desk, recall)
    where = {row.kind: Decimal(row.quantity) for row in found.lying}
    assert {PlaceKind.SHELF, PlaceKind.KIT, PlaceKind.VEHICLE, PlaceKind.HOLDER, PlaceKind.INCIDENT} <= set(where)
    assert where[PlaceKind.TRANSIT] == 6 and sum(where.values()) == 97
    assert all(row.sure and row.number == "A77" for row in found.lying)
    (used,) = found.gone
    assert (used.incident, used.incident_place, used.quantity, used.kind) == (
        incident,
        "海德路",
        "3",
        PlaceKind.CONSUMED,
    )
    assert town.lot(lot).condition == Condition.QUARANTINED and town.lot(other).condition == Condition.FIT
    # The figures follow in the same transaction: the other batch alone still counts
    assert (before, ready(town, GAUZE)) == (97 - 5 - 5 - 6 + 4, 4)
    shelf = str(town.shelf.id)
    with_refusal = desk.refused(Dispatch, transfer=uuid4(), lines=[Sent(str(lot), "1", source=shelf)])
    assert with_refusal.status == 404
    town.book(one(kind=Kind.ISSUE, item=GAUZE, quantity="4", source=shelf))
    assert desk.at(other, town.shelf.id) == 0  # by item, only the sound batch is handed out


def test_T71_stock_without_a_lot_number_cannot_be_excluded(desk: Desk, town: Town) -> None:
    named = town.stock(GAUZE, "5", expires_on=FAR, number="A77", maker="稳健")
    unnamed = town.stock(GAUZE, "7", expires_on=date(2028, 1, 31), shelf=town.other_shelf)
    result = desk.do(CallBack, "admin", item=GAUZE, maker="稳健", number="A77", reason="抽检不合格")
    assert result.result["held"] == [str(named)] and result.result["cannot_exclude"] == [str(unnamed)]
    assert town.lot(unnamed).condition == Condition.FIT
    doubtful = [row for row in view(desk, result.id).lying if not row.sure]
    assert [(row.depot, row.quantity) for row in doubtful] == [("IND-0002", "7")]
    assert {answer.depot for answer in view(desk, result.id).silent} == {"STR-0001", "IND-0002"}


def test_T72_the_drawing_depot_is_told_at_once_what_is_out_at_a_call_out(desk: Desk, town: Town) -> None:
    lot = town.stock(GAUZE, "20", expires_on=FAR, number="A77")
    incident = desk.do(
        OpenIncident, depot="STR-0001", what=IncidentKind.MEDICAL, channel=Channel.PHONE, place="海德路"
    ).id
    desk.do(Draw, incident=incident, lines=[Thing(str(lot), quantity="8", source=str(town.shelf.id))])
    recall = call(desk, item=GAUZE, number="A77")
    alerts = desk.read(_recall_alerts)
    assert [(alert.depot_id, alert.urgent, json.loads(alert.details)["out"]) for alert in alerts] == [
        (town.depot.id, True, "8")
    ]
    _sweep(town)
    assert len(desk.read(_recall_alerts)) == 1
    desk.do(AnswerRecall, recall=recall, depot="STR-0001", note="12 件已隔离，8 件现场停用")
    assert desk.read(unanswered, [town.depot.id]) == {}
    _sweep(town)
    assert [alert.resolved_at is None for alert in desk.read(_recall_alerts)] == [False]
    assert view(desk, recall).silent == []


def _recall_alerts(session):  # type: ignore[no-untyped-def]
    return list(session.execute(select(Alert).where(Alert.kind == AlertKind.RECALL)).scalars())


def _sweep(town: Town) -> None:
    context = town.context
    town.run(sweep, [town.depot.id, town.other.id], context.clock.today(), context.clock.now(), SweepReport())


def test_what_arrives_later_is_held_from_its_first_moment(desk: Desk, town: Town) -> None:
    call(desk, item=GAUZE, number="A77")
    lot = town.stock(GAUZE, "5", expires_on=FAR, number="A77")
    assert town.lot(lot).condition == Condition.QUARANTINED
    with town.context.database.transaction(writes=False) as session:
        item_id = session.execute(select(Item.id).where(Item.code == GAUZE)).scalar_one()
        assert session.get_one(DepotItem, (town.depot.id, item_id)).in_reach == 0
    assert len(desk.read(unanswered, [town.depot.id])) == 1


def test_a_release_frees_what_no_other_recall_and_no_open_fault_holds(desk: Desk, town: Town) -> None:
    lot = town.stock(GAUZE, "5", expires_on=FAR, number="A77")
    twice = town.stock(GAUZE, "6", expires_on=FAR, number="B1")
    first = call(desk, item=GAUZE)
    second = call(desk, item=GAUZE, number="B1")
    desk.do(ReleaseRecall, "admin", recall=first, reason="复检合格")
    assert town.lot(lot).condition == Condition.FIT and town.lot(twice).condition == Condition.QUARANTINED
    desk.do(ReleaseRecall, "admin", recall=second, reason="复检合格")
    assert town.lot(twice).condition == Condition.FIT
    assert ready(town, GAUZE) == 11
    assert desk.refused(ReleaseRecall, "admin", recall=first, reason="again").kind == "closed"


def test_a_fault_found_and_mended_meanwhile_does_not_end_the_hold(desk: Desk, town: Town) -> None:
    piece = town.stock("BRK-001", "1", serial="AX-9", maker="强力")
    recall = call(desk, item="BRK-001", maker="强力")
    now, today = desk.now(), town.context.clock.today()
    town.run(report_fault, town.keeper, Trouble(piece, town.shelf.id, "松动", Decimal(1)), now, today)
    assert town.lot(piece).condition == Condition.QUARANTINED
    desk.do(ReleaseRecall, "admin", recall=recall, reason="复检合格")
    assert town.lot(piece).condition == Condition.UNFIT


def test_only_who_answers_for_the_city_calls_back_and_each_depot_sees_its_own(desk: Desk, town: Town) -> None:
    town.stock(GAUZE, "5", expires_on=FAR, number="A77", shelf=town.other_shelf)
    assert desk.refused(CallBack, "officer", item=GAUZE, reason="x").status == 403
    assert desk.refused(CallBack, "keeper", item=GAUZE, reason="x").status == 403
    recall = call(desk, item=GAUZE)
    assert view(desk, recall, "keeper").lying == [] and len(view(desk, recall, "keeper2").lying) == 1
    assert desk.refused(AnswerRecall, "keeper", recall=recall, depot="IND-0002", note="x").status == 404


TEXTS = some.sampled_from(["", "A1", "a 1", "B2", " "])


@given(TEXTS, TEXTS, some.one_of(some.none(), TEXTS), some.lists(some.one_of(some.none(), TEXTS), max_size=2))
def test_a_recall_clears_only_what_is_known_to_differ(
    maker: str, number: str, lot_maker: str | None, numbers: list[str | None]
) -> None:
    def plain(text: str | None) -> str:
        return (text or "").lower().replace(" ", "")

    verdict = concerns(maker, number, lot_maker, numbers)
    known = {plain(text) for text in numbers} - {""}
    differs = (plain(maker) and plain(lot_maker) and plain(maker) != plain(lot_maker)) or (
        plain(number) and known and plain(number) not in known
    )
    unknown = (plain(maker) and not plain(lot_maker)) or (plain(number) and not known)
    expected = Verdict.CLEAR if differs else Verdict.CANNOT_EXCLUDE if unknown else Verdict.AFFECTED
    assert verdict == expected
