"""How often somebody may try a thing: counted in the database, so that every worker sees the same count."""

from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from sqlalchemy import delete, func, select, text
from sqlalchemy.orm import Session

from core.errors import too_many
from core.languages import N_
from core.models import Hit


@dataclass(frozen=True)
class Quota:
    """How many tries of a kind are left, of how many within a window, and after how many seconds there are more."""

    most: int
    window: timedelta
    left: int
    seconds: int


# By the kind of try, of the request that is answered: the edge sets it anew for each, verbs enter what they counted
QUOTAS: ContextVar[dict[str, Quota] | None] = ContextVar("quotas", default=None)


def note_quota(kind: str, quota: Quota | None) -> None:
    """Let the answer say how many tries are left; None: nothing after all."""
    quotas = QUOTAS.get()
    if quotas is None:
        return
    if quota is None:
        quotas.pop(kind, None)
    else:
        quotas[kind] = quota


def quota_headers() -> list[tuple[bytes, bytes]]:
    """What the answer says of limits (draft-ietf-httpapi-ratelimit-headers-11)."""
    quotas = QUOTAS.get()
    if not quotas:
        return []
    policies = (f'"{kind}";q={one.most};w={int(one.window.total_seconds())}' for kind, one in quotas.items())
    states = (f'"{kind}";r={one.left};t={one.seconds}' for kind, one in quotas.items())
    return [(b"ratelimit-policy", ", ".join(policies).encode()), (b"ratelimit", ", ".join(states).encode())]


def lock_key(session: Session, kind: str, key: str) -> None:
    """Let whoever else counts this key wait for this transaction; on SQLite writers wait for each other anyway."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": f"{kind}/{key}"})


def claim(
    session: Session, kind: str, key: str, now: datetime, most: int, window: timedelta, *, secret: bool = False
) -> None:
    """Count one try. Refuse (429) when the key has had its tries within the window, however many come at once.

    The answer's headers say how many are left, unless it must not even say that there is such a key (``secret``).
    """
    lock_key(session, kind, key)
    counted = select(func.count(), func.min(Hit.at))
    tries, first = session.execute(counted.where(Hit.key == key, Hit.kind == kind, Hit.at > now - window)).one()
    if not secret:
        seconds = ceil(((first or now) + window - now).total_seconds())
        note_quota(kind, Quota(most, window, max(most - tries - 1, 0), seconds))
    if tries >= most:
        minutes = int(window.total_seconds() // 60)
        raise too_many(N_("too many tries; wait {minutes} minutes and try again"), minutes * 60, minutes=minutes)
    session.add(Hit(kind=kind, key=key, at=now))


def forget_hits(session: Session, before: datetime) -> None:
    """Drop old tries; they hold nobody back any more."""
    session.execute(delete(Hit).where(Hit.at < before))
