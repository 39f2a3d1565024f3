"""Soak a running server in half load and watch what it holds. See README.md beside this file."""

import argparse
import asyncio
import io
import random
import re
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psutil
from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session

from benchmarks.run import prepare, what_to_take
from core.clock import SystemClock
from core.database import Database
from core.settings import Settings
from depots.models import Depot
from inventory.catalogue.models import Item
from inventory.stock.reaching import lots_within
from inventory.stock.verify import verify
from labels.codes.models import Label
from people.accounts import caller_called
from people.demo import DEMO_ACCOUNTS, DEMO_PASSWORD
from people.policy import Act, Caller, reach
from people.sign_in import issue_token
from rooms import LISTENERS
from tests.clusters import one_server
from tests.serving import ManyWorkers, served

SAMPLE_SECONDS = 10.0
A_MINUTE = 6  # samples
WARM_SHARE = 0.3  # of the samples: caches, pools and the threads of the loop fill
MOST_MB = 250.0  # per worker after an hour of load (DESIGN.md, Budgets)
MB_PER_HOUR = 24.0  # slope after warm-up that is still noise: pages that the allocator holds
MORE_DESCRIPTORS = 8  # of the last samples over the first after warm-up: a pool that is in use by chance
AT_ONCE = 64  # requests under way; beyond that the server is behind, and a request is not sent
PAGES = ("/dashboard", "/depots", "/alerts", "/upkeep", "/matrix", "/expiry", "/map", "/trends", "/account", "/labels")


@dataclass(frozen=True)
class City:
    """What there is to ask for."""

    words: list[str]
    takes: list[tuple[str, str]]  # lot, place
    tokens: dict[str, str]
    seen: dict[str, tuple[list[str], list[str]]]  # depots and codes within reach, by account


