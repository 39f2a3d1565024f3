"""Whatever is sent: a problem that names the field, never a 500, and nothing is changed by it."""

import json
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text

from core.context import AppContext
from core.database import Database
from core.settings import Settings
from tests.conftest import Town

NOBODYS = "5f2b3c1e-8a7d-4e6f-9b0a-1c2d3e4f5a6b"  # fixed: tests that run on several cores must bear the same names
GOOD: dict[str, Any] = {"kind": "issue", "item": "BRK-014", "quantity": "1"}
BAD_FIELDS: list[tuple[str, dict[str, Any]]] = [
    ("id", {"id": "not-a-uuid"}),
    ("id", {"id": 5}),
    ("kind", {"kind": "steal"}),
    ("kind", {"kind": None}),
    ("quantity", {"quantity": "-1"}),
    ("quantity", {"quantity": "0"}),
    ("quantity", {"quantity": "0.000"}),
    ("quantity", {"quantity": "1e3"}),
    ("quantity", {"quantity": "NaN"}),
    ("quantity", {"quantity": "Infinity"}),
    ("quantity", {"quantity": "1.0005"}),
    ("quantity", {"quantity": "9" * 40}),
    ("quantity", {"quantity": "１"}),
    ("quantity", {"quantity": ""}),
    ("quantity", {"quantity": 1}),
    ("quantity", {"quantity": True}),
    ("quantity", {"quantity": ["1"]}),
    ("unit", {"unit": "barrel"}),
    ("item", {"item": "NO-SUCH"}),
    ("item", {"item": "'; DROP TABLE movement; --"}),
    ("item", {"item": "x" * 500}),
    ("item", {"item": "BRK\u0000014"}),
    ("item", {"item": {"code": "BRK-014"}}),
    ("lot", {"lot": NOBODYS, "kind": "receive"}),
    ("lot", {"lot": "17"}),
    ("label", {"label": "AAAAAAAA", "item": None}),
    ("label", {"label": "7K3M-9QXW"}),
    ("from", {"from": "nowhere"}),
    ("from", {"from": NOBODYS}),
    ("to", {"to": NOBODYS, "kind": "transfer"}),
    ("happened_at", {"happened_at": "2027-02-30T00:00:00Z"}),
    ("happened_at", {"happened_at": "2026-11-23T09:00:00"}),
    ("happened_at", {"happened_at": "2099-01-01T00:00:00Z"}),
    ("happened_at", {"happened_at": "yesterday"}),
    ("late", {"late": "yes"}),
    ("reason", {"reason": "x" * 501}),
    ("reason", {"reason": "a\u0000b"}),
    ("reason", {"reason": "", "kind": "dispose"}),
    ("incident", {"incident": NOBODYS}),
    ("new_lot.expires_on", {"kind": "receive", "item": "MED-007", "new_lot": {"expires_on": "2027-02-30"}}),
    ("new_lot.colour", {"new_lot": {"colour": "red"}}),
    ("colour", {"colour": "red"}),
]


@pytest.fixture(scope="module")
def town(lasting_town: Town) -> Town:
    lasting_town.stock("BRK-014", "5")
    return lasting_town


@pytest.fixture
def context(town: Town) -> AppContext:
    return town.context


@pytest.fixture
def settings(town: Town) -> Settings:
    return town.context.settings


@pytest.fixture
def database(town: Town) -> Database:
    return town.context.database


async def _counts(town: Town) -> tuple[int, ...]:
    def count(session: Any) -> tuple[int, ...]:
        return tuple(
            session.execute(text(f"SELECT COUNT(*) FROM {table}")).scalar_one()
            for table in ("movement", "lot", "place", "item")
        )

    return town.run(count)


