"""What a phone keeps of a depot comes as changes since its version, and says which own entries are in it (K3)."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.conftest import Town

SHELVES = "/api/phone/STR-0001/shelves"
WORK = "/api/phone/STR-0001/work"


def replaced(picture: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
    """A picture with the changed buckets in place of its own, as the phone does it."""
    keys = {"places": "id", "items": "code", "lots": "id", "stock": 1, "kit_lines": "kit", "back": 0}
    made = dict(picture)
    for section, buckets in answer["changed"].items():
        spread = answer["buckets"][section]
        if section == "codes":
            rows: list[Any] = [list(row) for row in picture["codes"].items()]
            key: Any = 1
        else:
            rows, key = picture[section], keys[section]
        kept = [row for row in rows if str(sum(map(ord, row[key])) % spread) not in buckets]
        both = kept + [row for fresh in buckets.values() for row in fresh]
        made[section] = dict(both) if section == "codes" else both
    return made


def unordered(picture: dict[str, Any]) -> dict[str, Any]:
    return {
        name: sorted(map(repr, value.items() if isinstance(value, dict) else value))
        for name, value in picture.items()
        if name not in ("at", "depot", "may", "today")
    }


async def take(client: httpx.AsyncClient, town: Town, lot: Any) -> str:
    entry_id = str(uuid4())
    movement = {"id": str(uuid4()), "kind": "issue", "lot": str(lot), "quantity": "1"}
    entry = {"id": entry_id, "kind": "basket", "movements": [movement]}
    answer = await client.post("/api/entries", json=entry, headers=town.auth("keeper"))
    assert answer.status_code == 201, answer.text
    return entry_id


async def test_K3_after_a_take_a_phone_is_sent_only_what_changed(client: httpx.AsyncClient, town: Town) -> None:
    lots = [town.stock("EXT-001", "1", serial=f"SN-{number}") for number in range(60)]
    before = await client.get(SHELVES, headers=town.auth("keeper"))
    entry_id = await take(client, town, lots[7])
    version = before.headers["readyshelf-version"]
    changes = await client.get(SHELVES, params={"since": version}, headers=town.auth("keeper"))
    after = await client.get(SHELVES, headers=town.auth("keeper"))
    assert entry_id in changes.headers["readyshelf-told"].split()
    assert len(changes.content) < len(after.content) / 5
    assert unordered(replaced(before.json(), changes.json())) == unordered(after.json())
    assert changes.json()["version"] == after.headers["readyshelf-version"]
    same = await client.get(SHELVES, params={"since": changes.json()["version"]}, headers=town.auth("keeper"))
    assert same.json()["changed"] == {}


async def test_P2_the_phone_finds_by_other_names_and_by_what_a_thing_helps_with(
    client: httpx.AsyncClient, town: Town
) -> None:
    town.stock("BRK-014", "1")
    items = (await client.get(SHELVES, headers=town.auth("keeper"))).json()["items"]
    (pliers,) = (item for item in items if item["code"] == "BRK-014")
    assert {"大力钳", "戒指取不下来"} <= set(pliers["words"].split())


async def test_K3_the_last_of_a_lot_leaves_the_phones_picture(client: httpx.AsyncClient, town: Town) -> None:
    lot = town.stock("EXT-001", "1", serial="SN-1")
    before = await client.get(SHELVES, headers=town.auth("keeper"))
    movement = {"id": str(uuid4()), "kind": "adjust", "lot": str(lot), "quantity": "1", "reason": "没有了"}
    movement["from"] = str(town.shelf.id)
    booked = await client.post("/api/movements", json=movement, headers=town.auth("admin"))
    assert booked.status_code == 201, booked.text
    version = before.headers["readyshelf-version"]
    changes = await client.get(SHELVES, params={"since": version}, headers=town.auth("keeper"))
    picture = replaced(before.json(), changes.json())
    assert str(lot) not in {row["id"] for row in picture["lots"]}
    assert str(lot) not in picture["codes"].values()


@pytest.mark.parametrize("path", [SHELVES, WORK])
async def test_K3_what_the_phone_has_is_not_sent_again(client: httpx.AsyncClient, town: Town, path: str) -> None:
    town.stock("BRK-014", "3")
    first = await client.get(path, headers=town.auth("keeper"))
    known = {**town.auth("keeper"), "if-none-match": first.headers["etag"]}
    again = await client.get(path, headers=known)
    assert again.status_code == 304
    assert again.content == b""


async def test_a_broken_version_is_refused_by_its_field(client: httpx.AsyncClient, town: Town) -> None:
    for version in ("?", "AAAA", "x" * 1080):
        answer = await client.get(SHELVES, params={"since": version}, headers=town.auth("keeper"))
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == "since"


async def test_K1_the_phone_is_told_where_what_is_out_goes_back(client: httpx.AsyncClient, town: Town) -> None:
    lot = town.stock("BRK-014", "3", town.second_shelf)
    before = await client.get(SHELVES, headers=town.auth("keeper"))
    await take(client, town, lot)
    version = before.headers["readyshelf-version"]
    changes = await client.get(SHELVES, params={"since": version}, headers=town.auth("keeper"))
    picture = replaced(before.json(), changes.json())
    hands = next(row["id"] for row in picture["places"] if row["mine"])
    assert picture["back"] == [[hands, str(lot), str(town.second_shelf.id), "1"]]
    assert changes.num_bytes_downloaded <= 2048  # as it is sent, compressed
