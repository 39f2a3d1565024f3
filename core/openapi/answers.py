"""All answers that an operation may give: what it does, unchanged, and every refusal as problem+json (RFC 9457)."""

from http import HTTPStatus
from typing import Any, get_args, get_origin

from litestar.handlers import HTTPRouteHandler
from litestar.response import File, Response, Stream

from core.choosing import MEDIA_TYPE, fields_of
from core.openapi.shapes import Shapes

JSON = "application/json"
PROBLEM = "application/problem+json"
WITHOUT_BODY = {204, 304}
REPEATED = {200: "An exact repeat: nothing was done again, and the first answer comes back."}
REFUSALS = {
    400: ("BadRequest", "The request cannot be read: no JSON, no UTF-8, or an address that holds a NUL."),
    401: ("SignInNeeded", "No token, an unknown one, or one that has ended."),
    403: ("Forbidden", "Signed in, but this role may not do this."),
    404: ("NotFound", "There is no such thing, or it lies beyond what the caller may see."),
    409: ("Conflict", "Sound, but what is there stands against it. ``type`` says what; further members say more."),
    412: ("ChangedMeanwhile", "Not as it was when its ETag was read (``If-Match``). ``etag`` is that of now."),
    413: ("TooLarge", "The body is larger than the server takes."),
    422: ("BadInput", "A field cannot be used; ``errors`` names each with its reason."),
    429: ("TooMany", "Too often. ``Retry-After`` says when to try again."),
    500: ("Failed", "Our fault; nothing was changed."),
    503: (
        "Unavailable",
        "Not now: the database is busy or away. The same request with the same ids may be sent again.",
    ),
    507: ("DiskFull", "The server's disk is full; nothing was changed."),
}
SOME_FIELDS: dict[str, Any] = {
    "description": "To requests with `fields`: the same list, each row with the fields that were chosen."
}
WAITING = {429, 503, 507}
PROBLEM_SCHEMA: dict[str, Any] = {
    "title": "Problem",
    "type": "object",
    "description": "Why a request was not carried out (RFC 9457). Some kinds have further members, such as "
    "`available`: how much there is; `retry_after`: seconds to wait; `id`: the id that was used before.",
    "properties": {
        "type": {
            "type": "string",
            "format": "uri-reference",
            "description": "The kind of problem: a page that explains it, such as all of them do at `/problems`. "
            "Programs compare its last part.",
            "examples": ["/problems/not-enough-stock"],
        },
        "title": {"type": "string", "description": "The kind in a few words, in the language asked for."},
        "status": {"type": "integer", "description": "The status of the answer.", "examples": [409]},
        "detail": {"type": "string", "description": "What happened, for people, in the language asked for."},
        "errors": {
            "type": "array",
            "description": "What is wrong with which field; empty if no field is at fault.",
            "items": {"$ref": "#/components/schemas/FieldError"},
        },
        "request_id": {
            "type": "string",
            "description": "The id of this request, as in the header `X-Request-Id` and in the server's log.",
            "examples": ["019347a28f6b7cc3a1e5d0b2f4c69a17"],
        },
    },
    "required": ["type", "title", "status", "detail", "errors", "request_id"],
    "additionalProperties": True,
}
FIELD_ERROR_SCHEMA: dict[str, Any] = {
    "title": "FieldError",
    "type": "object",
    "description": "One field that cannot be used.",
    "properties": {
        "field": {
            "type": "string",
            "description": "The field as sent; in a list with its number, from 0.",
            "examples": ["1.quantity"],
        },
        "message": {"type": "string", "description": "Why, for people, in the language asked for."},
    },
    "required": ["field", "message"],
}


def refusals_of(handler: HTTPRouteHandler, method: str, *, has_input: bool) -> list[int]:
    """The statuses of what an operation may refuse."""
    public, writes = handler.opt.get("may") == "public", method != "get"
    statuses = {400, 500, 503}
    statuses |= {429} if public else {401, 403}
    statuses |= {404, 422} if has_input else set()
    statuses |= {404, 409, 413, 422, 429, 507} if writes else set()
    return sorted(statuses | set(handler.opt.get("refuses", ())))


def components() -> dict[str, Any]:
    """Each refusal once, for operations to refer to."""
    answers: dict[str, Any] = {}
    for status, (name, about) in REFUSALS.items():
        schema = {"$ref": "#/components/schemas/Problem"}
        headers = {"X-Request-Id": _header("The id of this request, as in the body.")}
        if status in WAITING:
            headers["Retry-After"] = _header("Seconds.", "integer")
        if status == 401:
            headers["WWW-Authenticate"] = _header("Bearer.")
        answers[name] = {"description": about, "headers": headers, "content": {PROBLEM: {"schema": schema}}}
    return answers


def _header(about: str, kind: str = "string") -> dict[str, Any]:
    return {"description": about, "schema": {"type": kind}}


def answered_by(handler: HTTPRouteHandler) -> Any:
    """The type of what a route answers with when it does what it is asked to; None for a file or nothing."""
    if "shows" in handler.opt:
        return handler.opt["shows"]
    kind = handler.parsed_fn_signature.return_type.annotation
    if isinstance(origin := get_origin(kind), type) and issubclass(origin, Response):
        kind = get_args(kind)[0]
    if isinstance(kind, type) and issubclass(kind, File | Stream | bytes | type(None)):
        return None
    return kind


def answers_of(
    handler: HTTPRouteHandler, method: str, shapes: Shapes, *, has_input: bool, guarded: bool
) -> dict[str, Any]:
    """The ``responses`` of an operation. ``guarded``: it changes what has an ETag."""
    said: dict[int, str] = {
        handler.status_code: HTTPStatus(handler.status_code).phrase,
        **handler.opt.get("answers", {}),
    }
    content = _content(handler, shapes)
    answers: dict[str, Any] = {}
    for status, about in said.items():
        answers[str(status)] = {"description": about}
        if content and status not in WITHOUT_BODY:
            answers[str(status)]["content"] = content
    if method == "get" and JSON in content:
        etag = _header("Names exactly this answer; send it as If-None-Match.")
        answers[str(handler.status_code)]["headers"] = {"ETag": etag}
        answers["304"] = {"description": "Unchanged: the answer named in If-None-Match still holds."}
    if guarded:
        next_tag = _header("To requests with If-Match: the ETag that the thing has now, for the next change of it.")
        for status in said:
            answers[str(status)].setdefault("headers", {})["Next-If-Match"] = next_tag
    if method == "get" and fields_of(handler):
        answers[str(handler.status_code)]["content"] = {**content, MEDIA_TYPE: {"schema": SOME_FIELDS}}
    statuses = set(refusals_of(handler, method, has_input=has_input)) | ({404, 412, 422} if guarded else set())
    for status in sorted(statuses):
        answers[str(status)] = {"$ref": f"#/components/responses/{REFUSALS[status][0]}"}
    return answers


def _content(handler: HTTPRouteHandler, shapes: Shapes) -> dict[str, Any]:
    kind, content = answered_by(handler), {}
    if kind is not None:
        content[JSON] = {"schema": shapes.of(kind)}
    for media_type in handler.opt.get("files", ()):
        text = media_type.startswith("text/") or media_type == "image/svg+xml"
        content[media_type.partition(";")[0]] = {
            "schema": {"type": "string"} if text else {"type": "string", "format": "binary"}
        }
    return content
