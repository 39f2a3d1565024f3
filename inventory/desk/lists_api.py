"""JSON routes of the inventory: the ledger, and the lists behind it."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Request, get, put
from litestar.params import FromPath, JSONBody, QueryParameter
from sqlalchemy.orm import Session

from core.context import context_of
from core.paging import PAGE_DEFAULT, Cursor, Limit, Page, page_of, read_cursor, the_one, write_cursor
from depots.models import Post
from inventory.booking.movements import Filters, MovementRow, movements
from inventory.desk.depot_view import depot_lines, depot_stock
from inventory.desk.gear_lists import LotRow, LotView, StockRow, lot_view, lots
from inventory.finding.search import items_called
from inventory.readiness.crew import Holder, set_crew
from inventory.readiness.dashboard import Readiness, RequirementAnswer, as_answer, readiness
from inventory.stock.labelled import labelled
from inventory.stock.lists import ItemRow, items
from inventory.stock.seals import seals
from people.policy import Act

Text = Annotated[str | None, QueryParameter(max_length=100)]
Type = Annotated[str | None, QueryParameter(name="type", max_length=8)]
By = Annotated[Literal["city", "district", "type", "depot"], QueryParameter()]
Id = Annotated[UUID | None, QueryParameter()]
When = Annotated[datetime | None, QueryParameter()]


@get("/api/movements", may=Act.SEE, summary="The ledger, newest first")
async def list_movements(
    request: Request[Any, Any, Any],
    *,
    depot: Text = None,
    place: Id = None,
    item: Text = None,
    lot: Id = None,
    person: Text = None,
    incident: Id = None,
    since: When = None,
    until: When = None,
    limit: Limit = PAGE_DEFAULT,
    cursor: Cursor = None,
) -> Page[MovementRow]:
    """Filtered by depot code, place, item code, lot, person's account, incident and time of recording."""
    filters = Filters(depot, place, item, lot, person, since, until, incident)
    return await context_of(request).database.read(movements, request.user, filters, limit, cursor)


class SealRow(msgspec.Struct, frozen=True):
    """An entry of the chain over the ledger's days."""

    number: int
    day: date
    movements: int
    late: bool
    head: str
    previous: str
    sealed_at: datetime


def _seal_rows(session: Session, limit: int, cursor: str | None) -> Page[SealRow]:
    after = read_cursor(cursor, tuple[int])
    rows = seals(session, limit + 1, after[0] if after else None)
    return page_of(
        rows, limit, lambda row: (row.number,), lambda row: msgspec.convert(row, SealRow, from_attributes=True)
    )


@get("/api/seals", may=Act.SEE, summary="The seals over the ledger's days, newest first")
async def list_seals(
    request: Request[Any, Any, Any], limit: Limit = PAGE_DEFAULT, cursor: Cursor = None
) -> Page[SealRow]:
    """The first one's ``head`` stands for everything before: kept elsewhere, ``verify --head`` compares with it."""
    return await context_of(request).database.read(_seal_rows, limit, cursor)


@get("/api/items", may=Act.SEE, summary="The catalogue")
async def list_items(
    request: Request[Any, Any, Any],
    category: Text = None,
    q: Text = None,
    limit: Limit = PAGE_DEFAULT,
    cursor: Cursor = None,
) -> Page[ItemRow]:
    """Lines of the catalogue by code, filtered by category and by words: of the name or code, or any other name."""
    return await context_of(request).database.read(_items, category, q, limit, cursor)


def _items(session: Session, category: str | None, q: str | None, limit: int, cursor: str | None) -> Page[ItemRow]:
    return items(session, category, q, limit, cursor, items_called(session, q) if q else ())


