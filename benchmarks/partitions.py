"""Movements in one table and in a table partitioned by month, on generated rows. See README.md beside this file.

Times are the server's own processor time where it runs on this machine: others may use the cores meanwhile.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg

from tests.clusters import one_server

COLUMNS = """id uuid NOT NULL, request_id uuid NOT NULL, line int NOT NULL, digest varchar(64) NOT NULL,
    kind varchar(8) NOT NULL, item_id uuid NOT NULL, lot_id uuid NOT NULL, quantity bigint NOT NULL,
    from_place_id uuid NOT NULL, to_place_id uuid NOT NULL, from_depot_id uuid NOT NULL, to_depot_id uuid NOT NULL,
    person_id uuid NOT NULL, happened_at timestamptz NOT NULL, recorded_at timestamptz NOT NULL, late bool NOT NULL,
    reason varchar(500) NOT NULL, incident_id uuid, entered varchar(40) NOT NULL"""
INDEXES = (
    "(recorded_at, id)",
    "(from_depot_id, recorded_at)",
    "(to_depot_id, recorded_at)",
    "(lot_id, recorded_at)",
    "(person_id, recorded_at)",
    "(to_place_id, lot_id)",
    "(incident_id)",
)
# A number of a depot, lot, place or person as a uuid, the same each time
OF = "md5('{what}' || ({number})::text)::uuid"
ROWS = f"""SELECT gen_random_uuid(), gen_random_uuid(), 0, repeat('a', 64), 'issue',
    {OF.format(what="item", number="n % 300")}, {OF.format(what="lot", number="n * 7919 % 400000")}, 1000,
    {OF.format(what="place", number="n * 7919 % 400000")}, {OF.format(what="used", number="n % 1001")},
    {OF.format(what="depot", number="n % 1001")}, {OF.format(what="depot", number="n % 1001")},
    {OF.format(what="person", number="n % 3000")}, at, at, false, '', NULL, ''
    FROM (SELECT n, timestamptz '2024-01-01' + (n * interval '{{months}} months' / {{rows}}) AS at
          FROM generate_series({{first}}::bigint, {{last}}::bigint) AS n) AS made"""
A_DEPOT, A_LOT = OF.format(what="depot", number="{n} % 1001"), OF.format(what="lot", number="{n} * 7919 % 400000")
QUESTIONS = {
    "a depot's newest 50": f"SELECT * FROM {{table}} WHERE from_depot_id = {A_DEPOT} "
    "ORDER BY recorded_at DESC LIMIT 50",
    "all of a lot": f"SELECT * FROM {{table}} WHERE lot_id = {A_LOT} ORDER BY recorded_at",
    "a request sent again": "SELECT * FROM {table} WHERE request_id = '{id}'",
    "a day, for its seal": "SELECT count(*), sum(quantity) FROM {table} WHERE recorded_at >= "
    "timestamptz '2024-01-05' + {n} * interval '1 day' AND recorded_at < timestamptz '2024-01-06' "
    "+ {n} * interval '1 day'",
}


def tables(months: int) -> Iterator[tuple[str, list[str]]]:
    """The same rows twice: as they are kept, and by month. A unique key of the latter must hold the month's column."""
    plain = [f"CREATE TABLE plain ({COLUMNS}, PRIMARY KEY (id), UNIQUE (request_id, line))"]
    yield "plain", plain + [f"CREATE INDEX ON plain {index}" for index in INDEXES]
    parts = [
        f"CREATE TABLE parts ({COLUMNS}, PRIMARY KEY (id, recorded_at), UNIQUE (request_id, line, recorded_at)) "
        "PARTITION BY RANGE (recorded_at)"
    ]
    for month in range(months + 1):
        bounds = [f"timestamptz '2024-01-01' + interval '{at} months'" for at in (month, month + 1)]
        parts.append(f"DROP TABLE IF EXISTS parts_{month}")  # detached by a run before
        parts.append(f"CREATE TABLE parts_{month} PARTITION OF parts FOR VALUES FROM ({bounds[0]}) TO ({bounds[1]})")
    yield "parts", parts + [f"CREATE INDEX ON parts {index}" for index in INDEXES]


