"""A random city, some of it hostile, against running servers: model and program agree after every step."""

import json
import os
import re
from pathlib import Path

import pytest

from tests.conftest import BOTH
from tests.simulation.acts import Step
from tests.simulation.known import KNOWN
from tests.simulation.shrink import shrink
from tests.simulation.stage import Stage, build, replay, tell

STEPS = int(os.environ.get("READYSHELF_SIMULATION_STEPS", "160"))  # four such runs cost some 40 s of CPU
LONGER = 500
SHRINKING = 30.0  # seconds at most to look for the shortest story, so that a failing run ends soon, too
SEEDS = [int(text) for text in os.environ.get("READYSHELF_SIMULATION_SEED", "1,2").split(",")]


@pytest.fixture(scope="module", params=BOTH)
def stage(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Stage:
    folder = tmp_path_factory.mktemp("cities")
    template = str(request.getfixturevalue(f"blank_{request.param}"))
    admin = request.getfixturevalue("postgresql_server") if request.param == "postgresql" else ""
    return build(request.param, template, admin, folder)


def agree(stage: Stage, seed: int, steps: int) -> None:
    """Play a random story; where model and program part, tell the shortest story that shows it."""
    told, difference, run = tell(stage, seed, steps)
    print(f"seed {seed}, {len(told)} steps, not sent: {run.skipped}")
    print(json.dumps(dict(sorted(run.answers.items())), indent=1))
    if difference is None:
        return
    shortest = shrink(told, difference.what, lambda steps: replay(stage, seed, steps), SHRINKING)
    lines = "\n".join(json.dumps(step, ensure_ascii=False) for step in shortest)
    last = replay(stage, seed, shortest) or difference
    pytest.fail(f"seed {seed}, step {len(told)}, in {len(shortest)} steps:\n{lines}\n{last}")


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


def test_what_once_went_wrong_goes_right(stage: Stage) -> None:
    """All stories in one city, one after another: a city for each costs minutes."""
    order = [*FIRST, *(name for name in STORIES if name not in FIRST + LAST), *LAST]
    told = [name for name in order if name.split("-")[0] not in KNOWN]
    steps = [step for number, name in enumerate(told) for step in story(name, 100 * number)]
    difference = replay(stage, 1, steps)
    assert difference is None, difference


@pytest.mark.slow
@pytest.mark.parametrize("finding", FINDINGS)
def test_what_once_went_wrong_goes_right_by_itself_unless_it_is_known(
    stage: Stage, finding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = finding in KNOWN
    monkeypatch.delitem(KNOWN, finding, raising=False)
    differences = [replay(stage, 1, story(name)) for name in STORIES if name.split("-")[0] == finding]
    wrong = [difference for difference in differences if difference is not None]
    if known:
        assert wrong, f"{finding} goes right now: take its row out of known.py"
    else:
        assert not wrong, wrong[0]


@pytest.mark.slow
def test_a_million_steps(stage: Stage) -> None:
    """In pieces of some thousand, each a city of its own."""
    piece = 5000
    for number in range(int(os.environ.get("READYSHELF_SIMULATION_STEPS", "1000000")) // piece):
        agree(stage, 1000 * SEEDS[0] + number, piece)


@pytest.mark.parametrize("seed", SEEDS)
def test_model_and_program_agree_whatever_happens(stage: Stage, seed: int) -> None:
    agree(stage, seed, STEPS)


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_model_and_program_agree_for_longer(stage: Stage, seed: int) -> None:
    agree(stage, seed, LONGER)
