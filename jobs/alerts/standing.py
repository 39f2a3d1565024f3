"""Which of a depot's open alerts still stand: the sweep's own finders, asked again between two sweeps."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from inventory.stock.models import Stock
from jobs.alerts.models import Alert
from jobs.causes.cause import Cause
from jobs.causes.controlled import count_causes
from jobs.causes.dates import two_dates_causes
from jobs.causes.documents import draw_causes, reclaim_causes, transfer_causes
from jobs.causes.hazards import hazard_causes
from jobs.causes.labels import label_causes
from jobs.causes.recalls import recall_causes
from jobs.causes.register import Finder, ended
from jobs.causes.shortages import shortage_causes, subject_of
from jobs.causes.upkeep import check_causes, service_causes
from jobs.causes.warranties import warranty_causes

# By what stands before the first colon in a cause's name
FOUND_BY: Mapping[str, Finder] = {
    "check": check_causes,
    "controlled-count": count_causes,
    "draw": draw_causes,
    "hazard": hazard_causes,
    "label": label_causes,
    "loaner": service_causes,
    "low": shortage_causes,
    "recall": recall_causes,
    "reclaim": reclaim_causes,
    "service": service_causes,
    "transfer": transfer_causes,
    "two-dates": two_dates_causes,
    "warranty": warranty_causes,
}
DATES = ("date", "undated")  # a date that is set ends its alert itself: only whether the gear is there is asked


class Standing(msgspec.Struct, frozen=True):
    """An alert that stands, and its figures as they are now."""

    cause: str
    details: dict[str, Any]


def standing(
    session: Session, depot_id: UUID, alerts: Collection[Alert], now: datetime, today: date
) -> dict[UUID, Standing]:
    """Those of a depot's open alerts whose causes still stand, by their ids.

    Only the finders of these alerts are asked, the two that look furthest about this gear alone; what no finder finds
    stands until it is dealt with.
    """
    by_finder: dict[Finder, list[Alert]] = defaultdict(list)
    dated = []
    for alert in alerts:
        prefix = alert.cause.partition(":")[0]
        if prefix in FOUND_BY:
            by_finder[FOUND_BY[prefix]].append(alert)
        elif prefix in DATES:
            dated.append(alert)
    over = ended(session, alerts) | _gone(session, depot_id, dated)
    found: dict[str, Cause] = {}
    for finder, asked in by_finder.items():
        causes = {cause.cause: cause for cause in _asked(finder, session, depot_id, asked, now, today)}
        over |= {alert.cause for alert in asked} - causes.keys()
        found |= causes
    return {
        alert.id: Standing(alert.cause, found[alert.cause].details if alert.cause in found else {})
        for alert in alerts
        if alert.cause not in over
    }


def _asked(
    finder: Finder, session: Session, depot_id: UUID, alerts: list[Alert], now: datetime, today: date
) -> list[Cause]:
    if finder is check_causes:
        return check_causes(session, [depot_id], today, now, {alert.lot_id for alert in alerts if alert.lot_id})
    if finder is shortage_causes:
        return shortage_causes(session, [depot_id], today, now, {subject_of(alert.cause) for alert in alerts})
    return finder(session, [depot_id], today, now)


def _gone(session: Session, depot_id: UUID, alerts: list[Alert]) -> set[str]:
    """Of these causes those of gear that is there no more."""
    if not alerts:
        return set()
    lots = {alert.lot_id for alert in alerts}
    held = (Stock.depot_id == depot_id, Stock.lot_id.in_(lots), ~Stock.outside, Stock.quantity > 0)
    there = set(session.execute(select(Stock.lot_id).where(*held)).scalars())
    return {alert.cause for alert in alerts if alert.lot_id not in there}
