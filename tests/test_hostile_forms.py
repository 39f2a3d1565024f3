"""Pages are walked as a bored and hostile person would: every link and form of every role, with odd bodies.

What a page offers is read off the page itself, so that a new form is walked without a word here. Nothing of it may end
in a fault of ours. The walk is seeded; the long one takes other seeds, more of each, and both databases.
"""

import random
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urljoin, urlsplit

import httpx
import pytest
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler

from core.context import AppContext
from core.database import Database
from core.settings import Settings
from inventory.demo.city import load_demo
from inventory.stock.verify import verify
from people.demo import DEMO_ACCOUNTS
from people.sign_in import issue_token
from rooms import LISTENERS, make_context
from tests.clock import SetClock
from tests.conftest import NOW, ZONE, application_for
from tests.databases import copy_of, fresh_postgresql
from tests.test_routes import routes_of

NOBODYS = "5f2b3c1e-8a7d-4e6f-9b0a-1c2d3e4f5a6b"
ODD = (
    "", " ", "0", "-1", "1.5", "1e9", "9" * 40, "NaN", "Infinity", "２", "a\x00b", "x" * 5000, "'\"<>&;--", "%", "%00",
    "../../etc/passwd", "2026-02-30", "0001-01-01", "9999-12-31", "9999-12-31T23:59", "2026-11-23T09:00", "25:99",
    "null", "true", "[]", "{}", "🚒", "\u202e\u200b", NOBODYS, NOBODYS.upper(), "zh", "all", "EXT-001", "STR-0001",
    "http://127.0.0.1:1", "nobody@example.org", "\r\nX: y", "{{ 7*7 }}", "{count}", "１２:００", "-0", "+86 755",
)  # fmt: skip
LEAVES = ("/sign-out", "/account")  # the token that it is sent with may be no more


@dataclass(frozen=True)
class Form:
    """A form as a page shows it."""

    method: str
    action: str
    fields: tuple[tuple[str, str], ...]


