"""A backup that somebody asked for in the browser."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, Index, text
from sqlmodel import Field, SQLModel

from core.columns import Instant, choice
from core.ids import new_id


class BackupState(StrEnum):
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class BackupRun(SQLModel, table=True):
    """Asked for, being made, made. One at a time, whichever process makes it."""

    __tablename__ = "backup_run"
    __table_args__ = (
        Index(
            "uq_backup_run_running",
            "state",
            unique=True,
            sqlite_where=text("state = 'running'"),
            postgresql_where=text("state = 'running'"),
        ),
    )
    id: UUID = Field(primary_key=True, default_factory=new_id)
    asked_by_id: UUID = Field(foreign_key="person.id")
    asked_at: datetime = Field(sa_type=Instant)
    state: BackupState = Field(sa_type=choice(BackupState), default=BackupState.RUNNING)
    name: str = Field(max_length=100)  # of the file
    done: int = Field(sa_type=BigInteger, default=0)  # rows
    total: int = Field(sa_type=BigInteger, default=0)
    told_at: datetime = Field(sa_type=Instant)  # of a running one: when it was last heard of
    error: str = Field(max_length=300, default="")
