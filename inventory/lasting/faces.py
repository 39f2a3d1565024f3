"""An item's outlook as a page and as JSON."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import msgspec
from litestar import Request, Response, get
from litestar.params import FromPath, QueryParameter
from sqlalchemy.orm import Session

from core.context import context_of
from core.pages import page
from core.paging import nth_page
from core.quantities import write_quantity
from core.scripts import as_script
from depots.scope import in_scope
from inventory.assets.rules import show_yuan, write_yuan
from inventory.fitness.words import WHY_WORDS
from inventory.lasting.holdings import DepotHolding, Holding
from inventory.lasting.outlook import Outlook, outlook
from inventory.lasting.replacing import Replacement, replacements
from inventory.lasting.rules import WINDOWS, write_rate
from people.policy import Act, Caller, may_in_city

Code = Annotated[str | None, QueryParameter(max_length=16)]
Weeks = Annotated[int, QueryParameter(description="the weeks up to today over which use is counted: 4, 13, 26 or 52")]
Number = Annotated[int, QueryParameter(name="page", ge=1, le=10_000)]
PER_PAGE = 20


class Lasting(msgspec.Struct, frozen=True):
    """How long stock lasts if so much is used. A day: the first on which it is so; null: not within ten years."""

    per_week: float
    below_minimum_on: date | None
    empty_on: date | None
    unused: str  # of what is ready now, what will end before it is used


class HoldingAnswer(msgspec.Struct, frozen=True):
    """What one depot, or all that were asked for, have of an item. Quantities are decimal strings in base units."""

    depot: str | None
    held: str
    ready: str
    minimum: str
    not_counting: dict[str, str]
    used: list[str]  # by week, the last ends today
    weeks_known: int  # of these weeks, on how many the rate rests
    expected: Lasting
    most_use: Lasting  # at the upper end of the range in which the true rate lies 8 times in 10
    least_use: Lasting
    value: str  # in yuan, of what has a price
    priced: str  # for how much of it a price is known


class OutlookAnswer(msgspec.Struct, frozen=True):
    """How an item stands, and how long it lasts. ``unused`` of ``all`` presumes that stock is moved to where it is
    used; ``unused`` here that it stays where it is."""

    item: str
    name_zh: str
    name_en: str
    unit_zh: str
    unit_en: str
    used_up: bool
    weeks: int
    all: HoldingAnswer
    unused: str
    depots: list[HoldingAnswer]


@dataclass(frozen=True)
class _Shown:
    told: Outlook
    others: list[Replacement]


def _answer(one: Holding) -> HoldingAnswer:
    def lasting(per_week: float, at: Any) -> Lasting:
        return Lasting(round(per_week, 3), at.low_on, at.empty_on, write_quantity(at.wasted))

    return HoldingAnswer(
        one.code if isinstance(one, DepotHolding) else None,
        write_quantity(one.held),
        write_quantity(one.ready),
        write_quantity(one.minimum),
        {why: write_quantity(quantity) for why, quantity in one.lost.items()},
        [write_quantity(quantity) for quantity in one.weekly],
        one.rate.weeks,
        lasting(one.rate.per_week, one.course),
        lasting(one.rate.high, one.soonest),
        lasting(one.rate.low, one.latest),
        write_yuan(one.value_fen),
        write_quantity(one.priced),
    )


def _outlook_of(
    session: Session, caller: Caller, code: str, today: date, zone: ZoneInfo, *, weeks: int, depot: str | None
) -> OutlookAnswer:
    told = outlook(session, caller, code, today, zone, weeks=weeks, depot_code=depot)
    item = told.item
    return OutlookAnswer(
        item.code,
        item.name_zh,
        item.name_en,
        item.unit_zh,
        item.unit_en,
        item.used_up,
        told.weeks,
        _answer(told.whole),
        write_quantity(told.wasted),
        [_answer(one) for one in told.depots],
    )


@get(
    "/api/items/{item_code:str}/outlook",
    operation_id="getItemOutlook",
    may=Act.SEE,
    summary="How much of an item is used, and how long it lasts",
)
async def item_outlook(
    request: Request[Any, Any, Any], item_code: FromPath[str], weeks: Weeks = WINDOWS[1], depot: Code = None
) -> OutlookAnswer:
    """Over the depots within reach that hold it or must, or one of them; the soonest below its minimum first."""
    context = context_of(request)
    asked = (item_code, context.clock.today(), context.settings.zone)
    return await context.database.survey(_outlook_of, request.user, *asked, weeks=weeks, depot=depot or None)


@get("/items/{code:str}", may=Act.SEE, include_in_schema=False)
async def item_page(
    request: Request[Any, Any, Any],
    code: FromPath[str],
    weeks: Weeks = WINDOWS[1],
    depot: Code = None,
    number: Number = 1,
) -> Response[str]:
    """An item: where it is, how much is ready, how fast it goes, how long it lasts, what replaces it."""
    context = context_of(request)
    asked = (code, context.clock.today(), context.settings.zone)
    shown = await context.database.survey(_show, await in_scope(request), *asked, weeks=weeks, depot=depot or None)
    rows, pages = nth_page(shown.told.depots, number, PER_PAGE)
    query = {"weeks": weeks, "depot": depot or ""}
    return page(
        request,
        "inventory/lasting/item.html",
        told=shown.told,
        item=shown.told.item,
        whole=shown.told.whole,
        others=shown.others,
        rows=rows,
        number=number,
        pages=pages,
        windows=WINDOWS,
        today=context.clock.today(),
        chart=as_script(_chart(shown.told)),
        why_words=WHY_WORDS,
        rate=write_rate,
        yuan=show_yuan,
        link=lambda **changes: f"/items/{code}?" + urlencode({k: v for k, v in {**query, **changes}.items() if v}),
        may_edit=may_in_city(request.user, Act.APPROVE),
    )


def _show(
    session: Session, caller: Caller, code: str, today: date, zone: ZoneInfo, *, weeks: int, depot: str | None
) -> _Shown:
    told = outlook(session, caller, code, today, zone, weeks=weeks, depot_code=depot)
    return _Shown(told, replacements(session, told.item, told.depot_ids, today))


def _chart(told: Outlook) -> dict[str, Any]:
    """The figures behind the picture of months: what ends unused, and what will have been used before."""
    months = told.months()[:18]
    return {
        "months": [f"{one.month:%Y-%m}" for one in months],
        "unused": [float(one.unused) for one in months],
        "used": [float(one.quantity - one.unused) for one in months],
    }


ROUTES = [item_outlook, item_page]
