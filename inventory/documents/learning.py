"""A product code that a keeper has matched by hand: found by the next scan within reach, until an officer decides.

It is a proposal like any other: approved by somebody else it names the item for the whole city, refused it is
forgotten. It never stands against a code that the catalogue knows.
"""

from decimal import Decimal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.ids import derived_id
from core.languages import N_
from depots.models import Depot
from inventory.catalogue.models import Item
from inventory.documents.makers_codes import MakersCode
from inventory.documents.models import Proposal, ProposalState
from inventory.telling.scene import Scene
from people.policy import Act, Caller, reach

LEARNT = N_("a keeper chose this item for this code; look whether it is right, an officer has not confirmed it yet")


def matched_by_hand(session: Session, caller: Caller, product: str) -> Item | None:
    """The item that keepers within the caller's reach have matched a code to; None where they do not agree."""
    meant = (
        select(Proposal.item_id)
        .join(Depot, Depot.id == Proposal.depot_id)
        .where(
            Proposal.gtin == product,
            Proposal.state == ProposalState.OPEN,
            reach(caller, Act.SEE, Depot.id, Depot.district_code),
        )
    )
    found = session.execute(select(Item).where(Item.id.in_(meant), Item.active).limit(2)).scalars().all()
    return found[0] if len(found) == 1 else None


def learn(scene: Scene, depot_id: UUID, code: MakersCode, item: Item) -> UUID | None:
    """Propose what a keeper has matched by hand, once; what has been decided at this depot is not asked again.

    ``code`` names a product that the catalogue does not know. Returns the proposal if it is new.
    """
    there = select(Proposal).where(Proposal.depot_id == depot_id, Proposal.gtin == code.product)
    rows = scene.session.execute(there.with_for_update()).scalars().all()
    waiting = next((row for row in rows if row.state == ProposalState.OPEN), None)
    if waiting is not None:
        if waiting.item_id is None or waiting.by_id == scene.caller.person_id:
            waiting.item_id = item.id
        return None
    if any(row.item_id == item.id for row in rows):
        return None
    proposal = Proposal(
        id=derived_id(scene.entry.id, "matched"),
        depot_id=depot_id,
        gtin=code.product,
        raw=code.raw.replace("\x1d", "<GS>")[:300],
        name=item.name_zh if scene.caller.language == "zh" else item.name_en[:100],
        unit=item.unit_zh if scene.caller.language == "zh" else item.unit_en,
        contains=Decimal(1),
        item_id=item.id,
        by_id=scene.caller.person_id,
        at=scene.happened_at,
    )
    scene.session.add(proposal)
    scene.session.flush()
    return proposal.id
