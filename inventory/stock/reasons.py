"""Reasons that the program itself writes into the ledger: stored as they are, shown in the reader's language.

A stored reason never changes: whoever words one anew leaves the old one here.
"""

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from string import Formatter
from typing import Any

from core.languages import N_, say
from core.languages import in_both as both_of
from inventory.listing.listing import Column


class Written(str):
    """A reason with its ``{names}``. ``shown``: the text that readers see, where it is not what is stored."""

    shown: str

    def __new__(cls, stored: str, shown: str = "") -> "Written":
        made = super().__new__(cls, stored)
        made.shown = shown or stored
        return made

    def __call__(self, **values: Any) -> str:
        return self.format(**values)


TRANSFER = Written(N_("transfer"))
ARRIVED_DAMAGED = Written(N_("arrived damaged"))
TAKEN_BACK = Written("taken back", N_("taken back by the giver"))
LOST_ON_THE_WAY = Written(N_("lost on the way {note}"))
NOT_RETURNED = Written(N_("loan not returned {days} days after it was due"))
RETURNED: Mapping[str, Written] = {
    "ready": Written(N_("returned: ready")),
    "clean": Written("returned: clean", N_("returned: to be cleaned")),
    "check": Written("returned: check", N_("returned: to be checked")),
    "damaged": Written(N_("returned: damaged")),
    "lost": Written("returned: lost", N_("not returned: lost")),
}
SEEN_SINCE = Written(N_("seen since"))
COUNTED = Written("count {id}", N_("difference found by a count"))
KEEPERS = Written(N_("keeper handover: {leaver} → {comer}"))
CLOSING = Written(N_("closing of {depot}: {why}"))
DATE_ON_LABEL = Written("标签上的日期 date on its label", N_("date on its label"))
UNDONE_IMPORT = Written(N_("undo import {file}"))
UNDONE = Written(N_("Undone by the person who booked it"))  # written by the phone
LOANER = Written("loaner", N_("loaner from the workshop"))
STANDS_IN = Written(N_("stands in"))
LOANER_BACK = Written(N_("loaner back"))
SCRAPPED: Mapping[str, Written] = {
    "crushed": Written(N_("{why} · crushed")),
    "cut": Written("{why} · cut", N_("{why} · cut up")),
    "handed_over": Written("{why} · handed_over", N_("{why} · handed over whole")),
}
FOUND_HERE = Written(N_("found here"))
REFILL = Written(N_("refill"))
PAST_ITS_DATE = Written(N_("past its date"))
REPLACED = Written("replaced", N_("worn part taken out"))
PUT_IN = Written(N_("put in"))
PLAN_GAP = Written("补缺计划 Plan {what}", N_("supply plan {what}"))
PLAN_REFILL = Written("先补新批次 Refill first {what}", N_("refill first, supply plan {what}"))
PLAN_SWAP = Written(
    "补齐后送出临期批次 Send what ends soon after the refill {what}",
    N_("send what ends soon after the refill, supply plan {what}"),
)
WRITTEN = (
    *(one for one in globals().copy().values() if isinstance(one, Written)),
    *RETURNED.values(),
    *SCRAPPED.values(),
)


@lru_cache(maxsize=4096)
def in_both(reason: str) -> tuple[str, str]:
    """A stored reason in Chinese and English. What a person wrote stands as it is."""
    for pattern, shown in _patterns():
        if match := pattern.fullmatch(reason) or pattern.fullmatch(f"{reason} "):  # its last name may be empty
            zh, en = both_of(shown, **match.groupdict())
            return zh.strip(), en.strip()
    return reason, reason


def reason_in(language: str, reason: str) -> str:
    """A stored reason as a reader of ``language`` sees it."""
    return in_both(reason)[0 if language == "zh" else 1]


def reason_column(name: str, heading: str, width: int = 24) -> Column:
    """A list's column of reasons, for files."""
    return Column(heading, lambda row, language: reason_in(language, getattr(row, name)), "text", width)


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    """As a text is stored; one that was written in its writer's language is stored in either."""
    stored: dict[str, str] = {}
    for one in WRITTEN:
        for text in (str(one), *(say(language, one.shown) for language in ("zh", "en"))):
            stored.setdefault(text, one.shown)
    exact_first = sorted(stored.items(), key=lambda pair: ("{" in pair[0], -len(pair[0])))
    return [(_pattern(text), shown) for text, shown in exact_first]


def _pattern(text: str) -> re.Pattern[str]:
    parsed = Formatter().parse(text)
    parts = (re.escape(fixed) + (f"(?P<{name}>.*)" if name else "") for fixed, name, _spec, _conversion in parsed)
    return re.compile("".join(parts), re.DOTALL)
