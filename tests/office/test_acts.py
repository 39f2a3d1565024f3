"""What is done to many rows of a list: by the verbs that there are, all or nothing, once for a form."""

from datetime import date, timedelta
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import func, select

from inventory.clocks.models import Check, Outcome
from inventory.documents.loans import ENTRIES as LOANS
from inventory.documents.loans import Lend, Thing
from inventory.documents.models import Borrower, Loan, Transfer, TransferState
from inventory.documents.transfers import ENTRIES as TRANSFERS
from inventory.documents.transfers import AskedLine, AskTransfer
from inventory.telling.entries import book_entry
from jobs.alerts.sweep import sweep_city
from jobs.channels.models import Mail
from jobs.digests.digests import write_digests
from labels.printing.models import LabelRun
from office.tables import id_of
from people.models import Person
from tests.clock import SetClock
from tests.conftest import Town


@pytest.mark.heavy
async def test_labels_of_the_chosen_lots_are_printed_in_one_run(client: httpx.AsyncClient, town: Town) -> None:
    lots = [town.stock("EXT-001", "1", serial=f"X{n}", made_on=date(2024, 1, 1)) for n in range(3)]
    ids = [id_of((town.shelf.id, lot)) for lot in lots[:2]]
    answer = await client.post(
        "/stock/bulk", headers=town.auth(), data={"act": "print", "id": ids, "size": "60x40", "form": str(uuid4())}
    )
    assert answer.status_code == 303 and answer.headers["location"].startswith("/labels/runs/")
    run = town.run(lambda session: session.execute(select(LabelRun.total)).scalar_one())
    assert run == 2
    said = {"act": "print", "every": "yes", "size": "nosuch", "form": str(uuid4())}
    assert (await client.post("/lots/bulk", headers=town.auth(), data=said)).status_code == 422
    assert (await client.post("/stock/bulk", headers=town.auth("responder"), data=said)).status_code == 403


async def test_chosen_checks_are_done_once_and_all_or_none(client: httpx.AsyncClient, town: Town) -> None:
    boxes = [town.stock("RPE-001", "1", serial=f"R{n}", made_on=date(2024, 1, 1)) for n in range(2)]
    page = (await client.get("/upkeep?q=R0", headers=town.auth())).text
    keys = [part.partition('"')[0] for part in page.split('name="id" value="')[1:]]
    assert keys and all(key.split("~")[0] == str(boxes[0]) for key in keys)
    plans = {key.rpartition("~")[2] for key in keys}
    said = {"act": "papers", "id": keys, "day": "2026-11-01", "reason": "合格证", "form": str(uuid4())}
    answer = await client.post("/upkeep/bulk", headers=town.auth(), data=said)
    assert answer.status_code == 303 and answer.headers["location"].endswith(f"done={len(keys)}"), answer.text
    again = await client.post("/upkeep/bulk", headers=town.auth(), data=said)
    assert (again.status_code, again.headers["location"]) == (303, answer.headers["location"]), "the same form again"
    again = await client.post("/upkeep/bulk", headers=town.auth(), data={**said, "form": str(uuid4())})
    assert again.status_code == 422, "they are due no more: nothing is left to choose"
    rows = town.run(lambda session: list(session.execute(select(Check.plan_code, Check.outcome, Check.lot_id))))
    assert {row.plan_code for row in rows} == plans and {row.outcome for row in rows} == {Outcome.TOLD}
    assert len(rows) == len(keys) and {row.lot_id for row in rows} == {boxes[0]}
    for wrong in ({"day": ""}, {"day": "soon"}, {"form": "x"}, {"act": "passed", "form": ""}):
        answer = await client.post("/upkeep/bulk", headers=town.auth(), data={**said, "form": str(uuid4()), **wrong})
        assert answer.status_code == 422, wrong


def _lent(town: Town) -> UUID:
    town.stock("BRK-014", "5")
    facts = {"borrower": Borrower.OUTSIDE, "name": "李", "unit": "路桥", "phone": "1"}
    due_at = town.context.clock.now() + timedelta(days=1)
    things = [Thing(item="BRK-014", quantity="2")]
    entry = Lend(id=uuid4(), depot=town.depot.code, lines=things, due_at=due_at, **facts)  # type: ignore[arg-type]
    town.run(book_entry, town.keeper, entry, LOANS, town.context.moment())
    return entry.id


