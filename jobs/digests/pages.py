"""Pages: what was sent to whom and why."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect

from core.context import context_of
from core.errors import bad_field
from core.languages import N_
from core.pages import page
from jobs.alerts.ladder import RUNGS
from jobs.channels.models import MailState
from jobs.channels.register import WAY_WORDS, Way
from jobs.channels.words import STATE_WORDS
from jobs.digests.sent import SentFilters, send_again, sent, sent_one
from people.policy import Act

Text = Annotated[str, QueryParameter(max_length=200)]
Cursor = Annotated[str | None, QueryParameter(max_length=1000)]
ON_A_PAGE = 20  # on a phone four screens
WORDS: dict[str, Any] = {"state_words": STATE_WORDS, "way_words": WAY_WORDS, "rungs": RUNGS}


@get("/mails", may=Act.APPROVE, include_in_schema=False)
async def mails_page(
    request: Request[Any, Any, Any],
    who: Text = "",
    channel: Text = "",
    mail_state: Annotated[str, QueryParameter(name="state", max_length=20)] = "",
    day: Text = "",
    cursor: Cursor = None,
) -> Response[str]:
    """The outbox, filtered."""
    filters = SentFilters(who, _one_of(Way, channel, "channel"), _one_of(MailState, mail_state, "state"), _day(day))
    context = context_of(request)
    found = await context.database.read(sent, request.user, filters, ON_A_PAGE, cursor)
    kept = {"who": who, "channel": channel, "state": mail_state, "day": day}
    mail_on = context.settings.smtp is not None
    return page(request, "jobs/mails.html", rows=found, filters=kept, mail_on=mail_on, **WORDS)


def _one_of(members: Any, value: str, field: str) -> Any:
    if not value:
        return None
    try:
        return members(value)
    except ValueError:
        raise bad_field(field, N_("this is not one of the choices")) from None


def _day(value: str) -> date | None:
    try:
        return date.fromisoformat(value) if value else None
    except ValueError:
        raise bad_field("day", N_("choose a date")) from None


@get("/mails/{mail_id:uuid}", may=Act.APPROVE, include_in_schema=False)
async def mail_page(request: Request[Any, Any, Any], mail_id: FromPath[UUID]) -> Response[str]:
    """One message, its reasons and its tries."""
    found = await context_of(request).database.read(sent_one, request.user, mail_id)
    return page(request, "jobs/mail.html", **found, **WORDS)


@post("/mails/{mail_id:uuid}/again", may=Act.APPROVE, include_in_schema=False, status_code=303)
async def again(request: Request[Any, Any, Any], mail_id: FromPath[UUID]) -> Response[Any]:
    """Try once more what was refused or given up."""
    context = context_of(request)
    await context.database.write(send_again, request.user, mail_id, context.clock.now())
    return Redirect(f"/mails/{mail_id}", status_code=303)


ROUTES = [mails_page, mail_page, again]
