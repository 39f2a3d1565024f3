"""Plans from the town's stock: what may move, what never does, and what becomes of the requests."""

from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import Refusal
from depots.models import Depot, Level, Place, PlaceKind
from depots.places import add_depots, add_places, new_place
from inventory.catalogue.models import Item
from inventory.documents.models import Transfer, TransferLine
from inventory.documents.transfers import Arrival, AskedLine, AskTransfer, Dispatch, ReceiveTransfer, Sent
from inventory.faults.entries import Fault
from inventory.finding.models import Reservation
from inventory.planner.carrying_out import Change, ask_for_transfers, edit
from inventory.readiness.counting import amounts
from inventory.recalls.calling import CallBack
from inventory.stock.models import Lot
from tests.conftest import Town
from tests.inventory.documents.conftest import Desk
from tests.inventory.planner.town import lines, plan, require, rows, view

GIVER, RECEIVER = "STR-0001", "IND-0002"


@pytest.fixture
def short(town: Town) -> Town:
    """The second depot lacks four axes; the first may give what it has beyond two."""
    require(town, town.depot, {"BRK-014": (1, 2)})
    require(town, town.other, {"BRK-014": (4, 6)})
    return town


def asked(town: Town, plan_id: UUID) -> int:
    return town.run(ask_for_transfers, town.callers["admin"], plan_id, town.context.moment())


def change(town: Town, plan_id: UUID, quantity: str) -> int:
    (line, *_) = rows(town, plan_id)
    clock = town.context.clock
    return town.run(edit, town.callers["admin"], plan_id, [Change(line.id, quantity)], clock.now(), clock.today())


def transfers(town: Town) -> list[tuple[Transfer, TransferLine]]:
    statement = select(Transfer, TransferLine).join(TransferLine, TransferLine.transfer_id == Transfer.id)
    return town.run(lambda session: [tuple(row) for row in session.execute(statement)])


def ready(town: Town, code: str) -> dict[str, Decimal]:
    def read(session: object) -> dict[str, Decimal]:
        item_id = session.execute(select(Item.id).where(Item.code == code)).scalar_one()  # type: ignore[attr-defined]
        found = amounts(session, town.context.clock.today())  # type: ignore[arg-type]
        return {
            depot.code: found[depot.id][item_id].ready if item_id in found[depot.id] else Decimal(0)
            for depot in (town.depot, town.other)
        }

    return town.run(read)


def test_what_one_depot_can_spare_goes_where_it_is_lacking_and_the_rest_is_bought(short: Town) -> None:
    short.stock("BRK-014", "5")
    plan_id = plan(short, yuan_per_km=1.0)
    assert lines(short, plan_id) == [
        ("transfer", "BRK-014", GIVER, RECEIVER, Decimal(3)),
        ("purchase", "BRK-014", None, RECEIVER, Decimal(1)),
    ]
    shown = view(short, plan_id)
    assert shown.plan.figures is not None
    assert (shown.plan.figures.gaps, shown.plan.figures.closed) == ({"mandatory": 1}, {"mandatory": 1})
    assert (shown.totals.trips, shown.totals.purchases, shown.totals.money) == (1, 1, Decimal(200))
    assert shown.plan.figures.gap_cost == 0


def test_a_depot_that_keeps_only_its_minimum_gives_more(short: Town) -> None:
    short.stock("BRK-014", "5")
    assert lines(short, plan(short, keeps="minimum")) == [("transfer", "BRK-014", GIVER, RECEIVER, Decimal(4))]


def test_B36_a_gap_that_cannot_be_closed_whole_gets_what_there_is(short: Town) -> None:
    short.stock("BRK-014", "5")
    plan_id = plan(short, buy=False)
    assert lines(short, plan_id) == [("transfer", "BRK-014", GIVER, RECEIVER, Decimal(3))]
    figures = view(short, plan_id).plan.figures
    assert figures is not None
    assert (figures.closed, figures.partly) == ({"mandatory": 0}, {"mandatory": 1})
    assert asked(short, plan_id) == 1


