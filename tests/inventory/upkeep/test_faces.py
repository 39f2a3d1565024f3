"""Upkeep over HTTP: the public list, the editor, the pages, and the alerts that follow."""

from datetime import date, timedelta
from uuid import uuid4

import httpx

from jobs.alerts.alerts import AlertFilters, alerts
from jobs.alerts.sweep import sweep_city
from jobs.causes.kinds import AlertKind
from tests.clock import SetClock
from tests.conftest import QueryCount, Town
from tests.inventory.upkeep.conftest import GOOD, Upkeep

TODAY = date(2026, 11, 23)


async def test_the_list_is_paged_filtered_and_within_reach(
    client: httpx.AsyncClient, town: Town, desk: Upkeep, clock: SetClock
) -> None:
    lots = [town.stock("EXT-001", "1", serial=f"X-{n}", made_on=date(2024, 1, 1)) for n in range(5)]
    town.stock("EXT-001", "1", serial="far", shelf=town.other_shelf, made_on=date(2024, 1, 1))
    found: list[str] = []
    cursor = ""
    while True:
        address = f"/api/checks?limit=2&plan=MP-001{cursor}"
        answer = (await client.get(address, headers=town.auth())).json()
        found += [row["lot"] for row in answer["items"]]
        if not answer["next"]:
            break
        cursor = f"&cursor={answer['next']}"
    assert sorted(found) == sorted(str(lot) for lot in lots)
    everywhere = (await client.get("/api/checks?plan=MP-001", headers=town.auth("auditor"))).json()["items"]
    assert {row["depot"] for row in everywhere} == {"STR-0001", "IND-0002"}
    line = {"thing": town.code_of(lots[0]), "plan": "MP-001", "answers": GOOD}
    entry = {"kind": "check", "id": str(uuid4()), "lines": [line]}
    told = await client.post("/api/entries", json=entry, headers=town.auth())
    assert told.status_code == 201, told.text
    done = (await client.get("/api/checks?state=done", headers=town.auth())).json()["items"]
    assert [(row["lot"], row["outcome"], row["by"]) for row in done] == [(str(lots[0]), "passed", "keeper")]
    clock.instant += timedelta(days=10)
    overdue = (await client.get("/api/checks?state=overdue&plan=MP-001", headers=town.auth())).json()["items"]
    assert {row["lot"] for row in overdue} == {str(lot) for lot in lots[1:]}
    assert (await client.get("/api/checks?cursor=nonsense", headers=town.auth())).status_code == 422


async def test_an_officer_edits_a_plan_and_nobody_else_does(client: httpx.AsyncClient, town: Town) -> None:
    town.stock("EXT-001", "1", serial="X", made_on=date(2024, 1, 1))
    change = {"reason": "梅雨季加密", "every": 1, "unit": "week"}
    assert (await client.put("/api/plans/MP-001", json=change, headers=town.auth())).status_code == 403
    answer = await client.put("/api/plans/MP-001", json=change, headers=town.auth("officer"))
    assert answer.json() == {"plan": "MP-001", "version": 2, "recalculated": 3, "moved": 1}
    wrong = await client.put("/api/plans/MP-001", json={**change, "unit": "moon"}, headers=town.auth("officer"))
    assert wrong.status_code == 422
    assert (await client.put("/api/plans/NONE", json=change, headers=town.auth("officer"))).status_code == 404
    plans = (await client.get("/api/plans?q=MP-001", headers=town.auth())).json()
    assert [(plan["every"], plan["unit"], plan["version"]) for plan in plans if plan["code"] == "MP-001"] == [
        (1, "week", 2)
    ]


async def test_every_page_opens_in_both_languages_with_few_queries(
    client: httpx.AsyncClient, town: Town, queries: QueryCount
) -> None:
    lot = town.stock("EXT-001", "1", serial="X", made_on=date(2024, 1, 1))
    paths = ("/upkeep", "/upkeep/done", "/upkeep?depot=STR-0001&state=overdue", f"/lots/{lot}/upkeep")
    for path in (*paths, "/upkeep/plans", "/upkeep/plans/MP-001"):
        for language, word in (("zh", "月检"), ("en", "Monthly visual check")):
            headers = {**town.auth("officer"), "cookie": f"language={language}"}
            queries.during()
            answer = await client.get(path, headers=headers)
            assert answer.status_code == 200, path
            assert len(queries) <= 12, (path, queries.statements)
            if path not in paths[1:3]:
                assert word in answer.text, path
    assert (await client.get(f"/lots/{uuid4()}/upkeep", headers=town.auth())).status_code == 404
    assert (await client.get(f"/lots/{lot}/upkeep", headers=town.auth("keeper2"))).status_code == 404


async def test_the_desk_checks_sends_to_service_and_takes_back_by_forms(
    client: httpx.AsyncClient, town: Town, desk: Upkeep
) -> None:
    lots = [town.stock("EXT-001", "1", serial=f"X{n}", made_on=date(2024, 1, 1)) for n in range(4)]
    lot = lots[0]
    form = {"id": str(uuid4()), "plan": "MP-001", "answer-gauge": "green"}
    form |= {f"answer-{key}": "yes" for key in ("seal", "body", "place")}
    headers = town.auth()
    for _ in range(2):
        answer = await client.post(f"/lots/{lot}/check", data=form, headers=headers)
        assert answer.status_code == 303, answer.text
    assert desk.due_on(lot, "MP-001") == date(2026, 12, 31)
    away = {"id": str(uuid4()), "vendor": "安盾", "due_back_on": "2026-12-01", "plan": "MP-002"}
    assert (await client.post(f"/lots/{lot}/service", data=away, headers=headers)).status_code == 303
    page = (await client.get(f"/lots/{lot}/upkeep", headers=headers)).text
    service = page.split("/services/")[1].split("/back")[0]
    back = {"id": str(uuid4()), "lot": str(lot), "cost": "80", "note": "ok"}
    assert (await client.post(f"/services/{service}/back", data=back, headers=headers)).status_code == 303
    assert "¥80" in (await client.get(f"/lots/{lot}/upkeep", headers=headers)).text


def test_an_alert_per_check_goes_from_coming_to_overdue_to_blocking_and_resolves_when_done(
    town: Town, desk: Upkeep, clock: SetClock
) -> None:
    def steps() -> list[int]:
        sweep_city(town.context.database, clock.today(), clock.now())
        page = town.run(alerts, town.callers["admin"], AlertFilters(kind=AlertKind.CHECK_DUE), 200)
        return sorted(row.step for row in page.items)

    bank = town.stock("CNV-001", "1", serial="P")
    desk.check(bank, "MP-107", answers={"charge": "60"})
    assert steps() == [7]  # November's swelling check ends in a week
    clock.instant += timedelta(days=8)
    assert steps() == [0]
    assert steps() == [0]
    desk.check(bank, "MP-108", answers={"flat": True})
    assert steps() == []
