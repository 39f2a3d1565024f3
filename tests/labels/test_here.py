"""A label's page begins where its reader stands, and books nowhere else without the depot's name (K2)."""

import re
from uuid import UUID

import httpx
import pytest

from depots.models import Depot, PlaceKind
from depots.places import add_depots, add_places, new_place
from people.models import Role
from people.policy import Duty
from tests.conftest import Town

BULK = "BRK-014"


@pytest.fixture
def batch(town: Town) -> UUID:
    """Cutters at both depots of the town."""
    lot = town.stock(BULK, "3")
    assert town.stock(BULK, "5", town.other_shelf) == lot
    return lot


async def look(client: httpx.AsyncClient, town: Town, lot: UUID, who: str, at: str = "", **cookies: str) -> str:
    headers = {**town.auth(who), "accept-language": "zh"}
    if cookies:
        headers["cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
    answer = await client.get(f"/q/{town.code_of(lot)}", params={"at": at} if at else {}, headers=headers)
    assert answer.status_code == 200
    return answer.text


def cards(page: str) -> list[str]:
    return re.findall(r'<section class="card" aria-label="([^"]*)"', page)


async def test_K2_the_page_of_a_bulk_label_is_one_card_for_here_and_one_line_for_elsewhere(
    client: httpx.AsyncClient, town: Town, batch: UUID
) -> None:
    town.person("roving", Duty(Role.KEEPER, depot_id=town.depot.id), Duty(Role.KEEPER, depot_id=town.other.id))
    page = await look(client, town, batch, "roving", at=str(town.other_shelf.id))
    assert cards(page) == ["B1层"]
    assert "您在 大浪工业园站" in page
    assert f"别处：{town.depot.name_zh}" in page
    assert f"?at={town.depot.code}" in page


@pytest.mark.parametrize(
    ("cookies", "shelf"),
    [
        ({"here": "IND-0002"}, "B1层"),
        ({"here": "STR-0001"}, "器材库 › A1层"),
        ({"near": "22.60001,114.00001"}, "B1层"),
        ({"here": "NOWHERE", "near": "22.53001,113.94001"}, "器材库 › A1层"),
        ({"here": "'; DROP", "near": "x,y"}, None),
    ],
)
async def test_K2_the_depot_last_scanned_goes_before_the_phones_position(
    client: httpx.AsyncClient, town: Town, batch: UUID, cookies: dict[str, str], shelf: str | None
) -> None:
    def move_away(session: object) -> None:
        depot = session.get(Depot, town.other.id)  # type: ignore[attr-defined]
        depot.lat, depot.lon = 22.60, 114.00

    town.run(move_away)
    page = await look(client, town, batch, "responder", **cookies)
    assert cards(page) == ([shelf] if shelf else [])


async def test_K2_who_is_nowhere_yet_is_shown_depots_and_no_button_that_books(
    client: httpx.AsyncClient, town: Town, batch: UUID
) -> None:
    page = await look(client, town, batch, "responder")
    assert cards(page) == []
    assert "/book" not in page
    assert "?at=STR-0001" in page and "?at=IND-0002" in page


async def test_K2_a_piece_of_another_depot_is_taken_with_its_depot_on_the_button(
    client: httpx.AsyncClient, town: Town
) -> None:
    piece = town.stock("EXT-001", "1", town.other_shelf, serial="SN-1")
    page = await look(client, town, piece, "responder", here="STR-0001")
    assert re.findall(r"<button>([^<]*确认取用[^<]*)</button>", page) == [f"确认取用（{town.other.name_zh}）"]


async def test_K2_in_the_whole_city_only_the_nearest_few_are_named_with_their_distance(
    client: httpx.AsyncClient, town: Town, batch: UUID
) -> None:
    now = town.context.clock.now()
    depots, shelves = [], []
    for number in range(10):
        depot = Depot(
            **{"code": f"SML-{number:04}", "name_zh": f"小站{number}", "name_en": f"Small {number}"},
            **{"type_code": "STR", "district_code": "440305", "created_at": now},
            **{"lat": 22.53 + (10 - number) / 100, "lon": 113.94},
        )
        depots.append(depot)
        shelves.append(new_place(depot.id, PlaceKind.SHELF, "A层", "A", now, position=20))
    town.run(add_depots, depots, now)
    town.run(add_places, shelves, now)
    for shelf in shelves:
        town.stock(BULK, "1", shelf)
    page = await look(client, town, batch, "responder", here="STR-0001")
    assert cards(page) == ["器材库 › A1层"]
    assert re.findall(r'\?at=([A-Z]+-\d+)"', page)[:3] == ["IND-0002", "SML-0009", "SML-0008"]
    assert len(re.findall(r'\?at=[A-Z]+-\d+"', page)) == 5


async def test_K2_scanning_a_shelf_remembers_where_its_reader_stands(
    client: httpx.AsyncClient, town: Town, batch: UUID
) -> None:
    from labels.codes.binding import codes_of
    from labels.codes.models import Label

    code = town.run(codes_of, Label.place_id, [town.other_shelf.id])[town.other_shelf.id]
    answer = await client.get(f"/q/{code}", headers=town.auth("responder"))
    assert answer.headers["location"] == f"/places/{town.other_shelf.id}"
    assert answer.cookies["here"] == town.other.code


async def test_K2_a_depot_out_of_reach_is_never_here(client: httpx.AsyncClient, town: Town, batch: UUID) -> None:
    for clue in (str(town.other_shelf.id), town.other.code):
        page = await look(client, town, batch, "keeper", at=clue, here="IND-0002", near="22.53,113.94")
        assert cards(page) == ["器材库 › A1层"]
        assert town.other.name_zh not in page


async def test_the_heading_is_in_the_readers_language_with_the_other_name_below(
    client: httpx.AsyncClient, town: Town, batch: UUID
) -> None:
    pages = {language: await look(client, town, batch, "keeper", language=language) for language in ("zh", "en")}
    names = [re.search(r'<h1>(.*?)</h1>\s*<p class="soft" lang="(.*?)">(.*?)</p>', pages[one]) for one in ("zh", "en")]
    (zh, below, en), (heading, other, last) = [found.groups() for found in names if found]
    assert (below, other) == ("en", "zh-CN")
    assert (heading, last) == (en, zh)
    assert not zh.isascii()
    assert en.isascii()
