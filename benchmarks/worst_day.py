"""A typhoon morning for a whole city, through HTTP. See README.md beside this file.

Requests come when they come, not when the one before is answered: what waits at a server that is behind is part of its
answer's time. Whoever gets no answer, or a 5xx, sends the same thing again with its id, as phones do.
"""

import argparse
import asyncio
import csv
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import psutil
from sqlalchemy import select
from sqlalchemy.orm import Session

from benchmarks.compared import balances, compare, database_bytes
from benchmarks.run import prepare, stock_up, what_to_take
from core.clock import SystemClock
from core.database import Database
from core.settings import ROOT, Settings
from depots.models import Depot
from inventory.catalogue.models import Item, Tracking
from inventory.stock.verify import verify
from labels.codes.models import Label
from people.sign_in import issue_token
from rooms import LISTENERS
from tests.clusters import one_server
from tests.serving import ManyWorkers, free_port, served

KINDS = ("take", "lookup", "find", "entry")
AT_ONCE = 2000  # requests under way: beyond it the load's own machine would be measured
AGAIN_SECONDS = (0.5, 1, 2, 4, 8)  # pauses before something is sent again
LAST_ANSWER_SECONDS = 120.0  # for what is still unanswered when the morning is over
SAMPLE_SECONDS = 2.0
TARGETS = 5000  # balances that are taken from


@dataclass(frozen=True)
class City:
    """What there is to ask for, and how much lay where before."""

    depots: list[str]
    codes: list[str]
    words: list[str]
    takes: list[tuple[str, str]]  # lot, place
    tokens: list[str]  # of each phone


@dataclass
class Kind:
    """What became of the requests of one kind."""

    seconds: list[float] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    again: int = 0
    not_sent: int = 0


