"""A person with several duties may do what any of them grants, each where it holds."""

from uuid import UUID, uuid4

import httpx
import pytest

from depots.models import Place
from people.models import Role
from people.policy import Duty
from tests.conftest import Town


def take(lot: UUID, place: Place) -> dict[str, str]:
    return {"id": str(uuid4()), "kind": "issue", "lot": str(lot), "quantity": "1", "from": str(place.id)}


async def test_keeper_here_and_auditor_everywhere_sees_both_depots_and_books_in_one(
    client: httpx.AsyncClient, town: Town
) -> None:
    town.person("both", Duty(Role.KEEPER, depot_id=town.depot.id), Duty(Role.AUDITOR))
    here = town.stock("BRK-014", "2")
    there = town.stock("BRK-014", "2", shelf=town.other_shelf, number="elsewhere")
    lots = (await client.get("/api/lots", headers=town.auth("both"))).json()["items"]
    assert {lot["depot"] for lot in lots} == {town.depot.code, town.other.code}
    booked = await client.post("/api/movements", json=take(here, town.shelf), headers=town.auth("both"))
    assert booked.status_code == 201, booked.text
    refused = await client.post("/api/movements", json=take(there, town.other_shelf), headers=town.auth("both"))
    assert refused.status_code in (403, 404, 409), refused.text


@pytest.mark.parametrize(("who", "status"), [("responder", 201), ("auditor", 403), ("deputy", 201)])
@pytest.mark.usefixtures("deputy")
async def test_one_duty_that_may_is_enough(client: httpx.AsyncClient, town: Town, who: str, status: int) -> None:
    lot = town.stock("BRK-014", "2")
    answer = await client.post("/api/movements", json=take(lot, town.shelf), headers=town.auth(who))
    assert answer.status_code == status, answer.text
