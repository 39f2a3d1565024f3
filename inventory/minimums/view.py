"""Profiles and versions as they are shown: what was asked for on any day, what a draft changes."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.errors import not_found
from core.languages import N_
from core.quantities import write_quantity
from depots.models import Depot, DepotProfile, DepotStatus, Level, ParLevel, Profile, Requirement
from inventory.minimums.drafting import digest_of, lines_of, the_version
from inventory.minimums.models import RequirementVersion, RequirementVersionLine, VersionState
from inventory.readiness.dashboard import subject_names
from people.models import Person

SHOWN = 200


class ProfileRow(msgspec.Struct, frozen=True):
    """A type or specialty: how many lines it asks for today, and of how many depots."""

    code: str
    kind: str
    name_zh: str
    name_en: str
    lines: int
    depots: int


class ProfileLine(msgspec.Struct, frozen=True):
    """What a profile asks for of a subject on a day. Decimal strings."""

    subject: str
    name_zh: str
    name_en: str
    level: Level
    minimum: str
    spare_per: int | None
    combine: str
    low: str | None
    par: str | None
    valid_from: date
    source: str
    source_zh: str


class ProfileView(msgspec.Struct, frozen=True):
    """A profile on a day, and the days on which it changes."""

    code: str
    name_zh: str
    name_en: str
    day: date
    days: list[date]
    lines: list[ProfileLine]


class VersionRow(msgspec.Struct, frozen=True):
    """A version in lists. ``state`` is computed: draft, coming, in-force, or withdrawn."""

    id: UUID
    title: str
    reason: str
    begins_on: date
    state: str
    lines: int
    made_by: str
    made_at: datetime
    ended_by: str | None
    ended_at: datetime | None


class VersionLine(msgspec.Struct, frozen=True):
    """A line of a version beside what is asked for without it. Decimal strings; empty: not asked for."""

    profile: str
    subject: str
    name_zh: str
    name_en: str
    level: Level
    minimum: str
    spare_per: int | None
    combine: str
    low: str | None
    par: str | None
    before: str
    level_before: Level | None


class VersionView(msgspec.Struct, frozen=True):
    """A version with its lines; ``digest`` is sent back to publish just that."""

    version: VersionRow
    digest: str
    lines: list[VersionLine]


def profiles(session: Session, today: date) -> list[ProfileRow]:
    """Types first, then specialties. Three queries."""
    asked: dict[str, int] = {}
    for (code, _), line in _latest(session, today).items():
        asked[code] = asked.get(code, 0) + (line.minimum > 0)
    open_ = Depot.status == DepotStatus.OPEN
    types = select(Depot.type_code, func.count()).where(open_).group_by(Depot.type_code)
    add_ons = (
        select(DepotProfile.profile_code, func.count())
        .join(Depot, Depot.id == DepotProfile.depot_id)
        .where(open_)
        .group_by(DepotProfile.profile_code)
    )
    depots: dict[str, int] = {code: number for code, number in session.execute(types.union_all(add_ons))}
    rows = session.execute(select(Profile).order_by(Profile.kind.desc(), Profile.code)).scalars()
    return [
        ProfileRow(one.code, one.kind, one.name_zh, one.name_en, asked.get(one.code, 0), depots.get(one.code, 0))
        for one in rows
    ]


def _latest(session: Session, day: date, *conditions: Any) -> dict[tuple[str, str], Any]:
    """The requirement lines in force on a day, by profile and subject; ``conditions``: of these lines alone."""
    statement = select(Requirement).where(Requirement.valid_from <= day, *conditions).order_by(Requirement.valid_from)
    return {(line.profile_code, line.subject): line for line in session.execute(statement).scalars()}


def profile_view(session: Session, code: str, day: date) -> ProfileView:
    """What a profile asks for on a day: today, before, or to come. 404 if there is none. Five queries."""
    profile = session.get(Profile, code)
    if profile is None:
        raise not_found(N_("there is no profile {value}"), value=code[:20])
    lines = [line for line in _latest(session, day, Requirement.profile_code == code).values() if line.minimum > 0]
    pars = select(ParLevel).where(ParLevel.profile_code == code, ParLevel.valid_from <= day)
    levels = {par.item_id: par for par in session.execute(pars.order_by(ParLevel.valid_from)).scalars()}
    names = subject_names(session, [line.subject for line in lines])
    days = select(Requirement.valid_from).where(Requirement.profile_code == code).distinct()
    return ProfileView(
        profile.code,
        profile.name_zh,
        profile.name_en,
        day,
        sorted(session.execute(days).scalars()),
        [
            ProfileLine(
                line.subject,
                names.get(line.subject, (line.subject, line.subject))[0],
                names.get(line.subject, (line.subject, line.subject))[1],
                line.level,
                write_quantity(line.minimum),
                line.spare_per,
                line.combine,
                _text(levels[line.item_id].minimum) if line.item_id in levels else None,
                _text(levels[line.item_id].par) if line.item_id in levels else None,
                line.valid_from,
                line.source,
                line.source_zh,
            )
            for line in sorted(lines, key=lambda line: (_ORDER[line.level], line.subject))
        ],
    )


_ORDER = {Level.MANDATORY: 0, Level.SPECIALTY: 0, Level.RECOMMENDED: 1}


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else write_quantity(amount)


def versions(session: Session, today: date) -> list[VersionRow]:
    """The newest versions, drafts and what is to come first. Two queries."""
    statement = select(RequirementVersion).order_by(RequirementVersion.made_at.desc(), RequirementVersion.id.desc())
    found = list(session.execute(statement.limit(SHOWN)).scalars())
    rows = _rows(session, found, today)
    return sorted(rows, key=lambda row: ("draft", "coming", "in-force", "withdrawn").index(row.state))


def _rows(session: Session, found: list[RequirementVersion], today: date) -> list[VersionRow]:
    ids = [version.id for version in found]
    counted = (
        select(RequirementVersionLine.version_id, func.count())
        .where(RequirementVersionLine.version_id.in_(ids))
        .group_by(RequirementVersionLine.version_id)
    )
    lines: dict[UUID, int] = {version_id: number for version_id, number in session.execute(counted)}
    people = {version.made_by_id for version in found} | {one.ended_by_id for one in found if one.ended_by_id}
    names: dict[UUID, str] = {
        one: name for one, name in session.execute(select(Person.id, Person.name).where(Person.id.in_(people)))
    }
    return [
        VersionRow(
            one.id,
            one.title,
            one.reason,
            one.begins_on,
            _state(one, today),
            lines.get(one.id, 0),
            names[one.made_by_id],
            one.made_at,
            names.get(one.ended_by_id) if one.ended_by_id else None,
            one.ended_at,
        )
        for one in found
    ]


def _state(version: RequirementVersion, today: date) -> str:
    if version.state == VersionState.PUBLISHED:
        return "in-force" if version.begins_on <= today else "coming"
    return version.state.value


def version_view(session: Session, version_id: UUID, today: date) -> VersionView:
    """A version line by line, beside what is asked for without it. Seven queries."""
    version = the_version(session, version_id)
    lines = lines_of(session, version_id)
    before = _before(session, version, {line.profile_code for line in lines})
    names = subject_names(session, [line.subject for line in lines])
    told = []
    for line in lines:
        was = before.get((line.profile_code, line.subject))
        told.append(
            VersionLine(
                line.profile_code,
                line.subject,
                *names.get(line.subject, (line.subject, line.subject)),
                line.level,
                write_quantity(line.minimum),
                line.spare_per,
                line.combine,
                _text(line.low),
                _text(line.par),
                write_quantity(was.minimum) if was is not None else "",
                was.level if was is not None else None,
            )
        )
    return VersionView(_rows(session, [version], today)[0], digest_of(version, lines), told)


def _before(session: Session, version: RequirementVersion, codes: set[str]) -> dict[tuple[str, str], Any]:
    """What these profiles ask for on the version's day, without it."""
    conditions: list[Any] = [Requirement.profile_code.in_(codes)]
    if version.state == VersionState.PUBLISHED:
        conditions.append(Requirement.valid_from < version.begins_on)
    return _latest(session, version.begins_on, *conditions)
