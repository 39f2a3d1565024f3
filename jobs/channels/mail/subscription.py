"""What a person wants by mail, and whether mail reaches that person."""

import hashlib
import hmac
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.columns import table_of
from core.errors import not_found
from core.languages import N_
from core.upsert import upsert
from jobs.channels.mail.models import MailChoice
from jobs.channels.models import Mail
from people.models import Person


def mark_of(secret: str, person_id: UUID) -> str:
    """What stands in a person's unsubscribe address: who it is, signed, so that nobody unsubscribes another."""
    signature = hmac.new(secret.encode(), b"unsubscribe:" + person_id.bytes, hashlib.sha256).hexdigest()[:32]
    return f"{person_id.hex}{signature}"


def person_of(secret: str, mark: str) -> UUID:
    """Whose unsubscribe address it is. Raises a 404 for one that we did not make."""
    try:
        person_id = UUID(hex=mark[:32])
    except ValueError:
        person_id = None
    if person_id is None or not hmac.compare_digest(mark_of(secret, person_id).encode(), mark.encode()):
        raise not_found(N_("this address is not one of ours"))
    return person_id


def choose_digests(session: Session, person_id: UUID, *, wanted: bool) -> None:
    """Want digests or not. Urgent mails come all the same: they are what the role is for."""
    if session.get(Person, person_id) is None:
        raise not_found(N_("this address is not one of ours"))
    _set(session, person_id, digests=wanted)


def note_bounce(session: Session, mail_id: UUID, now: datetime, reason: str) -> None:
    """Note that an address takes no mail. Until the person has another, the next rung is told instead."""
    row = session.execute(select(Mail.person_id, Mail.address).where(Mail.id == mail_id)).one()
    _set(session, row.person_id, bounced_address=row.address, bounced_at=now, bounce=reason[:500])


def _set(session: Session, person_id: UUID, **values: object) -> None:
    row = {"person_id": person_id, "digests": True, "bounce": "", **values}
    statement = upsert(session, table_of(MailChoice)).values(row)
    session.execute(statement.on_conflict_do_update(index_elements=["person_id"], set_=values))
