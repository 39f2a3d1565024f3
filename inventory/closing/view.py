"""Closings as pages and programs read them."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from depots.models import Depot, DepotStatus
from depots.places import visible_depot
from inventory.closing.closing import running
from inventory.closing.models import Closing
from inventory.closing.remains import Remains, remains
from people.models import Person
from people.policy import Act, Caller, may_at, reach


class ClosingRow(msgspec.Struct, frozen=True):
    """One closing: planned, carried out, given up or undone by reopening; by whom, when and why."""

    id: UUID
    depot: str
    depot_zh: str
    depot_en: str
    successor: str | None
    successor_zh: str | None
    successor_en: str | None
    why: str
    planned_by: str
    planned_at: datetime
    given_up_by: str | None
    given_up_at: datetime | None
    closed_by: str | None
    closed_at: datetime | None
    reopened_by: str | None
    reopened_at: datetime | None
    reopen_why: str

    @property
    def state(self) -> str:
        """planned, closed, given_up or reopened."""
        if self.reopened_at is not None:
            return "reopened"
        if self.closed_at is not None:
            return "closed"
        return "planned" if self.given_up_at is None else "given_up"


def closings(session: Session, caller: Caller, depot_id: UUID | None = None, limit: int = 200) -> list[ClosingRow]:
    """Closings within reach, the newest first."""
    heir = aliased(Depot)
    planner, giver_up, closer, reopener = (aliased(Person) for _ in range(4))
    statement = (
        select(
            Closing.id,
            Depot.code,
            Depot.name_zh,
            Depot.name_en,
            heir.code,
            heir.name_zh,
            heir.name_en,
            Closing.why,
            planner.name,
            Closing.planned_at,
            giver_up.name,
            Closing.given_up_at,
            closer.name,
            Closing.closed_at,
            reopener.name,
            Closing.reopened_at,
            Closing.reopen_why,
        )
        .join(Depot, Depot.id == Closing.depot_id)
        .join(planner, planner.id == Closing.planned_by_id)
        .outerjoin(heir, heir.id == Closing.successor_id)
        .outerjoin(giver_up, giver_up.id == Closing.given_up_by_id)
        .outerjoin(closer, closer.id == Closing.closed_by_id)
        .outerjoin(reopener, reopener.id == Closing.reopened_by_id)
        .where(reach(caller, Act.SEE, Depot.id, Depot.district_code))
        .order_by(Closing.planned_at.desc(), Closing.id)
        .limit(limit)
    )
    if depot_id is not None:
        statement = statement.where(Closing.depot_id == depot_id)
    rows: list[Any] = list(session.execute(statement))
    return [ClosingRow(*row) for row in rows]


class ClosingView(msgspec.Struct, frozen=True):
    """A depot with what is still there, its plan if there is one, and its earlier closings."""

    depot: str
    depot_zh: str
    depot_en: str
    status: DepotStatus
    plan: UUID | None
    remains: Remains
    history: list[ClosingRow]
    may_close: bool
    may_send: bool
    own_plan: bool  # the caller's own: somebody else writes off

    @property
    def current(self) -> ClosingRow | None:
        """The plan that stands, or the closing that holds."""
        return next((row for row in self.history if row.state in ("planned", "closed")), None)


def closing_view(session: Session, caller: Caller, code: str, now: datetime) -> ClosingView:
    """A depot's closing within reach. Seven queries."""
    depot = visible_depot(session, caller, code)
    plan = running(session, depot.id)

    def here(act: Act) -> bool:
        return may_at(caller, act, depot.id, depot.district_code)

    return ClosingView(
        depot.code,
        depot.name_zh,
        depot.name_en,
        depot.status,
        plan.id if plan else None,
        remains(session, depot.id, now),
        closings(session, caller, depot.id),
        here(Act.APPROVE),
        here(Act.KEEP),
        plan is not None and plan.planned_by_id == caller.person_id,
    )


def as_told(view: ClosingView) -> dict[str, Any]:
    """The view for programs, with what its properties say."""
    told: dict[str, Any] = msgspec.to_builtins(view)
    told["remains"]["empty"] = view.remains.empty
    for row, shown in zip(view.history, told["history"], strict=True):
        shown["state"] = row.state
    return told