@pytest.mark.heavy
@pytest.mark.parametrize(("field", "change"), BAD_FIELDS, ids=[json.dumps(change)[:60] for _, change in BAD_FIELDS])
async def test_a_bad_field_is_named_and_nothing_is_changed(
    client: httpx.AsyncClient, town: Town, field: str, change: dict[str, Any]
) -> None:
    before = await _counts(town)
    wish = {
        key: value
        for key, value in {"id": str(uuid4()), **GOOD, **change}.items()
        if value is not None or key == "kind"
    }
    answer = await client.post("/api/movements", json=wish, headers=town.auth())
    assert answer.status_code in (400, 422), answer.text
    assert answer.headers["content-type"].startswith("application/problem+json")
    problem = answer.json()
    assert set(problem) >= {"type", "title", "status", "detail", "errors"}
    assert [fault["field"] for fault in problem["errors"]] == [field]
    assert problem["errors"][0]["message"]
    assert await _counts(town) == before


async def test_in_a_batch_every_bad_line_is_named_with_its_number(client: httpx.AsyncClient, town: Town) -> None:
    wishes = [{"id": str(uuid4()), **GOOD, "quantity": quantity} for quantity in ("1", "-1", "x")]
    answer = await client.post("/api/movements", json=wishes, headers=town.auth())
    assert answer.status_code == 422
    assert [fault["field"] for fault in answer.json()["errors"]] == ["1.quantity", "2.quantity"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"null", 400),
        (b"[]", 422),
        (b"[1]", 400),
        (b'"\xff\xfe"', 400),
        (b'{"id": "\\ud800"}', 400),
        (b'{"kind": "issue"}', 400),
        (b"[" * 5000 + b"]" * 5000, 400),
    ],
    ids=["empty", "broken", "null", "empty list", "numbers", "not utf-8", "half a surrogate", "fields missing", "deep"],
)
async def test_an_unreadable_body_is_a_problem(client: httpx.AsyncClient, town: Town, body: bytes, status: int) -> None:
    headers = {**town.auth(), "content-type": "application/json"}
    answer = await client.post("/api/movements", content=body, headers=headers)
    assert answer.status_code in (status, 422), answer.text
    assert answer.status_code < 500
    assert answer.headers["content-type"].startswith("application/problem+json")


async def test_a_huge_body_is_refused(client: httpx.AsyncClient, town: Town) -> None:
    headers = {**town.auth(), "content-type": "application/json"}
    answer = await client.post("/api/movements", content=b" " * 3_000_000, headers=headers)
    assert answer.status_code == 413


async def test_more_than_five_hundred_at_once_are_refused(client: httpx.AsyncClient, town: Town) -> None:
    wishes = [{"id": str(uuid4()), **GOOD} for _ in range(501)]
    answer = await client.post("/api/movements", json=wishes, headers=town.auth())
    assert answer.status_code == 422


@pytest.mark.parametrize(
    "path",
    [
        "/api/movements?limit=1000",
        "/api/movements?limit=x",
        "/api/movements?cursor=%00",
        "/api/movements?lot=17",
        "/api/movements?since=2027-02-30",
        "/api/readiness?by=moon",
        "/api/alerts?state=odd",
        "/api/alerts?cursor=bm9wZQ",
        "/api/places?kind=cave",
    ],
)
async def test_bad_query_parameters_are_a_problem(client: httpx.AsyncClient, town: Town, path: str) -> None:
    answer = await client.get(path, headers=town.auth())
    assert answer.status_code in (400, 422), answer.text
    assert answer.headers["content-type"].startswith("application/problem+json")


@pytest.mark.parametrize("words", ["%27%3B DROP TABLE depot", "%25_%5C", "%F0%9F%9A%92", "%00"])
async def test_odd_words_in_a_search_find_nothing_and_break_nothing(
    client: httpx.AsyncClient, town: Town, words: str
) -> None:
    for path in (f"/api/depots?q={words}", f"/api/items?q={words}"):
        answer = await client.get(path, headers=town.auth())
        assert answer.status_code in (200, 400, 422), answer.text
        if answer.status_code == 200:
            assert answer.json()["items"] == []


@pytest.mark.parametrize("path", ["/api/depots/%00", "/api/labels/%00", "/q/%00", "/q/%FF", "/depots/%00", "/places/x"])
async def test_odd_paths_are_not_found(client: httpx.AsyncClient, town: Town, path: str) -> None:
    answer = await client.get(path, headers=town.auth())
    assert answer.status_code in (400, 404, 422), answer.text
