"""Pages: the frame, the languages in templates, and the headers that keep a page to itself."""

from datetime import date, datetime
from decimal import Decimal
from functools import cache, lru_cache, partial
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from jinja2 import (
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PrefixLoader,
    StrictUndefined,
)
from litestar import Request, Response
from litestar.enums import MediaType
from litestar.types import Scope
from markupsafe import Markup

from core.context import context_of, language_of
from core.edge import FILES
from core.form_tokens import form_token
from core.languages import say
from core.quantities import percent, write_quantity
from core.scopes import SCOPE_COOKIE, chosen_scope
from core.settings import ROOT, Settings

ROOMS = ("people", "depots", "inventory", "labels", "jobs", "manage", "office")
SECURITY_HEADERS = {
    "content-security-policy": (
        "default-src 'self'; img-src 'self' data: blob:; style-src 'self'; script-src 'self' 'wasm-unsafe-eval'; "
        "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "permissions-policy": "camera=(self), geolocation=(self), microphone=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}


def images_from(origin: str) -> dict[str, str]:
    """The header that lets one page show images of one other origin, and leaves all else as it is."""
    policy = SECURITY_HEADERS["content-security-policy"]
    return {"content-security-policy": policy.replace("img-src 'self'", f"img-src 'self' {origin}")}


def _escapes(name: str | None) -> bool:
    """Everything is escaped but plain text."""
    return name is None or not name.endswith(".txt")


# The page of the API's description starts itself with a script in the page; it shows nothing of anybody's
DOCS_HEADERS = {
    "content-security-policy": (
        "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; "
        "script-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
    )
}


@cache
def templates() -> Environment:
    """All templates: ``frame.html`` from web/templates, ``labels/page.html`` from labels/templates, and so on."""
    rooms = PrefixLoader({room: FileSystemLoader(ROOT / room / "templates") for room in ROOMS})
    loader = ChoiceLoader([FileSystemLoader(ROOT / "web" / "templates"), rooms])
    environment = Environment(
        loader=loader,
        autoescape=_escapes,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,  # as the code, a template changes with a new process: none asks the disk for each page
    )
    environment.globals["percent"] = percent
    environment.filters["quantity"] = lambda value: write_quantity(Decimal(value))
    return environment


def day_shown(value: date | None, zone: ZoneInfo) -> str:
    """A date; of an instant the date that it has in ``zone``, where the morning is still yesterday in UTC."""
    if isinstance(value, datetime):
        return format_datetime(value, "yyyy-MM-dd", tzinfo=zone)
    return "" if value is None else f"{value:%Y-%m-%d}"


def render(name: str, language: str, zone: ZoneInfo, **values: Any) -> str:
    """Render a template in a language; dates and instants are shown in ``zone``. Used for pages and mails."""

    def text(message: str, **params: Any) -> str:
        return say(language, message, **params)

    def either(row: Any, field: str = "name") -> str:
        """The Chinese or English value of a pair of fields such as name_zh / name_en, or note_zh / note.

        What was said in one language alone is shown in both.
        """
        zh, en = _pair(row, field)
        return (zh or en) if language == "zh" else (en or zh)

    def day(value: date | None) -> str:
        return day_shown(value, zone)

    def moment(value: datetime | None) -> str:
        return "" if value is None else format_datetime(value, "yyyy-MM-dd HH:mm", tzinfo=zone)

    return (
        templates()
        .get_template(name)
        .render(_=text, language=language, either=either, day=day, moment=moment, **values)
    )


def _pair(row: Any, field: str) -> tuple[Any, Any]:
    """The Chinese and the English value of a row or dict; English is ``note_en``, else ``note``."""
    if isinstance(row, dict):
        return row[f"{field}_zh"], row[f"{field}_en"] if f"{field}_en" in row else row[field]
    english = f"{field}_en" if hasattr(row, f"{field}_en") else field
    return getattr(row, f"{field}_zh"), getattr(row, english)


@lru_cache(maxsize=512)
def _side(language: str, navigation: Any, *, rail: bool) -> Markup:
    """The side navigation of a page: drawn once for all who are offered the same pages and are at the same place."""
    drawn = templates().get_template("side.html").render(_=partial(say, language), navigation=navigation, rail=rail)
    return Markup(drawn)


def page(
    request: Request[Any, Any, Any],
    name: str,
    status_code: int = 200,
    headers: dict[str, str] | None = None,
    **values: Any,
) -> Response[str]:
    """Answer with a page in the caller's language."""
    context = context_of(request)
    caller, path = request.scope.get("user"), request.scope["path"]
    language, rail = language_of(request), request.cookies.get("rail") == "yes"
    navigation = None if caller is None else context.navigation(caller, path)
    body = render(
        name,
        language,
        context.settings.zone,
        caller=caller,
        csrf_token=form_token(request.scope),
        path=path,
        side=_side(language, navigation, rail=rail) if navigation else "",
        rail=rail,
        scope=chosen_scope(request.cookies.get(SCOPE_COOKIE), caller),
        scoped=getattr(request.state, "scoped", False),
        **values,
    )
    headers = {"cache-control": "no-store", "vary": "cookie, accept-language", **(headers or {})}
    return Response(body, status_code=status_code, media_type=MediaType.HTML, headers=headers)


@cache
def _headers(*, docs: bool, file: bool, https: bool) -> list[tuple[bytes, bytes]]:
    wanted = SECURITY_HEADERS | (DOCS_HEADERS if docs else {})
    # What an address answers is somebody's, unless it says otherwise; files are asked for anew by their ETag
    wanted["cache-control"] = "no-cache" if file else "no-store"
    if https:
        wanted["strict-transport-security"] = f"max-age={365 * 86400}"
    return [(name.encode(), value.encode()) for name, value in wanted.items()]


def secure_headers(scope: Scope) -> list[tuple[bytes, bytes]]:
    """The security headers of an answer, errors included (``core/edge.py``)."""
    path = scope["path"]
    settings: Settings = scope["litestar_app"].state.context.settings
    return _headers(
        docs=path == "/api/docs", file=path.startswith(FILES), https=settings.base_url.startswith("https://")
    )


async def form_of(request: Request[Any, Any, Any]) -> dict[str, str]:
    """The text fields of a submitted form; a field sent twice counts once."""
    form = await request.form()
    return {name: value.replace("\x00", "") for name, value in form.items() if isinstance(value, str)}
