"""What a piece takes along to another depot besides itself: what is open against it, and against all that is in it."""

from uuid import UUID

from sqlalchemy import update

from inventory.catalogue.models import Item, Tracking
from inventory.documents.models import Transfer
from inventory.faults.models import Defect, DefectState
from inventory.stock.carrying import pieces_in
from inventory.stock.models import Lot
from inventory.telling.scene import Scene
from inventory.upkeep.models import OPEN_STATES, Scrap, ScrapState


def bring_along(scene: Scene, lot: Lot, item: Item, transfer: Transfer, place_id: UUID) -> None:
    """A single piece takes its open faults along, and proposals, decided anew there; it lives there now (T68).

    So does each piece that is in it: what a vehicle or kit brings along is of the receiver's keeping, faults and all.
    """
    if item.tracking != Tracking.SERIAL:
        return
    lot.home_place_id = place_id
    here, there = transfer.from_depot_id, transfer.to_depot_id
    aboard = pieces_in(scene.session, lot.id)
    scene.session.execute(
        update(Defect)
        .where(Defect.lot_id == lot.id, Defect.depot_id == here, Defect.state != DefectState.CLOSED)
        .values(depot_id=there, place_id=place_id)
    )
    scene.session.execute(
        update(Defect)
        .where(Defect.lot_id.in_(aboard), Defect.depot_id == here, Defect.state != DefectState.CLOSED)
        .values(depot_id=there)
    )
    scene.session.execute(
        update(Scrap)
        .where(Scrap.lot_id.in_([lot.id, *aboard]), Scrap.depot_id == here, Scrap.state.in_(OPEN_STATES))
        .values(depot_id=there, state=ScrapState.PROPOSED, signed="", decided_by_id=None, decided_at=None)
    )
