"""Nothing of another depot's things is in any answer: a walk over every page, list and file (rules 8 and 10)."""

import io
import re
import zipfile
from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from litestar import Litestar

from depots.models import PlaceKind
from depots.places import add_places, new_place
from inventory.booking.wishes import Wish
from inventory.documents.counting import ApproveCount, Counted, CountLines, StartCount
from inventory.documents.transfers import Arrival, AskedLine, AskTransfer, Dispatch, ReceiveTransfer, Sent
from inventory.faults.entries import Fault
from inventory.stock.models import Kind, Lot
from inventory.upkeep.checks import CheckDone, CheckLine
from inventory.upkeep.service import SendToService, ServiceLine
from people.accounts import add_person, assign
from people.models import Role
from people.sign_in import issue_token
from tests.conftest import Town
from tests.inventory.documents.conftest import Desk
from tests.inventory.stock.conftest import Papers, third_depot, write_papers
from tests.inventory.stock.strange import write_more
from tests.inventory.stock.unshown import UNSHOWN, WHOLE_CITY
from tests.test_routes import routes_of

CANARY = "CANARY"
_ABOUT = {"depot": "depot", "place": "shelf", "lot": "piece", "person": "keeper", "incident": "incident"}
# What is for everybody in the city: the finder and its pages name who has how much, never which piece or who
_NOT_WALKED = {"/healthz", "/readyz", "/metrics", "/static/{file_path}", "/vendor/{file_path}", "/sign-out"}
_PAGING = ("cursor", "done", "next_path", "language")


def watchers(town: Town) -> list[str]:
    """Somebody of every role whose one duty is at the first depot, an officer of its district, and who has no duty.

    An administrator of one depot would be a contradiction: theirs is the city.
    """
    now = town.context.clock.now()
    duties: dict[str, tuple[Role, str | None] | None] = {
        f"local-{role.value}": (role, None) for role in Role if role != Role.ADMINISTRATOR
    }
    duties |= {"district-officer": (Role.OFFICER, town.depot.district_code), "nobody": None}
    for account, duty in duties.items():
        person = town.run(add_person, account, account, now)
        if duty is not None:
            role, district = duty
            town.run(assign, person.id, role, district_code=district, depot_id=None if district else town.depot.id)
        town.tokens[account] = town.run(issue_token, account, "walk", now)
    return list(duties)


def files(town: Town, strange: Papers, *, in_short: bool = False) -> Iterator[list[tuple[str, str]]]:
    """Every list as a file and every report, of everything and of the strange depot: (route, address).

    In short: as text, and together what differs by what of the strange depot it is of.
    """
    about = {kind: strange.named[named] for kind, named in _ABOUT.items()}
    asked = ["", f"?depot={strange.depot.code}", *(f"?of={kind}&id={value}" for kind, value in about.items())]
    for name in town.context.lists:
        as_text = [(f"/api/export/{name}", f"/api/export/{name}.csv{query}") for query in asked]
        as_page = [(f"/reports/{name}", f"/reports/{name}{query}") for query in asked]
        yield from (as_text[:1], as_text[1:], as_page)
        if not in_short:
            yield [(f"/api/export/{name}", f"/api/export/{name}.xlsx")]


def addresses(application: Litestar, strange: Papers) -> Iterator[tuple[str, str]]:
    """Every address to read, bare and with each of its parameters naming something of the strange depot, by route."""
    for way in ways(application, strange):
        yield from way


def ways(application: Litestar, strange: Papers) -> Iterator[list[tuple[str, str]]]:
    """The same, with those together that differ by what one place in them names."""
    ids = sorted(value for value in strange.named.values() if re.fullmatch(r"[0-9a-f-]{36}", value))
    codes = [value for name, value in strange.named.items() if name.endswith("code")] + [strange.depot.code]
    for method, path, handler in routes_of(application):
        if method != "GET" or path in _NOT_WALKED:
            continue
        yield [(path, address) for address in _filled(path, handler, ids, codes)]
        for address in _filled(path, handler, ids, codes):
            for name, parameter in handler.parsed_fn_signature.parameters.items():
                if "{" in path or name in _PAGING:
                    continue
                kind = str(parameter.annotation)
                sent = ids if "UUID" in kind else codes if "str" in kind else []
                yield [(path, f"{address}?{name.rstrip('_')}={value}") for value in sent]


def _filled(path: str, handler: Any, ids: list[str], codes: list[str]) -> Iterator[str]:
    found = re.search(r"\{([^}]+)\}", path)
    if found is None:
        yield path
        return
    name = found[1].split(":")[0]
    kind = str(handler.parsed_fn_signature.parameters[name].annotation)
    for value in ids if "UUID" in kind else ["csv"] if name == "kind" else codes:
        yield from _filled(path.replace(found[0], value, 1), handler, ids, codes)


