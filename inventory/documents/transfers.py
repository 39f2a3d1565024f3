"""Transfers between depots: asked for, sent by scanning, received in part, rejected, or lost with both sides signing.

What is on the way lies in the transfer's own place, which belongs to the sender until the receiver has signed (T64);
so every unit is in exactly one place at each moment, and sent = received + held + on the way + lost (T67).
"""

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.digests import digest_of_content
from core.errors import bad_field, conflict, forbidden
from core.inputs import clean_text
from core.languages import N_
from core.quantities import read_amount, read_quantity, write_quantity
from depots.models import LYING, STORAGE, Depot, DepotStatus, Place, PlaceKind
from depots.places import standing_place_id
from inventory.booking.at_hand import check_not_sent, check_sending
from inventory.catalogue.models import Item
from inventory.catalogue.naming import items_named
from inventory.documents.coming_along import bring_along
from inventory.documents.incidents import out_at
from inventory.documents.models import Transfer, TransferLine, TransferState
from inventory.documents.restocking import brought_for, incident_of
from inventory.stock import reasons
from inventory.stock.locks import status_of_depot
from inventory.stock.models import Condition, Kind, Lot, Stock
from inventory.stock.origins import goes_back, shelf_for
from inventory.telling.moving import Move, move
from inventory.telling.scene import Answer, NewEntry, Scene, Verbs
from people.policy import Act, may_at, require_at

ZERO = Decimal(0)


class AskedLine(msgspec.Struct, forbid_unknown_fields=True):
    """So much of an item, in pieces or boxes."""

    item: str
    quantity: str
    unit: str = "piece"


class Sent(msgspec.Struct, forbid_unknown_fields=True, rename={"source": "from"}):
    """So much of a lot, from a place where several have it."""

    thing: str
    quantity: str = "1"
    unit: str = "piece"
    source: str | None = None


class Arrival(msgspec.Struct, forbid_unknown_fields=True):
    """Of a lot so much arrived well, so much damaged. What is missing stays on the way.

    ``place``: onto which place of the receiver, where the lines go to several.
    """

    thing: str
    good: str = "0"
    damaged: str = "0"
    place: str | msgspec.UnsetType = msgspec.UNSET  # left out, it changes no digest


class AskTransfer(NewEntry, tag="ask-transfer", kw_only=True):
    """A depot asks another for gear. The transfer has the entry's id."""

    giver: str
    receiver: str
    lines: list[AskedLine]
    reason: str = ""
    incident: UUID | msgspec.UnsetType = msgspec.UNSET  # of the receiver, whose used up gear is restocked


class Dispatch(NewEntry, tag="dispatch", kw_only=True):
    """Goods leave: scanned into the transfer."""

    transfer: UUID
    lines: list[Sent]


class ReceiveTransfer(NewEntry, tag="receive-transfer", kw_only=True):
    """Goods arrive: well onto a place of the receiver, damaged into its hold. ``place``: of lines that name none."""

    transfer: UUID
    lines: list[Arrival]
    place: str | None = None


class RejectTransfer(NewEntry, tag="reject-transfer", kw_only=True):
    """The giver does not give, or the receiver does not take: what is on the way goes back by ``take-back``."""

    transfer: UUID
    note: str


class TakeBack(NewEntry, tag="take-back", kw_only=True):
    """The sender has what was on the way in hand again."""

    transfer: UUID
    place: str | None = None


class SignLoss(NewEntry, tag="sign-loss", kw_only=True):
    """One side signs that what is still on the way is lost; with both signatures it is booked so."""

    transfer: UUID
    side: str
    note: str = ""


def ask_transfer(scene: Scene, entry: AskTransfer) -> Answer:
    """Open a transfer; who keeps either depot may ask."""
    giver, receiver = _depot(scene.session, entry.giver, "giver"), _depot(scene.session, entry.receiver, "receiver")
    if giver.id == receiver.id:
        raise bad_field("receiver", N_("a transfer goes to another depot; inside a depot gear is moved"))
    own = [depot for depot in (receiver, giver) if _keeps(scene, depot)]
    if not own:
        require_at(scene.caller, Act.KEEP, receiver.id, receiver.district_code)
    scene.depot_id = own[0].id
    transfer = Transfer(
        id=entry.id,
        from_depot_id=giver.id,
        to_depot_id=receiver.id,
        reason=clean_text(entry.reason, "reason", 300),
        asked_by_id=scene.caller.person_id,
        asked_at=scene.happened_at,
        incident_id=incident_of(scene, entry.incident, receiver.id).id if entry.incident else None,
    )
    scene.session.add(transfer)
    scene.open_place(
        transfer.id, giver.id, PlaceKind.TRANSIT, f"在途：{receiver.name_zh}", f"On the way: {receiver.name_en}"
    )
    for item, quantity in _wanted(scene.session, entry.lines).values():
        scene.session.add(TransferLine(transfer_id=transfer.id, item_id=item.id, quantity=quantity))
    return {"transfer": str(transfer.id)}


