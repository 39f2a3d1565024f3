"""The search over everything: by every name, in every writing, and never beyond the caller's reach."""

import re
from functools import partial
from typing import Any
from uuid import uuid4

import httpx
import pytest
from psycopg import RawCursor
from sqlalchemy import Connection, event
from sqlalchemy.orm import Session

from depots.models import Place, PlaceKind
from depots.places import add_places, new_place
from inventory.documents.models import Channel, Incident, IncidentKind, Transfer
from office.search import KINDS, OF_A_KIND, SearchAnswer, search
from people.policy import Caller
from tests.conftest import Town
from tests.query_count import QueryCount

QUERIES = 10


def found(town: Town, caller: Caller, text: str) -> dict[str, list[Any]]:
    clock = town.context.clock
    answer: SearchAnswer = town.run(search, caller, text, clock.now(), clock.today())
    return {group.kind: group.hits for group in answer.groups}


@pytest.fixture
def things(town: Town) -> dict[str, Any]:
    """A piece, its label, a call-out and a transfer at each of the town's depots."""
    lots = [
        town.stock("EXT-001", "1", shelf=shelf, serial=f"SN-{number}-CANARY", number=f"B-{number}")
        for number, shelf in enumerate((town.shelf, town.other_shelf))
    ]
    now = town.context.clock.now()

    def papers(session: Session) -> None:
        for number, depot in enumerate((town.depot, town.other)):
            who = town.callers["admin"].person_id
            facts = {"kind": next(iter(IncidentKind)), "channel": next(iter(Channel)), "opened_by_id": who}
            session.add(
                Incident(id=uuid4(), depot_id=depot.id, place=f"Canary Street {number}", opened_at=now, **facts)
            )
            ends = {"from_depot_id": depot.id, "to_depot_id": depot.id}
            session.add(Transfer(id=uuid4(), **ends, reason=f"canary flood {number}", asked_by_id=who, asked_at=now))

    town.run(papers)
    return {"lots": lots, "codes": [town.code_of(lot) for lot in lots]}


def test_each_kind_is_found_by_what_it_is_called(town: Town, things: dict[str, Any]) -> None:
    admin = town.callers["admin"]
    asked = {
        "depot": (town.depot.code, town.depot.name_zh, town.depot.name_en),
        "item": ("夹钳", "daliqian", "clamp pliers", "clamp plirs", "BRK-014"),
        "lot": ("SN-0-CANARY", "sn-0-canary", "B-0"),
        "label": (things["codes"][0], things["codes"][0].lower()),
        "place": (town.shelf.name_zh,),
        "document": ("Canary Street 0", "canary flood"),
        "person": ("keeper2",),
        "page": ("地图", "ditu", "audit trail", "audit trial"),
    }
    assert set(asked) == set(KINDS)
    for kind, texts in asked.items():
        for text in texts:
            assert kind in found(town, admin, text), (kind, text)
    assert [hit.to for hit in found(town, admin, "BRK-014")["item"]][:1] == ["/items/BRK-014"]
    best = next(iter(found(town, admin, things["codes"][0])))
    assert best == "label"
    assert found(town, admin, "  ") == {} and found(town, admin, "zzqqxxyy") == {}


async def test_every_hit_leads_to_a_page_that_opens(
    town: Town, things: dict[str, Any], client: httpx.AsyncClient
) -> None:
    headers = town.auth("admin")
    for text in (
        town.depot.code,
        "BRK-014",
        "SN-0-CANARY",
        things["codes"][0],
        town.shelf.name_zh,
        "canary",
        "keeper2",
    ):
        for hits in found(town, town.callers["admin"], text).values():
            for hit in hits:
                answer = await client.get(hit.to, headers=headers, follow_redirects=True)
                assert answer.status_code == 200, hit


def test_nothing_beyond_reach_is_found_nor_counted(town: Town, things: dict[str, Any]) -> None:
    keeper, other = town.keeper, town.other
    secrets = ("SN-1-CANARY", things["codes"][1], other.code, other.name_zh, other.name_en, "Canary Street 1", "B-1")
    for text in (*secrets, "canary", "keeper2", "1", town.other_shelf.name_zh, "站", "a"):
        for kind, hits in found(town, keeper, text).items():
            for hit in hits:
                words = " ".join((hit.zh, hit.en, hit.note_zh, hit.note_en, hit.to))
                assert kind != "person"
                assert not any(secret in words for secret in secrets), (text, words)
                assert str(things["lots"][1]) not in words and str(town.other_shelf.id) not in words
    # the same words find it for who may see it
    assert {"lot", "label"} <= {kind for text in secrets for kind in found(town, town.callers["keeper2"], text)}
    # pages that are not theirs are not even named
    assert "/manage/audit" not in {hit.to for hit in found(town, keeper, "audit trail").get("page", [])}


