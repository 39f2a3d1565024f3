"""What was printed when: every print is logged, so that a reprint shows, and fading labels are found (T73, T84)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from core.columns import table_of
from core.ids import new_id
from labels.codes.event_models import LabelAct, LabelEvent
from labels.codes.models import Label
from labels.drawing.formats import Format

_AT_ONCE = 500


def note_prints(
    session: Session, codes: Sequence[str], person_id: UUID | None, now: datetime, form: Format, how: str
) -> None:
    """Note that these labels were printed in this format; ``how``: file kind or printer."""
    label, event = table_of(Label), table_of(LabelEvent)
    for start in range(0, len(codes), _AT_ONCE):
        some = codes[start : start + _AT_ONCE]
        session.execute(
            update(label)
            .where(label.c.code.in_(some))
            .values(prints=label.c.prints + 1, printed_at=now, thermal=form.medium == "roll")
        )
        session.execute(insert(event), [_row(code, person_id, now, f"{form.code} {how}"[:64]) for code in some])


def _row(code: str, person_id: UUID | None, now: datetime, how: str) -> dict[str, Any]:
    return {
        "id": new_id(),
        "code": code,
        "act": LabelAct.PRINTED,
        "at": now,
        "person_id": person_id,
        "how": how,
        "reason": "",
    }
