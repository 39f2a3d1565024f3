"""The API's description is whole and true to what programs need, and nothing in it is taken back unnoticed."""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from core.openapi.document import described
from core.openapi.words import words
from core.settings import Settings
from inventory.entries import VERBS
from rooms import create_app

PROMISED = Path(__file__).parent / "api_contract.txt"
Document = dict[str, Any]


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> Document:
    folder = tmp_path_factory.mktemp("described")
    app = create_app(Settings(database_url=f"sqlite:///{folder}/none.db", var_dir=folder, secret="s" * 32))
    made: Document = json.loads(json.dumps(described(app, app.openapi_schema.to_schema()), default=str))
    return made


def operations(document: Document) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def test_it_is_valid_openapi(document: Document) -> None:
    assert document["openapi"].startswith("3.1")
    known = {f"#/components/{kind}/{name}" for kind, parts in document["components"].items() for name in parts}
    assert set(re.findall(r'"\$ref": "([^"]+)"', json.dumps(document))) <= known
    for schema in document["components"]["schemas"].values():
        jsonschema_rs.meta.validate({**schema, "$schema": "https://json-schema.org/draft/2020-12/schema"})


def test_every_operation_declares_what_it_refuses_as_problems(document: Document) -> None:
    """A1: the framework's own 400 stood there, which no answer ever had."""
    for name, operation in operations(document):
        statuses = {int(status) for status in operation["responses"]}
        signed_in = operation.get("security") != []
        assert statuses >= {400, 500, 503} | ({401, 403} if signed_in else set()), name
        if not name.startswith("GET"):
            assert statuses >= {404, 409, 413, 422, 429, 507}, name
        for status, answer in operation["responses"].items():
            if int(status) >= 400:
                shared = document["components"]["responses"][answer["$ref"].rpartition("/")[2]]
                assert list(shared["content"]) == ["application/problem+json"], f"{name} {status}"


def test_a_repeat_is_declared_with_the_first_answers_shape(document: Document) -> None:
    """A2: a generated client failed on just the retry that ids are for."""
    repeatable = {"bookMovements", "sendEntry", "reserve"}
    for _, operation in operations(document):
        if operation["operationId"] in repeatable:
            repeatable.discard(operation["operationId"])
            assert operation["responses"]["200"]["content"] == operation["responses"]["201"]["content"]
    assert not repeatable


def test_files_are_declared_with_their_kind(document: Document) -> None:
    kinds = {operation["operationId"]: _kinds(operation) for _, operation in operations(document)}
    assert kinds["getPhoto"] == {"image/jpeg"}
    assert kinds["getLabelRunFile"] == kinds["getDepotLabels"] == {"application/pdf"}
    assert kinds["exportList"] > {"text/csv", "application/pdf"}
    assert kinds["getLabel"] > {"application/json", "image/svg+xml", "image/png", "application/pdf"}
    assert {name for name, found in kinds.items() if not found} == _without_content(document)


def _kinds(operation: dict[str, Any]) -> set[str]:
    return {
        kind for status, told in operation["responses"].items() if status < "300" for kind in told.get("content", ())
    }


def _without_content(document: Document) -> set[str]:
    """What answers with a status alone: 204, and a photo that was taken in."""
    return {
        operation["operationId"]
        for _, operation in operations(document)
        if "204" in operation["responses"] or operation["operationId"] == "putPhoto"
    }


def test_every_operation_is_named_and_explained(document: Document) -> None:
    """A3."""
    ids = [operation["operationId"] for _, operation in operations(document)]
    assert len(ids) > 120 and len(set(ids)) == len(ids)
    tags = {tag["name"] for tag in document["tags"]}
    for name, operation in operations(document):
        assert re.fullmatch(r"[a-z]+([A-Z][a-z0-9]*)*", operation["operationId"]), name
        assert operation["summary"] and operation["description"], name
        assert len(operation["tags"]) == 1 and set(operation["tags"]) <= tags, name
        for parameter in operation["parameters"]:
            assert parameter.get("description"), f"explain {name} {parameter['name']} in web/api/words.toml"
    assert tags == {operation["tags"][0] for _, operation in operations(document)}
    shown = document["paths"]
    assert not [path for path in shown if path in ("/api", "/api/docs", "/api/openapi.json") or "{path}" in path]


def test_every_property_is_explained_and_no_word_is_left_over(document: Document) -> None:
    schemas = document["components"]["schemas"]
    used: set[str] = set()
    for name, schema in schemas.items():
        assert re.fullmatch(r"([A-Z][a-z0-9]*)+", name)
        assert schema.get("description"), name
        for field, shape in schema.get("properties", {}).items():
            assert shape.get("description"), f"explain {name}.{field} in web/api/words.toml"
            used |= {field, f"{name}.{field}"}
    for _, operation in operations(document):
        names = {parameter["name"] for parameter in operation["parameters"]}
        used |= names | {f"{operation['operationId']}.{name}" for name in names}
    assert set(words().fields) - used == set(), "web/api/words.toml explains what there is no more"