def read(answer: httpx.Response) -> str:
    """Body and headers as text; of a workbook or archive what is in it."""
    parts = [str(answer.headers), answer.text]
    if answer.content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(answer.content)) as packed:
            parts += [packed.read(name).decode("utf-8", "replace") for name in packed.namelist()]
    return "\n".join(parts)


BOTH_IN_TIME = [pytest.param("sqlite"), pytest.param("postgresql", marks=pytest.mark.slow)]


# The least and the most, at an address of each kind that shows an administrator something; all others at all
# addresses: a slow proof
NEIGHBOURS = ("local-keeper", "district-officer")


@pytest.mark.parametrize("database_url", BOTH_IN_TIME, indirect=True)
@pytest.mark.parametrize("every_role", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["some", "all"])
async def test_no_answer_holds_anything_of_another_depot(
    application: Litestar,
    client: httpx.AsyncClient,
    town: Town,
    desk: Desk,
    papers: tuple[Papers, Papers],
    every_role: bool,
) -> None:
    _, strange = papers
    strange.named.update(town.run(write_more, town, CANARY))
    secrets = [
        CANARY,
        "keeper2 先生",
        *(value for name, value in strange.named.items() if name not in ("depot", "empty", "keeper", "person")),
    ]
    leaks: set[str] = set()
    answered: dict[str, int] = {}
    every = [*ways(application, strange), *files(town, strange, in_short=not every_role)]

    async def secrets_in(who: str, address: str) -> list[str]:
        answer = await client.get(address, headers=town.auth(who))
        assert answer.status_code < 500, f"{who} {address}: {answer.status_code}"
        answered[who] = answered.get(who, 0) + (answer.status_code == 200)
        text = read(answer)
        return [secret for secret in secrets if secret in text and secret not in address]

    telling: list[tuple[str, str]] = []
    for way in every:
        for route, address in way:
            if await secrets_in("admin", address):
                telling.append((route, address))
                if not every_role:  # one that shows something stands for its way
                    break
    shown = {route for route, _ in telling}
    hidden = {route for way in every for route, _ in way} - shown - UNSHOWN
    assert not hidden, (
        f"these show nothing of a depot to who may see it, so that a leak of theirs goes unseen: {hidden}; enter what "
        "they show at the other depot (tests/inventory/stock/strange.py, conftest.py), or name them in unshown.py"
    )
    assert shown & UNSHOWN == set(), "these do show something; let them be walked as such"
    for who in [who for who in watchers(town) if every_role or who in NEIGHBOURS]:
        for _, address in [one for way in every for one in way] if every_role else telling:
            leaks |= {f"{who} {address}: {secret}" for secret in await secrets_in(who, address)}
    assert all(number > (100 if every_role else 30) for who, number in answered.items() if who != "nobody"), answered
    assert not leaks, f"{len(leaks)}:\n" + "\n".join(sorted(leaks)[:60])


@pytest.mark.heavy
async def test_of_what_has_gone_to_another_depot_no_line_says_where_it_stands_there(
    client: httpx.AsyncClient, town: Town, desk: Desk
) -> None:
    named = _left_behind(desk, town).named
    watchers(town)
    asked = {
        "/movements": "K-1",
        f"/api/movements?lot={named['lot']}": "K-1",
        f"/lots/{named['lot']}/life": "K-1",
        f"/api/counts/{named['count']}": "K-1",
        "/upkeep/done?show=place": "K-1",
        "/api/checks?state=done": "K-1",
        f"/lists/movements/csv?depot={town.depot.code}": "K-1",
        f"/api/export/ledger.csv?of=depot&id={town.depot.code}": "K-1",
        f"/q/{named['piece code']}": "CNV-001",
        f"/labels?depot={town.depot.code}": "",
    }
    for address, shown in asked.items():
        text = read(await client.get(address, headers=town.auth("local-officer"), follow_redirects=True))
        assert shown in text and CANARY not in text, address


@pytest.mark.slow
@pytest.mark.parametrize("database_url", BOTH_IN_TIME, indirect=True)
async def test_of_what_has_gone_to_another_depot_no_answer_at_all_says_where_it_stands_there(
    application: Litestar, client: httpx.AsyncClient, town: Town, desk: Desk
) -> None:
    own = _left_behind(desk, town)
    watchers(town)
    shown: dict[str, str] = {}
    for route, address in [*addresses(application, own), *(one for way in files(town, own) for one in way)]:
        answer = await client.get(address, headers=town.auth("local-officer"))
        assert answer.status_code < 500, f"{address}: {answer.status_code}"
        if CANARY in read(answer):
            shown[route] = address
    assert not shown, "\n".join(sorted(shown.values()))


