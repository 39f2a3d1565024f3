"""Tables that no room above owns."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Text
from sqlmodel import Field, SQLModel

from core.columns import Instant
from core.ids import new_id


class Hit(SQLModel, table=True):
    """One try of one key (an account, an address) at one kind of thing."""

    __tablename__ = "hit"
    id: str = Field(primary_key=True, max_length=32, default_factory=lambda: new_id().hex)
    kind: str = Field(max_length=32)
    key: str = Field(max_length=200, index=True)
    at: datetime = Field(sa_type=Instant)


class GivenRow(SQLModel, table=True):
    """What the reference files last gave a row, so that loading them anew leaves alone what the city has changed."""

    __tablename__ = "given_row"
    table_name: str = Field(primary_key=True, max_length=40)
    key: str = Field(primary_key=True, max_length=200)  # JSON list
    digest: str = Field(max_length=64)  # of the values that were given, or that the city has declined
    # JSON: what the files give now, where the city has its own and has not decided; empty: nothing to decide
    offered: str | None = None


class AuditEntry(SQLModel, table=True):
    """An administrative act: who, when, from where, what, on what. Never changed, never deleted: triggers refuse it."""

    __tablename__ = "audit_entry"
    id: UUID = Field(primary_key=True, default_factory=new_id)
    recorded_at: datetime = Field(sa_type=Instant, index=True)
    by_id: UUID | None = Field(foreign_key="person.id", index=True, default=None)  # nobody: not signed in, a command
    address: str = Field(max_length=64, default="")  # of the client, or the console; empty: the program by itself
    act: str = Field(max_length=48)
    kind: str = Field(max_length=32)  # of what it was done to
    subject: str = Field(max_length=200, index=True)  # its id, code or account
    before: str | None = Field(sa_type=Text, default=None)  # JSON objects
    after: str | None = Field(sa_type=Text, default=None)


class ArchiveMade(SQLModel, table=True):
    """A backup was written, whole. The archive itself holds none of this: it is made before."""

    __tablename__ = "archive_made"
    id: UUID = Field(primary_key=True, default_factory=new_id)
    made_at: datetime = Field(sa_type=Instant)
    name: str = Field(max_length=300)  # of the file, on the machine that made it
    bytes: int = Field(sa_type=BigInteger)
    worker: str = Field(max_length=64)


class AnsweredForm(SQLModel, table=True):
    """What became of a form whose act has no row of its own: sent again, it gets the first answer."""

    __tablename__ = "answered_form"
    id: UUID = Field(primary_key=True)  # follows from all that the form says
    answer: str = ""  # JSON
    at: datetime = Field(sa_type=Instant, index=True)
