"""Who: accounts, the roles they hold and where, and how they are signed in."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import UniqueConstraint, false, true
from sqlmodel import Field, SQLModel

from core.columns import Instant, choice
from core.ids import new_id
from people.roles import Role as Role


class Person(SQLModel, table=True):
    """Somebody with an account."""

    __tablename__ = "person"
    id: UUID = Field(primary_key=True, default_factory=new_id)
    account: str = Field(max_length=64, unique=True)
    name: str = Field(max_length=100)
    language: str = Field(max_length=2, default="zh")
    email: str | None = Field(max_length=254, default=None)
    phone: str | None = Field(max_length=32, default=None)
    password_hash: str | None = Field(max_length=200, default=None)
    active: bool = True
    created_at: datetime = Field(sa_type=Instant)


class Assignment(SQLModel, table=True):
    """A role that a person holds: at one depot, in one sub-district, in one district, or (all empty) in the city."""

    __tablename__ = "assignment"
    id: UUID = Field(primary_key=True, default_factory=new_id)
    person_id: UUID = Field(foreign_key="person.id", index=True)
    role: Role = Field(sa_type=choice(Role))
    district_code: str | None = Field(foreign_key="district.code", default=None, max_length=8)
    depot_id: UUID | None = Field(foreign_key="depot.id", default=None, index=True)
    subdistrict_code: str | None = Field(foreign_key="subdistrict.code", default=None, max_length=16)
    starts_at: datetime | None = Field(sa_type=Instant, default=None)  # it does not hold before
    ends_at: datetime | None = Field(sa_type=Instant, default=None)  # nor from then on


class Credential(SQLModel, table=True):
    """Proof of sign-in: a browser's session, or a program's bearer token. Only the hash of the secret is stored."""

    __tablename__ = "credential"
    id: UUID = Field(primary_key=True, default_factory=new_id)
    secret_hash: str = Field(max_length=64, unique=True)
    person_id: UUID = Field(foreign_key="person.id", index=True)
    kind: str = Field(max_length=8)  # "session", "token", or "second": a second factor is still to come
    name: str = Field(max_length=100, default="")
    created_at: datetime = Field(sa_type=Instant)
    expires_at: datetime | None = Field(sa_type=Instant, default=None)
    revoked_at: datetime | None = Field(sa_type=Instant, default=None)
    read_only: bool = Field(default=False, sa_column_kwargs={"server_default": false()})  # a token that changes nothing
    depot_id: UUID | None = Field(foreign_key="depot.id", default=None)  # a token that reaches this depot alone


class AccessState(SQLModel, table=True):
    """Counted up whenever what says who somebody is and what they may do changes (``recognising.py``)."""

    __tablename__ = "access_state"
    id: int = Field(primary_key=True)
    version: int


class Purpose(StrEnum):
    """What a link does."""

    INVITATION = "invitation"  # a first password
    PASSWORD = "password"  # another password
    EMAIL = "email"  # the address that it was sent to is the person's


SETS_PASSWORD = (Purpose.INVITATION, Purpose.PASSWORD)


class AccountLink(SQLModel, table=True):
    """A link that does one thing to an account, once: sets its password, or confirms its e-mail address.

    The token in it is worked out from the installation's secret and the id; only its hash is stored.
    """

    __tablename__ = "account_link"
    id: UUID = Field(primary_key=True, default_factory=new_id)
    person_id: UUID = Field(foreign_key="person.id", index=True)
    purpose: str = Field(max_length=10)  # a Purpose
    secret_hash: str = Field(max_length=64, unique=True)
    email: str | None = Field(max_length=254, default=None)  # the address that is confirmed
    created_at: datetime = Field(sa_type=Instant)
    created_by_id: UUID | None = Field(foreign_key="person.id", default=None)  # empty: whoever typed the account
    expires_at: datetime = Field(sa_type=Instant)
    used_at: datetime | None = Field(sa_type=Instant, default=None)
    # to its maker, who may have used it as well as its person; what went by mail only the outbox knew
    shown: bool = Field(default=True, sa_column_kwargs={"server_default": true()})


class SecondFactor(SQLModel, table=True):
    """A person's authenticator. Its key is worked out from the installation's secret and ``key_id``, never stored."""

    __tablename__ = "second_factor"
    person_id: UUID = Field(primary_key=True, foreign_key="person.id")
    key_id: UUID
    created_at: datetime = Field(sa_type=Instant)
    confirmed_at: datetime | None = Field(sa_type=Instant, default=None)  # until then it is asked for nowhere
    last_step: int = 0  # the half minute of the last code that was taken: no code is taken twice


class RecoveryCode(SQLModel, table=True):
    """Stands in for a code of the authenticator, once. Only its keyed hash is stored."""

    __tablename__ = "recovery_code"
    id: UUID = Field(primary_key=True, default_factory=new_id)
    person_id: UUID = Field(foreign_key="person.id", index=True)
    code_hash: str = Field(max_length=64)
    created_at: datetime = Field(sa_type=Instant)
    used_at: datetime | None = Field(sa_type=Instant, default=None)


class ExternalIdentity(SQLModel, table=True):
    """Who a person is in the city's directory, by the directory's own id: names go from one to another there."""

    __tablename__ = "external_identity"
    __table_args__ = (UniqueConstraint("issuer", "subject"), UniqueConstraint("issuer", "person_id"))
    id: UUID = Field(primary_key=True, default_factory=new_id)
    issuer: str = Field(max_length=255)
    subject: str = Field(max_length=255)
    person_id: UUID = Field(foreign_key="person.id", index=True)
    created_at: datetime = Field(sa_type=Instant)
