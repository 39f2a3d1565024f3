"""How often somebody may try a thing: counted in the database, so that every worker sees the same count."""

from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from core.errors import too_many
from core.languages import N_
from core.models import Hit


def check_limit(session: Session, kind: str, key: str, now: datetime, most: int, window: timedelta) -> None:
    """Refuse (429) when the key has had its tries within the window."""
    tries = session.execute(
        select(func.count()).select_from(Hit).where(Hit.key == key, Hit.kind == kind, Hit.at > now - window)
    ).scalar_one()
    if tries >= most:
        minutes = int(window.total_seconds() // 60)
        raise too_many(N_("too many tries; wait {minutes} minutes and try again"), minutes * 60, minutes=minutes)


def count_hit(session: Session, kind: str, key: str, now: datetime) -> None:
    """Note one try."""
    session.add(Hit(kind=kind, key=key, at=now))


def forget_hits(session: Session, before: datetime) -> None:
    """Drop old tries; they hold nobody back any more."""
    session.execute(delete(Hit).where(Hit.at < before))
