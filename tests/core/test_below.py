"""Below a path of a shared host: what goes out names the path, what comes in loses it, and nothing else is touched."""

import re

import httpx
import pytest
from litestar import Litestar

from console import unusable_settings
from core.below import Below
from core.settings import Settings, SettingsError, load_settings
from rooms import create_app, firsts_of
from tests.conftest import Town, prepared_database

PATH = "/readyshelf"


@pytest.mark.parametrize(
    ("inside", "outside"),
    [
        ('<a href="/depots/STR-0001">', '<a href="/readyshelf/depots/STR-0001">'),
        ('<a href="/">', '<a href="/readyshelf/">'),
        ("fetch(`/api/label-runs/${run}`)", "fetch(`/readyshelf/api/label-runs/${run}`)"),
        ('{ scope: "/app" }', '{ scope: "/readyshelf/app" }'),
        ('split("/")', 'split("/")'),
        ('<a href="https://example.org/app">', '<a href="https://example.org/app">'),
        ('<a href="//example.org/app">', '<a href="//example.org/app">'),
        ("<p>1/app and /app/2</p>", "<p>1/app and /app/2</p>"),
        ('"/applied"', '"/applied"'),
    ],
)
def test_our_own_addresses_alone_get_the_path(application: Litestar, inside: str, outside: str) -> None:
    assert (
        Below(application.asgi_handler, PATH, firsts_of(route.path for route in application.routes)).text(
            inside, "text/html"
        )
        == outside
    )


@pytest.fixture(params=["sqlite"])
def database_url(request: pytest.FixtureRequest) -> object:
    yield from prepared_database(request, request.param)


async def test_all_links_of_a_page_lead_below_the_path_and_open(town: Town) -> None:
    settings = town.context.settings.model_copy(update={"base_url": f"http://testserver.local{PATH}"})
    app = create_app(settings, town.context.clock, town.context.database)
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://testserver.local", headers=town.auth("admin")
    ) as client:
        for page in ("/", "/manage", "/account", "/depots"):
            answer = await client.get(PATH + page)
            links = set(re.findall(r'(?:href|src|action)="(/[^"]*)"', answer.text))
            assert len(links) > 8
            assert [link for link in links if not link.startswith(PATH)] == []
        for asset in re.findall(r'href="(/[^"]+\.css)"', answer.text):
            assert (await client.get(asset)).status_code == 200
        assert (await client.get("/depots")).text == (await client.get(f"{PATH}/depots")).text  # a proxy took it off
        assert (await client.get(f"{PATH}/api/me")).status_code == 200
        worker = (await client.get(f"{PATH}/sw.js")).text
        assert f'"{PATH}/app/texts.json"' in worker
        assert f'"{PATH}/static/style.css"' in worker
        todo = (await client.get(f"{PATH}/api/depots/STR-0001/todo")).text
        assert re.findall(r'"to":"/(?!readyshelf)', todo) == []
        client.headers.pop("authorization")
        answer = await client.get(f"{PATH}/manage")
        assert answer.headers["location"] == f"{PATH}/sign-in?next=/manage"
        signing = await client.get(f"{PATH}/sign-in")
        assert f"Path={PATH}/" in signing.headers["set-cookie"]
        assert int(signing.headers["content-length"]) == len(signing.content)
        assert (await client.head(f"{PATH}/sign-in")).status_code == 200


def test_a_path_that_is_a_page_of_ours_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "choose another path" in unusable_settings(Settings(base_url="https://example.org/depots"))[0]
    assert unusable_settings(Settings(base_url="https://example.org/readyshelf")) == []
    monkeypatch.setenv("READYSHELF_BASE_URL", "https://example.org/a b")
    with pytest.raises(SettingsError, match="READYSHELF_BASE_URL"):
        load_settings()
