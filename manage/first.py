"""The first administrator of an empty city: made in the browser by whoever can read what the server printed.

The code is made where the server is started, expires, may be tried a few times and used once. Each try is counted in
a transaction of its own before it is looked at, so that the limit holds in parallel. Once the city has an
administrator there is no such page any more.
"""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.audit import record
from core.columns import table_of
from core.errors import Refusal, bad_field, not_found
from core.languages import N_
from core.upsert import upsert
from manage.first_models import THE_CODE, FirstCode
from people.accounts import add_person, give_role, has_administrator
from people.demo import DEMO_ACCOUNTS
from people.models import Person, Role
from people.passwords import check_password

VALID = timedelta(hours=1)
MOST_TRIES = 20  # of 31**10 codes
LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # none that is taken for another
LENGTH, GROUP = 10, 5


class FirstAdministrator(msgspec.Struct, frozen=True):
    """Who it is to be."""

    account: str
    name: str
    email: str
    password: str
    again: str
    language: str = "zh"


def make_code(session: Session, now: datetime) -> str | None:
    """A new code, in place of the one before; None where the city has an administrator."""
    if has_administrator(session):
        return None
    code = "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
    row = {"code_hash": _hash(code), "made_at": now, "expires_at": now + VALID, "tries": 0, "used_at": None}
    statement = upsert(session, table_of(FirstCode)).values({"id": THE_CODE, **row})
    session.execute(statement.on_conflict_do_update(index_elements=["id"], set_=row))
    return f"{code[:GROUP]}-{code[GROUP:]}"


def require_unclaimed(session: Session) -> None:
    """404 once the city has an administrator, as for any address at which there is nothing."""
    if has_administrator(session):
        raise not_found(N_("there is nothing at this address"))


def claim_code(session: Session, now: datetime) -> None:
    """Count a try, whatever becomes of it. Refuses (404, 403) where none is left."""
    require_unclaimed(session)
    table = table_of(FirstCode)
    left = (table.c.id == THE_CODE, table.c.tries < MOST_TRIES, table.c.expires_at > now, table.c.used_at.is_(None))
    counted = update(table).where(*left).values(tries=table.c.tries + 1).returning(table.c.id)
    record(session, None, now, "first-code-tried", "first-code", "")
    if session.execute(counted).first() is None:
        raise Refusal(
            403,
            "first-code",
            N_("this code has expired or was tried too often; print a new one: readyshelf first-code"),
        )


def was_begun_here(session: Session) -> bool:
    """Whether the city began with this code: it is a real one, into which no demo is entered."""
    begun = select(FirstCode.id).where(FirstCode.used_at.is_not(None))
    return session.execute(begun).first() is not None


def holds_demo(session: Session) -> bool:
    """Whether the accounts with the published password are there."""
    found = session.execute(select(Person.id).where(Person.account.in_(DEMO_ACCOUNTS), Person.active)).all()
    return len(found) == len(DEMO_ACCOUNTS)


def check_first(wanted: FirstAdministrator) -> None:
    """Refuse (422) what could not be entered, before a try is counted and the password is hashed."""
    check_password(wanted.password, wanted.account.strip())
    if not hmac.compare_digest(wanted.password.encode(), wanted.again.encode()):
        raise bad_field("again", N_("the two passwords differ"))


def make_first(session: Session, code: str, wanted: FirstAdministrator, password_hash: str, now: datetime) -> Person:
    """Make the first administrator. Of two at once, with the same right code, one is refused (404)."""
    first = session.get(FirstCode, THE_CODE, with_for_update=True, populate_existing=True)
    require_unclaimed(session)
    if first is None or first.used_at is not None or not hmac.compare_digest(_hash(code), first.code_hash):
        raise Refusal(403, "first-code", N_("this is not the code that the server printed"))
    first.used_at = now
    email, language = wanted.email.strip() or None, wanted.language
    person = add_person(
        session, wanted.account, wanted.name, now, language=language, email=email, password_hash=password_hash
    )
    give_role(session, person.id, now, person.id, Role.ADMINISTRATOR)
    record(session, person.id, now, "city-begun", "person", str(person.id), after={"account": person.account})
    return person


def _hash(code: str) -> str:
    """Of the code in any writing."""
    bare = "".join(char for char in code.upper() if char in LETTERS)
    return hashlib.sha256(f"first:{bare}".encode()).hexdigest()
