"""Imports as an officer makes them."""

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from inventory.exchange.findings import Fault
from inventory.exchange.models import ImportRun
from inventory.exchange.runs import arrange, carry_out, claim, faults_of
from inventory.exchange.starting import bring_in
from inventory.exchange.undoing import undo
from tests.conftest import Town


class Importing:
    """Short ways to bring files in."""

    def __init__(self, town: Town) -> None:
        self.town = town

    def upload(self, subject: str, path: Path, who: str = "admin", **options: Any) -> UUID:
        with path.open("rb") as file:
            run_id = bring_in(self.town.context, self.town.callers[who], subject, path.name, file)
        if options:
            choices, make_places = options.get("choices", []), options.get("make_places")
            self.town.run(
                arrange, self.town.callers[who], run_id, choices, self.town.context.clock.now(), make_places=make_places
            )
        return run_id

    def go(
        self, subject: str, path: Path, who: str = "admin", write: bool = True, again: bool = False, **options: Any
    ) -> ImportRun:
        run_id = self.upload(subject, path, who, **options)
        context = self.town.context
        self.town.run(claim, self.town.callers[who], run_id, context.clock.now(), write=write, again=again)
        carry_out(context, self.town.callers[who], run_id, write=write)
        return self.run(run_id)

    def run(self, run_id: UUID) -> ImportRun:
        return self.town.run(lambda session: session.get_one(ImportRun, run_id))

    def faults(self, run: ImportRun) -> list[Fault]:
        return faults_of(run)

    def undo(self, run: ImportRun, who: str = "admin") -> int:
        return undo(self.town.context, self.town.callers[who], run.id)


@pytest.fixture
def importing(town: Town) -> Importing:
    return Importing(town)