@dataclass
class Morning:
    """The load, and what was acknowledged."""

    city: City
    client: httpx.AsyncClient
    chance: random.Random
    kinds: dict[str, Kind] = field(default_factory=dict)
    acknowledged: dict[str, tuple[str, str]] = field(default_factory=dict)  # movement: lot, place
    unanswered: int = 0
    under_way: set[asyncio.Task[None]] = field(default_factory=set)

    async def arrive(self, kind: str, rate: float, until: float) -> None:
        """Requests of a kind at random moments, whatever has become of those before."""
        acts: dict[str, Callable[[float], Coroutine[Any, Any, None]]] = {
            "take": self.take,
            "lookup": self.look_up,
            "find": self.find,
            "entry": self.enter,
        }
        due = time.monotonic()
        while (due := due + self.chance.expovariate(rate)) < until:
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            if len(self.under_way) >= AT_ONCE:
                self.of(kind).not_sent += 1
                continue
            task = asyncio.create_task(acts[kind](due))
            self.under_way.add(task)
            task.add_done_callback(self.under_way.discard)

    def of(self, kind: str) -> Kind:
        return self.kinds.setdefault(kind, Kind())

    async def ask(self, kind: str, begun: float, method: str, path: str, **more: Any) -> httpx.Response | None:
        """One request; None if there was no answer. Its time counts from when it was due."""
        of, token = self.of(kind), more.pop("token", None) or self.chance.choice(self.city.tokens)
        headers = {"Authorization": f"Bearer {token}", **more.pop("headers", {})}
        try:
            answer = await self.client.request(method, path, headers=headers, **more)
        except httpx.TransportError as error:
            of.statuses[type(error).__name__] += 1
            return None
        of.seconds.append(time.monotonic() - begun)
        of.statuses[str(answer.status_code)] += 1
        return answer

    async def ask_until_answered(self, kind: str, begun: float, path: str, body: Any) -> httpx.Response | None:
        """Send the same thing with its id until it is answered for good."""
        for pause in (*AGAIN_SECONDS, *(AGAIN_SECONDS[-1],) * 10):
            answer = await self.ask(kind, begun, "POST", path, json=body)
            if answer is not None and answer.status_code < 500 and answer.status_code != 429:
                return answer
            self.of(kind).again += 1
            await asyncio.sleep(pause)
            begun = time.monotonic()
        self.unanswered += 1
        return None

    def wish(self, kind: str) -> tuple[dict[str, str], tuple[str, str]]:
        lot, place = self.chance.choice(self.city.takes)
        return {"id": str(uuid4()), "kind": kind, "lot": lot, "from": place, "quantity": "1"}, (lot, place)

    async def take(self, begun: float) -> None:
        wish, what = self.wish("issue")
        answer = await self.ask_until_answered("take", begun, "/api/movements", wish)
        if answer is not None and answer.is_success:
            self.acknowledged[wish["id"]] = what

    async def enter(self, begun: float) -> None:
        wish, what = self.wish("consume")
        entry = {"id": str(uuid4()), "kind": "basket", "movements": [wish]}
        answer = await self.ask_until_answered("entry", begun, "/api/entries", entry)
        if answer is not None and answer.is_success and answer.json()["outcome"]["state"] == "booked":
            self.acknowledged[wish["id"]] = what

    async def look_up(self, begun: float) -> None:
        await self.ask("lookup", begun, "GET", f"/api/labels/{self.chance.choice(self.city.codes)}")

    async def find(self, begun: float) -> None:
        near = f"{22.5 + self.chance.random() / 5:.4f},{113.8 + self.chance.random() / 3:.4f}"
        params = {"q": self.chance.choice(self.city.words), "near": near}
        await self.ask("find", begun, "GET", "/api/find", params=params)

    async def phone(self, token: str, renew: float, until: float) -> None:
        """A phone that holds a depot's picture: whole at first, then what has changed, and the open work."""
        path, since = f"/api/phone/{self.chance.choice(self.city.depots)}", ""
        await asyncio.sleep(self.chance.uniform(0, renew))
        while (now := time.monotonic()) < until:
            ways: dict[str, Any] = {"token": token, "headers": {"Accept-Encoding": "gzip"}}
            asked = {**ways, "params": {"since": since}} if since else ways
            answer = await self.ask("renew" if since else "open", now, "GET", f"{path}/shelves", **asked)
            if answer is not None and answer.is_success:
                since = answer.json()["version"] if since else answer.headers["readyshelf-version"]
            await self.ask("work", time.monotonic(), "GET", f"{path}/work", **ways)
            await asyncio.sleep(max(0.0, min(until, now + renew) - time.monotonic()))


async def play(url: str, city: City, given: argparse.Namespace, middle: Callable[[], None]) -> Morning:
    """All kinds at once for as long as asked; what the officers do begins after a third."""
    limits = httpx.Limits(max_connections=given.connections, keepalive_expiry=60)
    async with httpx.AsyncClient(base_url=url, timeout=60, limits=limits) as client:
        morning = Morning(city, client, random.Random(given.seed))
        until = time.monotonic() + given.minutes * 60
        rates = {"take": given.takes, "lookup": given.lookups, "find": given.finds, "entry": given.entries}
        streams = [asyncio.create_task(morning.arrive(kind, rate, until)) for kind, rate in rates.items() if rate]
        renew = given.renew_minutes * 60
        streams += [asyncio.create_task(morning.phone(token, renew, until)) for token in city.tokens[: given.phones]]
        await asyncio.sleep(given.minutes * 20)
        await asyncio.to_thread(middle)
        await asyncio.gather(*streams)
        if morning.under_way:
            await asyncio.wait(morning.under_way, timeout=LAST_ANSWER_SECONDS)
        morning.unanswered += len(morning.under_way)
        return morning


