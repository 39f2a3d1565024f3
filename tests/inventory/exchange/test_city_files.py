"""Districts, sub-districts and depots as spreadsheets: in, out, in again, and taken back."""

import time
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from sqlalchemy import func, select

from depots.models import Depot, District, Subdistrict
from inventory.exchange.models import ImportState
from inventory.exchange.runs import faults_of
from tests.conftest import Town
from tests.inventory.exchange.conftest import Importing
from tests.inventory.exchange.files import table

HEAD = ("区代码", "区", "街道代码", "街道", "纬度", "经度")
ROWS = [("E1", "河东区", "E1-1", "码头街道", 50.1, 7.1), ("E1", "", "E1-2", "老城街道", 50.2, 7.2), ("E2", "河西区")]


def counted(town: Town, model: Any) -> int:
    return int(town.run(lambda session: session.execute(select(func.count()).select_from(model)).scalar_one()))


def outcome(run: Any) -> dict[str, int]:
    told = msgspec.json.decode(run.outcome, type=dict[str, Any])
    return {name: number for name, number in told.items() if isinstance(number, int)}


def test_districts_come_in_are_changed_and_taken_back(town: Town, importing: Importing, tmp_path: Path) -> None:
    before = counted(town, District), counted(town, Subdistrict)
    path = table(tmp_path / "d.csv", [HEAD, *ROWS])
    looked = importing.go("districts", path, write=False)
    assert (looked.state, outcome(looked)) == (ImportState.CHECKED, {"rows": 3, "new": 4, "changed": 0, "same": 0})
    done = importing.go("districts", path)
    assert done.state == ImportState.DONE, faults_of(done)
    assert (counted(town, District), counted(town, Subdistrict)) == (before[0] + 2, before[1] + 2)
    renamed = table(tmp_path / "e.csv", [HEAD, ("E2", "新河西区"), *ROWS[:2]])
    again = importing.go("districts", renamed)
    assert outcome(again) == {"rows": 3, "new": 0, "changed": 1, "same": 3}
    importing.undo(again)
    importing.undo(done)
    assert (counted(town, District), counted(town, Subdistrict)) == before


def test_districts_are_only_the_whole_citys_and_whole(town: Town, importing: Importing, tmp_path: Path) -> None:
    path = table(tmp_path / "d.csv", [HEAD, ("E1", "", "E1-1", "码头", 50.1, 7.1), ("E2", "西", "E2-1", "无中心")])
    faults = importing.faults(importing.go("districts", path))
    assert [(fault.row, fault.header) for fault in faults] == [(2, "区"), (3, "纬度")]
    for fault in importing.faults(importing.go("districts", path, who="officer")):
        assert "whole city" in fault.message


@pytest.mark.heavy
async def test_what_is_taken_out_comes_in_again_unchanged(
    client: httpx.AsyncClient, town: Town, importing: Importing, tmp_path: Path
) -> None:
    for subject in ("districts", "depots"):
        for language in ("zh", "en"):
            headers = {**town.auth("admin"), "cookie": f"language={language}"}
            answer = await client.get(f"/api/export/{subject}.xlsx", headers=headers)
            path = tmp_path / f"{subject}-{language}.xlsx"
            path.write_bytes(answer.content)
            run = importing.go(subject, path, write=False)
            told = outcome(run)
            assert run.state == ImportState.CHECKED, (subject, language, importing.faults(run)[:2])
            assert (told["new"], told["changed"]) == (0, 0), (subject, language, told)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_many_depots_come_in_within_seconds(town: Town, importing: Importing, tmp_path: Path) -> None:
    """1001 take some nine seconds of one core, on either database: nearly all for the 200,000 lines they must hold."""
    head = ("编码", "名称", "类型", "区", "特色", "电话")
    rows = [(f"X-{number:04}", f"{number}号站", "IND", "440305", "FLD", "010-1") for number in range(100)]
    path = table(tmp_path / "depots.csv", [head, *rows])
    begun = time.process_time()
    run = importing.go("depots", path)
    assert (run.state, outcome(run)["new"]) == (ImportState.DONE, 100), importing.faults(run)[:2]
    assert time.process_time() - begun < 9
    assert counted(town, Depot) == 102


def test_a_code_that_could_stand_in_no_address_is_refused_by_its_cell(
    town: Town, importing: Importing, tmp_path: Path
) -> None:
    rows = [("E 1", "河东区"), ("E2", "河西区", "E2/1", "码头街道", 50.1, 7.1)]
    run = importing.go("districts", table(tmp_path / "d.csv", [HEAD, *rows]))
    assert [(fault.row, fault.header) for fault in importing.faults(run)] == [(2, "区代码"), (3, "街道代码")]
