"""What the database refuses of stock: a piece in two places, a piece in itself, dates that no label bears."""

from core.columns import THOUSANDTHS
from core.guards import FIRST, LAST, Guard

_DATES = ("made_on", "in_service_on", "expires_on", "opened_on", "usable_through")
_SERIAL = "SELECT 1 FROM lot JOIN item ON item.id = lot.item_id WHERE lot.id = NEW.lot_id AND item.tracking = 'serial'"

GUARDS = (
    Guard(
        "piece_in_one_place",
        "stock",
        "a single piece would be in two places, or be more than one",
        when="NEW.quantity > 0 AND NOT NEW.outside",
        on_update="NEW.quantity > OLD.quantity OR OLD.outside OR NEW.lot_id <> OLD.lot_id",
        broken=(
            f"EXISTS ({_SERIAL}) AND (NEW.quantity > {THOUSANDTHS} OR EXISTS (SELECT 1 FROM stock AS other"
            " WHERE other.lot_id = NEW.lot_id AND other.place_id <> NEW.place_id"
            " AND NOT other.outside AND other.quantity > 0))"
        ),
        columns=("quantity", "outside", "lot_id"),
        locks=f"{_SERIAL.removeprefix('SELECT ')} FOR NO KEY UPDATE OF lot",
        key=("lot_id", "place_id"),
    ),
    Guard(
        "piece_not_in_itself",
        "stock",
        "a vehicle or kit would lie in itself",
        when="NEW.quantity > 0 AND NEW.place_id = NEW.lot_id",
        key=("lot_id",),
    ),
    Guard(
        "one_piece_per_serial",
        "lot",
        "there would be two pieces of the item with this maker and serial number",
        when="NEW.serial IS NOT NULL",
        broken=(
            "EXISTS (SELECT 1 FROM lot AS other JOIN item ON item.id = other.item_id"
            " WHERE other.serial = NEW.serial AND other.item_id = NEW.item_id AND other.id <> NEW.id"
            " AND coalesce(other.maker, '') = coalesce(NEW.maker, '') AND item.tracking = 'serial')"
        ),
        columns=("serial", "maker", "item_id"),
        # no lock: two who enter the same at once meet at the key (natural_key), and the item is shared by all who enter
    ),
    Guard(
        "lot_of_a_line_that_stands",
        "lot",
        "the line of the catalogue was merged into another",
        when="TRUE",
        broken="EXISTS (SELECT 1 FROM item WHERE item.id = NEW.item_id AND item.merged_into_id IS NOT NULL)",
        columns=("item_id",),
    ),
    Guard(
        "dates_of_lot",
        "lot",
        f"a date lies outside {FIRST[:4]} to {int(LAST[:4]) - 1}",
        when=" OR ".join(f"NEW.{name} < '{FIRST}' OR NEW.{name} >= '{LAST}'" for name in _DATES),
        columns=_DATES,
    ),
    Guard("box_of_lot", "lot", "a box holds nothing or less", "NEW.pack_size <= 0", columns=("pack_size",)),
    Guard(
        "told_before_it_happened",
        "movement",
        "a movement would be recorded before it happened",
        when="julianday(NEW.happened_at) > julianday(NEW.recorded_at) + 1.0 / 24",
        only="sqlite",
    ),
    Guard(
        "told_before_it_happened",
        "movement",
        "a movement would be recorded before it happened",
        when="NEW.happened_at > NEW.recorded_at + interval '1 hour'",
        only="postgresql",
    ),
    Guard("counted_less_than_nothing", "count_line", "less than nothing was counted", "NEW.counted < 0"),
    Guard(
        "one_open_count_of_a_place",
        "count_place",
        "an open count covers this place already",
        when="NEW.place_id IS NOT NULL",
        broken=(
            "EXISTS (SELECT 1 FROM count AS mine WHERE mine.id = NEW.count_id AND mine.state = 'open') AND EXISTS"
            " (SELECT 1 FROM count_place AS other JOIN count AS theirs ON theirs.id = other.count_id"
            " WHERE other.place_id = NEW.place_id AND other.count_id <> NEW.count_id AND theirs.state = 'open')"
        ),
        locks="1 FROM place WHERE place.id = NEW.place_id FOR NO KEY UPDATE",
        key=("count_id", "place_id"),
    ),
    Guard(
        "closed_count_stays_closed",
        "count",
        "a count that is over would be open again",
        when="NEW.state = 'open' AND NEW.closed_at IS NOT NULL",
        columns=("state", "closed_at"),
    ),
)