@pytest.mark.heavy
@pytest.mark.parametrize("givers", [6, 11, 12])
def test_B36_as_many_givers_are_looked_at_as_can_fill_a_gap(short: Town, givers: int) -> None:
    """The gap of 11 closes by one each of eleven depots, though six are looked at by default."""
    require(short, short.other, {"BRK-014": (11, 11)})
    short.stock("BRK-014", "1")

    def found(session: Session) -> None:
        now = short.context.clock.now()
        depots = [
            Depot(
                code=f"STR-1{number:03}",
                name_zh=f"站{number}",
                name_en=f"Depot {number}",
                type_code="STR",
                district_code="440305",
                lat=22.5 + number / 100,
                lon=113.9,
                created_at=now,
            )
            for number in range(givers)
        ]
        add_depots(session, depots, now)
        places = [new_place(depot.id, PlaceKind.SHELF, "A1", "A1", now) for depot in depots]
        add_places(session, places, now)
        shelves.extend(places)

    shelves: list[Place] = []
    short.run(found)
    for shelf in shelves:
        short.stock("BRK-014", "1", shelf)
    plan_id = plan(short, buy=False, keeps="minimum")
    figures = view(short, plan_id).plan.figures
    assert figures is not None
    assert (figures.closed, figures.partly) == ({"mandatory": int(givers >= 11)}, {"mandatory": int(givers < 11)})
    assert figures.left_out == max(0, givers - 11)
    assert sum(line[-1] for line in lines(short, plan_id)) == min(givers, 11)


def _recall(desk: Desk, town: Town) -> None:
    desk.do(CallBack, "admin", item="MED-010", maker="", number="A7", reason="灭菌不合格")


def _unfit(desk: Desk, town: Town) -> None:
    (lot,) = town.run(lambda session: session.execute(select(Lot.id).where(Lot.number == "A7")).scalars().all())
    desk.do(Fault, thing=str(lot), quantity="18", description="包装破损")


def _expire(desk: Desk, town: Town) -> None:
    town.context.clock.instant += timedelta(days=400)  # type: ignore[attr-defined]


def _soon(desk: Desk, town: Town) -> None:
    town.context.clock.instant += timedelta(days=290)  # type: ignore[attr-defined]


def _reserve(desk: Desk, town: Town) -> None:
    item = town.run(lambda session: session.execute(select(Item.id).where(Item.code == "MED-010")).scalar_one())
    now = town.context.clock.now()
    town.run(
        lambda session: session.add(
            Reservation(
                id=uuid4(),
                depot_id=town.depot.id,
                item_id=item,
                quantity=Decimal(18),
                person_id=town.callers["responder"].person_id,
                made_at=now,
                until=now + timedelta(minutes=30),
            )
        )
    )


def _promise(desk: Desk, town: Town) -> None:
    require(town, town.depot, {"MED-010": (2, 2)})
    ask = {"giver": GIVER, "receiver": RECEIVER, "lines": [AskedLine("MED-010", "18")], "reason": "试"}
    transfer = desk.do(AskTransfer, "admin", **ask).id
    # the gap is as wide as before: the promised pieces are counted at the receiver, which needs more now
    require(town, town.other, {"MED-010": (22, 22)})
    assert transfer


@pytest.mark.heavy
@pytest.mark.parametrize("spoil", [_recall, _unfit, _expire, _soon, _reserve, _promise])
def test_what_is_recalled_faulty_expired_reserved_or_promised_never_moves(
    desk: Desk, town: Town, spoil: object
) -> None:
    require(town, town.depot, {"MED-010": (2, 2)})
    require(town, town.other, {"MED-010": (4, 4)})
    town.stock("MED-010", "20", number="A7", expires_on=date(2027, 10, 1))
    assert [line[0] for line in lines(town, plan(town))] == ["transfer"]
    spoil(desk, town)  # type: ignore[operator]
    assert {line[0] for line in lines(town, plan(town))} == {"purchase"}


def test_what_is_in_a_kit_or_vehicle_stays_there(desk: Desk, town: Town) -> None:
    require(town, town.depot, {"BRK-014": (0, 0)})
    require(town, town.other, {"BRK-014": (1, 1)})
    truck = desk.kit("VEH-002", serial="V-1")
    town.stock("BRK-014", "3", truck)
    assert [line[0] for line in lines(town, plan(town))] == ["purchase"]


