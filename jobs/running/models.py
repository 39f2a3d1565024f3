"""How the jobs fare: their runs, the state of each, its figures by day, signs of life, and what is wrong with one."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, false, text
from sqlmodel import Field, SQLModel

from core.columns import Instant
from core.ids import new_id


class JobState(SQLModel, table=True):
    """How one job fares: one row per job, whatever process ran it. A job that runs every few seconds has no other."""

    __tablename__ = "job_state"
    name: str = Field(max_length=32, primary_key=True)
    known_since: datetime = Field(sa_type=Instant)  # before its first success, what is late is counted from here
    started_at: datetime | None = Field(sa_type=Instant, default=None)
    finished_at: datetime | None = Field(sa_type=Instant, default=None)
    succeeded_at: datetime | None = Field(sa_type=Instant, default=None)
    failed_at: datetime | None = Field(sa_type=Instant, default=None)
    seconds: float = 0  # of the last run
    outcome: str = Field(default="{}")  # JSON: what the last successful run counted
    error: str = Field(default="", max_length=1000)  # of the last failed run
    failures_in_row: int = 0
    runs: int = 0  # since the job is known, failed ones included
    failures: int = 0
    seconds_in_all: float = 0
    worker: str = Field(default="", max_length=64)  # host and process of the last run


class JobDay(SQLModel, table=True):
    """What a job did on one date in the depots' time zone."""

    __tablename__ = "job_day"
    name: str = Field(max_length=32, primary_key=True)
    day: date = Field(primary_key=True)
    runs: int = 0
    failures: int = 0
    found: int = 0
    sent: int = 0
    failed: int = 0  # single things, such as mails put off; ``failures`` counts whole runs
    seconds: float = 0
    longest: float = 0


class JobSign(SQLModel, table=True):
    """A sign of life: which process leads, and whether the heartbeat reached its address."""

    __tablename__ = "job_sign"
    name: str = Field(max_length=16, primary_key=True)  # "leader" or "heartbeat"
    worker: str = Field(default="", max_length=64)
    since: datetime = Field(sa_type=Instant)  # since when that process leads
    seen_at: datetime | None = Field(sa_type=Instant, default=None)  # last sign; of the heartbeat: last time it arrived
    tried_at: datetime = Field(sa_type=Instant)
    error: str = Field(default="", max_length=500)


class JobAlarm(SQLModel, table=True):
    """An open fact about a job: it fails, or does not run any more. An alert is about a depot; this is about us."""

    __tablename__ = "job_alarm"
    __table_args__ = (
        Index(
            "uq_job_alarm_name",
            "name",
            unique=True,
            sqlite_where=text("resolved_at IS NULL"),
            postgresql_where=text("resolved_at IS NULL"),
        ),
    )
    id: UUID = Field(primary_key=True, default_factory=new_id)
    name: str = Field(max_length=32)
    why: str = Field(max_length=16)  # "failed" or "late"
    details: str = Field(default="", max_length=1000)
    opened_at: datetime = Field(sa_type=Instant, index=True)
    resolved_at: datetime | None = Field(sa_type=Instant, default=None)


class JobRun(SQLModel, table=True):
    """One run of one job: due when, done when, what it found."""

    __tablename__ = "job_run"
    __table_args__ = (UniqueConstraint("name", "due"),)
    id: UUID = Field(primary_key=True, default_factory=new_id)
    name: str = Field(max_length=32)
    due: datetime = Field(sa_type=Instant)
    started_at: datetime = Field(sa_type=Instant)
    finished_at: datetime | None = Field(sa_type=Instant, default=None)
    outcome: str = Field(default="{}")  # JSON: counts
    error: str = Field(max_length=1000, default="")
    worker: str = Field(default="", max_length=64, sa_column_kwargs={"server_default": ""})  # host and process
    tries: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    seconds: float | None = None
    by_hand: bool = Field(default=False, sa_column_kwargs={"server_default": false()})


class JobWish(SQLModel, table=True):
    """Somebody asked for a job now. Whichever process leads carries it out, once; two who ask at once ask for one."""

    __tablename__ = "job_wish"
    __table_args__ = (
        Index(
            "uq_job_wish_name",
            "name",
            unique=True,
            sqlite_where=text("done_at IS NULL"),
            postgresql_where=text("done_at IS NULL"),
        ),
    )
    id: UUID = Field(primary_key=True, default_factory=new_id)
    name: str = Field(max_length=32)
    asked_at: datetime = Field(sa_type=Instant)  # the run that follows is due then, which makes it one run
    asked_by_id: UUID = Field(foreign_key="person.id")
    done_at: datetime | None = Field(sa_type=Instant, default=None)
