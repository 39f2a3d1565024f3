"""What a row of opening stock may say, and which gear does not come as ready onto a shelf."""

from core.languages import N_
from inventory.exchange import cells
from inventory.exchange.cells import Cell, Wrong, fold
from inventory.exchange.reading import FieldSpec, Row
from inventory.stock.models import Condition

FIELDS = (
    FieldSpec("depot", N_("Depot"), lambda cell: cells.listed(cell, 100), True, "down", given=True),
    FieldSpec("place", N_("Place"), lambda cell: cells.text(cell, 300), True, given=True),
    FieldSpec("item", N_("Item"), lambda cell: cells.listed(cell, 150), True),
    FieldSpec("quantity", N_("Quantity"), cells.quantity, True, "", given=True),
    FieldSpec("unit", N_("Unit"), lambda cell: cells.text(cell, 20)),
    FieldSpec("number", N_("Lot number"), lambda cell: cells.own_code(cell, 64)),
    FieldSpec("serial", N_("Serial number"), lambda cell: cells.own_code(cell, 64), False, ""),
    FieldSpec("size", N_("Clothing size"), lambda cell: cells.text(cell, 16)),
    FieldSpec("maker", N_("Maker"), lambda cell: cells.text(cell, 100)),
    FieldSpec("made_on", N_("Made on"), cells.day),
    FieldSpec("expires_on", N_("Use by"), cells.day),
    FieldSpec("condition", N_("Condition"), lambda cell: _condition(cell)),
    FieldSpec("out", N_("Is out"), cells.yes_no),
    FieldSpec("note", N_("Note"), lambda cell: cells.text(cell, 400)),
)
_CONDITIONS = {
    Condition.FIT: ("fit", "完好", "良好", "正常"),
    Condition.UNFIT: ("faulty", "unfit", "故障", "损坏"),
    Condition.QUARANTINED: ("on hold", "quarantined", "封存", "隔离"),
}


def _condition(cell: Cell) -> Condition:
    said = fold(cells.shown(cell))
    for condition, spellings in _CONDITIONS.items():
        if said in map(fold, spellings):
            return condition
    raise Wrong(
        N_("{value} is none of {known}"),
        N_("write one of these words"),
        value=cells.shown(cell),
        known=", ".join(spellings[0] for spellings in _CONDITIONS.values()),
    )


def is_aside(row: Row) -> bool:
    """What is with somebody or not sound comes into the hold, never as ready onto a shelf: somebody looks (T93)."""
    return bool(row.get("out")) or row.get("condition", Condition.FIT) != Condition.FIT


def note_of(row: Row) -> str:
    """What is said of the row; of what is set aside, where it was to lie as well."""
    note: str = row.get("note", "")
    return f"{row.get('place')}: {note}".removesuffix(": ")[:400] if is_aside(row) else note
