"""What a step should come to: the act is read against the model, before it is sent."""

from datetime import date, datetime
from typing import Any

from tests.simulation.entries import judge_entry
from tests.simulation.gear import use_up, witnessed
from tests.simulation.lists import judge_list
from tests.simulation.model import Model
from tests.simulation.movements import happened, judge_wish
from tests.simulation.verdict import Booked, Verdict


def judge(model: Model, step: dict[str, Any], now: datetime, today: date) -> Verdict:
    """The right outcome of a step that sends something."""
    if step["verb"] == "entry":
        return judge_entry(model, step["who"], step["body"], now, today)
    body = step["body"]

    if isinstance(body, list):
        return judge_list(model, step["who"], body, now, today)

    def witness(*asked: Any) -> bool:
        return witnessed(model, happened(body.get("happened_at"), now), *asked) is not None

    verdict = judge_wish(model, step["who"], body, now, today, witness)
    if isinstance(verdict, Booked):
        verdict.follow = lambda lines: use_up(model, step["who"], happened(body.get("happened_at"), now), lines)
    return verdict
