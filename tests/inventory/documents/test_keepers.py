"""Keeper handover (T98): joint count, three signatures, differences under both names; then the duty moves."""

from typing import Any
from uuid import UUID, uuid4

import httpx
from sqlalchemy import select

from depots.places import holder_place_id
from inventory.documents.counting import ApproveCount, CancelCount, Counted, CountLines
from inventory.documents.keepers import GiveUpKeepers, SignKeepers, StartKeepers
from inventory.documents.models import KeeperHandover
from inventory.faults.entries import Fault
from inventory.stock.count_models import Count, CountState
from inventory.stock.models import Kind, Movement
from people.duties import not_over
from people.models import Assignment, Role
from people.policy import Caller, Duty
from tests.conftest import QueryCount, Town, one
from tests.inventory.documents.conftest import Desk


def start(desk: Desk, comer: str = "keeper2", **more: str) -> UUID:
    handover = desk.do(StartKeepers, "officer", depot="STR-0001", leaver="keeper", comer=comer, **more).id
    if comer == "keeper2":  # as signing in anew would find them: let in for the count
        caller = desk.town.callers["keeper2"]
        duties = (*caller.duties, Duty(Role.RESPONDER, depot_id=desk.town.depot.id))
        desk.town.callers["comer"] = Caller(caller.person_id, caller.account, caller.name, "zh", duties)
    return handover


def roles(desk: Desk, who: str) -> set[Role]:
    person_id = desk.town.callers[who].person_id
    statement = select(Assignment.role).where(
        Assignment.person_id == person_id, Assignment.depot_id == desk.town.depot.id, not_over(desk.now())
    )
    return set(desk.read(lambda session: session.execute(statement).scalars().all()))


def count(desk: Desk, handover: UUID, who: str = "keeper", round_: int = 1, **counted: Any) -> None:
    lines = [Counted(str(lot), quantity) for lot, quantity in counted["lines"].items()]
    desk.do(CountLines, who, count=handover, place=str(desk.town.shelf.id), lines=lines, round=round_)


def test_T98_nothing_changes_hands_until_both_and_the_witness_have_signed(desk: Desk, town: Town) -> None:
    bars, pliers = town.stock("BRK-002", "20"), town.stock("BRK-014", "3")
    faulty = town.stock("EXT-001", "1", serial="S-1")
    fault = desk.do(Fault, thing=str(faulty), description="压力不足")
    handover = start(desk, reason="调岗")
    assert roles(desk, "comer") == {Role.RESPONDER}, "let in for the count"
    count(desk, handover, lines={bars: "19", pliers: "3"})
    refusal = desk.refused(SignKeepers, handover=handover)
    assert (refusal.kind, len(refusal.extra["uncounted"])) == ("uncounted", 1)
    count(desk, handover, "comer", lines={faulty: "1"})
    assert desk.refused(SignKeepers, "officer", handover=handover).kind == "not-signed"
    desk.do(SignKeepers, handover=handover)
    desk.do(SignKeepers, "comer", handover=handover, note="钥匙三把")
    assert desk.at(bars, town.shelf.id) == 20, "no difference is booked yet"
    assert (roles(desk, "keeper"), roles(desk, "comer")) == ({Role.KEEPER}, {Role.RESPONDER})
    assert desk.refused(SignKeepers, "responder", handover=handover).status == 403
    told = desk.do(SignKeepers, "officer", handover=handover).result
    assert (told["done"], told["keeper"]) == (True, "keeper2")
    assert [line["difference"] for line in told["differences"]] == ["-1"]
    assert told["faults"] == [str(fault.id)]
    assert desk.at(bars, town.shelf.id) == 19
    assert (roles(desk, "keeper"), roles(desk, "comer")) == (set(), {Role.KEEPER})
    statement = select(Movement).where(Movement.lot_id == bars, Movement.kind == Kind.ADJUST)
    booked = desk.read(lambda session: session.execute(statement).scalar_one())
    assert "keeper 先生 → keeper2 先生" in booked.reason
    assert booked.person_id == town.callers["officer"].person_id
    row, done = desk.read(lambda s: (s.get_one(KeeperHandover, handover), s.get_one(Count, handover)))
    assert (row.witness_id, row.note, done.state) == (
        town.callers["officer"].person_id,
        "钥匙三把",
        CountState.CLOSED,
    )
    assert desk.refused(SignKeepers, "officer", handover=handover).kind == "closed"


