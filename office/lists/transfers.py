"""Transfers: a row per document, those that are not closed in front. Seen from either of its depots."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session, aliased

from core.languages import N_
from depots.models import Depot, District
from inventory.catalogue.models import Item
from inventory.documents.models import Transfer, TransferLine, TransferState
from inventory.documents.transfers import ENTRIES, RejectTransfer
from inventory.documents.transfers_view import STUCK_AFTER
from inventory.stock import reasons
from inventory.telling.entries import book_entry
from office.lists.common import (
    depot_values,
    districts_seen,
    either_depot,
    entry_id,
    first_of_lines,
    moment_column,
    names_of,
    seen_at,
    words_of_depot,
)
from office.tables import Act, Chip, Column, Join, Key, Reader, Table, Words
from people.models import Person
from people.policy import Act as May

_from: Any = aliased(Depot)
_to: Any = aliased(Depot)
_item: Any = aliased(Item)
_line: Any = aliased(TransferLine)
STATE_WORDS = {
    "stuck": N_("stuck on the way"),
    "sent": N_("on the way"),
    "requested": N_("asked for"),
    "closed": N_("arrived"),
    "lost": N_("lost on the way"),
    "rejected": N_("rejected"),
    "cancelled": N_("cancelled"),
}
MOODS = {"stuck": "bad", "sent": "warn", "requested": "warn", "closed": "good", "lost": "bad"}


def _state(reader: Reader) -> Any:
    """As the document says it; on the way for too long is stuck (T64), given up by both sides is lost."""
    stuck = Transfer.closed_at.is_(None) & (Transfer.sent_at < reader.now - STUCK_AFTER)
    signed = Transfer.sender_signed_loss_id.is_not(None) & Transfer.receiver_signed_loss_id.is_not(None)
    lost = (Transfer.state == TransferState.CLOSED) & signed
    plain = {state: state.value for state in TransferState}
    return case((stuck, "stuck"), (lost, "lost"), *((Transfer.state == state, word) for state, word in plain.items()))


def _open_first(_reader: Reader) -> Any:
    return case((Transfer.closed_at.is_(None), 0), else_=1), Transfer.asked_at


def _first(name: Any) -> Any:
    named = select(name).join(_line, _line.item_id == _item.id).where(_line.transfer_id == Transfer.id)
    return func.coalesce(named.correlate(Transfer).order_by(_item.code).limit(1).scalar_subquery(), "")


def _values(reader: Reader) -> Sequence[Any]:
    lines = select(func.count()).where(_line.transfer_id == Transfer.id).correlate(Transfer)
    return (
        Transfer.asked_at,
        Transfer.sent_at,
        Transfer.closed_at,
        Transfer.reason,
        *depot_values(_from, "source"),
        *depot_values(_to, "target"),
        Person.name.label("asked_by"),
        _state(reader).label("state"),
        _first(_item.name_zh).label("item_zh"),
        _first(_item.name_en).label("item_en"),
        lines.scalar_subquery().label("lines"),
    )


def _reject(session: Session, reader: Reader, keys: Sequence[Key], said: Mapping[str, str]) -> int:
    """Reject or call off those that are open; the others are over, perhaps since a moment ago."""
    ids = [transfer_id for (transfer_id,) in keys]
    still = select(Transfer.id).where(Transfer.id.in_(ids), Transfer.closed_at.is_(None))
    opened = list(session.execute(still.order_by(Transfer.id).with_for_update()).scalars())
    for transfer_id in opened:
        rejected = entry_id(said, "reject", transfer_id)
        entry = RejectTransfer(id=rejected, transfer=transfer_id, note=said.get("reason", ""))
        book_entry(session, reader.caller, entry, ENTRIES, reader.moment)
    return len(opened)


TRANSFERS = Table(
    name="transfers",
    title=N_("Transfers"),
    path="/transfers",
    base=Transfer,
    key=(Transfer.id,),
    joins=(
        Join(_from, _from.id == Transfer.from_depot_id),
        Join(_to, _to.id == Transfer.to_depot_id),
        Join(Person, Person.id == Transfer.asked_by_id),
    ),
    within=lambda reader: (seen_at(reader, _from, _to),),
    values=_values,
    columns=(
        Column(
            "state",
            N_("State"),
            lambda row: STATE_WORDS[row.state],
            "badge",
            mood=lambda row: MOODS.get(row.state, ""),
            sort=_open_first,
            shape=(int, datetime),
        ),
        Column("what", N_("What"), first_of_lines, width=26),
        Column(
            "from",
            N_("From depot"),
            lambda row: (row.source_zh, row.source_en),
            link=lambda row: f"/depots/{row.source}",
            sort=lambda _: _from.code,
            width=24,
        ),
        Column(
            "to",
            N_("To depot"),
            lambda row: (row.target_zh, row.target_en),
            link=lambda row: f"/depots/{row.target}",
            sort=lambda _: _to.code,
            width=24,
        ),
        moment_column("asked", N_("Asked for"), "asked_at", Transfer.asked_at),
        moment_column("sent", N_("Sent"), "sent_at"),
        moment_column("closed", N_("Closed"), "closed_at", extra=True),
        Column("by", N_("Handled by"), lambda row: row.asked_by),
        Column("reason", N_("Reason"), lambda row: reasons.in_both(row.reason), width=24),
    ),
    chips=(
        Chip("state", N_("State"), _state, STATE_WORDS),
        Chip("district", N_("District"), lambda _: _to.district_code, names=names_of(District), known=districts_seen),
        Chip(
            "depot",
            N_("Depot"),
            None,
            names=names_of(Depot),
            many=True,
            where=either_depot(Transfer.from_depot_id, Transfer.to_depot_id),
        ),
        Chip("from_depot", N_("From depot"), lambda _: _from.code, names=names_of(Depot), many=True),
        Chip("to_depot", N_("To depot"), lambda _: _to.code, names=names_of(Depot), many=True),
    ),
    words=(words_of_depot(Transfer.from_depot_id), words_of_depot(Transfer.to_depot_id), Words((Transfer.reason,))),
    order="state",
    acts=(Act("reject", N_("Reject"), _reject, May.KEEP, ("reason",), "r"),),
    acts_may=May.KEEP,
    empty=N_("Nothing was asked for or sent."),
)
