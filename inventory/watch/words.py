"""What the pages call watches."""

from core.languages import N_
from inventory.watch.models import WatchKind, WatchLevel

KIND_WORDS = {
    WatchKind.TYPHOON: N_("typhoon signal"),
    WatchKind.RAINSTORM: N_("rainstorm signal"),
    WatchKind.FOREST_FIRE: N_("forest-fire danger"),
}
LEVEL_WORDS = {
    WatchLevel.WHITE: N_("white"),
    WatchLevel.BLUE: N_("blue"),
    WatchLevel.YELLOW: N_("yellow"),
    WatchLevel.ORANGE: N_("orange"),
    WatchLevel.RED: N_("red"),
}
STATE_WORDS = {"coming": N_("coming"), "in-force": N_("in force"), "over": N_("over")}
