"""Rolls of blank codes: made by the thousand, printed, and bound on their first scan."""

from datetime import datetime

from sqlalchemy import insert
from sqlalchemy.orm import Session

from core.columns import table_of
from core.errors import bad_field
from core.inputs import clean_text
from core.languages import N_
from labels.codes.binding import fresh_codes
from labels.codes.event_models import LabelRoll
from labels.codes.models import Label
from people.policy import Caller

LARGEST = 20_000
_AT_ONCE = 1000


def make_roll(session: Session, caller: Caller | None, count: int, note: str, now: datetime) -> list[str]:
    """So many new codes, bound to nothing yet, in the order in which they are printed. ``caller`` None: the console."""
    if not 1 <= count <= LARGEST:
        raise bad_field("count", N_("a roll has 1 to {most} labels"), most=LARGEST)
    roll = LabelRoll(
        count=count, note=clean_text(note, "note", 200), person_id=caller.person_id if caller else None, created_at=now
    )
    session.add(roll)
    session.flush()
    codes: list[str] = []
    while len(codes) < count:
        fresh = fresh_codes(session, min(_AT_ONCE, count - len(codes)))
        # Where another transaction draws one of the codes in this very moment, the verb runs anew
        session.execute(
            insert(table_of(Label)), [{"code": code, "created_at": now, "roll_id": roll.id} for code in fresh]
        )
        codes += fresh
    return codes
