"""What a step should come to: the act is read against the model, before it is sent."""

from datetime import date, datetime
from typing import Any

from tests.simulation.entries import judge_entry
from tests.simulation.gear import use_up, witnessed
from tests.simulation.incidents import drawn
from tests.simulation.lists import judge_list
from tests.simulation.model import Line, Model
from tests.simulation.movements import judge_wish
from tests.simulation.people import TAKE, has_left
from tests.simulation.verdict import Booked, Refused, Verdict
from tests.simulation.wishes import happened


def judge(model: Model, step: dict[str, Any], now: datetime, today: date) -> Verdict:
    """The right outcome of a step that sends something."""
    verdict = _judge(model, step, now, today)
    body = step["body"]
    if isinstance(verdict, Refused) and step["verb"] == "movements":
        late = any(wish.get("late") for wish in (body if isinstance(body, list) else [body]))
        verdict.statuses |= {409} if late and has_left(step["who"], TAKE) else set()  # whatever else is wrong with it
    if isinstance(verdict, Booked):
        single, follow = not isinstance(body, list), verdict.follow
        at = happened(body.get("happened_at") if single else None, now)

        def follow_on(lines: list[Line]) -> None:
            follow(lines)
            drawn(model, step["who"], lines)
            if single:
                use_up(model, step["who"], at, lines)

        verdict.follow = follow_on
    return verdict


def _judge(model: Model, step: dict[str, Any], now: datetime, today: date) -> Verdict:
    body = step["body"]
    if step["verb"] == "entry":
        return judge_entry(model, step["who"], body, now, today)
    if isinstance(body, list):
        return judge_list(model, step["who"], body, now, today)

    def witness(*asked: Any) -> bool:
        return witnessed(model, happened(body.get("happened_at"), now), *asked) is not None

    return judge_wish(model, step["who"], body, now, today, witness)
