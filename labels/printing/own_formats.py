"""Sizes of labels that an administrator has made, beside those of the reference file."""

import re
from datetime import datetime

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.bodies import misshapen
from core.errors import bad_field, conflict
from core.languages import N_
from labels.drawing.formats import Format, built_in, check_format
from labels.printing.models import LabelFormat
from people.policy import Caller

MOST = 50


def own_formats(session: Session, size: str | None = None) -> dict[str, Format]:
    """The city's own formats by code; with ``size``, no query is made for a built-in one."""
    if size is not None and size in built_in():
        return {}
    rows = session.execute(select(LabelFormat.code, LabelFormat.form).order_by(LabelFormat.code))
    return {code: msgspec.json.decode(form, type=Format) for code, form in rows}


def read_format(fields: dict[str, str], base: Format) -> Format:
    """A format from a form's fields; what is not named is as in ``base``. Refuses (422) what cannot be drawn."""
    given: dict[str, object] = {name: value for name, value in fields.items() if name in _FROM_FORM and value.strip()}
    if "says" in given:
        given["says"] = str(given["says"]).replace(",", " ").split()
    try:
        made = msgspec.convert({**msgspec.structs.asdict(base), **given}, Format, strict=False)
    except msgspec.ValidationError as fault:
        raise misshapen(str(fault)) from None
    check_format(made)
    return made


_FROM_FORM = frozenset(Format.__struct_fields__) - {"code"}


def keep_format(session: Session, caller: Caller, code: str, form: Format, now: datetime) -> None:
    """Store a format under a code of its own; the built-in ones stay as they are."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{1,15}", code):
        raise bad_field("code", N_("name the size with 2 to 16 small letters, digits and hyphens, such as 50x30"))
    if code in built_in():
        raise conflict("built-in", N_("this size is built in; give yours another name"))
    if len(own_formats(session)) >= MOST and session.get(LabelFormat, code) is None:
        raise conflict("too-many", N_("there are {most} sizes of your own already"), most=MOST)
    kept = msgspec.structs.replace(form, code=code)
    row = session.get(LabelFormat, code) or LabelFormat(code=code, form="", person_id=caller.person_id, at=now)
    row.form, row.person_id, row.at = msgspec.json.encode(kept).decode(), caller.person_id, now
    session.add(row)