def test_every_example_could_be_sent(document: Document) -> None:
    shapes = {"components": {"schemas": document["components"]["schemas"]}}
    registry = jsonschema_rs.Registry([("urn:api", shapes)], draft=jsonschema_rs.Draft202012)
    bodies = 0
    for name, schema in document["components"]["schemas"].items():
        for field, shape in schema.get("properties", {}).items():
            absolute = json.loads(json.dumps(shape).replace('"#/', '"urn:api#/'))
            for example in shape.get("examples", []):
                validator = jsonschema_rs.Draft202012Validator(absolute, registry=registry, validate_formats=True)
                assert validator.is_valid(example), f"{name}.{field}: {example}"
    for name, operation in operations(document):
        for media in operation.get("requestBody", {}).get("content", {}).values():
            absolute = json.loads(json.dumps(media["schema"]).replace('"#/', '"urn:api#/'))
            for about, example in media.get("examples", {}).items():
                bodies += 1
                (
                    jsonschema_rs.Draft202012Validator(absolute, registry=registry).validate(example["value"]),
                    (name, about),
                )
    assert bodies >= 5


def test_every_entry_of_the_phone_is_told_apart_by_its_kind(document: Document) -> None:
    told = document["paths"]["/api/entries"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert told["discriminator"]["propertyName"] == "kind"
    assert set(told["discriminator"]["mapping"]) == {kind.__struct_config__.tag for kind in VERBS}
    assert len(told["anyOf"]) == len(VERBS)


def test_how_to_sign_in_is_declared(document: Document) -> None:
    assert set(document["components"]["securitySchemes"]) == {"token", "session"}
    assert document["security"] == [{"token": []}, {"session": []}]
    sign_in = document["paths"]["/api/sign-in"]["post"]
    assert sign_in["security"] == [] and {"401", "403"} <= set(sign_in["responses"])


def promises(document: Document) -> set[str]:
    """What programs rely on, a line each: what may be asked, what must be sent at most, what comes back at least."""
    lines: set[str] = set()
    for name, operation in operations(document):
        here = operation["operationId"]
        lines.add(f"{here}: {name}")
        for parameter in operation["parameters"]:
            lines.add(f"{here} ?{parameter['name']} {_shape(parameter['schema'])}")
        for kind, media in operation.get("requestBody", {}).get("content", {}).items():
            lines |= {f"{here} <- {kind} {option}" for option in _options(media["schema"])}
        for status, answer in operation["responses"].items():
            lines |= {
                f"{here} -> {status} {kind} {_shape(media['schema'])}"
                for kind, media in answer.get("content", {}).items()
            }
            lines.add(f"{here} -> {status}")
    for name, schema in document["components"]["schemas"].items():
        lines |= {f"{name} = {value}" for value in schema.get("enum", ())}
        for field, shape in schema.get("properties", {}).items():
            lines.add(f"{name}.{field} {_shape(shape)}")
            lines |= {f"{name}.{field} = {value}" for value in shape.get("enum", ())}
    return lines


def demands(document: Document) -> set[str]:
    """What must be sent: one more of these breaks a program as surely as one less of those."""
    lines: set[str] = set()
    for _, operation in operations(document):
        here = operation["operationId"]
        needed = [parameter for parameter in operation["parameters"] if parameter.get("required")]
        lines |= {f"{here} ?{parameter['name']} needed" for parameter in needed}
    for name in _sent(document):
        lines |= {f"{name}.{field} needed" for field in document["components"]["schemas"][name].get("required", ())}
    return lines


def _sent(document: Document) -> set[str]:
    """The shapes that are part of what is sent."""
    bodies = [operation.get("requestBody", {}) for _, operation in operations(document)]
    reached: set[str] = set()
    waiting = _named(bodies)
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting |= _named(document["components"]["schemas"][name])
    return reached


def _named(part: Any) -> set[str]:
    return set(re.findall(r'"\$ref": "#/components/schemas/(\w+)"', json.dumps(part)))


def _options(schema: dict[str, Any]) -> list[str]:
    """What a whole body can be: one more takes nothing back."""
    return list(map(_shape, schema.get("anyOf", [schema])))


def _shape(schema: dict[str, Any]) -> str:
    """A schema in a word: what a program must be ready to read or write."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema or "oneOf" in schema:
        return " | ".join(sorted(map(_shape, schema.get("anyOf", schema.get("oneOf")))))
    if schema.get("type") == "array":
        parts = schema.get("prefixItems") or [schema.get("items") or {}]
        return f"[{', '.join(map(_shape, parts))}]"
    if "enum" in schema:
        return "choice"
    kind = schema.get("type", "anything")
    return f"{kind}({schema['format']})" if "format" in schema else str(kind)


def test_nothing_is_taken_back_from_programs(document: Document) -> None:
    """A line that is gone, or one more that must be sent, breaks who relied on it: version it, or keep the old as well.

    What is added breaks nobody. READYSHELF_ACCEPT_API=1 writes the file anew, for a release or a wanted break.
    """
    now, needed = promises(document), demands(document)
    if os.environ.get("READYSHELF_ACCEPT_API"):
        PROMISED.write_text("\n".join(sorted(now | needed)) + "\n", encoding="utf-8")
    then = set(PROMISED.read_text(encoding="utf-8").splitlines())
    old_shapes = {line.partition(".")[0] for line in then}
    assert then - needed - now == set(), "programs rely on these: keep them beside the new ones"
    more = {line for line in needed - then if line.partition(".")[0].partition(" ")[0] in old_shapes}
    assert more == set(), "programs send these shapes without it: let it be left out"
