"""No statement that many wait for looks at more depots than the act is about: the city may be cut by depots.

Each statement of an act is explained as it runs, and the rows that it visits are counted; then three hundred more
depots hold the same goods, and no statement visits theirs.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from psycopg import RawCursor
from sqlalchemy import event, text
from sqlalchemy.orm import Session

from core.clock import Moment
from depots.models import Depot, PlaceKind
from depots.places import add_depots, add_places, new_place
from inventory.booking.wishes import Wish
from inventory.entries import VERBS, AnyEntry
from inventory.stock.models import Kind
from inventory.telling.entries import book_entry
from labels.codes.binding import labelled
from labels.codes.booking import book_scanned
from labels.codes.states import label_state
from people.sign_in import recognised
from phone.shelves import shelves
from phone.work import work
from tests.conftest import Town

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
MORE = 300
OF_DEPOTS = {"carried_load", "depot_item", "depot", "entry", "label", "movement", "place", "stock"}
EXPLAINED = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")
WHOLE = (
    "enable_seqscan",
    "enable_hashjoin",
    "enable_mergejoin",
)  # small tables are read whole, whatever index there is
SLACK = 100  # rows that another plan visits of the same depots: of the three hundred more, each would add one
GOODS = "BRK-014"  # counted in bulk: the whole city has one lot of it


def visited(plan: dict[str, Any]) -> int:
    """Rows of depots that a plan has looked at, also those that it left out."""
    rows = 0.0
    if plan.get("Relation Name") in OF_DEPOTS and "Scan" in plan["Node Type"]:
        seen = ("Actual Rows", "Rows Removed by Filter", "Rows Removed by Index Recheck")
        rows = sum(plan.get(name, 0) for name in seen) * plan["Actual Loops"]
    return round(rows) + sum(visited(below) for below in plan.get("Plans", ()))


@contextmanager
def explained(town: Town) -> Iterator[dict[str, int]]:
    """Explain every statement that runs meanwhile: the rows that each visits, the most where it runs again."""
    found: dict[str, int] = {}

    def look(connection: Any, _cursor: Any, statement: str, values: Any, _context: Any, many: bool) -> None:
        if not statement.lstrip().startswith(EXPLAINED):
            return
        driver = connection.connection.driver_connection
        beside = RawCursor(driver) if "$1" in statement else driver.cursor()  # what is sent as it stands
        beside.execute("SAVEPOINT explaining")
        for way in WHOLE:
            beside.execute(f"SET LOCAL {way} = off")
        many = many or (isinstance(values, list) and isinstance(values[0], tuple | list | dict))
        for one in values if many else [values]:
            beside.execute(f"EXPLAIN (ANALYZE, FORMAT JSON, TIMING OFF) {statement}", one)
            answer = beside.fetchone()[0]
            plan = json.loads(answer) if isinstance(answer, str) else answer
            found[statement] = max(found.get(statement, 0), visited(plan[0]["Plan"]))
        beside.execute("ROLLBACK TO SAVEPOINT explaining")
        beside.close()

    engine = town.context.database.engine
    event.listen(engine, "before_cursor_execute", look)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", look)


def more_depots(session: Session, town: Town) -> list[UUID]:
    """Depots as the town's, each with a shelf; returns the shelves."""
    now = town.context.clock.now()
    rows = [
        Depot(
            code=f"STR-1{number:03}",
            name_zh=f"站{number}",
            name_en=f"Depot {number}",
            type_code="STR",
            district_code="440305",
            created_at=now,
        )
        for number in range(MORE)
    ]
    add_depots(session, rows, now)
    places = [new_place(row.id, PlaceKind.SHELF, "A1层", "Shelf A1", now) for row in rows]
    add_places(session, places, now)
    return [place.id for place in places]


def acts(town: Town, lot: UUID) -> dict[str, Callable[[Session], Any]]:
    """What a city does all day."""
    clock, keeper = town.context.clock, town.callers["keeper"]
    now, today, code = clock.now(), clock.today(), town.code_of(lot)
    here, there = town.shelf.id, town.other_shelf.id

    def booked(caller: Any, kind: Kind, **ways: Any) -> Callable[[Session], Any]:
        wish = Wish(id=uuid4(), kind=kind, quantity="1", **ways)
        return lambda session: book_scanned(session, caller, [wish], now, today)

    consumed = {"id": str(uuid4()), "kind": "consume", "lot": str(lot), "from": str(here), "quantity": "1"}
    moment = Moment(now, town.context.settings.zone, town.context.settings.shift_at)

    def told(who: str, kind: str, **fields: Any) -> Callable[[Session], Any]:
        entry = msgspec.convert({"id": fields.pop("id", str(uuid4())), "kind": kind, **fields}, AnyEntry)
        return lambda session: book_entry(session, town.callers[who], entry, VERBS, moment, labelled)

    transfer = str(uuid4())
    ends = {"giver": "STR-0001", "receiver": "IND-0002"}
    wanted = {"item": GOODS, "quantity": "1", "unit": "piece"}
    sent = {"thing": str(lot), "quantity": "1", "unit": "piece"}
    arrived = {"thing": str(lot), "good": "1"}
    return {
        "sign-in": lambda session: recognised(session, town.tokens["keeper"], "token", now),
        "lookup": lambda session: label_state(session, keeper, code, today),
        "take by label": booked(keeper, Kind.ISSUE, label=code),
        "take from a shelf": booked(keeper, Kind.ISSUE, lot=lot, source=str(here)),
        "basket": told("keeper", "basket", movements=[consumed]),
        "transfer asked for": told("keeper2", "ask-transfer", id=transfer, **ends, lines=[wanted]),
        "transfer sent": told("keeper", "dispatch", transfer=transfer, lines=[{**sent, "from": str(here)}]),
        "transfer arrived": told("keeper2", "receive-transfer", transfer=transfer, place=str(there), lines=[arrived]),
        "renewal of shelves": lambda session: shelves(session, keeper, "STR-0001", now, today),
        "renewal of work": lambda session: work(session, keeper, "STR-0001", now),
    }


def analyze(town: Town) -> None:
    """Let the database know how much there is of everything."""
    with town.context.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))


def rows_by_act(town: Town, lot: UUID) -> dict[str, dict[str, int]]:
    found = {}
    for name, act in acts(town, lot).items():
        with explained(town) as statements:
            town.run(act)
        found[name] = dict(statements)
    return found


def test_no_statement_of_an_act_visits_other_depots(town: Town) -> None:
    lot = town.stock(GOODS, "50")
    town.stock(GOODS, "50", shelf=town.other_shelf)
    rows_by_act(town, lot)  # what an act leaves behind the first time is there from now on
    analyze(town)
    before = rows_by_act(town, lot)
    shelves_there = town.run(more_depots, town)
    filled = [Wish(id=uuid4(), kind=Kind.RECEIVE, quantity="50", lot=lot, target=str(shelf)) for shelf in shelves_there]
    town.book(*filled, caller="admin")
    analyze(town)
    after = rows_by_act(town, lot)
    more = {
        (act, statement): (before[act].get(statement, 0), rows)
        for act, statements in after.items()
        for statement, rows in statements.items()
        if rows > before[act].get(statement, 0) + SLACK
    }
    assert all(before.values()), "each act asks something"
    assert more == {}, "\n".join(f"{rows}: {act}: {statement}" for (act, statement), rows in more.items())
