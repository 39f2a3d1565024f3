"""What a step should come to: the act is read against the model, before it is sent."""

from datetime import date, datetime
from typing import Any

from tests.simulation.documents import judge_entry, witnessed
from tests.simulation.model import Model
from tests.simulation.movements import judge_wish
from tests.simulation.verdict import Booked, Fixed, Refused, Unsettled, Verdict


def judge(model: Model, step: dict[str, Any], now: datetime, today: date) -> Verdict:
    """The right outcome of a step that sends something."""
    if step["verb"] == "entry":
        return judge_entry(model, step["who"], step["body"], now, today)
    body = step["body"]

    def witness(*asked: Any) -> bool:
        return witnessed(model, now, *asked)

    if isinstance(body, dict):
        return judge_wish(model, step["who"], body, now, today, witness)
    return _list(model, step["who"], body, now, today, witness)


def _list(model: Model, who: str, wishes: list[Any], now: datetime, today: date, witness: Any) -> Verdict:
    """All or nothing; each wish finds what the earlier ones have moved."""
    if len({wish["id"] for wish in wishes}) < len(wishes):
        return Refused({422, 403}, "an id stands twice")
    kept, lines, news, leave = dict(model.stock), [], [], set()
    refused: Refused | None = None
    try:
        for wish in wishes:
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
            for line in exact:
                model.stock[line.source, line.lot] -= line.quantity
                model.stock[line.target, line.lot] += line.quantity
    finally:
        model.stock.clear()
        model.stock.update(kept)
    return refused or Booked([Fixed(lines)], may_refuse=leave, new_lots=news)
