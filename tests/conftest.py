"""What every test stands on: real databases, a moved clock, a small town made by hand, and the application itself."""

import asyncio
import gc
import json
import os
import pickle
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from itertools import groupby, islice
from operator import attrgetter
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import httpx
import hypothesis
import psycopg
import pytest
from filelock import FileLock
from litestar import Litestar
from playwright.sync_api import Browser, Page, expect, sync_playwright
from psycopg.sql import SQL, Identifier
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from core import engines as database_engines
from core.context import AppContext
from core.database import Database
from core.registers import require_each
from core.settings import Settings
from depots.models import Depot, Place, PlaceKind
from depots.places import add_depots, add_places, new_place
from depots.requirements import work_out_requirements
from inventory.booking.booking import book
from inventory.booking.wishes import Wish
from inventory.catalogue.models import Item
from inventory.stock.lots import LotFacts, find_or_make_lot
from inventory.stock.models import Kind, Lot, Stock
from labels.codes.binding import codes_of
from labels.codes.models import Label
from people.accounts import add_person, assign
from people.models import Person, Role
from people.policy import Caller, Duty
from people.sign_in import issue_token
from rooms import LISTENERS, create_app, make_context
from tests.answers import checked_against
from tests.browsing import PASSWORD, PHONE, REFUSED_CAMERA, browser_path, page_in
from tests.clock import SetClock
from tests.compiled import share_templates
from tests.databases import (
    SharedPostgreSQL,
    address,
    assert_closed,
    copy_of,
    forget_cached,
    fresh_postgresql,
    prepare,
    running_postgresql,
)
from tests.query_count import QueryCount
from tests.receiver import Receiver
from tests.serving import RunningServer, served

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)  # 10:00 in Shenzhen
BOTH = ("sqlite", "postgresql")
STATEMENTS = 5_000  # that are kept compiled: the tests of a process ask what no server does
# Like those with a browser or a server: half a minute and more on a busy machine
LONG = {
    *("test_api_description.py", "test_archive.py", "test_command_walk.py", "test_edge.py", "test_every_list.py"),
    *("test_hostile_forms.py", "test_leaks.py", "test_out.py", "test_post_walk.py", "test_reach_walk.py"),
    *("test_reaching.py", "test_routes.py", "test_serving.py", "test_simulation.py", "test_two_depots.py"),
    *("test_two_years.py", "test_who_leads.py"),
}
LONG_FIXTURES = {"browser", "cluster", "server"}
ROOM_FOR_COPIES = 1_000_000_000  # bytes
SHELVES = (PlaceKind.ROOM, PlaceKind.SHELF)
# Who in the town walks all routes for a role
BY_ROLE = {
    Role.ADMINISTRATOR: "admin",
    Role.OFFICER: "officer",
    Role.KEEPER: "keeper",
    Role.RESPONDER: "responder",
    Role.AUDITOR: "auditor",
}
require_each(Role, BY_ROLE, "BY_ROLE of tests/conftest.py (with a person in Town.duties)")
expect.set_options(timeout=20_000)  # milliseconds that a page may take on a busy machine before a test gives up


# "fixed" makes the same examples in every run; "random" makes others each time, or those of --hypothesis-seed=NUMBER
hypothesis.settings.register_profile("fixed", derandomize=True, database=None, print_blob=True, deadline=None)
hypothesis.settings.register_profile("random", database=None, print_blob=True, deadline=None)  # machines are busy


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session", autouse=True)
def _compiled_templates() -> None:
    share_templates()


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """A real PostgreSQL from its package; gives its address without a database name."""
    with running_postgresql() as server:
        yield server


@pytest.fixture(scope="session")
def folder_of_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that the workers of a run share."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session")
def blank_sqlite(folder_of_run: Path) -> Path:
    """An embedded database with the schema and the reference data, to be copied; the first worker makes it."""
    path, making = folder_of_run / "blank.db", folder_of_run / "making.db"
    with FileLock(folder_of_run / "blank.lock"):
        if not path.exists():
            prepare(Database(f"sqlite:///{making}", listeners=LISTENERS))
            making.rename(path)
    return path


