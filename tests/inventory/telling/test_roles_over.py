"""Late acts of somebody whose role at the depot is over by then: judged by the roles of their own time."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import select

from core.errors import Refusal
from inventory.booking.wishes import DeviceClock, Wish
from inventory.stock.models import Kind, Movement
from inventory.telling.basket import Basket
from inventory.telling.entries import Outcome
from inventory.telling.late import PAST_ROLES_COUNT
from inventory.telling.models import EntryState
from jobs.alerts.models import Alert
from jobs.causes.kinds import AlertKind
from people.accounts import give_role, take_role_at
from people.models import Role
from people.policy import Caller, Duty
from people.sign_in import caller_of
from tests.conftest import Town
from tests.inventory.documents.conftest import Desk

HOUR = timedelta(hours=1)
SURE, UNSURE = DeviceClock(0, sure=True), DeviceClock(0, sure=False)


def end_role(town: Town, later: timedelta = HOUR, to: Any = None) -> datetime:
    """The keeper's role at the depot ends now, perhaps for one elsewhere; the clock goes on. When that was."""
    now, keeper = town.context.clock.now(), town.keeper
    town.run(take_role_at, None, now, keeper.person_id, Role.KEEPER, town.depot.id)
    if to is not None:
        town.run(give_role, None, now, keeper.person_id, Role.KEEPER, depot_id=to)
    town.context.clock.instant = now + later  # type: ignore[misc]
    caller = town.run(caller_of, town.tokens["keeper"], "token", now + later)
    assert isinstance(caller, Caller) and Duty(Role.KEEPER, depot_id=town.depot.id) not in caller.duties
    town.callers["keeper"] = caller
    return now


def take(desk: Desk, lot: UUID, at: datetime, clock: DeviceClock | None = SURE, late: bool = True) -> Outcome:
    wish = Wish(id=uuid4(), kind=Kind.ISSUE, quantity="1", lot=lot, source=str(desk.town.shelf.id))
    known = {} if clock is None else {"clock": clock}
    return desk.do(Basket, movements=[wish], happened_at=at, late=late, **known)


def alerts(desk: Desk) -> list[tuple[str, UUID]]:
    return desk.read(lambda session: [tuple(row) for row in session.execute(select(Alert.kind, Alert.depot_id))])


@pytest.mark.parametrize("moved", [False, True], ids=["no role left", "keeper elsewhere"])
def test_what_happened_while_the_role_held_is_booked_and_what_happened_after_is_not(
    desk: Desk, town: Town, moved: bool
) -> None:
    lot = town.stock("BRK-014", "5")
    ended = end_role(town, to=town.other.id if moved else None)
    outcome = take(desk, lot, ended - HOUR)
    assert (outcome.state, desk.at(lot, town.shelf.id)) == (EntryState.BOOKED, 4)
    line = desk.read(lambda session: session.execute(select(Movement).where(Movement.kind == Kind.ISSUE)).scalar_one())
    assert (line.happened_at, line.late, line.person_id) == (ended - HOUR, True, town.keeper.person_id)
    assert alerts(desk) == []
    for at in (ended, ended + HOUR / 2):
        outcome = take(desk, lot, at)
        assert (outcome.state, outcome.result) == (EntryState.REFUSED, {})
    assert desk.at(lot, town.shelf.id) == 4
    assert {kind for kind, _ in alerts(desk)} == {AlertKind.REFUSED_ENTRY}
    with pytest.raises(Refusal):
        take(desk, lot, ended - HOUR, late=False)


@pytest.mark.parametrize("device", [UNSURE, None], ids=["clock unsure", "clock not named"])
def test_a_time_that_cannot_be_proved_is_left_to_somebody_of_that_depot(
    desk: Desk, town: Town, device: DeviceClock | None
) -> None:
    lot = town.stock("BRK-014", "5")
    ended = end_role(town, to=town.other.id)
    outcome = take(desk, lot, ended - HOUR, device)
    assert outcome.state == EntryState.REFUSED and outcome.problem is not None
    assert (outcome.problem.kind, desk.at(lot, town.shelf.id)) == ("role-over", 5)
    assert alerts(desk) == [(AlertKind.REFUSED_ENTRY, town.depot.id)]
    [said] = desk.read(lambda session: list(session.execute(select(Alert.details)).scalars()))
    assert town.keeper.name in said
    zh, en = "领用 夹钳/大力钳(C型、直口) × 1", "issued 1 × Clamp (locking) pliers, C-type and straight"
    assert json.loads(said)["lines"] == [{"zh": zh, "en": en}] and zh in said, "what it says can be read in the alert"
    there = Wish(id=uuid4(), kind=Kind.RECEIVE, quantity="1", item="BRK-014", target=str(town.other_shelf.id))
    late = desk.do(Basket, movements=[there], happened_at=ended + HOUR / 2, late=True)
    assert late.state == EntryState.BOOKED, "a doubtful clock is no reason where the role of today allows it"


def test_what_comes_long_after_is_left_to_somebody_too(desk: Desk, town: Town) -> None:
    lot = town.stock("BRK-014", "5")
    ended = end_role(town, PAST_ROLES_COUNT)
    outcome = take(desk, lot, ended - HOUR)
    assert (outcome.state, desk.at(lot, town.shelf.id)) == (EntryState.REFUSED, 5)
    assert alerts(desk) == [(AlertKind.REFUSED_ENTRY, town.depot.id)]


def test_nothing_is_booked_at_a_depot_where_no_role_ever_held(desk: Desk, town: Town) -> None:
    lot = town.stock("BRK-014", "5", town.other_shelf)
    ended = end_role(town)
    wish = Wish(id=uuid4(), kind=Kind.ISSUE, quantity="1", lot=lot, source=str(town.other_shelf.id))
    outcome = desk.do(Basket, movements=[wish], happened_at=ended - HOUR, late=True, clock=SURE)
    assert (outcome.state, desk.at(lot, town.other_shelf.id)) == (EntryState.REFUSED, 5)


