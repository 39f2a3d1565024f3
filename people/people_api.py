"""JSON routes of people: who there is, their roles, and what somebody who may does to them.

A token that ends or reaches one depot manages nobody (``of_account``): what it made would outlive it.
"""

from collections.abc import Callable
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, get, post
from litestar.params import Body, FromPath, FromQuery, QueryParameter

from core.context import context_of
from core.paging import PAGE_DEFAULT, PAGE_LARGEST, Page
from people.holding import PersonView, acted, person_view
from people.looking_after import (
    NewPerson,
    PersonChange,
    RoleAt,
    change,
    deactivate,
    enter,
    give,
    reactivate,
    take,
)
from people.models import Role
from people.policy import Act
from people.roster import PeopleFilters, PersonRow, people

Limit = Annotated[int, QueryParameter(ge=1, le=PAGE_LARGEST)]


class Entered(msgspec.Struct, frozen=True):
    """Somebody who was entered."""

    id: UUID
    account: str


@get("/api/people", may=Act.APPROVE, of_account=True, summary="Whom the caller looks after")
async def list_people(
    request: Request[Any, Any, Any],
    *,
    q: FromQuery[str | None] = None,
    active: FromQuery[bool | None] = None,
    role: FromQuery[Role | None] = None,
    district: FromQuery[str | None] = None,
    depot: FromQuery[str | None] = None,
    limit: Limit = PAGE_DEFAULT,
    cursor: FromQuery[str | None] = None,
) -> Page[PersonRow]:
    """By account, with the roles that the caller may give. ``q`` is sought in account, name, e-mail and phone."""
    context, filters = context_of(request), PeopleFilters(q, active, role, district, depot)
    return await context.database.read(people, request.user, context.clock.now(), filters, limit, cursor)


@post("/api/people", may=Act.APPROVE, of_account=True, summary="Enter a person")
async def enter_person(request: Request[Any, Any, Any], data: Annotated[NewPerson, Body(title="A person")]) -> Entered:
    """With the first roles; without a password nobody signs in yet."""
    context = context_of(request)
    person = await context.database.write(enter, request.user, data, context.clock.now())
    return Entered(person.id, person.account)


@get("/api/people/{person_id:uuid}", may=Act.APPROVE, of_account=True, summary="One person")
async def get_person(request: Request[Any, Any, Any], person_id: FromPath[UUID]) -> PersonView:
    """With roles that are over, and what they have in hand."""
    context = context_of(request)
    return await context.database.read(person_view, request.user, person_id, context.clock.now())


async def _act(request: Request[Any, Any, Any], person_id: UUID, verb: Callable[..., Any], *said: Any) -> PersonView:
    context = context_of(request)
    return await context.database.write(acted, request.user, person_id, verb, said, context.clock.now())


@post(
    "/api/people/{person_id:uuid}",
    sets=True,
    may=Act.APPROVE,
    of_account=True,
    status_code=200,
    summary="Change a person",
)
async def change_person(
    request: Request[Any, Any, Any], person_id: FromPath[UUID], data: Annotated[PersonChange, Body(title="Changes")]
) -> PersonView:
    """What is not named stays."""
    return await _act(request, person_id, change, data)


@post(
    "/api/people/{person_id:uuid}/roles",
    operation_id="giveRole",
    may=Act.APPROVE,
    of_account=True,
    status_code=200,
    summary="Give a role",
)
async def give_role_to(
    request: Request[Any, Any, Any], person_id: FromPath[UUID], data: Annotated[RoleAt, Body(title="A role")]
) -> PersonView:
    """At a depot, in a sub-district, a district or the city (``level``); for one that is held, another term."""
    return await _act(request, person_id, give, data)


@post(
    "/api/people/{person_id:uuid}/roles/{role_id:uuid}/end",
    operation_id="endRole",
    may=Act.APPROVE,
    of_account=True,
    status_code=200,
    summary="Take a role away",
)
async def take_role_of(
    request: Request[Any, Any, Any], person_id: FromPath[UUID], role_id: FromPath[UUID]
) -> PersonView:
    """At once. The last one only from empty hands."""
    return await _act(request, person_id, take, role_id)


@post(
    "/api/people/{person_id:uuid}/deactivate",
    may=Act.APPROVE,
    of_account=True,
    status_code=200,
    summary="Close an account",
)
async def deactivate_person(request: Request[Any, Any, Any], person_id: FromPath[UUID]) -> PersonView:
    """Its sessions and tokens end at once. Only from empty hands."""
    return await _act(request, person_id, deactivate)


@post(
    "/api/people/{person_id:uuid}/reactivate",
    may=Act.APPROVE,
    of_account=True,
    status_code=200,
    summary="Open a closed account again",
)
async def reactivate_person(request: Request[Any, Any, Any], person_id: FromPath[UUID]) -> PersonView:
    """With the roles that have not ended."""
    return await _act(request, person_id, reactivate)


ROUTES = [
    list_people,
    enter_person,
    get_person,
    change_person,
    give_role_to,
    take_role_of,
    deactivate_person,
    reactivate_person,
]
