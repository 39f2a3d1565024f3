"""How often a password may be tried: each try is counted before it is looked at, so that the limit holds in parallel.

Three counts, so that nobody locks another out: an account from one network (the limit), a network (a wider one), and an
account from anywhere, which only slows. After its free tries each count allows one try after a pause that doubles.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from math import ceil
from typing import TypeVar

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from core.errors import too_many
from core.ids import new_id
from core.languages import N_
from core.limits import Quota, lock_key, note_quota
from core.models import Hit

KIND = "sign-in"
WIDER = 5  # a network and an account from anywhere have so many times the tries of an account from one network
SLOWER, SLOWEST = timedelta(milliseconds=250), timedelta(seconds=8)
CHECKED_AT_ONCE = 2  # Argon2 takes 64 MiB for each
MOST_WAITING = 60

Result = TypeVar("Result")


@dataclass(frozen=True)
class Brake:
    """How long a try is remembered, the pause after the free ones, and the longest that doubling it may come to."""

    remembered: timedelta
    first: timedelta
    longest: timedelta


OF_PAIR = Brake(timedelta(days=1), timedelta(minutes=1), timedelta(hours=1))
OF_NETWORK = Brake(timedelta(minutes=15), timedelta(seconds=1), timedelta(minutes=5))


@dataclass(frozen=True)
class Try:
    """One counted try, and how long to wait before it is looked at."""

    kind: str
    keys: tuple[str, str, str]
    hits: tuple[str, ...]
    delay: timedelta


def network_of(address: str) -> str:
    """What one customer of a provider has: an IPv4 address, or 64 bits of IPv6."""
    try:
        ip = ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(ip, IPv6Address):
        mapped = ip.ipv4_mapped
        return str(mapped) if mapped is not None else str(ip_network((ip, 64), strict=False))
    return str(ip)


def pause_after(tries: int, free: int, first: timedelta, longest: timedelta) -> timedelta:
    """How long after the last try the next may come: none for the first ``free``, then doubled with each."""
    if tries < free:
        return timedelta(0)
    return min(first * 2 ** min(tries - free, 30), longest)


def claim_try(session: Session, account: str, address: str, now: datetime, most: int, kind: str = KIND) -> Try:
    """Count a try before it is looked at. Refuses (429) during a pause, which a refused try does not prolong.

    Each ``kind`` of try has counts of its own.
    """
    network = network_of(address)
    keys = (f"account:{account}", f"network:{network}", f"pair:{account}@{network}")
    for key in keys[:2]:  # always the account first: none waits for another in a circle
        lock_key(session, kind, key)
    of_account, of_network, of_pair = keys
    _check(session, kind, of_pair, now, OF_PAIR, free=most, shown=True)
    _check(session, kind, of_network, now, OF_NETWORK, free=most * WIDER)
    everywhere, _ = _tries(session, kind, of_account, now - OF_PAIR.remembered)
    hits = tuple(new_id().hex for _ in keys)
    session.add_all([Hit(id=hit, kind=kind, key=key, at=now) for hit, key in zip(hits, keys, strict=True)])
    return Try(kind, keys, hits, pause_after(everywhere, most * WIDER, SLOWER, SLOWEST))


def forget_try(session: Session, claimed: Try) -> None:
    """The try was right, or never looked at: it does not count."""
    note_quota(claimed.kind, None)
    session.execute(delete(Hit).where(Hit.id.in_(claimed.hits)))


def forget_failures(session: Session, claimed: Try) -> None:
    """The password was right: what was tried before for this account from this network does not count any more."""
    forget_try(session, claimed)
    session.execute(delete(Hit).where(Hit.kind == KIND, Hit.key == claimed.keys[2]))


def _check(
    session: Session, kind: str, key: str, now: datetime, brake: Brake, *, free: int, shown: bool = False
) -> None:
    tries, last = _tries(session, kind, key, now - brake.remembered)
    pause = pause_after(tries, free, brake.first, brake.longest)
    seconds = 0 if last is None else max(ceil((last + pause - now).total_seconds()), 0)
    if shown:  # the account's own from here alone: of others nobody learns how often they have tried
        coming = pause_after(tries + 1, free, brake.first, brake.longest) or brake.remembered
        wait = seconds or int(coming.total_seconds())
        note_quota(kind, Quota(free, brake.remembered, max(free - tries - 1, 0), wait))
    if seconds > 0:
        minutes = ceil(seconds / 60)
        raise too_many(N_("too many tries; wait {minutes} minutes and try again"), seconds, minutes=minutes)


def _tries(session: Session, kind: str, key: str, since: datetime) -> tuple[int, datetime | None]:
    statement = select(func.count(), func.max(Hit.at)).where(Hit.key == key, Hit.kind == kind, Hit.at > since)
    tries, last = session.execute(statement).one()
    return tries, last


class Bench:
    """Where passwords wait to be looked at, few at once: a flood of them takes time, not memory."""

    def __init__(self, at_once: int, most_waiting: int) -> None:
        self._threads = ThreadPoolExecutor(at_once, "password")
        self._most = most_waiting
        self._waiting = 0

    async def look_at(self, check: Callable[..., Result], *args: object) -> Result:
        """Run a check in its turn. Refuses (429) when too many wait already."""
        if self._waiting >= self._most:
            raise too_many(N_("too many people are signing in at this moment; try again in a few seconds"), 5)
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, check, *args)
        finally:
            self._waiting -= 1


BENCH = Bench(CHECKED_AT_ONCE, MOST_WAITING)