async def test_the_page_and_the_interface_ask_the_same(
    client: httpx.AsyncClient, town: Town, things: dict[str, Any]
) -> None:
    for text in ("SN-0-CANARY", "<b>&%_", "\\", "x" * 200, "'; drop table"):
        answer = await client.get("/api/search", params={"q": text}, headers=town.auth("keeper"))
        page = await client.get("/search", params={"q": text}, headers=town.auth("keeper"))
        assert (answer.status_code, page.status_code) == (200, 200)
        for group in answer.json()["groups"]:
            assert all(f'href="{hit["to"]}"' in page.text for hit in group["hits"])
    assert (await client.get("/api/search", params={"q": "a"})).status_code == 401
    assert (await client.get("/api/search", params={"q": "y" * 201}, headers=town.auth("keeper"))).status_code == 422


def test_it_costs_at_most_ten_queries(town: Town, things: dict[str, Any]) -> None:
    found(town, town.callers["admin"], "a")
    counter = QueryCount(town.context.database)
    for text in ("canary", things["codes"][0], "夹钳"):
        counter.during()
        found(town, town.callers["admin"], text)
        assert len(counter) <= QUERIES, counter.statements
    counter.stop()


GROWING = ("place", "incident", "transfer", "lot", "label", "movement", "stock")
FULL_SCAN = {
    "sqlite": re.compile(rf"SCAN ({'|'.join(GROWING)})(?! USING (COVERING )?INDEX)"),
    "postgresql": re.compile(rf"Seq Scan on ({'|'.join(GROWING)})\b"),
}


def test_no_table_that_grows_is_read_whole(town: Town, things: dict[str, Any]) -> None:
    database = town.context.database
    kind = database.engine.dialect.name
    found(town, town.callers["admin"], "a")  # what a process knows by heart is read once
    for who in ("admin", "officer", "keeper"):
        for text in ("canary", things["codes"][0], "SN-0-CANARY", town.shelf.name_zh):
            asked: list[tuple[str, Any]] = []
            note = partial(_note, asked)
            event.listen(database.engine, "before_cursor_execute", note)
            found(town, town.callers[who], text)
            event.remove(database.engine, "before_cursor_execute", note)
            assert 3 <= len(asked) <= QUERIES
            with database.engine.begin() as connection:
                if kind == "postgresql":  # the town is small: is there a way for a large one?
                    connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
                for statement, values in asked:
                    plan = _plan(connection, kind, statement, values)
                    assert not FULL_SCAN[kind].search(plan), (statement, plan)
                    if kind == "sqlite" and "place.name_en = " in statement:  # and not depot by depot either
                        assert "ix_place_name" in plan and "SCAN depot" not in plan, plan


def _plan(connection: Connection, kind: str, statement: str, values: Any) -> str:
    if "$1" in statement:  # as what is run as text names its values
        driver: Any = connection.connection.driver_connection
        rows = RawCursor(driver).execute(f"EXPLAIN {statement}", values).fetchall()
    else:
        way = "EXPLAIN QUERY PLAN" if kind == "sqlite" else "EXPLAIN"
        rows = list(connection.exec_driver_sql(f"{way} {statement}", values))
    return "\n".join(str(row[-1]) for row in rows)


def _note(asked: list[tuple[str, Any]], _connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
    if statement.lstrip().startswith(("SELECT", "WITH")):
        asked.append((statement, tuple(values) if isinstance(values, list) else values))


def test_a_place_is_found_by_a_name_that_it_got_a_moment_ago(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "place" not in found(town, town.callers["admin"], "Canary cupboard")
    town.run(lambda session: setattr(session.get_one(Place, town.shelf.id), "name_en", "Canary cupboard"))
    monkeypatch.setattr("office.known_names.FRESH", 0.0)
    for text in ("Canary cupboard", "canary cupbord", "cupboard"):
        hits = found(town, town.callers["admin"], text)["place"]
        assert hits[0].to == f"/places/{town.shelf.id}", text
    town.run(lambda session: setattr(session.get_one(Place, town.shelf.id), "name_en", "Shelf"))
    assert "place" not in found(town, town.callers["admin"], "Canary cupboard")


def test_a_keeper_finds_their_own_shelf_among_likelier_names_of_other_depots(town: Town) -> None:
    """Reach first: what lies beyond it takes no room among the likeliest."""

    def lay_out(session: Session) -> None:
        now = town.context.clock.now()
        names = [f"金丝雀柜{number}" for number in range(2 * OF_A_KIND)]
        shelves = [new_place(town.other.id, PlaceKind.SHELF, name, "Canary cupboard", now) for name in names]
        add_places(session, shelves, now)
        session.get_one(Place, town.shelf.id).name_zh = "金丝雀柜西墙里侧"

    town.run(lay_out)
    likeliest = found(town, town.callers["admin"], "金丝雀柜")["place"]
    assert f"/places/{town.shelf.id}" not in {hit.to for hit in likeliest}
    hits = found(town, town.callers["keeper"], "金丝雀柜")["place"]
    assert [hit.to for hit in hits] == [f"/places/{town.shelf.id}"]
