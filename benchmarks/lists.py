"""Opens and filters the desk's lists at the size of a large city, and answers 500 alerts at once.

    .venv/bin/python -m benchmarks.lists --database-url sqlite:////tmp/copy/city.db [--rows 20000] [--only stock,lots]

Of a COPY of a filled city: rows of alerts, loans, transfers and people are added until there are so many. Milliseconds
of this process and of the clock, the least of four: ``first`` counts the list, ``again`` opens it a moment later,
``filter`` chooses a chip then. On PostgreSQL the work is the server's: the clock counts.
"""

import argparse
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.columns import table_of
from core.context import AppContext
from core.ids import new_id
from core.settings import load_settings
from depots.models import Depot
from inventory.documents.models import Borrower, Loan, Transfer, TransferState
from jobs.alerts.models import Alert
from jobs.causes.kinds import AlertKind
from office.counting import lately
from office.lists.register import TABLES
from office.reading import act_called, chosen_keys, read_table
from office.tables import Reader, Table, wanted_of
from people.accounts import caller_called
from people.models import Assignment, Person, Role
from people.policy import Caller
from rooms import make_context

BULK = 500
TIMES = 4


def fill(session: Session, caller: Caller, context: AppContext, rows: int) -> None:
    """Add what is missing of the rows that a demo has few of, spread over all depots."""
    now, today = context.clock.now(), context.clock.today()
    depots = list(session.execute(select(Depot.id).order_by(Depot.code)).scalars())
    kinds = list(AlertKind)

    def facts(number: int) -> dict[type[Any], dict[str, Any]]:
        at, depot = now - timedelta(minutes=number), depots[number % len(depots)]
        other = depots[(number * 7 + 1) % len(depots)]
        closed = at if number % 3 else None
        return {
            Alert: {
                "cause": f"bench:{number}", "kind": kinds[number % len(kinds)], "step": 0, "urgent": number % 9 == 0,
                "depot_id": depot, "due": today - timedelta(days=number % 40), "details": "{}", "opened_at": at,
                "changed_at": at,
            },
            Loan: {
                "depot_id": depot, "borrower": Borrower.OUTSIDE, "name": f"借用人{number}", "unit": "路桥",
                "phone": "1",
                "lent_at": at, "due_at": at + timedelta(days=7), "lent_by_id": caller.person_id, "closed_at": closed,
                "outcome": "returned" if closed else "",
            },
            Transfer: {
                "from_depot_id": depot, "to_depot_id": other, "reason": "补货", "asked_by_id": caller.person_id,
                "asked_at": at, "sent_at": at, "closed_at": closed,
                "state": TransferState.CLOSED if closed else TransferState.SENT,
            },
            Person: {"account": f"bench{number}", "name": f"人员{number}", "active": True, "created_at": at},
        }  # fmt: skip

    for model in (Alert, Loan, Transfer, Person):
        have = session.execute(select(func.count()).select_from(model)).scalar_one()
        new = [{"id": new_id(), **facts(number)[model]} for number in range(have, rows)]
        if new:
            session.execute(table_of(model).insert(), new)
        if model is Person and new:
            roles = [
                {"id": new_id(), "person_id": row["id"], "role": Role.KEEPER, "depot_id": depots[place % len(depots)]}
                for place, row in enumerate(new)
            ]
            session.execute(table_of(Assignment).insert(), roles)


def timed(act: Callable[[], Any], before: Callable[[], Any] = lambda: None) -> str:
    """The least milliseconds of this process and of the clock."""
    own, clock = [], []
    for _ in range(TIMES):
        before()
        begun = time.process_time(), time.perf_counter()
        act()
        own.append(time.process_time() - begun[0])
        clock.append(time.perf_counter() - begun[1])
    return f"{min(own) * 1000:5.0f} /{min(clock) * 1000:6.0f}"


def measure(session: Session, table: Table, reader: Reader) -> str:
    """A line of the table."""

    def read(**query: str) -> Any:
        return read_table(session, table, reader, wanted_of(table, query))

    view = read()
    chip = next((chip for chip in view.chips if chip.counted and len(chip.options) > 1), None)
    chosen = {chip.name: chip.options[0].value} if chip else {}
    first = timed(read, lambda: lately.forget(table.name))
    rows = f"{view.total}{'+' if view.more else ''}"
    return f"| {table.name} | {rows} | {first} | {timed(read)} | {timed(lambda: read(**chosen))} |"


def answer_many(session: Session, reader: Reader) -> None:
    """Take on 500 alerts."""
    table = TABLES["alerts"]
    open_ones = select(Alert.id).where(Alert.resolved_at.is_(None), Alert.acknowledged_at.is_(None)).limit(BULK)
    ids = [(id,) for id in session.execute(open_ones).scalars()]
    keys = chosen_keys(session, table, reader, wanted_of(table, {}), ids, every=False, most=BULK)
    act_called(table, "take").do(session, reader, keys, {})


def main() -> None:
    """Fill up, measure, print."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--database-url", required=True)
    asked.add_argument("--rows", type=int, default=20_000)
    asked.add_argument("--only", default=",".join(TABLES))
    options = asked.parse_args()
    context = make_context(load_settings(database_url=options.database_url))
    with context.database.transaction() as session:
        caller = caller_called(session, "admin", context.clock.now())
        fill(session, caller, context, options.rows)
    reader = Reader(caller, context.moment())
    print("| list | rows | first | again | filter |\n| --- | ---: | ---: | ---: | ---: |")
    with context.database.transaction(writes=False) as session:
        for name in options.only.split(","):
            print(measure(session, TABLES[name], reader), flush=True)
    with context.database.transaction() as session:
        print(f"{BULK} alerts taken on:", timed(lambda: answer_many(session, reader)))
        session.rollback()


if __name__ == "__main__":
    main()
