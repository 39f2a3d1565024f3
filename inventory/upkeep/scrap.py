"""Scrap: proposed by a keeper, approved by an officer, and proved when it is done (XF 95-2015 7.3 to 7.5; T36)."""

from decimal import Decimal
from typing import Literal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.digests import digest_of_content
from core.errors import bad_field, conflict, not_found
from core.inputs import clean_text
from core.languages import N_
from depots.models import Place, PlaceKind
from depots.places import standing_place_id
from inventory.booking.at_hand import check_not_sent
from inventory.catalogue.models import Item, Tracking
from inventory.faults.faults import close_defect
from inventory.faults.models import Defect, DefectState
from inventory.stock import reasons
from inventory.stock.models import Kind, Lot, Stock
from inventory.stock.rules import EXTINGUISHERS
from inventory.telling.moving import Move, move
from inventory.telling.photos import attach_photos
from inventory.telling.scene import Answer, NewEntry, Scene, Verbs
from inventory.upkeep.models import OPEN_STATES, Scrap, ScrapPhoto, ScrapState
from people.policy import Act


class ProposeScrap(NewEntry, tag="propose-scrap", kw_only=True):
    """A piece has reached its age, or cannot be mended."""

    thing: str
    reason: str


class DecideScrap(NewEntry, tag="decide-scrap", kw_only=True):
    """An officer says yes or no."""

    scrap: UUID
    approve: bool
    note: str = ""


class Scrapped(NewEntry, tag="scrapped", kw_only=True):
    """It is done: how, who has the remains, and a photo of it. Extinguishers are crushed or cut, never drilled."""

    scrap: UUID
    method: Literal["crushed", "cut", "handed_over"]
    receiver: str


def propose_scrap(scene: Scene, entry: ProposeScrap) -> Answer:
    """Ask for a piece to be scrapped. It stays in the book until it is."""
    lot, _ = scene.lot(entry.thing, "thing")
    scrap = propose(scene, lot.id, entry.reason)
    _keep_photos(scene, scrap, proof=False)
    if scrap.state == ScrapState.APPROVED and scrap.signed != content_of(scene.session, scrap):
        _unsign(scrap)
    return {"scrap": str(scrap.id)}


def _keep_photos(scene: Scene, scrap: Scrap, *, proof: bool) -> None:
    """Bind the entry's photos to the proposal, so that its protocol shows them."""
    attach_photos(scene)
    kept = set(scene.session.execute(select(ScrapPhoto.photo_id).where(ScrapPhoto.scrap_id == scrap.id)).scalars())
    for photo_id in dict.fromkeys(scene.entry.photos):
        if photo_id not in kept:
            scene.session.add(ScrapPhoto(scrap_id=scrap.id, photo_id=photo_id, proof=proof))
    scene.session.flush()


def content_of(session: Session, scrap: Scrap) -> str:
    """What an officer approves: this piece, at this depot, in this condition, for this reason, as these photos show."""
    photos = select(ScrapPhoto.photo_id).where(ScrapPhoto.scrap_id == scrap.id, ~ScrapPhoto.proof)
    condition = session.execute(select(Lot.condition).where(Lot.id == scrap.lot_id)).scalar_one()
    shown = sorted(session.execute(photos).scalars())
    return digest_of_content([scrap.lot_id, scrap.depot_id, scrap.reason, condition, shown])


def _unsign(scrap: Scrap) -> None:
    """The approval falls; the proposal waits for a decision again."""
    scrap.state, scrap.signed = ScrapState.PROPOSED, ""
    scrap.decided_by_id = scrap.decided_at = None


def propose(scene: Scene, lot_id: UUID, reason: str) -> Scrap:
    """A proposal for a piece; the one that stands open, if there is one."""
    session = scene.session
    row = session.execute(
        select(Place.depot_id, Item.tracking)
        .join(Stock, Stock.place_id == Place.id)
        .join(Item, Item.id == Stock.item_id)
        .where(Stock.lot_id == lot_id, ~Stock.outside, Stock.quantity > 0)
    ).first()
    if row is None:
        raise not_found(N_("this is not at that place any more; scan it again"))
    if row.tracking != Tracking.SERIAL:
        raise bad_field("thing", N_("single pieces are scrapped by proposal; of a batch, dispose of what is spoilt"))
    scene.depot_of(row.depot_id, Act.KEEP)
    standing = session.execute(
        select(Scrap).where(Scrap.lot_id == lot_id, Scrap.state.in_(OPEN_STATES)).with_for_update()
    ).scalar_one_or_none()
    if standing is not None:
        return standing
    scrap = Scrap(
        id=scene.next_id(),
        depot_id=row.depot_id,
        lot_id=lot_id,
        reason=clean_text(reason, "reason", 500, required=True),
        proposed_by_id=scene.caller.person_id,
        proposed_at=scene.happened_at,
    )
    session.add(scrap)
    session.flush()
    return scrap


