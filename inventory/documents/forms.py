"""A page's form as an entry: the same verbs as the phone's, under an id that the form carries."""

from typing import Any
from uuid import UUID

from litestar import Request

from core.errors import bad_field
from core.house import house_of
from core.languages import N_
from inventory.documents.entries import Outcome, tell
from inventory.documents.scene import Told
from inventory.wishes import NO_LABELS


def form_id(form: dict[str, str]) -> UUID:
    """The id that a form carries: sent twice, it is booked once."""
    try:
        return UUID(form.get("id", ""))
    except ValueError:
        raise bad_field("id", N_("this form is damaged; scan the label again")) from None


async def tell_form(request: Request[Any, Any, Any], entry: Told) -> Outcome:
    """Book what a form says. Forms name things by their ids, never by labels."""
    house = house_of(request)
    settings = house.settings
    arguments = (entry, house.clock.now(), settings.zone, settings.shift_at, lambda _session, _texts: NO_LABELS)
    outcome, _ = await house.database.write(tell, request.user, *arguments)
    return outcome