@pytest.fixture(scope="session")
def folder_of_sqlite() -> Iterator[Path]:
    """Where each test finds its copy, always under the same name; in memory where the machine offers it.

    Tests kill processes, never the machine: nothing need wait for the disk.
    """
    in_memory = Path("/dev/shm")
    roomy = in_memory.is_dir() and shutil.disk_usage(in_memory).free > ROOM_FOR_COPIES
    with tempfile.TemporaryDirectory(prefix="readyshelf-", dir=in_memory if roomy else None) as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def blank_postgresql(postgresql_server: str, folder_of_run: Path) -> str:
    """A PostgreSQL database with the schema and the reference data, to be used as a template; made like the other."""
    made = "SELECT 1 FROM pg_database WHERE datname = 'blank'"
    with (
        FileLock(folder_of_run / "blank_postgresql.lock"),
        psycopg.connect(postgresql_server, autocommit=True) as connection,
    ):
        if not connection.execute(made).fetchone():
            connection.execute("CREATE DATABASE making")
            prepare(Database(address(postgresql_server, "making"), listeners=LISTENERS))
            connection.execute("ALTER DATABASE making RENAME TO blank")
    return "blank"


@pytest.fixture(scope="session")
def town_sqlite(blank_sqlite: Path, folder_of_run: Path) -> Path:
    """As the blank one, with the town in it."""
    path, making = folder_of_run / "town.db", folder_of_run / "making_town.db"
    with FileLock(folder_of_run / "town.lock"):
        if not path.exists():
            _found_template(copy_of(blank_sqlite, making), folder_of_run / "town_sqlite.json")
            making.rename(path)
    return path


@pytest.fixture(scope="session")
def town_postgresql(postgresql_server: str, blank_postgresql: str, folder_of_run: Path) -> str:
    """As the blank one, with the town in it."""
    with (
        FileLock(folder_of_run / "town_postgresql.lock"),
        psycopg.connect(postgresql_server, autocommit=True) as connection,
    ):
        if not (folder_of_run / "town_postgresql.json").exists():
            connection.execute(SQL("CREATE DATABASE town TEMPLATE {}").format(Identifier(blank_postgresql)))
            _found_template(address(postgresql_server, "town"), folder_of_run / "town_postgresql.json")
    return "town"


def _found_template(url: str, facts: Path) -> None:
    """Enter the town into a database, and write down what cannot be read from it again: the tokens."""
    database = Database(url, listeners=LISTENERS)
    town = found_town(make_context(_settings(url, facts.parent), SetClock(NOW, ZONE), database))
    database.engine.dispose()
    facts.write_text(json.dumps(town.tokens))


@pytest.fixture(scope="session")
def shared_postgresql(postgresql_server: str, blank_postgresql: str) -> Iterator[SharedPostgreSQL]:
    """The one PostgreSQL database that the tests of this process use one after the other."""
    shared = SharedPostgreSQL(postgresql_server, blank_postgresql)
    yield shared
    shared.drop()


@pytest.fixture(scope="session")
def shared_postgresql_town(postgresql_server: str, town_postgresql: str) -> Iterator[SharedPostgreSQL]:
    """The same with the town in it."""
    shared = SharedPostgreSQL(postgresql_server, town_postgresql)
    yield shared
    shared.drop()


