"""The index of administration: each line is there for who may use it, and leads to a page."""

from pathlib import Path

import httpx
import pytest
from litestar import Litestar
from sqlalchemy.orm import Session

from core.context import AppContext
from core.database import Database
from core.languages import say
from core.schema import migrate
from inventory.exchange.pages import NEXT
from inventory.exchange.subjects import SUBJECTS as FILES
from manage.index import SUBJECTS, subjects_for
from people.accounts import add_person, assign
from people.policy import Duty, Role
from people.sign_in import issue_token
from rooms import LISTENERS, make_context
from tests.clock import SetClock
from tests.conftest import NOW, Town


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


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_in_a_city_of_nothing_no_page_speaks_of_filters_that_nobody_has_set(
    application: Litestar, client: httpx.AsyncClient, context: AppContext, clock: SetClock, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path / 'new.db'}"
    database = Database(url, listeners=LISTENERS)
    migrate(database)
    settings = context.settings.model_copy(update={"database_url": url})
    application.state.context = make_context(settings, clock, database)

    def begin(session: Session) -> str:
        person = add_person(session, "li", "李", NOW)
        assign(session, person.id, Role.ADMINISTRATOR)
        return issue_token(session, "li", "walk", NOW)

    headers = {"Authorization": f"Bearer {database.run(begin)}"}
    fits, missing = say("zh", "Nothing fits these filters."), []
    for path in (*(line.path for subject in SUBJECTS for line in subject.lines), "/manage/catalogue/new"):
        answer = await client.get(path, headers=headers)
        assert (answer.status_code, fits in answer.text) == (200, False), path
    for path in ("/manage/depots?q=x", "/manage/catalogue?q=x", "/upkeep/plans?q=x"):
        missing += [path] if fits not in (await client.get(path, headers=headers)).text else []
    assert missing == []
    database.engine.dispose()