def _keeps(scene: Scene, depot: Depot) -> bool:
    return may_at(scene.caller, Act.KEEP, depot.id, depot.district_code)


def _depot(session: Session, code: str, field: str) -> Depot:
    depot = session.execute(select(Depot).where(Depot.code == code)).scalar_one_or_none()
    if depot is None:
        raise bad_field(field, N_("there is no depot with the code {code}"), code=code)
    if status_of_depot(session, depot.id) == DepotStatus.CLOSED:
        raise bad_field(field, N_("this depot is closed; name one that is open"))
    return depot


def _wanted(session: Session, lines: list[AskedLine]) -> dict[UUID, tuple[Item, Decimal]]:
    if not lines:
        raise bad_field("lines", N_("say what is wanted"))
    items = items_named(session, {line.item for line in lines})
    wanted: dict[UUID, tuple[Item, Decimal]] = {}
    for line in lines:
        if line.item not in items:
            raise bad_field("item", N_("there is no item with the code {code}"), code=line.item)
        item = items[line.item]
        quantity = in_base_units(line.quantity, line.unit, item.pack_size)
        wanted[item.id] = (item, wanted.get(item.id, (item, ZERO))[1] + quantity)
    return wanted


def in_base_units(text: str, unit: str, pack_size: Decimal | None) -> Decimal:
    """A quantity in base units: boxes are compared in pieces (T66: two boxes of 20 are 40)."""
    quantity = read_quantity(text)
    if unit == "piece":
        return quantity
    if unit != "box":
        raise bad_field("unit", N_("the units are piece and box"))
    if pack_size is None:
        raise bad_field("unit", N_("no box size is known for this item; count it in pieces"))
    return quantity * pack_size


def _of_mine(scene: Scene, transfer_id: UUID) -> Transfer:
    """The transfer with this id that comes from or goes to a depot within the caller's reach."""
    ends = Transfer.from_depot_id, Transfer.to_depot_id
    return scene.documents(Transfer, transfer_id, N_("there is no transfer with this id"), *ends)


def _transfer(scene: Scene, transfer_id: UUID, side: str) -> Transfer:
    """A transfer that is not closed, for who keeps the depot of a side: ``giver`` or ``receiver``."""
    transfer = _of_side(scene, transfer_id, side)
    if transfer.closed_at is not None:
        raise conflict("closed", N_("this transfer is closed"))
    return transfer


def _of_side(scene: Scene, transfer_id: UUID, side: str) -> Transfer:
    transfer = _of_mine(scene, transfer_id)
    depot = scene.session.get_one(Depot, transfer.from_depot_id if side == "giver" else transfer.to_depot_id)
    if not _keeps(scene, depot):  # theirs to see, not to do: no 404
        giver = N_("who keeps the sending depot sends, takes back and signs for it")
        receiver = N_("who keeps the receiving depot receives, rejects what was sent and signs for it")
        raise forbidden(giver if side == "giver" else receiver)
    scene.depot_of(depot.id, Act.KEEP)
    return transfer


def dispatch(scene: Scene, entry: Dispatch) -> Answer:
    """Move what was scanned onto the way. Recalled or faulty goods do not travel as good ones."""
    transfer = _transfer(scene, entry.transfer, "giver")
    if transfer.state == TransferState.REJECTED:
        raise conflict("rejected", N_("the receiver refuses this transfer; take back what is on the way"))
    if not entry.lines:
        raise bad_field("lines", N_("say what is sent"))
    moves, reason = [], transfer.reason or reasons.TRANSFER
    for line in entry.lines:
        lot, item = scene.lot(line.thing, "thing")
        if lot.condition == Condition.QUARANTINED:
            raise conflict("on-hold", N_("this lot is on hold; it must not be used"))
        quantity = in_base_units(line.quantity, line.unit, lot.pack_size or item.pack_size)
        source = _source(scene, lot, transfer.from_depot_id, line.source, quantity)
        moves.append(Move(Kind.TRANSFER, lot.id, quantity, source, transfer.id, reason, seen_at=scene.happened_at))
    lines = move(scene, moves)
    _unsign(transfer)
    transfer.state = TransferState.SENT
    transfer.sent_at, transfer.sent_by_id = transfer.sent_at or scene.happened_at, scene.caller.person_id
    return {"sent": [{"lot": str(one.lot_id), "quantity": write_quantity(one.quantity)} for one in lines]}


