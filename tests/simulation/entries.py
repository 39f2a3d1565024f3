"""What an entry should come to, whatever its kind."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from tests.simulation.closings import CLOSINGS
from tests.simulation.counts import COUNTS
from tests.simulation.facts import FACTS
from tests.simulation.gear import GEAR
from tests.simulation.goods import GOODS
from tests.simulation.incidents import INCIDENTS
from tests.simulation.kits import KITS
from tests.simulation.loans import LOANS
from tests.simulation.model import Model
from tests.simulation.people import REPORT, may_anywhere, might_once
from tests.simulation.shifts import SHIFTS
from tests.simulation.telling import Entry, Out
from tests.simulation.transfers import TRANSFERS
from tests.simulation.upkeep import UPKEEP
from tests.simulation.verdict import Booked, Refused, Verdict

KINDS: dict[str, Callable[[Entry], Verdict]] = {
    **LOANS,
    **INCIDENTS,
    **TRANSFERS,
    **GEAR,
    **COUNTS,
    **UPKEEP,
    **SHIFTS,
    **CLOSINGS,
    **GOODS,
    **KITS,
    **FACTS,
}
# The kinds of entries that the model does not know: a new one is modelled, or stands here
NOT_YET: tuple[str, ...] = ()


def judge_entry(model: Model, who: str, body: dict[str, Any], now: datetime, today: date) -> Verdict:
    """The right outcome of an entry. A late one that cannot be booked is kept as refused (202), with the reason."""
    if not may_anywhere(who, REPORT):
        over = bool(body.get("late")) and might_once(who, REPORT)
        return Refused({403, 202} if over else {403}, f"{who} reports nothing")
    text = body.get("happened_at")
    if text and float(text[1:]) > 300:
        return Refused({422}, "it lies in the future")
    entry = Entry(model, who, body, now, today)
    try:
        verdict = KINDS[body["kind"]](entry)
    except Out as out:
        verdict = out.refused
    verdict = entry.refused() or verdict
    if isinstance(verdict, Booked):
        verdict.may_refuse |= entry.leave
    if entry.late:
        if isinstance(verdict, Refused):
            verdict.statuses |= {202}
        elif verdict.may_refuse:
            verdict.may_refuse |= {202}
    return verdict
