"""A5: whatever does not fit its shape is told whole in the reader's language, with the field that it is about."""

import json
import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum, StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID

import httpx
import msgspec
import pytest
from litestar import Litestar
from msgspec import Meta

from core.bodies import misshapen, unreadable
from core.errors import Refusal
from core.languages import say
from core.misfits import OTHERWISE, in_both
from tests.conftest import Town
from tests.test_routes import routes_of

ENGLISH = re.compile(r"[A-Za-z]{3,}")
# What a Chinese sentence may hold: names of fields and values come from outside, these stand for themselves
AS_THEY_ARE = re.compile(r"UTF-8|UUID|JSON|base64|true|false|2026-11-23T09:00:00\+08:00|PT15M")


class Colour(StrEnum):
    RED = "red"


class Number(Enum):
    ONE = 1


class Shape(msgspec.Struct, forbid_unknown_fields=True):
    name: str


class First(msgspec.Struct, tag="first"):
    pass


class Second(msgspec.Struct, tag="second"):
    pass


PLAIN = (1, "a", True, [], {}, None, 1.5)
KINDS: list[tuple[Any, Any]] = [
    *[(kind, wrong) for kind in (int, float, str, bool, list, dict, None, Shape) for wrong in PLAIN],
    (int | str | None, []),
    (Decimal, []),
    (Decimal, "x"),
    (UUID, "x"),
    (UUID, 5),
    (date, "2026-02-30"),
    (time, "25:00"),
    (datetime, "yesterday"),
    (datetime, []),
    (timedelta, "soon"),
    (timedelta, "P" + "9" * 30 + "D"),
    (bytes, "?"),
    (Colour, "blue"),
    (Number, 7),
    (Literal["a", "b"], "c"),
    (Literal[1, 2], 3),
    (Shape, {}),
    (Shape, {"name": "a", "colour": "red"}),
    (First | Second, {"type": "third"}),
    (First | Second, {"type": 5}),
    (First | Second, {}),
    (dict[int, int], {"x": 1}),
    (Annotated[int, Meta(ge=5)], 1),
    (Annotated[int, Meta(gt=5)], 1),
    (Annotated[int, Meta(le=5)], 9),
    (Annotated[int, Meta(lt=5)], 9),
    (Annotated[int, Meta(multiple_of=5)], 9),
    (Annotated[float, Meta(ge=5)], 1.0),
    (Annotated[float, Meta(gt=5)], 1.0),
    (Annotated[float, Meta(le=5)], 9.0),
    (Annotated[float, Meta(lt=5)], 9.0),
    (Annotated[float, Meta(multiple_of=5)], 9.0),
    (Annotated[str, Meta(min_length=2)], "a"),
    (Annotated[str, Meta(max_length=2)], "abc"),
    (Annotated[str, Meta(pattern="^[0-9]+$")], "?"),
    (Annotated[bytes, Meta(min_length=2)], "YQ=="),
    (Annotated[bytes, Meta(max_length=2)], "YWJj"),
    (Annotated[list[int], Meta(min_length=2)], [1]),
    (Annotated[list[int], Meta(max_length=1)], [1, 2]),
    (Annotated[dict[str, int], Meta(min_length=1)], {}),
    (Annotated[dict[str, int], Meta(max_length=1)], {"a": 1, "b": 2}),
    (Annotated[datetime, Meta(tz=True)], "2026-11-23T09:00:00"),
    (Annotated[datetime, Meta(tz=False)], "2026-11-23T09:00:00Z"),
    (tuple[int, int], [1]),
    (list[Shape], [{"name": "a"}, {"name": 7}]),
]  # fmt: skip
BROKEN = [
    b"", b"{", b"[", b'{"a"}', b'{"a":1,}', b"[1 2]", b'{"a":1 "b":2}', b"{1:2}", b"nul", b"-", b"1.e5", b"1e", b"01",
    b'"a', b'"\\x"', b'"\\ud800"', b'"\\ud800\\u0041"', b'"\\u12"', b'"\\uzzzz"', b"1 2", b"?", b'"\x01"', b'"\xff"',
    b"[" * 5000, b'{"a" 1}', b"[1,]", b'{"a":1',
]  # fmt: skip


def said_by_msgspec() -> Iterator[str]:
    """Every message that the table provokes; those that fit say nothing."""
    for kind, value in KINDS:
        for strict in (True, False):
            try:
                msgspec.json.decode(json.dumps(value), type=kind, strict=strict)
            except msgspec.ValidationError as error:
                yield str(error)
            try:
                msgspec.convert(value, kind, strict=strict)
            except msgspec.ValidationError as error:
                yield str(error)


def assert_whole(refusal: Refusal, *names: str) -> None:
    """Nothing English is left in the Chinese answer but the names that were sent."""
    told = [(refusal.message, refusal.params), *((fault.message, fault.params) for fault in refusal.fields)]
    for message, params in told:
        assert message != OTHERWISE, params
        chinese = say("zh", message, **params)
        for name in names:
            chinese = chinese.replace(name, "")
        assert not ENGLISH.search(AS_THEY_ARE.sub("", chinese)), chinese
        assert "`" not in chinese
        assert say("en", message, **params)