def _source(scene: Scene, lot: Lot, depot_id: UUID, named: str | None, quantity: Decimal) -> UUID:
    """The place of the sender that a lot is taken from: the one named, else one that has enough."""
    if named is not None:
        place = scene.place(named, "from", Act.KEEP)
        if place.depot_id != depot_id:
            raise bad_field("from", N_("this place is at another depot"))
        if place.kind not in LYING:
            raise bad_field("from", N_("goods are sent from a shelf or the hold of the sending depot"))
        check_not_sent(scene.session, place.id, scene.happened_at, "from")
        check_sending(scene.session, scene.caller, place, late=scene.late)  # what is in a kit that is out is out (B14)
        return place.id
    rows = scene.session.execute(
        select(Stock.place_id, Stock.quantity)
        .join(Place, Place.id == Stock.place_id)
        .where(
            Stock.lot_id == lot.id,
            Stock.depot_id == depot_id,
            # what is in a kit or vehicle that is out is not here to be sent (B14)
            (Place.kind.in_(STORAGE) & Place.in_reach) | (Place.kind == PlaceKind.HOLD),
        )
        .order_by(Place.in_reach.desc(), Stock.quantity.desc(), Stock.place_id)
    ).all()
    if rows:
        return next((row.place_id for row in rows if row.quantity >= quantity), rows[0].place_id)
    raise conflict("not-enough-stock", N_("none of this is at the sending depot"), extra={"available": "0"})


def receive_transfer(scene: Scene, entry: ReceiveTransfer) -> Answer:
    """Sign for what arrived, line by line (T63); the receiver need never have had the item (T65)."""
    transfer = _transfer(scene, entry.transfer, "receiver")
    hold = standing_place_id(transfer.to_depot_id, PlaceKind.HOLD)
    told = []
    for line in entry.lines:
        lot, item = scene.lot_in(transfer.id, line.thing, "thing")  # nothing but what was sent arrives
        good, damaged = read_amount(line.good, "good"), read_amount(line.damaged, "damaged")
        if not good + damaged:
            continue
        shelf = _shelf(scene, line.place or entry.place, lot, item, transfer.to_depot_id)
        why = transfer.reason or reasons.TRANSFER
        moves = [Move(Kind.TRANSFER, lot.id, good, transfer.id, shelf, why, field="place")] if good else []
        if damaged:
            moves.append(Move(Kind.TRANSFER, lot.id, damaged, transfer.id, hold, reasons.ARRIVED_DAMAGED))
        move(scene, moves)
        _unsign(transfer)
        if good and transfer.incident_id is not None:
            brought_for(scene, incident_of(scene, transfer.incident_id, transfer.to_depot_id), item.code, good)
        bring_along(scene, lot, item, transfer, shelf if good else hold)
        told.append({"lot": str(lot.id), "good": write_quantity(good), "damaged": write_quantity(damaged)})
    open_lines = out_at(scene.session, transfer.id)
    if not open_lines:
        _close(scene, transfer, TransferState.CLOSED, "")
    return {"received": told, "on_the_way": [str(row.lot_id) for row in open_lines], "state": transfer.state}


def _unsign(transfer: Transfer) -> None:
    """Something else is on the way now than a side has signed for as lost."""
    transfer.sender_signed_loss_id, transfer.receiver_signed_loss_id, transfer.loss_signed = None, None, ""


def _shelf(scene: Scene, named: str | None, lot: Lot, item: Item, depot_id: UUID) -> UUID:
    if named is not None:
        place = scene.place(named, "place", Act.KEEP)
        if place.depot_id != depot_id or place.kind not in STORAGE:
            raise bad_field("place", N_("goods are received onto a shelf of the receiving depot"))
        return place.id
    home = shelf_for(scene.session, lot.id, lot.home_place_id, item.id, depot_id)
    if home is None:
        raise bad_field("place", N_("say where it goes"))
    return home.place_id


def _close(scene: Scene, transfer: Transfer, state: TransferState, note: str) -> None:
    transfer.state, transfer.closed_at, transfer.closing_note = state, scene.happened_at, note


