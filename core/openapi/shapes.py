"""Shapes of bodies as JSON Schema, made by msgspec, which reads and writes the bodies."""

import ast
import inspect
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

import msgspec
from msgspec.inspect import DateTimeType, EnumType, StructType, multi_type_info

from core.openapi.words import Words

PLACE = "#/components/schemas/"
_COMMENT = re.compile(r"^    (\w+): .*?  # (.+)$", re.MULTILINE)
_OF_VALUE = re.compile(r"^    (\w+) = .*?  # (.+)$", re.MULTILINE)


class Shapes:
    """All shapes of the API under their published names."""

    def __init__(self, sent: Iterable[Any], answered: Iterable[Any], words: Words) -> None:
        self._words = words
        sent, answered = _flat(sent), _flat(answered)
        kinds = [*sent, *answered]
        schemas, components = msgspec.json.schema_components(kinds, ref_template=PLACE + "{name}")
        self._schemas = dict(zip(map(repr, kinds), schemas, strict=True))
        self._names = {name: self._published(name) for name in components}
        named = list(_named(list(multi_type_info(kinds)), set()))
        structs = [info for info in named if isinstance(info, StructType)]
        self._instants = set(_instants(structs))
        classes = cache(_classes)
        self._choices = {info.cls.__name__: _values(info.cls, classes) for info in named if isinstance(info, EnumType)}
        self._comments = {key: about for info in structs for key, about in _comments(info, classes)}
        requested = set(msgspec.json.schema_components(sent)[1])
        loose = {name for name in components if name not in requested}
        self.components = {
            self._names[name]: self._told(name, components[name], complete=name in loose) for name in components
        }

    def of(self, kind: Any) -> dict[str, Any]:
        """The schema of a type; a union of what cannot be told apart by a tag is one of several."""
        schemas = [self._renamed(self._schemas[repr(part)]) for part in _parts(kind)]
        return schemas[0] if len(schemas) == 1 else {"anyOf": schemas}

    def _published(self, name: str) -> str:
        """``Page_DepotRow_`` is a DepotRowPage; of two classes of one name, each takes its room's before its own."""
        if own := self._words.names.get(name):
            return own
        if generic := re.fullmatch(r"(\w+?)_(\w+)_", name):
            return generic[2] + generic[1]
        *rooms, name = name.split(".")
        return rooms[-2].title() + name if rooms else name

    def _told(self, key: str, schema: dict[str, Any], *, complete: bool) -> dict[str, Any]:
        """A component with the words for its properties; an answer holds all of them, given or not."""
        name = self._names[key]
        shown = self._renamed(schema) | {"title": name}
        if "enum" in shown:
            shown.setdefault("description", self._choices[key.rpartition(".")[2]])
        for field, shape in shown.get("properties", {}).items():
            if (key.rpartition(".")[2], field) in self._instants:
                _text_of(shape)["format"] = "date-time"
            self._explain(name, field, shape, self._comments.get((key.rpartition(".")[2], field)))
        if complete and "properties" in shown:
            shown["required"] = list(shown["properties"])
        return shown

    def _explain(self, name: str, field: str, shape: dict[str, Any], comment: str | None) -> None:
        if "description" not in shape and (about := self._words.of_field(name, field) or comment):
            shape["description"] = about
        example = self._words.examples.get(f"{name}.{field}", self._words.examples.get(field))
        if example is not None and _could_be(shape, example):
            shape["examples"] = [example]

    def _renamed(self, schema: Any) -> Any:
        """The same with published names in its references.

        A list of whatever says so, and a tuple, which says how long it is, not that no more follows: generators of
        clients and linters stop at either.
        """
        if isinstance(schema, list):
            return [self._renamed(part) for part in schema]
        if not isinstance(schema, dict):
            return schema
        untold = schema.get("type") == "array" and not schema.get("items")
        return ({"items": {}} if untold else {}) | {
            key: PLACE + self._names[part.removeprefix(PLACE)]
            if isinstance(part, str) and part.startswith(PLACE)
            else self._renamed(part)
            for key, part in schema.items()
            if not (untold and key == "items")
        }


def _could_be(shape: dict[str, Any], example: Any) -> bool:
    """Whether an example of a name suits this property: the same name may hold a number here and a text there."""
    kinds = {"string": str, "integer": int, "number": int | float, "boolean": bool, "array": list, "object": dict}
    options = shape.get("anyOf", [shape])
    return any(
        "enum" not in option and isinstance(example, kinds.get(str(option.get("type")), NoneType)) for option in options
    )


def _parts(kind: Any) -> list[Any]:
    """The members of a union that msgspec describes only apart; nothing stands for no body."""
    if get_origin(kind) not in (Union, UnionType):
        return [kind]
    parts = [part for part in get_args(kind) if part is not NoneType]
    structs = [part for part in parts if isinstance(part, type) and issubclass(part, msgspec.Struct)]
    tagged = all(part.__struct_config__.tag is not None for part in structs)
    return [Union[tuple(parts)]] if tagged else parts  # noqa: UP007  (made, not written)


def _flat(kinds: Iterable[Any]) -> list[Any]:
    return list({repr(part): part for kind in kinds for part in _parts(kind)}.values())


def _text_of(shape: dict[str, Any]) -> dict[str, Any]:
    """The part of a property's schema that is a text."""
    return next(option for option in shape.get("anyOf", [shape]) if option.get("type") == "string")


def _classes(module: str) -> dict[str, str]:
    """The source of each class of a module, by one parse: ``inspect.getsource`` parses the module for each class."""
    source = inspect.getsource(sys.modules[module])
    lines = source.splitlines()
    classes = [node for node in ast.parse(source).body if isinstance(node, ast.ClassDef)]
    return {node.name: "\n".join(lines[node.lineno - 1 : node.end_lineno]) for node in classes}


def _comments(info: StructType, classes_of: Callable[[str], dict[str, str]]) -> Iterator[tuple[tuple[str, str], str]]:
    """What the source says beside the fields of a class: of what the words of the description do not name."""
    cls = get_origin(info.cls) or info.cls
    said = dict(_COMMENT.findall(classes_of(cls.__module__)[cls.__name__]))
    for field in info.fields:
        if about := said.get(field.name):
            yield (cls.__name__, field.encode_name), f"{about[0].upper()}{about[1:].rstrip('.')}."


def _instants(structs: list[StructType]) -> Iterator[tuple[str, str]]:
    """Class and field of each instant, for which msgspec names no format."""
    for info in structs:
        for field in info.fields:
            if any(isinstance(part, DateTimeType) for part in getattr(field.type, "types", [field.type])):
                yield info.cls.__name__, field.encode_name


def _values(cls: type[Enum], classes_of: Callable[[str], dict[str, str]]) -> str:
    """What the values of an enumeration mean, as the source says beside them."""
    said = dict(_OF_VALUE.findall(classes_of(cls.__module__)[cls.__name__]))
    return "; ".join(f"`{one.value}`: {said[one.name]}" if one.name in said else f"`{one.value}`" for one in cls) + "."


def _named(infos: list[Any], seen: set[Any]) -> Iterator[StructType | EnumType]:
    """All structs and enumerations within these types."""
    for info in infos:
        if isinstance(info, StructType | EnumType):
            if info.cls in seen:
                continue
            seen.add(info.cls)
            yield info
        if isinstance(info, StructType):
            yield from _named([field.type for field in info.fields], seen)
        inner = [getattr(info, name, None) for name in ("type", "item_type", "key_type", "value_type")]
        inner += [*getattr(info, "types", ()), *getattr(info, "item_types", ())]
        yield from _named([part for part in inner if part is not None], seen)
