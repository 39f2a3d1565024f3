"""A job that somebody asks for now: a row that any process may write and that the process which leads carries out."""

from contextlib import suppress
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.audit import record
from core.columns import table_of
from core.context import AppContext
from core.errors import forbidden, not_found
from core.ids import new_id
from core.languages import N_
from core.prepared import Prepared
from core.upsert import upsert
from jobs.running.models import JobRun, JobWish
from jobs.running.running import run_job
from jobs.running.schedule import JOBS
from people.policy import Act, Caller, may, may_in_city

SWEEP, FORECASTS = "sweep", "forecasts"
# They look for what is due and for what runs out; whoever answers for depots may ask, as nothing of theirs changes
FOR_ALL = (SWEEP, FORECASTS)


def may_ask_for(caller: Caller, name: str) -> bool:
    """Whether somebody may ask for a job now."""
    return (name in FOR_ALL and may(caller, Act.APPROVE)) or may_in_city(caller, Act.ADMINISTER)


def ask_for(session: Session, caller: Caller, name: str, now: datetime) -> bool:
    """Ask for a job now; False if somebody has asked already and it waits. 404 for an unknown one, 403 for others'."""
    if name not in JOBS:
        raise not_found(N_("there is no job of this name"))
    if not may_ask_for(caller, name):
        raise forbidden(N_("this concerns the whole city; somebody who answers for the city does it"))
    table = table_of(JobWish)
    row = {"id": new_id(), "name": name, "asked_at": now, "asked_by_id": caller.person_id}
    asked = upsert(session, table).values(row).on_conflict_do_nothing().returning(table.c.id)
    if session.execute(asked).first() is None:
        return False
    record(session, caller.person_id, now, "job-asked-for", "job", name)
    return True


_WAITING = Prepared(select(JobWish.name, JobWish.asked_at).where(JobWish.done_at.is_(None)))


def waiting(session: Session) -> dict[str, datetime]:
    """The jobs that are asked for and not done, and since when."""
    return {wish.name: wish.asked_at for wish in _WAITING.all(session, {})}


def carry_out_wishes(context: AppContext) -> int:
    """Run what is asked for, the oldest first; returns how many. Called by the process that leads, by no other.

    A run that its process did not live to finish is run again by the next leader; one that failed is over.
    """
    with context.database.transaction(writes=False) as session:
        wishes = session.execute(
            select(JobWish.id, JobWish.name, JobWish.asked_at)
            .where(JobWish.done_at.is_(None))
            .order_by(JobWish.asked_at, JobWish.id)
        ).all()
    for wish_id, name, asked_at in wishes:
        if name in JOBS:  # else: of another version of the program
            with suppress(Exception):  # logged, recorded and alarmed about by run_job
                run_job(context, JOBS[name], asked_at, by_hand=True)
        context.database.run(_done, wish_id, name, asked_at, context.clock.now())
    return len(wishes)


def _done(session: Session, wish_id: UUID, name: str, asked_at: datetime, now: datetime) -> None:
    """Unless another process, which led until just now, is still at it."""
    at_it = select(JobRun.id).where(JobRun.name == name, JobRun.due == asked_at, JobRun.finished_at.is_(None))
    session.execute(update(JobWish).where(JobWish.id == wish_id, ~at_it.exists()).values(done_at=now))