def reject_transfer(scene: Scene, entry: RejectTransfer) -> Answer:
    """Before anything was sent either side calls it off; afterwards the receiver refuses, and the sender takes back."""
    transfer = _of_mine(scene, entry.transfer)
    note = clean_text(entry.note, "note", 300, required=True)
    if transfer.state == TransferState.REQUESTED:
        side = "giver" if _keeps(scene, scene.session.get_one(Depot, transfer.from_depot_id)) else "receiver"
        _close(scene, _transfer(scene, entry.transfer, side), TransferState.CANCELLED, note)
        return {"state": TransferState.CANCELLED}
    transfer = _transfer(scene, entry.transfer, "receiver")
    transfer.state, transfer.closing_note = TransferState.REJECTED, note
    return {"state": transfer.state, "on_the_way": [str(row.lot_id) for row in out_at(scene.session, transfer.id)]}


def take_back(scene: Scene, entry: TakeBack) -> Answer:
    """Put what is still on the way back on the sender's shelves, and close.

    Books from before receipts onto the way were refused may have gear with a transfer that is over: it gets off so.
    """
    transfer = _of_side(scene, entry.transfer, "giver")
    out = out_at(scene.session, transfer.id)
    if not out:
        _transfer(scene, entry.transfer, "giver")  # refuses one that is over
    # what is named is looked up first, also where nothing is on the way (rule 10)
    named = _own_shelf(scene, entry.place, transfer.from_depot_id) if entry.place is not None else None
    moves = []
    for row in out:
        lot = scene.session.get_one(Lot, row.lot_id)
        parts: list[tuple[UUID | None, Decimal]] = [(named, row.quantity)]
        if named is None:
            parts = goes_back(scene.session, lot, transfer.id, transfer.from_depot_id, row.quantity)
        hold = standing_place_id(transfer.from_depot_id, PlaceKind.HOLD)
        moves += [
            Move(Kind.TRANSFER, lot.id, part, transfer.id, target or hold, reasons.TAKEN_BACK, field="place")
            for target, part in parts
        ]
    move(scene, moves)
    if transfer.closed_at is None:
        rejected = transfer.state == TransferState.REJECTED
        _close(scene, transfer, TransferState.REJECTED if rejected else TransferState.CLOSED, transfer.closing_note)
    return {"taken_back": len({one.lot_id for one in moves})}


def _own_shelf(scene: Scene, named: str, depot_id: UUID) -> UUID:
    """A place of the sender: what is put anywhere else was received, which only the receiver signs for."""
    place = scene.place(named, "place", Act.KEEP)
    if place.depot_id != depot_id or place.kind not in LYING:
        raise bad_field("place", N_("what was on the way goes back onto a shelf of the sending depot"))
    return place.id


def _on_the_way(lines: Sequence[Stock]) -> str:
    """What a side signs for as lost: these lots and quantities, no others (B7)."""
    return digest_of_content([[line.lot_id, write_quantity(line.quantity)] for line in lines])


def sign_loss(scene: Scene, entry: SignLoss) -> Answer:
    """A side signs; the second signature books what is on the way as the sender's loss (T64).

    A signature holds for what was on the way then: after more was sent, received or taken back both sign anew.
    """
    if entry.side not in ("giver", "receiver"):
        raise bad_field("side", N_("the sides are giver and receiver"))
    transfer = _transfer(scene, entry.transfer, entry.side)
    open_lines = out_at(scene.session, transfer.id)
    if not open_lines:
        raise conflict("nothing-open", N_("nothing of this transfer is on the way"))
    if transfer.loss_signed != (content := _on_the_way(open_lines)):
        transfer.sender_signed_loss_id = transfer.receiver_signed_loss_id = None
        transfer.loss_signed = content
    if entry.side == "giver":
        transfer.sender_signed_loss_id = scene.caller.person_id
    else:
        transfer.receiver_signed_loss_id = scene.caller.person_id
    signed = [transfer.sender_signed_loss_id, transfer.receiver_signed_loss_id]
    if None in signed:
        return {"state": transfer.state, "signed": [str(one) for one in signed if one]}
    if signed[0] == signed[1]:
        raise conflict("same-person", N_("both sides sign, and they are two people"))
    lost = standing_place_id(transfer.from_depot_id, PlaceKind.LOST)
    reason = reasons.LOST_ON_THE_WAY(note=entry.note).strip()
    moves = [Move(Kind.ADJUST, row.lot_id, row.quantity, transfer.id, lost, reason) for row in open_lines]
    move(scene, moves, signed=True)
    _close(scene, transfer, TransferState.CLOSED, entry.note[:300])
    return {"state": transfer.state, "lost": len(open_lines)}


ENTRIES: Verbs = {
    AskTransfer: ask_transfer,
    Dispatch: dispatch,
    ReceiveTransfer: receive_transfer,
    RejectTransfer: reject_transfer,
    TakeBack: take_back,
    SignLoss: sign_loss,
}
