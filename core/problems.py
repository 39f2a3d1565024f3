"""How refusals and faults reach people and programs: problem+json (RFC 9457) or a page, never a bare stack trace."""

from typing import Any
from urllib.parse import urlsplit

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from sqlalchemy.exc import DataError, StatementError
from sqlalchemy.exc import TimeoutError as NoConnection

from core.context import language_of, wants_page
from core.errors import FieldError, Refusal, bad_field
from core.faults import trouble
from core.languages import N_, say
from core.misfits import in_both, in_words
from core.pages import page
from core.request_ids import REQUEST_ID

log = structlog.get_logger()
LEFT_EARLY = "client disconnected prematurely"  # the framework's words for a body that stops; it calls that a 500

TITLES = {
    400: N_("The request cannot be read"),
    401: N_("Please sign in"),
    403: N_("Not allowed"),
    404: N_("Not found"),
    405: N_("Not done this way"),
    409: N_("It does not fit what is there"),
    412: N_("Changed meanwhile"),
    413: N_("Too large"),
    415: N_("Not a format we read"),
    422: N_("Something in the input needs mending"),
    429: N_("Too often"),
    500: N_("Something went wrong on our side"),
    503: N_("Not just now"),
    507: N_("The disk is full"),
}


def problem(request: Request[Any, Any, Any], refusal: Refusal) -> Response[Any]:
    """Answer a refusal: a page for people, problem+json for programs."""
    language = language_of(request)
    document = {
        "type": f"/problems/{refusal.kind}",
        "title": say(language, TITLES.get(refusal.status, TITLES[400])),
        "status": refusal.status,
        "detail": say(language, refusal.message, **refusal.params),
        "errors": [
            {"field": fault.field, "message": say(language, fault.message, **fault.params)} for fault in refusal.fields
        ],
        **refusal.extra,
        "request_id": REQUEST_ID.get(),
    }
    _note(request, refusal)
    headers = refusal_headers(refusal)
    if refusal.status == 401 and not wants_page(request):
        headers["WWW-Authenticate"] = "Bearer"
    if wants_page(request):
        return page(
            request, "problem.html", status_code=refusal.status, headers=headers, problem=document, back=_form(request)
        )
    return Response(
        msgspec.json.encode(document),
        status_code=refusal.status,
        media_type="application/problem+json",
        headers=headers,
    )


def _form(request: Request[Any, Any, Any]) -> str | None:
    """The page of ours whose form was sent: the way back for a browser without scripts. A form of others has none."""
    came_from = urlsplit(request.headers.get("referer", ""))
    if request.method != "POST" or came_from.netloc != request.headers.get("host"):
        return None
    return came_from._replace(fragment="").geturl()


def _note(request: Request[Any, Any, Any], refusal: Refusal) -> None:
    """A line in the log for who asks us with the id of the request; what scanners cause only where one looks closely.

    By the route's pattern: an address may hold a secret.
    """
    write = log.debug if refusal.status in (401, 404, 405) else log.info
    route = request.scope.get("path_template")
    write("request refused", method=request.method, route=route, status=refusal.status, kind=refusal.kind)


def refusal_headers(refusal: Refusal) -> dict[str, str]:
    """When to try again, where a refusal names it."""
    return {"Retry-After": str(refusal.extra["retry_after"])} if "retry_after" in refusal.extra else {}


def page_with(request: Request[Any, Any, Any], name: str, refusal: Refusal | None, **values: Any) -> Response[str]:
    """A page that says, where it is shown anew, what was refused: with the refusal's status and headers."""
    if refusal is None:
        return page(request, name, refusal=None, **values)
    headers = refusal_headers(refusal)
    return page(request, name, status_code=refusal.status, headers=headers, refusal=refusal, **values)


def on_refusal(request: Request[Any, Any, Any], error: Refusal) -> Response[Any]:
    """A verb declined."""
    return problem(request, error)


