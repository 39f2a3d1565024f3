"""English texts that count: what they say of one. Chinese has no plural, so no text needs a second form there."""

import re
from collections.abc import Collection
from functools import cache

# Every noun that a text counts; a test walks the texts and names the one that is missing
COUNTED = frozenset(
    [
        "calendars",
        "categories",
        "characters",
        "codes",
        "cycles",
        "days",
        "decimals",
        "degrees",
        "depots",
        "differences",
        "districts",
        "entries",
        "fields",
        "files",
        "gaps",
        "givers",
        "hours",
        "invitations",
        "items",
        "labels",
        "lines",
        "loans",
        "lots",
        "mails",
        "messages",
        "minutes",
        "months",
        "movements",
        "offers",
        "photos",
        "pieces",
        "places",
        "points",
        "repeats",
        "rows",
        "shifts",
        "sizes",
        "tags",
        "things",
        "times",
        "transfers",
        "uses",
        "views",
        "ways",
        "weeks",
    ]
)
OF_ONE = {
    "are": "is", "belong": "belongs", "close": "closes", "have": "has", "lack": "lacks", "lie": "lies",
    "stand": "stands", "use": "uses", "wait": "waits", "were": "was",
}  # fmt: skip
_COUNTING = re.compile(
    rf"(?P<every>\bevery )?\{{(?P<name>\w+)\}} (?P<between>(?:[a-z-]+ )??)(?P<noun>{'|'.join(sorted(COUNTED))})\b"
    rf"(?: (?P<verb>{'|'.join(OF_ONE)})\b)?"
)


@cache
def counts_of(text: str) -> frozenset[str]:
    """The names whose numbers decide how an English text reads."""
    return frozenset(found["name"] for found in _COUNTING.finditer(text))


def of_one(text: str, ones: Collection[str]) -> str:
    """The English text as it reads where the numbers named by ``ones`` are 1: "{count} depot is", "every month"."""

    def singular(found: re.Match[str]) -> str:
        if found["name"] not in ones:
            return found[0]
        noun = found["noun"].removesuffix("s")
        noun = f"{noun.removesuffix('ie')}y" if noun.endswith("ie") else noun
        number = "every" if found["every"] else f"{{{found['name']}}}"
        return f"{number} {found['between']}{noun}" + (f" {OF_ONE[found['verb']]}" if found["verb"] else "")

    return _COUNTING.sub(singular, text)
