"""The one policy: who may do what, and where. Every route names the act it needs; nothing else decides."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, false, or_, true

from core.errors import Refusal, forbidden, not_found
from core.languages import N_
from core.registers import require_each
from people.models import Role

Made = TypeVar("Made")


class Act(StrEnum):
    """What somebody may be allowed to do."""

    SEE = "see"  # depots, stock, ledger, readiness, alerts within one's reach
    TAKE = "take"  # take, return, use up
    KEEP = "keep"  # receive, move, adjust, dispose, open
    REPORT = "report"  # report a fault with one's name
    ANSWER = "answer"  # acknowledge alerts
    APPROVE = "approve"  # stocktakes, draws for incidents, products for the catalogue
    ADMINISTER = "administer"  # people and settings
    AUDIT = "audit"  # read the audit trail
    OWN = "own"  # one's own account: language, sign-out


PUBLIC = "public"  # a route that anybody may call, signed in or not

ROLE_WORDS = {
    Role.KEEPER: N_("keeper"),
    Role.RESPONDER: N_("responder"),
    Role.OFFICER: N_("officer"),
    Role.ADMINISTRATOR: N_("administrator"),
    Role.AUDITOR: N_("auditor"),
}
_ALL = frozenset(Act)
GRANTS: dict[Role, frozenset[Act]] = {
    Role.KEEPER: frozenset({Act.SEE, Act.TAKE, Act.KEEP, Act.REPORT, Act.ANSWER, Act.OWN}),
    Role.RESPONDER: frozenset({Act.SEE, Act.TAKE, Act.REPORT, Act.OWN}),
    Role.OFFICER: frozenset({Act.SEE, Act.TAKE, Act.KEEP, Act.REPORT, Act.ANSWER, Act.APPROVE, Act.OWN}),
    Role.ADMINISTRATOR: _ALL,
    Role.AUDITOR: frozenset({Act.SEE, Act.AUDIT, Act.OWN}),
}
require_each(Role, ROLE_WORDS, "ROLE_WORDS of people/policy.py")
require_each(Role, GRANTS, "GRANTS of people/policy.py")


@dataclass(frozen=True)
class Duty:
    """A role and where it holds: one depot, one district, or (both None) the city.

    A role in a sub-district is one duty for each of its depots, which names the sub-district too.
    """

    role: Role
    district_code: str | None = None
    depot_id: UUID | None = None
    subdistrict_code: str | None = None

    def covers(self, depot_id: UUID, district_code: str) -> bool:
        if self.depot_id is not None:
            return self.depot_id == depot_id
        return self.district_code is None or self.district_code == district_code


NOWHERE = ""  # the code of no district


def duty_of(role: Role, district_code: str | None, depot_id: UUID | None, subdistrict_code: str | None) -> Duty:
    """A duty as it stands in the database. One for a sub-district that has no depot reaches nothing, not the city."""
    if subdistrict_code is not None and depot_id is None:
        return Duty(role, NOWHERE, None, subdistrict_code)
    return Duty(role, district_code, depot_id, subdistrict_code)


@dataclass(frozen=True)
class Caller:
    """Who is asking: passed to every verb that acts for somebody."""

    person_id: UUID
    account: str
    name: str
    language: str
    duties: tuple[Duty, ...]
    credential_id: UUID | None = None
    read_only: bool = False  # a token that changes nothing
    limited: bool = False  # a token that ends, only reads, or reaches one depot: it does not act on the account itself

    def __hash__(self) -> int:
        # Statements are built once for a caller, and found by it with every lookup: all duties would be hashed again
        return hash((self.person_id, self.credential_id))

    def own_depots(self) -> list[UUID]:
        """The depots that the caller's roles name one by one; none for who answers for a district or the city."""
        return [duty.depot_id for duty in self.duties if duty.depot_id is not None]

    def roles(self) -> set[Role]:
        return {duty.role for duty in self.duties}

    @property
    def approves(self) -> bool:
        """Whether they steer a district or the city: what menus offer then."""
        return may(self, Act.APPROVE)


def may(caller: Caller, act: Act) -> bool:
    """Whether the caller may do this anywhere at all."""
    return any(act in GRANTS[duty.role] for duty in caller.duties)


