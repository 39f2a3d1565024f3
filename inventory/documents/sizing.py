"""The size of a piece that came without one (T49)."""

from sqlalchemy import select

from core.errors import bad_field
from core.languages import N_
from depots.models import Place
from inventory.catalogue.models import Tracking
from inventory.catalogue.sizes import read_size
from inventory.clocks.clocks import figures_changed
from inventory.stock.models import Stock
from inventory.telling.scene import Answer, NewEntry, Scene, Verbs
from people.policy import Act


class NoteSize(NewEntry, tag="note-size", kw_only=True):
    """The size that stands on a piece."""

    thing: str
    size: str


def note_size(scene: Scene, entry: NoteSize) -> Answer:
    """Write a piece's size down. Of a batch it is told when it comes in: another size is another batch."""
    lot, item = scene.lot(entry.thing, "thing")
    if item.tracking != Tracking.SERIAL:
        raise bad_field("thing", N_("only of single pieces the size is noted afterwards; a batch comes in with it"))
    size = read_size(item.sizes, entry.size, "size")
    depots = set(
        scene.session.execute(
            select(Place.depot_id)
            .join(Stock, Stock.place_id == Place.id)
            .where(Stock.lot_id == lot.id, Stock.quantity > 0, ~Stock.outside)
        ).scalars()
    )
    if not depots:
        raise bad_field("thing", N_("this is not at that place any more; scan it again"))
    for depot_id in sorted(depots):
        scene.depot_of(depot_id, Act.KEEP)
    lot.size = size
    figures_changed(scene.session, {(depot_id, item.id) for depot_id in depots})
    return {"size": size}


ENTRIES: Verbs = {NoteSize: note_size}
