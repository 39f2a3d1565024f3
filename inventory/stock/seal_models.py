"""The chain of seals over the ledger and the audit trail."""

from datetime import date, datetime

from sqlmodel import Field, SQLModel

from core.columns import Instant


class DaySeal(SQLModel, table=True):
    """A day's movements and audited acts as one digest, chained to those before. Triggers refuse to change it.

    What turned up in a day after it had been sealed has an entry of its own (``late``).
    """

    __tablename__ = "day_seal"
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})  # place in the chain, from 1
    day: date
    starts_at: datetime = Field(sa_type=Instant)  # the day's bounds as they were: a time zone may be set anew
    ends_at: datetime = Field(sa_type=Instant)
    columns: str = Field(max_length=500)  # of the movement, that the digest covers: later versions may add some
    movements: int
    late: bool = False
    marks: str = ""  # the first 8 digits of each row's own hash: says which one was changed, and which came late
    digest: str = Field(max_length=64)
    previous: str = Field(max_length=64)
    head: str = Field(max_length=64)
    act_columns: str | None = Field(
        max_length=200, default=None
    )  # of the audit trail; none: sealed before there was one
    acts: int | None = None
    sealed_at: datetime = Field(sa_type=Instant)
