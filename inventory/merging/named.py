"""What names a line that is merged, in the catalogue and in whatever is not yet over: it names the other line."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from inventory.catalogue.models import Item, ItemFile, KitLine
from inventory.clocks.models import MaintenancePlan
from inventory.documents.models import PackCode, Proposal, ProposalState, Restocked
from inventory.finding.models import CapabilityPart, Need, Reservation, Synonym
from inventory.planner.models import Plan, PlanLine, PlanState
from inventory.watch.models import Watch

LONGEST_WORD = 60
LONGEST_LIST = 300


def name_other(session: Session, item: Item, into: Item, today: date) -> None:
    """Let words, product codes, kits, plans and open papers of ``item`` be those of ``into``."""
    _words(session, item, into)
    _codes(session, item, into)
    _parts(session, item, into)
    _lists(session, item.code, into.code)
    _papers(session, item, into, today)
    _files(session, item, into)
    session.flush()


def _words(session: Session, item: Item, into: Item) -> None:
    """Whoever looks for the old code or name finds the other line, and so does an import that writes them."""
    known = select(Synonym).where(Synonym.item_id.in_((item.id, into.id)))
    rows = list(session.execute(known).scalars())
    words = {row.word.casefold(): row.word for row in rows if row.item_id == item.id}
    for word in (item.code, item.name_zh, item.name_en):
        words.setdefault(word.casefold(), word)
    there = {row.word.casefold() for row in rows if row.item_id == into.id}
    there |= {into.code.casefold(), into.name_zh.casefold(), into.name_en.casefold()}
    for row in rows:
        if row.item_id == item.id:
            session.delete(row)
    new = {word for folded, word in words.items() if folded not in there and 0 < len(word) <= LONGEST_WORD}
    session.add_all(Synonym(item_id=into.id, word=word) for word in sorted(new))


def _codes(session: Session, item: Item, into: Item) -> None:
    """A scan of either product code opens the line that is left (T78)."""
    session.execute(update(PackCode).where(PackCode.item_id == item.id).values(item_id=into.id))
    gtin, item.gtin = item.gtin, None
    session.flush()
    if gtin and not into.gtin:
        into.gtin = gtin
    elif gtin and session.get(PackCode, gtin) is None:
        session.add(PackCode(gtin=gtin, item_id=into.id, contains=Decimal(1)))


def _parts(session: Session, item: Item, into: Item) -> None:
    """What it belongs in holds so many of the other. Of two lists of contents that of the line that is left stands."""
    for line in list(session.execute(select(KitLine).where(KitLine.item_id == item.id)).scalars()):
        there = session.get(KitLine, (line.kit_item_id, into.id))
        if there is None:
            session.add(
                KitLine(kit_item_id=line.kit_item_id, item_id=into.id, quantity=line.quantity, role=line.role)
            )  # fmt: skip
        else:
            there.quantity += line.quantity
        session.delete(line)
    session.flush()
    has_own = session.execute(select(KitLine.item_id).where(KitLine.kit_item_id == into.id).limit(1)).first()
    for line in list(session.execute(select(KitLine).where(KitLine.kit_item_id == item.id)).scalars()):
        if has_own is None:
            values = line.model_dump(exclude={"kit_item_id"})
            session.add(KitLine(**values, kit_item_id=into.id))
        session.delete(line)


def _lists(session: Session, code: str, into: str) -> None:
    tables: Sequence[Any] = (Need, CapabilityPart)
    for table in tables:
        for row in session.execute(select(table).where(table.items.contains(code, autoescape=True))).scalars():
            codes = [into if one == code else one for one in row.items.split()]
            written = " ".join(dict.fromkeys(codes))
            if len(written) <= LONGEST_LIST:
                row.items = written


def _papers(session: Session, item: Item, into: Item, today: date) -> None:
    moved: dict[Any, tuple[Any, ...]] = {
        MaintenancePlan: (),
        Reservation: (),
        Proposal: (Proposal.state == ProposalState.OPEN,),
        Watch: (Watch.ends_on >= today, Watch.ended_on.is_(None)),
        PlanLine: (PlanLine.plan_id.in_(select(Plan.id).where(Plan.state.in_((PlanState.RUNNING, PlanState.DONE)))),),
    }
    for table, conditions in moved.items():
        statement = update(table).where(table.item_id == item.id, *conditions).values(item_id=into.id)
        session.execute(statement.execution_options(synchronize_session=False))
    for row in list(session.execute(select(Restocked).where(Restocked.item_id == item.id)).scalars()):
        there = session.get(Restocked, (row.incident_id, into.id))
        if there is None:
            session.add(Restocked(**row.model_dump(exclude={"item_id"}), item_id=into.id))
        else:
            there.quantity += row.quantity
        session.delete(row)


def _files(session: Session, item: Item, into: Item) -> None:
    """Photos and papers; one that both have stays once."""
    there = set(session.execute(select(ItemFile.file_hash).where(ItemFile.item_id == into.id)).scalars())
    for file in list(session.execute(select(ItemFile).where(ItemFile.item_id == item.id)).scalars()):
        if file.file_hash in there:
            session.delete(file)
        else:
            file.item_id = into.id
