"""A file sent by a program, once; what is said of a file before it is looked through or entered, by whomever."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO
from uuid import UUID

from sqlalchemy.orm import Session

from core.context import AppContext
from core.errors import conflict
from core.languages import N_
from inventory.exchange.columns import Choice, Said
from inventory.exchange.habits import learn_words
from inventory.exchange.models import ImportRun
from inventory.exchange.runs import arrange, begin, bring_in, digest_of, require_right
from people.policy import Caller


def bring_in_once(
    context: AppContext, caller: Caller, run_id: UUID, subject: str, file_name: str, source: IO[bytes]
) -> bool:
    """Bring a file in under an id that its sender has chosen; returns False for an exact repeat. Slow.

    Refuses (409) an id under which something else was brought in.
    """
    require_right(caller)
    with context.database.transaction(writes=False) as session:
        run = session.get(ImportRun, run_id)
    if run is None:
        bring_in(context, caller, subject, file_name, source, run_id)
        return True
    sent = (caller.person_id, subject, Path(file_name).name[-200:], digest_of(source))
    if (run.person_id, run.subject, run.file_name, run.file_hash) != sent:
        raise conflict("id-reused", N_("this id was used before for something else"), {"id": str(run_id)})
    return False


@dataclass(frozen=True)
class Start:
    """What is said of the file. ``words``: names in the file with the code of the item that each means."""

    write: bool  # enter it; else look it through
    choices: Sequence[Choice] = ()
    said: Said = field(default_factory=Said)
    words: Mapping[str, str] = field(default_factory=dict)
    make_places: bool | None = None  # enter shelves that the book does not know; None: as was said before
    again: bool = False  # this very file was entered before, and is meant to be entered again


def start(session: Session, caller: Caller, run_id: UUID, now: datetime, wanted: Start) -> None:
    """Record what is said of the file, and claim the run; ``carry_out`` does the work then."""
    learn_words(session, caller, wanted.words, now)
    if wanted.choices or wanted.said != Said() or wanted.make_places:
        arrange(session, caller, run_id, wanted.choices, now, wanted.make_places, wanted.said)
    session.flush()
    begin(session, caller, run_id, now, wanted.write, wanted.again)
