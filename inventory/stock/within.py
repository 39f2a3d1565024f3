"""Reach before fields: a route refuses what its address names before it looks at what was sent (rule 10).

A guard of a route runs before its body is read. Whoever names another's papers with an empty form learns as little as
whoever names what was never made.
"""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from litestar.connection import ASGIConnection
from litestar.handlers.base import BaseRouteHandler
from sqlalchemy.orm import Session

from core.context import context_of
from core.errors import NO_SUCH_THING, not_found
from core.languages import N_
from depots.places import visible_depot
from inventory.stock.reaching import is_reached, lots_reached, place_reached
from people.policy import Caller

Connection = ASGIConnection[Any, Any, Any, Any]
RouteGuard = Callable[[Connection, BaseRouteHandler], Awaitable[None]]


def looked_up(name: str, look: Callable[[Session, Caller, Any], Any], missing: str) -> RouteGuard:
    """A guard: what the address names under ``name`` is found by ``look``, which may refuse itself, or it is 404."""

    async def guard(connection: Connection, _handler: BaseRouteHandler) -> None:
        database, value = context_of(connection).database, connection.path_params[name]
        if not await database.read(look, connection.user, value):
            raise not_found(missing)

    return guard


def _lot(session: Session, caller: Caller, lot_id: UUID) -> bool:
    return bool(lots_reached(session, caller, [lot_id]))


LOT_FIRST = looked_up("lot_id", _lot, NO_SUCH_THING)
PLACE_FIRST = looked_up("place_id", place_reached, N_("no place has this id or label"))
DEPOT_FIRST = looked_up("code", visible_depot, NO_SUCH_THING)


def document_first(name: str, model: Any) -> RouteGuard:
    """The document of a depot whose id stands in the address under this name."""

    def look(session: Session, caller: Caller, document_id: UUID) -> bool:
        return is_reached(session, caller, model, document_id, model.depot_id)

    return looked_up(name, look, NO_SUCH_THING)