@dataclass
class Load:
    """Requests at a steady rate, of every kind that a city sends; counts the answers by kind and status."""

    city: City
    client: httpx.AsyncClient
    chance: random.Random
    pictures: list[bytes]
    answers: Counter[tuple[str, int]] = field(default_factory=Counter)
    seconds: dict[str, list[float]] = field(default_factory=dict)
    refusals: dict[tuple[str, int], str] = field(default_factory=dict)  # the first of each kind
    taken: list[tuple[str, str, str]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    not_sent: int = 0

    async def run(self, rate: float, until: float) -> None:
        """Send requests at random moments until the time has come, then wait for those under way."""
        acts, weights = zip(*self.acts(), strict=True)
        under_way: set[asyncio.Task[None]] = set()
        while time.monotonic() < until:
            await asyncio.sleep(self.chance.expovariate(rate))
            if len(under_way) >= AT_ONCE:
                self.not_sent += 1
                continue
            task = asyncio.create_task(self.do(self.chance.choices(acts, weights)[0]))
            under_way.add(task)
            task.add_done_callback(under_way.discard)
        await asyncio.gather(*under_way)

    async def do(self, act: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """One act; what cannot be answered is counted, and the load goes on."""
        try:
            await act()
        except httpx.TransportError as error:
            self.faults.append(f"{act.__name__}: {type(error).__name__}")

    def acts(self) -> list[tuple[Callable[[], Coroutine[Any, Any, None]], int]]:
        """Every kind of act and how often it comes, in hundredths."""
        return [
            (self.look_up, 24),
            (self.look_at_page, 12),
            (self.find, 6),
            (self.fetch_shelves, 8),
            (self.list_something, 8),
            (self.print_label, 2),
            (self.take, 14),
            (self.give_back, 8),
            (self.send_basket, 9),
            (self.send_picture, 3),
            (self.sign_in, 2),
            (self.ask_for_nothing, 4),
        ]

    async def ask(self, what: str, method: str, path: str, who: str = "admin", **more: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.city.tokens[who]}", **more.pop("headers", {})}
        begun = time.perf_counter()
        answer = await self.client.request(method, path, headers=headers, **more)
        return self.count(what, answer, begun)

    def count(self, what: str, answer: httpx.Response, begun: float) -> httpx.Response:
        self.seconds.setdefault(what, []).append(time.perf_counter() - begun)
        self.answers[what, answer.status_code] += 1
        if answer.is_client_error:
            self.refusals.setdefault((what, answer.status_code), answer.text[:300])
        if answer.is_server_error:
            self.faults.append(f"{what}: {answer.status_code} {answer.text[:300]}")
        return answer

    async def look_up(self) -> None:
        await self.ask("lookup", "GET", f"/api/labels/{self.chance.choice(self.city.seen['admin'][1])}")

    async def look_at_page(self) -> None:
        who = self.chance.choice(DEMO_ACCOUNTS)
        depots, codes = self.city.seen[who]
        paths = (*PAGES, f"/depots/{self.chance.choice(depots)}", f"/q/{self.chance.choice(codes)}")
        await self.ask("page", "GET", self.chance.choice(paths), who)

    async def find(self) -> None:
        near = f"{22.5 + self.chance.random() / 5:.4f},{113.8 + self.chance.random() / 3:.4f}"
        await self.ask("find", "GET", "/api/find", params={"q": self.chance.choice(self.city.words), "near": near})

    async def fetch_shelves(self) -> None:
        depot = self.chance.choice(self.city.seen["admin"][0])
        part = self.chance.choice(("shelves", "work"))
        await self.ask(part, "GET", f"/api/phone/{depot}/{part}", headers={"Accept-Encoding": "gzip"})

    async def list_something(self) -> None:
        names = ("movements", "items", "lots", "places", "alerts", "checks", "readiness", "entries", "depots")
        await self.ask("list", "GET", f"/api/{self.chance.choice(names)}")

    async def print_label(self) -> None:
        form = self.chance.choice(("svg", "png", "pdf", "zpl", "tspl"))
        await self.ask(
            "label", "GET", f"/api/labels/{self.chance.choice(self.city.seen['admin'][1])}.{form}?size=60x40"
        )

    async def take(self) -> None:
        lot, place = self.chance.choice(self.city.takes)
        wish = {"id": str(uuid4()), "kind": "issue", "lot": lot, "from": place, "quantity": "1"}
        answer = await self.ask("take", "POST", "/api/movements", json=wish)
        if answer.status_code == 201:
            self.taken.append((lot, place, answer.json()["lines"][0]["to"]))

    async def give_back(self) -> None:
        if not self.taken:
            return await self.take()
        lot, place, holder = self.taken.pop(self.chance.randrange(len(self.taken)))
        wish = {"id": str(uuid4()), "kind": "return", "lot": lot, "from": holder, "to": place, "quantity": "1"}
        await self.ask("return", "POST", "/api/movements", json=wish)
        return None

    async def send_basket(self, *photos: str) -> None:
        lot, place = self.chance.choice(self.city.takes)
        wish = {"id": str(uuid4()), "kind": "consume", "lot": lot, "from": place, "quantity": "1"}
        entry = {"id": str(uuid4()), "kind": "basket", "movements": [wish], "photos": list(photos)}
        await self.ask("entry", "POST", "/api/entries", json=entry)

    async def send_picture(self) -> None:
        photo_id = str(uuid4())
        picture = self.chance.choice(self.pictures) + self.chance.randbytes(8)  # another file each time
        await self.ask("picture", "PUT", f"/api/photos/{photo_id}", content=picture)
        await self.send_basket(photo_id)
        await self.ask("picture", "GET", f"/api/photos/{photo_id}")

    async def sign_in(self) -> None:
        async with httpx.AsyncClient(base_url=self.client.base_url, timeout=self.client.timeout) as browser:
            begun = time.perf_counter()
            form = await browser.get("/sign-in")
            token = re.search(r'name="_csrf_token" value="([^"]+)"', form.text)
            assert token is not None, form.text
            given = {"account": self.chance.choice(DEMO_ACCOUNTS), "password": DEMO_PASSWORD, "_csrf_token": token[1]}
            self.count("sign-in", await browser.post("/sign-in", data=given), begun)
            begun = time.perf_counter()
            self.count("signed in", await browser.get("/dashboard"), begun)

    async def ask_for_nothing(self) -> None:
        await self.ask("health", "GET", self.chance.choice(("/healthz", "/readyz", "/metrics")))


@dataclass(frozen=True)
class Sample:
    """What one worker holds at a moment."""

    at: float  # seconds since the load began
    megabytes: float
    descriptors: int  # without its clients' connections, which come and go with the load
    clients: int
    threads: int
    connections: int  # to the database


def _serves(process: psutil.Process) -> bool:
    try:
        return "--multiprocessing-fork" in process.cmdline()
    except psutil.Error:  # what drew something beside the server has just ended
        return False


class Watch:
    """Samples every worker in a thread of its own."""

    def __init__(self, leader: int, port: int, database: Database) -> None:
        self.samples: dict[int, list[Sample]] = {}
        self._leader, self._port, self._database = psutil.Process(leader), port, database
        self._over = threading.Event()

    def workers(self) -> list[psutil.Process]:
        """The processes that answer: children of the one that was started, or that one itself."""
        children = self._leader.children(recursive=True)
        return [child for child in children if _serves(child)] or [self._leader]

    @contextmanager
    def running(self) -> Iterator[None]:
        thread = threading.Thread(target=self._sample)
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            thread.join()

    def _sample(self) -> None:
        begun = time.monotonic()
        print(f"{'s':>6} {'worker':>8} {'MB':>7} {'fds':>5} {'clients':>8} {'threads':>8} {'database':>9}", flush=True)
        while not self._over.wait(SAMPLE_SECONDS):
            for worker in self.workers():
                sample = self._look(worker, time.monotonic() - begun)
                self.samples.setdefault(worker.pid, []).append(sample)
                print(
                    f"{sample.at:>6.0f} {worker.pid:>8} {sample.megabytes:>7.1f} {sample.descriptors:>5} "
                    f"{sample.clients:>8} {sample.threads:>8} {sample.connections:>9}",
                    flush=True,
                )

    def _look(self, worker: psutil.Process, at: float) -> Sample:
        with worker.oneshot():
            megabytes, threads = worker.memory_info().rss / 1e6, worker.num_threads()
        ways = [way for way in worker.net_connections("tcp") if way.raddr]
        clients = sum(way.laddr.port == self._port for way in ways)
        if self._database.is_sqlite:  # its open handles of the file
            connections = sum(file.path == self._database.url.database for file in worker.open_files())
        else:
            connections = sum(way.raddr.port == self._database.url.port for way in ways)
        return Sample(at, megabytes, worker.num_fds() - clients, clients, threads, connections)


def judge(samples: list[Sample]) -> tuple[str, bool]:
    """The verdict on one worker: its memory's slope after warm-up, its most at the end, descriptors flat."""
    after = samples[int(len(samples) * WARM_SHARE) :]
    if len(after) < 3:
        return "too few samples", False
    # The floor of each minute: a password takes 64 MB while it is hashed, and gives them back
    floors = [min(after[at : at + A_MINUTE], key=lambda one: one.megabytes) for at in range(0, len(after), A_MINUTE)]
    if len(floors) < 2:
        floors = after
    slope = statistics.linear_regression([one.at for one in floors], [one.megabytes for one in floors]).slope * 3600
    third = max(1, len(after) // 3)
    first, last = after[:third], after[-third:]
    more = max(one.descriptors for one in last) - max(one.descriptors for one in first)
    threads = max(one.threads for one in last) - max(one.threads for one in first)
    most = max(one.megabytes for one in floors)
    sentence = (
        f"{samples[0].megabytes:.0f} MB at first, {first[0].megabytes:.0f} warm, {last[-1].megabytes:.0f} at the end, "
        f"floor {most:.0f} at most; slope {slope:+.1f} MB/h; descriptors {more:+}, threads {threads:+}; "
        f"connections at most {max(one.connections for one in after)}"
    )
    return sentence, slope <= MB_PER_HOUR and most <= MOST_MB and more <= MORE_DESCRIPTORS and threads <= 4


def read_city(database: Database) -> City:
    """What the load asks for."""
    with database.transaction(writes=False) as session:
        takes = what_to_take(session, 2000)
        words = list(session.execute(select(Item.name_zh).limit(300)).scalars())
        now = SystemClock(Settings().zone).now()
        seen = {account: _seen_by(session, caller_called(session, account, now)) for account in DEMO_ACCOUNTS}
    tokens = {account: database.run(issue_token, account, "soak", now) for account in DEMO_ACCOUNTS}
    return City(words, [(str(lot), str(place)) for lot, place in takes], tokens, seen)


def _seen_by(session: Session, caller: Caller) -> tuple[list[str], list[str]]:
    depots = session.execute(select(Depot.code).where(reach(caller, Act.SEE, Depot.id, Depot.district_code)))
    codes = select(Label.code).where(Label.lot_id.is_not(None), lots_within(caller, Label.lot_id)).limit(2000)
    return list(depots.scalars()), list(session.execute(codes).scalars())


def pictures(chance: random.Random) -> list[bytes]:
    """Photos as phones send them: 1600 pixels wide, some hundred kilobytes."""
    found = []
    for _ in range(6):
        picture = Image.frombytes("RGB", (160, 120), chance.randbytes(160 * 120 * 3)).resize((1600, 1200))
        file = io.BytesIO()
        picture.save(file, "JPEG", quality=80)
        found.append(file.getvalue())
    return found


async def _load(url: str, city: City, rate: float, minutes: float, seed: int) -> Load:
    chance = random.Random(seed)
    # Short, so that connections come and go as they do from phones
    limits = httpx.Limits(max_connections=AT_ONCE, keepalive_expiry=2)
    async with httpx.AsyncClient(base_url=url, timeout=60, limits=limits) as client:
        load = Load(city, client, chance, pictures(chance))
        await load.run(rate, time.monotonic() + minutes * 60)
        return load


def soak(url: str, given: argparse.Namespace, folder: Path) -> bool:
    """Prepare the city, serve it, load it, and judge what every worker held."""
    database = Database(url, listeners=LISTENERS)
    prepare(database, given.depots)
    city = read_city(database)
    as_deployed = {"READYSHELF_RUN_JOBS": "true", "PYTHONNODEBUGRANGES": "1"}
    server = ManyWorkers(url, folder / "var", given.workers, **as_deployed)
    with served(server):
        server.start()
        assert server.process is not None and server.process.pid is not None
        watch = Watch(server.process.pid, server.port, database)
        with watch.running():
            load = asyncio.run(_load(server.url, city, given.rate, given.minutes, given.seed))
        good = report(load, given.minutes)
        for number, samples in watch.samples.items():
            sentence, flat = judge(samples)
            print(f"worker {number}: {sentence}: {'flat' if flat else 'NOT FLAT'}")
            good &= flat
    log = server.log.read_text()
    if "Traceback" in log or "error" in log:
        print(log[-4000:])
        good = False
    sound = database.run(verify).sound
    print("verify:", "sound" if sound else "NOT SOUND")
    return good and sound


def report(load: Load, minutes: float) -> bool:
    """What was answered; whether all of it was."""
    by_kind: dict[str, dict[int, int]] = {}
    for (what, status), number in sorted(load.answers.items()):
        by_kind.setdefault(what, {})[status] = number
    for what, statuses in by_kind.items():
        print(f"{what:>10} {_times(load.seconds[what])} ", *(f"{status}: {n}" for status, n in statuses.items()))
    everything = [one for seconds in load.seconds.values() for one in seconds]
    print(f"{'all':>10} {_times(everything)}  {len(everything) / minutes / 60:.1f} /s; {load.not_sent} not sent")
    for (what, status), said in load.refusals.items():
        print(f"refused: {what} {status} {said}")
    print(*(f"FAULT {fault}" for fault in load.faults[:20]), sep="\n")
    return not load.faults


def _times(seconds: list[float]) -> str:
    cuts = statistics.quantiles([*seconds, seconds[0]], n=100)
    return f"p50 {cuts[49] * 1000:>6.0f} ms  p99 {cuts[98] * 1000:>6.0f} ms"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database-url", default="sqlite", help="an address, or sqlite or postgresql: one of its own")
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--rate", type=float, default=20, help="requests a second")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--depots", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="readyshelf-soak-")))
        url = given.database_url
        if url == "sqlite":
            url = f"sqlite:///{folder / 'city.db'}"
        elif url == "postgresql":
            url = stack.enter_context(one_server()).url
        good = soak(url, given, folder)
    print("verdict:", "holds" if good else "DOES NOT HOLD")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
