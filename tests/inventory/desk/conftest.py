"""A town with something of everything: ready, held but not ready, lacking, past its date, in kits."""

from datetime import date, timedelta

import pytest

from depots.requirements import work_out_requirements
from inventory.stock.models import Kind
from tests.conftest import Town, one

TODAY = date(2026, 11, 23)


@pytest.fixture
def stocked(town: Town) -> Town:
    """Both depots with requirements and gear of several categories, nothing written down yet."""
    town.run(work_out_requirements, TODAY)
    for offset in (-200, -1, 0, 0, 1, 30, 364, 365, 400, 900):
        town.stock("RSP-004", "4", expires_on=TODAY + timedelta(offset), number=f"mask{offset}")
        town.stock("MED-013", "2", town.other_shelf, expires_on=TODAY + timedelta(offset + 2), number=f"med{offset}")
    for item, quantity in (("TRF-001", "40"), ("HYD-006", "2"), ("WTR-001", "4")):
        town.stock(item, quantity)
    town.stock("TRF-001", "3", town.other_shelf)
    for serial in ("P1", "P2"):
        town.stock("CNV-001", "1", serial=serial)
    town.stock("CNV-001", "1", town.other_shelf, serial="P3")
    town.stock("VEH-001", "1", serial="V1")
    lent = town.stock("VEH-003", "1", serial="V2")
    town.book(one(kind=Kind.ISSUE, lot=lent))
    return town