@pytest.fixture(params=BOTH)
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a database with schema and reference data and no more: each test runs on both kinds.

    PostgreSQL's is shared with the tests before and after. A test that changes the schema or replaces the whole
    content is marked ``own_database``.
    """
    yield from prepared_database(request, request.param)


def prepared_database(request: pytest.FixtureRequest, kind: str) -> Iterator[str]:
    """The address of a database of a kind for one test, with the town in it if the test asks for the town."""
    forget_cached()
    content = "town" if "town" in request.fixturenames else "blank"
    if kind == "sqlite":
        path = request.getfixturevalue("folder_of_sqlite") / "city.db"
        yield _known(content, copy_of(request.getfixturevalue(f"{content}_sqlite"), path))
        assert_closed(path)
    elif request.node.get_closest_marker("own_database"):
        template = request.getfixturevalue(f"{content}_postgresql")
        own = f"own_{content}_{os.getpid()}"  # always the same: its engine has compiled what the tests before asked
        with fresh_postgresql(request.getfixturevalue("postgresql_server"), template, own) as url:
            yield _known(content, url)
    else:
        yield _known(content, _shared(request).reset())


_filled: set[str] = set()  # addresses at which the town is


def _known(content: str, url: str) -> str:
    (_filled.add if content == "town" else _filled.discard)(url)
    return url


def _shared(request: pytest.FixtureRequest) -> SharedPostgreSQL:
    with_town = "town" in request.fixturenames
    shared: SharedPostgreSQL = request.getfixturevalue("shared_postgresql_town" if with_town else "shared_postgresql")
    return shared


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return _settings(database_url, tmp_path)


def _settings(database_url: str, folder: Path) -> Settings:
    return _settings_of_all().model_copy(update={"database_url": database_url, "var_dir": folder / "var"})


@cache
def _settings_of_all() -> Settings:
    """Read once: looking through the environment takes longer than many a test."""
    return Settings(secret="s" * 32, run_jobs=False, base_url="http://testserver.local", second_factor="off")


@pytest.fixture
def clock() -> SetClock:
    """Stands at 10:00 on 23 November 2026 in Shenzhen until a test moves it."""
    return SetClock(NOW, ZONE)


@pytest.fixture(scope="session")
def engines() -> dict[str, Database]:
    """Those made so far: an engine remembers the statements that it compiled, so tests share it, and no connection."""
    database_engines.COMMON["query_cache_size"] = STATEMENTS
    return {}


@pytest.fixture
def database(request: pytest.FixtureRequest, engines: dict[str, Database], database_url: str) -> Iterator[Database]:
    shared = "sqlite" not in database_url and not request.node.get_closest_marker("own_database")
    if database_url not in engines:
        engines[database_url] = Database(database_url, listeners=LISTENERS)
        if shared:
            _spare(engines[database_url], _shared(request))
    database = engines[database_url]
    if not shared:
        database.engine.dispose()  # a connection that was opened since by what a test left running leads elsewhere
    database.count_days_in(ZONE)  # one test's city may have had another
    yield database
    if not shared or database.engine.pool.checkedout():  # type: ignore[attr-defined]
        database.engine.dispose()  # else its connections serve the next test: they have read the catalogue already
    for engine in (database.async_engine, database.async_reader):
        if engine is not None:
            engine.sync_engine.dispose(close=False)  # what a test left open belongs to an event loop that is no more


def _spare(database: Database, shared: SharedPostgreSQL) -> None:
    """Let the connections for verbs outlive the test."""

    @event.listens_for(database.engine, "connect")
    def _connected(connection: Any, _record: object) -> None:
        shared.spare(connection.info.backend_pid)


@pytest.fixture
def context(settings: Settings, database: Database, clock: SetClock) -> AppContext:
    return make_context(settings, clock, database)


@dataclass
class Town:
    """Two depots with a shelf each, everybody who may call, and short ways to fill the shelves."""

    context: AppContext
    depot: Depot
    other: Depot
    room: Place
    shelf: Place
    second_shelf: Place
    other_shelf: Place
    callers: dict[str, Caller] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)

    @property
    def keeper(self) -> Caller:
        return self.callers["keeper"]

    def duties(self) -> dict[str, tuple[Duty, ...]]:
        """What each person of the town is there for, by account."""
        return {
            "keeper": (Duty(Role.KEEPER, depot_id=self.depot.id),),
            "keeper2": (Duty(Role.KEEPER, depot_id=self.other.id),),
            "responder": (Duty(Role.RESPONDER),),
            "officer": (Duty(Role.OFFICER, district_code="440305"),),
            "admin": (Duty(Role.ADMINISTRATOR),),
            "auditor": (Duty(Role.AUDITOR),),
        }

    def run(self, verb: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        return self.context.database.run(verb, *args, **kwargs)

    def person(self, account: str, *duties: Duty) -> Caller:
        """Add a person who has so many duties, and who may call and book by the account from now on."""
        return self.run(self.enter_person, account, *duties)

    def enter_person(self, session: Session, account: str, *duties: Duty) -> Caller:
        now = self.context.clock.now()
        person = add_person(session, account, f"{account} 先生", now, email=f"{account}@example.org")
        for duty in duties:
            assign(session, person.id, duty.role, district_code=duty.district_code, depot_id=duty.depot_id)
        self.callers[account] = Caller(person.id, account, person.name, "zh", duties)
        self.tokens[account] = issue_token(session, account, "test", now)
        return self.callers[account]

    def book(self, *wishes: Wish, caller: str = "keeper") -> list[Any]:
        """Book as somebody, now."""
        clock = self.context.clock
        return self.run(book, self.callers[caller], list(wishes), clock.now(), clock.today())[0]

    def stock(
        self, item: str, quantity: str, shelf: Place | None = None, expires_on: date | None = None, **facts: Any
    ) -> UUID:
        """Receive some of an item into a shelf; returns its lot."""
        return self.run(self._stock, item, quantity, shelf or self.shelf, expires_on, facts)

    def _stock(
        self, session: Session, item: str, quantity: str, shelf: Place, expires_on: date | None, facts: dict[str, Any]
    ) -> UUID:
        now, today = self.context.clock.now(), self.context.clock.today()
        row = session.execute(select(Item).where(Item.code == item)).scalar_one()
        received_at = facts.pop("received_at", now)
        lot = find_or_make_lot(session, row, LotFacts(expires_on=expires_on, **facts), received_at)
        wish = Wish(id=uuid4(), kind=Kind.RECEIVE, quantity=quantity, lot=lot.id, target=str(shelf.id))
        book(session, self.callers["admin"], [wish], now, today)
        return lot.id

    def code_of(self, lot_id: UUID) -> str:
        """The label code of a lot."""
        return self.run(codes_of, Label.lot_id, [lot_id])[lot_id]

    def lot(self, lot_id: UUID) -> Lot:
        return self.run(lambda session: session.get_one(Lot, lot_id))

    def auth(self, who: str = "keeper") -> dict[str, str]:
        """The header by which a program calls as somebody."""
        return {"Authorization": f"Bearer {self.tokens[who]}"}


@pytest.fixture
def town(context: AppContext, folder_of_run: Path, known_towns: dict[str, bytes]) -> Town:
    """The town, which the database has in it already, unless the test has a database of its own making."""
    database = context.database
    kind = "sqlite" if database.is_sqlite else "postgresql"
    if context.settings.database_url not in _filled:
        return found_town(context)
    if kind not in known_towns:
        read = database.run(_read_town, context, folder_of_run / f"town_{kind}.json")
        known_towns[kind] = pickle.dumps(replace(read, context=None))  # type: ignore[arg-type]
    return replace(pickle.loads(known_towns[kind]), context=context)


@pytest.fixture(scope="session")
def known_towns() -> dict[str, bytes]:
    """The town of each kind of database, which is the same for all tests: read once, then a copy for each."""
    return {}


def _read_town(session: Session, context: AppContext, facts: Path) -> Town:
    depots = {depot.code: depot for depot in session.execute(select(Depot)).scalars()}
    places = {place.name_en: place for place in session.execute(select(Place).where(Place.kind.in_(SHELVES))).scalars()}
    here, there = depots["STR-0001"], depots["IND-0002"]
    room, *shelves = [places[name] for name in ("Store", "Shelf A1", "Shelf A2", "Shelf B1")]
    town = Town(context, here, there, room, *shelves, tokens=json.loads(facts.read_text()))
    for person in session.execute(select(Person)).scalars():
        duties = town.duties()[person.account]
        town.callers[person.account] = Caller(person.id, person.account, person.name, "zh", duties)
    return town


@pytest.fixture
def deputy(town: Town) -> Caller:
    """One more person of the town, with two duties: acts by the one, sees by the other."""
    return town.person("deputy", Duty(Role.RESPONDER), Duty(Role.AUDITOR))


@pytest.fixture(scope="module", params=BOTH)
def lasting_town(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A town that all tests of a module share, in a database of its own: for many tests that change nothing in it."""
    folder = tmp_path_factory.mktemp("lasting")
    with ExitStack() as stack:
        if request.param == "sqlite":
            url = copy_of(request.getfixturevalue("blank_sqlite"), folder / "city.db")
        else:
            template = request.getfixturevalue("blank_postgresql")
            server = request.getfixturevalue("postgresql_server")
            url = stack.enter_context(fresh_postgresql(server, template))
        database = Database(url, listeners=LISTENERS)
        stack.callback(database.engine.dispose)
        context = make_context(_settings(url, folder), SetClock(NOW, ZONE), database)
        yield found_town(context)


