"""Versions of what must be held: drafted line by line, published as a whole for a day, withdrawn before it."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from core.audit import record
from core.digests import digest_of_content
from core.errors import bad_field, conflict, id_reused, not_found
from core.inputs import clean_text
from core.languages import N_
from core.quantities import read_quantity, write_quantity
from depots.models import ItemGroup, Level, ParLevel, Profile, Requirement
from depots.requirements import work_out_requirements
from inventory.catalogue.models import Item
from inventory.minimums.models import RequirementVersion, RequirementVersionLine, VersionState
from inventory.readiness.counting import forget_figures
from people.policy import Act, Caller, require_city

ZERO = Decimal(0)
AHEAD = timedelta(days=3 * 366)  # a version begins within so many days
MOST_LINES = 2000
_Text = Annotated[str, msgspec.Meta(max_length=1000)]


class NewVersion(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A draft: what it is called, from which day on it is to count, why."""

    id: UUID
    title: _Text
    begins_on: date
    reason: _Text = ""


class Line(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What a profile is to ask for of a subject: an item's code, or GROUP: and the code of a group. Decimal strings.

    A minimum of 0 asks for nothing any more. ``low`` and ``par``: low stock under this, and full; left out, they stay.
    """

    profile: _Text
    subject: _Text
    minimum: _Text
    level: Level | None = None  # empty: mandatory of a type, specialty of a specialty
    spare_per: Annotated[int, msgspec.Meta(ge=1, le=1000)] | None = None
    combine: _Text = "max"
    low: _Text | None = None
    par: _Text | None = None


def new_version(session: Session, caller: Caller, wish: NewVersion, now: datetime, today: date) -> RequirementVersion:
    """Begin a draft, once."""
    title, reason = clean_text(wish.title, "title", 100, required=True), clean_text(wish.reason, "reason", 300)
    _require_day(wish.begins_on, today)
    require_city(caller, Act.APPROVE)
    there = session.get(RequirementVersion, wish.id)
    if there is not None:
        if (there.title, there.made_by_id) != (title, caller.person_id):
            raise id_reused(wish.id)
        return there
    version = RequirementVersion(
        id=wish.id, title=title, reason=reason, begins_on=wish.begins_on, made_by_id=caller.person_id, made_at=now
    )
    session.add(version)
    session.flush()
    _note(session, caller, version, "requirements-drafted", now, after={"title": title, "begins_on": wish.begins_on})
    return version


def _require_day(day: date, today: date) -> None:
    if not today <= day <= today + AHEAD:
        raise bad_field("begins_on", N_("a version begins today or within three years: what is past stays as it was"))


def the_version(session: Session, version_id: UUID, *, lock: bool = False) -> RequirementVersion:
    """The version with this id; 404 if there is none."""
    version = session.get(RequirementVersion, version_id, with_for_update=lock or None)
    if version is None:
        raise not_found(N_("there is no such version"))
    return version


def _the_draft(session: Session, caller: Caller, version_id: UUID) -> RequirementVersion:
    version = the_version(session, version_id, lock=True)
    require_city(caller, Act.APPROVE)
    if version.state != VersionState.DRAFT:
        raise conflict("closed", N_("this version is no draft any more"))
    return version


def lines_of(session: Session, version_id: UUID) -> list[RequirementVersionLine]:
    """The lines of a version, by profile and subject."""
    statement = select(RequirementVersionLine).where(RequirementVersionLine.version_id == version_id)
    order = (RequirementVersionLine.profile_code, RequirementVersionLine.subject)
    return list(session.execute(statement.order_by(*order)).scalars())


def digest_of(version: RequirementVersion, lines: Sequence[RequirementVersionLine]) -> str:
    """What was looked at: a version is published as its preview showed it, or not at all."""
    told = [{**line.model_dump(exclude={"version_id"}), "level": line.level.value} for line in lines]
    return digest_of_content(msgspec.to_builtins([version.begins_on, told], enc_hook=str))


def put_lines(
    session: Session, caller: Caller, version_id: UUID, lines: Sequence[Line], now: datetime, profile: str | None = None
) -> RequirementVersion:
    """Let a draft say these lines in place of what it says (of a profile, or of all)."""
    version = _the_draft(session, caller, version_id)
    if len(lines) > MOST_LINES:
        raise bad_field("lines", N_("at most {most}"), most=MOST_LINES)
    wanted = _Reader(session, version_id).read(lines)
    there = [line for line in lines_of(session, version_id) if profile in (None, line.profile_code)]
    before = {f"{line.profile_code} {line.subject}": _said(line) for line in there}
    for line in there:
        session.delete(line)
    session.flush()
    session.add_all(wanted)
    session.flush()
    after = {f"{line.profile_code} {line.subject}": _said(line) for line in wanted}
    if before != after:
        _note(session, caller, version, "requirements-edited", now, before=before, after=after)
    return version


def _said(line: Any) -> str:
    said = f"{write_quantity(line.minimum)} {line.level.value} {line.combine}"
    more = {name: getattr(line, name) for name in ("spare_per", "low", "par")}
    return said + "".join(f" {name} {value}" for name, value in more.items() if value is not None)


class _Reader:
    """Reads lines as they are sent; the profiles, items and groups are looked up once."""

    def __init__(self, session: Session, version_id: UUID) -> None:
        self.version_id = version_id
        self.kinds: dict[str, str] = {code: kind for code, kind in session.execute(select(Profile.code, Profile.kind))}
        self.items = {
            item.code: item for item in session.execute(select(Item.id, Item.code, Item.decimals).where(Item.active))
        }
        self.groups = set(session.execute(select(ItemGroup.code)).scalars())

    def read(self, lines: Sequence[Line]) -> list[RequirementVersionLine]:
        found: dict[tuple[str, str], RequirementVersionLine] = {}
        for number, line in enumerate(lines):
            one = self._one(line, f"lines.{number}")
            if (one.profile_code, one.subject) in found:
                raise bad_field(f"lines.{number}.subject", N_("this is named twice"))
            found[one.profile_code, one.subject] = one
        return list(found.values())

    def _one(self, line: Line, field: str) -> RequirementVersionLine:
        profile, subject = line.profile.strip(), line.subject.strip()
        if profile not in self.kinds:
            raise bad_field(f"{field}.profile", N_("there is no profile {value}"), value=profile[:20])
        item = self.items.get(subject)
        group = subject.removeprefix("GROUP:") if subject.startswith("GROUP:") else None
        if item is None and group not in self.groups:
            raise bad_field(f"{field}.subject", N_("there is no item with the code {code}"), code=subject[:40])
        if line.combine not in ("max", "sum"):
            raise bad_field(f"{field}.combine", N_("write max or sum"))
        if item is None and (line.low or line.par):
            raise bad_field(f"{field}.par", N_("only an item has a par level, not a group"))
        must = Level.MANDATORY if self.kinds[profile] == "type" else Level.SPECIALTY
        minimum = _amount(line.minimum, f"{field}.minimum")
        if item is not None and minimum.normalize().as_tuple().exponent < -item.decimals:
            raise bad_field(f"{field}.minimum", N_("of this item so small a part is not counted"))
        low, par = (
            _amount(said, f"{field}.{name}") if said not in (None, "") else None
            for name, said in (("low", line.low), ("par", line.par))
        )
        if low is not None and par is not None and par < low:
            raise bad_field(f"{field}.par", N_("full is not less than low"))
        return RequirementVersionLine(
            version_id=self.version_id,
            profile_code=profile,
            subject=subject,
            item_id=item.id if item is not None else None,
            group_code=group if item is None else None,
            level=line.level or must,
            minimum=minimum,
            spare_per=line.spare_per,
            combine=line.combine,
            low=low,
            par=par,
        )


def _amount(text: str | None, field: str) -> Decimal:
    said = (text or "").strip()
    return ZERO if said.strip("0.") == "" and said else read_quantity(said, field)


def publish(
    session: Session, caller: Caller, version_id: UUID, digest: str, now: datetime, today: date
) -> RequirementVersion:
    """Let a draft count from its day on. Refuses (409) one that says something else than was looked at."""
    version = _the_draft(session, caller, version_id)
    lines = lines_of(session, version_id)
    if not lines:
        raise conflict("empty", N_("this version says nothing yet"))
    if digest_of(version, lines) != digest:
        raise conflict("changed", N_("this version was changed since it was looked at; look at it anew"))
    _require_day(version.begins_on, today)
    _require_free_day(session, version, lines)
    _enter(session, version, lines)
    version.state, version.ended_by_id, version.ended_at = VersionState.PUBLISHED, caller.person_id, now
    session.flush()
    _count(session, today)
    told = {f"{line.profile_code} {line.subject}": _said(line) for line in lines}
    _note(session, caller, version, "requirements-published", now, after={"begins_on": version.begins_on, **told})
    return version


def _require_free_day(session: Session, version: RequirementVersion, lines: Sequence[RequirementVersionLine]) -> None:
    there = select(Requirement.profile_code, Requirement.subject).where(Requirement.valid_from == version.begins_on)
    taken = set(map(tuple, session.execute(there)))
    for line in lines:
        if (line.profile_code, line.subject) in taken:
            message = N_("another version begins on that day for {subject}; choose another day")
            raise conflict("same-day", message, subject=line.subject)


def _enter(session: Session, version: RequirementVersion, lines: Sequence[RequirementVersionLine]) -> None:
    """The lines as requirements with a day; a par level that is left out stays as it is on that day."""
    for line in lines:
        values = line.model_dump(exclude={"version_id", "low", "par"})
        session.add(Requirement(**values, valid_from=version.begins_on, source=version.title))
        if line.item_id is None or (line.low is None and line.par is None):
            continue
        there = session.execute(
            select(ParLevel)
            .where(
                ParLevel.profile_code == line.profile_code,
                ParLevel.item_id == line.item_id,
                ParLevel.valid_from <= version.begins_on,
            )
            .order_by(ParLevel.valid_from.desc())
            .limit(1)
        ).scalar_one_or_none()
        low = line.low if line.low is not None else there.minimum if there else ZERO
        par = line.par if line.par is not None else there.par if there else low
        session.merge(
            ParLevel(
                profile_code=line.profile_code,
                item_id=line.item_id,
                valid_from=version.begins_on,
                minimum=low,
                par=max(low, par),
            )
        )


def _count(session: Session, today: date) -> None:
    work_out_requirements(session, today)
    forget_figures(session)


def withdraw(
    session: Session, caller: Caller, version_id: UUID, reason: str, now: datetime, today: date
) -> RequirementVersion:
    """Give up a draft, or take back a version that has not begun. Refuses (409) one that counts already."""
    version = the_version(session, version_id, lock=True)
    require_city(caller, Act.APPROVE)
    said = clean_text(reason, "reason", 300, required=True)
    if version.state == VersionState.WITHDRAWN:
        raise conflict("closed", N_("this version is no draft any more"))
    if version.state == VersionState.PUBLISHED:
        if version.begins_on <= today:
            raise conflict("begun", N_("this version counts already; draft another that changes it"))
        for line in lines_of(session, version_id):
            session.execute(
                delete(Requirement).where(
                    Requirement.profile_code == line.profile_code,
                    Requirement.subject == line.subject,
                    Requirement.valid_from == version.begins_on,
                )
            )
            if line.item_id is not None and (line.low is not None or line.par is not None):
                session.execute(
                    delete(ParLevel).where(
                        ParLevel.profile_code == line.profile_code,
                        ParLevel.item_id == line.item_id,
                        ParLevel.valid_from == version.begins_on,
                    )
                )
        _count(session, today)
    version.state, version.ended_by_id, version.ended_at = VersionState.WITHDRAWN, caller.person_id, now
    session.flush()
    _note(session, caller, version, "requirements-withdrawn", now, after={"reason": said})
    return version


def _note(
    session: Session,
    caller: Caller,
    version: RequirementVersion,
    act: str,
    now: datetime,
    *,
    after: dict[str, Any],
    before: dict[str, Any] | None = None,
) -> None:
    record(session, caller.person_id, now, act, "requirements", str(version.id), before=before, after=after)
