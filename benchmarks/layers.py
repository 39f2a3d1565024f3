"""Where the microseconds of one answer go: layer by layer, in this process, without a network.

Each layer is a function that is wrapped while it is measured: what it takes, less what the wrapped ones within it take,
less what the wrapping itself costs (measured first). What happens on the event loop is put one after the other, and
medians are printed, and of whole answers the tenth percentile: what other programs take of the processor meanwhile
makes outliers. What the writer of the embedded database does is measured with 32 takes at once, by the processor's time
of its thread alone. On PostgreSQL loop and writer are one thread: its takes come one after the other as well.
"""

import argparse
import asyncio
import gc
import itertools
import json
import os
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any
from uuid import uuid4

from sqlalchemy import select

from benchmarks.bare import app as bare
from benchmarks.run import prepare, stock_up, what_to_take
from core.clock import SystemClock
from core.database import Database
from core.settings import Settings
from labels.codes.models import Label
from people.sign_in import issue_token

App = Callable[..., Awaitable[None]]
Request = tuple[str, str, bytes]  # method, path, body
CLIENTS = 32
CALIBRATED = 20_000


class Spans:
    """What is under way, and what each layer has taken so far, in seconds of a clock."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.of: dict[str, float] = defaultdict(float)
        self._under_way: list[list[float]] = []  # of each its beginning, and what those within it took
        self._inside, self._around = 0.0, 0.0
        self._calibrate()

    def wrapped(self, name: str, of: Callable[..., Any]) -> Callable[..., Any]:
        """The function, measured."""

        @wraps(of)
        async def awaited(*args: Any, **kwargs: Any) -> Any:
            frame = self._begin()
            try:
                return await of(*args, **kwargs)
            finally:
                self._end(name, frame)

        @wraps(of)
        def called(*args: Any, **kwargs: Any) -> Any:
            frame = self._begin()
            try:
                return of(*args, **kwargs)
            finally:
                self._end(name, frame)

        return awaited if iscoroutinefunction(of) else called

    def _begin(self) -> list[float]:
        frame = [0.0, 0.0]
        self._under_way.append(frame)
        frame[0] = self.clock()
        return frame

    def _end(self, name: str, frame: list[float]) -> None:
        took = self.clock() - frame[0]
        self._under_way.pop()
        self.of[name] += took - frame[1] - self._inside
        if self._under_way:
            self._under_way[-1][1] += took + self._around

    def _calibrate(self) -> None:
        """Learn what the wrapping costs: within a span, and around it for the span outside."""
        empty = self.wrapped("empty", lambda: None)
        whole, inside = [], []
        for _ in range(CALIBRATED):
            self.of.clear()
            begun = self.clock()
            empty()
            whole.append(self.clock() - begun)
            inside.append(self.of["empty"])
        self._inside = statistics.median(inside)
        self._around = max(0.0, statistics.median(whole) - 2 * self._inside)
        self.of.clear()


def _layers() -> dict[str, list[tuple[Any, str]]]:
    """The layers by name: functions as (owner, attribute), outermost first."""
    import litestar.routes.http as http
    from litestar import Litestar
    from litestar._asgi.asgi_router import ASGIRouter
    from litestar._kwargs import KwargsModel
    from litestar.handlers import HTTPRouteHandler
    from litestar.middleware._internal.exceptions.middleware import ExceptionHandlerMiddleware
    from litestar.response.base import ASGIResponse, Response
    from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

    import core.database
    import core.edge
    import core.embedded
    import core.pipeline
    import core.prepared
    import inventory.booking.booking as booking
    import inventory.booking.posting as posting
    import inventory.stock.ledger as ledger
    import labels.codes.booking as scanned
    import labels.codes.states as states
    import people.authentication as authentication
    import people.recognising as recognising
    from core.request_ids import NamedByProxy

    return {
        "proxies": [(NamedByProxy, "__call__"), (ProxyHeadersMiddleware, "__call__")],
        "edge": [(core.edge.Edge, "__call__"), (core.edge._Answer, "send")],
        "request id": [(core.edge, "name_request")],
        "metrics": [(core.edge, "note_request")],
        "framework: app": [(Litestar, "__call__")],
        "framework: exception layers": [(ExceptionHandlerMiddleware, "__call__")],
        "framework: router": [(ASGIRouter, "__call__")],
        "sign-in": [(authentication.WhoIsCalling, "__call__"), (recognising.Callers, "caller")],
        "sign-in: version counter": [(core.database.Database, "version")],
        "csrf": [(authentication.FormsFromOurPages, "__call__")],
        "who may": [(authentication.WhoMay, "__call__")],
        "framework: route": [(http.HTTPRoute, "handle"), (http.HTTPRoute, "_call_handler_function")],
        "framework: parameters": [(KwargsModel, "to_kwargs")],
        "framework: response": [(HTTPRouteHandler, "to_response"), (Response, "to_asgi_response")],
        "answer encoding": [(Response, "render")],
        "answer sending": [(ASGIResponse, "__call__")],
        "to the database": [(core.database.Database, n) for n in ("look", "read", "write")],
        "transaction": [(core.embedded.Reads, "look"), (core.embedded.Writes, "run")],
        "writer: group": [(core.embedded.Writes, "_commit_together")],
        "writer: session, savepoint": [(core.embedded.Writes, "_outcome")],
        "verb: look-up": [(states, "label_state")],
        "writer: verb": [(scanned, "book_sent"), (booking, "book")],
        "writer: wishes read": [(booking, "read_wishes")],
        "writer: lock and read": [(booking, "_lock")],
        "writer: judged": [(booking, "_decide")],
        "writer: witnesses, times, clocks": [
            (posting, n) for n in ("second_persons", "doubt_times", "follow", "write_names")
        ],
        "writer: settle": [(posting, "settle"), (booking, "settle")],
        "writer: rows made": [
            (posting, "post"),
            (ledger, "_balances"),
            (ledger, "_movement_row"),
            (ledger, "_depot_figures"),
        ],
        "writer: rows written": [(ledger, "write_all")],
        "statement: binding, rows": [(core.prepared.Prepared, "all")],
        "statement: driver": [(core.prepared, "_fetch")],
        "to PostgreSQL and back": [(core.pipeline, "exchanged")],
        "writer: statement: binding, rows": [(core.prepared.Prepared, "all")],
        "writer: statement: driver": [(core.prepared, "_fetch")],
    }


IN_WRITER = "writer: "
TENTH = "tenth percentile"


@contextmanager
def measured(spans: Spans, *, writer: bool | None) -> Iterator[None]:
    """Meanwhile every layer of the loop, or of the writer's thread, is measured; None: of both, where they are one."""
    before = []
    layers = _layers()
    for name, functions in layers.items():
        other = name.startswith(IN_WRITER) != writer
        if name.removeprefix(IN_WRITER) in layers and name.startswith(IN_WRITER) if writer is None else other:
            continue
        for owner, attribute in functions:
            of = owner.__dict__[attribute]
            before.append((owner, attribute, of))
            setattr(owner, attribute, spans.wrapped(name, of))
    try:
        yield
    finally:
        for owner, attribute, of in reversed(before):
            setattr(owner, attribute, of)


