"""The kinds of alerts: in which order people are told of them, and in which words."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from sqlalchemy import or_, true

from core.languages import N_
from jobs.alerts.models import Alert, AlertKind

# What is worst comes first
KIND_WORDS: Mapping[AlertKind, str] = {
    AlertKind.RECALL: N_("called back"),
    AlertKind.EXPIRED: N_("expired"),
    AlertKind.DISCREPANCY: N_("book and shelf differ"),
    AlertKind.UNWITNESSED: N_("controlled gear without a second person"),
    AlertKind.REFUSED_ENTRY: N_("told late, not booked"),
    AlertKind.DEFECT: N_("faulty"),
    AlertKind.CHECK_DUE: N_("check due"),
    AlertKind.BELOW_MINIMUM: N_("below minimum"),
    AlertKind.INCOMPLETE_KIT: N_("kit incomplete"),
    AlertKind.OVERDUE_LOAN: N_("loan overdue"),
    AlertKind.STUCK_TRANSFER: N_("transfer stuck on the way"),
    AlertKind.UNSIGNED_DRAW: N_("draw without approval"),
    AlertKind.EXPIRING: N_("expiring soon"),
    AlertKind.DATE_MISSING: N_("date missing"),
    AlertKind.LABEL_FADING: N_("label fading, print it anew"),
}
if missing := [kind.value for kind in AlertKind if kind not in KIND_WORDS]:
    # Found when the program starts, not on the morning on which the first such alert is mailed
    raise NotImplementedError(f"kinds of alerts without words and rank: {missing}")

RANK: Mapping[AlertKind, int] = {kind: rank for rank, kind in enumerate(KIND_WORDS)}


class Severity(StrEnum):
    """How bad an alert is: urgent is told at once, the others in the day's digest."""

    URGENT = "urgent"
    SERIOUS = "serious"
    NOTICE = "notice"


_NOTICES = frozenset({AlertKind.EXPIRING, AlertKind.DATE_MISSING, AlertKind.LABEL_FADING})


SEVERITY_WORDS: Mapping[Severity, str] = {
    Severity.URGENT: N_("urgent"),
    Severity.SERIOUS: N_("serious"),
    Severity.NOTICE: N_("notice"),
}


def at_least(severity: Severity) -> Any:
    """The condition that an alert is at least so bad."""
    if severity is Severity.URGENT:
        return Alert.urgent
    return or_(Alert.urgent, Alert.kind.not_in(_NOTICES)) if severity is Severity.SERIOUS else true()


def severity_of(kind: AlertKind, urgent: bool) -> Severity:
    """Of an alert's kind and of whether a life hangs on the gear, or it is regulated (T95)."""
    if urgent:
        return Severity.URGENT
    return Severity.NOTICE if kind in _NOTICES else Severity.SERIOUS
