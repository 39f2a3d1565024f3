"""People brought in from a spreadsheet, and taken out so that they come back unchanged (C1)."""

import csv
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
import xlsxwriter
from sqlalchemy import func, select

from core.errors import Refusal
from core.models import AuditEntry
from inventory.exchange.models import ImportRun, ImportState
from inventory.stock.models import Kind
from people.looking_after import RoleAt, give, take
from people.models import Assignment, Person, Role
from people.policy import Duty
from people.roster import PeopleFilters, PersonRow, people
from tests.conftest import NOW, Town, one
from tests.inventory.exchange.conftest import Importing
from tests.inventory.exchange.test_archive import run as run_command

HEADINGS = ["账号", "姓名", "邮箱", "手机", "角色", "站点", "区", "适用范围", "截止日"]


def book(folder: Path, *rows: list[Any], headings: list[str] = HEADINGS) -> Path:
    path = folder / f"people{len(list(folder.iterdir()))}.xlsx"
    with xlsxwriter.Workbook(str(path)) as workbook:
        sheet = workbook.add_worksheet()
        for number, row in enumerate((headings, *rows)):
            for column, cell in enumerate(row):
                sheet.write_string(number, column, cell) if isinstance(cell, str) else sheet.write(number, column, cell)
    return path


def roles_in(person: PersonRow) -> list[tuple[Any, ...]]:
    return [(one.role, one.level, one.code, one.until) for one in person.roles]


def state_of(town: Town) -> list[tuple[Any, ...]]:
    rows = town.run(people, town.callers["admin"], NOW, PeopleFilters()).items
    return [
        (
            row.account,
            row.name,
            row.email,
            row.phone,
            row.active,
            [(r.role, r.level, r.code, r.until) for r in row.roles],
        )
        for row in rows
    ]


def outcome_of(run: ImportRun) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode(run.outcome)
    return found


LIN = ["lin", "林晓", "lin@example.org", 13800000000, "保管员", "STR-0001", None, None, "2026-12-31"]
ALSO = ["lin", None, None, None, "响应员", None, "宝安区", None, None]
WANG = ["wang", "王强", None, None, "审计员", None, None, "全市", None]