def scope_of(request: Request, token: str) -> dict[str, Any]:
    """As uvicorn makes it."""
    method, path, body = request
    headers = [(b"host", b"127.0.0.1:8000")]
    if token:
        headers.append((b"authorization", f"Bearer {token}".encode()))
    if body:
        headers += [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "server": ("127.0.0.1", 8000),
        "client": ("127.0.0.1", 40000),
        "scheme": "http",
        "method": method,
        "root_path": "",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": headers,
        "state": {},
    }


async def ask(app: App, request: Request, token: str) -> int:
    """Put one request; gives the answer's status."""
    status = 0

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": request[2], "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        nonlocal status
        status = message.get("status", status)

    await app(scope_of(request, token), receive, send)
    return status


async def one_by_one(app: App, requests: list[Request], token: str, spans: Spans | None = None) -> dict[str, float]:
    """Put requests one after the other: the medians of all, and of each layer, in microseconds."""
    each = []
    for request in requests:
        if spans is not None:
            spans.of = defaultdict(float)
        begun = time.perf_counter()
        status = await ask(app, request, token)
        whole = time.perf_counter() - begun
        assert status in (200, 201), f"{request}: {status}"
        each.append({**({} if spans is None else spans.of), "": whole})
    names = dict.fromkeys(name for one in each for name in one)
    medians = {name: statistics.median(one.get(name, 0.0) for one in each) * 1e6 for name in names}
    return medians | {TENTH: statistics.quantiles((one[""] for one in each), n=10)[0] * 1e6}


async def together(app: App, requests: list[Request], token: str) -> None:
    """Put requests, so many at once as there are clients."""
    left = iter(requests)

    async def client() -> None:
        for request in left:
            status = await ask(app, request, token)
            assert status in (200, 201), f"{request}: {status}"

    await asyncio.gather(*(client() for _ in range(CLIENTS)))


def application(database_url: str) -> tuple[App, Database, str]:
    """Our application as a server has it, its database, and a token."""
    os.environ |= {"READYSHELF_DATABASE_URL": database_url, "READYSHELF_RUN_JOBS": "false"}
    os.environ["READYSHELF_VAR_DIR"] = tempfile.mkdtemp(prefix="readyshelf-layers-")
    import app as program  # reads the environment

    served: Any = program.asgi()
    inner = served
    while not hasattr(inner, "state"):
        inner = getattr(inner, "app", None) or inner._app
    database = inner.state.context.database
    prepare(database, 12)
    token = database.run(issue_token, "admin", "benchmark", SystemClock(Settings().zone).now())
    return served, database, token


