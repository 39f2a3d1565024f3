"""In which words people are told of the book."""

from core.languages import N_
from depots.models import DepotStatus, Level
from inventory.catalogue.models import Tracking
from inventory.stock.models import Condition, Expiry, Kind

KIND_WORDS = {
    Kind.RECEIVE: N_("received"),
    Kind.ISSUE: N_("issued"),
    Kind.RETURN: N_("returned"),
    Kind.CONSUME: N_("used up"),
    Kind.TRANSFER: N_("moved"),
    Kind.ADJUST: N_("adjusted"),
    Kind.DISPOSE: N_("disposed of"),
    Kind.OPEN: N_("pack opened"),
}
CONDITION_WORDS = {
    Condition.FIT: N_("fit"),
    Condition.UNFIT: N_("faulty"),
    Condition.QUARANTINED: N_("on hold"),
}
EXPIRY_WORDS = {Expiry.NONE: N_("no date"), Expiry.KNOWN: N_("date known"), Expiry.UNKNOWN: N_("date missing")}
LEVEL_WORDS = {
    Level.MANDATORY: N_("mandatory"),
    Level.SPECIALTY: N_("specialty"),
    Level.RECOMMENDED: N_("recommended"),
}
TRACKING_WORDS = {Tracking.SERIAL: N_("piece by piece"), Tracking.LOT: N_("by lot"), Tracking.BULK: N_("in bulk")}
STATUS_WORDS = {DepotStatus.OPEN: N_("in service"), DepotStatus.CLOSED: N_("closed down")}
YES_NO = {True: N_("yes"), False: N_("no")}
