"""JSON routes of the manage room."""

from typing import Any

import msgspec
from litestar import Request, get

from core.context import context_of
from manage.health import Health, health
from manage.shown import SettingRow, settings_shown
from people.policy import Act, require_city


@get("/api/health", may=Act.APPROVE, summary="How the installation stands, for a watcher")
async def get_health(request: Request[Any, Any, Any]) -> Health:
    """``status`` is good, warn or bad, with what is amiss. ``/readyz`` says whether this process can serve."""
    return await health(context_of(request), request.user)


class SettingsShown(msgspec.Struct, frozen=True):
    """The settings in force."""

    settings: list[SettingRow]


@get("/api/settings", may=Act.ADMINISTER, summary="The settings in force, without secrets")
async def get_settings(request: Request[Any, Any, Any]) -> SettingsShown:
    """Each with its value and where that comes from; of a secret only whether it is set."""
    require_city(request.user, Act.ADMINISTER)
    subjects = settings_shown(context_of(request).settings)
    return SettingsShown([row for _, rows in subjects for row in rows])


ROUTES = [get_health, get_settings]
