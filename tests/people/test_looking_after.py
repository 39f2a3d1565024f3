"""People are looked after by whoever may, within their reach, and each act is written down (C1, T42)."""

import json
from argparse import ArgumentParser
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import select

from app import COMMANDS
from core.errors import Refusal
from core.models import AuditEntry
from inventory.booking.wishes import Wish
from inventory.stock.models import Kind
from people.holding import person_view
from people.looking_after import (
    CONSOLE,
    NewPerson,
    PersonChange,
    RoleAt,
    change,
    deactivate,
    enter,
    give,
    reactivate,
    take,
)
from people.models import Person, Role
from people.policy import Caller, Duty
from people.posts import Level, levels_to_give
from people.roster import PeopleFilters, people
from people.sign_in import caller_of
from tests.conftest import NOW, Town

NANSHAN, LONGHUA = "440305", "440309"
HERE, THERE = RoleAt(Role.KEEPER, "depot", "STR-0001"), RoleAt(Role.KEEPER, "depot", "IND-0002")


@pytest.fixture
def chief(town: Town) -> Caller:
    """The officer of the district in which the town's first depot lies."""
    return town.person("chief", Duty(Role.OFFICER, NANSHAN))


@pytest.fixture
def admin(town: Town) -> Caller:
    return town.callers["admin"]


def entered(town: Town, caller: Caller, account: str, *roles: RoleAt, **more: Any) -> UUID:
    person: Person = town.run(enter, caller, NewPerson(account, f"{account} 女士", roles=list(roles), **more), NOW)
    return person.id


def acts(town: Town, subject: UUID) -> list[tuple[str, UUID | None, dict[str, Any]]]:
    found = select(AuditEntry).where(AuditEntry.subject == str(subject)).order_by(AuditEntry.id)
    rows = town.run(lambda s: s.execute(found).scalars().all())
    return [(row.act, row.by_id, json.loads(row.after or row.before or "{}")) for row in rows]


def accounts(town: Town, caller: Caller, **filters: Any) -> list[str]:
    return [row.account for row in town.run(people, caller, NOW, PeopleFilters(**filters)).items]


def test_a_person_is_entered_changed_closed_and_opened_again_and_all_of_it_is_written_down(
    town: Town, admin: Caller
) -> None:
    someone = entered(town, admin, "lin", HERE, RoleAt(Role.RESPONDER, "district", LONGHUA), email="lin@example.org")
    assert town.run(change, admin, someone, PersonChange(email="", phone="13800000000"), NOW)
    assert not town.run(change, admin, someone, PersonChange(phone="13800000000"), NOW)
    town.run(deactivate, admin, someone, NOW)
    with pytest.raises(Refusal, match="closed"):
        town.run(give, admin, someone, THERE, NOW)
    town.run(reactivate, admin, someone, NOW)
    view = town.run(person_view, admin, someone, NOW)
    assert (view.person.email, view.person.phone, view.person.active) == (None, "13800000000", True)
    assert [(row.role, row.level, row.code) for row in view.person.roles] == [
        (Role.KEEPER, "depot", "STR-0001"),
        (Role.RESPONDER, "district", LONGHUA),
    ]
    names = ["person-added", "role-given", "role-given", "person-changed", "person-deactivated", "person-reactivated"]
    written = acts(town, someone)
    assert [name for name, _, _ in written] == names
    assert {by for _, by, _ in written} == {admin.person_id}
    assert written[3][2] == {"email": None, "phone": "13800000000"}


@pytest.mark.parametrize(
    ("role", "level", "code"),
    [
        (Role.OFFICER, "district", NANSHAN),
        (Role.AUDITOR, "district", NANSHAN),
        (Role.ADMINISTRATOR, "depot", "STR-0001"),
        (Role.KEEPER, "city", ""),
        (Role.KEEPER, "depot", "IND-0002"),
        (Role.KEEPER, "depot", "NO-SUCH"),
        (Role.KEEPER, "district", LONGHUA),
        (Role.KEEPER, "", ""),
        (Role.KEEPER, "depot", ""),
    ],
)
def test_a_districts_officer_gives_nothing_beyond_the_own_rights_and_district(
    town: Town, chief: Caller, role: Role, level: str, code: str
) -> None:
    someone = entered(town, chief, "lin", HERE)
    with pytest.raises(Refusal) as refused:
        town.run(give, chief, someone, RoleAt(role, level, code), NOW)
    assert refused.value.status == 422
    if level == "depot":  # outside is as if it were not
        assert (
            str(refused.value).replace(code or "–", "X")
            == "there is no such place of yours where you may give this role: X"
        )


