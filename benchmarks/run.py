"""Measure the running program: see README.md beside this file."""

import argparse
import itertools
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID, uuid4

import httpx
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import LISTENERS
from core.clock import SystemClock
from core.context import AppContext
from core.database import Database
from core.schema import migrate
from core.settings import Settings
from depots.models import Depot
from inventory.catalogue.models import Item, Tracking
from inventory.demo.city import load_demo
from inventory.reference.files import read_folder
from inventory.reference.load import load_reference
from inventory.stock.models import Stock
from inventory.stock.verify import verify
from jobs.running.schedule import refresh_figures
from labels.codes.models import Label
from people.sign_in import issue_token

ROOT = Path(__file__).resolve().parent.parent
SECONDS = 10
TAKES_A_SECOND = 5  # a city of a thousand depots on a bad day
REFRESH_SECONDS = 5  # as the job "readiness" does


def prepare(database: Database, depots: int) -> None:
    """A city to measure on, entered if it is not there."""
    migrate(database)
    with database.transaction(writes=False) as session:
        there = session.execute(select(func.count()).select_from(Depot)).scalar_one()
    if there < depots:
        database.run(load_reference, read_folder(ROOT / "reference"))
        load_demo(database, SystemClock(Settings().zone), depots, seed=1)


def warm(url: str, token: str) -> None:
    """Ask often enough that every worker has read what it keeps in memory."""
    with httpx.Client(headers={"Authorization": f"Bearer {token}"}, timeout=60) as client:
        for _ in range(40):
            client.get(url, headers={"Connection": "close"}).raise_for_status()


def wrk(url: str, token: str, clients: int, script: str | None = None, targets: Path | None = None) -> str:
    """One run of wrk; returns requests per second, p50 and p99."""
    command = ["wrk", "-t2", f"-c{clients}", f"-d{SECONDS}s", "--latency"]
    if token:
        command += ["-H", f"Authorization: Bearer {token}"]
    if script:
        command += ["-s", str(ROOT / "benchmarks" / script)]
    environment = {**os.environ, "TARGETS": str(targets or "")}
    done = subprocess.run([*command, url], env=environment, capture_output=True, text=True, check=True)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)
    latency = {p: value for p, value in re.findall(r"(50|99)%\s+([\d.]+\w+)", done.stdout)}
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", done.stdout)
    assert rate is not None, done.stdout
    note = f"  ({refused[1]} refused)" if refused else ""
    return f"{float(rate[1]):>9.0f} /s   p50 {latency.get('50')}   p99 {latency.get('99')}{note}"


def alone(path: Path) -> str:
    """The statements of a take by sqlite3 alone: balance read, movement, two balances, one figure; committed each."""
    connection = sqlite3.connect(path, isolation_level=None)
    for line in (
        "PRAGMA journal_mode=WAL",
        "PRAGMA synchronous=FULL",
        "CREATE TABLE stock (place TEXT, lot TEXT, quantity INTEGER, PRIMARY KEY (place, lot))",
        "CREATE TABLE figure (depot TEXT, item TEXT, held INTEGER, PRIMARY KEY (depot, item))",
        "CREATE TABLE movement (id TEXT PRIMARY KEY, lot TEXT, quantity INTEGER, source TEXT, target TEXT, at TEXT)",
        "CREATE INDEX movement_lot ON movement (lot, at)",
        "CREATE INDEX movement_at ON movement (at, id)",
        "INSERT INTO stock VALUES ('shelf', 'lot', 1000000), ('used', 'lot', 0)",
        "INSERT INTO figure VALUES ('depot', 'item', 1000000)",
    ):
        connection.execute(line)
    started, done = time.perf_counter(), 0
    while time.perf_counter() - started < SECONDS / 2:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("SELECT quantity FROM stock WHERE lot = 'lot'").fetchall()
        connection.execute("INSERT INTO movement VALUES (?, 'lot', 1, 'shelf', 'used', '2026')", (str(uuid4()),))
        connection.execute("UPDATE stock SET quantity = quantity - 1 WHERE place = 'shelf' AND lot = 'lot'")
        connection.execute("UPDATE stock SET quantity = quantity + 1 WHERE place = 'used' AND lot = 'lot'")
        connection.execute("UPDATE figure SET held = held - 1 WHERE depot = 'depot' AND item = 'item'")
        connection.execute("COMMIT")
        done += 1
    return f"{done / (time.perf_counter() - started):>9.0f} /s"


