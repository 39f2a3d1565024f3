"""``python -m tests.simulation.explore``: many seeds, every kind of difference once, with its shortest story."""

import argparse
import json
import shutil
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import psycopg

from core.database import Database
from rooms import LISTENERS
from tests.databases import address, prepare, running_postgresql
from tests.simulation.known import KNOWN
from tests.simulation.shrink import shrink
from tests.simulation.stage import Stage, build, replay, tell

SHOWN = 12  # steps of a story that stays long


def _stage(kind: str, folder: Path, stack: ExitStack, inside: bool) -> Stage:
    if kind == "sqlite":
        admin, name = "", str(folder / "blank.db")
        prepare(Database(f"sqlite:///{name}", listeners=LISTENERS))
    else:
        admin, name = stack.enter_context(running_postgresql()), "blank"
        with psycopg.connect(admin, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        prepare(Database(address(admin, name), listeners=LISTENERS))
    return build(kind, name, admin, folder, inside)


def _explore(stage: Stage, seed: int, steps: int, seconds: float, seen: set[str]) -> None:
    began, worked = time.monotonic(), time.process_time()
    story, difference, run = tell(stage, seed, steps)
    took, used = time.monotonic() - began, time.process_time() - worked
    told = f"{took:.1f} s, {used:.1f} of this processor, faults: {run.faults}, not sent: {run.skipped}"
    print(f"seed {seed}: {len(story)} steps, {told}", flush=True)
    if difference is None:
        return
    if difference.what in seen:
        print("  again:", difference.what, flush=True)
        return
    seen.add(difference.what)
    shortest = shrink(story, difference.what, lambda part: replay(stage, seed, part), seconds)
    print(f"== {difference.what} (seed {seed}, step {len(story)}, {len(shortest)} steps)")
    for step in shortest[-SHOWN:]:
        print(json.dumps(step, ensure_ascii=False))
    print(difference, flush=True)
    kept = Path(tempfile.gettempdir()) / f"story-{stage.kind}-{seed}.jsonl"
    kept.write_text("".join(json.dumps(step, ensure_ascii=False) + "\n" for step in shortest), "utf-8")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--database", default="sqlite", choices=("sqlite", "postgresql"))
    parser.add_argument("--seeds", default="1-10")
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--shrink", type=float, default=60, help="seconds to spend on each story")
    parser.add_argument("--open", default="", help="findings to look into although they are known: N1,B7")
    parser.add_argument("--inside", action="store_true", help="the application in this process: faster, without faults")
    parser.add_argument("--story", type=Path, nargs="*", help="tell these, and nothing else")
    given = parser.parse_args()
    for finding in filter(None, given.open.split(",")):
        del KNOWN[finding]
    memory = Path("/dev/shm") if given.inside and Path("/dev/shm").is_dir() else None
    folder = Path(tempfile.mkdtemp(dir=memory))
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        stage = _stage(given.database, folder, stack, given.inside)
        for story in given.story or ():
            KNOWN.pop(story.stem.split("-")[0], None)
            difference = replay(stage, 1, [json.loads(line) for line in story.read_text().splitlines()])
            print(f"{story.stem}: {difference or 'goes right'}", flush=True)
        if given.story:
            return
        first, last = (int(text) for text in given.seeds.split("-"))
        seen: set[str] = set()
        for seed in range(first, last + 1):
            _explore(stage, seed, given.steps, given.shrink, seen)


if __name__ == "__main__":
    main()
