"""The keeper's handbook (docs/keepers.md) is followed word by word: what it prints in bold stands on the screen."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.conftest import Town, quantity_of
from tests.handbooks import FILLED, SEEN, steps
from tests.phone.conftest import embedded, filming, open_app
from tests.serving import RunningServer


def follow(page: Page, verb: str, words: str, typed: dict[str, str]) -> None:
    """Do one step as it is written."""
    if verb in SEEN:
        expect(page.get_by_role("status")).to_contain_text(words.rstrip("."))
    elif verb in FILLED:
        page.get_by_label(words).fill(typed[words])
    else:
        named = re.compile(rf"^\W*{re.escape(words)}")
        page.get_by_role("button", name=named).or_(page.get_by_role("link", name=named)).first.tap()


def take_again(page: Page, before: list[tuple[str, str]], typed: dict[str, str]) -> None:
    """The steps of taking once more, up to where the handbook sees that it is done."""
    last = next(number for number, (verb, _) in enumerate(before) if verb in SEEN)
    for verb, words in before[: last + 1]:
        follow(page, verb, words, typed)


@embedded
@pytest.mark.parametrize(("language", "locale"), [("zh", "zh-CN"), pytest.param("en", "en-GB", marks=pytest.mark.slow)])
def test_the_handbook_can_be_followed_as_it_is_written(
    browser: Browser, server: RunningServer, town: Town, language: str, locale: str
) -> None:
    lot = town.stock("BRK-014", "3")
    code = town.code_of(lot)
    typed = {"标签编码": code, "Code on the label": code, "名称、编号或位置": "夹钳", "Name, number or place": "clamp"}
    typed |= {"有什么问题？": "钳口松动", "What is wrong?": "The jaw is loose"}
    done = list(steps("keepers", language))
    assert [words for verb, words in done if verb in SEEN] and len(done) > 12
    with filming(browser, None, locale=locale) as page:
        page.add_init_script(f"localStorage.setItem('language', '{language}')")
        open_app(page, server)
        for number, (verb, words) in enumerate(done):
            if words in ("待办", "To do") and verb not in SEEN:
                take_again(page, done[:number], typed)  # the chapter before ends with taking the act back
            follow(page, verb, words, typed)
    assert quantity_of(town.context.database, lot, town.shelf.id) == 2  # the faulty one lies apart
