"""The life of a piece on one line: all that happened to it within the caller's reach, each point with its line."""

import json
import re
from datetime import date, datetime, time, timedelta
from uuid import UUID, uuid4

import httpx
from sqlalchemy import select
from sqlalchemy.orm import Session

from depots.models import PlaceKind
from depots.places import standing_place_id
from inventory.clocks.models import Check, MaintenancePlan, Outcome
from inventory.desk.life import LANES, life
from inventory.faults.models import Defect
from inventory.stock.models import Kind
from inventory.upkeep.models import Service
from tests.conftest import QueryCount, Town, one

ENDS = date(2027, 5, 1)


def lived(town: Town) -> UUID:
    """A piece that was received, taken, brought back, looked at, faulty and away."""
    lot = town.stock("EXT-001", "1", serial="LIFE-1", expires_on=ENDS)
    town.book(one(kind=Kind.ISSUE, lot=lot))
    town.book(one(kind=Kind.RETURN, lot=lot))
    now, who = town.context.clock.now(), town.callers["keeper"].person_id

    def papers(session: Session) -> None:
        plan = session.execute(select(MaintenancePlan).limit(1)).scalar_one()
        facts = {"plan_code": plan.code, "plan_version": plan.version, "outcome": next(iter(Outcome))}
        moments = {"done_on": town.context.clock.today(), "happened_at": now, "recorded_at": now}
        session.add(Check(lot_id=lot, depot_id=town.depot.id, person_id=who, **facts, **moments))
        told = {"description": "canary leak", "reported_at": now - timedelta(days=3), "closed_at": now}
        session.add(Defect(depot_id=town.depot.id, lot_id=lot, **told))
        away = {"vendor": "canary works", "due_back_on": town.context.clock.today(), "sent_by_id": who}
        gone = {"sent_at": now - timedelta(days=2), "back_at": now - timedelta(days=1)}
        shelf = standing_place_id(town.depot.id, PlaceKind.HOLD)
        session.add(Service(id=uuid4(), depot_id=town.depot.id, lot_id=lot, own_place_id=shelf, **away, **gone))

    town.run(papers)
    return lot


def test_all_that_happened_stands_in_its_lane_the_latest_first(town: Town, queries: QueryCount) -> None:
    lot = lived(town)
    zone = town.context.settings.zone
    queries.during()
    told = town.run(life, town.callers["auditor"], lot, zone)
    assert len(queries) <= 5, queries.statements
    lanes = [moment.lane for moment in told.moments]
    assert {lane: lanes.count(lane) for lane in LANES} == {
        "book": 1, "moved": 0, "lent": 2, "checked": 1, "repaired": 4, "ends": 1,
    }  # fmt: skip
    assert told.moments[0].at == datetime.combine(ENDS, time(12), zone)
    assert [one.at for one in told.moments] == sorted((one.at for one in told.moments), reverse=True)
    assert len({one.key for one in told.moments}) == len(told.moments)
    at = {lane: {one.depot for one in told.moments if one.lane == lane} for lane in ("book", "lent", "checked")}
    assert at == {lane: {(town.depot.name_zh, town.depot.name_en)} for lane in at}


async def test_each_point_of_the_line_has_its_line_in_the_table(client: httpx.AsyncClient, town: Town) -> None:
    lot = lived(town)
    answer = await client.get(f"/lots/{lot}/life", headers=town.auth("keeper"))
    assert answer.status_code == 200
    data = re.search(r'id="life-data">(.*?)</script>', answer.text, re.DOTALL)
    assert data is not None
    points = json.loads(data[1])["points"]
    assert len(points) == 9
    assert re.findall(r'<tr id="([^"]+)">', answer.text) == [point[3] for point in points]
    assert "canary leak" in answer.text and "canary works" in answer.text
    opened = await client.get(f"/lots/{lot}", headers=town.auth("keeper"), follow_redirects=True)
    assert f'href="/lots/{lot}/life"' in opened.text


async def test_what_is_out_of_reach_has_no_life(client: httpx.AsyncClient, town: Town) -> None:
    lot = lived(town)
    for path in (f"/lots/{lot}/life", f"/lots/{uuid4()}/life"):
        answer = await client.get(path, headers=town.auth("keeper2"))
        assert answer.status_code == 404 and "LIFE-1" not in answer.text and "canary" not in answer.text
