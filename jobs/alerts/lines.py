"""An alert as one line of a message: what, where, since when, and the one address that opens the thing."""

import json
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.languages import N_, in_both
from depots.models import Depot
from inventory.catalogue.models import Item
from inventory.stock.models import Lot
from jobs.alerts.alerts import about
from jobs.alerts.models import Alert
from jobs.causes.kinds import KIND_WORDS, AlertKind, severity_of

# Stands for the name of what an alert is about where it is about no item; other kinds are called by their word
_UNNAMED = {AlertKind.DEFECT: N_("Reported by a passer-by")}


def lines_of(session: Session, alert_ids: list[UUID]) -> list[dict[str, Any]]:
    """The alerts as messages show them, in the order of the ids."""
    rows = session.execute(
        select(Alert, Depot, Item.code.label("item"), Item.name_zh, Item.name_en, Lot.number, Lot.serial)
        .join(Depot, Depot.id == Alert.depot_id)
        .outerjoin(Item, Item.id == Alert.item_id)
        .outerjoin(Lot, Lot.id == Alert.lot_id)
        .where(Alert.id.in_(alert_ids))
    ).all()
    found = {row[0].id: _line(row) for row in rows}
    return [found[alert_id] for alert_id in alert_ids]


def _line(row: Any) -> dict[str, Any]:
    alert, depot = row.Alert, row.Depot
    details = json.loads(alert.details)
    said = about(row, details)
    name = said["name_zh"], said["name_en"]
    title = name if name[0] else in_both(_UNNAMED.get(alert.kind, KIND_WORDS[alert.kind]))
    return {
        "alert": alert,
        "kind": alert.kind.value,
        "word": KIND_WORDS[alert.kind],
        "urgent": alert.urgent,
        "severity": severity_of(alert.kind, urgent=alert.urgent),
        "depot": depot,
        **said,
        # what people read first; where that is the kind's own word, it is not said twice
        "title_zh": title[0],
        "title_en": title[1],
        "titled": bool(name[0]) or alert.kind in _UNNAMED,
        "lot": row.number or row.serial or "",
        "due": alert.due,
        "details": details,
        "path": path_of(alert, depot.code, details),
    }


def path_of(alert: Alert, depot_code: str, details: dict[str, Any]) -> str:
    """Where the thing is dealt with: the recall, the label, the piece's checks, the piece or lot, else the depot."""
    if "label" in details:
        return f"/labels/{details['label']}"
    if "recall" in details:
        return f"/recalls/{details['recall']}"
    if alert.kind is AlertKind.CHECK_DUE and alert.lot_id is not None:
        return f"/lots/{alert.lot_id}/upkeep"
    return f"/lots/{alert.lot_id}" if alert.lot_id is not None else f"/depots/{depot_code}"
