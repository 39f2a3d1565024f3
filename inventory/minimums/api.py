"""JSON routes of what must be held: profiles on any day, versions drafted, previewed, published and withdrawn."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post, put
from litestar.params import Body, FromPath, QueryParameter

from core.bodies import shaped
from core.context import context_of
from inventory.minimums.drafting import Line, NewVersion, new_version, publish, put_lines, withdraw
from inventory.minimums.preview import Preview, preview
from inventory.minimums.view import (
    ProfileRow,
    ProfileView,
    VersionRow,
    VersionView,
    profile_view,
    profiles,
    version_view,
    versions,
)
from inventory.planner.rules import prices_from
from people.policy import Act

Day = Annotated[date | None, QueryParameter(description="on which day; left out: today")]


class Lines(msgspec.Struct, forbid_unknown_fields=True):
    """All lines of a draft."""

    lines: list[Line]


class Publish(msgspec.Struct, forbid_unknown_fields=True):
    """The digest of what was looked at: just that is published."""

    digest: Annotated[str, msgspec.Meta(max_length=64)]


class Withdraw(msgspec.Struct, forbid_unknown_fields=True):
    """Why a version is given up."""

    reason: Annotated[str, msgspec.Meta(max_length=1000)]


@get(
    "/api/requirements/profiles",
    operation_id="listProfiles",
    may=Act.SEE,
    summary="Types and specialties, and how much each asks for",
)
async def list_profiles(request: Request[Any, Any, Any]) -> list[ProfileRow]:
    """Today's lines, and how many depots have it."""
    context = context_of(request)
    return await context.database.read(profiles, context.clock.today())


@get("/api/requirements/profiles/{profile_code:str}", may=Act.SEE, summary="What a type or specialty must hold")
async def get_profile(request: Request[Any, Any, Any], profile_code: FromPath[str], on: Day = None) -> ProfileView:
    """On a day: versions that are over, in force, or to come."""
    context = context_of(request)
    return await context.database.read(profile_view, profile_code, on or context.clock.today())


@get(
    "/api/requirements/versions",
    operation_id="listRequirementVersions",
    may=Act.SEE,
    summary="Versions of what must be held",
)
async def list_versions(request: Request[Any, Any, Any]) -> list[VersionRow]:
    """Drafts and what is to come first."""
    context = context_of(request)
    return await context.database.read(versions, context.clock.today())


@post(
    "/api/requirements/versions",
    operation_id="draftRequirements",
    may=Act.APPROVE,
    summary="Draft a version of what must be held",
    status_code=201,
    before_request=shaped(NewVersion),
)
async def draft(
    request: Request[Any, Any, Any], data: Annotated[Any, Body(title="A version")]
) -> Response[VersionView]:
    """It counts for nothing until it is published; sent again with its id, there is one."""
    context, wish = context_of(request), msgspec.convert(data, NewVersion)
    today = context.clock.today()
    await context.database.write(new_version, request.user, wish, context.clock.now(), today)
    return Response(await context.database.read(version_view, wish.id, today), status_code=201)


@get(
    "/api/requirements/versions/{version_id:uuid}",
    operation_id="getRequirementVersion",
    may=Act.SEE,
    summary="One version line by line",
)
async def get_version(request: Request[Any, Any, Any], version_id: FromPath[UUID]) -> VersionView:
    """Beside what is asked for without it."""
    context = context_of(request)
    return await context.database.read(version_view, version_id, context.clock.today())


@put(
    "/api/requirements/versions/{version_id:uuid}/lines",
    operation_id="setRequirementLines",
    sets=True,
    may=Act.APPROVE,
    summary="What a draft says",
    before_request=shaped(Lines),
)
async def set_lines(
    request: Request[Any, Any, Any], version_id: FromPath[UUID], data: Annotated[Any, Body(title="All its lines")]
) -> VersionView:
    """Sent whole: what is not named is not in it."""
    context = context_of(request)
    lines = msgspec.convert(data, Lines).lines
    await context.database.offload(put_lines, request.user, version_id, lines, context.clock.now())
    return await context.database.read(version_view, version_id, context.clock.today())


@get(
    "/api/requirements/versions/{version_id:uuid}/preview",
    operation_id="previewRequirements",
    may=Act.SEE,
    summary="What a version would do",
)
async def get_preview(request: Request[Any, Any, Any], version_id: FromPath[UUID]) -> Preview:
    """With the stock of today, of the depots within reach: who loses readiness, new gaps, what there is to buy."""
    context = context_of(request)
    prices = prices_from(context.settings.plan_prices)
    return await context.database.survey(preview, request.user, version_id, context.clock.today(), prices)


@post(
    "/api/requirements/versions/{version_id:uuid}/publish",
    operation_id="publishRequirements",
    may=Act.APPROVE,
    summary="Let a version count from its day on",
    status_code=200,
    before_request=shaped(Publish),
)
async def publish_version(
    request: Request[Any, Any, Any], version_id: FromPath[UUID], data: Annotated[Any, Body(title="What was looked at")]
) -> VersionView:
    """409 if it says something else by now."""
    context = context_of(request)
    now, today = context.clock.now(), context.clock.today()
    digest = msgspec.convert(data, Publish).digest
    await context.database.offload(publish, request.user, version_id, digest, now, today)
    return await context.database.read(version_view, version_id, today)


@post(
    "/api/requirements/versions/{version_id:uuid}/withdraw",
    operation_id="withdrawRequirements",
    may=Act.APPROVE,
    summary="Give a version up before its day",
    status_code=200,
    before_request=shaped(Withdraw),
)
async def withdraw_version(
    request: Request[Any, Any, Any], version_id: FromPath[UUID], data: Annotated[Any, Body(title="Why")]
) -> VersionView:
    """409 for one that counts already."""
    context = context_of(request)
    now, today = context.clock.now(), context.clock.today()
    reason = msgspec.convert(data, Withdraw).reason
    await context.database.offload(withdraw, request.user, version_id, reason, now, today)
    return await context.database.read(version_view, version_id, today)


ROUTES = [
    *(list_profiles, get_profile, list_versions, draft, get_version, set_lines),
    *(get_preview, publish_version, withdraw_version),
]
