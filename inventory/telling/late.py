"""Late acts: as whom they are judged, and what the depot learns of those that cannot be booked.

What happened while a role held counts though the role has ended since, if its time can be believed; else somebody at
the depot decides. Entries of devices and movements of programs are judged alike.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy.orm import Session

from core.errors import Refusal, conflict
from core.events import publish
from core.languages import N_, in_both
from depots.models import Depot
from inventory.stock.events import EntryRefused
from inventory.telling.scene import LookUp
from inventory.telling.wording import lines_of
from people.formerly import as_of, last_depot
from people.policy import Act, Caller, may, within

PAST_ROLES_COUNT = timedelta(days=30)  # what comes later under a role that is over, somebody decides
MOST_SHOWN = 8  # lines of an act in the sentence about it
Made = TypeVar("Made")
Try = tuple[Caller, Refusal | None]


def tries_of(
    session: Session, caller: Caller, act: Act, instants: Collection[datetime], now: datetime, *, believed: bool
) -> list[Try]:
    """As whom a late act is tried, and what stands against booking it so: by the roles of its time, and of today.

    What the time of an act alone makes lawful needs a clock that can be ``believed``; else somebody decides.
    """
    today: list[Try] = [(caller, None)] if may(caller, act) else []
    then = as_of(session, caller, instants, now)
    if then is None or not may(then, act):
        return today
    if believed and now - min(instants) <= PAST_ROLES_COUNT:
        return [(then, None), *today]
    return [*today, (then, _doubtful())]


def booked_as(
    session: Session, caller: Caller, tries: Sequence[Try], book: Callable[[Caller, Refusal | None], Made]
) -> Made:
    """Book an act as the first of these who may, undoing what is refused. ``book`` raises the doubt that it is given.

    Raises what the roles of its time were answered, else those of today. Where a doubt stands against them, that is the
    answer to all: whoever may book nothing there any more learns nothing of what lies there today (rule 10).
    """
    refusal: Refusal | None = None
    for who, doubt in tries:
        try:
            with session.begin_nested():
                return book(who, doubt)
        except Refusal as error:
            if who is not caller or refusal is None:
                refusal = doubt or error
    raise refusal or role_over()


def role_over() -> Refusal:
    """The refusal of who had no right to the act when it happened."""
    return conflict("role-over", N_("your role had ended when this happened; somebody at the depot decides about it"))


def _doubtful() -> Refusal:
    return conflict(
        "role-over",
        N_("your role has ended, and the time of this cannot be proved; somebody at the depot decides about it"),
    )


def report_refused(
    session: Session,
    callers: Sequence[Caller],
    *,
    act_id: UUID,
    said: Any,
    happened_at: datetime,
    now: datetime,
    refusal: Refusal,
    depot_id: UUID | None,
    look_up: LookUp,
) -> None:
    """Let a depot know of a late act that was not booked: by whom, when, of what, and why not.

    ``callers``: as whom it was tried, as they are today first. Its readers see no more than what is at the depot.
    Where it is not known, it is one of those that they kept as whom it was tried last.
    """
    caller = callers[0]
    kept = (own for one in reversed(callers) for own in one.own_depots())
    depot_id = depot_id or next(kept, None) or last_depot(session, caller)
    if depot_id is None:
        return
    depot = session.get_one(Depot, depot_id)
    there = [replace(one, duties=within(one.duties, depot.id, depot.district_code)) for one in callers]
    lines = lines_of(session, there, said, look_up)
    local = happened_at.astimezone(session.info["zone"])
    beginning = f"{caller.name}, {local:%Y-%m-%d %H:%M}: "
    zh, en = in_both(refusal.message, **refusal.params)
    if lines:
        more = f" +{len(lines) - MOST_SHOWN}" if len(lines) > MOST_SHOWN else ""
        zh = "、".join(line[0] for line in lines[:MOST_SHOWN]) + f"{more}。{zh}"
        en = "; ".join(line[1] for line in lines[:MOST_SHOWN]) + f"{more}. {en[:1].upper()}{en[1:]}"
    publish(session, EntryRefused(act_id, depot_id, beginning + zh, beginning + en, lines, now))
