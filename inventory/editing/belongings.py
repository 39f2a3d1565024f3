"""What belongs to an item: its other words, its makers' packs, and, of a kit or vehicle, what is in it. Sent whole."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from core.audit import record
from core.errors import bad_field
from core.inputs import clean_text
from core.languages import N_
from core.quantities import read_quantity, write_quantity
from inventory.catalogue.models import Item, KitLine, Tracking
from inventory.documents.models import PackCode
from inventory.editing.following import readiness_of_item
from inventory.editing.items import free_gtin, item_to_change
from inventory.finding.models import Synonym
from people.policy import Caller

MOST_WORDS, MOST_PACKS, MOST_PARTS = 60, 40, 200
_Text = Annotated[str, msgspec.Meta(max_length=1000)]


class Pack(msgspec.Struct, forbid_unknown_fields=True):
    """A maker's product code, and how many base units that pack holds."""

    gtin: _Text
    contains: _Text = "1"


class Part(msgspec.Struct, forbid_unknown_fields=True):
    """So many of an item belong in a kit. ``role``: why, such as consumable, or seal for the seal itself."""

    item: _Text
    quantity: _Text = "1"
    role: _Text = ""


def put_words(session: Session, caller: Caller, code: str, words: Sequence[str], now: datetime) -> None:
    """Let an item be found by these words, and by no others than these and its names (T92)."""
    item = item_to_change(session, caller, code)
    wanted: dict[str, str] = {}
    for number, word in enumerate(words):
        said = clean_text(word, f"words.{number}", 60)
        if said:
            wanted.setdefault(said.casefold(), said)
    if len(wanted) > MOST_WORDS:
        raise bad_field("words", N_("at most {most}"), most=MOST_WORDS)
    there = session.execute(select(Synonym.word).where(Synonym.item_id == item.id).order_by(Synonym.word))
    before, after = list(there.scalars()), sorted(wanted.values())
    if before == after:
        return
    gone = set(before) - set(after)
    session.execute(delete(Synonym).where(Synonym.item_id == item.id, Synonym.word.in_(gone)))
    session.add_all(Synonym(item_id=item.id, word=word) for word in after if word not in before)
    session.flush()
    record(
        session,
        caller.person_id,
        now,
        "item-words",
        "item",
        item.code,
        before={"words": before},
        after={"words": after},
    )


def put_packs(session: Session, caller: Caller, code: str, packs: Sequence[Pack], now: datetime) -> None:
    """Let these product codes of makers name an item. Refuses a code that names another (X8)."""
    item = item_to_change(session, caller, code)
    wanted: dict[str, Any] = {}
    for number, pack in enumerate(packs):
        field = f"packs.{number}.gtin"
        gtin = free_gtin(session, pack.gtin, field, item)
        if gtin is None:
            raise bad_field(field, N_("this must be filled in"))
        if gtin in wanted:
            raise bad_field(field, N_("this is named twice"))
        wanted[gtin] = read_quantity(pack.contains.strip(), f"packs.{number}.contains")
    if len(wanted) > MOST_PACKS:
        raise bad_field("packs", N_("at most {most}"), most=MOST_PACKS)
    statement = select(PackCode).where(PackCode.item_id == item.id).order_by(PackCode.gtin)
    there = {row.gtin: row for row in session.execute(statement).scalars()}
    before = {gtin: write_quantity(row.contains) for gtin, row in there.items()}
    after = {gtin: write_quantity(contains) for gtin, contains in sorted(wanted.items())}
    if before == after:
        return
    for gtin, row in there.items():
        if gtin not in wanted:
            session.delete(row)
    for gtin, contains in wanted.items():
        session.merge(PackCode(gtin=gtin, item_id=item.id, contains=contains))
    session.flush()
    record(session, caller.person_id, now, "item-packs", "item", item.code, before=before, after=after)


def put_parts(session: Session, caller: Caller, code: str, parts: Sequence[Part], now: datetime) -> None:
    """Set what belongs in a kit, on a vehicle or in a device; every one of them is judged by it from now on (T43)."""
    kit = item_to_change(session, caller, code)
    if kit.holds is None:
        raise bad_field("parts", N_("this is no kit, vehicle or device: nothing belongs in it"))
    wanted = _read_parts(session, kit, parts)
    statement = select(KitLine, Item.code).join(Item, Item.id == KitLine.item_id).where(KitLine.kit_item_id == kit.id)
    there = {line.item_id: (line, name) for line, name in session.execute(statement.order_by(Item.code))}
    before = {name: _as_text(line.quantity, line.role) for line, name in there.values()}
    after = {item.code: _as_text(quantity, role) for item, quantity, role in wanted}
    if before == after:
        return
    kept = {item.id for item, _, _ in wanted}
    for item_id, (line, _) in there.items():
        if item_id not in kept:
            session.delete(line)
    for item, quantity, role in wanted:
        session.merge(KitLine(kit_item_id=kit.id, item_id=item.id, quantity=quantity, role=role))
    session.flush()
    readiness_of_item(session, kit.id)
    record(session, caller.person_id, now, "kit-contents", "item", kit.code, before=before, after=after)


def _as_text(quantity: Any, role: str) -> str:
    return f"{write_quantity(quantity)} {role}".strip()


def _read_parts(session: Session, kit: Item, parts: Sequence[Part]) -> list[tuple[Item, Any, str]]:
    if len(parts) > MOST_PARTS:
        raise bad_field("parts", N_("at most {most}"), most=MOST_PARTS)
    codes = {part.item.strip() for part in parts}
    rows = session.execute(select(Item).where(Item.code.in_(codes), Item.active)).scalars()
    known = {item.code: item for item in rows}
    wanted: dict[UUID, tuple[Item, Any, str]] = {}
    for number, part in enumerate(parts):
        field, item = f"parts.{number}.item", known.get(part.item.strip())
        if item is None:
            raise bad_field(field, N_("there is no item with the code {code}"), code=part.item.strip()[:32])
        if item.id in wanted:
            raise bad_field(field, N_("this is named twice"))
        if item.id == kit.id or holds_inside(session, item.id, kit.id):
            raise bad_field(field, N_("{code} would belong in itself"), code=kit.code)
        quantity = read_quantity(part.quantity.strip(), f"parts.{number}.quantity")
        if item.tracking == Tracking.SERIAL and quantity != quantity.to_integral_value():
            raise bad_field(f"parts.{number}.quantity", N_("of single pieces a whole number belongs in it"))
        wanted[item.id] = (item, quantity, clean_text(part.role, f"parts.{number}.role", 20))
    return sorted(wanted.values(), key=lambda one: one[0].code)


def holds_inside(session: Session, outer: UUID, inner: UUID) -> bool:
    """Whether an item belongs in another, or in what belongs in it."""
    within = select(KitLine.item_id).where(KitLine.kit_item_id == outer).cte("within", recursive=True)
    within = within.union(select(KitLine.item_id).join(within, KitLine.kit_item_id == within.c.item_id))
    return session.execute(select(within.c.item_id).where(within.c.item_id == inner)).first() is not None
