"""Every figure explains itself, down to the pieces."""

from datetime import date, timedelta
from decimal import Decimal

import httpx
from sqlalchemy.orm import Session

from core.database import Database
from depots.models import DepotRequirement, Level, PlaceKind
from depots.places import add_places, new_place
from depots.requirements import work_out_requirements
from inventory.catalogue.models import Item
from inventory.desk.pieces import explain_pieces
from inventory.stock.lots import set_condition
from inventory.stock.models import Condition, Kind, Lot
from tests.conftest import QueryCount, Town, one

TODAY = date(2026, 11, 23)


def test_the_pieces_add_up_to_the_figures_and_say_why(town: Town) -> None:
    town.run(work_out_requirements, TODAY)
    good = town.stock("RSP-004", "8", expires_on=TODAY, number="good")
    town.stock("RSP-004", "4", shelf=town.second_shelf, expires_on=TODAY - timedelta(1), number="old")
    town.stock("RSP-004", "2", expiry_unknown=True)
    lent = town.stock("RSP-004", "3", expires_on=TODAY + timedelta(500), number="lent")
    town.book(one(kind=Kind.ISSUE, lot=lent))
    held = town.stock("RSP-004", "5", expires_on=TODAY + timedelta(600), number="bad")
    town.run(lambda session: set_condition(session, session.get_one(Lot, held), Condition.QUARANTINED, "recall"))
    told = town.run(explain_pieces, town.keeper, town.depot.code, "RSP-004", TODAY)
    line, pieces = told.requirement, told.pieces
    assert sum(Decimal(piece.quantity) for piece in pieces) == Decimal(line.held) == 22
    assert sum(Decimal(piece.quantity) for piece in pieces if piece.counts) == Decimal(line.ready) == 10
    lost: dict[str, Decimal] = {}
    for piece in pieces:
        if not piece.counts:
            lost[piece.reason] = lost.get(piece.reason, Decimal(0)) + Decimal(piece.quantity)
    assert lost == {reason: Decimal(amount) for reason, amount in line.not_counting.items()}
    assert lost == {"expired": 4, "undated": 2, "lent": 1, "recalled": 5}
    by_number = {piece.number: piece for piece in pieces if piece.reason != "lent"}
    assert by_number["old"].place == town.second_shelf.id
    assert (by_number["good"].lot, by_number["good"].counts) == (good, True)
    counted = [piece.counts for piece in pieces]
    assert counted == sorted(counted)


def test_T86_a_group_tells_the_pieces_of_all_its_items(town: Town) -> None:
    town.run(work_out_requirements, TODAY)
    town.stock("VEH-001", "1", serial="A")
    town.stock("VEH-003", "1", serial="B")
    town.stock("VEH-007", "1", serial="cart")
    told = town.run(explain_pieces, town.keeper, town.depot.code, "GROUP:VEH_RESPONSE", TODAY)
    assert {piece.number for piece in told.pieces} == {"A", "B"}
    assert {"VEH-001", "VEH-003"} <= set(told.items)
    assert "VEH-007" not in told.items


def test_T43_a_kit_that_lacks_a_part_is_told_as_such(town: Town) -> None:
    kits = [town.stock("MED-002", "1", serial=serial) for serial in ("full?", "bare")]
    for kit in kits:
        town.run(_open_kit, town, kit)
    town.run(_require, town, "MED-002")
    told = town.run(explain_pieces, town.keeper, town.depot.code, "MED-002", TODAY)
    assert {piece.reason for piece in told.pieces} == {"incomplete"}
    assert (told.requirement.held, told.requirement.ready) == ("2", "0")
    assert told.requirement.not_counting == {"incomplete": "2"}


def _open_kit(session: Session, town: Town, lot_id: object) -> None:
    now = town.context.clock.now()
    place = new_place(town.depot.id, PlaceKind.KIT, "急救箱", "First-aid kit", now, parent=town.shelf, place_id=lot_id)
    add_places(session, [place], now)


def _require(session: Session, town: Town, code: str) -> None:
    item = session.query(Item).filter(Item.code == code).one()
    one_piece = Decimal(1)
    session.add(
        DepotRequirement(
            depot_id=town.depot.id,
            subject=code,
            item_id=item.id,
            level=Level.MANDATORY,
            minimum=one_piece,
            low_below=one_piece,
            par=one_piece,
        )
    )


async def test_page_and_api_lead_from_the_depot_to_the_pieces(
    client: httpx.AsyncClient, town: Town, database: Database, queries: QueryCount
) -> None:
    town.run(work_out_requirements, TODAY)
    town.stock("RSP-004", "2", expires_on=TODAY - timedelta(1), number="OLD-1")
    depot = (await client.get("/depots/STR-0001", headers=town.auth())).text
    for subject in ("RSP-004", "GROUP:VEH_RESPONSE"):
        address = f"/depots/STR-0001/requirements/{subject}"
        assert f'href="{address}"' in depot
        queries.during()
        page = await client.get(address, headers=town.auth())
        assert page.status_code == 200
        assert len(queries) <= 12, queries.statements
        api = await client.get(f"/api{address}", headers=town.auth())
        assert api.json()["requirement"]["subject"] == subject
    page = await client.get("/depots/STR-0001/requirements/RSP-004", headers=town.auth())
    assert "OLD-1" in page.text
    assert "A1层" in page.text
    assert "已过期" in page.text or "过期" in page.text


async def test_nobody_looks_into_a_depot_beyond_their_reach(client: httpx.AsyncClient, town: Town) -> None:
    town.run(work_out_requirements, TODAY)
    for start in ("", "/api"):
        there = f"{start}/depots/{town.other.code}/requirements/GROUP:VEH_RESPONSE"
        assert (await client.get(there, headers=town.auth("keeper"))).status_code == 404
        assert (await client.get(there, headers=town.auth("keeper2"))).status_code == 200
        none = f"{start}/depots/{town.depot.code}/requirements/NONE-001"
        assert (await client.get(none, headers=town.auth("keeper"))).status_code == 404
