"""Two people at one shelf (T50)."""

import asyncio
from collections.abc import Callable
from uuid import uuid4

from tests.cases.conftest import Speaker, on_both
from tests.conftest import Town


@on_both
async def test_T50_of_two_who_take_the_last_one_at_once_one_wins_and_the_other_hears_who_and_when(
    speak: Callable[[str], Speaker], town: Town
) -> None:
    keeper, responder = speak("keeper"), speak("responder")
    bar = (await keeper.receive(town.shelf.id, "BRK-002", "1"))["id"]

    async def take(who: Speaker) -> tuple[int, dict[str, object]]:
        body = {"id": str(uuid4()), "kind": "issue", "lot": bar, "quantity": "1"}
        answer = await who.client.post("/api/movements", json=body, headers=who.headers)
        return answer.status_code, answer.json()

    (first, told), (second, other) = await asyncio.gather(take(keeper), take(responder))
    assert sorted((first, second)) == [201, 409]
    won, lost = (told, other) if first == 201 else (other, told)
    winner = "keeper" if first == 201 else "responder"
    assert (lost["type"], lost["available"]) == ("/problems/not-enough-stock", "0")
    assert won["person"] == winner
    assert f"{winner} 先生 于 10:00 取走了一些" in lost["detail"], "at ten by the depot's clock"
    assert lost["last_taken_by"] == f"{winner} 先生"
    rows = (await keeper.ask("/api/depots/STR-0001/stock", item="BRK-002"))["items"]
    assert [row["quantity"] for row in rows] == ["1"], "in one pair of hands, and nowhere below nothing"