def found_town(context: AppContext) -> Town:
    """The town, entered into a database."""
    return context.database.run(_found_town, context)


def _found_town(session: Session, context: AppContext) -> Town:
    now = context.clock.now()
    depots = [
        Depot(
            code=code,
            name_zh=zh,
            name_en=en,
            type_code=kind,
            district_code=district,
            phone="0755-00000001",
            lat=22.53,
            lon=113.94,
            created_at=now,
        )
        for code, zh, en, kind, district in (
            ("STR-0001", "麻岭街面站", "Maling street depot", "STR", "440305"),
            ("IND-0002", "大浪工业园站", "Dalang park depot", "IND", "440309"),
        )
    ]
    add_depots(session, depots, now)
    room = new_place(depots[0].id, PlaceKind.ROOM, "器材库", "Store", now, position=10)
    shelf = new_place(depots[0].id, PlaceKind.SHELF, "A1层", "Shelf A1", now, parent=room, position=20)
    second = new_place(depots[0].id, PlaceKind.SHELF, "A2层", "Shelf A2", now, parent=room, position=30)
    other = new_place(depots[1].id, PlaceKind.SHELF, "B1层", "Shelf B1", now, position=20)
    add_places(session, [room, shelf, second, other], now)
    town = Town(context, depots[0], depots[1], room, shelf, second, other)
    for account, of_person in town.duties().items():
        town.enter_person(session, account, *of_person)
    return town