def spent(connection: psycopg.Connection[Any]) -> float:
    """Seconds of processor time that the connection's server process has used."""
    path = Path(f"/proc/{connection.info.backend_pid}/schedstat")
    return int(path.read_text().split()[0]) / 1e9 if path.exists() else time.perf_counter()


def timed(connection: psycopg.Connection[Any], statement: str) -> float:
    begun = spent(connection)
    cursor = connection.execute(statement)
    if cursor.description:
        cursor.fetchall()
    return spent(connection) - begun


def measure(connection: psycopg.Connection[Any], given: argparse.Namespace) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for table, statements in tables(given.months):
        connection.execute(f"DROP TABLE IF EXISTS {table} CASCADE")
        for statement in statements:
            connection.execute(statement)
        lines, step = {}, given.rows // 4
        for quarter in range(4):
            bounds = {"first": quarter * step, "last": (quarter + 1) * step - 1}
            rows = ROWS.format(rows=given.rows, months=given.months, **bounds)
            seconds = timed(connection, f"INSERT INTO {table} {rows}")
            lines[f"rows a second, quarter {quarter + 1}"] = round(step / seconds)
        connection.execute(f"VACUUM ANALYZE {table}")
        lines["one row, committed, ms"] = _one_by_one(connection, table, given)
        for name, question in QUESTIONS.items():
            times = [timed(connection, question.format(table=table, n=n, id=uuid4())) for n in range(1, given.asks + 1)]
            lines[f"{name}, ms"] = round(statistics.median(times) * 1000, 3)
        begun = f"SELECT lot_id, from_place_id, sum(quantity) FROM {table} GROUP BY 1, 2"
        lines["all balances anew, s"] = round(timed(connection, f"SELECT count(*) FROM ({begun}) AS all_of_them"), 2)
        of_parts = "SELECT sum(pg_total_relation_size(relid)) FROM pg_partition_tree(%(table)s)"
        size = f"SELECT coalesce(nullif(({of_parts}), 0), pg_total_relation_size(%(table)s))"
        row = connection.execute(size, {"table": table}).fetchone()
        assert row is not None
        lines["bytes a row"] = round(int(row[0]) / given.rows)
        found[table] = lines
    found["parts"]["a month detached, ms"] = round(
        timed(connection, "ALTER TABLE parts DETACH PARTITION parts_0") * 1000, 1
    )
    return found


def _one_by_one(connection: psycopg.Connection[Any], table: str, given: argparse.Namespace) -> float:
    """The median of single rows at the end of the time, each in a transaction of its own, as movements come."""
    rows = ROWS.format(rows=given.rows, months=given.months, first="{n}", last="{n}")
    times = [timed(connection, f"INSERT INTO {table} {rows.format(n=given.rows + n)}") for n in range(given.asks)]
    return round(statistics.median(times) * 1000, 3)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database-url", help="of a PostgreSQL database that may be filled; else one of its own")
    parser.add_argument("--rows", type=int, default=4_000_000)
    parser.add_argument("--months", type=int, default=24)
    parser.add_argument("--asks", type=int, default=300, help="how often each question is asked")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with ExitStack() as stack:
        url = given.database_url or stack.enter_context(one_server()).url
        connection = stack.enter_context(psycopg.connect(url, autocommit=True))
        found = measure(connection, given)
    if given.json:
        print(json.dumps({"rows": given.rows, "months": given.months, **found}, indent=1))
        return 0
    print(f"{given.rows} rows over {given.months} months{'':6} {'one table':>12} {'by month':>12}")
    for name in found["parts"]:
        print(f"{name:34} {found['plain'].get(name, ''):>12} {found['parts'][name]:>12}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
