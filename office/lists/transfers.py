"""Transfers: a row per document, those that are not closed in front. Seen from either of its depots."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import case, func, or_, select
from sqlalchemy.orm import Session, aliased

from core.ids import derived_id
from core.languages import N_
from depots.models import Depot, District
from inventory.catalogue.models import Item
from inventory.documents.models import Transfer, TransferLine, TransferState
from inventory.documents.transfers import ENTRIES, RejectTransfer
from inventory.documents.transfers_view import STUCK_AFTER
from inventory.telling.entries import tell
from inventory.telling.forms import form_id
from office.lists.common import names_of, words_of_depot
from office.tables import Act, Chip, Column, Join, Key, Reader, Table, Words
from people.models import Person
from people.policy import Act as May
from people.policy import reach

_from: Any = aliased(Depot)
_to: Any = aliased(Depot)
_item: Any = aliased(Item)
_line: Any = aliased(TransferLine)
STATE_WORDS = {
    "stuck": N_("stuck on the way"),
    "sent": N_("on the way"),
    "requested": N_("asked for"),
    "closed": N_("arrived"),
    "rejected": N_("rejected"),
    "cancelled": N_("cancelled"),
}
MOODS = {"stuck": "bad", "sent": "warn", "requested": "warn", "closed": "good"}


def _state(reader: Reader) -> Any:
    """As the document says it; what has been on the way for too long is stuck (T64)."""
    stuck = Transfer.closed_at.is_(None) & (Transfer.sent_at < reader.now - STUCK_AFTER)
    plain = {state: state.value for state in TransferState}
    return case((stuck, "stuck"), *((Transfer.state == state, word) for state, word in plain.items()))


def _open_first(_reader: Reader) -> Any:
    return case((Transfer.closed_at.is_(None), 0), else_=1), Transfer.asked_at


def _within(reader: Reader) -> Sequence[Any]:
    return (or_(*(reach(reader.caller, May.SEE, depot.id, depot.district_code) for depot in (_from, _to))),)


def _either_depot(_reader: Reader, codes: Sequence[str]) -> Any:
    return or_(_from.code.in_(codes), _to.code.in_(codes))


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
        _from.code.label("source"),
        _from.name_zh.label("source_zh"),
        _from.name_en.label("source_en"),
        _to.code.label("target"),
        _to.name_zh.label("target_zh"),
        _to.name_en.label("target_en"),
        Person.name.label("asked_by"),
        _state(reader).label("state"),
        _first(_item.name_zh).label("item_zh"),
        _first(_item.name_en).label("item_en"),
        lines.scalar_subquery().label("lines"),
    )


def _reject(session: Session, reader: Reader, keys: Sequence[Key], said: Mapping[str, str]) -> int:
    for number, (transfer_id,) in enumerate(keys):
        entry_id = derived_id(form_id({"id": said.get("form", "")}), "reject", number)
        entry = RejectTransfer(id=entry_id, transfer=transfer_id, note=said.get("reason", ""))
        tell(session, reader.caller, entry, ENTRIES, reader.moment)
    return len(keys)


def _what(row: Any) -> tuple[str, str]:
    more = f" +{row.lines - 1}" if row.lines > 1 else ""
    return f"{row.item_zh}{more}", f"{row.item_en}{more}"


def _moment(name: str, title: str, of: str, column: Any = None, *, extra: bool = False) -> Column:
    sort = None if column is None else (lambda _: column)
    return Column(name, title, lambda row: getattr(row, of), "moment", sort=sort, shape=datetime, extra=extra, width=17)


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
    within=_within,
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
        Column("what", N_("What"), _what, width=26),
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
        _moment("asked", N_("Asked for"), "asked_at", Transfer.asked_at),
        _moment("sent", N_("Sent"), "sent_at"),
        _moment("closed", N_("Closed"), "closed_at", extra=True),
        Column("by", N_("Handled by"), lambda row: row.asked_by),
        Column("reason", N_("Reason"), lambda row: row.reason, width=24),
    ),
    chips=(
        Chip("state", N_("State"), _state, STATE_WORDS),
        Chip("district", N_("District"), lambda _: _to.district_code, names=names_of(District)),
        Chip("depot", N_("Depot"), None, names=names_of(Depot), many=True, where=_either_depot),
        Chip("from_depot", N_("From depot"), lambda _: _from.code, names=names_of(Depot), many=True),
        Chip("to_depot", N_("To depot"), lambda _: _to.code, names=names_of(Depot), many=True),
    ),
    words=(words_of_depot(Transfer.from_depot_id), words_of_depot(Transfer.to_depot_id), Words((Transfer.reason,))),
    order="state",
    acts=(Act("reject", N_("Reject"), _reject, May.KEEP, ("reason",), "r"),),
    acts_may=May.KEEP,
    empty=N_("Nothing was asked for or sent."),
)
