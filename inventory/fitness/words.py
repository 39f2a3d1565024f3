"""The words for why gear is not ready: on pages, in answers and in refusals."""

from typing import Any

from core.errors import Refusal, bad_field, conflict
from core.languages import N_
from core.registers import require_each
from inventory.fitness.rules import Stop, Why

WHY_WORDS: dict[str, str] = {
    Why.LENT: N_("lent"),
    Why.WORKSHOP: N_("in the workshop"),
    Why.TRANSIT: N_("on the way"),
    Why.HOLD: N_("on hold"),
    Why.CARRIER: N_("in a vehicle or kit that is not fit itself"),
    Why.AWAY: N_("out of reach"),
    Why.RECALLED: N_("recalled"),
    Why.UNFIT: N_("faulty"),
    Why.EXPIRED: N_("expired"),
    Why.UNDATED: N_("date missing"),
    Why.OPENED: N_("opened"),
    Why.UNCHECKED: N_("check overdue"),
    Why.INCOMPLETE: N_("parts missing"),
}
require_each(Why, WHY_WORDS, "WHY_WORDS of inventory/fitness/words.py")
_HARD = {
    Why.RECALLED: ("on-hold", N_("this lot is on hold; it must not be used")),
    Why.UNFIT: ("unfit", N_("this is marked as faulty; it must not be used")),
    Why.EXPIRED: ("expired", N_("this expired after {day}; it is never used past its date")),
    Why.UNDATED: (
        "date-missing",
        N_("the date of this lot is not known; it must be looked at before it is used"),
    ),
    Why.UNCHECKED: ("check-overdue", N_("a check of this is overdue; it must be checked before it is used")),
}
_REASON = {
    Why.EXPIRED: N_("this is past its date, or its date is not known; give a reason to use it anyway"),
    Why.UNDATED: N_("this is past its date, or its date is not known; give a reason to use it anyway"),
    Why.UNCHECKED: N_("a check of this is overdue; give a reason to use it anyway"),
    Why.INCOMPLETE: N_("parts of this are missing or past their date; give a reason to use it anyway"),
}


def refusal(why: Why, stop: Stop, **params: Any) -> Refusal:
    """What is said to who wants to use gear that is not ready."""
    if stop == Stop.HARD:
        kind, message = _HARD[why]
        return conflict(kind, message, extra={"why": why.value}, **params)
    return bad_field("reason", _REASON[why])
