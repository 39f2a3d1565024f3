"""The audit trail: written with the act, never changed, sealed with the day."""

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select, text, update

from core.audit import record
from core.columns import table_of
from core.models import AuditEntry
from inventory.stock.seal_check import check_seals
from inventory.stock.seal_models import DaySeal
from inventory.stock.seals import head_of, seal_days
from people.accounts import deactivate, give_role, set_password
from people.models import Role
from people.sign_in import UNKNOWN
from tests.conftest import NOW, Town, give_password, hashed
from tests.inventory.test_seals import as_owner
from tests.people.test_sign_in import PASSWORD, sign_in

TABLES = ("audit_entry", "day_seal")


def trail(town: Town, *acts: str) -> list[AuditEntry]:
    """The entries with these acts, the oldest first."""
    found = select(AuditEntry).where(AuditEntry.act.in_(acts)).order_by(AuditEntry.id)
    return list(town.run(lambda s: s.execute(found).scalars().all()))


def note(town: Town, **after: object) -> None:
    town.run(record, town.keeper.person_id, town.context.clock.now(), "tried", "thing", "T-1", after=after)


def test_only_what_differs_is_stored_and_never_a_secret(town: Town) -> None:
    before, after = {"name": "a", "role": "x", "day": NOW.date()}, {"name": "b", "role": "x", "day": NOW.date()}
    town.run(record, None, NOW, "tried", "thing", "T-1", before=before, after=after)
    (entry,) = trail(town, "tried")
    assert (json.loads(entry.before or ""), json.loads(entry.after or "")) == ({"name": "a"}, {"name": "b"})
    assert entry.address == "" and entry.by_id is None
    with pytest.raises(ValueError, match="no matter for the audit trail"):
        note(town, password_hash="x")


@pytest.mark.parametrize("statement", ["UPDATE audit_entry SET act = 'x'", "DELETE FROM audit_entry"])
def test_the_database_refuses_to_change_the_trail(town: Town, statement: str) -> None:
    note(town, a=1)
    with pytest.raises(Exception, match="append-only"):
        town.run(lambda s: s.execute(text(statement)))


def test_an_act_that_is_undone_leaves_no_entry(town: Town) -> None:
    def fails(session: Any) -> None:
        record(session, None, NOW, "tried", "thing", "T-1")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        town.run(fails)
    assert trail(town, "tried") == []


@pytest.fixture
def sealed(town: Town) -> Town:
    """A day with acts and no movement, sealed."""
    note(town, number=1)
    note(town, number=2)
    town.context.clock.instant = NOW + timedelta(days=1)  # type: ignore[attr-defined]
    assert seal_days(town.context.database, town.context.clock.now()) == 1
    verdict = town.run(check_seals)
    assert verdict.sound and verdict.acts >= 2, verdict.faults
    return town


@pytest.mark.parametrize(
    "change",
    [
        update(table_of(AuditEntry)).where(AuditEntry.act == "tried").values(after="{}"),
        update(table_of(AuditEntry)).where(AuditEntry.act == "tried").values(by_id=None),
        update(table_of(AuditEntry)).where(AuditEntry.act == "tried").values(address="10.0.0.1"),
        table_of(AuditEntry).delete().where(AuditEntry.act == "tried"),
    ],
)
def test_a_change_of_the_trail_by_the_tables_owner_is_found(sealed: Town, change: Any) -> None:
    as_owner(sealed, change, tables=TABLES)
    verdict = sealed.run(check_seals)
    assert not verdict.sound and verdict.differs_from == NOW.date()


def test_an_act_that_is_put_in_before_the_chain_is_found(sealed: Town) -> None:
    sealed.run(record, None, NOW - timedelta(days=9), "tried", "thing", "T-1")
    assert any("1 acts were put in before" in fault for fault in sealed.run(check_seals).faults)


def test_an_act_that_is_committed_late_gets_an_entry_of_its_own(sealed: Town) -> None:
    sealed.run(record, None, NOW + timedelta(hours=1), "tried", "thing", "T-1")
    assert not sealed.run(check_seals).sound
    assert seal_days(sealed.context.database, sealed.context.clock.now()) == 1
    verdict = sealed.run(check_seals)
    assert verdict.sound and verdict.late == 1, verdict.faults


