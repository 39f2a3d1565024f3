"""Who looks after whom: an officer gives, sees and resets within their own depots and district, and nobody beyond.

Rights are stated here anew. What is allowed to reset is not sent, for it would end the token by which somebody speaks.
"""

from random import Random
from typing import TYPE_CHECKING, Any

from tests.simulation.people import APPROVE, CODES, DEPOTS, DISTRICTS, PEOPLE, RIGHTS, Duty, may_anywhere
from tests.simulation.reading import Difference

if TYPE_CHECKING:
    from tests.simulation.drive import Run

SIMPLE = ("keeper", "responder")  # what an officer gives; the rest an administrator
DEEDS = ("list", "see", "give", "give", "reset", "deactivate", "access")


def draw_deed(draw: Random, n: int) -> dict[str, Any]:
    """Somebody looks after somebody, or tries to."""
    who = draw.choice(("o5", "o9", "o4", "adm", "k1", "ac", "o5", "o9", "o4"))
    role = draw.choice((*SIMPLE, *SIMPLE, "officer", "auditor", "administrator"))
    where = draw.choice((*DEPOTS, *DEPOTS, *DISTRICTS.values(), ""))
    whom = draw.choice(list(PEOPLE))
    return {"verb": "oversee", "who": who, "deed": draw.choice(DEEDS), "whom": whom, "role": role, "where": where}


def _within(duty: Duty, where: str) -> bool:
    """Whether a duty reaches all of a place: a depot, a district, or "" for the city."""
    return duty.where in ("", where) or (where in DISTRICTS and duty.where == DISTRICTS[where])


def may_give(who: str, role: str, where: str) -> bool:
    """Nobody gives more than they have, nor further than they reach."""
    for duty in PEOPLE[who]:
        able = duty.role == "administrator" or (role in SIMPLE and APPROVE in RIGHTS[duty.role])
        if able and _within(duty, where):
            return True
    return False


def sees(who: str, whom: str) -> bool | None:
    """Whether a person is among those whom somebody looks after; None where that hangs on roles that are over."""
    if may_give(who, "administrator", ""):
        return True
    if not PEOPLE[whom]:
        return None
    return any(may_give(who, duty.role, duty.where) for duty in PEOPLE[whom])


def answers_for(who: str, whom: str) -> bool:
    return may_give(who, "administrator", "") or all(may_give(who, duty.role, duty.where) for duty in PEOPLE[whom])


def oversee(run: "Run", step: dict[str, Any]) -> None:
    """Carry out a deed and compare."""
    who, deed, whom = step["who"], step["deed"], step["whom"]
    known, able = sees(who, whom), may_anywhere(who, APPROVE)
    address = f"/api/people/{run.ground.people[whom]}"
    if deed == "list":
        _list(run, who, able, step["server"])
        return
    if known is None:
        return
    if deed in ("see", "access"):
        # sessions and tokens are read by who answers for all that somebody is
        expected = 200 if able and known and (deed == "see" or answers_for(who, whom)) else 404 if able else 403
        status = run.get(who, address if deed == "see" else f"{address}/access", step["server"]).status_code
        _same(step, {expected} | ({403} if able and known and expected == 404 else set()), status)
        return
    allowed = able and known and answers_for(who, whom)
    if deed in ("reset", "deactivate"):
        if allowed:
            return
        body = {"mail": False} if deed == "reset" else None
        answer = run.tell(who, f"{address}/{'access/link' if deed == 'reset' else deed}", body, step["server"])
        _same(step, {403} if not able or known else {404}, answer.status_code)
        return
    _give(run, step, address, able, bool(known))


def _give(run: "Run", step: dict[str, Any], address: str, able: bool, known: bool) -> None:
    who, role, where = step["who"], step["role"], step["where"]
    if may_give(who, role, where) and role not in SIMPLE:
        return  # the story would soon be one of administrators
    level = "depot" if where in DEPOTS else "district" if where else "city"
    body = {"role": role, "level": level, "code": CODES.get(where, where)}
    status = run.tell(who, f"{address}/roles", body, step["server"]).status_code
    if not able:
        _same(step, {403}, status)
    elif not known:
        _same(step, {404}, status)
    elif not may_give(who, role, where):
        _same(step, {403, 404, 422}, status)
    else:
        _same(step, {200, 409} if where in run.model.closed else {200}, status)
        duty = Duty(role, where)
        if status == 200 and duty not in PEOPLE[step["whom"]]:
            PEOPLE[step["whom"]] = (*PEOPLE[step["whom"]], duty)


def _list(run: "Run", who: str, able: bool, server: int) -> None:
    """Exactly those whom they look after."""
    if not able:
        _same({"who": who, "deed": "list"}, {403}, run.get(who, "/api/people", server).status_code)
        return
    found = {row["account"] for row in run.pages("/api/people", who, server)} & PEOPLE.keys()
    for whom in PEOPLE:
        known = sees(who, whom)
        if known is not None and (whom in found) != known:
            raise Difference("oversee list: other people", f"{who} {'sees' if whom in found else 'misses'} {whom}")


def _same(step: dict[str, Any], expected: set[int], status: int) -> None:
    if status not in expected:
        raise Difference(f"oversee {step['deed']}: {status} for {sorted(expected)}", f"{step}\n{PEOPLE}")
