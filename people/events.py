"""Events that the people room publishes to the rooms above it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from core.settings import Settings
from people.policy import Caller


@dataclass(frozen=True)
class AccountCloses:
    """An account is about to be closed: whoever knows what stands against it refuses."""

    person_id: UUID
    account: str


@dataclass(frozen=True)
class AccountMail:
    """Something about a person's account that goes to them by mail, at once.

    ``about``: what a link in it does, ``email_changed`` or ``password_changed``. The mail holds ``path`` and a mark in
    place of the token, which is put in as the mail goes out.
    """

    person_id: UUID
    address: str
    about: str
    settings: Settings = field(repr=False)
    at: datetime
    link_id: UUID | None = None
    path: str = ""
    expires_at: datetime | None = None


@dataclass
class HandsAsked:
    """What somebody holds is asked for: whoever knows adds to ``things``."""

    person_id: UUID
    caller: Caller  # who asks: of depots beyond their reach nobody is named
    at: datetime
    things: list[Any] = field(default_factory=list)