def what_is_asked(database: Database, number: int) -> dict[str, list[Request]]:
    """The requests that are measured."""
    clock = SystemClock(Settings().zone)
    with database.transaction(writes=False) as session:
        codes = session.execute(select(Label.code).limit(number)).scalars().all()
        lots = what_to_take(session, number)
    database.run(stock_up, lots, clock.now(), clock.today())
    takes = [
        {"id": str(uuid4()), "kind": "consume", "lot": str(lot), "from": str(place), "quantity": "1"}
        for lot, place in itertools.islice(itertools.cycle(lots), number)
    ]
    return {
        "empty": [("GET", "/healthz", b"")] * number,
        "lookup": [("GET", f"/api/labels/{code}", b"") for code in codes],
        "take": [("POST", "/api/movements", json.dumps(one).encode()) for one in takes],
    }


def show(title: str, layers: dict[str, float]) -> None:
    """Print a table of layers in the order of this file."""
    print(f"\n{title}")
    for name in _layers():
        if name in layers:
            print(f"  {name.removeprefix(IN_WRITER):34} {layers[name]:8.1f}")
    print(f"  {'sum':34} {sum(layers[name] for name in _layers() if name in layers):8.1f}", flush=True)


async def answers(app: App, name: str, requests: list[Request], token: str, *, plain: bool) -> None:
    """Measure what is answered on the loop."""
    bare_one = await one_by_one(bare, [("GET", "/", b"")] * len(requests), "")
    one = await one_by_one(app, requests, token)
    whole, ceiling = one[""], bare_one[""]
    print(f"\n{name}: {whole:.1f} us, the bare framework {ceiling:.1f}, ratio {whole / ceiling:.2f}")
    print(f"  {TENTH}: {one[TENTH]:.1f} us, the bare framework {bare_one[TENTH]:.1f}", flush=True)
    if not plain:
        await by_layer(app, requests, token, writer=False)


async def by_layer(app: App, requests: list[Request], token: str, *, writer: bool | None) -> None:
    """Measure each layer of answers that come one after the other."""
    spans = Spans(time.perf_counter)
    with measured(spans, writer=writer):
        show("by layer", await one_by_one(app, requests, token, spans))


async def takes(app: App, requests: list[Request], token: str, *, plain: bool) -> None:
    """Measure takes: what the writer does of 32 at once, and what the request costs where its verb does nothing."""
    half = len(requests) // 2
    begun = time.process_time()
    await together(app, requests[:half], token)
    print(f"\ntake, {CLIENTS} at once: {(time.process_time() - begun) / half * 1e6:.1f} us of CPU", flush=True)
    if plain:
        return
    spans = Spans(time.thread_time)
    with measured(spans, writer=True):
        await together(app, requests[half:], token)
    show("the writer", {name: took / (len(requests) - half) * 1e6 for name, took in spans.of.items()})
    write, outcomes = Database.write, []

    async def noted(*args: Any) -> Any:
        outcomes.append(await write(*args))
        return outcomes[0]

    async def answered(*_: Any) -> Any:
        return outcomes[0]

    try:
        Database.write = noted  # type: ignore[assignment,method-assign]
        await ask(app, requests[0], token)
        Database.write = answered  # type: ignore[assignment,method-assign]
        spans = Spans(time.perf_counter)
        with measured(spans, writer=False):
            show("the request without its verb", await one_by_one(app, requests, token, spans))
    finally:
        Database.write = write  # type: ignore[method-assign]


async def measure(
    given: argparse.Namespace, app: App, asked: dict[str, list[Request]], token: str, *, embedded: bool
) -> None:
    """All that is asked for."""
    for name in given.only:
        said = "" if name == "empty" else token
        await one_by_one(app, asked[name][:100], said)
        gc.collect()
        if name == "take" and not embedded:
            half = (len(asked[name]) + 100) // 2  # a take that is sent twice is answered from the book
            await answers(app, name, asked[name][100:half], said, plain=True)
            if not given.plain:
                await by_layer(app, asked[name][half:], said, writer=None)
        elif name == "take":
            await takes(app, asked[name][100:], said, plain=given.plain)
        else:
            await answers(app, name, asked[name][100:], said, plain=given.plain)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database-url", required=True)
    parser.add_argument("--number", type=int, default=1500, help="requests of each kind")
    parser.add_argument("--only", nargs="+", default=["empty", "lookup", "take"])
    parser.add_argument("--plain", action="store_true", help="each answer as a whole alone, nothing wrapped")
    given = parser.parse_args()
    served, database, token = application(given.database_url)
    asyncio.run(measure(given, served, what_is_asked(database, given.number), token, embedded=database.is_sqlite))
    return 0


if __name__ == "__main__":
    sys.exit(main())
