"""A process that draws beside the server may be killed by the system: the answer says so, and the next one is whole."""

import asyncio

import httpx
import psutil
import pytest

from core.apart import _send_home
from tests.conftest import Town


async def kill_what_draws() -> None:
    """Kill the process beside this one as soon as there is one."""
    while True:
        for child in psutil.Process().children():
            if "core.apart" in child.cmdline():
                child.kill()
                return
        await asyncio.sleep(0.002)


DRAWN = ("depots/STR-0001/labels.pdf", "places/{room}/door.pdf", "export/items.xlsx", "export/items.pdf")


@pytest.mark.parametrize("drawn", DRAWN)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_what_is_killed_while_it_draws_is_answered_as_a_delay_and_the_next_is_drawn(
    client: httpx.AsyncClient, town: Town, database_url: str, drawn: str
) -> None:
    address = f"/api/{drawn.format(room=town.room.id)}?lang=en"
    _send_home()  # so that the one that is killed is the one that draws this
    headers = town.auth("admin")
    killer = asyncio.create_task(kill_what_draws())
    broken = await client.get(address, headers=headers)
    await killer
    told = broken.json()
    assert (broken.status_code, told["type"]) == (503, "/problems/broken-off")
    assert int(broken.headers["Retry-After"]) > 0
    assert "中断" in told["detail"]
    whole = await client.get(address, headers=headers)
    assert whole.status_code == 200 and len(whole.content) > 500
