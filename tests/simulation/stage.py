"""Where stories play: fresh databases with the city's ground, servers on them, and the telling of a story."""

import shutil
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg

from core.database import Database
from rooms import LISTENERS
from tests.clusters import address_of, leader_and_standby
from tests.databases import address, prepare
from tests.simulation.acts import Chance, Step
from tests.simulation.book import Book
from tests.simulation.drive import Run
from tests.simulation.inside import Inside
from tests.simulation.reading import Difference
from tests.simulation.server import Server
from tests.simulation.world import Ground, found

# Of the seeds within one process each so-manieth sends its acts all the way through the application; the others go
# straight to the routes, which tell nobody apart by the way to them
ALL_THE_WAY = 5
CLUSTERS = "clusters"  # PostgreSQL with a standby, by servers that know the addresses of both


@dataclass
class Stage:
    """Where stories play: fresh databases with the city's ground, as many as are asked for."""

    kind: str
    template: str
    admin: str
    ground: Ground
    folder: Path
    inside: bool = False  # the application in this process: the faults of servers are left out
    _house: Inside | None = None  # one for all stories, with what it has compiled and built
    _name: str = field(default_factory=lambda: f"city_{uuid4().hex}")

    @property
    def faults(self) -> Sequence[str]:
        """What the surroundings may do here."""
        return ("pause", "full", "restart", "failover") if self.kind == CLUSTERS else ("pause", "full")

    def open(self, seed: int) -> Run:
        """A fresh city."""
        if self.kind == CLUSTERS:
            return self._open_on_clusters(seed)
        name = self._name if self.inside else f"city_{uuid4().hex}"
        folder = self.folder / name
        folder.mkdir()
        if self.kind == "sqlite":
            shutil.copyfile(self.template, folder / "city.db")
            url, number = f"sqlite:///{folder / 'city.db'}", 1
        else:
            with psycopg.connect(self.admin, autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE {name} TEMPLATE {self.template} STRATEGY FILE_COPY")
            url, number = address(self.admin, name), 2
        servers: list[Any]
        if self.inside:  # one application, one database
            self._house = self._house or Inside(url, folder)
            self._house.client.straight = self.kind == "sqlite" and seed % ALL_THE_WAY != 0
            servers = [self._house]
        else:
            servers = [Server(url, folder).start() for _ in range(number)]
        return Run(seed, self.ground, servers, folder, Book(url), self.inside)

    def _open_on_clusters(self, seed: int) -> Run:
        """A leader and a standby of the story's own: it may outlive neither as it was."""
        folder = self.folder / uuid4().hex
        folder.mkdir()
        with ExitStack() as stack:
            clusters = stack.enter_context(leader_and_standby())
            url = address_of(*clusters)
            database = Database(url, listeners=LISTENERS)
            prepare(database)
            ground = found(database)
            database.engine.dispose()
            servers = [Server(url, folder).start() for _ in range(2)]
            book = Book(f"{url}?target_session_attrs=read-write")
            return Run(seed, ground, servers, folder, book, clusters=list(clusters), ends=stack.pop_all())

    def close(self, run: Run) -> None:
        """Leave nothing of it."""
        run.book.close()
        for server in run.servers:
            server.stop()
        run.ends.close()
        if self.kind == "postgresql":
            with psycopg.connect(self.admin, autocommit=True) as connection:
                connection.execute(f"DROP DATABASE {run.folder.name} WITH (FORCE)")
        shutil.rmtree(run.folder, ignore_errors=True)


def tell(
    stage: Stage, seed: int, steps: int, begin: Sequence[Step] = (), hurt: float = 1
) -> tuple[list[Step], Difference | None, Run]:
    """Play these steps and then so many random ones; returns what was done, and where model and program parted."""
    run, chance, story = stage.open(seed), Chance(seed, hurt, stage.faults), []
    first = max((step["n"] for step in begin), default=-1) + 1
    try:
        for step in begin:
            story.append(step)
            run.play(step)
        for n in range(first, first + steps):
            step = chance.step(run.model, n)
            story.append(step)
            run.play(step)
        run.play({"n": first + steps, "verb": "compare"})
    except Difference as difference:
        return story, difference, run
    finally:
        stage.close(run)
    return story, None, run


def replay(stage: Stage, seed: int, story: Iterable[Step], whole: list[Step] | None = None) -> Difference | None:
    """Tell a recorded story again on a fresh database; returns where model and program part.

    With ``whole`` everything is compared after each step, and this list is filled with the steps that were played.
    """
    run = stage.open(seed)
    try:
        for step in story:
            if whole is not None:
                whole.append(step)
            run.play(step)
            if whole is not None:
                run.play({"n": -1, "verb": "compare"})
        run.play({"n": -1, "verb": "compare"})
    except Difference as difference:
        return difference
    finally:
        stage.close(run)
    return None


def build(kind: str, template: str, admin: str, folder: Path, inside: bool = False) -> Stage:
    """A stage over a copy of a database with schema and reference data; on clusters each city is founded anew."""
    if kind == CLUSTERS:
        return Stage(kind, "", "", Ground({}, {}, {}, {}), folder)
    if kind == "sqlite":
        name = str(folder / "ground.db")
        shutil.copyfile(template, name)
        database = Database(f"sqlite:///{name}", listeners=LISTENERS)
    else:
        name = "simulation_ground"
        with psycopg.connect(admin, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        database = Database(address(admin, name), listeners=LISTENERS)
    ground = found(database)
    database.engine.dispose()
    return Stage(kind, name, admin, ground, folder, inside)
