"""The frame: each page is offered to who may open it, the place is marked, and a scope only ever narrows."""

import re

import httpx
import pytest

from core.scopes import SCOPE_COOKIE, Scope, write_scope
from depots.scope import choose_scope, narrowed
from office.navigation import GROUPS, navigation, place_of
from people.policy import GRANTS, Act, Duty, Role, may_at
from tests.conftest import BY_ROLE, Town

LINK = re.compile(r'href="(/[^"#?]*)"( aria-current="page")?')
embedded = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def side_of(body: str) -> list[tuple[str, str]]:
    """The links of the side navigation, each with whether it is marked."""
    side = body.partition('<nav id="side"')[2].partition("</nav>")[0]
    return [(path, mark) for path, mark in LINK.findall(side) if path != "/app"]


@embedded
async def test_each_page_offered_opens_and_is_marked_as_the_place_where_one_is(
    client: httpx.AsyncClient, town: Town
) -> None:
    seen: set[str] = set()
    least_first = sorted(BY_ROLE, key=lambda role: len(GRANTS[role]))
    for who in (BY_ROLE[role] for role in least_first):  # each page once, opened by who may least
        caller = town.callers[who]
        offered = {link.path for section in navigation(caller, "/").sections for link in section.links}
        for path in offered - seen:
            answer = await client.get(path, headers=town.auth(who), follow_redirects=True)
            assert answer.status_code == 200, (who, path)
            links = side_of(answer.text)[1:]  # after the brand
            assert [link for link, mark in links if mark] == [path], (who, path)
            assert {link for link, _ in links} == {
                line.path for group in GROUPS for line in group.lines if line.is_for(caller)
            }
            seen.add(path)
    assert seen == {line.path for group in GROUPS for line in group.lines}


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("/", "/"),
        ("/depots/SZ-1", "/depots"),
        ("/places/x", "/depots"),
        ("/q/7K3M9QXA", "/lots"),
        ("/upkeep/plans/P1", "/upkeep/plans"),
        ("/upkeep", "/upkeep"),
        ("/manage/catalogue/items/A", "/manage/catalogue"),
        ("/manage/begin", "/manage"),
        ("/account", None),
    ],
)
def test_a_page_belongs_to_the_line_with_the_longest_beginning(path: str, line: str | None) -> None:
    assert place_of(path, [one.path for group in GROUPS for one in group.lines]) == line


async def test_who_is_not_signed_in_gets_no_navigation(client: httpx.AsyncClient, town: Town) -> None:
    assert side_of((await client.get("/")).text) == []


def test_a_scope_narrows_and_never_widens(town: Town) -> None:
    officer, keeper, admin = (town.callers[who] for who in ("officer", "keeper", "admin"))

    def scope(kind: str, code: str) -> Scope:
        return Scope(str(officer.person_id), kind, code, "", "")

    here, other = town.depot, town.other
    for who in (officer, keeper, admin):
        one = town.run(narrowed, who, scope("depot", here.code))
        assert may_at(one, Act.SEE, here.id, here.district_code)
        assert not may_at(one, Act.SEE, other.id, other.district_code)
    assert town.run(narrowed, keeper, scope("depot", other.code)).duties == ()
    assert town.run(narrowed, keeper, scope("district", here.district_code)).duties == keeper.duties
    assert town.run(narrowed, keeper, scope("district", "NOWHERE")).duties == ()
    whole = town.run(narrowed, admin, scope("district", here.district_code))
    assert whole.duties == (Duty(Role.ADMINISTRATOR, here.district_code),)


async def test_the_scope_chosen_holds_on_lists_until_another_is(client: httpx.AsyncClient, town: Town) -> None:
    auth = town.auth("admin")
    both = (await client.get("/depots", headers=auth)).text
    assert town.depot.name_zh in both and town.other.name_zh in both
    answer = await client.post("/scope", data={"depot": town.depot.code, "next": "/depots"}, headers=auth)
    assert (answer.status_code, answer.headers["location"]) == (303, "/depots")
    one = (await client.get("/depots", headers=auth)).text
    assert town.depot.code in one and town.other.code not in one
    # on the same browser, somebody else is not in it
    others = (await client.get("/depots", headers=town.auth("auditor"))).text
    assert town.other.code in others
    await client.post("/scope", data={"next": "//evil.example"}, headers=auth)
    assert town.other.code in (await client.get("/depots", headers=auth)).text


async def test_what_is_outside_of_reach_cannot_be_chosen(client: httpx.AsyncClient, town: Town) -> None:
    for field in ({"depot": town.other.code}, {"depot": town.other.name_zh}, {"district": "NOWHERE"}):
        answer = await client.post("/scope", data=field, headers=town.auth("keeper"))
        assert answer.status_code == 422, field
        assert town.other.name_en not in answer.text
    forged = Scope(str(town.callers["keeper"].person_id), "depot", town.other.code, "x", "x")
    client.cookies.set(SCOPE_COOKIE, write_scope(forged))
    assert town.other.name_zh not in (await client.get("/depots", headers=town.auth("keeper"))).text
    client.cookies.set(SCOPE_COOKIE, "%7Bnot json")
    assert (await client.get("/depots", headers=town.auth("keeper"))).status_code == 200


def test_a_depot_is_chosen_by_code_or_name(town: Town) -> None:
    for named in (town.depot.code, town.depot.code.lower(), town.depot.name_zh, town.depot.name_en):
        chosen = town.run(choose_scope, town.callers["admin"], "", named)
        assert chosen is not None and chosen.code == town.depot.code
    assert town.run(choose_scope, town.callers["admin"], "", "") is None
