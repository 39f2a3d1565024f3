"""What the people room tells the rooms above it."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class AccountCloses:
    """An account is about to be closed: whoever knows what stands against it refuses."""

    person_id: UUID
    account: str
