"""Sizes are variants of an item that do not stand in for each other (T49): which there are, and groups of them."""

from core.errors import bad_field
from core.languages import N_


def read_size(sizes: str, text: str, field: str) -> str:
    """One of the item's sizes, as it is written there. Refuses (422) any other, and one of an item without sizes."""
    if not sizes:
        raise bad_field(field, N_("this comes in no sizes"))
    known = {size.casefold(): size for size in sizes.split()}
    if text.strip().casefold() not in known:
        raise bad_field(field, N_("there is no size {size}; write one of: {sizes}"), size=text, sizes=sizes)
    return known[text.strip().casefold()]


def size_groups(sizes: str, text: str, field: str) -> dict[str, list[str]]:
    """The groups that a requirement names, with their sizes: ``40-44`` is one, any of which will do; ``40,41`` are two.

    A span goes by the order in which the item names its sizes, so that S-L is S, M and L.
    """
    known, groups = sizes.split(), dict[str, list[str]]()
    for part in text.split(","):
        first, _, last = part.partition("-")
        ends = [known.index(read_size(sizes, one, field)) for one in (first, last or first)]
        if ends[0] > ends[1]:
            raise bad_field(field, N_("there is no size {size}; write one of: {sizes}"), size=part, sizes=sizes)
        span = known[ends[0] : ends[1] + 1]
        groups["-".join(dict.fromkeys((span[0], span[-1])))] = span
    return groups