def _the_scrap(scene: Scene, scrap_id: UUID, act: Act) -> Scrap:
    return scene.document(Scrap, scrap_id, N_("there is no such proposal"), act)


def decide_scrap(scene: Scene, entry: DecideScrap) -> Answer:
    """Approve or reject; not one's own proposal."""
    scrap = _the_scrap(scene, entry.scrap, Act.APPROVE)
    content = content_of(scene.session, scrap)
    if scrap.state != ScrapState.PROPOSED and not (scrap.state == ScrapState.APPROVED and scrap.signed != content):
        raise conflict("decided", N_("this proposal is decided already"))
    if scrap.proposed_by_id == scene.caller.person_id:
        raise conflict("same-person", N_("somebody else approves what one has proposed"))
    scrap.state = ScrapState.APPROVED if entry.approve else ScrapState.REJECTED
    scrap.signed = content
    scrap.decided_by_id, scrap.decided_at = scene.caller.person_id, scene.happened_at
    scrap.decision_note = clean_text(entry.note, "note", 500, required=not entry.approve)
    scene.session.flush()
    return {"scrap": str(scrap.id), "state": scrap.state}


def scrapped(scene: Scene, entry: Scrapped) -> Answer:
    """The piece leaves the book, with its proof; its faults are closed."""
    session = scene.session
    scrap = _the_scrap(scene, entry.scrap, Act.KEEP)
    if scrap.state != ScrapState.APPROVED:
        raise conflict("not-approved", N_("an officer approves this first"))
    if scrap.signed != content_of(session, scrap):
        raise conflict("changed-since", N_("it is not what was approved any more; an officer approves it anew"))
    lot = session.get_one(Lot, scrap.lot_id)
    item = session.get_one(Item, lot.item_id)
    if item.category_code == EXTINGUISHERS and entry.method == "handed_over":
        raise bad_field("method", N_("an extinguisher's body is crushed or cut"))
    if not entry.photos:
        raise bad_field("photos", N_("a photo proves it"))
    receiver = clean_text(entry.receiver, "receiver", 100, required=True)
    _keep_photos(scene, scrap, proof=True)
    place_id = session.execute(
        select(Stock.place_id).where(Stock.lot_id == lot.id, ~Stock.outside, Stock.quantity > 0)
    ).scalar_one_or_none()
    if place_id is None:
        raise not_found(N_("this is not at that place any more; scan it again"))
    place = session.get_one(Place, place_id)
    check_not_sent(session, place.id, scene.happened_at, "scrap")
    from_depot = place.depot_id
    for defect_id in _open_faults(session, lot.id):
        close_defect(session, scene.caller, defect_id, f"scrapped: {receiver}", scene.now)
    disposed = standing_place_id(from_depot, PlaceKind.DISPOSED)
    why = reasons.SCRAPPED[entry.method](why=scrap.reason)
    disposal = Move(Kind.DISPOSE, lot.id, Decimal(1), place_id, disposed, why, seen_at=scene.happened_at)
    move(scene, [disposal], signed=True)
    scrap.state, scrap.method, scrap.receiver = ScrapState.DONE, entry.method, receiver
    scrap.done_by_id, scrap.done_at = scene.caller.person_id, scene.happened_at
    session.flush()
    return {"scrap": str(scrap.id), "state": scrap.state}


def _open_faults(session: Session, lot_id: UUID) -> list[UUID]:
    statement = select(Defect.id).where(Defect.lot_id == lot_id, Defect.state != DefectState.CLOSED)
    return list(session.execute(statement).scalars())


ENTRIES: Verbs = {ProposeScrap: propose_scrap, DecideScrap: decide_scrap, Scrapped: scrapped}
