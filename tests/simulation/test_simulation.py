"""A random city, some of it hostile, against running servers: model and program agree after every step."""

import json
import os
from pathlib import Path

import pytest

from tests.conftest import BOTH
from tests.simulation.known import KNOWN
from tests.simulation.shrink import shrink
from tests.simulation.stage import Stage, build, replay, tell

STEPS = int(os.environ.get("READYSHELF_SIMULATION_STEPS", "500"))
SEEDS = [int(text) for text in os.environ.get("READYSHELF_SIMULATION_SEED", "1,2").split(",")]


@pytest.fixture(scope="module", params=BOTH)
def stage(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Stage:
    folder = tmp_path_factory.mktemp("cities")
    template = str(request.getfixturevalue(f"blank_{request.param}"))
    admin = request.getfixturevalue("postgresql_server") if request.param == "postgresql" else ""
    return build(request.param, template, admin, folder)


def agree(stage: Stage, seed: int, steps: int) -> None:
    """Play a random story; where model and program part, tell the shortest story that shows it."""
    story, difference, run = tell(stage, seed, steps)
    print(f"seed {seed}, {len(story)} steps, not sent: {run.skipped}")
    print(json.dumps(dict(sorted(run.answers.items())), indent=1))
    if difference is None:
        return
    shortest = shrink(story, difference.what, lambda steps: replay(stage, seed, steps))
    lines = "\n".join(json.dumps(step, ensure_ascii=False) for step in shortest)
    last = replay(stage, seed, shortest) or difference
    pytest.fail(f"seed {seed}, step {len(story)}, in {len(shortest)} steps:\n{lines}\n{last}")


STORIES = sorted((Path(__file__).parent / "stories").glob("*.jsonl"))
FINDINGS = sorted({path.stem.split("-")[0] for path in STORIES})


@pytest.mark.parametrize("finding", FINDINGS)
def test_what_once_went_wrong_goes_right_unless_it_is_known(
    stage: Stage, finding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = finding in KNOWN
    monkeypatch.delitem(KNOWN, finding, raising=False)
    differences = [
        replay(stage, 1, [json.loads(line) for line in path.read_text().splitlines()])
        for path in STORIES
        if path.stem.split("-")[0] == finding
    ]
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
