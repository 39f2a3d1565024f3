"""Asset facts in the columns of opening stock: of what the file brings in, not of what the book has already."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from core.audit import record
from core.columns import table_of
from core.languages import N_
from inventory.assets.models import AssetFact
from inventory.catalogue.models import Item, Tracking
from inventory.exchange import cells
from inventory.exchange.into_assets import FACT_FIELDS
from inventory.exchange.reading import FieldSpec, Row, WrongField
from inventory.stock.lots import LotFacts, natural_key, serial_key
from inventory.stock.models import Lot, Stock
from people.policy import Caller

FIELDS = (FieldSpec("asset_number", N_("Asset number"), lambda cell: cells.own_code(cell, 64), False, ""), *FACT_FIELDS)
_NAMES = [field.name for field in FIELDS]
Facts = dict[str, Any]


class StockAssets:
    """Reads the asset facts of rows of stock, and enters them with the lots."""

    def __init__(self, session: Session, caller: Caller, run_id: UUID, now: datetime) -> None:
        self.session, self.caller, self.run_id, self.now = session, caller, run_id, now
        self._numbers: dict[str, str] | None = None  # by asset number, the key of the piece that bears it
        self.batches: dict[str, Facts] = {}  # by the key of a batch, what was said of it
        self.entered = 0

    def of(self, row: Row, item: Item, lot: LotFacts, quantity: Any, *, in_boxes: bool) -> Facts:
        """What a row says of its piece or batch. Refuses what one row cannot say of all of it."""
        facts = {name: row.get(name) for name in _NAMES if row.get(name) not in (None, "")}
        if not facts:
            return facts
        if in_boxes and "price_fen" in facts:
            raise WrongField(
                "price_fen",
                N_("this row counts boxes: its price may be that of a box or of one piece"),
                N_("count the row in {own}, and write the price of one"),
                own=(item.unit_zh, item.unit_en),
            )
        single = item.tracking == Tracking.SERIAL
        key = serial_key(item.id, lot.maker, lot.serial) if single else natural_key(item, lot, self.run_id)
        number = facts.pop("asset_number", None)
        if number is not None:
            self._check_number(number, item, key or "", quantity)
        if not single:
            self._check_batch(key or "", facts)
        return facts if number is None else {**facts, "number": number}

    def _check_number(self, number: str, item: Item, key: str, quantity: Any) -> None:
        if item.tracking != Tracking.SERIAL or quantity != 1:
            raise WrongField(
                "asset_number",
                N_("only a single piece has an asset number"),
                N_("take the asset number out of this row"),
            )
        if self._numbers is None:
            borne = select(AssetFact.number, Lot.natural_key).join(Lot, Lot.id == AssetFact.lot_id)
            rows = self.session.execute(borne.where(AssetFact.number.is_not(None)))
            self._numbers = {said or "": of for said, of in rows}
        if number in self._numbers and (self._numbers[number] != key or not key):
            raise WrongField(
                "asset_number",
                N_("another piece bears the asset number {number} already"),
                N_("look which of the two it is on, and correct the other"),
                number=number,
            )
        self._numbers[number] = key

    def _check_batch(self, key: str, facts: Facts) -> None:
        if key not in self.batches:
            here = select(Stock.lot_id).join(Lot, Lot.id == Stock.lot_id)
            inside = here.where(Lot.natural_key == key, ~Stock.outside, Stock.quantity > 0)
            if self.session.execute(inside.limit(1)).first():
                raise WrongField(
                    next(iter(facts)),
                    N_("this batch is on the book already"),
                    N_("leave its asset facts out here, and bring them in as a ledger of assets"),
                )
        if self.batches.setdefault(key, facts) != facts:
            raise WrongField(
                next(iter(facts)),
                N_("another row says other asset facts of the same batch"),
                N_("say the same in each row of the batch, or give the batches their own numbers"),
            )

    def enter(self, found: dict[UUID, Facts]) -> None:
        """Enter the facts of these lots."""
        told: Facts = {"changed_by_id": self.caller.person_id, "changed_at": self.now}
        new = []
        for lot_id, facts in found.items():
            there = self.session.get(AssetFact, lot_id)  # a piece that comes back may have had some
            if there is None:
                empty = AssetFact(lot_id=lot_id, **told).model_dump()
                new.append({**empty, **facts})
                continue
            for name, value in {**facts, **told}.items():
                setattr(there, name, value)
        if new:
            self.session.execute(insert(table_of(AssetFact)), new)
        self.session.flush()
        self.entered += len(found)

    def finish(self) -> None:
        """Record in the trail that facts came with the stock, if any did."""
        if self.entered:
            told = {"lots": self.entered}
            record(
                self.session, self.caller.person_id, self.now, "assets-imported", "import", str(self.run_id), after=told
            )
