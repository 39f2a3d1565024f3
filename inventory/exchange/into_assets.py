"""Asset facts from a file: of pieces and batches that are on the book, found by depot, item and number."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from core.audit import record
from core.columns import table_of
from core.errors import Refusal
from core.languages import N_
from depots.models import Depot
from inventory.assets.models import AssetFact
from inventory.assets.rules import read_fen
from inventory.catalogue.models import Tracking
from inventory.exchange import cells
from inventory.exchange.cells import Cell, Wrong
from inventory.exchange.journal import Journal
from inventory.exchange.known import BRINGS_IN, known_depots, known_items, the_depot, the_item
from inventory.exchange.preview import Preview
from inventory.exchange.reading import FieldSpec, Row, Seen, WrongField
from inventory.stock.models import Lot, Stock
from inventory.stock.rules import plain_number
from people.policy import Caller, reach


def _price(cell: Cell) -> int:
    try:
        return read_fen(format(cells.number(cell), "f"), "price")
    except Refusal:
        raise Wrong(
            N_("{value} is no amount in yuan with at most two decimals"),
            N_("write an amount in yuan, such as 1280 or 1280.50"),
            value=cells.shown(cell),
        ) from None


def _years(cell: Cell) -> int:
    years = cells.whole(cell)
    if not 1 <= years <= 100:
        raise Wrong(N_("{value} is no number of years"), N_("write years from 1 to 100"), value=cells.shown(cell))
    return years


def _on(cell: Cell) -> date:
    day = cells.day(cell).on
    if day is None:
        raise Wrong(N_("{value} is no date"), N_("write the date as 2027-02-15"), value=cells.shown(cell))
    return day


FACT_FIELDS = (
    FieldSpec("price_fen", N_("Yuan apiece"), _price),
    FieldSpec("bought_on", N_("Bought on"), _on),
    FieldSpec("fund", N_("Fund"), lambda cell: cells.text(cell, 100)),
    FieldSpec("supplier", N_("Supplier"), lambda cell: cells.text(cell, 100)),
    FieldSpec("warranty_until", N_("Warranty until"), _on),
    FieldSpec("owner", N_("Owner"), lambda cell: cells.text(cell, 100)),
    FieldSpec("life_years", N_("Written off over so many years"), _years),
)
FIELDS = (
    FieldSpec("depot", N_("Depot"), lambda cell: cells.listed(cell, 100), True, "down", given=True),
    FieldSpec("item", N_("Item"), lambda cell: cells.listed(cell, 150), True),
    FieldSpec("serial", N_("Lot or serial number"), lambda cell: cells.own_code(cell, 64), False, ""),
    FieldSpec("number", N_("Asset number"), lambda cell: cells.own_code(cell, 64), False, ""),
    *FACT_FIELDS,
)
_FACTS = ("number", *(spec.name for spec in FACT_FIELDS))


class IntoAssets:
    """Takes the rows of a ledger of assets. An empty cell leaves what is there."""

    def __init__(self, session: Session, caller: Caller, run_id: UUID, now: datetime, today: date) -> None:
        self.session, self.caller, self.run_id, self.now = session, caller, run_id, now
        self.journal = Journal(session, run_id)
        self.items, self.depots = known_items(session, caller), known_depots(session, caller)
        numbers = select(AssetFact.number, AssetFact.lot_id).where(AssetFact.number.is_not(None))
        self.numbers: dict[str, UUID] = {number or "": lot_id for number, lot_id in session.execute(numbers)}
        self.seen = Seen("serial")
        self.preview = Preview({spec.name: spec.label for spec in FIELDS})
        self.about: dict[UUID, tuple[int, str]] = {}
        self.taken: list[tuple[UUID, dict[str, Any]]] = []
        self.rows, self.wrote = 0, False

    def take(self, row: Row) -> None:
        depot, item = the_depot(self.depots, row.get("depot")), the_item(self.items, row.get("item"))
        lot_id = self._lot(depot.id, item.id, row)
        self.seen.once(lot_id, row)
        values = {name: row.get(name) for name in _FACTS if row.get(name) not in (None, "")}
        number = values.get("number")
        if number and item.tracking != Tracking.SERIAL:
            raise WrongField(
                "number", N_("only a single piece has an asset number"), N_("take the asset number out of this row")
            )
        if number and self.numbers.setdefault(number, lot_id) != lot_id:
            raise WrongField(
                "number",
                N_("another piece bears the asset number {number} already"),
                N_("look which of the two it is on, and correct the other"),
                number=number,
            )
        self.about[lot_id] = (row.number, f"{item.code} {row.get('serial') or ''}".strip())
        self.taken.append((lot_id, values))
        self.rows += 1

    def _lot(self, depot_id: UUID, item_id: UUID, row: Row) -> UUID:
        """The one lot of the item at the depot that bears the number; without a number the only one there."""
        here = (Stock.depot_id == depot_id, Stock.item_id == item_id, ~Stock.outside, Stock.quantity > 0)
        statement = select(Lot.id).join(Stock, Stock.lot_id == Lot.id).where(*here).distinct()
        said = row.get("serial")
        if said:
            plain = plain_number(said)
            statement = statement.where(or_(Lot.serial == plain, Lot.number == plain, Lot.number == said))
        found = list(self.session.execute(statement.limit(2)).scalars())
        if len(found) != 1:
            raise WrongField(
                "serial",
                N_("{number} such pieces or lots of this item are at this depot; one is meant"),
                N_("write the serial or lot number as it is in the book; what is new comes in as stock first"),
                number=("没有", "no") if not found else ("多个", "several"),
            )
        self._require_whole(found[0])
        return found[0]

    def _require_whole(self, lot_id: UUID) -> None:
        """A batch lies at several depots, and its facts hold for all of it: none of them is beyond reach."""
        beyond = (
            select(Stock.depot_id)
            .join(Depot, Depot.id == Stock.depot_id)
            .where(
                Stock.lot_id == lot_id,
                ~Stock.outside,
                Stock.quantity > 0,
                ~reach(self.caller, BRINGS_IN, Depot.id, Depot.district_code),
            )
        )
        if self.session.execute(beyond.limit(1)).first():
            raise WrongField(
                "serial",
                N_("some of this batch is at a depot that is not yours"),
                N_("ask an officer of the city to bring this file in"),
            )

    def drop(self) -> None:
        """Only looking: what each row would change."""
        for lot_id, values in self.taken:
            number, what = self.about[lot_id]
            self.preview.compare(number, what, self.session.get(AssetFact, lot_id), values)
        self.taken.clear()

    def write(self) -> None:
        self.wrote = True
        for lot_id, values in self.taken:
            told = {**values, "changed_by_id": self.caller.person_id, "changed_at": self.now}
            there = self.session.get(AssetFact, lot_id)
            if there is None:
                fact = AssetFact(lot_id=lot_id, **told)
                self.session.add(fact)
                self.journal.note_new(table_of(AssetFact), {"lot_id": lot_id, **values})
            elif self.journal.put(there, values):
                there.changed_by_id, there.changed_at = self.caller.person_id, self.now
        self.journal.flush()
        self.taken.clear()

    def finish(self) -> dict[str, Any]:
        told = {"rows": self.rows, **self.preview.counts}
        if self.wrote:
            told = {"rows": self.rows, "new": self.journal.new, "changed": self.journal.changed}
            record(
                self.session, self.caller.person_id, self.now, "assets-imported", "import", str(self.run_id), after=told
            )
        return told | self.preview.told()