def test_a_districts_officer_sees_and_changes_those_of_the_district_alone(
    town: Town, chief: Caller, admin: Caller
) -> None:
    mine, other = entered(town, chief, "mine", HERE), entered(town, admin, "other", THERE)
    both = entered(town, admin, "both", HERE, THERE)
    peer = entered(town, admin, "peer", RoleAt(Role.OFFICER, "district", NANSHAN))
    assert accounts(town, chief) == ["both", "keeper", "mine"]
    assert [row.code for row in town.run(person_view, chief, both, NOW).person.roles] == ["STR-0001"]
    assert not town.run(person_view, chief, both, NOW).answers
    named = (change, (PersonChange(name="x"),)), (give, (HERE,))
    for hidden in (other, peer, admin.person_id, chief.person_id, uuid4()):  # oneself is no exception: reach first
        for verb, said in ((person_view, ()), (deactivate, ()), (reactivate, ()), *named):
            with pytest.raises(Refusal) as refused:
                town.run(verb, chief, hidden, *said, NOW)
            assert (refused.value.status, str(refused.value)) == (
                404,
                "there is no such person among those whom you look after",
            )
    for verb, said in ((deactivate, ()), (change, (PersonChange(email="x@example.org"),))):
        with pytest.raises(Refusal) as refused:
            town.run(verb, chief, both, *said, NOW)
        assert refused.value.status == 403
    town.run(change, chief, mine, PersonChange(name="新名"), NOW)
    assert accounts(town, chief, q="新名") == ["mine"]
    with pytest.raises(Refusal) as refused:  # an account without any role would be nobody's
        town.run(enter, chief, NewPerson("nobody", "无名"), NOW)
    assert refused.value.status == 422


def test_filters_do_not_tell_of_roles_beyond_the_reach(town: Town, chief: Caller, admin: Caller) -> None:
    entered(town, admin, "both", HERE, RoleAt(Role.ADMINISTRATOR, "district", LONGHUA))
    assert accounts(town, chief, role=Role.ADMINISTRATOR) == accounts(town, chief, district=LONGHUA) == []
    assert accounts(town, chief, depot="IND-0002") == []
    assert accounts(town, admin, role=Role.ADMINISTRATOR) == ["admin", "both"]
    assert "both" in accounts(town, admin, district=LONGHUA)
    assert "both" in accounts(town, chief, depot="STR-0001") and accounts(town, admin, q="%") == []


def test_who_gave_the_last_role_may_give_it_again_until_somebody_else_has_given_one(
    town: Town, chief: Caller, admin: Caller
) -> None:
    someone = entered(town, chief, "lin", HERE)
    (role,) = town.run(person_view, chief, someone, NOW).person.roles
    town.run(take, chief, someone, role.id, NOW)
    assert town.run(person_view, chief, someone, NOW).person.roles[0].state == "over"
    assert town.run(give, chief, someone, HERE, NOW)
    town.run(take, chief, someone, role.id, NOW)
    town.run(give, admin, someone, THERE, NOW)
    with pytest.raises(Refusal) as refused:
        town.run(person_view, chief, someone, NOW)
    assert refused.value.status == 404


def test_a_role_stops_at_once_when_its_end_passes(town: Town, admin: Caller) -> None:
    today = date(2026, 11, 23)
    wanted = RoleAt(Role.KEEPER, "depot", "IND-0002", today + timedelta(days=2), today + timedelta(days=3))
    town.run(give, admin, town.keeper.person_id, wanted, NOW)

    def depots(days: float) -> int:
        at = NOW + timedelta(days=days)
        found = town.run(caller_of, town.tokens["keeper"], "token", at)
        return len(found.own_depots())

    # NOW is 10:00 in Shenzhen
    assert [depots(days) for days in (0, 1.5, 1.6, 3.5, 3.6)] == [1, 1, 2, 2, 1]
    with pytest.raises(Refusal):
        town.run(
            give, admin, town.keeper.person_id, RoleAt(Role.KEEPER, "depot", "IND-0002", until=date(2026, 11, 22)), NOW
        )


def test_nobody_takes_away_their_own_right_and_the_last_administrator_stays(town: Town, admin: Caller) -> None:
    (own,) = town.run(person_view, admin, admin.person_id, NOW).person.roles
    for by, verb, said in (
        (admin, take, (own.id,)),
        (CONSOLE, take, (own.id,)),
        (CONSOLE, deactivate, ()),
        (admin, deactivate, ()),
        (CONSOLE, give, (RoleAt(Role.ADMINISTRATOR, "city", until=date(2026, 12, 1)),)),
    ):
        with pytest.raises(Refusal) as refused:
            town.run(verb, by, admin.person_id, *said, NOW)
        assert refused.value.status == 409
    second = entered(town, admin, "second", RoleAt(Role.ADMINISTRATOR, "city"))
    with pytest.raises(Refusal, match="nobody takes away their own right"):
        town.run(take, admin, admin.person_id, own.id, NOW)
    now_second = Caller(second, "second", "", "zh", (Duty(Role.ADMINISTRATOR),))
    town.run(take, now_second, admin.person_id, own.id, NOW)
    assert town.run(caller_of, town.tokens["admin"], "token", NOW).duties == ()
    with pytest.raises(Refusal, match="without an administrator"):
        town.run(deactivate, CONSOLE, second, NOW)