class Offers(HTMLParser):
    """What a page offers: where its links lead, and its forms with what they would send."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self.address = address
        self.links: list[str] = []
        self.forms: list[Form] = []
        self._open: tuple[str, str, list[tuple[str, str]]] | None = None
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "a" and "href" in said:
            self.links.append(urljoin(self.address, said["href"]))
        elif tag == "form":
            action = urljoin(self.address, said.get("action", ""))
            self._open = (said.get("method", "get").upper(), action, [])
        elif self._open is not None:
            name = said.get("name") or (self._select if tag == "option" else "")
            if tag in ("input", "textarea", "button", "option") and name:
                self._open[2].append((name, said.get("value", "")))
            if tag == "select":
                self._select = said.get("name", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form" and self._open is not None:
            method, action, fields = self._open
            self.forms.append(Form(method, action, tuple(dict(reversed(fields)).items())))
            self._open = None
        elif tag == "select":
            self._select = ""


@dataclass
class Walk:
    """One person's way through the pages."""

    client: httpx.AsyncClient
    context: AppContext
    routes: list[tuple[re.Pattern[str], str, str, HTTPRouteHandler]]
    account: str
    chance: random.Random
    each: int  # bodies for a form, addresses for a route
    seen: Counter[str] = field(default_factory=Counter)
    forms: dict[tuple[str, str], Form] = field(default_factory=dict)
    posted: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    token: str = ""

    def template(self, method: str, path: str) -> tuple[str, HTTPRouteHandler | None]:
        """The route that answers a path."""
        for pattern, of, template, handler in self.routes:
            if of == method and pattern.fullmatch(path):
                return template, handler
        return path, None

    async def ask(self, method: str, address: str, **more: Any) -> httpx.Response:
        if not self.token:
            self.token = self.context.database.run(issue_token, self.account, "walk", self.context.clock.now())
        headers = {"Authorization": f"Bearer {self.token}", **more.pop("headers", {})}
        answer = await self.client.request(method, address, headers=headers, **more)
        path = urlsplit(address).path
        if path.startswith(LEAVES) and method == "POST":
            self.token = ""
        if answer.status_code >= 500:
            self.faults.append(f"{self.account} {method} {address[:200]} {str(more)[:600]} -> {answer.status_code}")
        return answer

    async def look_around(self) -> None:
        """Follow links from page to page, each kind of page a few times, and collect the forms."""
        ahead = [f"http://testserver.local{template}" for _, method, template, _ in self.routes
                 if method == "GET" and "{" not in template]  # fmt: skip
        assert len(ahead) > 20
        self.chance.shuffle(ahead)
        known = set(ahead)
        while ahead:
            address = ahead.pop()
            parts = urlsplit(address)
            template, handler = self.template("GET", parts.path)
            if parts.netloc != "testserver.local" or handler is None or self.seen[template] >= self.each:
                continue
            self.seen[template] += 1
            answer = await self.ask("GET", address)
            if "text/html" not in answer.headers.get("content-type", ""):
                continue
            page = Offers(address)
            page.feed(answer.text)
            new = sorted(set(page.links) - known)
            known.update(new)
            ahead = self.chance.sample(new, len(new)) + ahead
            for form in page.forms:
                self.forms.setdefault((form.method, self.template(form.method, urlsplit(form.action).path)[0]), form)

    async def ask_oddly(self) -> None:
        """Every page with odd parts in its address."""
        for _, method, template, handler in self.routes:
            names = re.findall(r"\{([^}]+)\}", template)
            parameters = handler.parsed_fn_signature.parameters.items()
            asked = [
                getattr(parameter.kwarg_definition, "name", None) or name
                for name, parameter in parameters
                if getattr(parameter.kwarg_definition, "param_type", None) == "query"
            ]
            if method != "GET" or not (names or asked):
                continue
            for _ in range(self.each):
                path = re.sub(r"\{[^}]+\}", lambda _found: quote(self.part(), safe=""), template)
                query = urlencode([(name, self.chance.choice(ODD)) for name in asked if self.chance.random() < 0.6])
                await self.ask("GET", f"http://testserver.local{path}?{query}")

    def part(self) -> str:
        """A part of a path: no slash, and not empty."""
        return self.chance.choice([odd for odd in ODD if odd.strip() and "/" not in odd and len(odd) < 100])

    async def send_oddly(self) -> None:
        """Every form with odd bodies; every other route that takes a form, with the fields of some form."""
        known = sorted({name for form in self.forms.values() for name, _ in form.fields})
        for _, method, template, _ in self.routes:
            if method != "POST":
                continue
            form = self.forms.get(("POST", template))
            for _ in range(self.each if form is None else 2 * self.each):
                if form is None:
                    values = [NOBODYS, "STR-0001", "EXT-001", self.part()]
                    path = re.sub(r"\{[^}]+\}", quote(self.chance.choice(values), safe=""), template)
                    fields = [(name, "") for name in self.chance.sample(known, min(6, len(known)))]
                    await self.send(f"http://testserver.local{path}", fields)
                else:
                    await self.send(form.action, list(form.fields))
                self.posted[template] += 1
        for (method, _), form in self.forms.items():
            if method == "GET":
                for _ in range(self.each):
                    parts = urlsplit(form.action)
                    query = urlencode([*parse_qsl(parts.query), *self.spoilt(list(form.fields))])
                    await self.ask("GET", parts._replace(query=query).geturl())

    def spoilt(self, fields: list[tuple[str, str]]) -> list[tuple[str, str]]:
        """Fields of which some are odd, left out, or there twice; now and then all of them are as the page has them."""
        made = []
        for name, value in fields:
            dice = self.chance.random()
            if dice < 0.4:
                made.append((name, self.chance.choice(ODD)))
            elif dice < 0.85:
                made.append((name, value))
            if dice > 0.95:
                made.append((name, self.chance.choice(ODD)))
        return made

    async def send(self, address: str, fields: list[tuple[str, str]]) -> None:
        spoilt = self.spoilt(fields)
        kinds: dict[str, dict[str, Any]] = {
            "form": {"content": urlencode(spoilt), "headers": {"content-type": "application/x-www-form-urlencoded"}},
            "multipart": {
                "data": dict(spoilt),
                "files": {self.chance.choice(("photo", "file", "x")): ("a.jpg", b"\xff\xd8 no picture", "image/jpeg")},
            },
            "broken multipart": {
                "content": b"--b\r\nno header",
                "headers": {"content-type": "multipart/form-data; boundary=b"},
            },
            "no boundary": {"content": b"--b\r\n", "headers": {"content-type": "multipart/form-data"}},
            "json": {"json": dict(spoilt)},
            "json list": {"json": [1]},
            "not utf-8": {
                "content": b"a=\xff&reason=%ff%fe",
                "headers": {"content-type": "application/x-www-form-urlencoded"},
            },
            "nothing": {},
        }
        kind = self.chance.choices(list(kinds), [70, 12, 3, 3, 4, 2, 4, 2])[0]
        await self.ask("POST", address, **kinds[kind])


