"""How often somebody may try a thing: counted in the database, so that every worker sees the same count."""

from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, text
from sqlalchemy.orm import Session

from core.errors import too_many
from core.languages import N_
from core.models import Hit


def lock_key(session: Session, kind: str, key: str) -> None:
    """Let whoever else counts this key wait for this transaction; on SQLite writers wait for each other anyway."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": f"{kind}/{key}"})


def claim(session: Session, kind: str, key: str, now: datetime, most: int, window: timedelta) -> None:
    """Count one try. Refuse (429) when the key has had its tries within the window, however many come at once."""
    lock_key(session, kind, key)
    tries = session.execute(
        select(func.count()).select_from(Hit).where(Hit.key == key, Hit.kind == kind, Hit.at > now - window)
    ).scalar_one()
    if tries >= most:
        minutes = int(window.total_seconds() // 60)
        raise too_many(N_("too many tries; wait {minutes} minutes and try again"), minutes * 60, minutes=minutes)
    session.add(Hit(kind=kind, key=key, at=now))


def forget_hits(session: Session, before: datetime) -> None:
    """Drop old tries; they hold nobody back any more."""
    session.execute(delete(Hit).where(Hit.at < before))
