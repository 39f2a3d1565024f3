"""The index of administration: each line is there for who may use it, and leads to a page."""

import httpx
import pytest

from core.languages import say
from inventory.exchange.pages import NEXT
from inventory.exchange.subjects import SUBJECTS as FILES
from manage.index import SUBJECTS, subjects_for
from people.policy import Duty, Role
from tests.conftest import Town


@pytest.mark.heavy
async def test_each_line_opens_for_whoever_sees_it(client: httpx.AsyncClient, town: Town) -> None:
    seen = set()
    for who, caller in town.callers.items():
        for _, lines in subjects_for(caller):
            for line in lines:
                answer = await client.get(line.path, headers=town.auth(who))
                assert answer.status_code == 200, (who, line.path)
                seen.add(line.path)
    assert seen == {line.path for subject in SUBJECTS for line in subject.lines}


async def test_the_page_names_what_is_for_the_caller_and_nothing_else(client: httpx.AsyncClient, town: Town) -> None:
    """Whoever is shown a line could have been refused only by the page itself; the rest are not even named to them."""
    every = {line.path for subject in SUBJECTS for line in subject.lines}
    town.person("nobody", Duty(Role.RESPONDER))
    for who, caller in town.callers.items():
        body = (await client.get("/manage", headers=town.auth(who))).text.partition("<main")[2]
        own = {line.path for _, lines in subjects_for(caller) for line in lines}
        assert {path for path in every if f'href="{path}"' in body} == own
        assert (say("zh", "Your role has nothing to administer here.") in body) == (not own)


async def test_from_each_kind_of_file_one_goes_on_to_a_page(client: httpx.AsyncClient, town: Town) -> None:
    assert NEXT.keys() == FILES.keys()
    for path, _ in NEXT.values():
        answer = await client.get(path, headers=town.auth("admin"), follow_redirects=True)
        assert answer.status_code == 200, path
