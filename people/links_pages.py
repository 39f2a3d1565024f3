"""Pages of one-time links: accept an invitation, set a forgotten password anew, confirm an e-mail address."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.background_tasks import BackgroundTask
from litestar.params import FromPath
from litestar.response import Redirect

from core.context import AppContext, context_of
from core.errors import Refusal
from core.pages import form_of, page
from core.problems import page_with
from people.forgotten import mail_forgotten
from people.links import ask_for_email, confirm_email, open_link, set_password_by_link
from people.models import SETS_PASSWORD, Purpose
from people.pages import account_answer, address_of, look_at_current
from people.passwords import check_password
from people.policy import PUBLIC, Act
from people.sign_in import hasher
from people.tries import BENCH, claim_try

FORGOTTEN = "forgotten"
EMAIL = (Purpose.EMAIL,)


@get("/sign-in/forgotten", may=PUBLIC, include_in_schema=False)
async def forgotten_page(request: Request[Any, Any, Any]) -> Response[str]:
    """Ask for a link by mail; where no mail is sent, it says who else helps."""
    return _forgotten(request)


def _forgotten(request: Request[Any, Any, Any], refusal: Refusal | None = None) -> Response[str]:
    settings = context_of(request).settings
    mail = settings.smtp is not None and settings.passwords != "none"
    return page_with(request, "people/forgotten.html", refusal, mail=mail, done=False)


@post("/sign-in/forgotten", may=PUBLIC, include_in_schema=False, status_code=200)
async def forgotten(request: Request[Any, Any, Any]) -> Response[str]:
    """The same answer for everybody; whether there is an account is looked at when the answer has been sent."""
    context = context_of(request)
    named = (await form_of(request)).get("account", "").strip()[:254]
    attempts = context.settings.sign_in_attempts
    try:
        now = context.clock.now()
        await context.database.write(claim_try, named[:64], address_of(request), now, attempts, FORGOTTEN)
    except Refusal as refusal:
        return _forgotten(request, refusal)
    answer = page(request, "people/forgotten.html", refusal=None, mail=context.settings.smtp is not None, done=True)
    answer.background = BackgroundTask(_mail_later, context, named)
    return answer


async def _mail_later(context: AppContext, named: str) -> None:
    await context.database.write(mail_forgotten, context.settings, named, context.clock.now())


@get(["/invitation/{token:str}", "/sign-in/password/{token:str}"], may=PUBLIC, include_in_schema=False)
async def choose_password_page(request: Request[Any, Any, Any], token: FromPath[str]) -> Response[str]:
    """Asks for a password; opening the link alone uses nothing up, since mail scanners open every address."""
    return await _choose_password(request, token)


async def _choose_password(
    request: Request[Any, Any, Any], token: str, refusal: Refusal | None = None
) -> Response[str]:
    context = context_of(request)
    link, person = await context.database.read(open_link, token, SETS_PASSWORD, context.clock.now())
    first = link.purpose == Purpose.INVITATION
    return page_with(request, "people/choose_password.html", refusal, person=person, first=first, to=_here(request))


def _here(request: Request[Any, Any, Any]) -> str:
    return str(request.scope["path"])


@post(
    ["/invitation/{token:str}", "/sign-in/password/{token:str}"],
    may=PUBLIC,
    include_in_schema=False,
    status_code=303,
)
async def choose_password(request: Request[Any, Any, Any], token: FromPath[str]) -> Response[Any]:
    """Set the password and use the link up. The person signs in with it then, second factor and all."""
    context = context_of(request)
    password = (await form_of(request)).get("password", "")
    _, person = await context.database.read(open_link, token, SETS_PASSWORD, context.clock.now())
    try:
        check_password(password, person.account)
        password_hash = await BENCH.look_at(hasher().hash, password)
    except Refusal as refusal:
        return await _choose_password(request, token, refusal)
    now = context.clock.now()
    await context.database.write(set_password_by_link, token, password_hash, context.settings, now)
    return Redirect("/sign-in?done=password", status_code=303)


@post("/account/email", may=Act.OWN, include_in_schema=False, status_code=200)
async def change_email(request: Request[Any, Any, Any]) -> Response[str]:
    """Send a link to another address, which becomes theirs when they open it; asks for the password."""
    context = context_of(request)
    form = await form_of(request)
    try:
        await look_at_current(request, form.get("current", "")[:200])
        now, person_id = context.clock.now(), request.user.person_id
        await context.database.write(ask_for_email, context.settings, person_id, form.get("email", ""), now)
    except Refusal as refusal:
        return await account_answer(request, refusal=refusal)
    return await account_answer(request, done="email")


@get("/sign-in/email/{token:str}", may=PUBLIC, include_in_schema=False)
async def confirm_email_page(request: Request[Any, Any, Any], token: FromPath[str]) -> Response[str]:
    """Asks first: mail scanners open every address in a mail."""
    context = context_of(request)
    link, person = await context.database.read(open_link, token, EMAIL, context.clock.now())
    return page(request, "people/confirm_email.html", person=person, email=link.email, to=_here(request), done=False)


@post("/sign-in/email/{token:str}", may=PUBLIC, include_in_schema=False, status_code=200)
async def confirm(request: Request[Any, Any, Any], token: FromPath[str]) -> Response[str]:
    """The address is theirs."""
    context = context_of(request)
    email = await context.database.write(confirm_email, token, context.settings, context.clock.now())
    return page(request, "people/confirm_email.html", person=None, email=email, to="", done=True)


ROUTES = [
    forgotten_page,
    forgotten,
    choose_password_page,
    choose_password,
    change_email,
    confirm_email_page,
    confirm,
]
