"""The city's time zone and language, followed by every process: one truth, in the database.

``READYSHELF_TIMEZONE`` and ``READYSHELF_LANGUAGE`` stand in where the city says nothing. What is asked of the settings
(``settings.zone``: days, shifts, months, digests, the hours of jobs) is what the city says. Whoever sets it follows at
once; the other processes of a server look every few seconds.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from sqlalchemy.exc import SQLAlchemyError

from core.background import alongside
from core.context import AppContext
from depots.city import times_of

EVERY = 10.0  # seconds
log = structlog.get_logger()


async def follow_city(context: AppContext) -> None:
    """Take over what the city says now."""
    context.follow(*await context.database.read(times_of))


def follow_city_once(context: AppContext) -> None:
    """As ``follow_city``, for a command."""
    with context.database.transaction(writes=False) as session:
        context.follow(*times_of(session))


@asynccontextmanager
async def following_city(context: AppContext) -> AsyncIterator[None]:
    """Follow while a server serves. A database that is away for a while only delays it."""

    async def again() -> None:
        while True:
            await asyncio.sleep(EVERY)
            await _try_to_follow(context)

    await _try_to_follow(context)
    async with alongside(again()):
        yield


async def _try_to_follow(context: AppContext) -> None:
    try:
        await follow_city(context)
    except (SQLAlchemyError, OSError) as error:
        log.warning("the city's time zone could not be read", error=str(error))
