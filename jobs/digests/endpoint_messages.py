"""What robots and webhooks are told: each step of an alert once, many alerts in one message.

Written to the outbox in the transaction that notes what was told, one process at a time for each endpoint.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, insert, or_, select
from sqlalchemy.orm import Session

from core.columns import table_of
from core.database import Database
from core.ids import new_id
from core.languages import N_, say
from core.settings import Settings
from depots.models import Depot
from inventory.catalogue.models import Item
from jobs.alerts.kinds import at_least
from jobs.alerts.ladder import quiet_until
from jobs.alerts.lines import lines_of
from jobs.alerts.models import Alert, AlertKind, Mail, Way
from jobs.causes.rules import URGENT_CATEGORIES, URGENT_ITEMS
from jobs.channels.models import Endpoint, EndpointTold
from jobs.channels.robot.calling import fit

MOST_ALERTS = 50  # in one message to a webhook
MOST_COUNTED = 5000  # in one message to a robot, which shows as many as fit
SHOWN_ALERTS = 30
_PLAIN = str.maketrans({"[": "［", "]": "］", "<": "＜", ">": "＞", "*": "＊", "`": "｀", "\n": " ", "\r": " "})


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
    untold = _untold(session, endpoint, settings, now, MOST_ALERTS if endpoint.way is Way.WEBHOOK else MOST_COUNTED)
    if endpoint.ended_at is not None or not untold:
        return False
    shown = lines_of(session, [row.id for row in untold[:MOST_ALERTS]])
    compose = _event if endpoint.way is Way.WEBHOOK else _markdown
    text = compose(endpoint, shown, len(untold), settings, now)
    mail_id = put_into_outbox(session, endpoint, "alerts", _title(endpoint, len(untold)), text, settings, now)
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
    session.execute(insert(table_of(EndpointTold)), told)
    return True


def put_into_outbox(
    session: Session, endpoint: Endpoint, kind: str, subject: str, text: str, settings: Settings, now: datetime
) -> UUID:
    """Enter a message to an endpoint; returns its id."""
    mail_id = new_id()
    session.add(
        Mail(
            id=mail_id,
            channel=endpoint.way,
            endpoint_id=endpoint.id,
            kind=kind,
            day=now.astimezone(settings.zone).date(),
            address=endpoint.name,
            subject=subject[:300],
            body_text=text,
            body_html="",
            message_id=f"msg_{mail_id.hex}",
            next_try_at=now,
            created_at=now,
        )
    )
    session.flush()
    return mail_id


def write_trial(session: Session, endpoint: Endpoint, settings: Settings, now: datetime) -> UUID:
    """Enter a message that says nothing but that the endpoint is reached."""
    title = say(endpoint.language, N_("Readyshelf reaches you here."))
    text = title
    if endpoint.way is Way.WEBHOOK:
        text = _json(
            {"type": "test", "timestamp": _instant(now), "data": {"endpoint": str(endpoint.id), "text": title}}
        )
    return put_into_outbox(session, endpoint, "test", title, text, settings, now)


def _untold(session: Session, endpoint: Endpoint, settings: Settings, now: datetime, most: int) -> Sequence[Any]:
    """Open alerts within the endpoint's reach that it has not been told of, and that nobody has answered.

    Only what came up since the endpoint is there: setting one up does not pour everything out.
    """
    told = and_(
        EndpointTold.alert_id == Alert.id,
        EndpointTold.step == Alert.step,
        EndpointTold.told_round == Alert.told_round,
        EndpointTold.endpoint_id == endpoint.id,
    )
    conditions = [at_least(endpoint.least)]
    if endpoint.depot_id is not None:
        conditions.append(Alert.depot_id == endpoint.depot_id)
    elif endpoint.district_code is not None:
        conditions.append(Depot.district_code == endpoint.district_code)
    if endpoint.way is Way.ROBOT and quiet_until(settings.quiet, now, settings.zone):
        lifesaving = or_(Item.code.in_(URGENT_ITEMS), Item.category_code.in_(URGENT_CATEGORIES))
        conditions += [Alert.urgent, lifesaving]
    statement = (
        select(Alert.id, Alert.step, Alert.told_round)
        .join(Depot, Depot.id == Alert.depot_id)
        .outerjoin(Item, Item.id == Alert.item_id)
        .outerjoin(EndpointTold, told)
        .where(
            Alert.resolved_at.is_(None),
            Alert.acknowledged_at.is_(None),
            Alert.snoozed_until.is_(None),
            Alert.changed_at >= endpoint.created_at,
            EndpointTold.alert_id.is_(None),
            *conditions,
        )
        .order_by(Alert.urgent.desc(), Alert.due, Alert.id)
    )
    return session.execute(statement.limit(most)).all()


def _title(endpoint: Endpoint, total: int) -> str:
    return say(endpoint.language, N_("Readyshelf: {total} new"), total=total)


def _markdown(endpoint: Endpoint, shown: list[dict[str, Any]], total: int, settings: Settings, _now: datetime) -> str:
    """For a group robot: counts, the worst first, each with its link."""
    language = endpoint.language
    at = 0 if language == "zh" else 1
    lines = [f"**{_title(endpoint, total)}**"]
    for line in shown[:SHOWN_ALERTS]:
        name = _plain((line["name_zh"], line["name_en"])[at] or say(language, N_("Reported by a passer-by")))
        place = _plain((line["depot"].name_zh, line["depot"].name_en)[at])
        urgent = f'<font color="warning">{say(language, N_("urgent"))}</font> ' if line["urgent"] else ""
        due = f" {line['due']}" if line["due"] else ""
        link = f"[{name}]({settings.base_url}{line['path']})"
        lines.append(f"> {urgent}{link} {say(language, line['word'])}{due} · {place}")
    unseen = total - len(shown[:SHOWN_ALERTS])
    more = say(language, N_("and more: see the list"))
    return fit(lines, f"[{more}]({settings.base_url}/alerts)", unseen > 0)


def _plain(text: str) -> str:
    """Without what Markdown or the robot's font tag would take for its own."""
    return text.translate(_PLAIN)[:80]


def _event(endpoint: Endpoint, shown: list[dict[str, Any]], _total: int, settings: Settings, now: datetime) -> str:
    """For a program: the whole of each alert."""
    alerts = [
        {
            "id": str(line["alert"].id),
            "kind": line["kind"],
            "severity": line["severity"].value,
            "step": line["alert"].step,
            "depot": line["depot"].code,
            "depot_zh": line["depot"].name_zh,
            "depot_en": line["depot"].name_en,
            "item": line["item"],
            "name_zh": line["name_zh"],
            "name_en": line["name_en"],
            "lot": line["lot"] or None,
            "due": line["due"].isoformat() if line["due"] else None,
            "details": _without_names(line),
            "opened_at": _instant(line["alert"].opened_at),
            "url": f"{settings.base_url}{line['path']}",
        }
        for line in shown
    ]
    data = {"endpoint": str(endpoint.id), "alerts": alerts}
    return _json({"type": "alerts.raised", "timestamp": _instant(now), "data": data})


def _without_names(line: dict[str, Any]) -> dict[str, Any]:
    """An alert's figures; names of borrowers never leave the city."""
    if line["kind"] != AlertKind.OVERDUE_LOAN:
        return line["details"]
    return {name: value for name, value in line["details"].items() if name != "description"}


def _instant(value: datetime) -> str:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
