"""Forms that are sent again, by an impatient finger or after an answer that was lost: done once, answered alike."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar
from uuid import UUID

import msgspec
from sqlalchemy import delete
from sqlalchemy.orm import Session

from core.columns import table_of
from core.models import AnsweredForm

Answer = TypeVar("Answer")


def once(session: Session, form_id: UUID, now: datetime, kind: type[Answer], act: Callable[[], Answer]) -> Answer:
    """Do what a form asks for, or return the answer that it got before.

    The form's row is entered first: the same form sent at the same moment waits for its answer.
    """
    before = session.get(AnsweredForm, form_id)
    if before is not None:
        return msgspec.json.decode(before.answer, type=kind)
    row = AnsweredForm(id=form_id, at=now)
    session.add(row)
    session.flush()
    answer = act()
    row.answer = msgspec.json.encode(answer).decode()
    session.flush()
    return answer


def forget_answers(session: Session, before: datetime) -> None:
    """Drop old answers; nobody sends these forms any more."""
    session.execute(delete(table_of(AnsweredForm)).where(table_of(AnsweredForm).c.at < before))
