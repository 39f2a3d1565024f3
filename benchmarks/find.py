"""Measure the finder on the whole city and on a tenth of it: see README.md beside this file."""

import argparse
import csv
import os
import random
import shutil
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from urllib.parse import urlencode

from sqlalchemy import func, select

from benchmarks.asking import Served, wait_for, wrk
from benchmarks.run import SECONDS, prepare, sentence
from core.clock import SystemClock
from core.database import Database
from core.settings import ROOT, Settings
from depots.models import Depot
from inventory.stock.models import Stock
from people.sign_in import issue_token
from rooms import LISTENERS

CLIENTS = 8
ROUNDS = 3
WARM_UP = 3  # rounds that are not shown


def addresses(database: Database, count: int = 3000) -> list[str]:
    """Searches as people make them: every query of the test's table, from anywhere in the city."""
    rng = random.Random(1)
    queries = ROOT / "tests" / "inventory" / "finding" / "queries.csv"
    words = [row["query"] for row in csv.DictReader(queries.open(encoding="utf-8"))]
    with database.transaction(writes=False) as session:
        points = session.execute(select(Depot.lat, Depot.lon).where(Depot.lat.is_not(None))).all()
    found = []
    for _ in range(count):
        lat, lon = rng.choice(points)
        assert lat is not None and lon is not None
        near = f"{lat + rng.uniform(-0.01, 0.01):.5f},{lon + rng.uniform(-0.01, 0.01):.5f}"
        asked = {"q": rng.choice(words), "near": near, "quantity": rng.choice(["1", "1", "1", "2", "5"])}
        found.append("/api/find?" + urlencode(asked))
    return found


def measure(url: str, workers: int, port: int, folder: Path) -> list[float]:
    """Print the rounds of one city; returns their p50 in milliseconds."""
    database = Database(url, listeners=LISTENERS)
    with database.transaction(writes=False) as session:
        depots = session.execute(select(func.count()).select_from(Depot)).scalar_one()
        lines = session.execute(select(func.count()).select_from(Stock).where(~Stock.outside)).scalar_one()
    targets = folder / f"find-{depots}"
    targets.write_text("\n".join(addresses(database)))
    token = database.run(issue_token, "admin", "benchmark", SystemClock(Settings().zone).now())
    database.engine.dispose()
    environment = {
        **os.environ,
        "READYSHELF_DATABASE_URL": url,
        "READYSHELF_RUN_JOBS": "false",
        "READYSHELF_VAR_DIR": str(folder),
    }
    command = [sys.executable, str(ROOT / "app.py"), "serve", "--port", str(port), "--workers", str(workers)]
    medians = []
    with subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.DEVNULL) as server:
        try:
            served = Served(f"http://127.0.0.1:{port}", server.pid, SECONDS)
            wait_for(f"{served.url}/readyz")
            for _ in range(WARM_UP):  # the index is made, the pages are in memory, the statements prepared
                wrk(served, "", token, CLIENTS, "find.lua", targets)
            print(f"{depots} depots, {lines} balances, {CLIENTS} clients, {workers} worker(s)", flush=True)
            for _ in range(ROUNDS):
                figure = wrk(served, "", token, CLIENTS, "find.lua", targets)
                assert figure.p50_ms is not None
                medians.append(figure.p50_ms)
                print(sentence({"name": "find", **asdict(figure), "of": None}), flush=True)
        finally:
            server.terminate()
    return medians


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--whole", required=True, help="database of the whole city")
    parser.add_argument("--tenth", required=True, help="database of a tenth of it")
    parser.add_argument("--depots", type=int, default=1001)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--port", type=int, default=8912)
    given = parser.parse_args()
    if shutil.which("wrk") is None:
        sys.exit("wrk is needed: apt-get install wrk")
    prepare(Database(given.tenth, listeners=LISTENERS), given.depots // 10)
    prepare(Database(given.whole, listeners=LISTENERS), given.depots)
    folder = Path(tempfile.mkdtemp(prefix="readyshelf-bench-"))
    tenth = measure(given.tenth, given.workers, given.port, folder)
    whole = measure(given.whole, given.workers, given.port, folder)
    print(f"growth of p50 from a tenth to the whole: {sorted(whole)[1] / sorted(tenth)[1]:.2f} (budget: 1.30)")
    shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