def test_seals_from_before_the_trail_still_fit(town: Town) -> None:
    """They say nothing of acts; their heads stay as they were made."""
    as_owner(town, table_of(AuditEntry).delete(), tables=TABLES)
    town.stock("BRK-014", "4")
    town.context.clock.instant = NOW + timedelta(days=1)  # type: ignore[attr-defined]
    seal_days(town.context.database, town.context.clock.now())

    def as_it_was(session: Any) -> dict[str, Any]:
        seal = session.get_one(DaySeal, 1)
        seal.act_columns = seal.acts = None
        session.expunge(seal)
        return {"act_columns": None, "acts": None, "head": head_of(seal)}

    as_owner(town, update(table_of(DaySeal)).values(**town.run(as_it_was)), tables=TABLES)
    note(town, number=1)
    town.context.clock.instant = NOW + timedelta(days=2)  # type: ignore[attr-defined]
    assert seal_days(town.context.database, town.context.clock.now()) == 1
    verdict = town.run(check_seals)
    assert verdict.sound and (verdict.entries, verdict.acts) == (2, 1), verdict.faults
    town.run(record, None, NOW, "tried", "thing", "T-1")
    assert any("1 acts were put in before" in fault for fault in town.run(check_seals).faults)


async def test_signing_in_and_failing_to_is_written_down_with_the_address(
    client: httpx.AsyncClient, town: Town
) -> None:
    town.run(give_password, town.keeper.person_id, hashed(PASSWORD))
    assert (await sign_in(client, "keeper", "wrong-password")).status_code == 401
    assert (await sign_in(client, "keeper", PASSWORD)).status_code == 303
    failed, done = trail(town, "sign-in-failed", "signed-in")
    assert (failed.subject, failed.kind, failed.by_id, failed.before, failed.after) == (
        "keeper",
        "account",
        None,
        None,
        None,
    )
    assert (done.subject, done.by_id) == (str(town.keeper.person_id), town.keeper.person_id)
    assert {failed.address, done.address} == {"127.0.0.1"}
    assert "wrong-password" not in str([one.model_dump() for one in trail(town, "sign-in-failed")])


async def test_an_export_is_written_down(client: httpx.AsyncClient, town: Town) -> None:
    answer = await client.get("/api/export/stock.csv?depot=STR-0001", headers=town.auth("keeper"))
    assert answer.status_code == 200
    (entry,) = trail(town, "exported")
    assert (entry.subject, entry.by_id, entry.address) == ("stock", town.keeper.person_id, "127.0.0.1")
    assert json.loads(entry.after or "") == {"filters": {"depot": "STR-0001"}, "format": "csv", "seen_as": "keeper"}


def test_who_gave_whom_which_role_and_reset_whose_password_is_written_down(town: Town) -> None:
    officer, keeper = town.callers["admin"].person_id, town.keeper.person_id
    assert town.run(give_role, officer, NOW, keeper, Role.RESPONDER, district_code="440305")
    assert not town.run(give_role, officer, NOW, keeper, Role.RESPONDER, district_code="440305")
    town.run(set_password, keeper, "x" * 90, NOW, by=officer)
    town.run(deactivate, keeper, NOW, officer)
    given, reset, closed = trail(town, "role-given", "password-set", "person-deactivated")[-3:]
    assert {one.by_id for one in (given, reset, closed)} == {officer}
    assert {one.subject for one in (given, reset, closed)} == {str(keeper)}
    assert json.loads(given.after or "") == {"district": "440305", "role": "responder"}
    assert reset.after is None


async def test_a_password_typed_in_place_of_the_account_is_not_written_down(
    client: httpx.AsyncClient, town: Town
) -> None:
    assert (await sign_in(client, PASSWORD, "keeper")).status_code == 401
    (failed,) = trail(town, "sign-in-failed")
    assert failed.subject == UNKNOWN