@cache
def hashed(password: str) -> str:
    """What is stored of a password. Checking it costs as little as Argon2 allows: the cost stands in what is stored."""
    return Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1).hash(password)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """In a clean clone let one worker compile all tests for the others: each would spend 9 s of CPU on it."""
    folder = Path(__file__).parent / "__pycache__"
    if sys.dont_write_bytecode:
        return (yield)
    folder.mkdir(exist_ok=True)
    with FileLock(folder / "compiling.lock") as lock:
        if any(folder.glob("test_*-pytest-*.pyc")):
            lock.release()
        return (yield)


def pytest_collection_finish() -> None:
    """Keep the garbage collector off what stays to the end: a million objects of modules and of collected tests."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True, tryfirst=True)  # around pytest's own, which leaves out what is slow
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Generator[None]:
    """Leave what is heavy out on PostgreSQL, like all slow tests; begin with the files that take long."""
    for item in items:
        if item.get_closest_marker("heavy") and "postgresql" in item.callspec.params.values():  # type: ignore[attr-defined]
            item.add_marker(pytest.mark.slow)
    yield
    items[:] = dealt(items, int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")))


def dealt(items: list[pytest.Item], workers: int) -> list[pytest.Item]:
    """The tests in equal shares, as the workers are given them: in each share the files that take long come first.

    At the end of a run, workers that are done take over short tests from the others, and nobody waits for the last
    browser. Files stay whole, and within each the order is its own.
    """
    long = {
        item.path
        for item in items
        if item.path.name in LONG or LONG_FIXTURES.intersection(getattr(item, "fixturenames", ()))
    }
    shares: list[list[pytest.Item]] = [[] for _ in range(workers)]
    for number, (_, file) in enumerate(groupby((one for one in items if one.path in long), attrgetter("path"))):
        shares[number % workers] += file
    short = iter([item for item in items if item.path not in long])
    left = len(items)
    for number, share in enumerate(shares):
        share += islice(short, max(0, left // (workers - number) - len(share)))
        left -= len(share)
    return [item for share in shares for item in share]


def give_password(session: Session, person_id: UUID, password_hash: str) -> None:
    """A first password, which ends no token that a test has made before."""
    session.get_one(Person, person_id).password_hash = password_hash


@pytest.fixture(scope="session")
def applications() -> dict[Settings, Litestar]:
    """Those built so far: building one takes half a second, and it only differs by its settings."""
    return {}


@pytest.fixture
def application(applications: dict[Settings, Litestar], context: AppContext) -> Litestar:
    """The application, over the test's own database and clock."""
    return application_for(context, applications)


