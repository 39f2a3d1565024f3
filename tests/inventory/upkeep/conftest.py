"""The town's desk, and short ways to read what is due."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from inventory.clocks.models import Due
from inventory.stock.verify import verify
from inventory.upkeep.checks import CheckDone, CheckLine
from inventory.upkeep.lists import CheckFilters, CheckRow, checks
from tests.conftest import Town
from tests.inventory.documents.conftest import Desk

GOOD = {"gauge": "green", "seal": True, "body": True, "place": True}  # an extinguisher in order


class Upkeep(Desk):
    """The desk of whoever checks."""

    def check(self, thing: Any, plan: str, who: str = "keeper", **line: Any) -> dict[str, Any]:
        """Tell one check; what came of it."""
        entry = {name: line.pop(name) for name in ("happened_at", "late", "photos", "id") if name in line}
        told = self.do(CheckDone, who, lines=[CheckLine(str(thing), plan, **line)], **entry)
        return told.result["checks"][0]

    def due(self, lot_id: UUID, plan: str) -> Due:
        """The clock of a plan on a lot, at whichever depot it is."""
        statement = select(Due).where(Due.lot_id == lot_id, Due.plan_code == plan)
        return self.read(lambda session: session.execute(statement).scalar_one())

    def due_on(self, lot_id: UUID, plan: str) -> date | None:
        return self.due(lot_id, plan).due_on

    def open(self, who: str = "admin", **filters: Any) -> list[CheckRow]:
        """The list of what is due."""
        today = self.town.context.clock.today()
        return self.read(checks, self.town.callers[who], CheckFilters(**filters), today, 200).items


@pytest.fixture
def desk(town: Town) -> Any:
    """The desk; after every test the book must still be sound."""
    desk = Upkeep(town)
    yield desk
    with town.context.database.transaction(writes=False) as session:
        verdict = verify(session)
    assert verdict.sound, verdict.examples
