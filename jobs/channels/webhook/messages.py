"""Messages to a webhook, as JSON for a program."""

import json
from datetime import UTC, datetime
from typing import Any

from jobs.causes.kinds import AlertKind
from jobs.channels.parcel import Letter


def news(letter: Letter) -> str:
    """The whole of each alert."""
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
            "url": f"{letter.base_url}{line['path']}",
        }
        for line in letter.lines
    ]
    data = {"endpoint": str(letter.endpoint_id), "alerts": alerts}
    return _json({"type": "alerts.raised", "timestamp": _instant(letter.at), "data": data})


def trial(letter: Letter) -> str:
    """That it is a test, and its title."""
    data = {"endpoint": str(letter.endpoint_id), "text": letter.title}
    return _json({"type": "test", "timestamp": _instant(letter.at), "data": data})


def _without_names(line: dict[str, Any]) -> dict[str, Any]:
    """An alert's figures; names of borrowers never leave the city."""
    if line["kind"] != AlertKind.OVERDUE_LOAN:
        return line["details"]
    return {name: value for name, value in line["details"].items() if name != "description"}


def _instant(value: datetime) -> str:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
