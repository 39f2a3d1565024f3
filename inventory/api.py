"""JSON routes of the inventory: the ledger, and the lists behind it."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, get
from litestar.params import QueryParameter

from core.house import house_of
from core.paging import PAGE_DEFAULT, PAGE_LARGEST, Page
from inventory.lists import ItemRow, LotRow, items, lots
from inventory.movements import Filters, MovementRow, movements
from people.policy import Act

Limit = Annotated[int, QueryParameter(ge=1, le=PAGE_LARGEST, description="rows on a page")]
Cursor = Annotated[str | None, QueryParameter(description="the `next` of the page before")]
Text = Annotated[str | None, QueryParameter()]
Id = Annotated[UUID | None, QueryParameter()]
When = Annotated[datetime | None, QueryParameter()]


@get("/api/movements", may=Act.SEE, summary="The ledger, newest first")
async def list_movements(
    request: Request[Any, Any, Any],
    depot: Text = None,
    place: Id = None,
    item: Text = None,
    lot: Id = None,
    person: Text = None,
    since: When = None,
    until: When = None,
    limit: Limit = PAGE_DEFAULT,
    cursor: Cursor = None,
) -> Page[MovementRow]:
    """Filtered by depot code, place, item code, lot, person's account and time of recording."""
    filters = Filters(depot, place, item, lot, person, since, until)
    return await house_of(request).database.read(movements, request.user, filters, limit, cursor)


@get("/api/items", may=Act.SEE, summary="The catalogue")
async def list_items(
    request: Request[Any, Any, Any],
    category: Text = None,
    q: Text = None,
    limit: Limit = PAGE_DEFAULT,
    cursor: Cursor = None,
) -> Page[ItemRow]:
    """Lines of the catalogue by code, filtered by category and by words of the name or code."""
    return await house_of(request).database.read(items, category, q, limit, cursor)


@get("/api/lots", may=Act.SEE, summary="Lots in stock within the caller's reach")
async def list_lots(
    request: Request[Any, Any, Any],
    depot: Text = None,
    item: Text = None,
    limit: Limit = PAGE_DEFAULT,
    cursor: Cursor = None,
) -> Page[LotRow]:
    """Each lot of which a depot holds something, with the quantity there."""
    return await house_of(request).database.read(lots, request.user, depot, item, limit, cursor)


ROUTES = [list_movements, list_items, list_lots]
