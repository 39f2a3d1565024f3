"""The kinds of files that can be brought in."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from core.errors import bad_field
from core.languages import N_
from inventory.exchange import (
    into_assets,
    into_catalogue,
    into_depots,
    into_districts,
    into_people,
    into_requirements,
    into_stock,
    stock_assets,
    stock_fields,
)
from inventory.exchange.models import ImportRun
from inventory.exchange.reading import FieldSpec, Importer
from people.policy import Caller


@dataclass(frozen=True)
class Subject:
    """A kind of file: its name, its fields, and what takes its rows."""

    name: str
    label: str
    fields: Sequence[FieldSpec]
    open: Callable[[Session, Caller, ImportRun, datetime, date], Importer]


def _by_id(importer: Callable[[Session, Caller, UUID, datetime, date], Importer]) -> Any:
    """Most importers know of a run its id alone."""
    return lambda session, caller, run, now, today: importer(session, caller, run.id, now, today)


SUBJECTS = {
    subject.name: subject
    for subject in (
        Subject("catalogue", N_("Catalogue"), into_catalogue.FIELDS, _by_id(into_catalogue.IntoCatalogue)),
        Subject("depots", N_("Depots"), into_depots.FIELDS, _by_id(into_depots.IntoDepots)),
        Subject(
            "stock",
            N_("Opening stock"),
            (*stock_fields.FIELDS, *stock_assets.FIELDS),
            lambda session, caller, run, now, today: into_stock.IntoStock(
                session, caller, run.id, run.file_hash, now, today, make_places=run.make_places
            ),
        ),
        Subject(
            "districts", N_("Districts and sub-districts"), into_districts.FIELDS, _by_id(into_districts.IntoDistricts)
        ),
        Subject("people", N_("People"), into_people.FIELDS, _by_id(into_people.IntoPeople)),
        Subject("assets", N_("Ledger of assets"), into_assets.FIELDS, _by_id(into_assets.IntoAssets)),
        Subject(
            "requirements", N_("Requirements"), into_requirements.FIELDS, _by_id(into_requirements.IntoRequirements)
        ),
    )
}


def subject_called(name: str) -> Subject:
    """The kind of file with this name; 422 if there is none."""
    if name not in SUBJECTS:
        raise bad_field("subject", N_("{value} is not a kind of file that can be brought in"), value=name)
    return SUBJECTS[name]


def importer_for(session: Session, caller: Caller, run: ImportRun, now: datetime, today: date) -> Importer:
    """What takes the rows of this run's file."""
    return subject_called(run.subject).open(session, caller, run, now, today)
