"""Addresses that are not there and methods that an address does not take are refused wholly in the asked language."""

import re

import httpx
import pytest
from litestar import Litestar

from tests.conftest import Town
from tests.test_routes import routes_of

pytestmark = pytest.mark.anyio
CHINESE, LATIN_WORD = re.compile(r"[\u4e00-\u9fff]"), re.compile(r"[A-Za-z]{3,}")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
UNKNOWN = ("/api/nope", "/api/depots/NOPE/nope", "/api/lots/nope/nope", "/nope", "/q/a/b/c", "/static/nope.js")


def assert_wholly(answer: httpx.Response, language: str, where: str) -> None:
    if "problem+json" not in answer.headers["content-type"]:
        assert answer.headers["content-type"].startswith("text/html"), where
        assert f'<html lang="{"zh" if language == "zh" else "en"}' in answer.text, where
        return
    problem = answer.json()
    for text in (problem["title"], problem["detail"], *(fault["message"] for fault in problem["errors"])):
        if language == "zh":
            assert CHINESE.search(text) and not LATIN_WORD.search(text), (where, text)
        else:
            assert not CHINESE.search(text), (where, text)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_unknown_addresses_and_wrong_methods(application: Litestar, town: Town) -> None:
    transport = httpx.ASGITransport(app=application, raise_app_exceptions=False)  # no operation's answers: no contract
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver.local") as client:
        await _walk(application, client)


async def _walk(application: Litestar, client: httpx.AsyncClient) -> None:
    taken: dict[str, set[str]] = {}
    for method, path, _ in routes_of(application):
        taken.setdefault(re.sub(r"\{[^}]+\}", "x", path), set()).add(method)
    wrong = [(method, path) for path, known in taken.items() for method in METHODS if method not in known]
    wrong = [next(one for one in wrong if one[1] == path) for path in {path for _, path in wrong}]
    for language in ("zh", "en"):
        headers = {"Accept-Language": language}
        for path in UNKNOWN:
            for method in METHODS:
                answer = await client.request(method, path, headers=headers)
                assert answer.status_code in (404, 405), (method, path)
                assert_wholly(answer, language, f"{method} {path}")
        for method, path in wrong:
            answer = await client.request(method, path, headers=headers)
            assert 400 <= answer.status_code < 500, (method, path, answer.status_code)
            assert_wholly(answer, language, f"{method} {path}")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_program_is_answered_in_the_language_that_it_asks_for(client: httpx.AsyncClient, town: Town) -> None:
    for asked, language in (({"Accept-Language": "en"}, "en"), ({"Accept-Language": "zh-CN"}, "zh"), ({}, "zh")):
        answer = await client.post("/api/movements", json={}, headers={**town.auth("keeper"), **asked})
        assert answer.status_code == 422
        assert_wholly(answer, language, f"{asked}")
