"""The people whom the caller looks after, by account, with the roles that the caller may give."""

from collections.abc import Mapping, Sequence
from typing import Any

from litestar import Request
from sqlalchemy import case, or_
from sqlalchemy.orm import Session

from core.context import context_of
from core.languages import N_, say
from office.lists.common import moment_column
from office.tables import Act, Chip, Column, Key, Reader, Table, Words
from people.duties import DEPOT_OF, not_over
from people.inviting import number_uninvited
from people.looking_after import deactivate, find_person, reactivate
from people.models import Assignment, Person
from people.policy import ROLE_WORDS
from people.policy import Act as May
from people.posts import SUBDISTRICT_OF, givable, held_by, looked_after
from people.roster import RoleRow, roles_by_person

STATE_WORDS = {"active": N_("open accounts"), "closed": N_("closed accounts")}
_DISTRICTS = (Assignment.district_code, DEPOT_OF.c.district_code, SUBDISTRICT_OF.c.district_code)


def _with_role(reader: Reader, *conditions: Any) -> Any:
    """Who has such a role, or will have it."""
    return held_by(Person.id, givable(reader.caller), not_over(reader.now), *conditions)


def _in_districts(reader: Reader, codes: Sequence[str]) -> Any:
    return _with_role(reader, or_(*(column.in_(codes) for column in _DISTRICTS)))


def _roles(session: Session, reader: Reader, keys: Sequence[Key]) -> Mapping[Key, list[RoleRow]]:
    found = roles_by_person(session, reader.caller, [key[0] for key in keys], reader.now)
    return {(person_id,): roles for person_id, roles in found.items()}


def _roles_said(row: Any) -> tuple[str, str]:
    held = [role for role in row.beside or [] if role.state != "over"]
    both = [(say(language, ROLE_WORDS[role.role]), role) for language in ("zh", "en") for role in held]
    zh = [f"{word} {role.name_zh}" for word, role in both[: len(held)]]
    return "、".join(zh), "; ".join(f"{word} {role.name_en}" for word, role in both[len(held) :])


def _close(session: Session, reader: Reader, keys: Sequence[Key], _said: Mapping[str, str]) -> int:
    return _turn(session, reader, keys, deactivate, active=True)


def _open(session: Session, reader: Reader, keys: Sequence[Key], _said: Mapping[str, str]) -> int:
    return _turn(session, reader, keys, reactivate, active=False)


def _turn(session: Session, reader: Reader, keys: Sequence[Key], verb: Any, *, active: bool) -> int:
    """Close or open the accounts that are not so yet: somebody may have been at them at the same moment."""
    people = [find_person(session, reader.caller, id, reader.now, lock=True) for (id,) in keys]
    turned = [person.id for person in people if person.active is active]
    for person_id in turned:
        verb(session, reader.caller, person_id, reader.now)
    return len(turned)


async def _beside(request: Request[Any, Any, Any]) -> Mapping[str, Any]:
    context, invited = context_of(request), request.query_params.get("invited", "")
    now = context.clock.now()
    uninvited = await context.database.read(number_uninvited, request.user, context.settings, now)
    gone = "gone" in request.query_params
    return {"uninvited": uninvited, "invited": int(invited[:7]) if invited.isdecimal() else None, "gone": gone}


PEOPLE = Table(
    name="people",
    title=N_("People"),
    path="/people",
    base=Person,
    key=(Person.id,),
    joins=(),
    within=lambda reader: (looked_after(reader.caller, reader.now),),
    values=lambda _: (
        Person.id,
        Person.account,
        Person.name,
        Person.email,
        Person.phone,
        Person.active,
        Person.created_at,
    ),
    columns=(
        Column(
            "name",
            N_("Name"),
            lambda row: row.name,
            link=lambda row: f"/people/{row.id}",
            sort=lambda _: Person.name,
            width=16,
        ),
        Column("account", N_("Account"), lambda row: row.account, "code", sort=lambda _: Person.account),
        Column("roles", N_("Roles"), _roles_said, width=36),
        Column("phone", N_("Phone"), lambda row: row.phone or "", "code"),
        Column("email", N_("E-mail"), lambda row: row.email or "", width=24),
        Column(
            "state",
            N_("State"),
            lambda row: N_("in use") if row.active else N_("closed"),
            "badge",
            mood=lambda row: "" if row.active else "bad",
        ),
        moment_column("since", N_("Entered"), "created_at", Person.created_at, extra=True),
    ),
    chips=(
        Chip("state", N_("Accounts"), lambda _: case((Person.active, "active"), else_="closed"), STATE_WORDS),
        Chip(
            "role",
            N_("Person's role"),
            None,
            {role.value: word for role, word in ROLE_WORDS.items()},
            many=True,
            where=lambda reader, roles: _with_role(reader, Assignment.role.in_(roles)),
        ),
        Chip("district", N_("District"), None, many=True, where=_in_districts),
        Chip(
            "depot",
            N_("Depot"),
            None,
            many=True,
            where=lambda reader, codes: _with_role(reader, DEPOT_OF.c.code.in_(codes)),
        ),
    ),
    words=(Words((Person.account, Person.name, Person.email, Person.phone)),),
    order="account",
    acts=(
        Act("close", N_("Close the accounts"), _close, May.APPROVE),
        Act("open", N_("Open the accounts again"), _open, May.APPROVE),
    ),
    may=May.APPROVE,
    acts_may=May.APPROVE,
    options={"of_account": True},
    gather=_roles,
    beside=_beside,
    above="office/lists/inviting.html",
    empty=N_("nobody"),
)
