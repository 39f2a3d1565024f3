"""What must be held, changed by a version: drafted, looked at, published for a day, and in force by itself."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import select

from core.errors import Refusal
from core.models import AuditEntry
from depots.models import DepotRequirement, Requirement
from depots.requirements import work_out_requirements
from inventory.minimums.drafting import Line, NewVersion, new_version, publish, put_lines, withdraw
from inventory.minimums.preview import Preview, preview
from inventory.minimums.view import profile_view, profiles, version_view, versions
from inventory.readiness.counting import renew_requirements
from inventory.readiness.dashboard import explain
from inventory.readiness.survey import depot_figures
from tests.conftest import Town

TODAY = date(2026, 11, 23)
DAY = TODAY + timedelta(days=10)
PRICES = {"TRF": 50.0, "VEH": 60000.0}


@pytest.fixture
def town(town: Town) -> Town:
    town.run(work_out_requirements, TODAY)
    return town


def draft(town: Town, *lines: Line, begins_on: date = DAY, who: str = "admin") -> UUID:
    wish = NewVersion(id=uuid4(), title="2027 标准", begins_on=begins_on, reason="预案修订")
    now = town.context.clock.now()
    town.run(new_version, town.callers[who], wish, now, TODAY)
    if lines:
        town.run(put_lines, town.callers[who], wish.id, list(lines), now)
    return wish.id


def look(town: Town, version_id: UUID, who: str = "admin") -> Preview:
    found: Preview = town.run(preview, town.callers[who], version_id, TODAY, PRICES)
    return found


def let_count(town: Town, version_id: UUID, who: str = "admin", digest: str | None = None) -> None:
    said = digest or look(town, version_id).digest
    town.run(publish, town.callers[who], version_id, said, town.context.clock.now(), TODAY)


def cones(town: Town, day: date) -> Any:
    lines = {line.subject: line for line in town.run(explain, town.depot.id, day)}
    return lines["TRF-001"].minimum if "TRF-001" in lines else None


def refusal(call: Any, *args: Any) -> Refusal:
    with pytest.raises(Refusal) as refused:
        call(*args)
    return refused.value


def a_line(minimum: str, **said: Any) -> Line:
    return Line(profile="STR", subject="TRF-001", minimum=minimum, **said)


def test_a_draft_counts_for_nothing_and_a_published_one_from_its_day_on_without_a_job(town: Town) -> None:
    before = cones(town, TODAY)
    version_id = draft(town, a_line("45", low="60", par="80"))
    assert (cones(town, TODAY), cones(town, DAY)) == (before, before)
    let_count(town, version_id)
    assert [cones(town, day) for day in (TODAY, DAY - timedelta(1), DAY)] == [before, before, 45]
    lines = {line.subject: line for line in town.run(explain, town.depot.id, DAY)}
    assert lines["TRF-001"].low_below == 60
    states = [row.state for row in town.run(versions, TODAY)], [row.state for row in town.run(versions, DAY)]
    assert states == (["coming"], ["in-force"])
    town.run(renew_requirements, DAY)  # what the job does changes nothing of it
    assert cones(town, DAY) == 45
    trail = select(AuditEntry.act).where(AuditEntry.kind == "requirements").order_by(AuditEntry.id)
    acts = town.run(lambda session: list(session.execute(trail).scalars()))
    assert acts == ["requirements-drafted", "requirements-edited", "requirements-published"]


def test_the_preview_says_what_the_real_judgement_says_once_it_counts(town: Town) -> None:
    admin = town.callers["admin"]
    town.stock("TRF-001", "30")
    now = {row.code: row for row in town.run(depot_figures, admin, TODAY)}
    version_id = draft(town, a_line("45"), Line(profile="STR", subject="MED-010", minimum="7"), begins_on=TODAY)
    seen = look(town, version_id)
    assert seen.depots == 1 and cones(town, TODAY) != 45
    let_count(town, version_id)
    after = {row.code: row for row in town.run(depot_figures, admin, TODAY)}
    code = town.depot.code
    new = set(after[code].missing) - set(now[code].missing)
    assert (seen.gaps_new, "TRF-001" in new) == (len(new), True)
    lost = [row.code for row in now.values() if row.ready and not after[row.code].ready]
    assert [one.code for one in seen.lose] == lost
    bought = {one.subject: one for one in seen.to_buy}
    assert (bought["TRF-001"].quantity, bought["TRF-001"].cost) == (15, 750)
    assert seen.cost == sum(one.cost or 0 for one in seen.to_buy)


def test_a_depot_that_is_ready_loses_it_in_the_preview_and_a_line_less_gives_it_back(town: Town) -> None:
    def only_cones(session: Any) -> None:
        lines = session.execute(select(Requirement).where(Requirement.profile_code == "STR")).scalars()
        for line in lines:
            if line.subject != "TRF-001":
                session.delete(line)
        session.get_one(type(town.depot), town.depot.id).crew = None

    town.run(only_cones)
    town.run(work_out_requirements, TODAY)
    minimum = cones(town, TODAY)
    town.stock("TRF-001", str(minimum))
    (row,) = (one for one in town.run(depot_figures, town.callers["admin"], TODAY) if one.code == town.depot.code)
    seen = look(town, draft(town, a_line(str(minimum + 1))))
    assert len(seen.lose) == row.ready
    seen = look(town, draft(town, a_line("0")))
    assert (seen.lose, seen.gaps_new) == ([], 0)
    version_id = draft(town, a_line("0"), begins_on=TODAY)
    let_count(town, version_id)
    assert cones(town, TODAY) is None


def test_who_sees_a_part_of_the_city_sees_the_effect_on_that_part(town: Town) -> None:
    version_id = draft(town, a_line("45"), Line(profile="IND", subject="TRF-001", minimum="45"))
    assert (look(town, version_id).depots, look(town, version_id, "keeper").depots) == (2, 1)


def test_only_what_was_looked_at_is_published_and_only_by_who_answers_for_the_city(town: Town) -> None:
    version_id = draft(town, a_line("45"))
    seen = look(town, version_id).digest
    now = town.context.clock.now()
    assert refusal(let_count, town, version_id, "officer").status == 403
    town.run(put_lines, town.callers["admin"], version_id, [a_line("450")], now)
    assert refusal(let_count, town, version_id, "admin", seen).kind == "changed"
    assert refusal(let_count, town, draft(town)).kind == "empty"
    let_count(town, version_id)
    assert refusal(let_count, town, version_id, "admin", seen).kind == "closed"
    assert refusal(let_count, town, draft(town, a_line("5"))).kind == "same-day"


def test_a_version_is_withdrawn_before_its_day_and_not_after(town: Town) -> None:
    before, admin, now = cones(town, DAY), town.callers["admin"], town.context.clock.now()
    version_id = draft(town, a_line("45", low="60"))
    let_count(town, version_id)
    assert refusal(town.run, withdraw, admin, version_id, "no", now, DAY).kind == "begun"
    town.run(withdraw, admin, version_id, "no money", now, TODAY)
    assert cones(town, DAY) == before
    (row,) = town.run(versions, TODAY)
    assert (row.state, row.ended_by) == ("withdrawn", "admin 先生")
    with town.context.database.transaction(writes=False) as session:
        assert session.execute(select(DepotRequirement.subject).where(DepotRequirement.until.is_not(None))).all() == []


def test_what_was_asked_for_before_stays_readable(town: Town) -> None:
    version_id = draft(town, a_line("45"))
    let_count(town, version_id)
    told = [
        {line.subject: line.minimum for line in town.run(profile_view, "STR", day).lines}["TRF-001"]
        for day in (TODAY, DAY)
    ]
    assert told[1] == "45" and told[0] != "45"
    (line,) = town.run(version_view, version_id, DAY).lines
    assert (line.before, line.minimum) == (told[0], "45")
    assert DAY in town.run(profile_view, "STR", TODAY).days
    assert {row.code: row for row in town.run(profiles, TODAY)}["STR"].depots == 1


def test_what_cannot_be_is_refused_by_its_field(town: Town) -> None:
    for line, field in (
        (Line(profile="XXX", subject="TRF-001", minimum="1"), "lines.0.profile"),
        (Line(profile="STR", subject="NONE", minimum="1"), "lines.0.subject"),
        (Line(profile="STR", subject="TRF-001", minimum="-1"), "lines.0.minimum"),
        (Line(profile="STR", subject="TRF-001", minimum="1.5"), "lines.0.minimum"),
        (a_line("1", combine="mean"), "lines.0.combine"),
        (a_line("1", low="5", par="2"), "lines.0.par"),
    ):
        assert refusal(draft, town, line).fields[0].field == field
    assert refusal(draft, town, a_line("1"), a_line("2")).fields[0].field == "lines.1.subject"
    for day in (TODAY - timedelta(1), TODAY + timedelta(2000)):
        with pytest.raises(Refusal) as refused:
            draft(town, begins_on=day)
        assert refused.value.fields[0].field == "begins_on"


async def test_the_routes_and_the_pages_do_the_same(client: httpx.AsyncClient, town: Town) -> None:
    admin = town.auth("admin")
    first, second = str(uuid4()), str(uuid4())
    at = f"/api/requirements/versions/{first}"
    wish = {"id": first, "title": "A", "begins_on": DAY.isoformat()}
    assert (await client.post("/api/requirements/versions", json=wish, headers=admin)).status_code == 201
    body = {"lines": [{"profile": "STR", "subject": "TRF-001", "minimum": "45"}]}
    assert (await client.put(f"{at}/lines", json=body, headers=admin)).json()["lines"][0]["minimum"] == "45"
    seen = (await client.get(f"{at}/preview", headers=admin)).json()
    assert seen["depots"] == 1 and {"lose", "gaps_new", "cost"} <= seen.keys()
    answer = await client.post(f"{at}/publish", json={"digest": seen["digest"]}, headers=admin)
    assert answer.json()["version"]["state"] == "coming"
    assert (await client.get("/api/requirements/versions", headers=admin)).json()[0]["id"] == first
    assert "STR" in (await client.get("/api/requirements/profiles", headers=admin)).text
    on = {"on": DAY.isoformat()}
    lines = (await client.get("/api/requirements/profiles/STR", params=on, headers=admin)).json()["lines"]
    assert {line["subject"]: line["minimum"] for line in lines}["TRF-001"] == "45"
    answer = await client.post(f"{at}/withdraw", json={"reason": "no"}, headers=admin)
    assert answer.json()["version"]["state"] == "withdrawn"

    form = {"id": second, "title": "B", "begins_on": DAY.isoformat()}
    answer = await client.post("/manage/requirements", data=form, headers=admin)
    page = answer.headers["location"]
    sheet = (await client.get(f"{page}/STR", headers=admin)).text
    assert "TRF-001" in sheet
    rows = {"subject-0": "TRF-001", "minimum-0": "46", "level-0": "mandatory", "subject-9": "MED-010", "minimum-9": "3"}
    assert (await client.post(f"{page}/STR", data=rows, headers=admin)).status_code == 303
    assert "<b>46</b>" in (await client.get(page, headers=admin)).text
    looked = (await client.get(f"{page}?look=1", headers=admin)).text
    digest = looked.split('name="digest" value="')[1].split('"')[0]
    assert (await client.post(page, data={"act": "publish", "digest": digest}, headers=admin)).status_code == 303
    assert (await client.get("/manage/requirements", headers=town.auth("keeper"))).status_code == 200
    whole = await client.get("/manage/requirements/profiles/STR?on=2026-12-24", headers=admin)
    assert whole.status_code == 200  # what is mandatory stands open, the rest is folded: no page of fifteen screens
    assert whole.text.count('<details class="card" open>') == 1 < whole.text.count('<details class="card"')
    assert (await client.post(page, data={"act": "withdraw", "reason": "x"}, headers=admin)).status_code == 303


def test_published_twice_at_once_it_counts_once(town: Town) -> None:
    version_id = draft(town, a_line("3"))
    digest = look(town, version_id).digest

    def press() -> str:
        try:
            let_count(town, version_id, digest=digest)
        except Refusal as refused:
            return refused.kind
        return "published"

    with ThreadPoolExecutor(2) as two:
        outcomes = sorted(one.result() for one in [two.submit(press) for _ in range(2)])
    assert outcomes == ["closed", "published"]