@contextmanager
def stock_moving(context: AppContext, url: str, token: str, takes: Path) -> Iterator[None]:
    """Meanwhile pieces are taken all over the city, and the figures are written down every few seconds."""
    over = threading.Event()

    def take() -> None:
        with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}) as client:
            for line in itertools.cycle(takes.read_text().splitlines()[::7]):
                if over.wait(1 / TAKES_A_SECOND):
                    return
                lot, place = line.split()
                one = {"id": str(uuid4()), "kind": "consume", "lot": lot, "from": place, "quantity": "1"}
                client.post("/api/movements", json=one).raise_for_status()

    def write() -> None:
        while not over.wait(REFRESH_SECONDS):
            refresh_figures(context)

    with ThreadPoolExecutor() as pool:
        doing = [pool.submit(one) for one in (take, write)]
        try:
            yield
        finally:
            over.set()
        for one in doing:
            one.result()  # what went wrong meanwhile is told


def what_to_take(session: Session, most: int) -> list[tuple[UUID, UUID]]:
    """Balances of bulk gear that a load does not use up: lots and their places."""
    rows = session.execute(
        select(Stock.lot_id, Stock.place_id)
        .join(Item, Item.id == Stock.item_id)
        .where(Item.tracking == Tracking.BULK, ~Stock.outside, Stock.quantity >= 100)
        .limit(most)
    )
    return [(lot, place) for lot, place in rows]


def write_targets(database: Database, folder: Path) -> tuple[Path, Path]:
    """Files with what to take and what to look up."""
    with database.transaction(writes=False) as session:
        lots = what_to_take(session, 5000)
        codes = session.execute(select(Label.code).limit(5000)).scalars().all()
    takes, lookups = folder / "takes", folder / "lookups"
    takes.write_text("\n".join(f"{lot} {place}" for lot, place in lots))
    lookups.write_text("\n".join(codes))
    return takes, lookups


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database-url", required=True)
    parser.add_argument("--depots", type=int, default=12)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--port", type=int, default=8911)
    given = parser.parse_args()
    if shutil.which("wrk") is None:
        sys.exit("wrk is needed: apt-get install wrk")
    database = Database(given.database_url, listeners=LISTENERS)
    context = AppContext(Settings(database_url=given.database_url), database, SystemClock(Settings().zone))
    prepare(database, given.depots)
    token = database.run(issue_token, "admin", "benchmark", SystemClock(Settings().zone).now())
    folder = Path(tempfile.mkdtemp(prefix="readyshelf-bench-"))
    takes, lookups = write_targets(database, folder)
    environment = {
        **os.environ,
        "READYSHELF_DATABASE_URL": given.database_url,
        "READYSHELF_RUN_JOBS": "false",
        "READYSHELF_VAR_DIR": str(folder),
    }
    url = f"http://127.0.0.1:{given.port}"
    command = [
        sys.executable,
        str(ROOT / "app.py"),
        "serve",
        "--port",
        str(given.port),
        "--workers",
        str(given.workers),
    ]
    with subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.DEVNULL) as server:
        try:
            _wait(url)
            refresh_figures(context)  # as the job "readiness" does, which the measured server does not run
            warm(f"{url}/dashboard", token)
            print("empty    ", wrk(f"{url}/healthz", "", 32), flush=True)
            print("lookup   ", wrk(url, token, 32, "lookup.lua", lookups), flush=True)
            print("dashboard", wrk(f"{url}/dashboard", token, 8), flush=True)
            with stock_moving(context, url, token, takes):
                print("moving   ", wrk(f"{url}/dashboard", token, 8), flush=True)
            print("take     ", wrk(url, token, 32, "take.lua", takes), flush=True)
            print("after    ", wrk(f"{url}/dashboard", token, 8), flush=True)
        finally:
            server.terminate()
    if database.is_sqlite:
        print("alone    ", alone(folder / "alone.db"), flush=True)
    sound = database.run(verify).sound
    print("verify   ", "sound" if sound else "NOT SOUND")
    shutil.rmtree(folder)
    return 0 if sound else 1


def _wait(url: str) -> None:
    for _ in range(300):
        try:
            if httpx.get(f"{url}/readyz").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    sys.exit("the server does not answer")


if __name__ == "__main__":
    sys.exit(main())
