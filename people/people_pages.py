"""Pages of people: entering somebody, and one person. The list of them is the desk's (``office/lists/people.py``)."""

from collections.abc import Callable
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect

from core.context import context_of
from core.errors import Refusal, bad_field
from core.inputs import read_date
from core.languages import N_
from core.pages import form_of
from core.problems import page_with
from people.holding import person_view
from people.inviting import invite_all
from people.looking_after import (
    NewPerson,
    PersonChange,
    RoleAt,
    change,
    deactivate,
    enter,
    give,
    reactivate,
    sees,
    take,
)
from people.models import Role
from people.policy import ROLE_WORDS, Act, Caller, may_in_city
from people.posts import LEVEL_WORDS, levels_to_give, roles_to_give

Done = Annotated[str | None, QueryParameter(name="done")]


@get("/people/new", may=Act.APPROVE, of_account=True, include_in_schema=False)
async def new_person_page(request: Request[Any, Any, Any]) -> Response[str]:
    """The form to enter somebody."""
    return _new_person(request)


def _new_person(
    request: Request[Any, Any, Any], form: dict[str, str] | None = None, refusal: Refusal | None = None
) -> Response[str]:
    return page_with(request, "people/new.html", refusal, **_words(request.user), form=form or {})


def _words(caller: Caller) -> dict[str, Any]:
    return {
        "role_words": ROLE_WORDS,
        "level_words": LEVEL_WORDS,
        "levels": levels_to_give(caller),
        "givable": roles_to_give(caller),
    }


def _role(form: dict[str, str]) -> RoleAt:
    said = form.get("role", "")
    if said not in set(Role):
        raise bad_field("role", N_("choose a role"))
    since, until = (read_date(form.get(name, ""), name) for name in ("since", "until"))
    return RoleAt(Role(said), form.get("level", ""), form.get("code", ""), since, until)


@post("/people", may=Act.APPROVE, of_account=True, include_in_schema=False, status_code=303)
async def enter_here(request: Request[Any, Any, Any]) -> Response[Any]:
    """Enter somebody with a first role, and go to their page."""
    context, form = context_of(request), await form_of(request)
    said = {name: form.get(name, "") for name in ("account", "name", "email", "phone")}
    try:
        roles = [_role(form)] if form.get("role") else []
        entry = NewPerson(**said, language=form.get("language", "zh"), roles=roles)
        person = await context.database.write(enter, request.user, entry, context.clock.now())
    except Refusal as refusal:
        return _new_person(request, form, refusal)
    return Redirect(f"/people/{person.id}?done=entered", status_code=303)


@post("/people/invitations", may=Act.APPROVE, of_account=True, include_in_schema=False, status_code=303)
async def invite_here(request: Request[Any, Any, Any]) -> Response[Any]:
    """Invite by mail everybody who cannot sign in yet."""
    context = context_of(request)
    number, _ = await context.database.write(invite_all, request.user, context.settings, context.clock.now())
    return Redirect(f"/people?invited={number}", status_code=303)


@get("/people/{person_id:uuid}", may=Act.APPROVE, of_account=True, include_in_schema=False)
async def person_page(request: Request[Any, Any, Any], person_id: FromPath[UUID], done: Done = None) -> Response[str]:
    """One person: what is known, the roles, what is in their hands."""
    return await _person(request, person_id, done=done)


async def _person(
    request: Request[Any, Any, Any],
    person_id: UUID,
    form: dict[str, str] | None = None,
    refusal: Refusal | None = None,
    done: str | None = None,
) -> Response[str]:
    context = context_of(request)
    view = await context.database.read(person_view, request.user, person_id, context.clock.now())
    return page_with(
        request,
        "people/person.html",
        refusal,
        view=view,
        person=view.person,
        **_words(request.user),
        form=form or {},
        done=done,
        sees_audit=may_in_city(request.user, Act.AUDIT),
    )


async def _act(
    request: Request[Any, Any, Any],
    person_id: UUID,
    verb: Callable[..., Any],
    said: Callable[[dict[str, str]], tuple[Any, ...]],
) -> Response[Any]:
    context, form = context_of(request), await form_of(request)
    try:
        await context.database.write(verb, request.user, person_id, *said(form), context.clock.now())
    except Refusal as refusal:
        if refusal.status == 404:
            raise
        return await _person(request, person_id, form, refusal)
    still = await context.database.read(sees, request.user, person_id, context.clock.now())
    return Redirect(f"/people/{person_id}?done=1" if still else "/people?gone=1", status_code=303)


@post("/people/{person_id:uuid}", may=Act.APPROVE, of_account=True, include_in_schema=False, status_code=303)
async def change_here(request: Request[Any, Any, Any], person_id: FromPath[UUID]) -> Response[Any]:
    """Change name, language, e-mail and phone."""
    names = ("name", "language", "email", "phone")
    return await _act(
        request, person_id, change, lambda form: (PersonChange(**{name: form.get(name) for name in names}),)
    )


@post("/people/{person_id:uuid}/roles", may=Act.APPROVE, of_account=True, include_in_schema=False, status_code=303)
async def give_here(request: Request[Any, Any, Any], person_id: FromPath[UUID]) -> Response[Any]:
    """Give a role."""
    return await _act(request, person_id, give, lambda form: (_role(form),))


@post(
    "/people/{person_id:uuid}/roles/{role_id:uuid}/end",
    may=Act.APPROVE,
    of_account=True,
    include_in_schema=False,
    status_code=303,
)
async def take_here(
    request: Request[Any, Any, Any], person_id: FromPath[UUID], role_id: FromPath[UUID]
) -> Response[Any]:
    """Take a role away."""
    return await _act(request, person_id, take, lambda _form: (role_id,))


@post("/people/{person_id:uuid}/deactivate", may=Act.APPROVE, of_account=True, include_in_schema=False, status_code=303)
async def deactivate_here(request: Request[Any, Any, Any], person_id: FromPath[UUID]) -> Response[Any]:
    """Close the account."""
    return await _act(request, person_id, deactivate, lambda _form: ())


@post("/people/{person_id:uuid}/reactivate", may=Act.APPROVE, of_account=True, include_in_schema=False, status_code=303)
async def reactivate_here(request: Request[Any, Any, Any], person_id: FromPath[UUID]) -> Response[Any]:
    """Open the account again."""
    return await _act(request, person_id, reactivate, lambda _form: ())


ROUTES = [
    new_person_page,
    enter_here,
    invite_here,
    person_page,
    change_here,
    give_here,
    take_here,
    deactivate_here,
    reactivate_here,
]