def on_http_error(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    """The framework declined: unreadable or invalid input, no such route, too large, ..."""
    if isinstance(error, ValidationException):
        return problem(request, _invalid(error, request.scope.get("route_handler")))
    status = 400 if error.detail == LEFT_EARLY else error.status_code
    if status >= 500:
        return on_fault(request, error)
    known = {404: "not-found", 405: "method", 413: "too-large", 415: "media-type", 403: "forbidden", 401: "sign-in"}
    messages = {
        404: N_("there is nothing at this address"),
        405: N_("this address does not take this kind of request"),
        413: N_("what was sent is larger than this server takes"),
        403: N_("this form is too old or was not sent from our page; load the page again and repeat"),
    }
    kind = known.get(status, "bad-request")
    message = messages.get(status, N_("the request is not readable: {why}"))
    answer = problem(request, Refusal(status, kind, message, why=in_both(error.detail)))
    if allowed := (error.headers or {}).get("allow"):
        answer.headers["Allow"] = allowed  # RFC 9110, 15.5.6
    return answer


def on_unreadable(request: Request[Any, Any, Any], _error: UnicodeDecodeError) -> Response[Any]:
    """The body is not text in UTF-8."""
    return problem(request, Refusal(400, "bad-request", N_("the text sent is not UTF-8")))


def on_fault(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """A defect of ours: logged whole, reported in a sentence without its insides."""
    log.error("request failed", method=request.method, path=request.scope["path"], exc_info=error)
    message = N_("this is our fault, and nothing was changed; please try again, and tell us if it happens again")
    return problem(request, Refusal(500, "internal", message))


def on_too_deep(request: Request[Any, Any, Any], _error: RecursionError) -> Response[Any]:
    """The body is nested deeper than anything that we take."""
    return problem(request, Refusal(400, "bad-request", N_("what was sent is nested too deeply")))


def on_statement(request: Request[Any, Any, Any], error: StatementError) -> Response[Any]:
    """A value that no column holds is bad input; the rest is the database's trouble, or a fault of ours."""
    # OverflowError: a year, or on SQLite an integer of more than 64 bits; ValueError: a column type of ours
    beyond = isinstance(error.orig, OverflowError | ValueError) or isinstance(error, DataError)
    return on_beyond(request, error) if beyond else on_database(request, error)


def on_beyond(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """A date, a time or a number beyond what can be stored (B15). Whoever reads the field should have refused it."""
    log.warning("a value was refused late", method=request.method, path=request.scope["path"], exc_info=error)
    return problem(request, bad_field("body", N_("a date or a number is beyond what can be stored")))


def on_database(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """The database did not do its part; in the log without what was sent to it (B19)."""
    refusal = trouble(error)
    if refusal is None:
        return on_fault(request, error)
    cause = getattr(error, "orig", error)
    state = getattr(cause, "sqlstate", None) or getattr(cause, "sqlite_errorname", None)
    log.warning("database", answer=refusal.kind, why=type(cause).__name__, state=state, path=request.scope["path"])
    return problem(request, refusal)


def _invalid(error: ValidationException, handler: Any) -> Refusal:
    extra = error.extra if isinstance(error.extra, list) else []
    faults = [
        _fault(_as_asked(handler, fault.get("key")) or fault.get("source"), str(fault.get("message", "")))
        for fault in extra
        if isinstance(fault, dict)
    ] or [_fault(None, error.detail)]
    message = N_("{count} fields cannot be used as sent")
    return Refusal(422, "bad-input", message, faults, count=len(faults))


def _as_asked(handler: Any, name: str | None) -> str | None:
    """A parameter's name in the address; the framework names it as the function does."""
    parameter = handler.parsed_fn_signature.parameters.get(name) if handler is not None else None
    return getattr(parameter and parameter.kwarg_definition, "name", None) or name


def _fault(field: object, said: str) -> FieldError:
    """What the framework says of one parameter, in our words."""
    text, params = in_words(said)
    return FieldError(str(field or params.get("name") or "body"), text, params)


ON_ERRORS: dict[int | type[Exception], Any] = {
    Refusal: on_refusal,
    HTTPException: on_http_error,
    UnicodeDecodeError: on_unreadable,
    RecursionError: on_too_deep,
    OverflowError: on_beyond,
    StatementError: on_statement,
    NoConnection: on_database,
    Exception: on_fault,
}