def pages_of(app: Litestar) -> list[tuple[re.Pattern[str], str, str, HTTPRouteHandler]]:
    """The routes of pages: all that is not under /api and no file."""
    left_out = ("/api", "/static", "/vendor", "/sw.js", "/manifest", "/metrics", "/healthz", "/readyz")
    return [
        (re.compile(re.sub(r"\{[^}]+\}", "[^/]+", path)), method, path, handler)
        for method, path, handler in routes_of(app)
        if not path.startswith(left_out)
    ]


def context_of(url: str, folder: Path) -> AppContext:
    database = Database(url, listeners=LISTENERS)
    settings = Settings(
        database_url=url, var_dir=folder / "var", secret="s" * 32, run_jobs=False, base_url="http://testserver.local"
    )
    return make_context(settings, SetClock(NOW, ZONE), database)


def make_city(url: str, folder: Path) -> str:
    """Two depots of the demo city, its people, its open work; gives the address."""
    context = context_of(url, folder)
    load_demo(context.database, context.clock, 2, seed=3)
    context.database.engine.dispose()
    return url


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def untouched(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The city that each walk goes through a copy of: who may close accounts closes those of the walkers to come."""
    folder = tmp_path_factory.mktemp("forms")
    if request.param == "sqlite":
        yield make_city(copy_of(request.getfixturevalue("blank_sqlite"), folder / "city.db"), folder)
        return
    server, template = (request.getfixturevalue(name) for name in ("postgresql_server", "blank_postgresql"))
    with fresh_postgresql(server, template) as url:
        yield make_city(url, folder)


@pytest.fixture
def city(request: pytest.FixtureRequest, untouched: str, tmp_path: Path) -> Iterator[AppContext]:
    if untouched.startswith("sqlite"):
        yield context_of(copy_of(Path(untouched.removeprefix("sqlite:///")), tmp_path / "city.db"), tmp_path)
        return
    made = untouched.rpartition("/")[2].partition("?")[0]
    with fresh_postgresql(request.getfixturevalue("postgresql_server"), made) as url:
        context = context_of(url, tmp_path)
        yield context
        context.database.engine.dispose()


Walking = Callable[[str, str, int], Awaitable[Walk]]


@pytest.fixture
def walk(city: AppContext, applications: dict[Settings, Litestar]) -> Walking:
    """The way of an account through the city, by a seed, with so many tries of each page and form."""
    app = application_for(city, applications)

    async def go(account: str, seed: str, each: int) -> Walk:
        return await _walk(app, city, account, seed, each)

    return go


async def _walk(app: Litestar, city: AppContext, account: str, seed: str, each: int) -> Walk:
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver.local") as client:
        person = Walk(client, city, pages_of(app), account, random.Random(f"{account} {seed}"), each)
        await person.look_around()
        await person.send_oddly()
        await person.ask_oddly()
    for engine in (city.database.async_engine, city.database.async_reader):
        if engine is not None:
            await engine.dispose()
    return person


# Who may do everything, and who may do it at one depot; the others, who see parts of that, walk in the long one
@pytest.mark.parametrize("account", ["admin", "keeper"])
async def test_no_page_and_no_form_ends_in_a_fault_of_ours(city: AppContext, walk: Walking, account: str) -> None:
    person = await walk(account, "short", 1)
    assert len(person.seen) > 15, "the walk has come somewhere"
    assert len(person.posted) > 20
    assert person.faults == []
    assert city.database.run(verify).sound


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("account", DEMO_ACCOUNTS)
async def test_no_page_and_no_form_ends_in_a_fault_of_ours_however_long_one_walks(
    city: AppContext, walk: Walking, account: str, seed: int
) -> None:
    person = await walk(account, str(seed), 5)
    assert person.faults == []
    assert city.database.run(verify).sound
