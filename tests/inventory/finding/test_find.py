"""Who near me has it, ready now: over HTTP, on both databases."""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from depots.models import Depot, Place, PlaceKind
from depots.places import add_depots, add_places, new_place, standing_place_id
from inventory.catalogue.models import Item
from inventory.finding.memory import remembered
from inventory.stock.models import Kind
from inventory.stock.verify import verify
from tests.clock import SetClock
from tests.conftest import QueryCount, Town, one

HERE = "22.530,113.940"  # at the first depot's door


@pytest.fixture
async def city(town: Town) -> AsyncIterator[Town]:
    """The town with its second depot put some way off, and the words for things known; the book stays sound."""
    town.run(_move, town.other.code, 22.60, 113.98)
    yield town
    assert town.run(verify).sound


def _move(session: Session, code: str, lat: float | None, lon: float | None) -> None:
    session.execute(update(Depot).where(Depot.code == code).values(lat=lat, lon=lon))


async def ask(client: httpx.AsyncClient, town: Town, who: str = "keeper", **params: Any) -> dict[str, Any]:
    params = {"near": HERE, **params} if "from_depot" not in params else params
    answer = await client.get("/api/find", params=params, headers=town.auth(who))
    assert answer.status_code == 200, answer.text
    return answer.json()


async def offers(client: httpx.AsyncClient, town: Town, who: str = "keeper", **params: Any) -> list[tuple[str, str]]:
    return [(row["depot"], row["ready"]) for row in (await ask(client, town, who, **params))["items"]]


async def test_T69_the_nearest_with_clamp_pliers_is_told_with_way_shelf_count_and_phone(
    client: httpx.AsyncClient, city: Town
) -> None:
    city.stock("BRK-014", "2", shelf=city.other_shelf)
    city.stock("BRK-014", "3")
    for words in ("夹钳", "大力钳", "daliqian", "clamp plyers", "孩子的手卡在门锁里"):
        found = await ask(client, city, q=words)
        first = found["items"][0]
        assert (first["depot"], first["item"], first["ready"]) == (city.depot.code, "BRK-014", "3"), words
    assert [row["depot"] for row in found["items"] if row["item"] == "BRK-014"] == [city.depot.code, city.other.code]
    assert (first["distance_m"], first["minutes"]) == (0, 1.0)
    far = found["items"][1]
    assert 11_800 < far["distance_m"] < 12_600  # 8.8 km straight, lengthened by 1.4
    assert far["minutes"] == pytest.approx(1 + far["distance_m"] / 1000 / 25 * 60, abs=0.1)
    assert (far["path_zh"], far["phone"]) == ("B1层", "0755-00000001")
    assert found["roads"] == {"model": "straight", "speed_kmh": 25.0, "detour": 1.4, "start_minutes": 1.0}
    from_there = await ask(client, city, q="夹钳", from_depot=city.other.code)
    assert [row["depot"] for row in from_there["items"]] == [city.other.code, city.depot.code]


async def test_only_what_is_fit_in_date_and_in_reach_counts(
    client: httpx.AsyncClient, city: Town, clock: SetClock
) -> None:
    today = clock.today()
    city.stock("MED-007", "5", expires_on=today, number="A")
    city.stock("MED-007", "7", expires_on=today - timedelta(days=1), number="B")
    city.stock("MED-007", "9", number="C", expiry_unknown=True)
    held = city.stock("MED-007", "11", expires_on=date(2030, 1, 1), number="D")
    assert await offers(client, city, q="纱布") == [(city.depot.code, "16")]
    hold = standing_place_id(city.depot.id, PlaceKind.HOLD)
    city.book(one(kind=Kind.TRANSFER, lot=held, quantity="11", target=str(hold)))
    assert await offers(client, city, q="纱布") == [(city.depot.code, "5")]
    city.book(one(kind=Kind.ISSUE, item="MED-007", quantity="4"))
    assert await offers(client, city, q="纱布") == [(city.depot.code, "1")]
    clock.instant += timedelta(days=1)
    assert await offers(client, city, q="纱布") == []


