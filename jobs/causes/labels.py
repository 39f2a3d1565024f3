"""Labels whose print fades in the sun and is due anew, as causes of alerts (T84)."""

from collections.abc import Collection
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from jobs.causes.cause import Cause
from jobs.causes.kinds import AlertKind
from labels.codes.codes import spoken
from labels.printing.lists import fades_on, fading


def label_causes(session: Session, depot_ids: Collection[UUID], today: date, _now: datetime) -> list[Cause]:
    """One cause per label and depot; printing it anew, or calling it indoors, ends it."""
    return [
        Cause(
            f"label:{label.code}:{label.depot_id}",
            AlertKind.LABEL_FADING,
            label.depot_id,
            item_id=label.item_id,
            lot_id=label.lot_id,
            due=fades_on(label.printed_at),
            details={
                "name_zh": label.name_zh,
                "name_en": label.name_en,
                "label": label.code,
                "description": spoken(label.code),
            },
        )
        for label in fading(session, depot_ids, today)
    ]
