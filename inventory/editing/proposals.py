"""Products that keepers scanned and the catalogue does not know, within reach of who decides what they are."""

from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.quantities import write_quantity
from depots.models import Depot
from inventory.catalogue.models import Item
from inventory.documents.models import Proposal, ProposalState
from people.models import Person
from people.policy import Act, Caller, reach

SHOWN = 200


class ProposalRow(msgspec.Struct, frozen=True):
    """A product as it was proposed."""

    id: UUID
    depot: str
    depot_zh: str
    depot_en: str
    gtin: str | None
    raw: str
    name: str
    unit: str
    contains: str
    item: str | None  # the keeper's own guess
    note: str
    by: str
    mine: bool
    at: datetime


def open_proposals(session: Session, caller: Caller) -> list[ProposalRow]:
    """What waits for a decision, the oldest first. One query."""
    statement = (
        select(Proposal, Depot, Person.name, Item.code)
        .join(Depot, Depot.id == Proposal.depot_id)
        .join(Person, Person.id == Proposal.by_id)
        .outerjoin(Item, Item.id == Proposal.item_id)
        .where(Proposal.state == ProposalState.OPEN, reach(caller, Act.APPROVE, Depot.id, Depot.district_code))
        .order_by(Proposal.at, Proposal.id)
        .limit(SHOWN)
    )
    return [
        ProposalRow(
            one.id,
            depot.code,
            depot.name_zh,
            depot.name_en,
            one.gtin,
            one.raw,
            one.name,
            one.unit,
            write_quantity(one.contains),
            code,
            one.note,
            name,
            one.by_id == caller.person_id,
            one.at,
        )
        for one, depot, name, code in session.execute(statement)
    ]