def test_T98_what_is_counted_anew_is_signed_anew_and_big_differences_are_counted_by_the_other(
    desk: Desk, town: Town
) -> None:
    bars = town.stock("BRK-002", "20")
    handover = start(desk)
    count(desk, handover, lines={bars: "10"})
    assert desk.refused(SignKeepers, handover=handover).kind == "recount"
    again = {"count": handover, "place": str(town.shelf.id), "lines": [Counted(str(bars), "18")], "round": 2}
    assert desk.refused(CountLines, **again).kind == "same-person"
    count(desk, handover, "comer", 2, lines={bars: "18"})
    desk.do(SignKeepers, handover=handover)
    count(desk, handover, "comer", 2, lines={bars: "20"})
    row = desk.read(lambda session: session.get_one(KeeperHandover, handover))
    assert row.leaver_signed_at is None
    desk.do(SignKeepers, "comer", handover=handover)
    assert desk.refused(SignKeepers, "officer", handover=handover).kind == "not-signed"
    desk.do(SignKeepers, handover=handover)
    assert desk.do(SignKeepers, "officer", handover=handover).result["differences"] == []


async def test_T42_T98_what_the_leaver_still_holds_stands_on_the_handover_and_on_their_page(
    client: httpx.AsyncClient, desk: Desk, town: Town, queries: QueryCount
) -> None:
    bars = town.stock("BRK-002", "20")
    town.book(one(kind=Kind.ISSUE, lot=bars, quantity="2", source=str(town.shelf.id)), caller="keeper")
    handover = start(desk)
    address, who = "/depots/STR-0001/keepers", town.callers["keeper"]

    async def shown() -> list[tuple[str, list[str]]]:
        view = (await client.get(f"/api{address}", headers=town.auth("officer"))).json()
        return [(one["account"], [thing["quantity"] for thing in one["things"]]) for one in view["in_hands"]]

    assert await shown() == [("keeper", ["2"])]
    count(desk, handover, lines={bars: "18"})
    desk.do(SignKeepers, handover=handover)
    desk.do(SignKeepers, "comer", handover=handover)
    done = desk.do(SignKeepers, "officer", handover=handover).result
    assert [(row["lot"], row["quantity"]) for row in done["in_hands"]] == [(str(bars), "2")]
    assert await shown() == [("keeper", ["2"])]  # the duty has moved, the gear has not
    queries.during()
    page = (await client.get(address, headers=town.auth("officer"))).text
    assert len(queries) <= 12
    assert "keeper 先生尚未归还" in page and "归还前由keeper 先生负责" in page and f"/lots/{bars}" in page
    person = (await client.get(f"/people/{who.person_id}", headers=town.auth("admin"))).text
    assert "由 keeper2 先生 催还" in person and "归还前由keeper 先生负责" in person
    [thing] = (await client.get(f"/api/people/{who.person_id}", headers=town.auth("admin"))).json()["in_hand"]
    assert (thing["depot"], thing["keepers"], thing["quantity"]) == ("STR-0001", ["keeper2 先生"], "2")
    town.book(one(kind=Kind.RETURN, lot=bars, quantity="2", source=hands_place(desk, who)), caller="admin")
    assert await shown() == []
    assert "尚未归还" not in (await client.get(address, headers=town.auth("officer"))).text


