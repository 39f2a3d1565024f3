"""What the pages and files call the parts of a plan."""

from core.languages import N_
from inventory.planner.models import LineKind

KIND_WORDS = {
    LineKind.TRANSFER: N_("transfer"),
    LineKind.REFILL: N_("refill, sent first"),
    LineKind.SWAP: N_("swap: ends soon"),
    LineKind.PURCHASE: N_("purchase"),
}
STATE_WORDS = {
    "running": N_("being made"),
    "done": N_("proposal"),
    "asked": N_("transfers asked for"),
    "failed": N_("could not be made"),
    "lost": N_("interrupted; make it again"),
}
STAGE_WORDS = {
    "waiting": N_("Another plan is being made; this one is next."),
    "reading": N_("Reading what every depot has…"),
    "solving": N_("Looking for the best plan…"),
    "writing": N_("Writing it down…"),
}