def test_the_last_role_and_the_account_end_only_from_empty_hands(town: Town, admin: Caller) -> None:
    town.stock("BRK-014", "4")
    keeper = town.keeper.person_id
    town.book(Wish(id=uuid4(), kind=Kind.ISSUE, quantity="3", item="BRK-014", source=str(town.shelf.id)))
    view = town.run(person_view, admin, keeper, NOW)
    assert [(thing.item, thing.depot, thing.quantity) for thing in view.in_hand] == [("BRK-014", "STR-0001", "3")]
    for verb, said in ((take, (view.person.roles[0].id,)), (deactivate, ())):
        with pytest.raises(Refusal) as refused:
            town.run(verb, admin, keeper, *said, NOW)
        assert refused.value.kind == "gear-in-hand" and len(refused.value.extra["in_hand"]) == 1
    town.run(give, admin, keeper, THERE, NOW)
    town.run(take, admin, keeper, view.person.roles[0].id, NOW)  # moves on with what they have


def run(town: Town, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    parser, command = ArgumentParser(), next(one for one in COMMANDS if one.name == "person")
    command.add_arguments(parser)
    capsys.readouterr()
    code = command.run(parser.parse_args(arguments), town.context)
    captured = capsys.readouterr()
    return code, (captured.out + captured.err).strip()


def test_the_command_says_truthfully_what_it_did(town: Town, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(town, capsys, "keeper", "--email", "new@example.org") == (0, "keeper: email changed")
    assert run(town, capsys, "keeper", "--email", "new@example.org") == (0, "keeper: email as they were")
    assert run(town, capsys, "keeper", "--name", "新名") == (0, "keeper: name changed")
    code, said = run(town, capsys, "keeper", "--role", "keeper")
    assert code == 1 and "--city" in said
    assert (
        run(town, capsys, "keeper", "--role", "keeper", "--depot", "STR-0001")[1]
        == "keeper: was already keeper of STR-0001"
    )
    assert run(town, capsys, "keeper", "--role", "keeper", "--depot", "IND-0002")[1] == "keeper: is keeper of IND-0002"
    assert run(town, capsys, "keeper", "--take-role", "keeper", "--depot", "IND-0002")[1] == (
        "keeper: no longer keeper of IND-0002"
    )
    assert run(town, capsys, "keeper", "--deactivate")[0] == 0
    assert run(town, capsys, "keeper", "--role", "keeper", "--city")[0] == 1
    assert run(town, capsys, "keeper", "--reactivate") == (0, "keeper: opened again")
    assert run(town, capsys, "keeper")[1] == "keeper: 新名, new@example.org, keeper STR-0001"
    assert "admin: admin 先生, admin@example.org, administrator city" in run(town, capsys, "--list")[1].splitlines()
    assert run(town, capsys, "nobody", "--email", "x@example.org")[0] == 1
    assert run(town, capsys, "keeper", "--sign-out") == (0, "keeper: sessions ended")
    told = acts(town, town.keeper.person_id)
    assert told[-1][0] == "sessions-ended"
    assert {by for _, by, _ in told} == {None}


async def test_the_routes_do_what_the_verbs_do(client: httpx.AsyncClient, town: Town, chief: Caller) -> None:
    auth = town.auth("chief")
    body = {"account": "lin", "name": "林", "roles": [{"role": "keeper", "level": "depot", "code": "STR-0001"}]}
    made = await client.post("/api/people", json=body, headers=auth)
    assert made.status_code == 201, made.text
    address = f"/api/people/{made.json()['id']}"
    assert (await client.post("/api/people", json=body, headers=auth)).status_code == 409
    changed = await client.post(address, json={"phone": "123"}, headers=auth)
    assert changed.json()["person"]["phone"] == "123"
    wanted = {"role": "responder", "level": "district", "code": NANSHAN, "until": "2026-12-31"}
    given = await client.post(f"{address}/roles", json=wanted, headers=auth)
    last = given.json()["person"]["roles"][-1]
    assert (last["until"], last["name_en"], last["state"]) == ("2026-12-31", "Nanshan", "now")
    ended = await client.post(f"{address}/roles/{last['id']}/end", headers=auth)
    assert ended.json()["person"]["roles"][-1]["state"] == "over"
    assert (await client.post(f"{address}/deactivate", headers=auth)).json()["person"]["active"] is False
    assert (await client.post(f"{address}/reactivate", headers=auth)).json()["person"]["active"] is True
    page = await client.get("/api/people?limit=1", headers=auth)
    more = await client.get(f"/api/people?limit=1&cursor={page.json()['next']}", headers=auth)
    assert [page.json()["items"][0]["account"], more.json()["items"][0]["account"]] == ["keeper", "lin"]
    assert (await client.get("/api/people", headers=town.auth("keeper"))).status_code == 403
    for bad in ({"until": "2026-13-01"}, {"role": "king"}, {"level": "moon"}):
        assert (await client.post(f"{address}/roles", json=wanted | bad, headers=auth)).status_code in (400, 422)


async def test_the_pages_show_and_do_it(client: httpx.AsyncClient, town: Town, chief: Caller) -> None:
    auth = town.auth("chief") | {"accept-language": "en"}
    listed = await client.get("/people?q=keeper&state=active", headers=auth)
    assert listed.status_code == 200 and f"/people/{town.keeper.person_id}" in listed.text
    form = {"account": "lin", "name": "Lin", "role": "keeper", "level": "depot", "code": "STR-0001"}
    wrong = await client.post("/people", data=form | {"code": "IND-0002"}, headers=auth)
    assert wrong.status_code == 422 and 'value="Lin"' in wrong.text
    made = await client.post("/people", data=form, headers=auth)
    assert made.status_code == 303
    address = made.headers["location"].partition("?")[0]
    assert "STR-0001" in (await client.get(address, headers=auth)).text
    assert (await client.post(address, data={"name": "Lin Wei"}, headers=auth)).status_code == 303
    again = await client.post(f"{address}/roles", data={"role": "keeper", "level": "depot", "code": "X"}, headers=auth)
    assert again.status_code == 422 and "Lin Wei" in again.text
    assert (await client.post(f"{address}/deactivate", data={}, headers=auth)).status_code == 303
    assert (await client.post(f"{address}/reactivate", data={}, headers=auth)).status_code == 303
    assert (await client.get(f"/people/{town.callers['admin'].person_id}", headers=auth)).status_code == 404


async def test_the_audit_trail_is_read_by_auditors_and_administrators_of_the_city(
    client: httpx.AsyncClient, town: Town, chief: Caller, admin: Caller
) -> None:
    someone = entered(town, admin, "lin", HERE)
    for who in ("keeper", "officer", "chief", "responder"):
        assert (await client.get("/api/audit", headers=town.auth(who))).status_code == 403
        assert (await client.get("/manage/audit", headers=town.auth(who))).status_code == 403
        assert (await client.get("/api/export/audit.csv", headers=town.auth(who))).status_code == 403
    of = await client.get("/api/audit?subject=lin&by=admin", headers=town.auth("auditor"))
    assert [row["act"] for row in of.json()["items"]] == ["role-given", "person-added"]
    assert of.json()["items"][0]["subject_name"] == "lin 女士 (lin)" and of.json()["items"][0]["by"] == "admin"
    first = await client.get(f"/api/audit?subject={someone}&limit=1", headers=town.auth("admin"))
    second = await client.get(
        f"/api/audit?subject={someone}&limit=1&cursor={first.json()['next']}", headers=town.auth("admin")
    )
    assert [one.json()["items"][0]["act"] for one in (first, second)] == ["role-given", "person-added"]
    assert (await client.get("/api/audit?since=2026-11-24", headers=town.auth("admin"))).json()["items"] == []
    page = await client.get("/manage/audit?act=role-given", headers=town.auth("auditor"))
    assert "授予角色" in page.text and "lin 女士" in page.text
    assert town.depot.name_zh in page.text and "保管员" in page.text  # no id and no word of programs
    assert str(town.depot.id) not in page.text and ">keeper" not in page.text
    assert (await client.get("/manage/audit?since=x", headers=town.auth("auditor"))).status_code == 422
    export = await client.get("/api/export/audit.csv?subject=lin", headers=town.auth("auditor"))
    assert len(export.text.splitlines()) == 3


def test_who_gives_a_role_is_offered_no_wider_place_than_their_own() -> None:
    def offered(*duties: Duty) -> list[Level]:
        return list(levels_to_give(Caller(uuid4(), "someone", "Someone", "zh", duties)))

    assert offered(Duty(Role.ADMINISTRATOR)) == list(Level)
    assert offered(Duty(Role.OFFICER, "440305")) == [Level.DISTRICT, Level.SUBDISTRICT, Level.DEPOT]
    assert offered(Duty(Role.OFFICER, "440305", uuid4())) == [Level.DEPOT]
    assert offered(Duty(Role.OFFICER, "440305", uuid4()), Duty(Role.RESPONDER)) == [Level.DEPOT]
    assert offered(Duty(Role.KEEPER, "440305", uuid4())) == []
