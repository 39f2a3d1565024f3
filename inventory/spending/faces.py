"""What gear costs, as a page and as JSON."""

from datetime import date, timedelta
from typing import Any

import msgspec
from litestar import Request, Response, get
from sqlalchemy.orm import Session

from core.context import context_of
from core.languages import N_
from core.pages import page
from core.scripts import as_script
from depots.scope import in_scope
from inventory.assets.rules import show_yuan, write_yuan
from inventory.readiness.survey import asked_by, once
from inventory.spending.costs import Spending, spending, told_last
from inventory.spending.rules import Cost, compared, month_after, total_of
from people.policy import Act, Caller

COST_WORDS = {
    Cost.USED: N_("used up"),
    Cost.DISPOSED: N_("disposed of"),
    Cost.LOST: N_("lost"),
    Cost.EXPIRED: N_("expired, still on shelves"),
    Cost.MENDED: N_("workshops"),
    Cost.PLANNED: N_("supply plans"),
}


class MonthCost(msgspec.Struct, frozen=True):
    """What a month cost, in yuan by kind. ``unpriced``: movements of that month whose price is not known."""

    month: date  # its first day
    yuan: dict[Cost, str]
    unpriced: int


class PartWorth(msgspec.Struct, frozen=True):
    """What is on hand of a category or in a district, in yuan as bought; ``unpriced``: balances without a price."""

    code: str
    name_zh: str
    name_en: str
    yuan: str
    unpriced: int


class SpendingAnswer(msgspec.Struct, frozen=True):
    """What gear cost in the last twelve months, what ends in those to come, and what is on hand."""

    months: list[MonthCost]
    ending: dict[str, str]  # yuan by month
    by_category: list[PartWorth]
    by_district: list[PartWorth]


def _known(session: Session, caller: Caller, today: date, zone: Any) -> Spending:
    """The figures, made once for all who may see the same for as long as no stock moves and no price is told."""
    key = asked_by(caller, "spending", zone.key, told_last(session))
    made: Spending = once(session, today, key, lambda: spending(session, caller, today, zone))
    return made


@get("/api/spending", operation_id="getSpending", may=Act.SEE, summary="What gear costs by month, and its value")
async def spending_figures(request: Request[Any, Any, Any]) -> SpendingAnswer:
    """Of the depots within reach. What left them counts in the month in which it was recorded."""
    context = context_of(request)
    told = await context.database.survey(_known, request.user, context.clock.today(), context.settings.zone)

    def parts(rows: Any) -> list[PartWorth]:
        return [PartWorth(one.code, one.name_zh, one.name_en, write_yuan(one.fen), one.unpriced) for one in rows]

    return SpendingAnswer(
        [
            MonthCost(one.first, {cost: write_yuan(fen) for cost, fen in one.fen.items()}, one.unpriced)
            for one in told.months
        ],
        {f"{first:%Y-%m}": write_yuan(fen) for first, fen in told.ending},
        parts(told.by_category),
        parts(told.by_district),
    )


@get("/money", may=Act.SEE, include_in_schema=False)
async def money_page(request: Request[Any, Any, Any]) -> Response[str]:
    """What gear costs by month, compared with the month before; what ends soon, and what is on hand."""
    context = context_of(request)
    caller = await in_scope(request)
    told = await context.database.survey(_known, caller, context.clock.today(), context.settings.zone)
    used = [cost for cost in Cost if total_of(told.months, cost)]
    chart: dict[str, Any] = {
        "months": [f"{one.first:%Y-%m}" for one in told.months],
        "series": {cost.value: [one.fen.get(cost, 0) / 100 for one in told.months] for cost in used},
    }
    last, before = told.months[-2], told.months[-3]  # whole months: this one is not over
    changes = {cost: compared(last.fen.get(cost, 0), before.fen.get(cost, 0)) for cost in Cost}
    return page(
        request,
        "inventory/spending/money.html",
        told=told,
        used=used,
        words=COST_WORDS,
        changes=changes,
        total_of=total_of,
        chart=as_script(chart),
        fens=chart["series"],
        month_end=lambda first: month_after(first) - timedelta(days=1),
        yuan=show_yuan,
    )


ROUTES = [spending_figures, money_page]