def read_city(session: Session, phones: int, now: datetime) -> City:
    takes = what_to_take(session, TARGETS)
    codes = list(session.execute(select(Label.code).where(Label.lot_id.is_not(None)).limit(TARGETS)).scalars())
    words = list(session.execute(select(Item.name_zh).limit(300)).scalars())
    depots = list(session.execute(select(Depot.code)).scalars())
    tokens = [issue_token(session, "admin", f"phone {number}", now) for number in range(max(phones, 1))]
    return City(depots, codes, words, [(str(lot), str(place)) for lot, place in takes], tokens)


def write_import(session: Session, rows: int, path: Path) -> int:
    """Opening stock for a shelf that is not there yet in every depot; returns how many rows it has."""
    bulk = select(Item.code).where(Item.tracking == Tracking.BULK, ~Item.controlled, Item.hazard_code.is_(None))
    items, depots = session.execute(bulk).scalars().all(), session.execute(select(Depot.code)).scalars().all()
    lines = [(depot, "防汛架", item, 5) for item in items for depot in depots][:rows]
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("站点编号", "货位", "物资编码", "数量"), *lines])
    return len(lines)


@dataclass
class Office:
    """What goes on beside the phones, each a command as its timer or an officer starts it."""

    url: str
    folder: Path
    imported: int
    tomorrow: date
    done: dict[str, dict[str, Any]] = field(default_factory=dict)

    def work(self) -> None:
        """The sweep with its digests, an import and a backup, one after the other."""
        with mail_sink() as port:
            # tomorrow's: today's was made up for as the server started
            self.run(
                "sweep", "sweep", "--today", str(self.tomorrow), READYSHELF_SMTP_URL=f"smtp://127.0.0.1:{port}?tls=none"
            )
        rows = str(self.folder / "stock.csv")
        self.run("import", "import", "stock", rows, "--as", "admin", "--make-places")
        self.run("backup", "backup", str(self.folder / "morning.tar.gz"))

    def run(self, name: str, *arguments: str, **environment: str) -> None:
        around = {
            **os.environ,
            "READYSHELF_DATABASE_URL": self.url,
            "READYSHELF_VAR_DIR": str(self.folder / "var"),
            "READYSHELF_SECRET": "s" * 32,
            **environment,
        }
        begun = time.monotonic()
        command = [sys.executable, str(ROOT / "app.py"), *arguments]
        done = subprocess.run(command, env=around, cwd=ROOT, capture_output=True, text=True, check=False)
        said = (done.stdout or done.stderr).strip().splitlines()[-1:]
        self.done[name] = {"seconds": round(time.monotonic() - begun, 1), "code": done.returncode, "said": said}


@contextmanager
def mail_sink() -> Iterator[int]:
    """A mail server that takes everything."""
    port = free_port()
    command = [sys.executable, "-m", "aiosmtpd", "-n", "-l", f"127.0.0.1:{port}", "-c", "aiosmtpd.handlers.Sink"]
    with subprocess.Popen(command) as process:
        try:
            yield port
        finally:
            process.terminate()


class Memory:
    """The most that each process of the server has held, asked for now and then."""

    def __init__(self, leader: int) -> None:
        self.most: dict[int, float] = {}
        self._leader = psutil.Process(leader)

    async def watch(self) -> None:
        while True:
            for process in [self._leader, *self._leader.children(recursive=True)]:
                with suppress(psutil.NoSuchProcess):
                    held = process.memory_info().rss / 1e6
                    self.most[process.pid] = max(held, self.most.get(process.pid, 0))
            await asyncio.sleep(SAMPLE_SECONDS)


def line_of(kind: Kind, minutes: float) -> dict[str, Any]:
    """One line of the table."""
    ordered = sorted(kind.seconds) or [0.0]

    def at(share: float) -> float:
        return round(ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000, 1)

    return {
        "answers": len(kind.seconds),
        "rate": round(len(kind.seconds) / minutes / 60, 1),
        **{f"p{name}_ms": at(share) for name, share in (("50", 0.5), ("99", 0.99), ("99.9", 0.999))},
        "statuses": dict(kind.statuses),
        "again": kind.again,
        "not_sent": kind.not_sent,
    }


