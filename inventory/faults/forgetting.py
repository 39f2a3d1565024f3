"""After a time nobody needs to know any more who reported: the fault stays, the passer-by's contact goes (B19)."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.discretion import discreet
from inventory.faults.models import Defect
from inventory.telling.forgetting import Words, erased_in_prose, forget_in_entries


def forget_reporters(session: Session, before: datetime, most: int) -> list[Words]:
    """Erase the contacts of up to ``most`` reports that were closed before an instant; returns what they were.

    What the passer-by wrote stays, without the contact and without numbers that may be a phone's.
    """
    statement = (
        select(Defect).where(Defect.closed_at < before, Defect.contact != "").order_by(Defect.closed_at).limit(most)
    )
    forgotten = []
    for defect in session.execute(statement).scalars():
        forgotten.append(words := Words((defect.description, defect.contact), defect.reported_at))
        defect.description = discreet(erased_in_prose(defect.description, Words((defect.contact,), words.since)))
        defect.contact = ""
        session.flush()
        forget_in_entries(session, words)
    return forgotten
