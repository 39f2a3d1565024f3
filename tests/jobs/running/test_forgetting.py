"""Names and phones of residents end after a time, everywhere; the record stays."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
from sqlalchemy import text

from core.columns import metadata
from core.settings import Settings
from inventory.documents.loans import Back, GiveBack, Lend, Thing
from inventory.documents.models import Borrower, Loan
from inventory.faults.faults import Trouble, close_defect, note_defect
from inventory.faults.models import Defect
from inventory.telling.forgetting import Words, erased, erased_in_prose, erased_json
from jobs.running.forgetting import forget_residents
from jobs.running.schedule import JOBS, sweep_and_write
from tests.clock import SetClock
from tests.conftest import NOW, Town
from tests.inventory.documents.conftest import Desk

NAME, UNIT, PHONE = "欧阳<拯民>", "大浪交警中队", "13800138000"
CONTACT, NUMBER = "Auntie Chen 13911112222", "13933334444"


def held(town: Town, *words: str) -> list[str]:
    """The tables and columns that hold one of the words in any of the ways in which it may be written."""
    forms = {form for word in words for form in (word, json.dumps(word)[1:-1], word.replace("<", "&lt;"))}

    def look(session: Any) -> list[str]:
        found = []
        for table in metadata.sorted_tables:
            for row in session.execute(text(f"SELECT * FROM {table.name}")).mappings():
                found += [f"{table.name}.{column}" for column, value in row.items() if _holds(value, forms)]
        return found

    return town.run(look)


def _holds(value: Any, forms: set[str]) -> bool:
    return isinstance(value, str) and any(form in value for form in forms)


def lent(town: Town, clock: SetClock) -> UUID:
    """A loan to somebody of another unit that was overdue, told of in alerts and mails, and came back."""
    desk, lot = Desk(town), town.stock("BRK-014", "3")
    loan = desk.do(
        Lend,
        depot="STR-0001",
        lines=[Thing(thing=str(lot))],
        borrower=Borrower.OUTSIDE,
        due_at=clock.now() + timedelta(hours=5),
        name=NAME,
        unit=UNIT,
        phone=PHONE,
    )
    clock.instant += timedelta(days=3)
    sweep_and_write(town.context)
    desk.do(GiveBack, lines=[Back(thing=str(lot))])
    desk.do(GiveBack, late=True, lines=[Back(thing=str(lot))], id=uuid4(), happened_at=clock.now())
    return loan.id


def test_a_borrowers_name_and_phone_end_everywhere_after_the_time(town: Town, clock: SetClock) -> None:
    loan_id = lent(town, clock)
    before = held(town, NAME, PHONE)
    assert {"loan.name", "loan.phone", "place.name_zh", "place.path_en", "alert.details", "mail.body_text"} <= set(
        before
    )
    clock.instant += timedelta(days=89)
    assert forget_residents(town.context) == {"forgotten": 0}
    assert held(town, NAME, PHONE) == before
    clock.instant += timedelta(days=2)
    assert forget_residents(town.context) == {"forgotten": 1}
    assert held(town, NAME, PHONE) == []
    loan = town.run(lambda session: session.get_one(Loan, loan_id))
    assert (loan.unit, loan.outcome) == (UNIT, "returned")
    assert forget_residents(town.context) == {"forgotten": 0}


def test_an_open_loan_is_forgotten_by_nobody(town: Town, clock: SetClock) -> None:
    lot = town.stock("BRK-014", "3")
    fields: dict[str, Any] = {"borrower": Borrower.OUTSIDE, "name": NAME, "unit": UNIT, "phone": PHONE}
    due_at = clock.now() + timedelta(days=300)
    Desk(town).do(Lend, depot="STR-0001", lines=[Thing(thing=str(lot))], due_at=due_at, **fields)
    clock.instant += timedelta(days=299)
    assert forget_residents(town.context) == {"forgotten": 0}
    assert "loan.phone" in held(town, PHONE)


def test_a_reports_contact_ends_after_the_time(town: Town, clock: SetClock) -> None:
    trouble = Trouble(None, town.shelf.id, f"door open, call {CONTACT} or {NUMBER}", contact=CONTACT)
    defect = town.run(note_defect, town.depot.id, trouble, clock.now())
    sweep_and_write(town.context)
    town.run(close_defect, town.keeper, defect.id, "closed it", clock.now())
    assert {"defect.contact", "defect.description"} <= set(held(town, CONTACT))
    clock.instant += timedelta(days=91)
    assert forget_residents(town.context) == {"forgotten": 1}
    assert held(town, CONTACT, NUMBER) == []
    row = town.run(lambda session: session.get_one(Defect, defect.id))
    assert (row.description, row.closing_note) == ("door open, call … or (number)", "closed it")


def test_the_time_is_a_setting_and_the_job_runs_daily(town: Town, clock: SetClock) -> None:
    lent(town, clock)
    object.__setattr__(town.context, "settings", town.context.settings.model_copy(update={"forget_days": 3}))
    clock.instant += timedelta(days=4)
    assert JOBS["forget"].daily
    assert JOBS["forget"].run(town.context) == {"forgotten": 1}


def test_short_words_are_erased_where_they_stand_alone() -> None:
    words = Words(("王", "id", "借出：王某人"), NOW)
    assert erased("王府井", words) == "王府井"
    assert erased_json('{"id": "id", "to": "A › 借出：王某人", "n": [1, "王"]}', words) == (
        '{"id":"…","to":"A › …","n":[1,"…"]}'
    )
    assert erased_in_prose("id 王府井", words) == "… 王府井"


async def test_a_page_says_what_is_kept_of_whom(client: httpx.AsyncClient, town: Town, settings: Settings) -> None:
    page = await client.get("/privacy", headers={"accept-language": "en"})
    assert page.status_code == 200 and "90 days after the loan is closed" in page.text
    assert "/privacy" in (await client.get("/account", headers=town.auth())).text
