"""How often somebody may try a thing: counted in the database, so that every worker sees the same count."""

from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session
from sqlmodel import Field, SQLModel

from core.columns import Instant
from core.errors import too_many
from core.ids import new_id
from core.languages import N_


class Hit(SQLModel, table=True):
    """One try of one key (an account, an address) at one kind of thing."""

    __tablename__ = "hit"
    id: str = Field(primary_key=True, max_length=32, default_factory=lambda: new_id().hex)
    kind: str = Field(max_length=32)
    key: str = Field(max_length=200, index=True)
    at: datetime = Field(sa_type=Instant)


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
