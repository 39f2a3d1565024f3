"""The promises of the ledger, kept by a real server process on both databases: crowds, repeats, and kill -9."""

import asyncio
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from inventory.stock.verify import verify
from tests.conftest import Town, quantity_of
from tests.serving import RunningServer, served


@pytest.fixture
def server(database_url: str, town: Town, tmp_path: Path) -> Iterator[RunningServer]:
    running = RunningServer(database_url, tmp_path / "var")
    with served(running):
        yield running.start()


def take(lot: UUID, **more: Any) -> dict[str, Any]:
    return {"id": str(uuid4()), "kind": "issue", "lot": str(lot), "quantity": "1", **more}


async def test_of_fifty_takes_of_the_last_ten_pieces_exactly_ten_succeed(server: RunningServer, town: Town) -> None:
    lot = town.stock("BRK-014", "10")
    wishes = [take(lot) for _ in range(50)]
    limits = httpx.Limits(max_connections=50)
    async with httpx.AsyncClient(base_url=server.url, headers=town.auth(), limits=limits, timeout=60) as client:
        answers = await asyncio.gather(*(client.post("/api/movements", json=wish) for wish in wishes))
        codes = sorted(answer.status_code for answer in answers)
        assert codes == [201] * 10 + [409] * 40
        refused = next(answer.json() for answer in answers if answer.status_code == 409)
        assert (refused["type"], refused["available"]) == ("/problems/not-enough-stock", "0")
        again = await asyncio.gather(*(client.post("/api/movements", json=wish) for wish in wishes))
    assert sorted(answer.status_code for answer in again) == [200] * 10 + [409] * 40
    for first, second in zip(answers, again, strict=True):
        if first.status_code == 201:
            assert second.json() == first.json()
    assert quantity_of(town.context.database, lot, town.shelf.id) == 0
    assert town.run(verify).sound


async def test_the_same_request_sent_twice_at_the_same_moment_books_once(server: RunningServer, town: Town) -> None:
    lot = town.stock("BRK-014", "40")
    wishes = [take(lot) for _ in range(20)]
    async with httpx.AsyncClient(base_url=server.url, headers=town.auth(), timeout=60) as client:
        twice = [client.post("/api/movements", json=wish) for wish in wishes for _ in range(2)]
        answers = await asyncio.gather(*twice)
    assert sorted(answer.status_code for answer in answers) == [200] * 20 + [201] * 20
    for first, second in zip(answers[::2], answers[1::2], strict=True):
        assert first.json() == second.json()
    assert quantity_of(town.context.database, lot, town.shelf.id) == 20
    assert town.run(verify).sound


async def test_opposite_moves_of_one_lot_never_lock_each_other_out(server: RunningServer, town: Town) -> None:
    lot = town.stock("BRK-014", "20")
    here, there = str(town.shelf.id), str(town.second_shelf.id)
    async with httpx.AsyncClient(base_url=server.url, headers=town.auth(), timeout=60) as client:
        first = {"id": str(uuid4()), "kind": "transfer", "lot": str(lot), "quantity": "10", "from": here, "to": there}
        assert (await client.post("/api/movements", json=first)).status_code == 201
        ends = [(here, there), (there, here)] * 20
        moves = [take(lot, kind="transfer", **{"from": source, "to": target}) for source, target in ends]
        answers = await asyncio.gather(*(client.post("/api/movements", json=move) for move in moves))
    assert {answer.status_code for answer in answers} == {201}
    assert town.run(verify).sound


async def test_after_kill_9_every_acknowledged_take_is_there_and_none_twice(server: RunningServer, town: Town) -> None:
    lot = town.stock("BRK-014", "5000")
    acknowledged: list[dict[str, Any]] = []
    sent: list[dict[str, Any]] = []

    async def keep_taking(client: httpx.AsyncClient) -> None:
        while True:
            wish = take(lot)
            sent.append(wish)
            try:
                answer = await client.post("/api/movements", json=wish)
            except httpx.TransportError:
                return
            assert answer.status_code == 201
            acknowledged.append(wish)

    async with httpx.AsyncClient(base_url=server.url, headers=town.auth(), timeout=180) as client:
        streams = [asyncio.create_task(keep_taking(client)) for _ in range(8)]
        while len(acknowledged) < 60:
            await asyncio.sleep(0.01)
        await asyncio.to_thread(server.kill)
        await asyncio.gather(*streams)
    await asyncio.to_thread(server.start)
    async with httpx.AsyncClient(base_url=server.url, headers=town.auth(), timeout=180) as client:
        for wish in acknowledged:
            assert (await client.post("/api/movements", json=wish)).status_code == 200
        for wish in sent:  # what was under way when the server died: sent again, it is booked once
            assert (await client.post("/api/movements", json=wish)).status_code in (200, 201)
    assert quantity_of(town.context.database, lot, town.shelf.id) == Decimal(5000 - len(sent))
    assert town.run(verify).sound
