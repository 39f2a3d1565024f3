"""A backup from the browser: made by the command's own verb, one at a time, taken out with a word in the trail."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select

from core.archive import read_manifest, write_archive
from core.errors import Refusal
from core.models import AuditEntry
from manage.backup_models import BackupRun, BackupState
from manage.backups import backups, begin, carry_out
from tests.clock import SetClock
from tests.conftest import NOW, Town
from tests.waiting import rests, until


def start(town: Town, who: str = "admin") -> UUID:
    found: UUID = town.run(begin, town.callers[who], town.context.clock.now())
    return found


def refused(town: Town, who: str = "admin") -> Refusal:
    with pytest.raises(Refusal) as found:
        start(town, who)
    return found.value


async def made(client: httpx.AsyncClient, town: Town) -> dict[str, Any]:
    async def ask() -> dict[str, Any]:
        return dict((await client.get("/api/backups", headers=town.auth("admin"))).json())

    return await until(ask, lambda told: rests(told["run"]))


@pytest.mark.heavy
async def test_it_is_made_listed_taken_out_and_in_the_trail(
    client: httpx.AsyncClient, town: Town, clock: SetClock, tmp_path: Path
) -> None:
    admin = town.auth("admin")
    assert (await client.post("/manage/backups", headers=admin)).status_code == 303
    told = await made(client, town)
    assert told["run"]["state"] == "done" and told["run"]["done"] == told["run"]["total"] > 0
    (one,) = told["made"]
    page = await client.get("/manage/backups", headers=admin)
    assert one["name"] in page.text and "readyshelf restore" in page.text
    got = await client.get(f"/manage/backups/{one['id']}", headers=admin)
    assert got.headers["content-disposition"].startswith("attachment")
    (tmp_path / "got.tar.gz").write_bytes(got.content)
    assert read_manifest(tmp_path / "got.tar.gz")["tables"]["item"]["rows"] > 0
    assert len(got.content) == one["bytes"]
    acts = select(AuditEntry.act).where(AuditEntry.kind == "backup").order_by(AuditEntry.id)
    told_acts = town.run(lambda session: sorted(session.execute(acts).scalars()))
    assert told_acts == ["backup-asked-for", "backup-made", "backup-taken-out"]
    assert (await client.post(f"/manage/backups/{one['id']}/delete", headers=admin)).status_code == 409
    clock.instant += timedelta(minutes=1)
    assert (await client.post("/api/backups", headers=admin)).status_code == 202
    assert len((await made(client, town))["made"]) == 2
    assert (await client.post(f"/manage/backups/{one['id']}/delete", headers=admin)).status_code == 303
    assert (await client.get(f"/api/backups/{one['id']}/file", headers=admin)).status_code == 404
    progress = (await client.get("/manage/backups/progress", headers=admin)).json()
    assert progress["state"] == "done"


def test_only_one_is_made_at_a_time_and_one_that_died_holds_nobody_back(town: Town, clock: SetClock) -> None:
    first = start(town)
    assert refused(town).kind == "not-now"
    clock.instant += timedelta(minutes=11)
    found = town.run(backups, town.context, town.callers["admin"])
    assert found.run is not None and found.run.state == BackupState.FAILED
    second = start(town)
    state = town.run(lambda session: session.get_one(BackupRun, first).state)
    assert state == BackupState.FAILED and second != first


def test_what_goes_wrong_is_written_down_and_leaves_no_half_a_file(town: Town) -> None:
    run_id = start(town)
    folder = town.context.settings.var_dir / "backups"
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.write_text("a file stands where the folder should be")
    carry_out(town.context, run_id)
    run = town.run(lambda session: session.get_one(BackupRun, run_id))
    assert run.state == BackupState.FAILED and run.error
    folder.unlink()


def test_packing_photos_and_reading_back_are_signs_of_life_too(town: Town, tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    (photos / "one.jpg").write_bytes(b"x" * 3_000_000)
    told: list[int] = []
    manifest = write_archive(town.context.database, tmp_path / "b.tar.gz", NOW, photos, told.append)
    assert sum(told) == sum(table["rows"] for table in manifest["tables"].values())
    assert told.count(0) > 3  # one for the photo, the others while it was read back


@pytest.mark.parametrize("who", ["officer", "keeper", "auditor"])
def test_it_is_for_administrators_of_the_city(town: Town, who: str) -> None:
    assert refused(town, who).status == 403
