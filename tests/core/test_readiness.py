"""Whether a process can serve, asked while much is going on."""

import asyncio
import threading

from litestar.datastructures import State

from core.database import READERS
from core.operations import READY, _ready
from tests.conftest import Town


async def test_who_asks_whether_the_server_is_ready_does_not_wait_behind_long_pages(town: Town) -> None:
    database = town.context.database
    over = threading.Event()
    pages = [asyncio.create_task(database.aside(over.wait)) for _ in range(READERS)]
    try:
        assert await _ready(State(), database) == READY
    finally:
        over.set()
        await asyncio.gather(*pages)
        await database.close()