def worst_day(url: str, given: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Enter the city, serve it, play the morning, and hold the book against it."""
    database, clock = Database(url, listeners=LISTENERS), SystemClock(Settings().zone)
    prepare(database, given.depots)
    city = database.run(read_city, given.phones, clock.now())
    targets = [(UUID(lot), UUID(place)) for lot, place in city.takes]
    database.run(stock_up, targets, clock.now(), clock.today())
    with database.transaction(writes=False) as session:
        rows = write_import(session, given.import_rows, folder / "stock.csv")
        office = Office(url, folder, rows, clock.today() + timedelta(days=1))
        before = balances(session, city.takes)
    database.engine.dispose()
    server = ManyWorkers(url, folder / "var", given.workers, READYSHELF_RUN_JOBS="true")
    with served(server):
        server.start()
        assert server.process is not None and server.process.pid is not None
        memory = Memory(server.process.pid)

        async def run() -> Morning:
            watching = asyncio.create_task(memory.watch())
            try:
                return await play(server.url, city, given, office.work)
            finally:
                watching.cancel()

        load_before = os.getloadavg()[0]
        morning = asyncio.run(run())
    with database.transaction(writes=False) as session:
        ledger = {**compare(session, morning.acknowledged, before), "unanswered": morning.unanswered}
    return {
        "given": {name: value for name, value in vars(given).items() if name != "json"},
        "machine": {"cores": os.cpu_count(), "load_before": load_before, "load_after": os.getloadavg()[0]},
        "kinds": {name: line_of(kind, given.minutes) for name, kind in sorted(morning.kinds.items())},
        "office": {"import_rows": office.imported, **office.done},
        "ledger": {**ledger, "sound": database.run(verify).sound},
        "memory_mb": sorted((round(held) for held in memory.most.values()), reverse=True),
        "database_mb": round(database_bytes(database) / 1e6, 1),
    }


def show(found: dict[str, Any]) -> None:
    print(f"{'':8} {'answers':>8} {'/s':>7} {'p50 ms':>9} {'p99 ms':>9} {'p99.9 ms':>9}  statuses")
    for name, line in found["kinds"].items():
        times = " ".join(f"{line[f'p{p}_ms']:>9.1f}" for p in ("50", "99", "99.9"))
        rest = f"  sent again {line['again']}, not sent {line['not_sent']}"
        print(f"{name:8} {line['answers']:>8} {line['rate']:>7.1f} {times}  {line['statuses']}{rest}")
    for part in ("office", "ledger", "memory_mb", "database_mb", "machine"):
        print(f"{part}: {found[part]}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database-url", default="postgresql", help="an address, or sqlite or postgresql: its own")
    parser.add_argument("--depots", type=int, default=1001)
    parser.add_argument("--phones", type=int, default=3000)
    parser.add_argument("--renew-minutes", type=float, default=5, help="how often a phone renews its picture")
    for kind in KINDS:
        plural = "entries" if kind == "entry" else f"{kind}s"
        parser.add_argument(f"--{plural}", type=float, default=50, help="a second")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--import-rows", type=int, default=20_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--connections", type=int, default=500, help="of the load to the server")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as well")
    given = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="readyshelf-worst-")))
        url = given.database_url
        if url == "sqlite":
            url, given.workers = f"sqlite:///{folder / 'city.db'}", 1
        elif url == "postgresql":
            url = stack.enter_context(one_server()).url
        found = worst_day(url, given, folder)
    show(found)
    if given.json:
        given.json.write_text(json.dumps(found, indent=1) + "\n")
    ledger = found["ledger"]
    good = ledger["sound"] and not (ledger["lost"] or ledger["doubled"] or ledger["not_taken"] or ledger["unanswered"])
    print("verdict:", "holds" if good else "DOES NOT HOLD")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