def may_at(caller: Caller, act: Act, depot_id: UUID, district_code: str) -> bool:
    """Whether the caller may do this at this depot."""
    return any(act in GRANTS[duty.role] and duty.covers(depot_id, district_code) for duty in caller.duties)


def require_at(caller: Caller, act: Act, depot_id: UUID, district_code: str) -> None:
    """Refuse unless the caller may do this at this depot: 404 where one may not even look, 403 where one may."""
    if may_at(caller, act, depot_id, district_code):
        return
    if not may_at(caller, Act.SEE, depot_id, district_code):
        raise not_found()
    raise forbidden(N_("your role does not allow this here"))


def may_in_city(caller: Caller, act: Act) -> bool:
    """Whether the caller may do this in the whole city."""
    return any(
        act in GRANTS[duty.role] and duty.depot_id is None and duty.district_code is None for duty in caller.duties
    )


def may_in(caller: Caller, act: Act, district_code: str) -> bool:
    """Whether the caller may do this in a whole district."""
    return may_in_city(caller, act) or any(
        act in GRANTS[duty.role] and duty.depot_id is None and duty.district_code == district_code
        for duty in caller.duties
    )


def require_in(caller: Caller, act: Act, district_code: str | None) -> None:
    """Refuse (403) unless the caller may do this in a whole district, or, with None, in the whole city."""
    if district_code is None:
        require_city(caller, act)
    elif not may_in(caller, act, district_code):
        raise forbidden(N_("this concerns a whole district; somebody who answers for it does it"))


def require_city(caller: Caller, act: Act) -> None:
    """Refuse (403) unless the caller may do this in the whole city: for what no depot or district decides alone."""
    if not may_in_city(caller, act):
        raise forbidden(N_("this concerns the whole city; somebody who answers for the city does it"))


def reach(caller: Caller, act: Act, depot_id: Any, district_code: Any) -> ColumnElement[bool]:
    """The condition that rows lie within the caller's reach, from the depot-id and district columns of a query.

    Every list begins with it, so that a leak needs effort.
    """
    duties = [duty for duty in caller.duties if act in GRANTS[duty.role]]
    if any(duty.depot_id is None and duty.district_code is None for duty in duties):
        return true()
    depots = [duty.depot_id for duty in duties if duty.depot_id is not None]
    districts = [duty.district_code for duty in duties if duty.depot_id is None]
    clauses = []
    if depots:
        clauses.append(depot_id.in_(depots))
    if districts:
        clauses.append(district_code.in_(districts))
    return or_(*clauses) if clauses else false()


_NOBODY = Caller(UUID(int=0), "", "", "", ())


def per_reach(build: Callable[[Caller], Made]) -> Callable[[Caller], Made]:
    """What is made of a caller's duties alone, such as a statement: made once for all who have the same."""

    @lru_cache(maxsize=256)
    def made(duties: tuple[Duty, ...]) -> Made:
        return build(replace(_NOBODY, duties=duties))

    return lambda caller: made(caller.duties)


def within(duties: tuple[Duty, ...], depot_id: UUID, district_code: str) -> tuple[Duty, ...]:
    """What of these duties holds at one depot, as duties of that depot alone."""
    roles = {duty.role: None for duty in duties if duty.covers(depot_id, district_code)}
    return tuple(Duty(role, None, depot_id) for role in roles)


def check_route(stated: Any, caller: Caller | None, *, changes: bool = True, own_pages: bool = False) -> None:
    """Refuse (401, 403) unless the caller may do what a route states.

    ``changes``: the request is no mere reading. ``own_pages``: the route shows or changes accounts.
    """
    if stated == PUBLIC:
        return
    if caller is None:
        raise Refusal(401, "sign-in", N_("sign in to do this"))
    if caller.read_only and changes:
        raise forbidden(N_("this token only reads"))
    if own_pages:
        require_unlimited(caller)
    if stated != Act.OWN and not may(caller, Act(stated)):  # one's own account is there for who has no role left, too
        raise forbidden(N_("your role does not allow this"))


def require_unlimited(caller: Caller) -> None:
    """Refuse (403) a limited token what concerns accounts, its own or others': what it made would outlive it."""
    if caller.limited:
        raise forbidden(N_("this token does not act on the account itself; sign in to do this"))
