"""What the handbooks print in bold is a text of the pages, in both languages; in one a browser follows each of them."""

import re

import pytest

from core.languages import texts
from tests.handbooks import steps

NAMES = ("夹钳", "Clamp")  # of the goods that the steps are about


def _stands_in(words: str, text: str) -> bool:
    """Whether the words are some of the text, or what the text becomes when it is filled in."""
    if words in text:
        return True
    filled = re.sub(r"\\\{\w+\\\}", r"\\w+", re.escape(text))
    return "{" in text and len(re.sub(r"\{\w+\}|\W", "", text)) > 1 and re.fullmatch(filled, words) is not None


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("handbook", ["keepers", "officers"])
def test_each_word_in_bold_is_a_text_of_the_pages(handbook: str, language: str) -> None:
    said = texts("zh")._catalog  # type: ignore[attr-defined]
    pages = [said[english] if language == "zh" else english for english in said if isinstance(english, str) and english]
    bold = [words for _, words in steps(handbook, language) if not any(name in words for name in NAMES)]
    assert len(bold) > 10
    assert [words for words in bold if not any(_stands_in(words.rstrip("."), text) for text in pages)] == []
