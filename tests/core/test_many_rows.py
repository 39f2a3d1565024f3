"""Many rows are written by few statements, and mean what they mean one by one."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from core.columns import table_of
from core.database import Database
from core.prepared import Prepared, each_column, enter, write_all
from core.upsert import upsert
from inventory.catalogue.models import Category
from tests.query_count import QueryCount

CATEGORIES = table_of(Category)


def rows_of(numbers: range, name: str = "x") -> list[dict[str, Any]]:
    return [{"code": f"zz-{number}", "name_zh": name, "name_en": name, "position": number} for number in numbers]


def sums(session: Session) -> tuple[int, int]:
    number, total = session.execute(
        select(func.count(), func.sum(Category.position)).where(Category.code.startswith("zz-"))
    ).one()
    return int(number), int(total or 0)


def adding(session: Session) -> Prepared:
    statement = upsert(session, CATEGORIES).values(each_column(CATEGORIES))
    more = CATEGORIES.c.position + statement.excluded.position + 1000
    return Prepared(statement.on_conflict_do_update(index_elements=["code"], set_={"position": more}))


@pytest.mark.parametrize("number", [1, 9, 10, 11, 100, 123, 321])
def test_each_row_is_entered_once_whatever_their_number(database: Database, queries: QueryCount, number: int) -> None:
    with database.transaction() as session:
        session.connection()
        before = len(queries)
        enter(session, CATEGORIES, rows_of(range(number)))
        assert len(queries) - before <= 3
        assert sums(session) == (number, sum(range(number)))
        session.rollback()


def test_a_statement_whose_values_go_on_behind_its_rows_adds_to_each_that_is_there(database: Database) -> None:
    with database.transaction() as session:
        enter(session, CATEGORIES, rows_of(range(50)))
        write_all(session, [(adding(session), rows_of(range(25, 148)))])
        assert sums(session) == (148, sum(range(50)) + sum(range(25, 148)) + 25 * 1000)
        session.rollback()


def test_what_a_row_leaves_out_has_its_default(database: Database) -> None:
    with database.transaction() as session:
        enter(session, CATEGORIES, [{"code": f"zz-{n}", "name_zh": "x", "name_en": "x"} for n in range(12)])
        assert sums(session) == (12, 0)
        session.rollback()


@pytest.mark.parametrize("wrong", [0, 57, 122])
@pytest.mark.parametrize(
    "spoil", [lambda row: row | {"name_zh": "x" * 51}, lambda row: row | {"name_en": None}], ids=["long", "none"]
)
def test_one_row_that_is_refused_refuses_all(
    database: Database, wrong: int, spoil: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    rows = rows_of(range(123))
    rows[wrong] = spoil(rows[wrong])
    with pytest.raises(DBAPIError), database.transaction() as session:
        enter(session, CATEGORIES, rows)
    with database.transaction(writes=False) as session:
        assert sums(session) == (0, 0)
