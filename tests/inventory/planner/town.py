"""Short ways for the planner's tests: what a depot must hold, a plan made and read, its transfers carried out."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from depots.models import Depot, DepotRequirement, Level
from inventory.catalogue.models import Item
from inventory.planner.making import PlanWish, make_plan, start_plan, terms_of
from inventory.planner.models import PlanLine
from inventory.planner.proposal import PlanView, plan_view
from tests.conftest import Town


def require(town: Town, depot: Depot, wanted: dict[str, tuple[int, int]], level: Level = Level.MANDATORY) -> None:
    """Let a depot require so much (minimum, par) of these items, and nothing else."""

    def set_them(session: Session) -> None:
        session.execute(delete(DepotRequirement).where(DepotRequirement.depot_id == depot.id))
        for code, (minimum, par) in wanted.items():
            item = session.execute(select(Item).where(Item.code == code)).scalar_one()
            session.add(
                DepotRequirement(
                    depot_id=depot.id,
                    subject=code,
                    item_id=item.id,
                    level=level,
                    minimum=Decimal(minimum),
                    low_below=Decimal(minimum),
                    par=Decimal(par),
                )
            )

    town.run(set_them)


def plan(town: Town, who: str = "admin", **wish: Any) -> UUID:
    """Make a plan as somebody, here and now; its id."""
    wished = PlanWish(**wish)
    terms = terms_of(wished, town.context.settings)
    plan_id: UUID = town.run(start_plan, town.callers[who], wished, terms, town.context.clock.now())
    make_plan(town.context, town.callers[who], plan_id)
    return plan_id


def view(town: Town, plan_id: UUID, who: str = "admin") -> PlanView:
    """A plan with its first lines."""
    with town.context.database.transaction(writes=False) as session:
        return plan_view(session, town.callers[who], plan_id, 1, town.context.clock.now())


def lines(town: Town, plan_id: UUID) -> list[tuple[str, str, str | None, str, Decimal]]:
    """Its lines in short: kind, item, from, to, how much."""
    return [
        (line.kind.value, line.item, line.giver, line.receiver, line.quantity) for line in view(town, plan_id).lines
    ]


def rows(town: Town, plan_id: UUID) -> list[PlanLine]:
    """Its lines as kept."""
    statement = select(PlanLine).where(PlanLine.plan_id == plan_id).order_by(PlanLine.position)
    return town.run(lambda session: list(session.execute(statement).scalars()))
