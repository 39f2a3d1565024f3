"""Measure the running program: see README.md beside this file."""

import argparse
import itertools
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from benchmarks.asking import Figure, Served, wait_for, wrk
from benchmarks.beside import BESIDE, long_work
from benchmarks.limits import alone, pgbench
from core.clock import SystemClock
from core.context import AppContext
from core.database import Database
from core.schema import migrate
from core.settings import ROOT, Settings
from depots.models import Depot, Place
from inventory.booking.booking import book
from inventory.booking.wishes import MOST_AT_ONCE, Wish
from inventory.catalogue.models import Item, Tracking
from inventory.demo.city import load_demo
from inventory.reference.files import read_folder
from inventory.reference.load import load_reference
from inventory.stock.models import Kind, Stock
from inventory.stock.verify import verify
from jobs.running.schedule import refresh_figures
from labels.codes.models import Label
from people.models import Person, Role
from people.policy import Caller, Duty
from people.sign_in import issue_token
from rooms import LISTENERS

SECONDS = 10
PLENTY = "10000"
TAKES_A_SECOND = 5  # a city of a thousand depots on a bad day
PARTS = ("bare", "empty", "lookup", "dashboard", "moving", "take", "alone", "pgbench", "after", *BESIDE)
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
    """Balances of bulk gear in reach: lots and their places."""
    rows = session.execute(
        select(Stock.lot_id, Stock.place_id)
        .join(Item, Item.id == Stock.item_id)
        .join(Place, Place.id == Stock.place_id)
        .where(Item.tracking == Tracking.BULK, ~Item.controlled, Item.hazard_code.is_(None), Place.in_reach)
        .order_by(Stock.lot_id, Stock.place_id)
        .limit(most)
    )
    return [(lot, place) for lot, place in rows]


def stock_up(session: Session, targets: Sequence[tuple[UUID, UUID]], now: datetime, today: date) -> None:
    """More of each than a run takes."""
    person_id = session.execute(select(Person.id).where(Person.account == "admin")).scalar_one()
    admin = Caller(person_id, "admin", "", "zh", (Duty(Role.ADMINISTRATOR),))
    wishes = [
        Wish(id=uuid4(), kind=Kind.RECEIVE, quantity=PLENTY, lot=lot, target=str(place)) for lot, place in targets
    ]
    for at in range(0, len(wishes), MOST_AT_ONCE):
        book(session, admin, wishes[at : at + MOST_AT_ONCE], now, today)


def write_targets(database: Database, folder: Path) -> tuple[Path, Path]:
    """Files with what to take and what to look up."""
    clock = SystemClock(Settings().zone)
    with database.transaction(writes=False) as session:
        lots = what_to_take(session, 5000)
        codes = session.execute(select(Label.code).limit(5000)).scalars().all()
    database.run(stock_up, lots, clock.now(), clock.today())
    takes, lookups = folder / "takes", folder / "lookups"
    takes.write_text("\n".join(f"{lot} {place}" for lot, place in lots))
    lookups.write_text("\n".join(codes))
    return takes, lookups


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database-url", required=True)
    parser.add_argument("--depots", type=int, default=12)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--port", type=int, default=8911, help="of the server; the bare one has the next")
    parser.add_argument("--rounds", type=int, default=1, help="measure all so often, and print the medians")
    parser.add_argument("--seconds", type=int, default=SECONDS, help="for each measurement")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, help="the lines to measure")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    for program, package in (("wrk", "wrk"), ("pgbench", "postgresql-contrib")):
        if shutil.which(program) is None and (program == "wrk" or not given.database_url.startswith("sqlite")):
            sys.exit(f"{program} is needed: apt-get install {package}")
    return given


@contextmanager
def serving(given: argparse.Namespace, folder: Path) -> Iterator[tuple[Served, Served]]:
    """Our server and the bare one."""
    environment = {
        **os.environ,
        "READYSHELF_DATABASE_URL": given.database_url,
        "READYSHELF_RUN_JOBS": "false",
        "READYSHELF_VAR_DIR": str(folder),
    }
    workers = str(given.workers)
    ours = [sys.executable, str(ROOT / "app.py"), "serve", "--port", str(given.port), "--workers", workers]
    bare = [sys.executable, "-m", "benchmarks.bare", str(given.port + 1), workers]
    with ExitStack() as stack:
        servers = []
        for port, command in ((given.port, ours), (given.port + 1, bare)):
            process = stack.enter_context(
                subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.DEVNULL)
            )
            stack.callback(process.terminate)
            servers.append(Served(f"http://127.0.0.1:{port}", process.pid, given.seconds))
        wait_for(f"{servers[0].url}/readyz")
        wait_for(servers[1].url)
        yield servers[0], servers[1]


