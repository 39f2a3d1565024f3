"""``python -m tests.simulation.explore``: many seeds, every kind of difference once, with its shortest story."""

import argparse
import gc
import json
import logging
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import psycopg
import structlog
from tqdm import tqdm

from core.database import Database
from rooms import LISTENERS
from tests.databases import address, prepare, running_postgresql
from tests.simulation.known import KNOWN
from tests.simulation.reading import Difference
from tests.simulation.shrink import shrink
from tests.simulation.stage import CLUSTERS, Stage, Step, build, replay, tell
from tests.simulation.tally import Seed, Tally

RARELY = 50_000, 20, 50  # how often Python looks for what can go
SHOWN = 12  # steps of a story that stays long
HURT = 5  # servers are hurt so many times as often as a story in one process
IN_MEMORY = Path("/dev/shm")


class Explorer:
    """Stages, made when the first seed plays on them, and what has been found so far."""

    def __init__(self, stack: ExitStack, shrinking: float, tally: Tally) -> None:
        self._stack, self._shrinking, self._tally = stack, shrinking, tally
        self._stages: dict[tuple[str, bool], Stage] = {}
        self._postgresql = ""
        self._seen: set[str] = set()

    def stage(self, kind: str, inside: bool) -> Stage:
        """Where seeds of this kind play."""
        if (kind, inside) not in self._stages:
            self._stages[kind, inside] = self._build(kind, inside)
        return self._stages[kind, inside]

    def _build(self, kind: str, inside: bool) -> Stage:
        folder = Path(tempfile.mkdtemp(dir=IN_MEMORY if IN_MEMORY.is_dir() else None))
        self._stack.callback(shutil.rmtree, folder, ignore_errors=True)
        if kind == CLUSTERS:
            return build(kind, "", "", folder)
        if kind == "sqlite":
            name = str(folder / "blank.db")
            prepare(Database(f"sqlite:///{name}", listeners=LISTENERS))
            return build(kind, name, "", folder, inside)
        if not self._postgresql:
            self._postgresql = self._stack.enter_context(running_postgresql())
            with psycopg.connect(self._postgresql, autocommit=True) as connection:
                connection.execute("CREATE DATABASE blank")
            prepare(Database(address(self._postgresql, "blank"), listeners=LISTENERS))
        return build(kind, "blank", self._postgresql, folder, inside)

    def explore(self, stage: Stage, seed: int, steps: int) -> None:
        """One seed; where it differs, the first bad step and the shortest story of it."""
        began, worked = time.monotonic(), time.process_time()
        story, difference, run = tell(stage, seed, steps, hurt=1 if stage.inside else HURT)
        took, used = time.monotonic() - began, time.process_time() - worked
        what = difference.what if difference else ""
        told = Seed(seed, stage.kind, stage.inside, len(story), took, used, run.faults, run.skipped, what)
        self._tally.add(told)
        if difference is None:
            return
        if what in self._seen:
            tqdm.write(f"  seed {seed}: again: {what}")
            return
        self._seen.add(what)
        if not self._shrinking:
            self._show(stage, seed, story, difference)
            return
        story, difference = self._first(stage, seed, story, difference)
        shortest = shrink(story, difference.what, lambda part: replay(stage, seed, part), self._shrinking)
        self._show(stage, seed, shortest, difference)

    def _first(self, stage: Stage, seed: int, story: list[Step], late: Difference) -> tuple[list[Step], Difference]:
        """The story up to its first bad step: told again, with everything compared after each."""
        told: list[Step] = []
        first = replay(stage, seed, story, whole=told)
        return (told, first) if first is not None else (story, late)

    def _show(self, stage: Stage, seed: int, story: list[Step], difference: Difference) -> None:
        lines = [json.dumps(step, ensure_ascii=False) for step in story]
        tqdm.write(f"== {difference.what} (seed {seed}, {len(story)} steps)")
        for line in lines[-SHOWN:]:
            tqdm.write(line)
        tqdm.write(str(difference))
        kept = Path(tempfile.gettempdir()) / f"story-{stage.kind}-{seed}.jsonl"
        kept.write_text("".join(f"{line}\n" for line in lines), "utf-8")

    def until(self, steps: int, piece: int, seeds: Iterator[int], served: int) -> None:
        """Seed after seed until so many steps have been played; each ``served``-th one by servers, that are hurt."""
        with tqdm(total=steps, initial=self._tally.steps, unit="step", smoothing=0, miniters=1) as bar:
            while self._tally.steps < steps:
                seed = next(seeds)
                by_servers = bool(served) and seed % served == 0
                kind = "postgresql" if by_servers and seed % (2 * served) == 0 else "sqlite"
                before = self._tally.steps
                self.explore(self.stage(kind, not by_servers), seed, piece)
                bar.set_postfix_str(self._tally.in_short())
                bar.update(self._tally.steps - before)


def _stories(stage: Stage, stories: list[Path]) -> None:
    for story in stories:
        KNOWN.pop(story.stem.split("-")[0], None)
        difference = replay(stage, 1, [json.loads(line) for line in story.read_text().splitlines()])
        print(f"{story.stem}: {difference or 'goes right'}", flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--database", default="sqlite", choices=("sqlite", "postgresql", CLUSTERS))
    parser.add_argument("--seeds", default="1-10")
    parser.add_argument("--steps", type=int, default=500, help="of each seed")
    parser.add_argument("--shrink", type=float, default=60, help="seconds to spend on each story; 0: show it whole")
    parser.add_argument("--open", default="", help="findings to look into although they are known: N1,B7")
    parser.add_argument("--inside", action="store_true", help="the application in this process: faster, fewer faults")
    parser.add_argument("--story", type=Path, nargs="*", help="tell these, and nothing else")
    parser.add_argument("--run", type=int, help="play seed after seed until so many steps are done, and print the sum")
    parser.add_argument("--served", type=int, default=25, help="in a run: each so-manieth seed by servers; 0: none")
    parser.add_argument("--tally", type=Path, help="keep a line of each seed here, and go on after the last of them")
    return parser.parse_args()


def main() -> None:
    given = _arguments()
    for finding in filter(None, given.open.split(",")):
        del KNOWN[finding]
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    gc.freeze()  # what is imported stays, and need not be looked through
    gc.set_threshold(*RARELY)
    with ExitStack() as stack:
        tally = Tally(given.tally)
        explorer = Explorer(stack, given.shrink, tally)
        if given.story:
            _stories(explorer.stage(given.database, given.inside), given.story)
            return
        first, last = (int(text) for text in given.seeds.split("-"))
        if given.run:
            explorer.until(given.run, given.steps, count(max(first, tally.last + 1)), given.served)
        else:
            for seed in range(first, last + 1):
                explorer.explore(explorer.stage(given.database, given.inside), seed, given.steps)
                print(tally.seeds[-1], flush=True)
        print(tally, flush=True)


if __name__ == "__main__":
    main()