async def test_over_http_without_any_role_left(client: httpx.AsyncClient, town: Town) -> None:
    lot = town.stock("BRK-014", "5")
    ended = end_role(town)
    assert (await client.get("/api/me", headers=town.auth())).json()["roles"] == []
    send: Callable[[datetime, bool], Any] = lambda at, late: {  # noqa: E731
        "id": str(uuid4()),
        "kind": "basket",
        "happened_at": at.isoformat(),
        "late": late,
        "clock": {"offset_seconds": 0, "sure": True},
        "movements": [
            {"id": str(uuid4()), "kind": "issue", "lot": str(lot), "quantity": "1", "from": str(town.shelf.id)}
        ],
    }
    first = send(ended - HOUR, True)
    for body, status in ((first, 201), (first, 200), (send(ended, True), 202), (send(ended - HOUR, False), 403)):
        answer = await client.post("/api/entries", json=body, headers=town.auth())
        assert answer.status_code == status, answer.text
    auditor = await client.post("/api/entries", json=send(ended, True), headers=town.auth("auditor"))
    assert auditor.status_code == 403
    assert (await client.get(f"/api/lots/{lot}", headers=town.auth())).status_code == 403


def movement(lot: UUID, town: Town, at: datetime | None, sure: bool | None = True, **more: Any) -> dict[str, Any]:
    """A movement as a program sends it. ``sure``: None names no clock."""
    said = {"id": str(uuid4()), "kind": "issue", "lot": str(lot), "quantity": "1", "from": str(town.shelf.id)}
    told = {} if at is None else {"happened_at": at.isoformat(), "late": True}
    clock = {} if at is None or sure is None else {"clock": {"offset_seconds": 0, "sure": sure}}
    return {**said, **told, **clock, **more}


@pytest.mark.heavy
@pytest.mark.parametrize("moved", [False, True], ids=["no role left", "keeper elsewhere"])
async def test_movements_of_a_program_are_judged_as_entries_are(
    client: httpx.AsyncClient, desk: Desk, town: Town, moved: bool
) -> None:
    lot = town.stock("BRK-014", "9")
    ended = end_role(town, to=town.other.id if moved else None)

    async def send(body: Any) -> tuple[int, str]:
        answer = await client.post("/api/movements", json=body, headers=town.auth())
        return answer.status_code, "" if answer.is_success else answer.json()["type"].rpartition("/")[2]

    before = movement(lot, town, ended - HOUR)
    assert [await send(before) for _ in range(2)] == [(201, ""), (200, "")]
    over = "not-allowed" if not moved else "not-found"
    refused = [
        movement(lot, town, ended - HOUR, False),
        movement(lot, town, ended - HOUR, None),
        [movement(lot, town, ended - HOUR), movement(lot, town, ended - HOUR, False)],
    ]
    for body in refused:
        assert [await send(body) for _ in range(2)] == [(409, "role-over")] * 2
    now, after = movement(lot, town, None), movement(lot, town, ended + HOUR / 2)
    assert (await send(now))[0] in (403, 404, 409, 422), over
    assert (await send(after))[0] in (403, 404, 409, 422)
    mixed = [movement(lot, town, ended - HOUR), movement(lot, town, ended + HOUR / 2)]
    assert (await send(mixed))[0] in (403, 404, 409, 422), "all or nothing, by the roles that held throughout"
    assert desk.at(lot, town.shelf.id) == 8
    told = alerts(desk)
    assert set(told) == {(AlertKind.REFUSED_ENTRY, town.depot.id)}
    assert len(told) == len(refused) + (0 if moved else 2), "once each, however often it was sent"
    auditor = await client.post("/api/movements", json=movement(lot, town, ended), headers=town.auth("auditor"))
    assert auditor.status_code == 403


@pytest.mark.heavy
@pytest.mark.parametrize("moved", [False, True], ids=["no role left", "keeper elsewhere"])
async def test_a_doubtful_act_is_answered_alike_whatever_lies_at_the_depot_today(
    client: httpx.AsyncClient, desk: Desk, town: Town, moved: bool
) -> None:
    ended = end_role(town, PAST_ROLES_COUNT * 12, to=town.other.id if moved else None)
    lot, there = town.stock("BRK-014", "5"), {"to": str(town.shelf.id), "kind": "transfer"}
    doubtful: list[dict[str, Any]] = [
        movement(lot, town, ended - HOUR),  # came after the role had ended
        movement(uuid4(), town, ended - HOUR),
        movement(lot, town, ended - HOUR, **there),
        movement(lot, town, ended - HOUR, **{"from": str(uuid4())}),
    ]
    answers = set()
    for body in doubtful:
        sent = (await client.post("/api/movements", json=body, headers=town.auth())).json()
        answers.add((sent["status"], sent["detail"], str(sent["errors"])))
        own = {name: body[name] for name in body.keys() - {"late", "happened_at", "clock"}} | {"id": str(uuid4())}
        when = {"late": True, "happened_at": body["happened_at"], "clock": body["clock"]}
        entry = {"id": str(uuid4()), "kind": "basket", "movements": [own], **when}
        told = (await client.post("/api/entries", json=entry, headers=town.auth())).json()
        answers.add((told["outcome"]["state"], told["outcome"]["problem"]["kind"], told["why"]))
    assert len(answers) == 2, answers
    assert set(alerts(desk)) == {(AlertKind.REFUSED_ENTRY, town.depot.id)}, "and nowhere else, where it would be seen"