async def test_T47_it_looks_inside_kits_and_vehicles(client: httpx.AsyncClient, city: Town, clock: SetClock) -> None:
    truck = _container(city, "VEH-002", PlaceKind.VEHICLE, city.shelf, clock)
    kit = _container(city, "BRK-028", PlaceKind.KIT, truck, clock)
    city.stock("BRK-014", "2", shelf=kit)
    first = (await ask(client, city, q="夹钳"))["items"][0]
    assert first["ready"] == "2"
    assert first["places"][0]["path_zh"] == "器材库 › A1层 › VEH-002 › BRK-028"
    assert first["places"][0]["kind"] == "kit"
    # A kit that lacks a part is no kit, but what is in it can be had
    assert await offers(client, city, item="BRK-028") == []
    city.book(one(kind=Kind.ISSUE, lot=truck.id))  # driven away, all that is on it with it (T39)
    assert await offers(client, city, q="夹钳") == []


def _container(town: Town, item: str, kind: PlaceKind, parent: Place, clock: SetClock) -> Place:
    lot = town.stock(item, "1", shelf=parent, serial=f"{item}-1")
    place = new_place(parent.depot_id, kind, item, item, clock.now(), parent=parent, place_id=lot)
    town.run(add_places, [place], clock.now())
    return place


async def test_T43_a_kit_counts_when_it_is_complete(client: httpx.AsyncClient, city: Town, clock: SetClock) -> None:
    kit = _container(city, "BRK-006", PlaceKind.KIT, city.shelf, clock)
    for item in ("BRK-001", "BRK-018"):
        city.stock(item, "1", shelf=kit, **({"serial": "x1"} if item == "BRK-001" else {}))
    assert await offers(client, city, q="破拆工具") == []
    city.stock("BRK-002", "1", shelf=kit)
    assert await offers(client, city, q="破拆工具") == [(city.depot.code, "1")]


async def test_T96_regulated_gear_is_hidden_from_other_depots_search(client: httpx.AsyncClient, city: Town) -> None:
    city.stock("RIO-007", "2", shelf=city.other_shelf, expires_on=date(2030, 1, 1), number="R1")
    assert await offers(client, city, "keeper", q="辣椒水") == []
    assert await offers(client, city, "officer", q="催泪喷射器") == []  # of another district
    assert await offers(client, city, "keeper2", q="辣椒水") == [(city.other.code, "2")]
    assert await offers(client, city, "admin", q="pepper spray") == [(city.other.code, "2")]
    city.stock("BRK-014", "1", shelf=city.other_shelf)
    assert await offers(client, city, "keeper", q="夹钳") == [(city.other.code, "1")]  # other gear is for everybody


async def test_depots_with_enough_go_before_depots_with_some(client: httpx.AsyncClient, city: Town) -> None:
    city.stock("TRF-001", "4")
    city.stock("TRF-001", "20", shelf=city.other_shelf)
    found = await ask(client, city, q="路锥", quantity="10")
    told = [(row["depot"], row["ready"], row["enough"]) for row in found["items"]]
    assert told == [(city.other.code, "20", True), (city.depot.code, "4", False)]


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"q": "夹钳", "near": "here"}, "near"),
        ({"q": "夹钳", "near": "nan,1"}, "near"),
        ({"q": "夹钳", "near": "91,1"}, "near"),
        ({"q": "夹钳", "quantity": "-1"}, "quantity"),
        ({"q": " "}, "q"),
        ({"item": "XXX-1"}, "item"),
    ],
)
async def test_what_cannot_be_understood_is_said(
    client: httpx.AsyncClient, city: Town, params: dict[str, str], field: str
) -> None:
    answer = await client.get("/api/find", params=params, headers=city.auth())
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field