def hands_place(desk: Desk, who: Caller) -> str:
    return str(holder_place_id(desk.town.depot.id, who.person_id))


def test_T98_who_may_start_who_may_be_named_and_giving_up(desk: Desk, town: Town) -> None:
    fields = {"depot": "STR-0001", "leaver": "keeper", "comer": "keeper2"}
    assert desk.refused(StartKeepers, **fields).status == 403
    for change, field in (
        ({"leaver": "nobody-at-all"}, "leaver"),
        ({"leaver": "keeper2", "comer": "keeper"}, "leaver"),
        ({"comer": "keeper"}, "comer"),
    ):
        assert desk.refused(StartKeepers, "officer", **{**fields, **change}).fields[0].field == field
    handover = start(desk)
    refusal = desk.refused(StartKeepers, "officer", **fields)
    assert (refusal.kind, refusal.extra["handover"]) == ("handover-open", str(handover))
    assert desk.refused(ApproveCount, "officer", count=handover).kind == "keeper-handover"
    assert desk.refused(CancelCount, "officer", count=handover, note="x").kind == "keeper-handover"
    assert desk.refused(GiveUpKeepers, handover=handover, note="x").status == 403
    desk.do(GiveUpKeepers, "officer", handover=handover, note="不调了")
    assert (roles(desk, "keeper"), roles(desk, "comer")) == ({Role.KEEPER}, set())
    other = start(desk, comer="responder")
    assert roles(desk, "responder") == set(), "who may take already is not let in twice"
    assert other != handover


async def test_T98_over_http_with_a_protocol(
    client: httpx.AsyncClient, desk: Desk, town: Town, queries: QueryCount
) -> None:
    bars = town.stock("BRK-002", "20")
    address = "/depots/STR-0001/keepers"

    async def step(who: str, **form: str) -> httpx.Response:
        return await client.post(address, data={"id": str(uuid4()), **form}, headers=town.auth(who))

    assert (await step("officer", act="start", leaver="keeper", comer="no-one")).status_code == 422
    assert (await step("officer", act="start", leaver="keeper", comer="keeper2", reason="调岗")).status_code == 303
    shown = (await client.get(f"/api{address}", headers=town.auth("keeper2"))).json()
    assert (shown["lines"], shown["counted"], shown["signs_as"]) == (1, 0, "comer")
    handover = shown["running"]["id"]
    assert (await step("keeper", act="sign", handover=handover)).status_code == 409
    lines = [{"thing": str(bars), "quantity": "19"}]
    entry = {"id": str(uuid4()), "kind": "count", "count": handover, "place": str(town.shelf.id), "lines": lines}
    assert (await client.post("/api/entries", json=entry, headers=town.auth("keeper2"))).status_code == 201
    work = (await client.get("/api/phone/STR-0001/work", headers=town.auth("keeper"))).json()
    assert [row["purpose"] for row in work["counts"]] == ["keeper"]
    for who in ("keeper", "keeper2", "officer"):
        assert (await client.get("/api/me", headers=town.auth(who))).status_code == 200  # remembered from now on
        count_ = queries.during()
        page = (await client.get(address, headers=town.auth(who))).text
        assert len(count_) <= 12
        assert "签字" in page and "20 → 19" in page
        assert (await step(who, act="sign", handover=handover)).status_code == 303, who
    page = (await client.get(address, headers=town.auth("auditor"))).text
    assert "已移交" in page and "officer 先生" in page and "keeper2 先生" in page
    protocol = f"/api/export/keeper-handover.csv?handover={handover}"
    assert "BRK-002" in (await client.get(protocol, headers=town.auth("auditor"))).text
    paper = await client.get(protocol.replace(".csv", ".pdf"), headers=town.auth("officer"))
    assert paper.content.startswith(b"%PDF")
    gone = await client.get(address, headers=town.auth("keeper"))
    assert gone.status_code in (403, 404), "who left answers for nothing here any more"
