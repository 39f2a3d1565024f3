"""Closing a depot and merging it into another (T91): emptied by movements, hushed, readable for ever, reopened."""

from datetime import date, timedelta
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import func, select

from core.errors import Refusal
from depots.models import Depot, DepotRequirement, DepotStatus, PlaceKind
from depots.requirements import work_out_requirements
from inventory.closing.closing import CloseDepot, GiveUpClosing, PlanClosing, ReopenDepot, SendAll, WriteOffRest
from inventory.closing.models import Closing
from inventory.closing.remains import remains
from inventory.documents.counting import StartCount
from inventory.documents.loans import Back, GiveBack, Lend, Thing
from inventory.documents.models import Borrower, Transfer, TransferState
from inventory.documents.transfers import Arrival, AskedLine, AskTransfer, ReceiveTransfer
from inventory.faults.faults import Trouble, note_defect
from inventory.faults.models import Defect
from inventory.readiness.counting import refresh
from inventory.readiness.dashboard import readiness
from inventory.stock.models import Kind, Stock
from inventory.upkeep.models import Scrap
from inventory.upkeep.scrap import ProposeScrap
from jobs.alerts.models import Alert
from jobs.alerts.sweep import SweepReport, sweep
from labels.codes.binding import codes_of
from labels.codes.models import Label
from people.duties import not_over
from people.models import Assignment, Role
from tests.conftest import QueryCount, Town, one
from tests.inventory.documents.conftest import Desk


def plan(desk: Desk, who: str = "admin", successor: str | None = "IND-0002") -> UUID:
    return desk.do(PlanClosing, who, depot="STR-0001", successor=successor, why="商场关闭").id


def receive_all(desk: Desk, transfer: UUID) -> None:
    """The successor's keeper signs for everything."""
    statement = select(Stock.lot_id, Stock.quantity).where(Stock.place_id == transfer, Stock.quantity > 0)
    rows = desk.read(lambda session: session.execute(statement).all())
    lines = [Arrival(thing=str(lot), good=f"{quantity.normalize():f}") for lot, quantity in rows]
    desk.do(ReceiveTransfer, "keeper2", transfer=transfer, lines=lines, place=str(desk.town.other_shelf.id))


def inside(desk: Desk) -> int:
    statement = select(func.count()).where(Stock.depot_id == desk.town.depot.id, ~Stock.outside, Stock.quantity > 0)
    return desk.read(lambda session: session.execute(statement).scalar_one())


def roles(desk: Desk, depot_id: UUID) -> set[tuple[UUID, Role]]:
    statement = select(Assignment.person_id, Assignment.role).where(
        Assignment.depot_id == depot_id, not_over(desk.now())
    )
    return {(row.person_id, row.role) for row in desk.read(lambda session: session.execute(statement).all())}


def test_T91_everything_goes_to_the_successor_in_one_transfer_and_the_depot_closes_with_0_lines(
    desk: Desk, town: Town
) -> None:
    bars, faulty = town.stock("BRK-014", "5"), town.stock("EXT-001", "1", serial="S-1")
    truck = desk.kit("VEH-001", serial="V-1")
    cones = town.stock("TRF-001", "8")
    town.book(one(kind=Kind.TRANSFER, lot=cones, quantity="3", source=str(town.shelf.id), target=str(truck.id)))
    fault = town.run(lambda s: note_defect(s, town.depot.id, Trouble(faulty, town.shelf.id, "锈"), desk.now()).id)
    scrap = UUID(desk.do(ProposeScrap, thing=str(faulty), reason="满十年").result["scrap"])
    closing = plan(desk)
    assert inside(desk) == 5, "a plan moves nothing"
    refusal = desk.refused(CloseDepot, "admin", closing=closing)
    assert (refusal.kind, refusal.extra["remains"]["stock"]) == ("not-empty", 5)
    told = desk.do(SendAll, closing=closing).result  # the keeper who is there
    transfer = UUID(told["transfer"])
    assert (told["to"], told["lines"]) == ("IND-0002", 4), "the truck's load goes with the truck"
    assert desk.refused(SendAll, closing=closing).kind == "nothing-left"
    refusal = desk.refused(CloseDepot, "admin", closing=closing)
    assert refusal.extra["remains"]["transfers"] == 1, "on the way it is still the depot's"
    receive_all(desk, transfer)
    assert desk.read(lambda s: s.get_one(Transfer, transfer).state) == TransferState.CLOSED
    assert (desk.at(bars, town.other_shelf.id), desk.at(cones, town.other_shelf.id)) == (5, 5)
    assert desk.at(cones, truck.id) == 3
    defect, proposal = desk.read(lambda s: (s.get_one(Defect, fault), s.get_one(Scrap, scrap)))
    assert (defect.depot_id, proposal.depot_id) == (town.other.id, town.other.id)
    desk.do(CloseDepot, "admin", closing=closing, people="move")
    assert inside(desk) == 0
    row, depot = desk.read(lambda s: (s.get_one(Closing, closing), s.get_one(Depot, town.depot.id)))
    assert depot.status == DepotStatus.CLOSED
    assert (row.why, row.closed_by_id, row.successor_id) == (
        "商场关闭",
        town.callers["admin"].person_id,
        town.other.id,
    )
    assert roles(desk, town.depot.id) == set()
    assert (town.keeper.person_id, Role.KEEPER) in roles(desk, town.other.id)