async def test_where_to_ask_from_must_be_known(client: httpx.AsyncClient, city: Town) -> None:
    assert (await client.get("/api/find?q=AED", headers=city.auth("officer"))).status_code == 422
    assert (await client.get("/api/find?q=AED", headers=city.auth("keeper"))).status_code == 200  # from the own depot
    assert (await client.get("/api/find?q=AED&from_depot=NO", headers=city.auth("keeper"))).status_code == 404
    assert (await client.get("/api/find?q=AED")).status_code == 401


async def test_a_depot_that_nobody_knows_where_it_is_comes_last(client: httpx.AsyncClient, city: Town) -> None:
    city.run(_move, city.other.code, None, None)
    city.stock("BRK-014", "1", shelf=city.other_shelf)
    city.stock("BRK-014", "1")
    found = await ask(client, city, q="夹钳")
    assert [(row["depot"], row["distance_m"]) for row in found["items"]] == [
        (city.depot.code, 0),
        (city.other.code, None),
    ]


async def test_what_changes_in_the_catalogue_is_found_at_once(client: httpx.AsyncClient, city: Town) -> None:
    city.stock("BRK-014", "1")
    assert (await ask(client, city, q="魔法钳"))["items"] == []
    before = city.run(remembered)
    assert city.run(remembered) is before
    city.run(lambda session: session.execute(update(Item).where(Item.code == "BRK-014").values(name_zh="魔法钳")))
    assert await offers(client, city, q="魔法钳") == [(city.depot.code, "1")]
    city.run(lambda session: session.execute(update(Depot).values(phone="119")))
    assert (await ask(client, city, q="魔法钳"))["items"][0]["phone"] == "119"


@pytest.mark.heavy
async def test_a_search_costs_few_queries_whatever_the_number_of_depots(
    client: httpx.AsyncClient, city: Town, queries: QueryCount, clock: SetClock
) -> None:
    city.run(_many, city, clock, 70)
    shelves = city.run(lambda session: list(session.query(Place).filter(Place.name_zh == "层")))
    for shelf in shelves:
        city.stock("BRK-014", "1", shelf=shelf)
    await ask(client, city, q="夹钳")
    queries.during()
    found = await ask(client, city, q="夹钳", limit=10)
    assert len(queries) <= 6, queries.statements
    assert len(found["items"]) == 10
    distances = [row["distance_m"] for row in found["items"]]
    assert distances == sorted(distances)
    city.stock("BRK-013", "1", shelf=shelves[-1], serial="r1")
    queries.during()
    rare = await ask(client, city, q="取戒器")
    assert len(queries) <= 7, queries.statements
    assert [row["item"] for row in rare["items"]] == ["BRK-013"]


def _many(session: Session, town: Town, clock: SetClock, count: int) -> None:
    depots = [
        Depot(
            code=f"IND-{number + 100}",
            name_zh=f"{number}号站",
            name_en=f"No. {number}",
            type_code="IND",
            district_code="440305",
            lat=22.53 + 0.002 * (number + 1),
            lon=113.94,
            created_at=clock.now(),
        )
        for number in range(count)
    ]
    add_depots(session, depots, clock.now())
    add_places(
        session, [new_place(depot.id, PlaceKind.SHELF, "层", "shelf", clock.now()) for depot in depots], clock.now()
    )


async def reserve(client: httpx.AsyncClient, town: Town, who: str, **wanted: Any) -> httpx.Response:
    body = {"id": str(wanted.pop("id", uuid4())), "depot": town.depot.code, "item": "BRK-014", **wanted}
    return await client.post("/api/reservations", json=body, headers=town.auth(who))


async def aside(client: httpx.AsyncClient, town: Town, who: str) -> list[tuple[str, str]]:
    rows = (await client.get("/api/reservations", headers=town.auth(who))).json()
    return [(row["item"], row["left"]) for row in rows]