def test_a_look_says_row_by_row_what_would_happen_and_the_import_is_taken_back(
    importing: Importing, town: Town, tmp_path: Path
) -> None:
    before, path = state_of(town), book(tmp_path, LIN, [*ALSO[:4], "responder", None, "宝安区", None, None], WANG)
    looked = importing.go("people", path, write=False)
    assert looked.state == ImportState.CHECKED, importing.faults(looked)
    outcome = outcome_of(looked)
    assert {name: outcome[name] for name in ("rows", "new", "changed", "roles")} == {
        "rows": 3,
        "new": 2,
        "changed": 0,
        "roles": 3,
    }
    assert [(row["row"], row["account"], row["acts"], row["place"]) for row in outcome["preview"]] == [
        (2, "lin", ["new", "roles"], "STR-0001"),
        (3, "lin", ["roles"], "宝安区"),
        (4, "wang", ["new", "roles"], ""),
    ]
    assert state_of(town) == before
    done = importing.go("people", path)
    assert done.state == ImportState.DONE
    lin = next(row for row in state_of(town) if row[0] == "lin")
    assert lin[1:5] == ("林晓", "lin@example.org", "13800000000", True)
    assert [(role, level, code, str(until)) for role, level, code, until in lin[5]] == [
        ("keeper", "depot", "STR-0001", "2026-12-31"),
        ("responder", "district", "440306", "None"),
    ]
    acts = select(AuditEntry.act).where(AuditEntry.by_id == town.callers["admin"].person_id).order_by(AuditEntry.id)
    told = town.run(lambda s: s.execute(acts).scalars().all())
    assert [act for act in told if act.startswith(("person", "role", "import"))][-6:] == [
        "person-added",
        "person-added",
        "role-given",
        "role-given",
        "role-given",
        "import-entered",
    ]
    again = importing.go("people", path, again=True)
    assert outcome_of(again)["new"] == outcome_of(again)["roles"] == 0
    importing.undo(again)
    importing.undo(done)
    assert state_of(town) == before


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("row", "column", "said"),
    [
        (["", "林", None, None, "保管员", "STR-0001"], "账号", ""),
        (["lin", None, None, None, "保管员", "STR-0001"], "姓名", "has no name"),
        (["lin", "林", None, None, "保管员", None], "适用范围", "nothing says where"),
        (["lin", "林", None, None, "保管员", "NO-SUCH"], "站点", "no such place"),
        (["lin", "林", None, None, "国王", "STR-0001"], "角色", "国王 is not known"),
        (["lin", "林", "no-address", None, "保管员", "STR-0001"], "邮箱", "not an e-mail"),
        (["lin", "林", None, None, "保管员", "STR-0001", None, None, "2026-11-01"], "截止日", "this day is over"),
    ],
)
def test_a_fault_names_the_cell_the_value_and_the_remedy_and_nothing_is_entered(
    importing: Importing, town: Town, tmp_path: Path, row: list[Any], column: str, said: str
) -> None:
    before = state_of(town)
    run = importing.go("people", book(tmp_path, WANG, row))
    assert run.state == ImportState.FAULTY
    (fault,) = importing.faults(run)
    what, mend = fault.told("en")
    assert (fault.row, fault.header) == (3, column) and said in what and mend
    if "write one of" in mend:
        offered = (mend.removeprefix("write one of: "), fault.told("zh")[1])
        assert offered[0].isascii() and "保管员" in offered[1] and "keeper" not in offered[1], "each in one language"
    assert state_of(town) == before


@pytest.mark.heavy
def test_a_districts_officer_brings_in_the_people_of_the_district_alone(
    importing: Importing, town: Town, tmp_path: Path
) -> None:
    town.person("chief", Duty(Role.OFFICER, "440305"))
    assert importing.go("people", book(tmp_path, LIN), "chief").state == ImportState.DONE
    for row in (
        WANG,
        ["new", "新", None, None, "保管员", "IND-0002"],
        ["new", "新", None, None, "officer", None, "440305"],
        ["admin", "改名", None, None, None, None],
        ["new", "新", None, None, None, None],
    ):
        run = importing.go("people", book(tmp_path, row), "chief")
        assert (run.state, run.fault_count) == (ImportState.FAULTY, 1), row


RENAMED = ["keeper", "改名", "new@example.org", None, None, None]


def acts_on(town: Town, account: str) -> list[str]:
    """What the audit trail has of a person, the oldest first."""
    subject = str(town.callers[account].person_id)
    entries = select(AuditEntry.act).where(AuditEntry.subject == subject).order_by(AuditEntry.id)
    return list(town.run(lambda s: s.execute(entries).scalars().all()))


@pytest.mark.heavy
def test_only_who_could_do_it_by_hand_takes_an_import_of_people_back(
    importing: Importing, town: Town, tmp_path: Path
) -> None:
    """Somebody else has made the keeper an administrator since: the address is not the officer's to set any more."""
    admin, keeper = town.callers["admin"], town.keeper.person_id
    town.person("chief", Duty(Role.OFFICER, "440305"))
    facts = importing.go("people", book(tmp_path, RENAMED), "chief")
    roles = importing.go("people", book(tmp_path, ["keeper", None, None, None, "responder", "STR-0001"]), "chief")
    town.run(give, admin, keeper, RoleAt(Role.ADMINISTRATOR, "city"), NOW)
    with pytest.raises(Refusal, match="not yours to give"):
        importing.undo(facts, "chief")
    importing.undo(roles, "chief")  # that role is theirs to give and to take
    town.callers["chief"] = replace(town.callers["chief"], duties=(Duty(Role.OFFICER, "440309"),))
    town.run(give, admin, keeper, RoleAt(Role.KEEPER, "depot", "IND-0002"), NOW)
    roles = importing.go("people", book(tmp_path, ["keeper", None, None, None, "responder", "IND-0002"]), "chief")
    town.callers["chief"] = replace(town.callers["chief"], duties=(Duty(Role.OFFICER, "440305"),))
    with pytest.raises(Refusal, match="not yours to give"):
        importing.undo(roles, "chief")  # another district's, though the person is theirs too
    importing.undo(facts)


