"""Disposals of single pieces as lists and protocols show them: who proposed, who approved, how it ended (T36)."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from core.errors import not_found
from core.languages import N_
from depots.models import Depot
from inventory.catalogue.models import Item
from inventory.listing.listing import Asked, Column, Listing, either, of, words
from inventory.stock.models import Lot
from inventory.upkeep.models import OPEN_STATES, Scrap, ScrapPhoto, ScrapState
from inventory.upkeep.scrap import content_of
from people.models import Person
from people.policy import Act, Caller, may_at, reach

STATE_WORDS = {
    ScrapState.PROPOSED: N_("waits for approval"),
    ScrapState.APPROVED: N_("approved, proof is missing"),
    ScrapState.REJECTED: N_("refused"),
    ScrapState.DONE: N_("disposed of"),
}
METHOD_WORDS = {"": "–", "crushed": N_("crushed"), "cut": N_("cut up"), "handed_over": N_("handed over whole")}


class ScrapRow(msgspec.Struct, frozen=True):
    """A piece that is to be disposed of, or has been."""

    id: UUID
    state: ScrapState
    depot: str
    depot_zh: str
    depot_en: str
    lot: UUID
    item: str
    item_zh: str
    item_en: str
    category: str
    mark: str
    reason: str
    proposed_by: str
    proposed_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    note: str
    method: str
    receiver: str
    done_by: str | None
    done_at: datetime | None


def _rows() -> Any:
    decider, doer, proposer = aliased(Person), aliased(Person), aliased(Person)
    return (
        select(
            Scrap.id,
            Scrap.state,
            Depot.code,
            Depot.name_zh,
            Depot.name_en,
            Scrap.lot_id,
            Item.code,
            Item.name_zh,
            Item.name_en,
            Item.category_code,
            func.coalesce(Lot.serial, Lot.number, ""),
            Scrap.reason,
            proposer.name,
            Scrap.proposed_at,
            decider.name,
            Scrap.decided_at,
            Scrap.decision_note,
            Scrap.method,
            Scrap.receiver,
            doer.name,
            Scrap.done_at,
        )
        .join(Depot, Depot.id == Scrap.depot_id)
        .join(Lot, Lot.id == Scrap.lot_id)
        .join(Item, Item.id == Lot.item_id)
        .join(proposer, proposer.id == Scrap.proposed_by_id)
        .outerjoin(decider, decider.id == Scrap.decided_by_id)
        .outerjoin(doer, doer.id == Scrap.done_by_id)
    )


def scraps(session: Session, caller: Caller, depot: str | None = None, limit: int = 100) -> list[ScrapRow]:
    """Disposals within reach: what waits for somebody first, the oldest first; then what is over, the newest first."""
    waiting = Scrap.state.in_(OPEN_STATES)
    within = [reach(caller, Act.SEE, Depot.id, Depot.district_code), *([Depot.code == depot] if depot else [])]
    stand = _rows().where(*within, waiting).order_by(Scrap.state.desc(), Scrap.proposed_at).limit(limit)
    over = _rows().where(*within, ~waiting).order_by(Scrap.proposed_at.desc(), Scrap.id.desc()).limit(limit)
    return [ScrapRow(*row) for statement in (stand, over) for row in session.execute(statement)]


class ScrapView(msgspec.Struct, frozen=True):
    """One disposal with its photos, and what the caller may do next."""

    row: ScrapRow
    photos: list[UUID]
    proofs: list[UUID]
    may_decide: bool
    may_prove: bool
    own: bool  # the caller's own proposal: somebody else decides


def scrap_view(session: Session, caller: Caller, scrap_id: UUID) -> ScrapView:
    """A disposal within reach; 404 otherwise. Five queries at most."""
    scrap = session.get(Scrap, scrap_id)
    within = reach(caller, Act.SEE, Depot.id, Depot.district_code)
    found = session.execute(_rows().add_columns(Depot.district_code).where(Scrap.id == scrap_id, within)).first()
    if scrap is None or found is None:
        raise not_found(N_("there is no such proposal"))
    row, district = ScrapRow(*found[:-1]), found[-1]
    photos = session.execute(select(ScrapPhoto.photo_id, ScrapPhoto.proof).where(ScrapPhoto.scrap_id == scrap_id)).all()
    own = scrap.proposed_by_id == caller.person_id
    fallen = row.state == ScrapState.APPROVED and scrap.signed != content_of(session, scrap)
    decides = (row.state == ScrapState.PROPOSED or fallen) and may_at(caller, Act.APPROVE, scrap.depot_id, district)
    return ScrapView(
        row,
        [photo for photo, proof in photos if not proof],
        [photo for photo, proof in photos if proof],
        decides and not own,
        row.state == ScrapState.APPROVED and not fallen and may_at(caller, Act.KEEP, scrap.depot_id, district),
        decides and own,
    )


def _asked(session: Session, asked: Asked) -> Iterator[ScrapRow]:
    """The protocol of one piece, or of a depot's."""
    wanted = asked.id("scrap")
    if wanted is not None:
        yield scrap_view(session, asked.caller, wanted).row
        return
    yield from scraps(session, asked.caller, asked.text("depot"), 10_000)


def _about(session: Session, asked: Asked) -> tuple[str, str]:
    wanted = asked.id("scrap")
    if wanted is None:
        return asked.text("depot") or "", asked.text("depot") or ""
    row = scrap_view(session, asked.caller, wanted).row
    return f"{row.depot_zh} · {row.item_zh} {row.mark}", f"{row.depot_en} · {row.item_en} {row.mark}"


PROTOCOL = Listing(
    "scraps",
    N_("Disposal protocol of single pieces"),
    (
        of("depot", N_("Depot code"), "code", 11),
        either("item", N_("Item"), 20),
        of("mark", N_("Lot or serial number"), "code", 13),
        words("state", N_("State"), STATE_WORDS, 12),
        of("reason", N_("Reason"), width=20),
        of("proposed_by", N_("Proposed by"), width=11),
        of("proposed_at", N_("Proposed"), "moment", 16),
        of("decided_by", N_("Approved by"), width=11),
        of("decided_at", N_("Decided"), "moment", 16),
        Column(N_("How it was destroyed"), lambda row, _: METHOD_WORDS[row.method], "word", 11),
        of("receiver", N_("Receiver of the scrap"), width=14),
        of("done_by", N_("Done by"), width=11),
        of("done_at", N_("Done on"), "moment", 16),
    ),
    _asked,
    _about,
    (N_("Keeper"), N_("Officer"), N_("Receiver of the scrap"), N_("Date of signature")),
)
