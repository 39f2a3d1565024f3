"""The audit trail: each administrative act, written in the transaction that does it, and never changed.

Who it was is an id (names change); for a sign-in that failed the subject is the account that was tried. The client's
address comes from the request (``core/edge.py``) or names the console (``app.py``).
"""

import json
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from core.models import AuditEntry

ADDRESS: ContextVar[str] = ContextVar("address", default="")
LONGEST_ADDRESS, LONGEST_SUBJECT = 64, 200
_SECRET = ("password", "secret", "token_hash", "recovery_code")


def record(
    session: Session,
    by: UUID | None,
    moment: datetime,
    act: str,
    kind: str,
    subject: str,
    *,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
) -> None:
    """Write down an act on a subject of a kind. With ``before`` and ``after`` only what differs is stored.

    Values are what JSON knows; others (dates, ids, decimals) are stored as text. Secrets never.
    """
    if before is not None and after is not None:
        same = {name for name in before if name in after and before[name] == after[name]}
        before = {name: value for name, value in before.items() if name not in same}
        after = {name: value for name, value in after.items() if name not in same}
    session.add(
        AuditEntry(
            recorded_at=moment,
            by_id=by,
            address=ADDRESS.get()[:LONGEST_ADDRESS],
            act=act,
            kind=kind,
            subject=subject[:LONGEST_SUBJECT],
            before=_as_text(before),
            after=_as_text(after),
        )
    )


def _as_text(values: Mapping[str, object] | None) -> str | None:
    """The same text for the same values on either database: the seals are made of it."""
    if values is None:
        return None
    for name in values:
        if any(word in name for word in _SECRET):
            raise ValueError(f"{name} is no matter for the audit trail")
    return json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)
