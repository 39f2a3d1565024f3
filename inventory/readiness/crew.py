"""The crew of a depot: 10 to 30 people with a captain, a deputy, a signaller and a safety officer (DOMAIN.md, S00).

They count towards readiness like gear: a line each, held and ready when the post has somebody.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from core.columns import table_of
from core.errors import bad_field, not_found
from core.inputs import clean_text
from core.languages import N_
from core.upsert import upsert
from depots.models import CrewPost, Depot, DepotStatus, Post
from inventory.readiness.models import DepotReadiness
from people.policy import Act, Caller, require_at

LEAST = 10  # people
PEOPLE = "CREW:people"
SOURCE = "S00"
NAMES = {  # of the lines, as the catalogue names gear: Chinese, English
    PEOPLE: ("队员人数", "Crew members"),
    f"CREW:{Post.CAPTAIN}": ("队长", "Captain"),
    f"CREW:{Post.DEPUTY}": ("副队长", "Deputy captain"),
    f"CREW:{Post.SIGNALLER}": ("通信员", "Signaller"),
    f"CREW:{Post.SAFETY_OFFICER}": ("安全员", "Safety officer"),
}


POST_WORDS = {
    Post.CAPTAIN: N_("Captain"),
    Post.DEPUTY: N_("Deputy captain"),
    Post.SIGNALLER: N_("Signaller"),
    Post.SAFETY_OFFICER: N_("Safety officer"),
}
MOST = 1000  # people that can be told; a crew has 10 to 30


_NUMBER = N_("give the number of people as a whole number from 0 to {most}")


class Holder(msgspec.Struct, frozen=True):
    """Who holds a post; an empty name: nobody."""

    name: str
    phone: str = ""


@dataclass(frozen=True)
class CrewLine:
    """One line of what a crew must have: people, or a post."""

    subject: str
    minimum: Decimal
    there: Decimal
    holder: Holder | None = None

    @property
    def met(self) -> bool:
        return self.there >= self.minimum


def crew_lines(session: Session, depot_ids: Collection[UUID]) -> dict[UUID, list[CrewLine]]:
    """The crew's lines per depot; a closed one has no posts to fill. One query."""
    rows = session.execute(
        select(Depot.id, Depot.crew, CrewPost.post, CrewPost.name, CrewPost.phone)
        .outerjoin(CrewPost, CrewPost.depot_id == Depot.id)
        .where(Depot.id.in_(depot_ids), Depot.status != DepotStatus.CLOSED)
    )
    people: dict[UUID, int] = {}
    filled: dict[UUID, dict[Post, Holder]] = {}
    for depot_id, crew, post, name, phone in rows:
        people[depot_id] = crew or 0
        holders = filled.setdefault(depot_id, {})
        if post is not None:
            holders[post] = Holder(name, phone)
    found: dict[UUID, list[CrewLine]] = {depot_id: [] for depot_id in depot_ids}
    return found | {depot_id: _lines(number, filled[depot_id]) for depot_id, number in people.items()}


def _lines(people: int, filled: dict[Post, Holder]) -> list[CrewLine]:
    posts = [CrewLine(f"CREW:{post}", Decimal(1), Decimal(post in filled), filled.get(post)) for post in Post]
    return [CrewLine(PEOPLE, Decimal(LEAST), Decimal(people)), *posts]


def read_people(text: str) -> int | None:
    """The number of people that a form names; None if it names none."""
    if not text.strip():
        return None
    try:
        return int(text)
    except ValueError:
        raise bad_field("people", _NUMBER, most=MOST) from None


def _clean(post: Post, holder: Holder) -> Holder:
    return Holder(clean_text(holder.name, post, 100), clean_text(holder.phone, f"{post}-phone", 32))


def set_crew(
    session: Session, caller: Caller, code: str, people: int | None, posts: dict[Post, Holder], now: datetime
) -> None:
    """Record how many people a depot's crew has and who holds its posts; a post without a name is vacant.

    Posts that are not named stay as they are; ``people`` None: nobody knows how many.
    """
    depot = session.execute(select(Depot).where(Depot.code == code)).scalar_one_or_none()
    if depot is None:
        raise not_found()
    require_at(caller, Act.KEEP, depot.id, depot.district_code)
    if people is not None and not 0 <= people <= MOST:
        raise bad_field("people", _NUMBER, most=MOST)
    depot.crew = people
    posts = {post: _clean(post, holder) for post, holder in posts.items()}
    vacant = [post for post, holder in posts.items() if not holder.name]
    session.execute(delete(CrewPost).where(CrewPost.depot_id == depot.id, CrewPost.post.in_(vacant)))
    kept = session.execute(select(CrewPost).where(CrewPost.depot_id == depot.id)).scalars()
    there = {row.post: Holder(row.name, row.phone) for row in kept}
    changed = [
        {"depot_id": depot.id, "post": post, "name": holder.name, "phone": holder.phone}
        for post, holder in posts.items()
        if holder.name and there.get(post) != holder
    ]
    if changed:
        statement = upsert(session, table_of(CrewPost))
        columns = {name: statement.excluded[name] for name in ("name", "phone", "set_at", "set_by_id")}
        rows = [{**row, "set_at": now, "set_by_id": caller.person_id} for row in changed]
        session.execute(statement.on_conflict_do_update(index_elements=["depot_id", "post"], set_=columns), rows)
    session.execute(delete(DepotReadiness).where(DepotReadiness.depot_id == depot.id))