async def test_chosen_loans_come_back_and_chosen_transfers_are_called_off(
    client: httpx.AsyncClient, town: Town
) -> None:
    loan_id = _lent(town)
    said = {"act": "back", "id": str(loan_id), "form": str(uuid4())}
    assert (await client.post("/loans/bulk", headers=town.auth("keeper2"), data=said)).status_code == 422
    assert (await client.post("/loans/bulk", headers=town.auth(), data=said)).status_code == 303
    loan = town.run(lambda session: session.get_one(Loan, loan_id))
    assert loan.outcome == "returned"
    lines = [AskedLine("BRK-014", "1")]
    ask = AskTransfer(id=uuid4(), giver=town.depot.code, receiver=town.other.code, lines=lines)
    town.run(book_entry, town.callers["keeper2"], ask, TRANSFERS, town.context.moment())
    said = {"act": "reject", "id": str(ask.id), "form": str(uuid4())}
    assert (await client.post("/transfers/bulk", headers=town.auth(), data=said)).status_code == 422  # says no reason
    said |= {"reason": "自用", "form": str(uuid4())}
    assert (await client.post("/transfers/bulk", headers=town.auth(), data=said)).status_code == 303
    assert town.run(lambda session: session.get_one(Transfer, ask.id)).state == TransferState.CANCELLED


async def test_chosen_accounts_are_closed_and_opened_again(client: httpx.AsyncClient, town: Town) -> None:
    ids = [str(town.callers[who].person_id) for who in ("keeper2", "responder")]
    for act, active in (("close", False), ("open", True)):
        answer = await client.post("/people/bulk", headers=town.auth("admin"), data={"act": act, "id": ids})
        assert answer.status_code == 303, answer.text
        for one in ids:
            assert town.run(lambda session, id=one: session.get_one(Person, UUID(id)).active) is active
    assert (await client.post("/people/bulk", headers=town.auth(), data={"act": "close", "id": ids})).status_code == 403


async def test_addresses_of_before_lead_on(client: httpx.AsyncClient, town: Town) -> None:
    auth = town.auth("admin")
    for old, new in (
        ("/upkeep?state=done&depot=STR-0001", "/upkeep/done?depot=STR-0001"),
        ("/upkeep?state=open&depot=&district=440305", "/upkeep?district=440305"),
    ):
        answer = await client.get(old, headers=auth)
        assert (answer.status_code, answer.headers["location"]) == (303, new)
    for old in ("/upkeep?state=blocked&type=STR", "/people?q=keeper&state=active&role=keeper&depot=STR-0001"):
        assert (await client.get(old, headers=auth)).status_code == 200


async def test_keepers_are_reminded_of_chosen_loans_that_are_overdue_and_of_no_others(
    client: httpx.AsyncClient, town: Town, clock: SetClock
) -> None:
    loan = _lent(town)
    database, settings = town.context.database, town.context.settings
    said = {"act": "remind", "id": str(loan), "form": str(uuid4())}
    early = await client.post("/loans/bulk", headers=town.auth("admin"), data=said)
    assert early.status_code == 422, "it is not overdue"
    clock.instant += timedelta(days=2)
    sweep_city(database, clock.today(), clock.now())
    assert write_digests(database, settings, clock.today(), clock.now())
    clock.instant += timedelta(days=1)
    assert not write_digests(database, settings, clock.today(), clock.now()), "told once"
    assert (await client.post("/loans/bulk", headers=town.auth(), data=said)).status_code == 403
    assert (await client.post("/loans/bulk", headers=town.auth("keeper2"), data=said)).status_code == 403
    for _ in range(2):
        answer = await client.post("/loans/bulk", headers=town.auth("admin"), data=said)
        assert answer.status_code == 303 and answer.headers["location"].endswith("done=1")
    mails = select(func.count()).select_from(Mail).where(Mail.body_text.contains("李"))
    before = town.run(lambda session: session.execute(mails).scalar_one())
    assert write_digests(database, settings, clock.today(), clock.now()) >= 1
    assert town.run(lambda session: session.execute(mails).scalar_one()) > before
    assert not write_digests(database, settings, clock.today(), clock.now()), "nobody is told twice a day"