@get("/api/lots", may=Act.SEE, summary="Lots in stock within the caller's reach")
async def list_lots(
    request: Request[Any, Any, Any],
    depot: Text = None,
    item: Text = None,
    limit: Limit = PAGE_DEFAULT,
    cursor: Cursor = None,
) -> Page[LotRow]:
    """Each lot of which a depot holds something: the quantity there, how much is ready, and why none is."""
    context = context_of(request)
    return await context.database.read(
        labelled(lots, "id"), request.user, depot, item, context.clock.today(), limit=limit, cursor=cursor
    )


@get("/api/depots/{depot_code:str}/stock", may=Act.SEE, summary="What stands where in a depot")
async def list_stock(
    request: Request[Any, Any, Any],
    depot_code: FromPath[str],
    item: Text = None,
    limit: Limit = PAGE_DEFAULT,
    cursor: Cursor = None,
) -> Page[StockRow]:
    """Balances above zero, in shelf order, and why each does not count as ready."""
    context = context_of(request)
    today = context.clock.today()
    return await context.database.read(
        labelled(depot_stock), request.user, depot_code, today, limit=limit, cursor=cursor, item=item
    )


@get(
    "/api/depots/{depot_code:str}/readiness",
    operation_id="getDepotReadiness",
    may=Act.SEE,
    summary="A depot's requirements, line by line",
)
async def depot_readiness(request: Request[Any, Any, Any], depot_code: FromPath[str]) -> list[RequirementAnswer]:
    """Minimum, held and ready of each requirement, and what is held but does not count, by reason."""
    context = context_of(request)
    lines = await context.database.read(depot_lines, request.user, depot_code, context.clock.today())
    return [as_answer(line) for line in lines]


class Crew(msgspec.Struct, forbid_unknown_fields=True):
    """A crew as it is sent: how many people (null: not known), and who holds which post (an empty name: nobody)."""

    people: int | None = None
    posts: dict[Post, Holder] = {}


@put(
    "/api/depots/{depot_code:str}/crew",
    operation_id="setCrew",
    may=Act.KEEP,
    summary="Say who a depot's crew is",
    status_code=204,
)
async def put_crew(request: Request[Any, Any, Any], depot_code: FromPath[str], data: JSONBody[Crew]) -> None:
    """Posts that are not named stay as they are."""
    context = context_of(request)
    await context.database.write(set_crew, request.user, depot_code, data.people, data.posts, context.clock.now())


@get("/api/readiness", operation_id="getReadiness", may=Act.SEE, summary="The dashboard's figures")
async def city_readiness(
    request: Request[Any, Any, Any], by: By = "city", district: Text = None, type_code: Type = None
) -> Readiness:
    """Depots and lines required, held and ready, of the depots within reach."""
    context = context_of(request)
    return await context.database.survey(readiness, request.user, context.clock.today(), by, district, type_code)


@get("/api/movements/{movement_id:uuid}", may=Act.SEE, summary="A movement")
async def get_movement(request: Request[Any, Any, Any], movement_id: FromPath[UUID]) -> MovementRow:
    """A line of the ledger by its id, within reach."""
    found = await context_of(request).database.read(movements, request.user, Filters(id=movement_id), 1)
    return the_one(found.items, "id", movement_id)


@get("/api/lots/{lot_id:uuid}", may=Act.SEE, summary="A lot or a piece")
async def get_lot(request: Request[Any, Any, Any], lot_id: FromPath[UUID]) -> LotView:
    """What it is, and what each depot within reach holds of it."""
    context = context_of(request)
    return await context.database.read(lot_view, request.user, lot_id, context.clock.today())


@get("/api/seals/{number:int}", may=Act.SEE, summary="A seal")
async def get_seal(request: Request[Any, Any, Any], number: FromPath[int]) -> SealRow:
    """An entry of the chain by its number."""
    before = write_cursor(number + 1)  # the list shows the newest first
    return the_one((await context_of(request).database.read(_seal_rows, 1, before)).items, "number", number)


ROUTES = [get_movement, get_lot, get_seal]
ROUTES += [list_movements, list_seals, list_items, list_lots, list_stock, depot_readiness, put_crew, city_readiness]
