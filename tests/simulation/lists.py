"""Several movements at once: all or none of them, each finding what the earlier ones have moved."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from tests.simulation.model import Line, Model
from tests.simulation.movements import judge_wish
from tests.simulation.shelves import ZERO, Row
from tests.simulation.verdict import Booked, Fixed, Refused, Unsettled, Verdict, unsettled


def _nobody(*asked: Any) -> bool:
    return False


def _stand(model: Model, line: Line) -> None:
    """A vehicle or kit stands where an earlier wish has put it, or nowhere any more."""
    if model.places[line.target].outside:
        model.stands.pop(line.lot, None)
    else:
        model.stands[line.lot] = line.target


def judge_list(
    model: Model, who: str, wishes: list[Any], now: datetime, today: date, witness: Callable[..., Any] = _nobody
) -> Verdict:
    """All or nothing; each wish finds what the earlier ones have moved."""
    if len({wish["id"] for wish in wishes}) < len(wishes):
        return Refused({422, 403}, "an id stands twice")
    before: dict[Row, Decimal | None] = {}  # of the rows that the wishes so far have changed
    stood = dict(model.stands)
    lines, news, leave = [], [], set()
    refused: Refused | None = None
    try:
        for wish in wishes:
            lot = (wish.get("lot") or wish.get("label") or "@").removeprefix("@code:").removeprefix("@")
            asked = any(doc.by == who and doc.kind == "hand-out" for doc in model.docs.values())
            if asked and lot in model.lots and model.item_of(lot).controlled:
                raise Unsettled("inexact")  # which confirmation covers which line
            if ((row := (wish.get("from", "@")[1:], lot)) in model.stock) and before.get(row, ZERO) is None:
                unsettled("N4")
            one = judge_wish(model, who, wish, now, today, witness)
            if isinstance(one, Refused):
                statuses = one.statuses | (refused.statuses if refused else set())
                refused = Refused(statuses, one.why)
                continue
            exact = one.draws[0].exact(model)
            if exact is None or one.new_lots:
                raise Unsettled("inexact")
            leave |= one.may_refuse
            lines += exact
            undone = {line.lot for line in exact if line.target.endswith("/discrepancy")}  # it stays where it is
            for line in exact:
                for row, change in (
                    ((line.source, line.lot), -line.quantity),
                    ((line.target, line.lot), line.quantity),
                ):
                    before.setdefault(row, model.stock.get(row))
                    model.stock[row] += change
                if line.lot in model.places and line.lot not in undone:
                    _stand(model, line)
        if any(model.load(lot) for lot in stood.keys() - model.stands.keys()):
            return Refused({409} | (refused.statuses if refused else set()), "what left the book is not empty")
    finally:
        model.stock.undo(before)
        model.stands = stood
    return refused or Booked([Fixed(lines)], may_refuse=leave, new_lots=news)
