"""What is not ready because a check of it is overdue: conditions for the statements that count and lend gear."""

from collections.abc import Collection
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func, literal, select

from inventory.clocks.models import Due

BLOCKS = -1  # stands where the other rows of a union have a number


def is_blocked(lot_id: Any, depot_id: Any, today: date) -> Any:
    """The condition that a lot at a depot is not ready today: a plan that blocks has been overdue for too long."""
    return (
        select(Due.lot_id)
        .where(Due.lot_id == lot_id, Due.depot_id == depot_id, Due.blocked_from <= today)
        .correlate_except(Due)
        .exists()
    )


def blocked_lots(today: date, depot_ids: Collection[UUID] | None) -> Any:
    """The lots that are not ready today, with their depots, as a table: an index finds them."""
    statement = select(Due.lot_id, Due.depot_id).where(Due.blocked_from <= today).distinct()
    return (statement if depot_ids is None else statement.where(Due.depot_id.in_(depot_ids))).subquery()


def next_blocks(today: date, depot_ids: Collection[UUID]) -> Any:
    """Per depot the next day on which a piece is not ready any more: (depot, day, ``BLOCKS``)."""
    return (
        select(Due.depot_id, func.min(Due.blocked_from), literal(BLOCKS))
        .where(Due.depot_id.in_(depot_ids), Due.blocked_from > today)
        .group_by(Due.depot_id)
    )
