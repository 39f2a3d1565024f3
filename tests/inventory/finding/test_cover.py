"""Five-minute cover and what-if over HTTP, on both databases."""

from datetime import date
from typing import Any

import httpx
import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from depots.models import Depot, Place, PlaceKind
from depots.places import add_places, new_place
from inventory.stock.models import Kind
from tests.clock import SetClock
from tests.conftest import Town, one


@pytest.fixture
def city(town: Town) -> Town:
    """The town with its depots 660 m apart: within five minutes of each other."""
    town.run(_move, town.other.code, 22.536, 113.94)
    return town


def _move(session: Session, code: str, lat: float, lon: float) -> None:
    session.execute(update(Depot).where(Depot.code == code).values(lat=lat, lon=lon))


async def get(client: httpx.AsyncClient, town: Town, path: str, who: str = "admin", **params: Any) -> Any:
    answer = await client.get(path, params=params, headers=town.auth(who))
    assert answer.status_code == 200, answer.text
    return answer.json()


async def cover(client: httpx.AsyncClient, town: Town, capability: str = "aed", **params: Any) -> dict[str, bool]:
    told = await get(client, town, "/api/cover", capability=capability, **params)
    assert told["points"] == len(told["spots"]) == told["covered"] + len(told["holes"])
    return {spot["code"]: spot["covered"] for spot in told["spots"]}


async def test_a_point_is_covered_when_somebody_ready_is_within_five_minutes(
    client: httpx.AsyncClient, city: Town
) -> None:
    assert not any((await cover(client, city)).values())
    lot = city.stock("MED-003", "1", serial="AED-1")
    told = await cover(client, city)
    assert (told[city.depot.code], told[city.other.code]) == (True, True)
    assert len(told) == 2 + 78  # the sub-districts' centres are points too
    assert not all(told.values())
    assert not (await cover(client, city, minutes="1.5"))[city.other.code]
    city.book(one(kind=Kind.ISSUE, lot=lot))
    assert not any((await cover(client, city)).values())


async def test_holes_are_told_with_where_help_comes_from_soonest(client: httpx.AsyncClient, city: Town) -> None:
    city.run(_move, city.other.code, 22.60, 113.98)
    city.stock("MED-003", "1", serial="AED-1")
    told = await get(client, city, "/api/cover", capability="aed")
    hole = next(spot for spot in told["holes"] if spot["code"] == city.other.code)
    assert (hole["by"], hole["minutes"]) == (city.depot.code, pytest.approx(30.4, abs=1))
    assert told["able"] == 1
    minutes = [spot["minutes"] for spot in told["holes"]]
    assert minutes == sorted(minutes, reverse=True)
    assert told["roads"]["model"] == "straight"


async def test_a_capability_needs_all_its_parts_and_any_of_their_items(client: httpx.AsyncClient, city: Town) -> None:
    city.stock("WTR-001", "1")
    city.stock("WTR-002", "1", serial="P1")
    assert not (await cover(client, city, "water-rescue"))[city.depot.code]
    city.stock("WTR-006", "1")
    assert (await cover(client, city, "water-rescue"))[city.depot.code]


async def test_one_sees_the_points_within_ones_reach_and_help_from_everywhere(
    client: httpx.AsyncClient, city: Town
) -> None:
    city.stock("MED-003", "1", shelf=city.other_shelf, serial="AED-1")
    told = await get(client, city, "/api/cover", "keeper", capability="aed")
    assert [(spot["code"], spot["by"]) for spot in told["spots"]] == [(city.depot.code, city.other.code)]
    district = await get(client, city, "/api/cover", "officer", capability="aed")
    assert {spot["district"] for spot in district["spots"]} == {"440305"}
    assert (await client.get("/api/cover?capability=none", headers=city.auth())).status_code == 404
    abilities = await get(client, city, "/api/capabilities")
    assert {"aed", "water-rescue", "breaching", "fire-pump"} <= {one["code"] for one in abilities}


