"""A fact that somebody must know: what an alert is opened for."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from jobs.causes.kinds import AlertKind


@dataclass(frozen=True)
class Cause:
    """A fact that somebody must know.

    ``cause`` is the kind and the ids of what it is about: the same text at the next sweep is the same alert. ``step``
    is a warning step reached, in days before ``due``; a nearer one is reported anew (T16). ``details`` are shown:
    ``name_zh`` and ``name_en`` where there is no item (else the kind's word alone stands in mails), ``description``
    or ``description_zh`` and ``description_en`` below it, ``ready`` and ``minimum`` of a shortage; ``label`` or
    ``recall`` names the page that it opens. Webhooks send all of them.
    """

    cause: str
    kind: AlertKind
    depot_id: UUID
    step: int = 0
    urgent: bool = False
    item_id: UUID | None = None
    lot_id: UUID | None = None
    due: date | None = None
    details: dict[str, Any] = field(default_factory=dict)
