"""A long list is not counted again with every click, and a short one always is."""

from collections.abc import Callable

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.database import Database
from jobs.alerts.models import Alert
from office.counting import KEPT, LONGEST, TIMES, Cube, Lately, lately
from office.lists.alerts import ALERTS
from office.reading import read_table
from office.tables import Reader, Wanted
from tests.conftest import Town
from tests.office.test_lists import fill
from tests.query_count import QueryCount


class Slow:
    """Counts, and takes a second for it."""

    def __init__(self, rows: int) -> None:
        self.rows, self.now, self.counted = rows, 0.0, 0
        self.lately = Lately(lambda: self.now)

    def _count(self) -> Cube:
        self.now += 1
        self.counted += 1
        return Cube({("a",): self.rows})

    def ask(self, what: str = "") -> int:
        return self.lately.counted("stock", what, self._count)["a",]


def test_a_short_list_is_counted_each_time() -> None:
    slow = Slow(4999)
    assert [slow.ask() for _ in range(3)] == [4999] * 3 and slow.counted == 3


def test_a_long_one_again_after_so_many_times_as_long_as_it_took_or_where_it_was_changed() -> None:
    slow = Slow(5000)
    assert [slow.ask(), slow.ask()] == [5000] * 2 and slow.counted == 1
    slow.now += min(TIMES, LONGEST) - 0.1
    slow.ask()
    assert slow.counted == 1
    slow.now += 0.2
    slow.ask()
    slow.ask("of another depot")
    assert slow.counted == 3
    slow.lately.forget("stock")
    slow.ask()
    assert slow.counted == 4


def test_only_so_many_are_remembered() -> None:
    slow = Slow(5000)
    for number in range(KEPT + 1):
        slow.ask(str(number))
        slow.now -= 1  # within the moment
    slow.ask("1")
    assert slow.counted == KEPT + 1
    slow.ask("0")
    assert slow.counted == KEPT + 2


def test_a_filter_of_a_long_list_costs_no_count_and_others_see_their_own(
    town: Town, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("office.counting.FEW", 1)
    monkeypatch.setattr("office.counting.TIMES", 1e9)
    town.run(fill, town)
    lately.forget("alerts")

    def read(who: str, **chosen: str) -> Callable[[Session], int]:
        wanted = Wanted({name: (value,) for name, value in chosen.items()})
        reader = Reader(town.callers[who], town.context.moment())
        return lambda session: read_table(session, ALERTS, reader, wanted).total

    assert town.run(read("admin")) == 68
    queries = QueryCount(database)
    try:
        assert town.run(read("admin", urgent="yes")) == 5
        assert not [statement for statement in queries.statements if "count(" in statement.lower()]
    finally:
        queries.stop()
    assert town.run(read("keeper2")) == 3 and town.run(read("admin", depot=town.other.code)) == 3
    assert town.run(lambda session: session.execute(select(func.count()).select_from(Alert)).scalar_one()) == 68
    lately.forget("alerts")


def test_the_groups_of_a_long_list_are_counted_once_for_each_filter_and_each_reader(
    town: Town, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("office.counting.FEW", 1)
    monkeypatch.setattr("office.counting.TIMES", 1e9)
    town.run(fill, town)
    lately.forget("alerts")

    def groups(who: str, **chosen: str) -> dict[str, int]:
        wanted = Wanted({name: (value,) for name, value in chosen.items()}, group="district")
        reader = Reader(town.callers[who], town.context.moment())
        return {one.value: one.count for one in town.run(read_table, ALERTS, reader, wanted).groups}

    first = groups("admin")
    queries = QueryCount(database)
    try:
        assert groups("admin") == first and sum(first.values()) == 68
        assert not [statement for statement in queries.statements if "count(" in statement.lower()]
    finally:
        queries.stop()
    assert sum(groups("admin", urgent="yes").values()) == 5 and sum(groups("keeper2").values()) == 3
    lately.forget("alerts")