def test_what_is_already_asked_for_fills_the_gap(short: Town, desk: Desk) -> None:
    short.stock("BRK-014", "9")
    ask = {"giver": GIVER, "receiver": RECEIVER, "lines": [AskedLine("BRK-014", "4")], "reason": "试"}
    desk.do(AskTransfer, "admin", **ask)
    assert lines(short, plan(short)) == []


def test_any_member_of_a_group_fills_its_gap(town: Town) -> None:
    """Response vehicles are any of several items; vehicles themselves are bought, never moved: their load would go."""

    def require_group(session: object) -> None:
        from depots.models import DepotRequirement

        session.add(  # type: ignore[attr-defined]
            DepotRequirement(
                depot_id=town.other.id,
                subject="GROUP:VEH_RESPONSE",
                group_code="VEH_RESPONSE",
                level=Level.MANDATORY,
                minimum=Decimal(2),
                low_below=Decimal(2),
                par=Decimal(2),
            )
        )

    require(town, town.depot, {})
    require(town, town.other, {})
    town.run(require_group)
    town.stock("VEH-002", "1", town.other_shelf, serial="V-1")
    ((kind, item, _giver, receiver, quantity),) = lines(town, plan(town))
    assert (kind, item[:4], receiver, quantity) == ("purchase", "VEH-", RECEIVER, Decimal(1))


def test_requests_go_out_once_and_carried_out_they_close_the_gaps_and_leave_nobody_short(
    short: Town, desk: Desk
) -> None:
    lot = short.stock("BRK-014", "9")
    plan_id = plan(short)
    assert asked(short, plan_id) == 1
    assert asked(short, plan_id) == 1, "a second time nothing happens"
    ((transfer, line),) = transfers(short)
    assert (transfer.from_depot_id, transfer.to_depot_id, line.quantity) == (short.depot.id, short.other.id, 4)
    assert [row.transfer_id for row in rows(short, plan_id)] == [transfer.id]
    with pytest.raises(Refusal, match="cannot be changed"):
        change(short, plan_id, "1")
    desk.do(Dispatch, transfer=transfer.id, lines=[Sent(str(lot), "4")])
    assert ready(short, "BRK-014")[GIVER] == 5
    arrivals = [Arrival(str(lot), "4")]
    desk.do(ReceiveTransfer, "keeper2", transfer=transfer.id, lines=arrivals, place=str(short.other_shelf.id))
    assert ready(short, "BRK-014") == {GIVER: Decimal(5), RECEIVER: Decimal(4)}
    assert lines(short, plan(short)) == [], "no gap is left"


def test_quantities_are_changed_and_lines_struck_out_but_no_depot_gives_more_than_it_can_spare(short: Town) -> None:
    short.stock("BRK-014", "7")
    plan_id = plan(short)
    assert change(short, plan_id, "5") == 1
    with pytest.raises(Refusal, match="can do without 5") as refused:
        change(short, plan_id, "6")
    assert (refused.value.kind, refused.value.extra["available"]) == ("not-spare", "5")
    assert lines(short, plan_id)[0][4] == 5, "nothing of a refused change is kept"
    with pytest.raises(Refusal, match="whole pieces"):
        change(short, plan_id, "0.5")
    assert change(short, plan_id, "0") == 1
    assert lines(short, plan_id) == []


def test_requests_are_refused_when_the_stock_has_gone_meanwhile(short: Town, desk: Desk) -> None:
    lot = short.stock("BRK-014", "6", number="A7")
    plan_id = plan(short)
    desk.do(CallBack, "admin", item="BRK-014", maker="", number="", reason="手柄开裂")
    with pytest.raises(Refusal) as refused:
        asked(short, plan_id)
    assert (refused.value.kind, transfers(short)) == ("not-spare", [])
    assert lot


def test_a_districts_officer_plans_for_the_district_and_sees_only_own_plans(short: Town) -> None:
    short.stock("BRK-014", "9", short.other_shelf)
    require(short, short.depot, {"BRK-014": (1, 2)})
    plan_id = plan(short, "officer")
    assert [line[0] for line in lines(short, plan_id)] == ["purchase"], "the other district's stock is out of reach"
    others = plan(short, "admin")
    with pytest.raises(Refusal) as refused:
        view(short, others, "officer")
    assert refused.value.status == 404