def measure(given: argparse.Namespace, context: AppContext, token: str, folder: Path) -> Iterator[tuple[str, Figure]]:
    """Every line, round by round."""
    takes, lookups = write_targets(context.database, folder)
    seconds, lots = given.seconds, len(takes.read_text().splitlines())
    with context.database.transaction(writes=False) as session:
        depot = session.execute(select(Depot.code).order_by(Depot.code).limit(1)).scalar_one()
    with serving(given, folder) as (served, bare):
        refresh_figures(context)  # as the job "readiness" does, which the measured server does not run
        warm(f"{served.url}/dashboard", token)
        ways = {
            "bare": lambda: wrk(bare, "/", "", 32),
            "empty": lambda: wrk(served, "/healthz", "", 32),
            "lookup": lambda: wrk(served, "", token, 32, "lookup.lua", lookups),
            "dashboard": lambda: wrk(served, "/dashboard", token, 8),
            "take": lambda: wrk(served, "", token, 32, "take.lua", takes),
            "after": lambda: wrk(served, "/dashboard", token, 8),
            "health+": lambda: wrk(served, "/healthz", "", 2),
            "lookup+": lambda: wrk(served, "", token, 8, "lookup.lua", lookups),
            "take+": lambda: wrk(served, "", token, 8, "take.lua", takes),
        }
        if context.database.is_sqlite:
            ways["alone"] = lambda: alone(folder / "alone.db", seconds)
        else:
            ways["pgbench"] = lambda: pgbench(context.database, lots, seconds)
        for _ in range(given.rounds):
            for name in PARTS:
                if name in given.only and name == "moving":
                    with stock_moving(context, served.url, token, takes):
                        yield name, ways["dashboard"]()
                elif name in given.only and name in BESIDE:
                    with long_work(served.url, token, depot):
                        yield name, ways[name]()
                elif name in given.only and name in ways:
                    yield name, ways[name]()


def medians(figures: list[Figure]) -> Figure:
    """Of each number the median; what was refused is added up."""

    def middle(values: list[float | None]) -> float | None:
        known = [value for value in values if value is not None]
        return statistics.median(known) if known else None

    return Figure(
        statistics.median(figure.rate for figure in figures),
        middle([figure.p50_ms for figure in figures]),
        middle([figure.p99_ms for figure in figures]),
        sum(figure.refused for figure in figures),
        middle([figure.cpu_us for figure in figures]),
    )


def table(lines: dict[str, Figure]) -> list[dict[str, Any]]:
    """The lines with their ratios: each beside the limit that was measured in the same run."""
    limits = {"empty": "bare", "lookup": "bare", "take": "alone" if "alone" in lines else "pgbench"}
    return [
        {
            "name": name,
            **asdict(figure),
            "of": limits[name] if (limit := lines.get(limits.get(name, ""))) else None,
            "ratio": round(figure.rate / limit.rate, 3) if limit else None,
        }
        for name, figure in lines.items()
    ]


def sentence(line: dict[str, Any]) -> str:
    """A figure as one line for people."""
    spread = "".join(f"   {p} {line[p + '_ms']:8.1f} ms" for p in ("p50", "p99") if line[f"{p}_ms"] is not None)
    cpu = f"   {line['cpu_us']:6.0f} us of CPU" if line["cpu_us"] is not None else ""
    beside = f"   {line['ratio']:6.1%} of {line['of']}" if line["of"] else ""
    refused = f"   ({line['refused']} refused)" if line["refused"] else ""
    return f"{line['name']:9} {line['rate']:>9.0f} /s{spread}{cpu}{beside}{refused}"


def main() -> int:
    given = _arguments()
    database = Database(given.database_url, listeners=LISTENERS)
    context = AppContext(Settings(database_url=given.database_url), database, SystemClock(Settings().zone))
    prepare(database, given.depots)
    token = database.run(issue_token, "admin", "benchmark", SystemClock(Settings().zone).now())
    folder = Path(tempfile.mkdtemp(prefix="readyshelf-bench-"))
    figures: dict[str, list[Figure]] = {}
    for name, figure in measure(given, context, token, folder):
        figures.setdefault(name, []).append(figure)
        if not given.json:
            print(sentence({"name": name, **asdict(figure), "of": None}), flush=True)
    sound = database.run(verify).sound
    lines = table({name: medians(many) for name, many in figures.items()})
    if given.json:
        print(json.dumps({"depots": given.depots, "rounds": given.rounds, "sound": sound, "lines": lines}, indent=1))
    else:
        print(f"\nmedians of {given.rounds}:", *map(sentence, lines), sep="\n")
        print("verify   ", "sound" if sound else "NOT SOUND")
    shutil.rmtree(folder)
    return 0 if sound else 1


if __name__ == "__main__":
    sys.exit(main())