def test_T91_a_closed_depot_counts_nowhere_and_its_alerts_stop(desk: Desk, town: Town) -> None:
    today: date = town.context.clock.today()
    town.run(work_out_requirements, today)
    lot = town.stock("BRK-014", "2")
    desk.do(StartCount, depot="STR-0001")
    town.run(note_defect, town.depot.id, Trouble(None, town.shelf.id, "门坏了"), desk.now())
    town.run(sweep, [town.depot.id, town.other.id], today, desk.now(), SweepReport())
    town.run(refresh, today)

    def alerts() -> int:
        statement = select(func.count()).where(Alert.depot_id == town.depot.id, Alert.resolved_at.is_(None))
        return desk.read(lambda session: session.execute(statement).scalar_one())

    assert alerts() > 5
    before = desk.read(readiness, town.callers["admin"], today, "city", None, None)
    closing = plan(desk, "officer", successor=None)
    reason = {"closing": closing, "reason": "随站撤销"}
    assert desk.refused(WriteOffRest, "officer", **reason).kind == "same-person"
    assert desk.do(WriteOffRest, "admin", **reason).result == {"written_off": 1, "left": 0}
    assert desk.at(lot, desk.standing(PlaceKind.DISPOSED)) == 2
    assert desk.refused(CloseDepot, "officer", closing=closing, people="move").fields[0].field == "people"
    desk.do(CloseDepot, "officer", closing=closing)
    assert alerts() == 0, "at once, not at the next sweep"
    town.run(sweep, [town.depot.id, town.other.id], today, desk.now(), SweepReport())
    assert alerts() == 0
    town.run(work_out_requirements, today)
    town.run(refresh, today)
    after = desk.read(readiness, town.callers["admin"], today, "city", None, None)
    assert (before.total.depots, after.total.depots) == (2, 1)
    assert after.total.lines < before.total.lines
    required = select(func.count()).where(DepotRequirement.depot_id == town.depot.id)
    assert desk.read(lambda session: session.execute(required).scalar_one()) == 0
    assert roles(desk, town.depot.id) == set()


def test_T91_what_is_out_or_open_keeps_a_depot_from_closing_and_is_named(desk: Desk, town: Town) -> None:
    lot = town.stock("BRK-014", "2")
    lent = desk.do(
        Lend,
        depot="STR-0001",
        lines=[Thing(thing=str(lot))],
        borrower=Borrower.RESPONDER,
        name="何",
        due_at=desk.now() + timedelta(days=1),
    )
    asked = desk.do(AskTransfer, giver="IND-0002", receiver="STR-0001", lines=[AskedLine("BRK-014", "1")])
    closing = plan(desk)
    there = desk.read(remains, town.depot.id, town.context.clock.now())
    assert (there.stock, there.loans, there.transfers, there.empty) == (2, 1, 1, False)
    assert sorted(line.goes for line in there.lines) == [False, True]
    told = desk.do(SendAll, closing=closing).result
    assert told["lines"] == 1, "what is lent comes back first"
    receive_all(desk, UUID(told["transfer"]))
    desk.do(GiveBack, lines=[Back(thing=str(lot), source=str(lent.id), target=str(town.shelf.id))])
    assert desk.read(remains, town.depot.id, town.context.clock.now()).loans == 0
    again = desk.do(SendAll, closing=closing, to="IND-0002").result
    receive_all(desk, UUID(again["transfer"]))
    assert desk.refused(CloseDepot, "admin", closing=closing).extra["remains"]["transfers"] == 1
    assert asked.result["transfer"]


def test_a_closed_depot_takes_nothing_but_late_facts_and_opens_again_with_its_people(desk: Desk, town: Town) -> None:
    closing = plan(desk)
    assert desk.refused(PlanClosing, "admin", depot="STR-0001", why="x").kind == "closing-planned"
    assert desk.refused(PlanClosing, "admin", depot="IND-0002", why="x", successor="IND-0002").fields
    assert desk.refused(PlanClosing, depot="STR-0001", why="x").status == 403
    desk.do(CloseDepot, "admin", closing=closing, people="move")
    assert desk.refused(CloseDepot, "admin", closing=closing).kind == "closed"
    assert desk.refused(StartCount, "admin", depot="STR-0001").kind == "depot-closed"
    fields = {"giver": "IND-0002", "receiver": "STR-0001", "lines": [AskedLine("BRK-014", "1")]}
    assert desk.refused(AskTransfer, "admin", **fields).fields[0].field == "receiver"
    delivery = {"kind": Kind.RECEIVE, "item": "BRK-014", "quantity": "1", "target": str(town.shelf.id)}
    with pytest.raises(Refusal) as caught:
        town.book(one(**delivery), caller="admin")
    assert caught.value.kind == "depot-closed"
    town.book(one(**delivery, late=True, happened_at=desk.now()), caller="admin")
    desk.do(ReopenDepot, "officer", depot="STR-0001", why="商场重开", people="back")
    assert desk.refused(ReopenDepot, "officer", depot="STR-0001", why="x").kind == "open"
    row = desk.read(lambda s: s.get_one(Closing, closing))
    assert (row.reopen_why, row.reopened_by_id) == ("商场重开", town.callers["officer"].person_id)
    assert roles(desk, town.depot.id) == {(town.keeper.person_id, Role.KEEPER)}
    assert (town.keeper.person_id, Role.KEEPER) not in roles(desk, town.other.id)
    required = select(func.count()).where(DepotRequirement.depot_id == town.depot.id)
    assert desk.read(lambda session: session.execute(required).scalar_one()) > 0
    second = plan(desk)
    desk.do(GiveUpClosing, "admin", closing=second)
    assert plan(desk) != second


