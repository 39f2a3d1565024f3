"""Figures worked out beside the written ones, where stock has moved since or a date has passed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy.orm import Session

from inventory.readiness.counting import work_out
from inventory.readiness.figures import DepotFigures, DepotNames, figures_of


@dataclass(frozen=True)
class _WorkedOut:
    """A depot's figures for this day, after so many changes of its stock."""

    day: date
    changes: int
    figures: DepotFigures

    def holds(self, today: date, changes: int) -> bool:
        return self.day == today and self.changes >= changes


class LiveFigures:
    """No depot is worked out twice for the same day and stock. For one thread at a time."""

    def __init__(self) -> None:
        self._known: dict[UUID, _WorkedOut] = {}

    def of(
        self, session: Session, today: date, depots: Sequence[DepotNames], moved: dict[UUID, int]
    ) -> dict[UUID, DepotFigures]:
        """The figures of these depots as their stock is now; ``moved`` says how often it has changed."""
        unknown = {depot.id: depot for depot in depots if not self._holds(depot.id, today, moved.get(depot.id, 0))}
        for row in work_out(session, today, unknown.keys()) if unknown else ():
            depot = unknown[row["depot_id"]]
            self._known[depot.id] = _WorkedOut(today, moved.get(depot.id, 0), figures_of(depot, row))
        return {depot.id: self._known[depot.id].figures for depot in depots}

    def _holds(self, depot_id: UUID, today: date, changes: int) -> bool:
        return depot_id in self._known and self._known[depot_id].holds(today, changes)
