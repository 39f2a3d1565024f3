"""Imports: each run with its state, and what it changed outside the ledger, so that it can be taken back."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from core.columns import Instant, choice
from core.ids import new_id


class ImportState(StrEnum):
    UPLOADED = "uploaded"  # the columns can be looked at and changed
    RUNNING = "running"
    FAULTY = "faulty"  # looked through: faults were found, nothing was changed
    CHECKED = "checked"  # looked through: no faults, nothing was changed yet
    DONE = "done"
    UNDONE = "undone"
    FAILED = "failed"  # stopped by a defect of ours or of the machine: nothing was changed


class ImportRun(SQLModel, table=True):
    """One file that somebody brings in. Its id is also the request id of the movements that it books."""

    __tablename__ = "import_run"
    __table_args__ = (Index("ix_import_run_person_id_created_at", "person_id", "created_at"),)
    id: UUID = Field(primary_key=True, default_factory=new_id)
    subject: str = Field(max_length=16)  # catalogue, depots, districts, stock, requirements
    file_name: str = Field(max_length=200)
    file_hash: str = Field(max_length=64)
    person_id: UUID = Field(foreign_key="person.id")
    state: ImportState = Field(sa_type=choice(ImportState), default=ImportState.UPLOADED)
    stage: str = Field(max_length=16, default="")  # of a running one: "checking" or "booking"
    rows_done: int = 0
    rows_total: int = 0
    told_at: datetime = Field(sa_type=Instant)  # of a running one: when it was last heard of
    again: bool = False  # that this very file was entered before is known, and meant
    make_places: bool = False  # enter shelves that the file names and the book does not know
    layout: str = Field(default="[]")  # JSON: per sheet the header's row and which column is which field
    fault_count: int = 0
    faults: str = Field(default="[]")  # JSON: the first thousand faults
    outcome: str = Field(default="{}")  # JSON: what was entered, in figures
    created_at: datetime = Field(sa_type=Instant)
    finished_at: datetime | None = Field(sa_type=Instant, default=None)
    undone_at: datetime | None = Field(sa_type=Instant, default=None)
    undone_by_id: UUID | None = Field(foreign_key="person.id", default=None)


class ImportChange(SQLModel, table=True):
    """A row that an import entered or changed outside the ledger, with what stood there before."""

    __tablename__ = "import_change"
    run_id: UUID = Field(foreign_key="import_run.id", primary_key=True)
    number: int = Field(primary_key=True)
    table_name: str = Field(max_length=40)
    key: str = Field(max_length=300)  # JSON: the row's primary key
    before: str | None = None  # JSON: the values that were replaced; empty: the row is new
    after: str = Field(default="{}")  # JSON: the values that replaced them


class HabitKind(StrEnum):
    LAYOUT = "layout"  # which column of a header is which field
    WORD = "word"  # which item a name in a file means


class ImportHabit(SQLModel, table=True):
    """What a person has said once of a file, for the next one that is alike (X14)."""

    __tablename__ = "import_habit"
    person_id: UUID = Field(foreign_key="person.id", primary_key=True)
    kind: HabitKind = Field(sa_type=choice(HabitKind), primary_key=True)
    key: str = Field(max_length=200, primary_key=True)  # the folded word; the kind of file and its header's digest
    value: str  # the item's code; JSON of the fields by column
    said_at: datetime = Field(sa_type=Instant)