@pytest.mark.heavy
async def test_T91_labels_ledger_and_reports_of_a_closed_depot_stay_readable_and_say_where_things_are(
    client: httpx.AsyncClient, desk: Desk, town: Town, queries: QueryCount
) -> None:
    lot = town.stock("EXT-001", "1", serial="S-1")
    thing = town.code_of(lot)
    shelf = town.run(codes_of, Label.place_id, [town.shelf.id])[town.shelf.id]
    depot = town.run(codes_of, Label.depot_id, [town.depot.id])[town.depot.id]
    count = queries.during()
    page = await client.get("/depots/STR-0001/closing", headers=town.auth("officer"))
    assert page.status_code == 200 and len(count) <= 12
    assert "S-1" in page.text

    async def step(who: str, **form: str) -> httpx.Response:
        form = {"id": str(uuid4()), **form}
        return await client.post("/depots/STR-0001/closing", data=form, headers=town.auth(who))

    assert (await step("officer", act="plan", why="商场关闭", successor="NO-1")).status_code == 422
    assert (await step("officer", act="dance")).status_code == 422
    # B8: an officer of one district names no successor in another; who decides for both depots does
    assert (await step("officer", act="plan", why="商场关闭", successor="IND-0002")).status_code == 422
    planned = await step("admin", act="plan", why="商场关闭", successor="IND-0002")
    assert planned.status_code == 303
    shown = (await client.get("/api/depots/STR-0001/closing", headers=town.auth("officer"))).json()
    assert (shown["remains"]["stock"], shown["remains"]["empty"], shown["history"][0]["state"]) == (1, False, "planned")
    refused = await step("officer", act="close", closing=shown["plan"])
    assert refused.status_code == 409 and "1 行" in refused.text
    sent = await step("officer", act="send", closing=shown["plan"], to="")
    assert sent.status_code == 303
    statement = select(Transfer.id)
    receive_all(desk, town.run(lambda s: s.execute(statement).scalar_one()))
    assert (await step("officer", act="close", closing=shown["plan"], people="end")).status_code == 303

    for code, words in ((shelf, "本站已撤销"), (depot, "本站已撤销")):
        opened = await client.get(f"/q/{code}", headers=town.auth("officer"), follow_redirects=True)
        assert words in opened.text and "大浪工业园站" in opened.text
        public = await client.get(f"/q/{code}")
        assert words in public.text and "大浪工业园站" in public.text and "/problem" not in public.text
    moved = await client.get(f"/q/{thing}", headers=town.auth("officer"))
    assert "现位于" in moved.text and "大浪工业园站" in moved.text
    ledger = (await client.get("/api/movements?depot=STR-0001", headers=town.auth("officer"))).json()["items"]
    assert sorted(row["kind"] for row in ledger) == ["receive", "transfer", "transfer"]
    for path in ("/reports/ledger?of=depot&id=STR-0001", "/closings", "/depots/STR-0001", "/depots/STR-0001/closing"):
        answer = await client.get(path, headers=town.auth("officer"))
        assert answer.status_code == 200, path
    listed = (await client.get("/api/closings", headers=town.auth("officer"))).json()
    assert [row["depot"] for row in listed] == ["STR-0001"]


async def test_T91_the_finder_no_longer_offers_a_closed_depot(
    client: httpx.AsyncClient, desk: Desk, town: Town
) -> None:
    town.stock("HYD-006", "2")

    async def offers() -> list[str]:
        answer = await client.get("/api/find?q=HYD-006&from_depot=IND-0002", headers=town.auth("admin"))
        return [offer["depot"] for offer in answer.json()["items"]]

    assert await offers() == ["STR-0001"]
    closing = plan(desk)
    told = desk.do(SendAll, closing=closing).result
    receive_all(desk, UUID(told["transfer"]))
    desk.do(CloseDepot, "admin", closing=closing)
    assert await offers() == ["IND-0002"]
    origin = await client.get("/api/find?q=HYD-006&from_depot=STR-0001", headers=town.auth("admin"))
    assert origin.status_code == 404
