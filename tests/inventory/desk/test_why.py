"""Lists of lots and of stock say why gear is not ready, in the words of the one judgement."""

from datetime import date
from typing import Any

import httpx
from sqlalchemy import update

from inventory.faults.entries import Fault
from inventory.fitness.rules import Why
from inventory.recalls.calling import CallBack
from inventory.stock.models import Kind, Lot
from tests.conftest import Town, one
from tests.inventory.documents.conftest import Desk, desk
from tests.query_count import QueryCount

__all__ = ["desk"]
LATER = date(2030, 1, 1)


async def read(client: httpx.AsyncClient, town: Town, path: str) -> list[dict[str, Any]]:
    answer = await client.get(path, headers=town.auth())
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


async def test_each_lot_and_each_balance_says_why_it_is_not_ready(
    client: httpx.AsyncClient, desk: Desk, town: Town
) -> None:
    fine = town.stock("MED-010", "4", expires_on=LATER, number="fine")
    old = town.stock("MED-010", "4", expires_on=date(2026, 1, 1), number="old")
    recalled = town.stock("MED-013", "4", expires_on=LATER, number="bad")
    faulty = town.stock("BRK-001", "1", serial="S-1")
    lent = town.stock("BRK-001", "1", serial="S-2")
    bulk = town.stock("BRK-014", "9")
    undated = town.stock("MED-013", "4", number="none")
    desk.do(CallBack, "admin", item="MED-013", number="bad", reason="x")
    desk.do(Fault, thing=str(faulty), place=str(town.shelf.id), description="x")
    town.book(one(kind=Kind.ISSUE, lot=lent, quantity="1"))
    town.book(one(kind=Kind.ISSUE, lot=bulk, quantity="3"))
    why = {row["id"]: (row["why"], row["quantity"], row["ready"]) for row in await read(client, town, "/api/lots")}
    assert why == {
        str(fine): ("", "4", "4"),
        str(old): (Why.EXPIRED, "4", "0"),
        str(recalled): (Why.RECALLED, "4", "0"),
        str(faulty): (Why.UNFIT, "1", "0"),
        str(lent): (Why.LENT, "1", "0"),
        str(bulk): ("", "9", "6"),
        str(undated): (Why.UNDATED, "4", "0"),
    }
    rows = await read(client, town, "/api/depots/STR-0001/stock")
    assert {(row["lot"], row["why"]) for row in rows} == {
        (str(fine), ""),
        (str(old), Why.EXPIRED),
        (str(recalled), Why.RECALLED),
        (str(faulty), Why.UNFIT),
        (str(lent), Why.LENT),
        (str(bulk), ""),
        (str(bulk), Why.LENT),
        (str(undated), Why.UNDATED),
    }
    for name in ("lots", "stock"):
        file = await client.get(f"/api/export/{name}.csv?depot=STR-0001", headers=town.auth())
        assert file.status_code == 200, (name, file.text[:200])
        assert "已召回" in file.text or "召回" in file.text


async def test_a_lot_that_two_depots_hold_is_judged_at_each(client: httpx.AsyncClient, desk: Desk, town: Town) -> None:
    lot = town.stock("BRK-014", "2")
    assert town.stock("BRK-014", "5", town.other_shelf) == lot
    town.book(one(kind=Kind.ISSUE, lot=lot, quantity="2", source=str(town.shelf.id)))
    answer = await client.get("/api/lots", headers=town.auth("admin"))
    assert {row["depot"]: row["why"] for row in answer.json()["items"]} == {"STR-0001": Why.LENT, "IND-0002": ""}


async def test_the_reasons_cost_no_query_per_row(client: httpx.AsyncClient, town: Town, queries: QueryCount) -> None:
    town.stock("BRK-001", "1", serial="S-0")
    counts = []
    for more in (0, 8):
        for number in range(more):
            town.stock("BRK-001", "1", serial=f"T-{number}")
        for path in ("/api/lots", "/api/depots/STR-0001/stock"):
            await read(client, town, path)
            queries.during()
            await read(client, town, path)
            counts.append(len(queries))
    assert counts[:2] == counts[2:]


async def test_what_is_ready_by_the_list_is_what_is_ready_by_the_judgement(
    client: httpx.AsyncClient, desk: Desk, town: Town
) -> None:
    kit = desk.kit("MED-001")
    lot = town.stock("BRK-014", "5")
    town.book(one(kind=Kind.TRANSFER, lot=lot, quantity="2", source=str(town.shelf.id), target=str(kit.id)))
    town.run(lambda session: session.execute(update(Lot).where(Lot.id == kit.id).values(condition="unfit")))
    rows = await read(client, town, "/api/depots/STR-0001/stock?item=BRK-014")
    assert {(row["place"], row["why"]) for row in rows} == {(str(town.shelf.id), ""), (str(kit.id), Why.CARRIER)}
    town.run(lambda session: session.execute(update(Lot).where(Lot.id == kit.id).values(condition="fit")))
