"""Rows are looked up by keys of several columns without reading their table."""

import re
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import select

from core.columns import among
from core.database import Database
from inventory.clocks.models import Due
from inventory.stock.count_models import CountLine
from inventory.stock.models import Movement, Stock
from tests.query_count import QueryCount

ROOT = Path(__file__).parents[2]
ROOMS = ("core", "people", "depots", "inventory", "labels", "phone", "jobs", "manage", "office")
PAIRS = [
    (Due.lot_id, Due.depot_id),
    (Due.lot_id, Due.plan_code),
    (Stock.place_id, Stock.lot_id),
    (Stock.lot_id, Stock.depot_id),
    (Movement.to_place_id, Movement.lot_id),
    (CountLine.place_id, CountLine.lot_id),
]


@pytest.mark.parametrize("columns", PAIRS, ids=lambda pair: f"{pair[0]},{pair[1]}")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_embedded_database_finds_rows_by_pairs_through_an_index(
    database: Database, queries: QueryCount, columns: tuple[object, object]
) -> None:
    keys = [(uuid4(), "E10" if "plan" in str(columns[1]) else uuid4()) for _ in range(3)]
    with database.transaction(writes=False) as session:
        assert session.execute(select(*columns).where(among(columns, keys))).all() == []  # type: ignore[call-overload]
        [statement] = queries.statements[-1:]
        plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", (None,) * statement.count("?"))
        steps = [row[3] for row in plan]
    assert steps[0].startswith("SEARCH"), steps


def test_nobody_asks_for_pairs_in_another_way() -> None:
    bare = re.compile(r"tuple_\([^()]*(\([^()]*\)[^()]*)*\)\.in_\(")
    found = [
        str(path.relative_to(ROOT))
        for room in ROOMS
        for path in (ROOT / room).rglob("*.py")
        if bare.search(path.read_text()) and path.name != "columns.py"
    ]
    assert found == []
