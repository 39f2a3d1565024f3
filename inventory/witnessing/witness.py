"""Asking for a second person before controlled gear leaves, and the second person's word (T96).

The second person confirms signed in by themselves, on their own phone or page. Typing one's password into another
person's phone is not offered: it teaches people to give passwords away, the phone may keep it, and the ledger could not
tell who truly typed it.
"""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import bad_field, conflict
from core.inputs import clean_text
from core.languages import N_
from core.quantities import read_quantity
from inventory.booking.keeping import load_digest, load_of
from inventory.booking.models import HandOut
from inventory.catalogue.models import Item
from inventory.catalogue.naming import item_named
from inventory.stock.models import Lot, Stock
from inventory.stock.rules import fits_decimals
from inventory.telling.scene import Answer, NewEntry, Scene, Verbs
from people.policy import Act

GOOD_FOR = timedelta(minutes=15)  # from asking to taking: the second person stands beside


class AskWitness(NewEntry, tag="ask-witness", kw_only=True):
    """Somebody is about to take controlled gear, and asks for a second person. The hand-out has the entry's id."""

    depot: str
    thing: str | None = None  # a lot or its label; or any of an item
    item: str | None = None
    quantity: str = "1"
    reason: str = ""


class Witness(NewEntry, tag="witness", kw_only=True):
    """The second person says yes or no, signed in by themselves."""

    hand_out: UUID
    agree: bool


def ask_witness(scene: Scene, entry: AskWitness) -> Answer:
    """Ask. Nothing moves; whoever may take at the depot may confirm."""
    depot = scene.depot(entry.depot, Act.TAKE)
    if (entry.thing is None) == (entry.item is None):
        raise bad_field("thing", N_("say what it is: an item's code, a label's code or a lot"))
    lot: Lot | None = None
    if entry.thing is not None:
        lot, item = scene.lot(entry.thing, "thing")
    else:
        item = _item(scene.session, entry.item or "")
    if not item.controlled and not (lot is not None and item.holds and load_of(scene.session, lot.id)):
        raise bad_field("thing", N_("this is not controlled gear; it is taken without a second person"))
    quantity = read_quantity(entry.quantity)
    if not fits_decimals(quantity, item.decimals):
        raise bad_field("quantity", N_("this item is counted in whole numbers or with fewer decimals"))
    if not _is_here(scene.session, depot.id, item.id, lot):
        raise conflict("not-enough-stock", N_("none of this is at this depot"), extra={"available": "0"})
    hand_out = HandOut(
        id=entry.id,
        depot_id=depot.id,
        item_id=item.id,
        lot_id=lot.id if lot else None,
        quantity=quantity,
        reason=clean_text(entry.reason, "reason", 200),
        asked_by_id=scene.caller.person_id,
        asked_at=scene.happened_at,
        ends_at=scene.happened_at + GOOD_FOR,
    )
    scene.session.add(hand_out)
    scene.session.flush()
    return {"hand_out": str(hand_out.id), "until": hand_out.ends_at.isoformat()}


def _item(session: Session, code: str) -> Item:
    item = item_named(session, code)
    if item is None:
        raise bad_field("item", N_("there is no item with the code {code}"), code=code)
    return item


def _is_here(session: Session, depot_id: UUID, item_id: UUID, lot: Lot | None) -> bool:
    statement = select(Stock.lot_id).where(
        Stock.depot_id == depot_id, Stock.item_id == item_id, ~Stock.outside, Stock.quantity > 0
    )
    if lot is not None:
        statement = statement.where(Stock.lot_id == lot.id)
    return session.execute(statement.limit(1)).first() is not None


def witness(scene: Scene, entry: Witness) -> Answer:
    """Confirm or refuse somebody else's hand-out, while it is fresh."""
    hand_out = scene.document(HandOut, entry.hand_out, N_("nobody asks for this"), Act.TAKE)
    if hand_out.asked_by_id == scene.caller.person_id:
        raise conflict("same-person", N_("the second person is another one than who takes it"))
    if hand_out.answered_at is not None:
        raise conflict("answered", N_("this is answered already"))
    if scene.happened_at > hand_out.ends_at:
        raise conflict("too-late", N_("this has run out; it is asked for anew"))
    hand_out.witness_id, hand_out.answered_at = scene.caller.person_id, scene.happened_at
    hand_out.agreed = entry.agree
    if hand_out.lot_id is not None and scene.session.get_one(Item, hand_out.item_id).holds:
        hand_out.load = load_digest(scene.session, hand_out.lot_id)
    scene.session.flush()
    return {"hand_out": str(hand_out.id), "agreed": entry.agree}


ENTRIES: Verbs = {AskWitness: ask_witness, Witness: witness}
