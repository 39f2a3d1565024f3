"""JSON routes for whoever manages a person: invite, reset, see and end sessions and tokens."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, get, post
from litestar.params import FromPath, JSONBody

from core.context import context_of
from people.access import Access, access_of, end_all, end_credential, make_way_in
from people.inviting import invite_all
from people.policy import Act


class CredentialOut(msgspec.Struct, frozen=True):
    """A signed-in browser (``session``) or a program's token."""

    id: UUID
    kind: str
    name: str
    created_at: datetime
    expires_at: datetime | None
    read_only: bool


class AccessOut(msgspec.Struct, frozen=True):
    """How a person signs in."""

    person: UUID
    account: str
    name: str
    has_password: bool
    credentials: list[CredentialOut]


class LinkWish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``mail``: it goes to the person's address; else the answer holds it, this once."""

    mail: bool = False


class LinkOut(msgspec.Struct, frozen=True):
    """A link by which the person chooses a password, once."""

    purpose: str
    expires_at: datetime
    address: str | None


class EndWish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What ends: one session or token by its id, else all sessions, and with ``tokens`` all tokens too."""

    id: UUID | None = None
    tokens: bool = False


@get(
    "/api/people/{person_id:uuid}/access",
    operation_id="getAccess",
    may=Act.APPROVE,
    of_account=True,
    summary="A person's sessions and tokens",
)
async def read_access(request: Request[Any, Any, Any], person_id: FromPath[UUID]) -> AccessOut:
    """For whoever manages the account; 404 for others."""
    context = context_of(request)
    now = context.clock.now()
    return _out(await context.database.read(access_of, request.user, person_id, context.settings, now))


@post(
    "/api/people/{person_id:uuid}/access/link",
    operation_id="inviteOrReset",
    may=Act.APPROVE,
    of_account=True,
    summary="Invite, or reset",
)
async def make_link_api(
    request: Request[Any, Any, Any], person_id: FromPath[UUID], data: JSONBody[LinkWish]
) -> LinkOut:
    """Make a link by which the person chooses a password. One who has a password loses it, and is signed out."""
    context = context_of(request)
    now = context.clock.now()
    link = await context.database.write(make_way_in, request.user, person_id, context.settings, now, by_mail=data.mail)
    return LinkOut(link.purpose.value, link.expires_at, None if data.mail else link.address)


class InvitedOut(msgspec.Struct, frozen=True):
    """How many were invited, and how many wait for the next call."""

    invited: int
    waiting: int


@post(
    "/api/people/invitations",
    operation_id="inviteEverybody",
    may=Act.APPROVE,
    of_account=True,
    summary="Invite who was not invited yet",
)
async def invite_all_api(request: Request[Any, Any, Any]) -> InvitedOut:
    """Mail a first invitation to those without a password whom the caller answers for, 200 at most."""
    context = context_of(request)
    done = await context.database.write(invite_all, request.user, context.settings, context.clock.now())
    return InvitedOut(*done)


@post(
    "/api/people/{person_id:uuid}/access/end",
    may=Act.APPROVE,
    of_account=True,
    status_code=200,
    summary="End a person's sessions and tokens",
)
async def end_access(request: Request[Any, Any, Any], person_id: FromPath[UUID], data: JSONBody[EndWish]) -> AccessOut:
    """At once, everywhere. Answers what is left."""
    context = context_of(request)
    now = context.clock.now()
    if data.id is not None:
        await context.database.write(end_credential, request.user, person_id, data.id, now)
    else:
        await context.database.write(end_all, request.user, person_id, now, tokens=data.tokens)
    return _out(await context.database.read(access_of, request.user, person_id, context.settings, now))


def _out(access: Access) -> AccessOut:
    credentials = [
        CredentialOut(one.id, one.kind, one.name, one.created_at, one.expires_at, one.read_only)
        for one in access.credentials
    ]
    person = access.person
    return AccessOut(person.id, person.account, person.name, person.password_hash is not None, credentials)


ROUTES = [invite_all_api, read_access, make_link_api, end_access]
