"""The people and the audit trail as files. The people's comes back as it went out."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy.orm import Session

from core.languages import N_
from inventory.listing.listing import AT_ONCE, Asked, Column, Listing, all_pages, of
from people.models import Role
from people.policy import ROLE_WORDS
from people.posts import LEVEL_WORDS, Level
from people.roster import PeopleFilters, PersonRow, RoleRow, people
from people.trail import trail
from people.trail_pages import filters_of
from people.trail_words import ACT_WORDS

_STATES = {"active": True, "closed": False}


def _people(session: Session, asked: Asked) -> Iterator[tuple[PersonRow, RoleRow | None]]:
    role = asked.text("role")
    filters = PeopleFilters(
        asked.text("q"),
        _STATES.get(asked.text("state") or ""),
        Role(role) if role in set(Role) else None,
        asked.text("district"),
        asked.text("depot"),
    )
    for person in all_pages(lambda cursor: people(session, asked.caller, asked.at, filters, AT_ONCE, cursor)):
        held: list[RoleRow | None] = [one for one in person.roles if one.state != "over"]
        yield from ((person, one) for one in held or [None])


def _person(name: str, heading: str, kind: str = "text", width: int = 14) -> Column:
    return Column(heading, lambda row, _: getattr(row[0], name), kind, width)


def _role(name: str, heading: str, kind: str = "text", width: int = 12) -> Column:
    return Column(heading, lambda row, _: None if row[1] is None else getattr(row[1], name), kind, width)


def _place(row: tuple[PersonRow, RoleRow | None], language: str) -> str | None:
    one = row[1]
    return None if one is None or one.level == Level.CITY else getattr(one, f"name_{language}")


PEOPLE = Listing(
    "people",
    N_("People"),
    (
        _person("account", N_("Account"), "code"),
        _person("name", N_("Name"), width=16),
        _person("email", N_("E-mail"), width=26),
        _person("phone", N_("Phone"), "code"),
        _person("language", N_("Language"), "code", 8),
        Column(N_("Account open"), lambda row, _: N_("yes") if row[0].active else N_("no"), "word", 8),
        Column(N_("Person's role"), lambda row, _: None if row[1] is None else ROLE_WORDS[row[1].role], "word", 12),
        Column(N_("Where it holds"), lambda row, _: None if row[1] is None else LEVEL_WORDS[row[1].level], "word", 12),
        _role("code", N_("Code of the place"), "code", 14),
        Column(N_("Name of the place"), _place, "text", 20),
        _role("since", N_("First day"), "date", 12),
        _role("until", N_("Last day"), "date", 12),
    ),
    _people,
)


def _trail(session: Session, asked: Asked) -> Iterator[Any]:
    filters = filters_of(asked.filters)
    return all_pages(lambda cursor: trail(session, asked.caller, filters, AT_ONCE, cursor))


def _changes(row: Any, _language: str) -> str:
    return "; ".join(
        f"{name}: {before} → {after}" if before else f"{name}: {after}" for name, before, after in row.changes
    )


AUDIT = Listing(
    "audit",
    N_("Audit trail"),
    (
        of("at", N_("When"), "moment", 17),
        of("by", N_("Who (account)"), "code"),
        of("by_name", N_("Name"), width=14),
        of("address", N_("From where"), "code", 16),
        Column(N_("What"), lambda row, _: ACT_WORDS.get(row.act, row.act), "word", 18),
        of("kind", N_("Kind"), "code", 10),
        Column(N_("To whom or what"), lambda row, _: row.subject_name or row.subject, "text", 30),
        Column(N_("Before and after"), _changes, "text", 40),
    ),
    _trail,
)
LISTINGS = [PEOPLE, AUDIT]
