"""What was sent before an upgrade and is sent again after it has the digest that it had: a new field changes none."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from msgspec import inspect as shapes

from inventory.booking.wishes import Wish
from inventory.entries import VERBS

DIGESTED = Path(__file__).with_name("digested.txt")


def structs_in(shape: Any) -> Iterator[type[msgspec.Struct]]:
    """Every struct that content of a shape may hold, itself among them."""
    if isinstance(shape, shapes.StructType):
        yield shape.cls
    inner = [getattr(shape, name) for name in ("item_type", "key_type", "value_type") if hasattr(shape, name)]
    inner += [field.type for field in getattr(shape, "fields", ())]
    for one in (*inner, *getattr(shape, "types", ())):
        yield from structs_in(one)


def digested() -> set[str]:
    """Every field that stands in a digest, also where the sender has left it out."""
    told = {struct for kind in (*VERBS, Wish) for struct in structs_in(shapes.type_info(kind))}
    return {
        f"{struct.__name__}.{field.encode_name}"
        for struct in told
        for field in msgspec.structs.fields(struct)
        if field.default is not msgspec.UNSET
    }


def test_a_field_that_is_left_out_changes_no_digest() -> None:
    before, now = set(DIGESTED.read_text(encoding="utf-8").split()), digested()
    known = {name.partition(".")[0] for name in before}
    grown = sorted(name for name in now - before if name.partition(".")[0] in known)
    assert not grown, (
        f"{grown}: write `name: SomeType | msgspec.UnsetType = msgspec.UNSET`. With any other default it changes the "
        "digest of what phones and programs sent before it was there, and sending that again is refused (409)"
    )
    assert before <= now, f"{sorted(before - now)} left the digest: what was sent with them is refused when sent again"
    assert now <= before, f"a new kind of content: add its lines to {DIGESTED}:\n" + "\n".join(sorted(now - before))
