"""What a label says of weight: a kit with what belongs in it, a box of a batch; nothing that misleads who lifts."""

from decimal import Decimal
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from inventory.catalogue.models import Item, KitLine
from labels.printing.addresses import Addresses
from labels.printing.texts import label_text
from tests.conftest import Town

BASE = Addresses("http://10.0.0.20:8000")


def weighs(town: Town, code: str, kg: str | None, **facts: Any) -> None:
    values = {"weight_kg": Decimal(kg) if kg else None, **facts}
    town.run(lambda session: session.execute(update(Item).where(Item.code == code).values(**values)))


def said(town: Town, lot: Any, language: str = "en") -> str:
    return town.run(label_text, town.keeper, town.code_of(lot), BASE, language).weight


def parts_of(session: Session, kit: str) -> None:
    """Give a kit two parts: three of the one, half of the other."""
    kit_id = session.execute(select(Item.id).where(Item.code == kit)).scalar_one()
    for code, quantity in (("BRK-014", "3"), ("MED-007", "0.5")):
        item_id = session.execute(select(Item.id).where(Item.code == code)).scalar_one()
        session.add(KitLine(kit_item_id=kit_id, item_id=item_id, quantity=Decimal(quantity)))


def an_empty_kit(session: Session) -> str:
    """A kit of whose list nothing is left."""
    kit = session.execute(select(Item).where(Item.holds == "kit").order_by(Item.code).limit(1)).scalar_one()
    session.execute(delete(KitLine).where(KitLine.kit_item_id == kit.id))
    return kit.code


def test_a_piece_and_a_batch_say_what_one_weighs(town: Town) -> None:
    piece, batch = town.stock("EXT-001", "1", serial="SN-1"), town.stock("MED-007", "20", number="B-1")
    assert said(town, piece) == said(town, batch) == ""
    weighs(town, "EXT-001", "5.8")
    weighs(town, "MED-007", "0.125", pack_size=None)
    assert (said(town, piece), said(town, batch)) == ("5.8 kg", "0.125 kg each")
    weighs(town, "MED-007", "0.125", pack_size=Decimal(20))
    assert said(town, batch, "zh") == "每件 0.125 kg，整箱 2.5 kg"


def test_a_kit_weighs_with_all_that_belongs_in_it_or_says_that_it_is_empty(town: Town) -> None:
    kit = town.run(an_empty_kit)
    lot = town.stock(kit, "1", serial="K-1")
    weighs(town, kit, "2.5")
    assert said(town, lot) == "2.5 kg"
    town.run(parts_of, kit)
    weighs(town, "BRK-014", "1.5")
    assert said(town, lot) == "2.5 kg empty"  # of one part nobody knows
    weighs(town, "MED-007", "0.25")
    assert said(town, lot) == "7.13 kg"  # 2.5 + 4.5 + 0.125
    weighs(town, kit, None)
    assert said(town, lot) == ""
