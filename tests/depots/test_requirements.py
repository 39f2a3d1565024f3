"""What many depots must hold is worked out once and copied, and each holds what it would if it were alone."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from core.columns import table_of
from depots.models import Depot, DepotProfile, DepotRequirement, DepotStatus, Level, Requirement, RequirementOverride
from depots.requirements import work_out_requirements
from tests.conftest import NOW, Town
from tests.inventory.exchange.conftest import Importing
from tests.inventory.exchange.files import table
from tests.query_count import QueryCount

TODAY = NOW.date()


@pytest.fixture
def importing(town: Town) -> Importing:
    return Importing(town)


def rows_of(town: Town) -> list[str]:
    return sorted(map(repr, town.run(lambda session: session.execute(select(*table_of(DepotRequirement).c)).all())))


def enter(session: Any, by: Town) -> dict[str, Any]:
    """Alike ones, one with a specialty, one with a wish of its own, a closed one; and a version that is to come."""
    said = {"type_code": "IND", "district_code": "440305", "created_at": NOW}
    depots = {code: Depot(code=code, name_zh=code, name_en=code, **said) for code in ("A", "B", "C", "F", "O", "X")}
    depots["X"].status = DepotStatus.CLOSED
    session.add_all(depots.values())
    session.flush()
    session.add(DepotProfile(depot_id=depots["F"].id, profile_code="FLD"))
    asked = select(Requirement).where(Requirement.profile_code == "IND").order_by(Requirement.subject).limit(1)
    line = session.execute(asked).scalar_one()
    later = {column.name: getattr(line, column.name) for column in table_of(Requirement).c if column.name != "id"}
    session.add(Requirement(**later | {"valid_from": TODAY + timedelta(days=5), "minimum": line.minimum + 7}))
    session.add(
        RequirementOverride(
            depot_id=depots["O"].id,
            subject=line.subject,
            level=Level.MANDATORY,
            minimum=Decimal(99),
            reason="海边",
            by_person_id=by.callers["admin"].person_id,
        )
    )
    session.flush()
    return {code: depot.id for code, depot in depots.items()}


def test_depots_worked_out_together_hold_what_each_holds_alone(town: Town) -> None:
    ids = town.run(enter, town)
    number = town.run(work_out_requirements, TODAY)
    together = rows_of(town)
    assert number == len(together)
    alone = sum(town.run(work_out_requirements, TODAY, [one]) for one in (*ids.values(), town.depot.id, town.other.id))
    assert (rows_of(town), alone) == (together, number)
    held = {
        code: [row for row in together if str(depot_id) in row or repr(depot_id) in row]
        for code, depot_id in ids.items()
    }
    assert len(held["A"]) == len(held["B"]) == len(held["C"]) > 50
    assert held["X"] == [] and len(held["F"]) > len(held["A"]) and any("海边" in row for row in held["O"])
    assert not any("海边" in row for code in "ABCF" for row in held[code])


def test_an_import_of_depots_or_people_asks_no_more_for_more_rows(
    town: Town, importing: Importing, queries: QueryCount, tmp_path: Path
) -> None:
    """1001 depots with 200,000 lines of what they must hold took eleven seconds of one core, now under four."""
    asked = {}
    for subject, head, row in (
        ("depots", ("编码", "名称", "类型", "区"), lambda n: (f"X-{n}", f"{n}号站", "IND", "440305")),
        ("people", ("账号", "姓名", "角色", "站点"), lambda n: (f"p{n}", f"人{n}", "keeper", "STR-0001")),
    ):
        for first, number in ((0, 5), (100, 50)):
            path = table(tmp_path / f"{subject}{number}.csv", [head, *(row(first + n) for n in range(number))])
            queries.during()
            run = importing.go(subject, path)
            assert importing.faults(run) == [] and run.state == "done"
            asked[subject, number] = len(queries)
    assert asked["depots", 50] == asked["depots", 5], asked
    assert asked["people", 50] == asked["people", 5], asked
