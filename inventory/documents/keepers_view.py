"""Keeper handovers as pages, programs and the printed protocol show them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from core.errors import not_found
from core.languages import N_
from depots.models import Depot
from depots.places import visible_depot
from inventory.documents.count_report import report, told_line
from inventory.documents.keepers import keepers_of
from inventory.documents.models import KeeperHandover
from inventory.documents.shift_share import held_by
from inventory.listing.listing import Asked, Column, Listing
from inventory.stock.count_models import Count, CountState
from inventory.stock.reaching import is_reached
from people.models import Person
from people.policy import Act, Caller, may_at


class KeepersRow(msgspec.Struct, frozen=True):
    """One keeper handover. ``state``: open, closed (the duty moved) or cancelled."""

    id: UUID
    state: CountState
    leaver: str
    comer: str
    witness: str | None
    reason: str
    note: str
    started_at: datetime
    leaver_signed_at: datetime | None
    comer_signed_at: datetime | None
    witness_signed_at: datetime | None
    leaver_id: UUID
    comer_id: UUID


class LeftInHands(msgspec.Struct, frozen=True):
    """What somebody who leaves, or has left, still holds of the depot: they answer for it until it is back (T42)."""

    account: str
    name: str
    things: list[dict[str, Any]]


class KeepersView(msgspec.Struct, frozen=True):
    """A depot's keepers, the handover under way with its count, and earlier ones."""

    depot: str
    depot_zh: str
    depot_en: str
    keepers: list[tuple[str, str]]  # account, name
    running: KeepersRow | None
    lines: int
    counted: int
    recounts: int
    differences: list[dict[str, Any]]
    history: list[KeepersRow]
    may_start: bool
    signs_as: str | None  # leaver, comer or witness, where it is the caller's turn
    in_hands: list[LeftInHands]


def keepers_view(session: Session, caller: Caller, code: str, now: datetime) -> KeepersView:
    """The keepers of a depot within reach. Four queries, and the seven of a report while they hand over."""
    depot = visible_depot(session, caller, code)
    found = _rows(session, depot.id)
    rows = [one.row for one in found]
    now_open = next((one for one in found if one.row.state == CountState.OPEN), None)
    running = now_open.row if now_open else None
    lines = report(session, now_open.count) if now_open else []
    approves = may_at(caller, Act.APPROVE, depot.id, depot.district_code)
    keepers = keepers_of(session, depot, now)
    return KeepersView(
        depot.code,
        depot.name_zh,
        depot.name_en,
        [(person.account, person.name) for person in keepers],
        running,
        len(lines),
        sum(line.counted is not None for line in lines),
        sum(line.needs_recount for line in lines),
        [told_line(line) for line in lines if line.difference],
        [row for row in rows if row.state != CountState.OPEN],
        approves,
        _turn(caller, running, approves=approves) if running else None,
        _left_in_hands(session, depot.id, found, {person.id for person in keepers}),
    )


@dataclass(frozen=True)
class _Found:
    """A handover as it is shown, with what it was made of."""

    row: KeepersRow
    count: Count
    leaver: Person


def _left_in_hands(session: Session, depot_id: UUID, found: list[_Found], keepers: set[UUID]) -> list[LeftInHands]:
    """What those hold who hand over just now, and those who did and keep this depot no more."""
    leavers = {
        one.leaver.id: one.leaver
        for one in found
        if one.row.state == CountState.OPEN or (one.row.state == CountState.CLOSED and one.leaver.id not in keepers)
    }
    held = held_by(session, depot_id, leavers)
    people = sorted(leavers.values(), key=lambda leaver: leaver.account)
    return [LeftInHands(leaver.account, leaver.name, held[leaver.id]) for leaver in people if held[leaver.id]]


def _turn(caller: Caller, running: KeepersRow, *, approves: bool) -> str | None:
    """As who the caller may sign now."""
    if caller.person_id == running.leaver_id:
        return None if running.leaver_signed_at else "leaver"
    if caller.person_id == running.comer_id:
        return None if running.comer_signed_at else "comer"
    return "witness" if approves and running.leaver_signed_at and running.comer_signed_at else None


def _rows(session: Session, depot_id: UUID, handover_id: UUID | None = None) -> list[_Found]:
    leaver, comer, second = aliased(Person), aliased(Person), aliased(Person)
    statement = (
        select(KeeperHandover, Count, leaver, comer.name, second.name)
        .join(Count, Count.id == KeeperHandover.id)
        .join(leaver, leaver.id == KeeperHandover.leaver_id)
        .join(comer, comer.id == KeeperHandover.comer_id)
        .outerjoin(second, second.id == KeeperHandover.witness_id)
        .where(KeeperHandover.depot_id == depot_id)
        .order_by(KeeperHandover.started_at.desc(), KeeperHandover.id.desc())
        .limit(50)
    )
    if handover_id is not None:
        statement = statement.where(KeeperHandover.id == handover_id)
    return [
        _Found(
            KeepersRow(
                one.id,
                count.state,
                left.name,
                came,
                witness,
                one.reason,
                one.note,
                one.started_at,
                one.leaver_signed_at,
                one.comer_signed_at,
                one.witness_signed_at,
                one.leaver_id,
                one.comer_id,
            ),
            count,
            left,
        )
        for one, count, left, came, witness in session.execute(statement)
    ]


def _asked(session: Session, asked: Asked) -> tuple[Depot, _Found]:
    wanted = asked.id("handover")
    if wanted is None or not is_reached(session, asked.caller, KeeperHandover, wanted, KeeperHandover.depot_id):
        raise not_found(N_("there is no handover with this id"))
    handover = session.get_one(KeeperHandover, wanted)
    return session.get_one(Depot, handover.depot_id), _rows(session, handover.depot_id, handover.id)[0]


def _protocol(session: Session, asked: Asked) -> Iterator[dict[str, Any]]:
    """Every counted line, those that differ among them."""
    _, found = _asked(session, asked)
    yield from (told_line(line) for line in report(session, found.count))


def _about(session: Session, asked: Asked) -> tuple[str, str]:
    depot, found = _asked(session, asked)
    row = found.row
    names = f"{row.leaver} → {row.comer} · {row.witness or '–'} · {row.started_at:%Y-%m-%d}"
    return f"{depot.name_zh} · {names}", f"{depot.name_en} · {names}"


def _column(name: str, heading: str, kind: str = "text", width: int = 12) -> Column:
    return Column(heading, lambda line, _: line[name] if line[name] is not None else "", kind, width)


PROTOCOL = Listing(
    "keeper-handover",
    N_("Keeper handover protocol"),
    (
        _column("item", N_("Item code"), "code", 12),
        Column(N_("Item"), lambda line, language: line[f"item_{language}"], "text", 26),
        _column("number", N_("Lot or serial number"), "code", 16),
        Column(N_("Place"), lambda line, language: line[f"place_{language}"], "text", 26),
        _column("book", N_("Book"), "text", 9),
        _column("counted", N_("Counted"), "text", 9),
        _column("difference", N_("Difference"), "text", 10),
    ),
    _protocol,
    _about,
    (N_("Leaving keeper"), N_("Coming keeper"), N_("Witness"), N_("Date of signature")),
)
