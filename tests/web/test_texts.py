"""All texts stand in both languages."""

import re
from functools import cache

import pytest
from babel.messages.pofile import read_po

from core.languages import TEXTS, pick_language, say
from tests.catalogue import texts_in_sources

PLACEHOLDER = re.compile(r"\{(\w+)\}")


@cache
def chinese() -> dict[str, str]:
    known: dict[str, str] = {}
    for path in sorted((TEXTS / "zh").glob("*.po")):
        with path.open("rb") as file:
            catalogue = read_po(file, locale="zh", abort_invalid=True)
        for entry in catalogue:
            if entry.id and not entry.fuzzy:
                assert entry.id not in known, f"{path.name}: {entry.id} stands in another file too"
                known[str(entry.id)] = str(entry.string)
    return known


@cache
def sources() -> frozenset[str]:
    return frozenset(texts_in_sources())


def test_every_text_has_its_chinese_with_the_same_placeholders() -> None:
    known = chinese()
    assert len(sources()) > 200
    missing = sorted(text for text in sources() if not known.get(text))
    assert not missing, f"write their Chinese in a file of web/texts/zh/, by subject: {missing}"
    for text in sources():
        assert set(PLACEHOLDER.findall(known[text])) == set(PLACEHOLDER.findall(text)), text


def test_no_chinese_text_stands_without_its_use() -> None:
    unused = sorted(set(chinese()) - sources())
    assert not unused, f"no source has these any more; take them out of web/texts/zh/: {unused}"


# As no native product says it, and the hour of nobody's zone
QUAINT = re.compile(r"\b(nought|to the thing|told (late|afterwards)|became of it|UTC)\b", re.IGNORECASE)
HALF_WIDTH = re.compile(r"[\u4e00-\u9fff）”][:;,?!]|[:;?!][\u4e00-\u9fff]")


def test_P3_no_text_is_quaint_and_none_names_utc() -> None:
    assert sorted(text for text in sources() if QUAINT.search(text)) == []


def test_P3_no_colon_between_chinese_words_is_half_as_wide() -> None:
    coordinates = "纬度,经度"  # typed so
    assert sorted(text for text in chinese().values() if HALF_WIDTH.search(text.replace(coordinates, ""))) == []


TWO_LANGUAGES = re.compile(r"[\u4e00-\u9fff][^\"\n]* / [^\"\n]*[A-Za-z]{3}")
ROOMS = ("core", "depots", "inventory", "jobs", "labels", "manage", "office", "people", "phone")


def test_P3_nothing_is_written_down_in_both_languages_at_once() -> None:
    sources = [path for room in ROOMS for path in (TEXTS.parents[1] / room).rglob("*.py") if path.parent.name != "demo"]
    assert [str(path) for path in sources if TWO_LANGUAGES.search(path.read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize(
    ("wanted", "asked", "given"),
    [
        ("en", "zh-CN", "en"),
        (None, "en-GB,en;q=0.9", "en"),
        (None, "zh-TW", "zh"),
        (None, "fr", "zh"),
        (None, None, "zh"),
    ],
)
def test_the_persons_choice_goes_before_the_browsers_and_the_citys(
    wanted: str | None, asked: str | None, given: str
) -> None:
    assert pick_language(wanted, asked, "zh") == given


def test_a_name_in_a_sentence_is_in_the_sentences_language() -> None:
    message = "there is none of {item} to take here"
    assert say("zh", message, item=("夹钳", "Pliers")) == "此处没有可取用的夹钳"
    assert say("en", message, item=("夹钳", "Pliers")) == "there is none of Pliers to take here"
