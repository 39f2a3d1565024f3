"""Faults looked into, pieces sent away with a stand-in and taken back, over the pages."""

from datetime import date
from uuid import uuid4

import httpx
from sqlalchemy import select

from inventory.faults.faults import Trouble, note_defect
from inventory.stock.models import Condition, Stock
from inventory.upkeep.models import Service
from tests.conftest import QueryCount, Town
from tests.inventory.upkeep.conftest import Upkeep


async def test_a_report_is_triaged_sent_with_a_loaner_paid_for_and_taken_back(
    client: httpx.AsyncClient, town: Town, desk: Upkeep, queries: QueryCount
) -> None:
    lots = [town.stock("EXT-001", "1", serial=f"X-{n}", made_on=date(2024, 1, 1)) for n in range(5)]
    report = town.run(
        lambda s: note_defect(s, town.depot.id, Trouble(lots[0], town.shelf.id, "看着锈了"), desk.now()).id
    )

    async def post(path: str, who: str = "keeper", **form: str) -> httpx.Response:
        return await client.post(path, data={"id": str(uuid4()), **form}, headers=town.auth(who))

    count = queries.during()
    page = (await client.get("/depots/STR-0001", headers=town.auth("officer"))).text
    assert "如何处理" in page and len(count) <= 12
    told = {"depot": "STR-0001", "lot": str(lots[0])}
    assert (await post(f"/defects/{report}/triage", verdict="odd", **told)).status_code == 422
    assert (await post(f"/defects/{report}/triage", "responder", verdict="here", **told)).status_code == 403
    triaged = await post(f"/defects/{report}/triage", "officer", verdict="workshop", note="除锈", **told)
    assert triaged.headers["location"] == f"/lots/{lots[0]}/upkeep?done=1"
    assert town.lot(lots[0]).condition == Condition.UNFIT
    assert "送修" in (await client.get("/depots/STR-0001", headers=town.auth("officer"))).text
    send = {
        "vendor": "安盾维修",
        "due_back_on": "2026-12-10",
        "stand_in": "lent",
        "loaner_serial": "L-9",
        "loaner_made": "2026-01",
    }
    sent = await post(f"/lots/{lots[0]}/service", **send)
    assert sent.status_code == 303, sent.text
    service = town.run(lambda s: s.execute(select(Service)).scalar_one())
    assert (service.vendor, service.loaner_owner) == ("安盾维修", "安盾维修")
    away = (await client.get("/services?depot=STR-0001", headers=town.auth("officer"))).text
    assert "X-0" in away and "L-9" in away
    assert "X-0" not in (await client.get("/services", headers=town.auth("keeper2"))).text
    back = {"lot": str(lots[0]), "cost": "85.5", "note": "换药", "loaner_stays": "yes"}
    assert (await post(f"/services/{service.id}/back", **back)).status_code == 303
    count = queries.during()
    page = (await client.get(f"/lots/{lots[0]}/upkeep", headers=town.auth())).text
    assert "替代件仍在站使用" in page and "85.5" in page and len(count) <= 12
    assert town.lot(lots[0]).condition == Condition.FIT
    gone = await post(f"/services/{service.id}/loaner-gone", lot=str(lots[0]))
    assert gone.status_code == 303
    assert desk.total(service.loaner_lot_id) == 0
    assert "没有送修在外" in (await client.get("/services", headers=town.auth())).text


async def test_a_spare_of_the_depot_stands_in_and_a_report_may_end_in_disposal(
    client: httpx.AsyncClient, town: Town, desk: Upkeep
) -> None:
    bars = [town.stock("BRK-001", "1", serial=f"B-{n}") for n in range(2)]
    page = (await client.get(f"/lots/{bars[0]}/upkeep", headers=town.auth())).text
    assert "B-1" in page and page.count("没有维保计划") <= 1
    form = {"id": str(uuid4()), "vendor": "v", "due_back_on": "2026-12-10", "stand_in": str(bars[1])}
    assert (await client.post(f"/lots/{bars[0]}/service", data=form, headers=town.auth())).status_code == 303
    service = town.run(lambda s: s.execute(select(Service)).scalar_one())
    assert (service.loaner_lot_id, service.loaner_owner) == (bars[1], "")
    report = town.run(lambda s: note_defect(s, town.depot.id, Trouble(bars[1], town.shelf.id, "断裂"), desk.now()).id)
    form = {"id": str(uuid4()), "verdict": "dispose", "note": "断裂", "depot": "STR-0001", "lot": str(bars[1])}
    told = await client.post(f"/defects/{report}/triage", data=form, headers=town.auth())
    assert told.headers["location"].startswith("/scraps/")
    statement = select(Stock.quantity).where(Stock.lot_id == bars[1], Stock.place_id == town.shelf.id)
    assert town.run(lambda s: s.execute(statement).scalar_one()) == 1, "it stays until it is approved and proved"