def test_every_kind_of_message_that_msgspec_has_is_in_both_languages() -> None:
    messages = sorted(set(said_by_msgspec()))
    assert len(messages) > 60
    for message in messages:
        refusal = misshapen(message)
        assert refusal.fields
        names = [refusal.fields[0].field, *re.findall(r"'[^']*'|\"[^\"]*\"", message)]
        assert_whole(refusal, *names)


def test_whatever_breaks_a_json_text_is_in_both_languages() -> None:
    for body in BROKEN:
        with pytest.raises((msgspec.DecodeError, UnicodeDecodeError, RecursionError)) as caught:
            msgspec.json.decode(body, type=Any)
        assert not isinstance(caught.value, msgspec.ValidationError), body
        assert_whole(unreadable(caught.value))


@pytest.mark.heavy
def test_every_shape_of_ours_refuses_every_wrong_value_in_both_languages(application: Litestar) -> None:
    shapes = {}
    for _, path, handler in routes_of(application):
        for hook in (getattr(layer, "before_request", None) for layer in handler.ownership_layers):
            if (shape := getattr(getattr(hook, "func", hook), "shape", None)) is not None:
                shapes[path] = shape
    assert len(shapes) > 10
    refused = 0
    for shape in shapes.values():
        for body in _bodies(msgspec.inspect.type_info(shape)):
            try:
                msgspec.json.decode(json.dumps(body), type=shape)
            except msgspec.ValidationError as error:
                refusal = misshapen(str(error))
                assert_whole(refusal, refusal.fields[0].field, *re.findall(r"'[^']*'|\"[^\"]*\"", str(error)))
                refused += 1
    assert refused > 500


def _bodies(info: Any) -> Iterator[Any]:
    """Bodies of a shape in which one field, at any depth, holds what it may not."""
    yield from ([], {}, 1, "x", None)
    for struct in _structs(info):
        tag = {struct.tag_field: struct.tag} if struct.tag_field else {}
        yield {**tag, "no_such_field": 1}
        for field in struct.fields:
            for wrong in (1, -(10**30), 1.5, True, "?", "x" * 5000, None, [], [1], [{}], {}, {"a": 1}):
                yield {**tag, **_needed(struct, field.encode_name), field.encode_name: wrong}


def _needed(struct: Any, but: str) -> dict[str, Any]:
    needed = [field for field in struct.fields if field.required and field.encode_name != but]
    return {field.encode_name: _fitting(field.type) for field in needed}


def _fitting(info: Any) -> Any:
    """Something that may pass: a field that does not is refused too, and named."""
    name = type(info).__name__
    fitting = {"UUIDType": "5f2b3c1e-8a7d-4e6f-9b0a-1c2d3e4f5a6b", "IntType": 1, "ListType": [], "BoolType": True}
    return fitting.get(name, "1")


def _structs(info: Any) -> Iterator[Any]:
    if isinstance(info, msgspec.inspect.StructType):
        yield info
    for inner in getattr(info, "types", ()):
        yield from _structs(inner)
    if hasattr(info, "item_type"):
        yield from _structs(info.item_type)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_parameters_and_bodies_are_refused_in_chinese_over_http(client: httpx.AsyncClient, town: Town) -> None:
    headers = {**town.auth("admin"), "accept-language": "zh"}
    asked = {
        "/api/movements?limit=1000": "limit",
        "/api/movements?limit=x": "limit",
        "/api/movements?lot=17": "lot",
        "/api/movements?since=2027-02-30": "since",
        "/api/readiness?by=moon": "by",
        "/api/alerts?state=odd": "state",
        "/api/scan": "text",
    }
    for path, field in asked.items():
        answer = await client.get(path, headers=headers)
        assert answer.status_code in (400, 422), (path, answer.text)
        (fault,) = answer.json()["errors"]
        assert fault["field"] == field, (path, fault)
        assert not ENGLISH.search(AS_THEY_ARE.sub("", fault["message"].replace(f"'{path.split('=')[-1]}'", ""))), fault
    answer = await client.post("/api/movements", json={"id": 5, "kind": "issue", "quantity": "1"}, headers=headers)
    assert answer.json()["errors"] == [{"field": "id", "message": "应为UUID，收到的是整数"}]
    assert answer.json()["detail"] == "id：应为UUID，收到的是整数"
    answer = await client.post("/api/movements", content=b"{", headers=headers)
    assert answer.json()["detail"] == "请求无法读取：JSON 不完整"
    form = {"size": "60x40", "symbol_mm": "x", "code": "mine"}
    page = await client.post("/label-sizes", data=form, headers=headers)
    assert page.status_code == 422
    assert "symbol_mm" in page.text and "Expected" not in page.text
    form |= {"symbol_mm": "200"}
    assert "须为 8 至 100 毫米" in (await client.post("/label-sizes", data=form, headers=headers)).text


def test_a_message_in_both_languages_is_part_of_another() -> None:
    assert in_both("Expected `int | null`, got `str`") == (
        "应为整数或空值，收到的是文本",
        "expected a whole number or null, got a text",
    )
