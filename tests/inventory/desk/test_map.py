"""The map's depots equal the dashboard's figures, and who lights up equals what the finder calls ready."""

import httpx
import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.database import Database
from core.scopes import SCOPE_COOKIE, Scope, write_scope
from depots.models import Depot, PlaceKind
from depots.places import add_places, new_place
from inventory.desk.city_map import State, city_map
from inventory.finding.memory import remembered
from inventory.finding.ready import ready_places
from inventory.readiness.counting import refresh
from inventory.readiness.survey import depot_figures
from tests.conftest import QueryCount, Town
from tests.inventory.desk.conftest import TODAY


def slow_able(session: Session, code: str) -> set[str]:
    """The depots that have a capability ready, from what the finder finds on each depot's shelves."""
    memory = remembered(session)
    capability = memory.capability(code)
    items = capability.item_ids
    able = set()
    for depot in session.execute(select(Depot)).scalars():
        shelves = ready_places(session, TODAY, [depot.id], items, kits=bool(memory.kits_among(items)))
        ready = {item: sum(place.quantity for place in shelves.get((depot.id, item), [])) for item in items}
        if all(sum(ready[item] for item in part.item_ids) >= part.quantity for part in capability.parts):
            able.add(depot.code)
    return able


def _kit(town: Town, serial: str, *, full: bool) -> None:
    """A first-aid kit with all its parts in it, or none."""
    lot = town.stock("MED-002", "1", serial=serial)
    place = new_place(
        town.depot.id, PlaceKind.KIT, "急救箱", "Kit", town.context.clock.now(), parent=town.shelf, place_id=lot
    )
    town.run(add_places, [place], town.context.clock.now())
    if full:
        for item, quantity in (
            ("MED-007", "6"),
            ("MED-008", "1"),
            ("MED-015", "1"),
            ("MED-020", "1"),
            ("MED-021", "1"),
        ):
            town.stock(item, quantity, place, expires_on=TODAY.replace(year=2030), number=item)
        for item in ("MED-014", "MED-031"):
            town.stock(item, "1", place, expires_on=TODAY.replace(year=2030), number="S1")


@pytest.mark.heavy
@pytest.mark.parametrize("full", [False, True])
def test_a_depot_lights_up_when_the_finder_finds_all_parts_ready(stocked: Town, full: bool) -> None:
    stocked.stock("WTR-006", "1")
    stocked.stock("SAR-005", "1", serial="S1")
    _kit(stocked, "K1", full=full)
    lit = {}
    for code in stocked.run(lambda session: list(remembered(session).capabilities)):
        told = stocked.run(city_map, stocked.callers["auditor"], TODAY, code)
        assert told.capability is not None
        lit[code] = {row.code for row in told.depots if row.able}
        assert lit[code] == stocked.run(slow_able, code), code
    assert lit["power-bank"] == {stocked.depot.code}  # the other has one, and two are needed
    assert lit["casualty"] == ({stocked.depot.code} if full else set())
    assert lit["forest-fire"] == set()


def test_the_maps_depots_are_the_dashboards(stocked: Town) -> None:
    told = {row.code: row for row in stocked.run(city_map, stocked.callers["auditor"], TODAY).depots}
    rows = stocked.run(depot_figures, stocked.callers["auditor"], TODAY)
    assert {row.code: (row.lines, row.lines_ready) for row in rows} == {
        code: (one.lines, one.lines_ready) for code, one in told.items()
    }
    assert {one.state for one in told.values()} == {State.SHORT}
    assert {one.able for one in told.values()} == {None}
    assert (told[stocked.depot.code].lat, told[stocked.depot.code].lon) == (22.53, 113.94)
    stocked.run(lambda session: session.execute(update(Depot).where(Depot.code == "IND-0002").values(lat=None)))
    assert stocked.run(city_map, stocked.callers["auditor"], TODAY).depots[0].lat is None


@pytest.mark.heavy
async def test_filters_reach_and_queries(
    client: httpx.AsyncClient, stocked: Town, database: Database, queries: QueryCount
) -> None:
    stocked.run(refresh, TODAY)
    for who, asked, codes in (
        ("auditor", "", {"STR-0001", "IND-0002"}),
        ("auditor", "type=IND", {"IND-0002"}),
        ("auditor", "district=440305&capability=power-bank", {"STR-0001"}),
        ("officer", "", {"STR-0001"}),
        ("officer", "district=440309", set()),
        ("keeper2", "capability=casualty", {"IND-0002"}),
    ):
        for path in ("/api/map", "/map"):
            await client.get(path, headers=stocked.auth(who))  # the finder's memory is made once per process
            queries.during()
            answer = await client.get(f"{path}?{asked}", headers=stocked.auth(who))
            assert answer.status_code == 200
            assert len(queries) <= 12, (path, asked, queries.statements)
            if path == "/map":
                shown = {code for code in ("STR-0001", "IND-0002") if f'href="/depots/{code}"' in answer.text}
            else:
                shown = {row["code"] for row in answer.json()["depots"]}
            assert shown == codes, (who, path, asked)
    for path in ("/api/map", "/map"):
        assert (await client.get(f"{path}?capability=flying", headers=stocked.auth())).status_code == 404


async def test_the_map_shows_what_its_table_does(client: httpx.AsyncClient, town: Town) -> None:
    async def shown() -> set[str]:
        answer = await client.get("/api/map", headers=town.auth("auditor"))
        return {row["code"] for row in answer.json()["depots"]}

    assert {town.depot.code, town.other.code} <= await shown()
    chosen = Scope(str(town.callers["auditor"].person_id), "depot", town.other.code, "x", "x")
    client.cookies.set(SCOPE_COOKIE, write_scope(chosen))
    assert await shown() == {town.other.code}
    assert town.depot.name_en not in (await client.get("/map", headers=town.auth("auditor"))).text
