"""``readyshelf person``: how a city makes its accounts from the server's shell, the first administrator above all."""

import sys
from argparse import Namespace
from datetime import datetime
from getpass import getpass
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.commands import complain, report
from core.context import AppContext
from core.errors import Refusal, bad_field
from core.languages import N_
from people.access import end_all
from people.accounts import person_by_account, set_password
from people.looking_after import (
    CONSOLE,
    NewPerson,
    PersonChange,
    RoleAt,
    change,
    deactivate,
    enter,
    give,
    reactivate,
    take,
)
from people.models import Person, Role
from people.passwords import check_password
from people.posts import Level
from people.roster import PeopleFilters, PersonRow, people, person_row, roles_by_person
from people.sign_in import hasher

AT_ONCE = 200


def person(arguments: Namespace, context: AppContext) -> int:
    """Make, change, close or list accounts."""
    try:
        if arguments.list:
            return _list(arguments, context)
        if not arguments.account:
            return complain("name an account, or --list")
        password_hash = _ask_password(arguments.account) if arguments.password else None
        done, row = context.database.run(_apply, arguments, password_hash, context.clock.now())
    except Refusal as refusal:
        return complain(str(refusal))
    sentence = f"{arguments.account}: {', '.join(done)}" if done else _shown(row)
    report(arguments, {"done": done, "person": msgspec.to_builtins(row)}, sentence)
    return 0


def _list(arguments: Namespace, context: AppContext) -> int:
    rows: list[PersonRow] = []
    cursor = None
    with context.database.transaction(writes=False) as session:
        while True:
            found = people(session, CONSOLE, context.clock.now(), PeopleFilters(), AT_ONCE, cursor)
            rows += found.items
            cursor = found.next
            if cursor is None:
                break
    report(arguments, msgspec.to_builtins({"people": rows}), "\n".join(_shown(row) for row in rows) or "nobody")
    return 0


def _shown(row: PersonRow) -> str:
    roles = "; ".join(
        " ".join(
            str(part)
            for part in (
                one.role.value,
                one.code or one.level.value,
                one.since and f"from {one.since}",
                one.until and f"until {one.until}",
            )
            if part
        )
        for one in row.roles
        if one.state != "over"
    )
    closed = "" if row.active else " (closed)"
    return f"{row.account}{closed}: {row.name}, {row.email or 'no e-mail'}, {roles or 'no role'}"


def _ask_password(account: str) -> str:
    password = getpass("Password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    check_password(password, account)
    return hasher().hash(password)


def _apply(
    session: Session, arguments: Namespace, password_hash: str | None, now: datetime
) -> tuple[list[str], PersonRow]:
    """Do what the options say; returns what was really done."""
    person, done = _person_meant(session, arguments, now)
    if arguments.reactivate:
        reactivate(session, CONSOLE, person.id, now)
        done.append("opened again")
    if password_hash:
        if not person.active:
            raise bad_field("password", N_("this account is closed; open it again first"))
        set_password(session, person.id, password_hash, now)
        done.append("password set, sessions and tokens ended")
    if arguments.sign_out:
        end_all(session, CONSOLE, person.id, now, tokens=False)
        done.append("sessions ended")
    if arguments.role:
        level, code = _place(arguments)
        wanted = RoleAt(Role(arguments.role), level, code, arguments.since, arguments.until)
        new = give(session, CONSOLE, person.id, wanted, now)
        done.append(f"{'is' if new else 'was already'} {arguments.role} of {code or 'the whole city'}")
    if arguments.take_role:
        done.append(_take(session, arguments, person, now))
    if arguments.deactivate:
        deactivate(session, CONSOLE, person.id, now)
        done.append("closed, sessions and tokens ended")
    session.flush()
    return done, person_row(person, roles_by_person(session, CONSOLE, [person.id], now).get(person.id, []))


def _person_meant(session: Session, arguments: Namespace, now: datetime) -> tuple[Person, list[str]]:
    found = session.execute(select(Person).where(Person.account == arguments.account)).scalar_one_or_none()
    facts: dict[str, Any] = {name: getattr(arguments, name) for name in ("name", "email", "phone", "language")}
    given = {name: value for name, value in facts.items() if value is not None}
    if found is None and arguments.name:
        return enter(session, CONSOLE, NewPerson(arguments.account, **given), now), ["entered"]
    person = found or person_by_account(session, arguments.account)
    if not given:
        return person, []
    changed = change(session, CONSOLE, person.id, PersonChange(**given), now)
    return person, [f"{', '.join(given)} {'changed' if changed else 'as they were'}"]


def _place(arguments: Namespace) -> tuple[str, str]:
    for level in (Level.DEPOT, Level.SUBDISTRICT, Level.DISTRICT):
        if getattr(arguments, level.value):
            return level, getattr(arguments, level.value)
    if not arguments.city:
        raise bad_field("role", N_("say where the role holds: --depot, --subdistrict, --district, or --city"))
    return Level.CITY, ""


def _take(session: Session, arguments: Namespace, person: Person, now: datetime) -> str:
    level, code = _place(arguments)
    rows = roles_by_person(session, CONSOLE, [person.id], now).get(person.id, [])
    wanted = (arguments.take_role, level, code, True)
    held = next((row for row in rows if (row.role, row.level, row.code, row.state != "over") == wanted), None)
    if held is None:
        raise bad_field("take-role", N_("this person has no such role there"))
    take(session, CONSOLE, person.id, held.id, now)
    return f"no longer {arguments.take_role} of {code or 'the whole city'}"
