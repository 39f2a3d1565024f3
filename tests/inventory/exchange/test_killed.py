"""An import whose process is killed enters nothing, says so, and can be begun anew: in real processes."""

import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import func, select

from core.settings import ROOT
from inventory.exchange.models import ImportState
from inventory.exchange.runs import SILENT, carry_out, claim
from people.models import Assignment, Person
from tests.clock import SetClock
from tests.conftest import Town
from tests.inventory.exchange.conftest import Importing
from tests.inventory.exchange.test_people import book

pytestmark = pytest.mark.anyio
PEOPLE = 6


def entered(town: Town) -> tuple[int, int]:
    """How many people of the file there are, and how many of their roles."""
    mine = Person.account.like("new-%")
    people = select(func.count()).select_from(Person).where(mine)
    roles = select(func.count()).select_from(Assignment).join(Person, Person.id == Assignment.person_id).where(mine)
    return town.run(lambda s: (s.execute(people).scalar_one(), s.execute(roles).scalar_one()))


@pytest.mark.own_database
@pytest.mark.parametrize(
    ("database_url", "moment"),
    [
        ("sqlite", "rows"),
        ("postgresql", "commit"),
        pytest.param("sqlite", "commit", marks=pytest.mark.slow),
        pytest.param("postgresql", "rows", marks=pytest.mark.slow),
    ],
    indirect=["database_url"],
)
async def test_an_import_of_people_killed_half_way(
    importing: Importing, client: httpx.AsyncClient, town: Town, clock: SetClock, tmp_path: Path, moment: str
) -> None:
    rows = [[f"new-{n}", f"新人{n}", "", "", "保管员", "STR-0001", "", "", ""] for n in range(PEOPLE)]
    path = book(tmp_path, *rows)
    run_id = importing.upload("people", path)
    admin, context = town.callers["admin"], town.context
    town.run(claim, admin, run_id, clock.now(), write=True, again=False)
    asked = [context.settings.database_url, str(context.settings.var_dir), str(run_id), moment]
    command = [sys.executable, "-m", "tests.inventory.exchange.killed", *asked]
    done = subprocess.run(command, cwd=ROOT, timeout=120, capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert entered(town) == (0, 0)
    address = f"/api/imports/{run_id}"
    state = (await client.get(address, headers=town.auth("admin"))).json()["state"]
    assert state == ImportState.RUNNING, "another process may be at it still"
    clock.instant += SILENT + timedelta(seconds=1)
    assert (await client.get(address, headers=town.auth("admin"))).json()["state"] == ImportState.FAILED
    [listed] = (await client.get("/api/imports", headers=town.auth("admin"))).json()
    assert listed["state"] == ImportState.FAILED
    for page in (f"/imports/{run_id}", "/imports"):
        text = (await client.get(page, headers=town.auth("admin"))).text
        assert "因故障中止；未作任何更改" in text, page
    town.run(claim, admin, run_id, clock.now(), write=True, again=False)
    assert carry_out(context, admin, run_id, write=True) == ImportState.DONE
    assert entered(town) == (PEOPLE, PEOPLE)
