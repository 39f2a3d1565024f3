"""What an answer names as the kind of a problem opens a page that explains it, in both languages (A5)."""

import ast
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from core.languages import say
from core.problem_kinds import PROBLEM_KINDS
from core.settings import ROOT
from inventory.fitness.words import _HARD
from people.second_factor import WRONG_CODE

ROOMS = ("core", "people", "depots", "inventory", "labels", "phone", "jobs", "manage")
OF_THE_FRAMEWORK = {"not-found", "method", "too-large", "media-type", "forbidden", "sign-in", "bad-request"}
# Calls whose kind is no word at the place: what the values can be
ELSEWHERE = {
    "core/errors.py": set[str](),  # the functions that take a kind
    "core/problems.py": OF_THE_FRAMEWORK,
    "inventory/fitness/words.py": {kind for kind, _ in _HARD.values()},
    "people/second_factor.py": {WRONG_CODE},
}
PLACE = {"Refusal": 1, "conflict": 0, "Ended": 1}  # of the kind among the arguments


def _kinds_in(path: Path) -> Iterator[str]:
    source = path.read_text(encoding="utf-8")
    if not any(f"{name}(" in source for name in PLACE):
        return  # read in a hundredth of the time
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            place = PLACE.get(getattr(node.func, "id", getattr(node.func, "attr", "")))
            if place is None or len(node.args) <= place:
                continue
            kind = node.args[place]
            if isinstance(kind, ast.Constant):
                yield str(kind.value)
            else:
                name = path.relative_to(ROOT).as_posix()
                assert name in ELSEWHERE, f"{name}:{node.lineno} names its kind by {ast.unparse(kind)}"
                yield from ELSEWHERE[name]


def test_every_kind_that_the_code_can_name_is_explained() -> None:
    named = {kind for room in ROOMS for path in (ROOT / room).rglob("*.py") for kind in _kinds_in(path)}
    assert len(named) > 130
    assert named - set(PROBLEM_KINDS) == set()
    assert set(PROBLEM_KINDS) - named == set(), "explained, and named by nothing"


def test_every_explanation_has_both_languages() -> None:
    for kind, about in PROBLEM_KINDS.items():
        assert any("\u4e00" <= letter <= "\u9fff" for letter in say("zh", about)), kind


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_problems_type_opens_a_page(client: httpx.AsyncClient, database_url: str) -> None:
    for path in ("/api/me", "/api/nope"):
        problem = (await client.get(path)).json()
        kind = problem["type"].rpartition("/")[2]
        for language in ("zh", "en"):
            answer = await client.get(problem["type"], headers={"Accept": "text/html", "Accept-Language": language})
            assert answer.status_code == 200 and say(language, PROBLEM_KINDS[kind]).split("`")[0][:20] in answer.text
    every = await client.get("/problems", headers={"Accept": "text/html"})
    assert all(f'href="/problems/{kind}"' in every.text for kind in PROBLEM_KINDS)
    assert (await client.get("/problems/no-such", headers={"Accept": "text/html"})).status_code == 404
