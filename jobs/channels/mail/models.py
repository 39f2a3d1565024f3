"""What a person wants by mail, and whether mail reaches that person."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from core.columns import Instant


class MailChoice(SQLModel, table=True):
    """What a person wants by mail, and whether mail reaches that person."""

    __tablename__ = "mail_choice"
    person_id: UUID = Field(foreign_key="person.id", primary_key=True)
    digests: bool = True  # urgent mails cannot be refused
    bounced_address: str | None = Field(max_length=254, default=None)  # refused for good; another address is tried anew
    bounced_at: datetime | None = Field(sa_type=Instant, default=None)
    bounce: str = Field(default="", max_length=500)
