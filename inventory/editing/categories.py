"""Categories of the catalogue: entered, renamed, put in order, and taken out while they are empty."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import UNSET, UnsetType
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.audit import record
from core.errors import bad_field, conflict, not_found
from core.inputs import clean_text
from core.languages import N_
from inventory.catalogue.models import Category, Item
from inventory.watch.models import Watch
from people.policy import Act, Caller, require_city

_Text = Annotated[str, msgspec.Meta(max_length=200)]


class CategoryEdit(msgspec.Struct, forbid_unknown_fields=True):
    """What is said of a category; what is left out stays as it is. ``position``: its place in lists."""

    name_zh: _Text | UnsetType = UNSET
    name_en: _Text | UnsetType = UNSET
    position: Annotated[int, msgspec.Meta(ge=0, le=9999)] | UnsetType = UNSET


class CategoryRow(msgspec.Struct, frozen=True):
    """A category with how many lines of the catalogue it has."""

    code: str
    name_zh: str
    name_en: str
    position: int
    items: int


def categories(session: Session) -> list[CategoryRow]:
    """All of them in order. One query."""
    statement = (
        select(Category.code, Category.name_zh, Category.name_en, Category.position, func.count(Item.id))
        .outerjoin(Item, Item.category_code == Category.code)
        .group_by(Category.code, Category.name_zh, Category.name_en, Category.position)
        .order_by(Category.position, Category.code)
    )
    return [CategoryRow(*row) for row in session.execute(statement)]


def put_category(session: Session, caller: Caller, code: str, edit: CategoryEdit, now: datetime) -> Category:
    """Enter a category, or change one."""
    code = clean_text(code, "code", 8, required=True)
    given = {name: value for name in edit.__struct_fields__ if (value := getattr(edit, name)) is not UNSET}
    for name, longest in (("name_zh", 50), ("name_en", 100)):
        if name in given:
            given[name] = clean_text(given[name], name, longest, required=True)
    there = session.get(Category, code, with_for_update=True)
    if there is None and "name_zh" not in given:
        raise bad_field("name_zh", N_("this must be filled in"))
    require_city(caller, Act.APPROVE)
    if there is None:
        if any(char.isspace() or not char.isalnum() for char in code):
            raise bad_field("code", N_("write letters and digits alone"))
        last = session.execute(select(func.coalesce(func.max(Category.position), -1))).scalar_one()
        there = Category(code=code, **{"name_en": given["name_zh"], "position": last + 1, **given})
        session.add(there)
        session.flush()
        record(session, caller.person_id, now, "category-added", "category", code, after=there.model_dump())
        return there
    before = {name: getattr(there, name) for name in given}
    for name, value in given.items():
        setattr(there, name, value)
    session.flush()
    if before != given:
        record(session, caller.person_id, now, "category-changed", "category", code, before=before, after=given)
    return there


def remove_category(session: Session, caller: Caller, code: str, now: datetime) -> None:
    """Take an empty category out. Refuses (409) one that items or a watch name."""
    there = session.get(Category, code, with_for_update=True)
    if there is None:
        raise not_found(N_("there is no category {code}"), code=code)
    require_city(caller, Act.APPROVE)
    named = select(Item.code).where(Item.category_code == code).limit(1)
    watched = select(Watch.id).where(Watch.category_code == code).limit(1)
    if session.execute(named).first() or session.execute(watched).first():
        raise conflict("in-use", N_("items or a watch name this category; move them first"))
    session.delete(there)
    session.flush()
    record(session, caller.person_id, now, "category-removed", "category", code, before=there.model_dump(), after=None)