def _left_behind(desk: Desk, town: Town) -> Papers:
    """What a depot has of a kit that stands on another's shelf by now: lines, a check, a count, a fault, a service."""
    kit = desk.kit("MED-002")
    rope = town.stock("BRK-014", "5", kit, number="ROPE")
    torch, radio, pump = (town.stock(item, "1", kit, serial=item) for item in ("CNV-001", "COM-001", "BRK-001"))
    for lot in (torch, radio, pump):
        town.run(lambda session, lot=lot: setattr(session.get_one(Lot, lot), "home_place_id", kit.id))
    desk.do(CheckDone, lines=[CheckLine(str(torch), "MP-107", answers={"charge": "60"})])
    count = desk.do(StartCount, depot=town.depot.code, places=[str(kit.id)]).id
    desk.do(CountLines, count=count, place=str(kit.id), lines=[Counted(str(rope), "3")])
    desk.do(CountLines, "officer", count=count, place=str(kit.id), lines=[Counted(str(rope), "3")], round=2)
    desk.do(ApproveCount, "officer", count=count, leave_uncounted=True)
    fault = desk.do(Fault, thing=str(radio), place=str(kit.id), description="silent").id
    away = {"vendor": "works", "due_back_on": date(2027, 1, 1)}
    service = desk.do(SendToService, lines=[ServiceLine(thing=str(pump))], **away).result["services"][0]["service"]
    back = {"kind": Kind.TRANSFER, "quantity": "1", "source": str(kit.id), "target": str(town.shelf.id)}
    town.book(*(Wish(id=uuid4(), lot=lot, **back) for lot in (rope, torch)))
    sent = desk.do(
        AskTransfer, giver=town.depot.code, receiver=town.other.code, lines=[AskedLine(item="MED-002", quantity="1")]
    ).result["transfer"]
    desk.do(Dispatch, transfer=UUID(sent), lines=[Sent(thing=str(kit.id), quantity="1", source=str(town.shelf.id))])
    arrived = [Arrival(thing=str(kit.id), good="1", damaged="0")]
    desk.do(ReceiveTransfer, "keeper2", transfer=UUID(sent), lines=arrived, place=str(town.other_shelf.id))
    back_room = new_place(town.other.id, PlaceKind.SHELF, CANARY, CANARY, desk.now(), position=30)
    town.run(add_places, [back_room], desk.now())
    on = {"kind": Kind.TRANSFER, "quantity": "1", "source": str(town.other_shelf.id), "target": str(back_room.id)}
    town.book(Wish(id=uuid4(), lot=kit.id, **on), caller="keeper2")
    things = {"kit": kit.id, "lot": rope, "piece": torch, "lent": radio, "away": pump, "shelf": town.shelf.id}
    papers = {"count": count, "fault": fault, "service": service, "transfer": sent, "incident": uuid4()}
    named = {name: str(id) for name, id in (things | papers).items()} | {"keeper": "keeper", "depot": town.depot.code}
    codes = {"kit code": town.code_of(kit.id), "piece code": town.code_of(torch)}
    return Papers(town.depot, town.shelf, named | codes)


async def test_the_state_of_the_installation_is_refused_to_who_does_not_answer_for_the_whole_city(
    client: httpx.AsyncClient, town: Town
) -> None:
    who_is_heard = {
        f"{who} {path}"
        for who in watchers(town)
        for path in WHOLE_CITY
        if (await client.get(path, headers=town.auth(who))).status_code != 403
    }
    assert not who_is_heard
    for path in WHOLE_CITY:
        assert (await client.get(path, headers=town.auth("admin"))).status_code == 200, path


# What has no reach, and why
_CITY_WIDE = ("/jobs", "/api/jobs", "/find", "/api/find")


@pytest.mark.parametrize("database_url", BOTH_IN_TIME, indirect=True)
@pytest.mark.parametrize("every_role", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["some", "all"])
async def test_no_count_or_list_changes_by_what_is_put_on_another_depots_shelves(
    application: Litestar, client: httpx.AsyncClient, town: Town, desk: Desk, every_role: bool
) -> None:
    third, _ = third_depot(town)
    write_papers(desk, town.depot, town.shelf, third, "keeper", "OWN")
    accounts = [who for who in watchers(town) if every_role or who in NEIGHBOURS]
    paths = [
        path
        for method, path, _ in routes_of(application)
        if method == "GET" and "{" not in path and path not in _NOT_WALKED and not path.startswith(_CITY_WIDE)
    ]

    async def picture() -> dict[tuple[str, str], str]:
        return {
            (who, path): masked((await client.get(path, headers=town.auth(who))).text)
            for who in accounts
            for path in paths
        }

    before = await picture()
    write_papers(desk, town.other, town.other_shelf, third, "keeper2", CANARY)
    after = await picture()
    changed = sorted(f"{who} {path}" for who, path in before if before[who, path] != after[who, path])
    assert changed == []


def masked(text: str) -> str:
    """An answer without what is new in each: ids and form tokens."""
    return re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32}|[\w.-]{40,}", "<id>", text)
