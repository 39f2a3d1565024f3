"""What the database refuses of labels: two that stand for the same thing, and a code on another thing than its own.

A batch's bags may each carry one.
"""

from core.guards import Guard


def _one_of(thing: str, besides: str = "") -> Guard:
    """At most one label that nothing has replaced stands for a thing."""
    return Guard(
        f"one_label_of_{thing}",
        "label",
        f"two labels would stand for the same {'piece' if thing == 'lot' else thing}",
        when=f"NEW.{thing}_id IS NOT NULL AND NEW.replaced_by IS NULL",
        broken=(
            f"EXISTS (SELECT 1 FROM label AS other WHERE other.{thing}_id = NEW.{thing}_id"
            f" AND other.replaced_by IS NULL AND other.code <> NEW.code){besides}"
        ),
        columns=(f"{thing}_id", "replaced_by"),
        locks=f"1 FROM {thing} WHERE {thing}.id = NEW.{thing}_id FOR NO KEY UPDATE",
        key=("code",),
    )


_SERIAL = (
    " AND EXISTS (SELECT 1 FROM lot JOIN item ON item.id = lot.item_id"
    " WHERE lot.id = NEW.lot_id AND item.tracking = 'serial')"
)

_THINGS = ("lot_id", "place_id", "depot_id")
_KEEPS = Guard(
    "label_keeps_its_thing",
    "label",
    "a code that was on a thing is never used for another",
    when="NEW.code = NEW.code",  # any row: the change is what counts
    on_update=" OR ".join(
        f"(OLD.{name} IS NOT NULL AND (NEW.{name} IS NULL OR NEW.{name} <> OLD.{name}))" for name in _THINGS
    ),
    columns=_THINGS,
    key=("code",),
    changes=True,
)

GUARDS = (_one_of("lot", _SERIAL), _one_of("place"), _one_of("depot"), _KEEPS)
