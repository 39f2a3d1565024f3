"""The scope of lists and figures: the caller, narrowed to a depot or a district that lies within their reach."""

from dataclasses import replace
from typing import Any

from litestar import Request
from sqlalchemy import String, bindparam, or_, select
from sqlalchemy.orm import Session

from core.context import context_of
from core.errors import bad_field
from core.inputs import clean_text
from core.languages import N_
from core.prepared import Prepared
from core.scopes import SCOPE_COOKIE, Scope, chosen_scope
from depots.models import Depot, District
from people.policy import Act, Caller, per_reach, reach, within


async def in_scope(request: Request[Any, Any, Any]) -> Caller:
    """Who asks, narrowed to the scope chosen in their browser. No query where none is chosen."""
    scope = chosen_scope(request.cookies.get(SCOPE_COOKIE), request.user)
    request.state.scoped = True  # the frame shows that this page obeys it
    if scope is None:
        return request.user
    return await context_of(request).database.read(narrowed, request.user, scope)


@per_reach
def _near(caller: Caller) -> Prepared:
    """The depot of a code, if the caller sees it."""
    seen = reach(caller, Act.SEE, Depot.id, Depot.district_code)
    named = Depot.code == bindparam("code", type_=String())
    return Prepared(select(Depot.id, Depot.district_code).where(seen, named))


def narrowed(session: Session, caller: Caller, scope: Scope) -> Caller:
    """The caller with what of their duties holds in the scope: never with more.

    A scope that lies outside their reach, or is no more, leaves nothing.
    """
    if scope.kind == "depot":
        row = _near(caller).first(session, {"code": scope.code})
        return replace(caller, duties=() if row is None else within(caller.duties, row.id, row.district_code))
    duties = [
        replace(duty, district_code=scope.code)
        for duty in caller.duties
        if duty.depot_id is None and duty.district_code in (None, scope.code)
    ]
    if own := caller.own_depots():
        rows = session.execute(
            select(Depot.id).where(
                Depot.id.in_(own),
                Depot.district_code == scope.code,
                reach(caller, Act.SEE, Depot.id, Depot.district_code),
            )
        )
        inside = {row.id for row in rows}
        duties += [duty for duty in caller.duties if duty.depot_id in inside]
    return replace(caller, duties=tuple(duties))


def districts_within(session: Session, caller: Caller) -> list[Any]:
    """The districts in which the caller has a depot to see, by code."""
    mine = select(Depot.district_code).where(reach(caller, Act.SEE, Depot.id, Depot.district_code)).distinct()
    rows = select(District.code, District.name_zh, District.name_en).where(District.code.in_(mine))
    return list(session.execute(rows.order_by(District.code)))


def choose_scope(session: Session, caller: Caller, district: str, depot: str) -> Scope | None:
    """The scope that somebody names: a depot by its code or full name, else a district, else (None) all of theirs."""
    district, depot = clean_text(district, "district", 32), clean_text(depot, "depot", 120)
    seen = reach(caller, Act.SEE, Depot.id, Depot.district_code)
    person = str(caller.person_id)
    if depot:
        named = or_(Depot.code == depot.upper(), Depot.code == depot, Depot.name_zh == depot, Depot.name_en == depot)
        row = session.execute(select(Depot.code, Depot.name_zh, Depot.name_en).where(seen, named)).first()
        if row is None:
            raise bad_field("depot", N_("none of your depots has this code or name"))
        return Scope(person, "depot", *row)
    if district:
        row = next((one for one in districts_within(session, caller) if one.code == district), None)
        if row is None:
            raise bad_field("district", N_("none of your depots is in this district"))
        return Scope(person, "district", *row)
    return None
