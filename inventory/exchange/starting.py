"""A file brought in, by a program once; what is said of it before it is looked through or entered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, Any
from uuid import UUID

import msgspec
from sqlalchemy.orm import Session

from core.context import AppContext
from core.errors import id_reused
from core.ids import new_id
from inventory.exchange.columns import Choice, Said
from inventory.exchange.habits import learn_words, recalled
from inventory.exchange.models import ImportRun
from inventory.exchange.reading import read_layouts
from inventory.exchange.runs import arrange, claim, require_right
from inventory.exchange.subjects import subject_called
from inventory.exchange.uploads import digest_of, file_of, keep_upload
from people.policy import Caller


def bring_in(context: AppContext, caller: Caller, subject: str, file_name: str, source: IO[bytes]) -> UUID:
    """Store a file and find its columns; the run stands uploaded. Slow: call it in a thread."""
    run_id = new_id()
    bring_in_as(context, caller, run_id, subject, file_name, source)
    return run_id


def bring_in_as(
    context: AppContext, caller: Caller, run_id: UUID, subject: str, file_name: str, source: IO[bytes]
) -> bool:
    """As ``bring_in``, under this id; returns False, and changes nothing, if something was brought in under it.

    The file has a name of its own until the run stands: of two sent at once neither writes over the other's.
    """
    require_right(caller)
    subject_called(subject)
    parked, digest = keep_upload(context, new_id(), file_name, source)
    try:
        now = context.clock.now()
        layouts = context.database.run(recalled, caller, subject, read_layouts(subject, parked))
        facts = {
            "id": run_id,
            "subject": subject,
            "file_name": Path(file_name).name[-200:],
            "file_hash": digest,
            "person_id": caller.person_id,
            "layout": msgspec.json.encode(layouts).decode(),
            "told_at": now,
            "created_at": now,
        }
        return context.database.run(_stand, context, facts, parked)
    finally:
        parked.unlink(missing_ok=True)


def _stand(session: Session, context: AppContext, facts: dict[str, Any], parked: Path) -> bool:
    if session.get(ImportRun, facts["id"]) is not None:
        return False
    run = ImportRun(**facts)
    session.add(run)
    session.flush()  # of two with one id the second waits here, comes anew, and finds the first
    parked.replace(file_of(context, run))
    return True


def bring_in_once(
    context: AppContext, caller: Caller, run_id: UUID, subject: str, file_name: str, source: IO[bytes]
) -> bool:
    """Bring a file in under an id that its sender has chosen; returns False for an exact repeat. Slow.

    Refuses (409) an id under which something else was brought in.
    """
    require_right(caller)
    run = _brought(context, run_id)
    if run is None:
        if bring_in_as(context, caller, run_id, subject, file_name, source):
            return True
        run = _brought(context, run_id)  # it was sent twice at once
        source.seek(0)
    assert run is not None
    sent = (caller.person_id, subject, Path(file_name).name[-200:], digest_of(source))
    if (run.person_id, run.subject, run.file_name, run.file_hash) != sent:
        raise id_reused(run_id)
    return False


def _brought(context: AppContext, run_id: UUID) -> ImportRun | None:
    with context.database.transaction(writes=False) as session:
        return session.get(ImportRun, run_id)


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
        arrange(session, caller, run_id, wanted.choices, now, make_places=wanted.make_places, said=wanted.said)
    session.flush()
    claim(session, caller, run_id, now, write=wanted.write, again=wanted.again)
