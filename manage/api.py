"""JSON routes of the manage room."""

from typing import Any

import msgspec
from litestar import Request, get, post
from litestar.params import JSONBody

from core.context import context_of
from depots.following import follow_city
from manage.begin import Beginning, begin_city
from manage.health import Health, health
from manage.shown import SettingRow, settings_shown
from manage.steps import Step, steps
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
    subjects = settings_shown(context_of(request).settings, context_of(request).stated)
    return SettingsShown([row for _, rows in subjects for row in rows])


class StepsTold(msgspec.Struct, frozen=True):
    """The steps from an empty city to one that runs."""

    steps: list[Step]


@get("/api/steps", may=Act.ADMINISTER, summary="What is done on the way to a running city")
async def get_steps(request: Request[Any, Any, Any]) -> StepsTold:
    """Each step with whether it is done, looked up in the book."""
    return StepsTold(await context_of(request).database.read(steps, request.user))


class Begun(msgspec.Struct, frozen=True):
    """How many rows of each kind the list has brought."""

    new: dict[str, int]


@post(
    "/api/begin", operation_id="beginCity", may=Act.ADMINISTER, status_code=200, summary="Enter an empty city's basics"
)
async def post_begin(request: Request[Any, Any, Any], data: JSONBody[Beginning]) -> Begun:
    """Name, language, time zone, districts, and the list to start from: only while the city has no depot."""
    context = context_of(request)
    new = await context.database.offload(begin_city, request.user, data, context.clock.now())
    await follow_city(context)
    return Begun(new)


ROUTES = [get_health, get_settings, get_steps, post_begin]