def application_for(context: AppContext, applications: dict[Settings, Litestar]) -> Litestar:
    """The application over a context's database and clock; built if it is the first with such settings."""
    kind = context.settings.model_copy(update={"database_url": "", "var_dir": Path()})
    if kind not in applications:
        applications[kind] = create_app(context.settings, context.clock, context.database)
    applications[kind].state.context = context
    return applications[kind]


@pytest.fixture
async def client(application: Litestar, database: Database, folder_of_run: Path) -> AsyncIterator[httpx.AsyncClient]:
    """The application as HTTP clients meet it, in this process."""
    transport = httpx.ASGITransport(app=application, raise_app_exceptions=False)
    hooks: dict[str, Any] = {"response": [checked_against(application, folder_of_run)]}
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver.local", event_hooks=hooks) as client:
        yield client
    for engine in (database.async_engine, database.async_reader):
        if engine is not None:
            await engine.dispose()


@pytest.fixture
def queries(database: Database) -> Iterator[QueryCount]:
    count = QueryCount(database)
    yield count
    count.stop()


def one(**wish: Any) -> Wish:
    """A wish with an id of its own."""
    return Wish(id=wish.pop("id", None) or uuid4(), quantity=wish.pop("quantity", "1"), **wish)


def quantity_of(database: Database, lot_id: UUID, place_id: UUID) -> Decimal:
    """The balance of a lot in a place."""
    with database.transaction(writes=False) as session:
        row = session.get(Stock, (place_id, lot_id))
        return row.quantity if row else Decimal(0)


@pytest.fixture(scope="session")
def chromium() -> Iterator[tuple[Browser, asyncio.AbstractEventLoop]]:
    """One for all tests of a process: to start it and its driver takes more than to draw many a page."""
    with sync_playwright() as playwright:
        loop = asyncio.get_running_loop()
        chromium = playwright.chromium.launch(executable_path=browser_path(), args=REFUSED_CAMERA)
        yield chromium, loop
        asyncio._set_running_loop(loop)
        chromium.close()


@pytest.fixture(scope="module")
def browser(chromium: tuple[Browser, asyncio.AbstractEventLoop]) -> Iterator[Browser]:
    """Between the modules that use it Playwright's loop is not the one that runs: no async test could begin."""
    running, loop = chromium
    asyncio._set_running_loop(loop)
    yield running
    for context in running.contexts:  # of a test that failed
        context.close()
    asyncio._set_running_loop(None)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Hears what is sent by HTTP to others."""
    receiver = Receiver().open()
    yield receiver
    receiver.close()


@pytest.fixture
def server(database_url: str, town: Town, tmp_path: Path) -> Iterator[RunningServer]:
    """The town served by a process of its own; people of the town have a password."""
    town.run(work_out_requirements, town.context.clock.today())
    for caller in town.callers.values():
        town.run(give_password, caller.person_id, hashed(PASSWORD))
    running = RunningServer(database_url, tmp_path / "var")
    with served(running):
        yield running.start()


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    """A page of a Chinese phone, on which no script may fail."""
    with page_in(browser, viewport=PHONE, has_touch=True) as page:
        yield page


@pytest.fixture
def look() -> Callable[[Page, str], None]:
    """Keeps a picture of a page for people to look at, in the folder that READYSHELF_TEST_PICTURES names, if any."""
    folder = os.environ.get("READYSHELF_TEST_PICTURES")

    def keep(page: Page, name: str) -> None:
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)

    return keep
