"""The table of alerts: chips count, order and pages hold, many are answered at once, nothing beyond reach."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlparse
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from core.errors import Refusal
from core.models import AuditEntry
from jobs.alerts.models import Alert, AlertAssignment
from jobs.causes.kinds import AlertKind
from office.lists.alerts import ALERTS
from office.models import SavedView
from office.reading import PER_PAGE, TableView, read_table
from office.tables import Reader, Wanted, wanted_of
from office.views import MOST, save_view, views_of
from tests.conftest import Town
from tests.query_count import QueryCount

ROW = re.compile(r'name="id" value="([^"]+)"')


def fill(session: Session, town: Town) -> None:
    """Sixty expired and five urgent defects at the first depot, three at the other."""
    now, today = town.context.clock.now(), town.context.clock.today()
    wanted = [(town.depot, AlertKind.EXPIRED, False)] * 60 + [(town.depot, AlertKind.DEFECT, True)] * 5
    for number, (depot, kind, urgent) in enumerate([*wanted, *([(town.other, AlertKind.EXPIRED, False)] * 3)]):
        at = now - timedelta(minutes=number)
        facts = {"due": today - timedelta(days=number % 7), "opened_at": at, "changed_at": at}
        session.add(Alert(cause=f"test:{number}", kind=kind, urgent=urgent, depot_id=depot.id, **facts))


@pytest.fixture
def alerts(town: Town) -> None:
    town.run(fill, town)


def read(town: Town, who: str, wanted: Wanted | None = None) -> TableView:
    reader = Reader(town.callers[who], town.context.moment())
    return town.run(read_table, ALERTS, reader, wanted or Wanted())


def counts(view: TableView) -> dict[str, dict[str, int]]:
    return {chip.name: {option.value: option.count for option in chip.options} for chip in view.chips}


def test_chips_count_what_each_would_leave(town: Town, alerts: None) -> None:
    whole = read(town, "admin")
    assert whole.total == 68 and counts(whole)["kind"] == {"expired": 63, "defect": 5}
    urgent = read(town, "admin", Wanted({"urgent": ("yes",)}))
    assert urgent.total == len(urgent.rows) == 5
    # a chip counts under the others, and not under itself
    assert counts(urgent)["urgent"] == {"no": 63, "yes": 5} and counts(urgent)["kind"] == {"defect": 5}
    assert read(town, "admin", Wanted({"depot": (town.other.code,)})).total == 3
    assert read(town, "admin", Wanted(q=town.other.name_zh)).total == 3
    assert read(town, "admin", Wanted({"kind": ("nosuch",)})).total == 0
    grouped = read(town, "admin", Wanted(group="depot"))
    assert {one.value: one.count for one in grouped.groups} == {town.depot.code: 65, town.other.code: 3}


def test_alerts_that_nobody_answered_for_a_week_are_one_chip_and_days_stand_in_their_order(
    town: Town, alerts: None
) -> None:
    old = town.context.clock.now() - timedelta(days=8)
    older = [f"test:{number}" for number in range(4)]
    town.run(lambda session: session.execute(update(Alert).where(Alert.cause.in_(older)).values(opened_at=old)))
    view = read(town, "admin", Wanted({"state": ("new",), "since": ("older", "nonsense")}))
    assert view.total == 4
    (since,) = [chip for chip in view.chips if chip.name == "since"]
    assert [option.value for option in since.options] == ["day", "older", "nonsense"]
    assert [option.count for option in since.options][1] == 4
    by_person = read(town, "admin", Wanted(group="assignee"))
    assert [(option.value, option.count) for option in by_person.groups or []] == [("", 68)]


def test_the_most_dangerous_come_first_and_pages_show_each_row_once(town: Town, alerts: None) -> None:
    for sort in ("", "due", "-due", "-opened", "depot", "what"):
        seen: list[str] = []
        cursor: str | None = None
        while True:
            view = read(town, "admin", Wanted(sort=sort, cursor=cursor))
            seen += [id for id, _ in view.rows]
            if not sort and cursor is None:
                assert all(row["alert"].urgent for _, row in view.rows[:5]) and len(view.rows) == PER_PAGE
            cursor = view.next
            if cursor is None:
                break
        assert len(seen) == len(set(seen)) == 68, sort


def test_nothing_beyond_reach_is_listed_or_counted(town: Town, alerts: None) -> None:
    view = read(town, "keeper2")
    assert view.total == len(view.rows) == 3 and sum(counts(view)["kind"].values()) == 3
    assert len(counts(view)["district"]) == 1
    assert read(town, "keeper2", Wanted({"depot": (town.depot.code,)})).total == 0
    assert {one.value for one in read(town, "keeper2", Wanted(group="depot")).groups} == {town.other.code}


def test_it_costs_four_queries_whatever_there_is(town: Town, alerts: None) -> None:
    read(town, "admin")
    counter = QueryCount(town.context.database)
    counter.during()
    read(town, "admin")
    counter.stop()
    assert len(counter) <= 4, counter.statements


async def test_many_are_taken_on_put_aside_and_assigned_at_once(
    client: httpx.AsyncClient, town: Town, alerts: None
) -> None:
    auth = town.auth("admin")
    page = (await client.get("/alerts?kind=expired", headers=auth)).text
    ids = ROW.findall(page)
    assert len(ids) == PER_PAGE
    answer = await client.post(
        "/alerts/bulk", headers=auth, data={"act": "take", "id": ids[:3], "query": "kind=expired"}
    )
    assert answer.status_code == 303
    assert parse_qs(urlparse(answer.headers["location"]).query) == {"kind": ["expired"], "done": ["3"]}
    assert counts(read(town, "admin"))["state"] == {"new": 65, "taken": 3}
    until = str(town.context.clock.today() + timedelta(days=5))
    every = {"act": "aside", "every": "yes", "query": f"depot={town.other.code}", "until": until}
    assert (await client.post("/alerts/bulk", headers=auth, data=every)).headers["location"].endswith("done=3")
    assert counts(read(town, "admin"))["state"]["aside"] == 3
    there = f"/alerts?depot={town.other.code}"
    assert (await client.get(there, headers=auth)).text.count(until) == 3
    town.context.clock.instant += timedelta(days=6)  # type: ignore[attr-defined]
    assert until not in (await client.get(there, headers=auth)).text, "nothing is put aside until a day that is over"
    town.context.clock.instant -= timedelta(days=6)  # type: ignore[attr-defined]
    said = {"act": "assign", "id": ids[:2], "account": "keeper"}
    assert (await client.post("/alerts/bulk", headers=auth, data=said)).headers["location"].endswith("done=2")
    assert counts(read(town, "keeper"))["assigned"] == {"nobody": 63, "me": 2}
    assert town.run(_audited) == 1


def _audited(session: Session) -> int:
    return session.execute(select(func.count()).where(AuditEntry.act == "alerts-assigned")).scalar_one()


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"act": "take"}, 422),
        ({"act": "take", "id": "no-id"}, 422),
        ({"act": "nosuch", "every": "yes"}, 422),
        ({"act": "aside", "every": "yes", "until": "soon"}, 422),
        ({"act": "aside", "every": "yes", "until": "2020-01-01"}, 422),
        ({"act": "assign", "every": "yes", "account": "keeper2"}, 422),
        ({"act": "assign", "every": "yes", "account": "nobody-of-us"}, 422),
    ],
)
async def test_what_cannot_be_done_is_refused_whole(
    client: httpx.AsyncClient, town: Town, alerts: None, said: dict[str, Any], status: int
) -> None:
    query = f"depot={town.depot.code}"
    answer = await client.post("/alerts/bulk", headers=town.auth("admin"), data={"query": query, **said})
    assert answer.status_code == status
    assert counts(read(town, "admin"))["state"] == {"new": 68}
    assert (
        town.run(lambda session: session.execute(select(func.count()).select_from(AlertAssignment)).scalar_one()) == 0
    )


async def test_every_row_means_those_that_fit_all_filters_however_long_these_are(
    client: httpx.AsyncClient, town: Town, alerts: None
) -> None:
    rest = "," + "z" * 480
    query = urlencode({"kind": "expired" + rest, "state": "new" + rest, "depot": town.other.code})
    said = {"act": "take", "every": "yes", "query": query}
    assert (
        (await client.post("/alerts/bulk", headers=town.auth("admin"), data=said))
        .headers["location"]
        .endswith("done=3")
    )
    assert counts(read(town, "admin"))["state"] == {"new": 65, "taken": 3}


async def test_a_group_of_rows_without_a_value_leads_to_no_other_rows(
    client: httpx.AsyncClient, town: Town, alerts: None
) -> None:
    page = (await client.get("/alerts?group=item", headers=town.auth("admin"))).text
    steps = page.partition('<ul class="steps">')[2].partition("</ul>")[0]
    assert ">68<" in steps and "href" not in steps


async def test_another_depots_alerts_are_not_there_to_answer(
    client: httpx.AsyncClient, town: Town, alerts: None
) -> None:
    theirs = [str(id) for id, _ in read(town, "keeper2").rows]
    mine = [str(id) for id, _ in read(town, "keeper").rows]
    for who, status in (("keeper", 422), ("responder", 403), ("auditor", 403)):
        answer = await client.post("/alerts/bulk", headers=town.auth(who), data={"act": "take", "id": theirs})
        assert answer.status_code == status, who
    # a keeper answers, and assigns nobody
    said = {"act": "assign", "id": mine[:1], "account": "keeper"}
    assert (await client.post("/alerts/bulk", headers=town.auth("keeper"), data=said)).status_code == 403
    assert counts(read(town, "admin"))["state"] == {"new": 68}


async def test_a_view_is_saved_under_a_name_for_its_owner_alone(
    client: httpx.AsyncClient, town: Town, alerts: None
) -> None:
    auth = town.auth("keeper")
    said = {"list": "alerts", "name": "我的紧急", "query": "urgent=yes&sort=-due&nosuch=1"}
    answer = await client.post("/views", headers=auth, data=said)
    assert (answer.status_code, answer.headers["location"]) == (303, "/alerts?urgent=yes&sort=-due")
    assert (await client.post("/views", headers=auth, data={**said, "query": "urgent=no"})).status_code == 303
    page = (await client.get("/alerts", headers=auth)).text
    assert page.count("我的紧急</a>") == 1 and 'href="/alerts?urgent=no"' in page
    assert "我的紧急" not in (await client.get("/alerts", headers=town.auth("admin"))).text
    view_id = town.run(lambda session: session.execute(select(SavedView.id)).scalar_one())
    assert (await client.post(f"/views/{view_id}/remove", headers=town.auth("admin"))).status_code == 404
    assert (await client.post(f"/views/{view_id}/remove", headers=auth, data={"next": "/alerts"})).status_code == 303
    assert "我的紧急" not in (await client.get("/alerts", headers=auth)).text
    for bad, status in (({"list": "nosuch", "name": "x"}, 404), ({"list": "alerts", "name": " "}, 422)):
        assert (await client.post("/views", headers=auth, data=bad)).status_code == status


def test_a_view_is_changed_though_there_are_as_many_as_there_may_be(town: Town) -> None:
    who, now = town.callers["keeper"], town.context.clock.now()
    for number in range(MOST):
        town.run(save_view, who, "alerts", f"view {number}", "", now)
    town.run(save_view, who, "alerts", "view 0", "urgent=yes", now)
    assert {view.name: view.query for view in town.run(views_of, who, "alerts")}["view 0"] == "urgent=yes"
    with pytest.raises(Refusal):
        town.run(save_view, who, "alerts", "one more", "", now)


def test_an_address_asks_for_nothing_that_the_list_does_not_know() -> None:
    wanted = wanted_of(ALERTS, {"kind": "expired,,expired,defect", "sort": "-nosuch", "group": "x", "hide": "who,zz"})
    assert wanted == Wanted({"kind": ("expired", "defect")}, hidden=("who",))
    assert wanted.toggled("kind", "defect") == "kind=expired&hide=who"


async def test_a_cursor_that_is_not_the_lists_is_refused(client: httpx.AsyncClient, town: Town, alerts: None) -> None:
    for cursor in ("nonsense", "W10", str(uuid4())):
        assert (await client.get(f"/alerts?cursor={cursor}", headers=town.auth())).status_code == 422