async def test_what_if_a_pump_is_out_of_service_who_loses_cover_and_which_loaner_restores_it(
    client: httpx.AsyncClient, city: Town
) -> None:
    city.run(_move, city.other.code, 22.60, 113.98)
    city.stock("PMP-001", "1", serial="0231")
    first = city.stock("PMP-001", "1", shelf=city.other_shelf, serial="0232")
    told = await get(client, city, "/api/cover/what-if", piece="0231")
    assert (told["item"], told["depot"], told["counts_now"]) == ("PMP-001", city.depot.code, True)
    lost = {loss["capability"]["code"]: {spot["code"] for spot in loss["spots"]} for loss in told["lost"]}
    assert city.depot.code in lost["fire-pump"]
    assert told["loaners"] == []  # the other one's only pump is needed where it is
    city.stock("PMP-001", "1", shelf=city.other_shelf, serial="0233")
    told = await get(client, city, "/api/cover/what-if", piece="0231")
    lender = told["loaners"][0]
    assert (lender["depot"], lender["item"], lender["quantity"]) == (city.other.code, "PMP-001", "1")
    assert (lender["keeps_minimum"], lender["phone"]) == (True, "0755-00000001")
    spare = await get(client, city, "/api/cover/what-if", piece=str(first))
    assert [loss["spots"] for loss in spare["lost"]] == []  # there are two there


async def test_T39_with_a_truck_goes_all_that_is_on_it_and_with_a_part_its_kit(
    client: httpx.AsyncClient, city: Town, clock: SetClock
) -> None:
    truck = _container(city, "VEH-002", PlaceKind.VEHICLE, city.shelf, clock)
    city.stock("MED-003", "1", shelf=truck, serial="AED-1")
    told = await get(client, city, "/api/cover/what-if", piece="VEH-002-1")
    assert [loss["capability"]["code"] for loss in told["lost"]] == ["aed"]
    kit = _container(city, "MED-002", PlaceKind.KIT, city.shelf, clock)
    for item, quantity in (("MED-007", "6"), ("MED-008", "1"), ("MED-015", "1"), ("MED-020", "1"), ("MED-021", "1")):
        city.stock(item, quantity, shelf=kit, expires_on=date(2030, 1, 1), number=item)
    for item in ("MED-014", "MED-031"):
        city.stock(item, "1", shelf=kit, expires_on=date(2030, 1, 1), number="S1")
    city.stock("SAR-005", "1", serial="S1")
    casualty = await cover(client, city, "casualty")
    told = await get(client, city, "/api/cover/what-if", piece="MED-008")
    lost = {loss["capability"]["code"] for loss in told["lost"]}
    assert told["counts_now"]
    assert casualty[city.depot.code]
    assert lost == {"casualty"}


def _container(town: Town, item: str, kind: PlaceKind, parent: Place, clock: SetClock) -> Place:
    lot = town.stock(item, "1", shelf=parent, serial=f"{item}-1")
    place = new_place(parent.depot_id, kind, item, item, clock.now(), parent=parent, place_id=lot)
    town.run(add_places, [place], clock.now())
    return place


async def test_a_piece_must_be_known_and_be_one(client: httpx.AsyncClient, city: Town) -> None:
    lot = city.stock("PMP-001", "1", serial="0231")
    city.stock("PMP-002", "1", shelf=city.other_shelf, serial="0231")
    path = "/api/cover/what-if"
    several = await client.get(path, params={"piece": "0231"}, headers=city.auth("admin"))
    assert (several.status_code, len(several.json()["lots"])) == (409, 2)
    assert (await get(client, city, path, "keeper", piece="0231"))["lot"] == str(lot)  # only one of them is theirs
    assert (await client.get(path, params={"piece": "9999"}, headers=city.auth("admin"))).status_code == 404
    city.book(one(kind=Kind.ISSUE, lot=lot))
    out = await get(client, city, path, "keeper", piece="0231")
    assert (out["counts_now"], out["lost"]) == (False, [])
