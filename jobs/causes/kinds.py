"""Kinds of facts that somebody must know, in which words, and how bad each is."""

from collections.abc import Mapping
from enum import StrEnum

from core.languages import N_
from core.registers import require_each


class AlertKind(StrEnum):
    EXPIRED = "expired"
    EXPIRING = "expiring"
    DATE_MISSING = "date_missing"
    BELOW_MINIMUM = "below_minimum"
    DEFECT = "defect"
    DISCREPANCY = "discrepancy"
    REFUSED_ENTRY = "refused_entry"  # a late fact that could not be booked
    OVERDUE_LOAN = "overdue_loan"
    STUCK_TRANSFER = "stuck_transfer"
    UNSIGNED_DRAW = "unsigned_draw"  # drawn for an incident, not approved within a day (T57)
    INCOMPLETE_KIT = "incomplete_kit"
    RECALL = "recall"  # called back, and the depot has not answered
    CHECK_DUE = "check_due"
    HAZARD = "hazard"  # dangerous goods over a cap, or beside what they are kept apart from (T99)
    RECLAIM = "reclaim"  # given out, to be asked back in time or booked as used up (T62)
    UNWITNESSED = "unwitnessed"  # controlled gear was taken without a second person, reported late (T96)
    TWO_DATES = "two_dates"  # one lot number of one maker with two dates (T18)
    WRONG_TIME = "wrong_time"  # booked at a time that cannot be right: before the thing had come, or years ago (B22)
    WARRANTY_ENDS = "warranty_ends"
    LABEL_FADING = "label_fading"  # thermal print outdoors for a year (T84)


# What is worst comes first, in mails and lists of alerts; its rank beside documents and kits on phones: alerts/todo.py
KIND_WORDS: Mapping[AlertKind, str] = {
    AlertKind.RECALL: N_("called back"),
    AlertKind.EXPIRED: N_("expired"),
    AlertKind.DISCREPANCY: N_("book and shelf differ"),
    AlertKind.UNWITNESSED: N_("controlled gear without a second person"),
    AlertKind.REFUSED_ENTRY: N_("recorded later, not booked"),
    AlertKind.DEFECT: N_("faulty"),
    AlertKind.HAZARD: N_("dangerous goods stored wrongly"),
    AlertKind.CHECK_DUE: N_("check due"),
    AlertKind.EXPIRING: N_("expiring soon"),
    AlertKind.BELOW_MINIMUM: N_("below minimum"),
    AlertKind.INCOMPLETE_KIT: N_("kit incomplete"),
    AlertKind.OVERDUE_LOAN: N_("loan overdue"),
    AlertKind.STUCK_TRANSFER: N_("transfer stuck on the way"),
    AlertKind.UNSIGNED_DRAW: N_("draw without approval"),
    AlertKind.RECLAIM: N_("to be reclaimed"),
    AlertKind.WRONG_TIME: N_("recorded at a time that cannot be right"),
    AlertKind.DATE_MISSING: N_("date missing"),
    AlertKind.TWO_DATES: N_("one lot number, two dates"),
    AlertKind.WARRANTY_ENDS: N_("warranty ends"),
    AlertKind.LABEL_FADING: N_("label fading, print it anew"),
}
require_each(AlertKind, KIND_WORDS, "KIND_WORDS (words and rank) of jobs/causes/kinds.py")

RANK: Mapping[AlertKind, int] = {kind: rank for rank, kind in enumerate(KIND_WORDS)}


class Severity(StrEnum):
    """How bad an alert is: urgent is reported at once, the others in the day's digest."""

    URGENT = "urgent"
    SERIOUS = "serious"
    NOTICE = "notice"


# Kinds that are a mere notice; the others are serious
NOTICES = frozenset(
    {
        AlertKind.EXPIRING,
        AlertKind.DATE_MISSING,
        AlertKind.LABEL_FADING,
        AlertKind.RECLAIM,
        AlertKind.WARRANTY_ENDS,
    }
)
SEVERITY_WORDS: Mapping[Severity, str] = {
    Severity.URGENT: N_("urgent"),
    Severity.SERIOUS: N_("serious"),
    Severity.NOTICE: N_("notice"),
}


def severity_of(kind: AlertKind, *, urgent: bool) -> Severity:
    """Of an alert's kind and of whether a life hangs on the gear, or it is regulated (T95)."""
    if urgent:
        return Severity.URGENT
    return Severity.NOTICE if kind in NOTICES else Severity.SERIOUS