async def test_what_is_put_aside_is_not_offered_to_others_and_comes_back_by_itself(
    client: httpx.AsyncClient, city: Town, clock: SetClock
) -> None:
    city.stock("BRK-014", "2")
    wanted = uuid4()
    made = await reserve(client, city, "responder", id=wanted, quantity="2")
    assert (made.status_code, made.json()["left"]) == (201, "2")
    assert made.json()["until"] == (clock.now() + timedelta(minutes=30)).isoformat().replace("+00:00", "Z")
    again = await reserve(client, city, "responder", id=wanted, quantity="2")
    assert (again.status_code, again.json()) == (200, made.json())
    assert (await reserve(client, city, "responder", id=wanted, quantity="1")).status_code == 409
    assert await offers(client, city, "keeper2", q="夹钳") == []
    assert await offers(client, city, "responder", q="夹钳") == [(city.depot.code, "2")]
    refused = await reserve(client, city, "keeper2")
    assert (refused.status_code, refused.json()["available"]) == (409, "0")
    assert await aside(client, city, "keeper") == [("BRK-014", "2")]  # the depot's keeper sees what is coming
    assert await aside(client, city, "keeper2") == []
    clock.instant += timedelta(minutes=30)
    assert await offers(client, city, "keeper2", q="夹钳") == [(city.depot.code, "2")]
    assert await aside(client, city, "responder") == []


async def test_taking_fulfils_it(client: httpx.AsyncClient, city: Town, clock: SetClock) -> None:
    city.stock("BRK-014", "5")
    await reserve(client, city, "responder", quantity="2")
    clock.instant += timedelta(minutes=5)
    assert await offers(client, city, "keeper", q="夹钳") == [(city.depot.code, "3")]
    take = one(kind=Kind.ISSUE, item="BRK-014", quantity="1", source=str(city.shelf.id))
    city.book(take, caller="responder")
    assert await aside(client, city, "responder") == [("BRK-014", "1")]
    assert await offers(client, city, "keeper", q="夹钳") == [(city.depot.code, "3")]
    city.book(one(kind=Kind.ISSUE, item="BRK-014", quantity="1", source=str(city.shelf.id)), caller="responder")
    assert await aside(client, city, "responder") == []
    assert await offers(client, city, "keeper", q="夹钳") == [(city.depot.code, "3")]
    clock.instant += timedelta(minutes=1)
    assert (await reserve(client, city, "responder")).status_code == 201


async def test_it_is_called_off_by_whom_it_is_for_or_by_the_depots_keeper(
    client: httpx.AsyncClient, city: Town
) -> None:
    city.stock("BRK-014", "1")
    for who, status in (("responder", 204), ("keeper", 204), ("keeper2", 404), ("auditor", 403)):
        made = (await reserve(client, city, "responder")).json()
        assert (await reserve(client, city, "responder")).json()["type"] == "/problems/already-reserved"
        end = f"/api/reservations/{made['id']}/end"
        assert (await client.post(end, headers=city.auth(who))).status_code == status, who
        assert (await client.post(end, headers=city.auth("responder"))).status_code == 204
        assert await aside(client, city, "responder") == []


async def test_T96_regulated_gear_is_put_aside_only_within_reach(client: httpx.AsyncClient, city: Town) -> None:
    city.stock("RIO-007", "2", shelf=city.other_shelf, expires_on=date(2030, 1, 1), number="R1")
    wanted = {"depot": city.other.code, "item": "RIO-007"}
    assert (await reserve(client, city, "keeper", **wanted)).status_code == 404
    assert (await reserve(client, city, "keeper2", **wanted)).status_code == 201
    assert (await reserve(client, city, "auditor")).status_code == 403


async def test_fractions_are_put_aside_where_the_unit_has_them(client: httpx.AsyncClient, city: Town) -> None:
    city.stock("BRK-014", "1")
    assert (await reserve(client, city, "keeper", quantity="0.5")).status_code == 422
    assert (await reserve(client, city, "keeper", quantity=str(Decimal("1")))).status_code == 201
