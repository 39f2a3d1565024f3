"""What a person can be to a depot."""

from enum import StrEnum


class Role(StrEnum):
    """What a person is to a depot."""

    KEEPER = "keeper"
    RESPONDER = "responder"
    OFFICER = "officer"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"
