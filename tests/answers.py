"""Whether what the application answers is what its description says: asked of every answer in every test."""

import json
import re
from collections.abc import Awaitable, Callable
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import jsonschema_rs
from filelock import FileLock
from litestar import Litestar

from core.openapi.document import described
from core.problem_kinds import PROBLEM_KINDS

PROBLEM = "application/problem+json"
HERE = "urn:description"


def checked_against(app: Litestar, folder: Path) -> Callable[[httpx.Response], Awaitable[None]]:
    """A hook for an HTTP client that fails on an answer which the description does not hold.

    The description is worked out once and written into the folder that the workers of a run share.
    """

    async def check(answer: httpx.Response) -> None:
        path = answer.request.url.path
        assert answer.headers.get("x-request-id"), f"{path} has no request id"
        if path.startswith("/api/"):
            await answer.aread()
            method, kind = answer.request.method, answer.headers.get("content-type", "")
            asked = method.lower().replace("head", "get")
            misfit = Contract.of(app, folder).misfit(asked, path, answer.status_code, kind, answer.content)
            assert misfit is None, f"{method} {path} -> {answer.status_code}: {misfit}\n{answer.text[:600]}"

    return check


class Contract:
    """The description, ready to be compared with answers."""

    _made: "Contract | None" = None

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self._paths = [
            (re.compile(re.sub(r"\\\{[^}]+\\\}", "[^/]+", re.escape(path))), path) for path in document["paths"]
        ]
        self._paths.sort(key=lambda pair: pair[1].count("{"))
        shapes = {"components": {"schemas": document["components"]["schemas"]}}
        self._registry = jsonschema_rs.Registry([(HERE, shapes)], draft=jsonschema_rs.Draft202012)
        self.validator = cache(self._validator)

    @classmethod
    def of(cls, app: Litestar, folder: Path | None = None) -> "Contract":
        """The same for all applications of a run: they only differ by their settings."""
        if cls._made is None:
            cls._made = cls(_shared(app, folder) if folder else described(app, app.openapi_schema.to_schema()))
        return cls._made

    def misfit(self, method: str, path: str, status: int, content_type: str, content: bytes) -> str | None:
        """What is wrong with an answer, or None."""
        kind = content_type.partition(";")[0]
        if kind == PROBLEM and content and (named := _kind_of(content)) not in PROBLEM_KINDS:
            return f"the problem {named} is explained nowhere"
        operation = self._operation(method, path)
        if operation is None:
            return None if status < 400 or kind == PROBLEM else f"{kind} is no problem"
        told = self.document["paths"][operation][method]["responses"]
        if str(status) not in told:
            return f"not among {', '.join(told)}"
        declared = self._resolved(told[str(status)]).get("content", {})
        if not content or (not declared and content == b"null"):
            return None
        if kind not in declared:
            return f"{kind} is not among {', '.join(declared) or 'none'}"
        if not kind.endswith("json"):
            return None
        fault = next(self.validator(json.dumps(declared[kind]["schema"])).iter_errors(json.loads(content)), None)
        return fault and f"{fault.message} at {'/'.join(map(str, fault.instance_path))}"

    def _operation(self, method: str, path: str) -> str | None:
        for pattern, template in self._paths:
            if pattern.fullmatch(path) and method in self.document["paths"][template]:
                return template
        return None

    def _resolved(self, told: dict[str, Any]) -> dict[str, Any]:
        if "$ref" in told:
            resolved: dict[str, Any] = self.document["components"]["responses"][told["$ref"].rpartition("/")[2]]
            return resolved
        return told

    def _validator(self, schema: str) -> jsonschema_rs.Draft202012Validator:
        whole = json.loads(schema.replace('"#/components/', f'"{HERE}#/components/'))
        return jsonschema_rs.Draft202012Validator(whole, validate_formats=True, registry=self._registry)


def _shared(app: Litestar, folder: Path) -> dict[str, Any]:
    """The description, worked out by the first worker that asks for it."""
    path = folder / "description.json"
    with FileLock(path.with_suffix(".lock")):
        if not path.exists():
            path.write_text(json.dumps(described(app, app.openapi_schema.to_schema())))
        document: dict[str, Any] = json.loads(path.read_text())
        return document


def _kind_of(content: bytes) -> str:
    return str(json.loads(content)["type"]).rpartition("/")[2]
