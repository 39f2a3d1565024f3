"""Pieces in a file of opening stock: each is one, and its serial number is nobody else's."""

from decimal import Decimal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.languages import N_
from inventory.catalogue.models import Item
from inventory.exchange.reading import WrongField
from inventory.stock.lots import serial_key
from inventory.stock.models import Lot, Stock

MOST_PIECES = 500  # in one row without serial numbers


class Serials:
    """The serial numbers that are taken, in the book or further up in the file."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._keys: dict[UUID, set[str]] = {}  # of an item's pieces that are there

    def check(self, item: Item, quantity: Decimal, serial: str | None, maker: str | None) -> None:
        """Refuse a row of pieces that cannot be, or that are in the book or further up in the file."""
        if serial is None:
            if quantity > MOST_PIECES:
                raise WrongField(
                    "quantity",
                    N_("{item} is kept piece by piece; one row brings at most {most}"),
                    N_("give each piece a row of its own with its serial number"),
                    item=(item.name_zh, item.name_en),
                    most=MOST_PIECES,
                )
            return
        if quantity != 1:
            raise WrongField(
                "quantity",
                N_("a piece with a serial number is one; its quantity is 1"),
                N_("write 1, and give each further piece a row of its own"),
            )
        if item.id not in self._keys:
            known = (
                select(Lot.natural_key)
                .join(Stock, Stock.lot_id == Lot.id)
                .where(Lot.item_id == item.id, Lot.serial.is_not(None), ~Stock.outside, Stock.quantity > 0)
            )
            self._keys[item.id] = set(self.session.execute(known).scalars())
        key = serial_key(item.id, maker, serial)
        if key is None:
            return
        if key in self._keys[item.id]:
            raise WrongField(
                "serial",
                N_("there is a piece of {item} with this serial number already, in the book or further up in the file"),
                N_("take the row out, or correct the serial number or the maker"),
                item=(item.name_zh, item.name_en),
            )
        self._keys[item.id].add(key)
