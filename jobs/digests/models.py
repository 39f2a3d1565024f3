"""Who and what was notified of which step of an alert, and by which message."""

from uuid import UUID

from sqlmodel import Field, SQLModel


class Notified(SQLModel, table=True):
    """That a person was notified of an alert's step, by which mail and why: nobody is notified of the same step twice.

    ``rung``: how far up the ladder the person stood for that depot then; ``below``: on how many rungs below somebody
    had been told and had not answered.
    """

    __tablename__ = "told"
    person_id: UUID = Field(foreign_key="person.id", primary_key=True)
    alert_id: UUID = Field(foreign_key="alert.id", primary_key=True)
    step: int = Field(primary_key=True)
    told_round: int = Field(primary_key=True, default=0, sa_column_kwargs={"server_default": "0"})
    mail_id: UUID = Field(foreign_key="mail.id", index=True)
    rung: int | None = None  # none: told before this was kept
    below: int = Field(default=0, sa_column_kwargs={"server_default": "0"})


class EndpointNotified(SQLModel, table=True):
    """That an endpoint was notified of an alert's step, and by which message."""

    __tablename__ = "endpoint_told"
    endpoint_id: UUID = Field(foreign_key="endpoint.id", primary_key=True)
    alert_id: UUID = Field(foreign_key="alert.id", primary_key=True)
    step: int = Field(primary_key=True)
    told_round: int = Field(primary_key=True)
    mail_id: UUID = Field(foreign_key="mail.id", index=True)