def test_taking_an_import_back_leaves_the_city_an_administrator_and_nobodys_hands_full(
    importing: Importing, town: Town, tmp_path: Path
) -> None:
    admin, keeper = town.callers["admin"], town.callers["keeper2"]
    run = importing.go("people", book(tmp_path, ["keeper2", None, None, None, "administrator", None, None, "全市"]))
    town.callers["keeper2"] = replace(keeper, duties=(Duty(Role.ADMINISTRATOR),))
    own = town.run(lambda s: s.execute(select(Assignment.id).filter_by(person_id=admin.person_id)).scalar_one())
    town.run(take, town.callers["keeper2"], admin.person_id, own, NOW)
    for who in ("keeper2", "admin"):
        with pytest.raises(Refusal, match="administ"):
            importing.undo(run, who)
    town.person("novice")
    given = importing.go("people", book(tmp_path, ["novice", None, None, None, "responder", "STR-0001"]), "keeper2")
    town.stock("BRK-014", "3")
    town.callers["novice"] = replace(town.callers["novice"], duties=(Duty(Role.RESPONDER, depot_id=town.depot.id),))
    town.book(one(kind=Kind.ISSUE, item="BRK-014", source=str(town.shelf.id)), caller="novice")
    with pytest.raises(Refusal, match="in hand"):
        importing.undo(given, "keeper2")


def test_the_trail_tells_what_was_taken_back_of_each_person(importing: Importing, town: Town, tmp_path: Path) -> None:
    rows = RENAMED, ["keeper", None, None, None, "responder", "STR-0001"]
    importing.undo(importing.go("people", book(tmp_path, *rows)))
    assert acts_on(town, "keeper")[-4:] == ["person-changed", "role-given", "role-taken", "person-changed"]


@pytest.mark.heavy
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_list_comes_back_unchanged(
    importing: Importing, town: Town, tmp_path: Path, kind: str, language: str
) -> None:
    importing.go("people", book(tmp_path, LIN, [*ALSO[:4], "responder", None, "宝安区"], WANG, ["+x", "=1+1"]))
    before = state_of(town)
    path = tmp_path / f"out.{kind}"
    assert run_command(town.context, "export", "people", "--out", str(path), "--lang", language) == 0
    run = importing.go("people", path)
    assert run.state == ImportState.DONE, [fault.told("en") for fault in importing.faults(run)]
    assert {name: outcome_of(run)[name] for name in ("new", "changed", "roles")} == {"new": 0, "changed": 0, "roles": 0}
    assert state_of(town) == before


@pytest.mark.slow
def test_three_thousand_people_take_seconds(importing: Importing, town: Town, tmp_path: Path) -> None:
    path = tmp_path / "many.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["account", "name", "e-mail", "role", "depot"])
        writer.writerows([f"p{n:05}", f"人{n}", f"p{n}@example.org", "keeper", "STR-0001"] for n in range(3000))
    start = time.process_time()
    run = importing.go("people", path)
    took = time.process_time() - start
    assert run.state == ImportState.DONE and outcome_of(run)["new"] == 3000
    assert took < 15, took
    assert town.run(lambda s: s.execute(select(func.count()).select_from(Person)).scalar_one()) > 3000
    importing.undo(run)
    assert town.run(lambda s: s.execute(select(func.count()).select_from(Assignment)).scalar_one()) < 20
