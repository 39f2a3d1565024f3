"""What robots and webhooks are told: each step of an alert once, many alerts in one message.

Written to the outbox in the transaction that notes what was reported, one process at a time for each endpoint.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, insert, or_, select
from sqlalchemy.orm import Session

from core.columns import table_of
from core.database import Database
from core.languages import N_, say
from core.settings import Settings
from depots.models import Depot
from inventory.catalogue.models import Item
from jobs.alerts.alerts import at_least
from jobs.alerts.ladder import quiet_until
from jobs.alerts.lines import lines_of
from jobs.alerts.models import Alert
from jobs.causes.rules import URGENT_CATEGORIES, URGENT_ITEMS
from jobs.channels.models import Endpoint
from jobs.channels.outbox import put_into_outbox
from jobs.channels.parcel import Letter
from jobs.channels.register import ENDPOINT_CHANNELS
from jobs.digests.models import EndpointNotified

MOST_SHOWN = 50  # alerts that a message lists line by line


def write_to_endpoints(database: Database, settings: Settings, now: datetime) -> int:
    """Write what is new for any endpoint to the outbox; returns how many messages. Again at once: none."""
    with database.transaction(writes=False) as session:
        endpoints = list(session.execute(select(Endpoint).where(Endpoint.ended_at.is_(None))).scalars())
        waiting = [endpoint.id for endpoint in endpoints if _untold(session, endpoint, settings, now, 1)]
    written = 0
    for endpoint_id in waiting:
        while database.run(write_to_endpoint, endpoint_id, settings, now):
            written += 1
    return written


def write_to_endpoint(session: Session, endpoint_id: UUID, settings: Settings, now: datetime) -> bool:
    """Write one message to an endpoint, if there is anything new to tell."""
    endpoint: Endpoint = session.execute(
        select(Endpoint).where(Endpoint.id == endpoint_id).with_for_update(key_share=True)
    ).scalar_one()
    channel = ENDPOINT_CHANNELS[endpoint.way]
    untold = _untold(session, endpoint, settings, now, channel.most)
    if endpoint.ended_at is not None or not untold:
        return False
    shown = lines_of(session, [row.id for row in untold[:MOST_SHOWN]])
    title = say(endpoint.language, N_("Readyshelf: {total} new"), total=len(untold))
    letter = Letter(endpoint.id, endpoint.language, title, settings.base_url, now, shown, len(untold))
    mail_id = put_into_outbox(
        session, endpoint, kind="alerts", subject=title, text=channel.news(letter), settings=settings, now=now
    )
    told = [
        {
            "endpoint_id": endpoint.id,
            "alert_id": row.id,
            "step": row.step,
            "told_round": row.told_round,
            "mail_id": mail_id,
        }
        for row in untold
    ]
    session.execute(insert(table_of(EndpointNotified)), told)
    return True


def _untold(session: Session, endpoint: Endpoint, settings: Settings, now: datetime, most: int) -> Sequence[Any]:
    """Open alerts within the endpoint's reach that it has not been told of, and that nobody has answered.

    Only what came up since the endpoint is there: setting one up does not pour everything out.
    """
    told = and_(
        EndpointNotified.alert_id == Alert.id,
        EndpointNotified.step == Alert.step,
        EndpointNotified.told_round == Alert.told_round,
        EndpointNotified.endpoint_id == endpoint.id,
    )
    conditions = [at_least(endpoint.least)]
    if endpoint.depot_id is not None:
        conditions.append(Alert.depot_id == endpoint.depot_id)
    elif endpoint.district_code is not None:
        conditions.append(Depot.district_code == endpoint.district_code)
    if ENDPOINT_CHANNELS[endpoint.way].hushed and quiet_until(settings.quiet, now, settings.zone):
        lifesaving = or_(Item.code.in_(URGENT_ITEMS), Item.category_code.in_(URGENT_CATEGORIES))
        conditions += [Alert.urgent, lifesaving]
    statement = (
        select(Alert.id, Alert.step, Alert.told_round)
        .join(Depot, Depot.id == Alert.depot_id)
        .outerjoin(Item, Item.id == Alert.item_id)
        .outerjoin(EndpointNotified, told)
        .where(
            Alert.resolved_at.is_(None),
            Alert.acknowledged_at.is_(None),
            Alert.snoozed_until.is_(None),
            Alert.changed_at >= endpoint.created_at,
            EndpointNotified.alert_id.is_(None),
            *conditions,
        )
        .order_by(Alert.urgent.desc(), Alert.due, Alert.id)
    )
    return session.execute(statement.limit(most)).all()
