"""A fact that somebody must know: what an alert is opened for."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from jobs.causes.kinds import AlertKind


@dataclass(frozen=True)
class Cause:
    """A fact that somebody must know."""

    cause: str
    kind: AlertKind
    depot_id: UUID
    step: int = 0
    urgent: bool = False
    item_id: UUID | None = None
    lot_id: UUID | None = None
    due: date | None = None
    details: dict[str, Any] = field(default_factory=dict)
