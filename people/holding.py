"""One person as whoever looks after them sees it, with what is in their hands (T42)."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.orm import Session

from core.events import publish
from people.events import HandsAsked
from people.looking_after import answers_for, find_person
from people.models import Person
from people.policy import Caller
from people.roster import PersonRow, person_row, roles_by_person


class InHand(msgspec.Struct, frozen=True):
    """So much of something in a person's hands. ``keepers``: who keeps its depot and asks for it back, by name."""

    depot: str
    depot_zh: str
    depot_en: str
    phone: str
    keepers: list[str]
    item: str
    name_zh: str
    name_en: str
    number: str
    quantity: str


class PersonView(msgspec.Struct, frozen=True):
    """A person, what they hold, and whether the caller answers for all their roles."""

    person: PersonRow
    in_hand: list[InHand]
    answers: bool


def person_view(session: Session, caller: Caller, person_id: UUID, now: datetime) -> PersonView:
    """A person whom the caller looks after; else 404."""
    return _view(session, caller, find_person(session, caller, person_id, now), now)


def _view(session: Session, caller: Caller, person: Person, now: datetime) -> PersonView:
    roles = roles_by_person(session, caller, [person.id], now).get(person.id, [])
    return PersonView(
        person_row(person, roles),
        hands_of(session, caller, person.id, now),
        answers_for(session, caller, person.id, now),
    )


def acted(
    session: Session, caller: Caller, person_id: UUID, verb: Callable[..., Any], said: tuple[Any, ...], now: datetime
) -> PersonView:
    """Do something to a person, and return them as they are then: also whom it has taken out of the caller's sight."""
    person = find_person(session, caller, person_id, now)
    verb(session, caller, person_id, *said, now)
    return _view(session, caller, person, now)


def hands_of(session: Session, caller: Caller, person_id: UUID, now: datetime) -> list[InHand]:
    """What is in a person's hands, at whichever depot, and who asks for it back."""
    asked = HandsAsked(person_id, caller, now)
    publish(session, asked)
    return [InHand(**thing) for thing in asked.things]
