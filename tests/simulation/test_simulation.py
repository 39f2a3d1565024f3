"""A random city, some of it hostile, against running servers: model and program agree after every step."""

import json
import os
import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from inventory.entries import VERBS
from tests.conftest import BOTH
from tests.simulation.acts import Step
from tests.simulation.acts_entries import KINDS as DRAWN
from tests.simulation.drive import Run
from tests.simulation.entries import KINDS, NOT_YET
from tests.simulation.known import KNOWN
from tests.simulation.shrink import shrink
from tests.simulation.stage import CLUSTERS, Stage, build, replay, tell

# After the stories: within one process, and by servers that fail often; together under 30 s of CPU
STEPS = int(os.environ.get("READYSHELF_SIMULATION_STEPS", "100"))
BY_SERVERS, HURT = 24, 10
ON_CLUSTERS = 150
LONGER = 5000
SHRINKING = 30.0  # seconds at most to look for the shortest story, so that a failing run ends soon, too
SEEDS = [int(text) for text in os.environ.get("READYSHELF_SIMULATION_SEED", "1,2").split(",")]


@pytest.fixture(scope="module", params=[pytest.param("sqlite", marks=pytest.mark.slow), "postgresql"])
def stage(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """Servers, and what can happen to them."""
    return _built(request, tmp_path_factory, inside=False)


@pytest.fixture(scope="module", params=BOTH)
def inside(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """The application in this process: many more steps a second."""
    return _built(request, tmp_path_factory, inside=True)


def _built(request: pytest.FixtureRequest, folders: pytest.TempPathFactory, *, inside: bool) -> Stage:
    template = str(request.getfixturevalue(f"blank_{request.param}"))
    admin = request.getfixturevalue("postgresql_server") if request.param == "postgresql" else ""
    return build(request.param, template, admin, folders.mktemp("cities"), inside)


STORIES = {path.stem: path for path in sorted((Path(__file__).parent / "stories").glob("*.jsonl"))}
FINDINGS = sorted({name.split("-")[0] for name in STORIES})
# Told in one city these come first, for what others leave would blunt them; a count that stays open comes last
FIRST, LAST = ("N3", "N2", "N4-bulk"), ("B25",)
_NAMED = re.compile(r"\b(id|doc|lot|canary):(\d+)")


def story(name: str, after: int = 0) -> list[Step]:
    """The steps of a story, numbered on from so many."""
    text = _NAMED.sub(lambda found: f"{found[1]}:{int(found[2]) + after}", STORIES[name].read_text())
    steps = [json.loads(line) for line in text.splitlines()]
    return [{**step, **{key: step[key] + after for key in ("n", "of") if key in step}} for step in steps]


def all_stories() -> list[Step]:
    """What once went wrong, one story after another in one city: a city for each costs minutes."""
    order = [*FIRST, *(name for name in STORIES if name not in FIRST + LAST), *LAST]
    told = [name for name in order if name.split("-")[0] not in KNOWN]
    return [step for number, name in enumerate(told) for step in story(name, 100 * number)]


def agree(stage: Stage, seed: int, steps: int, begin: Sequence[Step] = (), hurt: float = 1) -> Run:
    """Play a random story; where model and program part, tell the shortest story that shows it."""
    told, difference, run = tell(stage, seed, steps, begin, hurt)
    print(f"seed {seed}, {len(told)} steps, not sent: {run.skipped}")
    print(json.dumps(dict(sorted(run.answers.items())), indent=1))
    if difference is None:
        return run
    shortest = shrink(told, difference.what, lambda steps: replay(stage, seed, steps), SHRINKING)
    lines = "\n".join(json.dumps(step, ensure_ascii=False) for step in shortest)
    last = replay(stage, seed, shortest) or difference
    pytest.fail(f"seed {seed}, step {len(told)}, in {len(shortest)} steps:\n{lines}\n{last}")


@pytest.mark.heavy
def test_what_once_went_wrong_goes_right_and_then_model_and_program_agree_whatever_happens(inside: Stage) -> None:
    agree(inside, SEEDS[0], STEPS, all_stories())


def test_model_and_program_agree_whatever_is_done_to_servers(stage: Stage) -> None:
    hurt: list[Step] = [{"n": -2, "server": 1, "verb": "kill"}, {"n": -1, "verb": "restore"}]
    run = agree(stage, SEEDS[1], BY_SERVERS, hurt, HURT)
    assert {"kill", "restore", "pause"} <= run.faults.keys(), "the story was too peaceful: take another seed"


def test_no_kind_of_entry_is_forgotten() -> None:
    told = {str(verb.__struct_config__.tag) for verb in VERBS}
    assert told - set(KINDS) == set(NOT_YET), "a kind is to be modelled, or to be named in NOT_YET"
    assert set(KINDS) <= told, "the program does not know these any more"
    assert set(DRAWN) == set(KINDS), "every kind that is modelled is drawn, too"


@pytest.mark.slow
@pytest.mark.parametrize("finding", FINDINGS)
def test_what_once_went_wrong_goes_right_by_itself_unless_it_is_known(
    inside: Stage, finding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = finding in KNOWN
    monkeypatch.delitem(KNOWN, finding, raising=False)
    differences = [replay(inside, 1, story(name)) for name in STORIES if name.split("-")[0] == finding]
    wrong = [difference for difference in differences if difference is not None]
    if known:
        assert wrong, f"{finding} goes right now: take its row out of known.py"
    else:
        assert not wrong, wrong[0]


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_model_and_program_agree_over_restarts_of_the_database_and_a_failover(seed: int, tmp_path: Path) -> None:
    run = agree(build(CLUSTERS, "", "", tmp_path), seed, ON_CLUSTERS, hurt=HURT)
    assert {"restart", "failover: promoted"} <= run.faults.keys(), "the story was too peaceful: take another seed"


@pytest.mark.slow
def test_a_million_steps_inside_this_process(inside: Stage) -> None:
    test_a_million_steps(inside)


@pytest.mark.slow
def test_a_million_steps(stage: Stage) -> None:
    """In pieces of some thousand, each a city of its own."""
    piece = 5000
    for number in range(int(os.environ.get("READYSHELF_SIMULATION_LONG", "1000000")) // piece):
        agree(stage, 1000 * SEEDS[0] + number, piece)


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_model_and_program_agree_for_longer(stage: Stage, seed: int) -> None:
    agree(stage, seed, LONGER)
