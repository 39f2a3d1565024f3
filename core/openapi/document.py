"""The whole description: what the framework knows of routes and parameters, with true answers, shapes and words."""

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

import msgspec
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler

from core.choosing import MEDIA_TYPE, NAME, fields_of
from core.matching import thing_of
from core.openapi.answers import FIELD_ERROR_SCHEMA, PROBLEM_SCHEMA, answered_by, answers_of, components
from core.openapi.shapes import PLACE, Shapes
from core.openapi.words import Words, guide, words

METHODS = ("get", "post", "put", "patch", "delete")
IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "The ETag of an answer that the caller has; if it still holds, 304 comes without a body.",
    "schema": {"type": "string"},
}

IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "description": "The ETag that the thing had when it was read; if it has changed since, 412 and nothing is done. "
    "What has come about already (a repeat whose first answer was lost) is answered as done.",
    "schema": {"type": "string"},
}


def fields_parameter(names: Sequence[str]) -> dict[str, Any]:
    """The parameter that chooses fields of a list's rows."""
    one = "|".join(names)
    return {
        "name": NAME,
        "in": "query",
        "required": False,
        "description": f"Fields of the rows, with commas between them: each row then holds these alone, and the answer "
        f"is of the type `{MEDIA_TYPE}`. There are: {', '.join(names)}.",
        "schema": {"type": "string", "pattern": f"^({one})(,({one}))*$", "examples": [",".join(names[:2])]},
    }


def described(app: Litestar, framework: dict[str, Any]) -> dict[str, Any]:
    """The description of an application; ``framework``: what the framework says of it. Made once."""
    made: dict[str, Any] | None = app.state.get("api_description")
    if made is None:
        made = app.state["api_description"] = _document(app, framework, words())
    return made


def operations_of(app: Litestar) -> Iterator[tuple[str, str, HTTPRouteHandler]]:
    """Path, method and route of all that is described."""
    for route in app.routes:
        for handler in getattr(route, "route_handlers", ()):
            if isinstance(handler, HTTPRouteHandler) and handler.resolve_include_in_schema():
                for method in METHODS:
                    if method.upper() in handler.http_methods:
                        yield route.path_format, method, handler


def body_of(handler: HTTPRouteHandler) -> Any:
    """The type of the JSON body that a route takes, or None."""
    shape = getattr(getattr(handler.before_request, "func", handler.before_request), "shape", None)
    data = handler.parsed_fn_signature.parameters.get("data")
    return shape if shape is not None else data.annotation if data is not None else None


def _document(app: Litestar, framework: dict[str, Any], told: Words) -> dict[str, Any]:
    operations = list(operations_of(app))
    bodies = [body for _, _, handler in operations if (body := body_of(handler)) is not None]
    answers = [answer for _, _, handler in operations if (answer := answered_by(handler)) is not None]
    shapes = Shapes(bodies, answers, told)
    paths: dict[str, Any] = {}
    for path, method, handler in operations:
        before = framework["paths"][path][method]
        guarded = method != "get" and thing_of(app, path, handler) is not None
        whole = _Operation(path, method, handler, before, framework["components"]["schemas"], guarded=guarded)
        operation = whole.told(shapes, told)
        paths.setdefault(path, {})[method] = operation
    schemas = {**shapes.components, "Problem": PROBLEM_SCHEMA, "FieldError": FIELD_ERROR_SCHEMA}
    # msgspec names the type of a mapping's keys too, to which no schema refers
    referred = msgspec.json.encode([paths, schemas, components()]).decode()
    schemas = {name: schema for name, schema in schemas.items() if f'{PLACE}{name}"' in referred}
    return {
        "openapi": framework["openapi"],
        "info": {**framework["info"], "summary": "The inventory of a city's emergency depots", "description": guide()},
        "servers": [{"url": urlsplit(app.state.context.settings.base_url).path or "/"}],
        "tags": [{"name": tag.name, "description": tag.about} for tag in told.tags],
        "security": [{"token": []}, {"session": []}],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "responses": components(),
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "For programs: a token of an account."},
                "session": {"type": "apiKey", "in": "cookie", "name": "session", "description": "For browsers."},
            },
        },
    }


class _Operation:
    """One operation, as the framework has it and as it is described."""

    def __init__(
        self,
        path: str,
        method: str,
        handler: HTTPRouteHandler,
        before: dict[str, Any],
        schemas: dict[str, Any],
        *,
        guarded: bool,
    ) -> None:
        self.path, self.method, self.handler, self.before, self._schemas = path, method, handler, before, schemas
        self.guarded = guarded  # changes what has an ETag

    def told(self, shapes: Shapes, words: Words) -> dict[str, Any]:
        """The description of the operation."""
        parameters = [self._parameter(parameter, words) for parameter in self.before.get("parameters", [])]
        body = body_of(self.handler)
        has_input = bool(parameters) or body is not None
        answers = answers_of(self.handler, self.method, shapes, has_input=has_input, guarded=self.guarded)
        if self.method == "get" and (names := fields_of(self.handler)):
            parameters.append(fields_parameter(names))
        if "304" in answers:
            parameters.append(IF_NONE_MATCH)
        if self.guarded:
            parameters.append(IF_MATCH)
        told: dict[str, Any] = {
            "tags": [words.tag_of(self.path)],
            "summary": self.before["summary"],
            "description": self.before.get("description", ""),
            "operationId": self.before["operationId"],
            "parameters": parameters,
        }
        if body is not None:
            told["requestBody"] = {"required": True, "content": {"application/json": self._body(body, shapes, words)}}
        elif photos := self.handler.opt.get("takes"):
            binary = {"schema": {"type": "string", "format": "binary"}}
            told["requestBody"] = {"required": True, "content": dict.fromkeys(photos, binary)}
        if self.handler.opt.get("may") == "public":
            told["security"] = []
        return {**told, "responses": answers}

    def _body(self, body: Any, shapes: Shapes, words: Words) -> dict[str, Any]:
        media: dict[str, Any] = {"schema": shapes.of(body)}
        if examples := words.bodies.get(self.before["operationId"]):
            media["examples"] = {name: {"value": value} for name, value in examples.items()}
        return media

    def _parameter(self, parameter: dict[str, Any], words: Words) -> dict[str, Any]:
        shape = self._open(parameter["schema"])
        told: dict[str, Any] = {key: parameter[key] for key in ("name", "in", "required") if key in parameter}
        about = parameter.get("description") or words.of_field(self.before["operationId"], parameter["name"])
        return told | ({"description": about} if about else {}) | {"schema": shape}

    def _open(self, schema: Any) -> Any:
        """A parameter's schema with what it refers to in its place."""
        if isinstance(schema, list):
            return [self._open(part) for part in schema]
        if not isinstance(schema, dict):
            return schema
        if "$ref" in schema:
            return self._open(self._schemas[schema["$ref"].rpartition("/")[2]])
        return {key: self._open(part) for key, part in schema.items()}
