"""How the installation stands, for people and for a watcher: from the database, the disk and the settings."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from core.archive import back_up
from core.schema import newest_revision
from jobs.running.running import run_job
from jobs.running.schedule import JOBS
from jobs.running.watching import note_leader
from people.policy import Duty, Role
from tests.clock import SetClock
from tests.conftest import QueryCount, Town


async def stands(client: httpx.AsyncClient, town: Town) -> dict[str, Any]:
    return (await client.get("/api/health", headers=town.auth("admin"))).json()


async def test_a_watcher_reads_what_is_amiss_and_what_is_not(
    client: httpx.AsyncClient, town: Town, clock: SetClock
) -> None:
    told = await stands(client, town)
    assert told["status"] == "bad"
    assert {"no-leader", "mail-off", "no-backup"} <= {one["kind"] for one in told["findings"]}
    assert (told["schema_there"], told["schema_needed"]) == (newest_revision(), newest_revision())
    storage = told["storage"]
    assert storage["database_bytes"] > 100_000
    assert 0 < storage["disk_free"] < storage["disk_total"]
    town.run(note_leader, clock.now(), clock.now())
    run_job(town.context, JOBS["readiness"])
    told = await stands(client, town)
    assert "no-leader" not in {one["kind"] for one in told["findings"]}
    assert {job["name"]: job["state"] for job in told["jobs"]}["readiness"] == "good"


async def test_the_age_of_the_backup_is_known(
    client: httpx.AsyncClient, town: Town, clock: SetClock, tmp_path: Path
) -> None:
    back_up(town.context, tmp_path / "city.tar.gz")
    clock.instant += timedelta(hours=30)
    told = await stands(client, town)
    backup = told["storage"]["backup"]
    assert (backup["name"], backup["bytes"]) == ("city.tar.gz", (tmp_path / "city.tar.gz").stat().st_size)
    assert not {"no-backup", "backup-old"} & {one["kind"] for one in told["findings"]}
    clock.instant += timedelta(days=3)
    assert "backup-old" in {one["kind"] for one in (await stands(client, town))["findings"]}


@pytest.mark.parametrize("who", ["admin", "chief"])
async def test_the_page_offers_what_the_reader_may_do(client: httpx.AsyncClient, town: Town, who: str) -> None:
    town.person("chief", Duty(Role.OFFICER))
    page = (await client.get("/manage/health", headers=town.auth(who))).text
    assert "邮件未启用" in page
    assert newest_revision() in page
    assert ('action="/jobs/tidy/run"' in page) == (who == "admin")
    assert 'action="/jobs/sweep/run"' in page
    assert ('href="/manage/settings"' in page) == (who == "admin")


@pytest.mark.parametrize("path", ["/manage/health", "/api/health"])
async def test_a_districts_officer_is_not_told_of_the_citys_machines(
    client: httpx.AsyncClient, town: Town, path: str
) -> None:
    assert (await client.get(path, headers=town.auth("officer"))).status_code == 403


async def test_the_page_costs_few_queries(client: httpx.AsyncClient, town: Town, queries: QueryCount) -> None:
    await client.get("/manage/health", headers=town.auth("admin"))
    queries.during()
    await client.get("/manage/health", headers=town.auth("admin"))
    assert len(queries) <= 18  # one of them asks whether an older program may serve this schema
