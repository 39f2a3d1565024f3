"""JSON routes of the people room."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, get

from core.context import context_of
from core.form_tokens import form_token
from people.models import Role
from people.policy import Act


class Me(msgspec.Struct, frozen=True):
    """Who the server takes the caller for."""

    account: str
    name: str
    language: str
    roles: list[Role]
    id: UUID
    csrf: str  # what a browser's page sends back as ``x-csrftoken`` with everything that changes something
    now: datetime


@get("/api/me", operation_id="getMe", may=Act.OWN, summary="Who am I")
async def me(request: Request[Any, Any, Any]) -> Me:
    """The caller's account and roles."""
    caller = request.user
    return Me(
        caller.account,
        caller.name,
        caller.language,
        sorted(caller.roles()),
        caller.person_id,
        form_token(request.scope),
        context_of(request).clock.now(),
    )


ROUTES = [me]
