"""Forms of the catalogue's pages as what the verbs are told."""

from typing import Any

import msgspec

from core.bodies import misshapen
from core.errors import bad_field
from core.languages import N_
from inventory.editing.belongings import Pack, Part
from inventory.editing.items import FLAGS, MONTHS, ItemEdit, NewItem

LINES = 400  # of a form's list; the verbs refuse less


def edit_of(form: dict[str, str], *, new: bool) -> Any:
    """The form of an item: it says everything, an empty field empties it, a box without a tick is no."""
    kind: Any = NewItem if new else ItemEdit
    values: dict[str, Any] = {}
    for name in kind.__struct_fields__:
        if name in FLAGS:
            values[name] = form.get(name) == "yes"
        elif name in MONTHS or name == "decimals":
            if name in form and (form[name].strip() or name != "decimals"):
                values[name] = whole(name, form[name])
        elif name in form:
            values[name] = form[name].strip()
    if new:  # what is left empty is not said: the verb has a value for it, or names the field
        values = {name: value for name, value in values.items() if value != ""}
    if "whole" not in form:  # a form that does not say everything says nothing of its boxes
        values = {name: value for name, value in values.items() if name not in FLAGS}
    try:
        return msgspec.convert(values, kind)
    except msgspec.ValidationError as error:
        raise misshapen(str(error)) from None


def whole(name: str, text: str) -> int | None:
    text = text.strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 6):
        raise bad_field(name, N_("write a whole number, or leave it empty"))
    return int(text)


def words_of(form: dict[str, str]) -> list[str]:
    """Words, one to a line."""
    return form.get("words", "").splitlines()[:LINES]


def packs_of(form: dict[str, str]) -> list[Pack]:
    """Product codes, one to a line, how many the pack holds behind it."""
    lines = [line.split() for line in form.get("packs", "").splitlines()[:LINES] if line.strip()]
    if any(len(line) > 2 for line in lines):
        raise bad_field("packs", N_("write a product code and a number on each line, such as 6901234567892 20"))
    return [Pack(line[0], line[1] if len(line) > 1 else "1") for line in lines]


def parts_of(form: dict[str, str]) -> list[Part]:
    """The rows of a kit's list that name an item."""
    rows = [
        (form.get(f"item-{number}", "").strip(), form.get(f"quantity-{number}", ""), form.get(f"role-{number}", ""))
        for number in range(LINES)
    ]
    return [Part(item.split()[0], quantity or "1", role) for item, quantity, role in rows if item]
