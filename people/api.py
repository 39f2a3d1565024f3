"""JSON routes of the people room."""

from typing import Any

import msgspec
from litestar import Request, get

from people.models import Role
from people.policy import Act


class Me(msgspec.Struct, frozen=True):
    """Who the server takes the caller for."""

    account: str
    name: str
    language: str
    roles: list[Role]


@get("/api/me", may=Act.OWN, summary="Who am I")
async def me(request: Request[Any, Any, Any]) -> Me:
    """The caller's account and roles."""
    caller = request.user
    return Me(caller.account, caller.name, caller.language, sorted(caller.roles()))


ROUTES = [me]
