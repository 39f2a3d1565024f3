"""The register of what raises alerts: a new kind has its words in kinds.py, a file of its own, and its line here."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from inventory.stock.events import DiscrepancyBooked, EntryRefused, GearCalledBack, TimeDoubted, UnwitnessedIssue
from jobs.causes.cause import Cause
from jobs.causes.controlled import count_causes, unwitnessed
from jobs.causes.dates import date_causes, two_dates_causes
from jobs.causes.documents import draw_causes, loan_causes, reclaim_causes, transfer_causes
from jobs.causes.faults import fault_causes
from jobs.causes.hazards import hazard_causes
from jobs.causes.kinds import AlertKind
from jobs.causes.kits import kit_causes
from jobs.causes.labels import label_causes
from jobs.causes.late import discrepancy, recounted, refused_entry, wrong_time
from jobs.causes.recalls import called_back, recall_causes
from jobs.causes.shortages import shortage_causes
from jobs.causes.upkeep import check_causes, service_causes
from jobs.causes.warranties import warranty_causes

# What some depots have to be notified of, of a day and an instant. ``sweep --today`` moves the day alone: what goes by
# the day compares dates with it, and the instant is for what goes by the hour, such as a loan that is due back at noon
Finder = Callable[[Session, Collection[UUID], date, datetime], list[Cause]]
# What an event is a cause of
News = Callable[[Session, Any], list[Cause]]
# Which of some alerts that no finder finds are over, by their causes
Ending = Callable[[Session, Collection[Any]], set[str]]


def acknowledged(_session: Session, alerts: Collection[Any]) -> set[str]:
    """The causes that somebody has looked into, which is all that can be done."""
    return {alert.cause for alert in alerts if alert.acknowledged_at is not None}


# Asked by every sweep what stands at some depots on a date; an alert whose cause none of them names is over
FINDERS: Sequence[Finder] = (
    date_causes,
    two_dates_causes,
    shortage_causes,
    fault_causes,
    check_causes,
    service_causes,
    recall_causes,
    label_causes,
    loan_causes,
    transfer_causes,
    draw_causes,
    reclaim_causes,
    hazard_causes,
    kit_causes,
    count_causes,
    warranty_causes,
)


@dataclass(frozen=True)
class FinderGroup:
    """Some finders, and the kinds that they alone find; no kinds: all."""

    finders: Sequence[Finder]
    kinds: frozenset[AlertKind] = frozenset()


WHOLE = FinderGroup(FINDERS)
_DATED = {AlertKind.EXPIRED, AlertKind.EXPIRING, AlertKind.DATE_MISSING, AlertKind.TWO_DATES}
OF_DATES = FinderGroup((date_causes, two_dates_causes), frozenset(_DATED))
# Reported at once, in the transaction in which it happens
NEWS: Mapping[type, News] = {
    DiscrepancyBooked: discrepancy,
    EntryRefused: refused_entry,
    GearCalledBack: called_back,
    TimeDoubted: wrong_time,
    UnwitnessedIssue: unwitnessed,
}
# What happened once is found by no sweep: which alerts of such a kind are over, by their causes
ENDINGS: Mapping[AlertKind, Ending] = {
    AlertKind.DISCREPANCY: recounted,
    AlertKind.REFUSED_ENTRY: acknowledged,
    AlertKind.UNWITNESSED: acknowledged,
    AlertKind.WRONG_TIME: acknowledged,
}


def ended(session: Session, alerts: Collection[Any]) -> set[str]:
    """Of these alerts the causes that happened once and are dealt with. At most one query for each kind."""
    return {
        cause
        for kind, over in ENDINGS.items()
        for cause in over(session, [alert for alert in alerts if alert.kind == kind])
    }
