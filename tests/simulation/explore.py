"""``python -m tests.simulation.explore``: many seeds, every kind of difference once, with its shortest story."""

import argparse
import json
import os
import shutil
import tempfile
import time
from pathlib import Path

from core.database import Database
from core.schema import migrate
from core.settings import ROOT
from inventory.reference.files import read_folder
from inventory.reference.load import load_reference
from tests.simulation.known import KNOWN
from tests.simulation.server import Nursery
from tests.simulation.shrink import shrink
from tests.simulation.stage import Stage, build, replay, tell


def _stage(kind: str, nursery: Nursery, folder: Path) -> Stage:
    if kind == "sqlite":
        blank, admin, name = f"sqlite:///{folder / 'blank.db'}", "", str(folder / "blank.db")
    else:
        admin = os.environ["READYSHELF_SIMULATION_POSTGRESQL"]
        import psycopg

        name = "simulation_blank"
        with psycopg.connect(admin, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            connection.execute(f"CREATE DATABASE {name}")
        blank = admin.replace("/postgres?", f"/{name}?")
    database = Database(blank)
    migrate(database)
    database.run(load_reference, read_folder(ROOT / "reference"))
    database.engine.dispose()
    return build(kind, name, admin, nursery, folder)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--database", default="sqlite")
    parser.add_argument("--seeds", default="1-10")
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--shrink", type=float, default=60)
    parser.add_argument("--story", type=Path, help="replay this one, whatever is known, and nothing else")
    given = parser.parse_args()
    first, last = (int(text) for text in given.seeds.split("-"))
    folder, nursery = Path(tempfile.mkdtemp()), Nursery()
    seen: dict[str, int] = {}
    try:
        stage = _stage(given.database, nursery, folder)
        if given.story:
            KNOWN.pop(given.story.stem.split("-")[0], None)
            print(replay(stage, 1, [json.loads(line) for line in given.story.read_text().splitlines()]))
            return
        for seed in range(first, last + 1):
            began = time.monotonic()
            story, difference, run = tell(stage, seed, given.steps)
            print(f"seed {seed}: {len(story)} steps, {time.monotonic() - began:.1f} s, {run.skipped}", flush=True)
            if difference is None:
                continue
            seen[difference.what] = seen.get(difference.what, 0) + 1
            if seen[difference.what] > 1:
                print("  again:", difference.what, flush=True)
                continue
            shortest = shrink(story, difference.what, lambda steps, seed=seed: replay(stage, seed, steps), given.shrink)
            print(f"== {difference.what} (seed {seed}, step {len(story)}, {len(shortest)} steps)")
            for step in shortest[-12:]:
                print(json.dumps(step, ensure_ascii=False))
            print(replay(stage, seed, shortest) if given.shrink > 0 else difference, flush=True)
        print(json.dumps(run.answers, indent=1))
    finally:
        nursery.close()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
