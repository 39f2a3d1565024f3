"""Whatever this installation calls by itself goes out by the proxy that is set, and what stands inside does not."""

import ast
from datetime import UTC, datetime

import pytest

from core.outgoing import way_out
from core.settings import ROOT, Settings
from people.oidc import Directory, Way
from tests.people.bad_provider import CLIENT, SECRET, BadProvider
from tests.proxy import Proxy

ROOMS = ("core", "people", "depots", "inventory", "labels", "phone", "jobs", "manage")


def settings(proxy: Proxy, issuer: str, **more: str) -> Settings:
    said = {"oidc_issuer": "https://d.example", "oidc_client_id": CLIENT, "oidc_client_secret": SECRET, **more}
    made = Settings(secret="s" * 32, outgoing_proxy=proxy.url, base_url="http://testserver.local", **said)  # type: ignore[arg-type]
    return made.model_copy(update={"oidc_issuer": issuer})  # without TLS: the proxy sees what is asked


async def test_sign_in_by_the_directory_goes_by_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")  # what the environment says is not asked
    provider = BadProvider()
    port = provider.server.server_port
    provider.issuer = f"http://directory.example:{port}"  # a name that only the proxy knows
    try:
        with Proxy() as proxy:
            directory, way = Directory(settings(proxy, provider.issuer)), Way.begin()
            assert (await directory.address(way)).startswith(provider.issuer)
            provider.good(way.nonce)
            claims = await directory.claims(way, {"state": way.state, "code": "x"}, datetime.now(UTC))
            assert claims["iss"] == provider.issuer
            hosts = {host for host, _ in proxy.passed}
            assert hosts == {"directory.example"} and len(proxy.passed) >= 3, "itself, its keys, the tokens"
    finally:
        provider.close()


async def test_a_directory_that_the_settings_name_as_inside_is_called_directly() -> None:
    provider = BadProvider()
    try:
        with Proxy() as proxy:
            directory = Directory(settings(proxy, provider.issuer, hook_hosts="127.0.0.1"))
            await directory.address(Way.begin())
            assert proxy.passed == []
            assert way_out(directory.settings, "https://elsewhere.example") == proxy.url
    finally:
        provider.close()


def test_every_client_says_by_which_way_it_goes() -> None:
    ways = 0
    for room in ROOMS:
        for path in (ROOT / room).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and ast.unparse(node.func) in (
                    *("httpx.Client", "httpx.AsyncClient", "httpx.HTTPTransport"),
                    *("httpx.get", "httpx.post", "httpx.request", "urlopen", "urllib.request.urlopen"),
                ):
                    ways += 1
                    named = {keyword.arg for keyword in node.keywords}
                    assert named & {"proxy", "transport"}, f"{path}:{node.lineno}"
    assert ways >= 4
