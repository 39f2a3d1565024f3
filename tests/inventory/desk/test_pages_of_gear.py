"""A page of lots, or of what may come back, is read without reading the stock of the whole city."""

import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy.orm import Session

from core.database import Database
from inventory.desk.gear_lists import lots
from inventory.documents.reclaiming import reclaims
from people.policy import Caller
from tests.conftest import Town
from tests.query_count import QueryCount

SCAN = re.compile(r"SCAN stock(?! USING (COVERING )?INDEX)")


def page_of_lots(session: Session, caller: Caller, today: date, cursor: str | None = None) -> Any:
    return lots(session, caller, None, None, today, limit=2, cursor=cursor)


def page_of_reclaims(session: Session, caller: Caller, today: date) -> Any:
    return reclaims(session, caller, today, None, 2)


@pytest.mark.parametrize("page", [page_of_lots, page_of_reclaims])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_no_page_reads_the_stock_of_the_whole_city(
    town: Town, database: Database, queries: QueryCount, page: Callable[..., Any]
) -> None:
    for number in range(4):
        town.stock("MED-013", "2", number=f"L{number}")
    queries.during()
    town.run(page, town.callers["admin"], town.context.clock.today())
    with database.engine.connect() as connection:
        for statement in list(queries.statements):
            asked = f"EXPLAIN QUERY PLAN {statement}"
            plan = [row[3] for row in connection.exec_driver_sql(asked, (None,) * statement.count("?"))]
            assert not SCAN.search("\n".join(plan)), plan
            assert page is not page_of_lots or "USE TEMP B-TREE FOR GROUP BY" not in plan, plan


def test_pages_of_lots_hold_each_lot_of_each_depot_once(town: Town) -> None:
    made = [town.stock("MED-013", "2", number=f"L{number}") for number in range(3)]
    town.stock("MED-013", "5", shelf=town.other_shelf, number="L0")  # the same lot at two depots
    town.stock("MED-013", "1", shelf=town.second_shelf, number="L1")  # in two places of one
    seen, cursor = [], None
    while True:
        told = town.run(page_of_lots, town.callers["admin"], town.context.clock.today(), cursor)
        seen += [(row.id, row.depot, row.quantity) for row in told.items]
        cursor = told.next
        if cursor is None:
            break
    first, second, third = made
    mine, other = town.depot.code, town.other.code
    assert sorted(seen) == sorted([(first, mine, "2"), (first, other, "5"), (second, mine, "3"), (third, mine, "2")])
    near = town.run(page_of_lots, town.callers["keeper2"], town.context.clock.today())
    assert [(row.id, row.depot) for row in near.items] == [(first, other)]
