"""A page's form as an entry: the same verbs as the phone's, under an id that the form carries."""

import asyncio
from typing import Any
from uuid import UUID

from litestar import Request
from litestar.datastructures import UploadFile

from core.context import context_of
from core.errors import bad_field
from core.ids import derived_id
from core.languages import N_
from inventory.telling.entries import Outcome, book_entry
from inventory.telling.photos import LARGEST_FILE, keep_file, note_photo, prepare
from inventory.telling.scene import NewEntry, Verbs


def form_id(form: dict[str, str]) -> UUID:
    """The id that a form carries: sent twice, it is booked once."""
    try:
        return UUID(form.get("id", ""))
    except ValueError:
        raise bad_field("id", N_("this form is damaged; scan the label again")) from None


async def book_form(request: Request[Any, Any, Any], entry: NewEntry, verbs: Verbs) -> Outcome:
    """Book what a form says with its verb among ``verbs``. Forms name things by their ids, never by labels."""
    context = context_of(request)
    outcome, _ = await context.database.write(book_entry, request.user, entry, verbs, context.moment())
    return outcome


async def photos_of(request: Request[Any, Any, Any], entry_id: UUID) -> list[UUID]:
    """The pictures that a form brings in its field ``photo``, kept under ids that follow from the entry's."""
    context, form = context_of(request), await request.form()
    kept = []
    for number, file in enumerate(form.getall("photo", [])):
        if not isinstance(file, UploadFile) or not file.filename:
            continue
        picture = await asyncio.to_thread(prepare, await file.read(), LARGEST_FILE)
        name = await asyncio.to_thread(keep_file, context.settings.var_dir / "photos", picture)
        photo_id = derived_id(entry_id, "photo", number)
        await context.database.write(note_photo, request.user, photo_id, name, len(picture), context.clock.now())
        kept.append(photo_id)
    return kept
