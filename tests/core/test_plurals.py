"""English texts read right of one thing as of many."""

import re

import pytest

from core.languages import say, singular_texts
from core.plurals import COUNTED, counts_of, of_one
from tests.catalogue import texts_in_sources

# A number's name and, at once or after one word, what ends like a plural
COUNTING = re.compile(r"\{(?P<name>\w+)\} (?:[a-z-]+ )?(?P<noun>[a-z]+s)\b")
NO_PLURALS = frozenset(
    [
        "answers",
        "as",
        "belongs",
        "differs",
        "fails",
        "goes",
        "has",
        "holds",
        "is",
        "leads",
        "loses",
        "names",
        "opens",
        "owns",
        "points",
        "reaches",
        "readiness",
        "reads",
        "stands",
        "this",
        "was",
    ]
)


def counting_texts() -> list[str]:
    return sorted({text for text in texts_in_sources() if counts_of(text)})


def test_every_noun_that_a_text_counts_has_its_singular() -> None:
    nouns = {found["noun"] for text in texts_in_sources() for found in COUNTING.finditer(text)}
    assert sorted(nouns - COUNTED - NO_PLURALS) == []


def test_no_text_of_one_says_many() -> None:
    assert len(counting_texts()) > 80
    for text in counting_texts():
        for name in counts_of(text):
            said = of_one(text, {name})
            assert said != text
            assert not re.search(rf"\{{{name}\}} (?:[a-z-]+ )?(?:{'|'.join(COUNTED)})\b", said), said


def test_no_text_hedges_its_plural() -> None:
    assert [text for text in texts_in_sources() if re.search(r"[a-z]\((?:s|es)\)", text)] == []


@pytest.mark.parametrize(
    ("text", "counts", "said"),
    [
        ("{count} depots", {"count": 1}, "1 depot"),
        ("{count} depots", {"count": "1"}, "1 depot"),
        ("{count} depots", {"count": 0}, "0 depots"),
        ("{count} depots", {"count": 11}, "11 depots"),
        ("every {number} months", {"number": 1}, "every month"),
        ("every {number} months", {"number": 6}, "every 6 months"),
        ("{most} entries at most", {"most": 1}, "1 entry at most"),
        (
            "{count} days are missing: the daily job did not run.",
            {"count": 1},
            "1 day is missing: the daily job did not run.",
        ),
    ],
)
def test_a_count_of_one_is_singular_in_english(text: str, counts: dict[str, object], said: str) -> None:
    assert say("en", text, **counts) == said


def test_chinese_reads_alike_of_one_and_of_many() -> None:
    assert say("zh", "{count} depots", count=1).replace("1", "2") == say("zh", "{count} depots", count=2)


def test_the_phones_scripts_are_given_what_they_say_of_one() -> None:
    assert singular_texts()["count\x04{count} loans open"] == "{count} loan open"
