"""What counts as present: held and ready, combined profiles, any-of groups, and figures that equal a slow reference."""

import random
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.database import Database
from depots.city import city_of
from depots.models import (
    CrewPost,
    Depot,
    DepotProfile,
    DepotRequirement,
    ItemGroupMember,
    Level,
    ParLevel,
    Place,
    Profile,
    Requirement,
    RequirementOverride,
)
from depots.requirements import work_out_requirements
from depots.rules import Demand, combine
from inventory.catalogue.models import Item, KitLine
from inventory.clocks.models import Due
from inventory.readiness.counting import refresh, stale
from inventory.readiness.dashboard import expiring, explain, type_gap
from inventory.readiness.survey import depot_figures
from inventory.stock.lots import set_condition
from inventory.stock.models import Condition, Kind, Lot, Stock
from jobs.running.schedule import refresh_figures
from tests.clock import SetClock
from tests.conftest import QueryCount, Town, one

TODAY = date(2026, 11, 23)


def work_out(town: Town) -> None:
    town.run(work_out_requirements, TODAY)


def line(town: Town, subject: str) -> Any:
    found = {entry.subject: entry for entry in town.run(explain, town.depot.id, town.context.clock.today())}
    return found[subject]


def test_T89_held_and_ready_are_two_numbers_and_every_difference_has_its_reason(town: Town) -> None:
    work_out(town)
    for offset in (400, 400, -1):
        town.stock("RSP-004", "4", expires_on=TODAY + timedelta(offset), number=str(offset))
    undated = town.stock("RSP-004", "2", expiry_unknown=True)
    lent = town.stock("RSP-004", "3", expires_on=TODAY + timedelta(500), number="lent")
    town.book(one(kind=Kind.ISSUE, lot=lent))
    held = town.stock("RSP-004", "5", expires_on=TODAY + timedelta(600), number="bad")
    town.run(lambda session: set_condition(session, session.get_one(Lot, held), Condition.QUARANTINED, "recall"))
    assert undated
    masks = line(town, "RSP-004")
    assert (masks.held, masks.ready) == (22, 10)
    assert masks.not_counting == {"expired": 4, "undated": 2, "lent": 1, "recalled": 5}
    assert masks.held - sum(masks.not_counting.values()) == masks.ready


def test_T13_an_opened_medicine_does_not_count_but_an_opened_box_of_gloves_does(town: Town) -> None:
    town.run(_require, town.depot.id, "MED-010", "4")
    lot = town.stock("MED-010", "4", expires_on=date(2028, 1, 1))
    town.book(one(kind=Kind.OPEN, lot=lot))
    iodine = line(town, "MED-010")
    assert (iodine.held, iodine.ready) == (4, 3)
    town.run(_require, town.depot.id, "CNV-011", "4")
    wipes = town.stock("CNV-011", "4", expires_on=date(2028, 1, 1))
    town.book(one(kind=Kind.OPEN, lot=wipes))
    assert line(town, "CNV-011").ready == 4


def _require(session: Session, depot_id: Any, code: str, minimum: str) -> None:
    item = session.execute(select(Item).where(Item.code == code)).scalar_one()
    quantity = Decimal(minimum)
    session.add(
        DepotRequirement(
            depot_id=depot_id,
            subject=code,
            item_id=item.id,
            level=Level.MANDATORY,
            minimum=quantity,
            low_below=quantity,
            par=quantity,
        )
    )


def test_T86_any_two_response_vehicles_meet_the_group_and_nothing_else_does(town: Town) -> None:
    work_out(town)
    assert line(town, "GROUP:VEH_RESPONSE").short == 2
    town.stock("VEH-001", "1")
    town.stock("VEH-007", "1")  # a hand cart is no response vehicle
    assert line(town, "GROUP:VEH_RESPONSE").short == 1
    town.stock("VEH-003", "1")
    assert line(town, "GROUP:VEH_RESPONSE").short == 0


def test_T85_type_and_add_on_combine_by_the_larger_or_by_the_sum(town: Town) -> None:
    town.run(lambda session: session.add(DepotProfile(depot_id=town.depot.id, profile_code="FLD")))
    work_out(town)
    jackets = line(town, "WTR-001")
    assert (jackets.minimum, jackets.why) == (10, "STR 2, FLD 10 (max)")
    rules = {
        combine(
            [Demand("IND", Level.MANDATORY, Decimal(1), how), Demand("FLD", Level.SPECIALTY, Decimal(2), how)]
        ).minimum
        for how in ("max", "sum")
    }
    assert rules == {Decimal(2), Decimal(3)}


def test_T88_a_new_version_of_a_profile_holds_from_its_date_on(town: Town) -> None:
    def add_version(session: Session) -> None:
        old = session.execute(
            select(Requirement).where(Requirement.profile_code == "STR", Requirement.subject == "TRF-001")
        ).scalar_one()
        values = {**old.model_dump(exclude={"id"}), "valid_from": date(2027, 1, 1), "minimum": Decimal(30)}
        session.add(Requirement(**values))

    town.run(add_version)
    town.run(work_out_requirements, date(2026, 12, 31))
    assert line(town, "TRF-001").minimum == 20
    town.run(work_out_requirements, date(2027, 1, 1))
    assert line(town, "TRF-001").minimum == 30


def test_T88_the_job_works_requirements_out_anew_on_the_day_a_version_begins(town: Town, clock: SetClock) -> None:
    def add_version(session: Session) -> None:
        old = session.execute(
            select(Requirement).where(Requirement.profile_code == "STR", Requirement.subject == "TRF-001")
        ).scalar_one()
        values = {**old.model_dump(exclude={"id"}), "valid_from": TODAY + timedelta(2), "minimum": Decimal(30)}
        session.add(Requirement(**values))

    work_out(town)
    town.run(add_version)
    minima = []
    for _ in range(3):
        refresh_figures(town.context)
        minima.append(line(town, "TRF-001").minimum)
        clock.instant += timedelta(days=1)
    assert minima == [20, 20, 30]


def test_T88_a_version_that_is_to_come_holds_on_its_day_whether_a_job_ran_or_not(town: Town) -> None:
    day = TODAY + timedelta(2)

    def add_versions(session: Session) -> None:
        lines = select(Requirement).where(Requirement.profile_code == "STR", Requirement.item_id.is_not(None))
        first, gone = session.execute(lines.order_by(Requirement.subject).limit(2)).scalars()
        for old, minimum in ((first, 400), (gone, 0)):
            session.add(Requirement(**old.model_dump(exclude={"id"}) | {"valid_from": day, "minimum": minimum}))
        names.extend((first.subject, gone.subject))
        session.add(ParLevel(profile_code="STR", item_id=first.item_id, valid_from=day, minimum=500, par=600))

    names: list[str] = []
    town.run(add_versions)
    work_out(town)
    town.run(refresh, TODAY, [town.depot.id])
    figures, lines = [], []
    for on in (TODAY, TODAY + timedelta(1), day):
        (row,) = (one for one in town.run(depot_figures, town.callers["admin"], on) if one.code == town.depot.code)
        explained = {entry.subject: entry for entry in town.run(explain, town.depot.id, on)}
        figures.append(row.lines + row.recommended)
        lines.append((explained[names[0]].minimum, explained[names[0]].low_below, names[1] in explained))
    assert figures[0] == figures[1] == figures[2] + 1
    assert lines[0] == lines[1] != lines[2] == (400, 500, False)


def test_T87_spares_are_rounded_up() -> None:
    ten = combine([Demand("IND", Level.MANDATORY, Decimal(10), "max", 4)])
    assert (ten.minimum, ten.why) == (13, "IND 10+3 (4:1)")
    both = combine(
        [Demand("IND", Level.MANDATORY, Decimal(10), "sum", 4), Demand("FLD", Level.SPECIALTY, Decimal(5), "sum")]
    )
    assert (both.minimum, both.why) == (18, "IND 10+3 (4:1), FLD 5 (sum)")


@given(st.integers(0, 200), st.integers(1, 12))
def test_T87_there_is_a_spare_for_every_begun_group(number: int, spare_per: int) -> None:
    spares = Demand("IND", Level.MANDATORY, Decimal(number), "max", spare_per).spares
    assert spares == len(range(0, number, spare_per))


async def test_the_crew_counts_like_gear_and_each_post_says_who_holds_it(client: httpx.AsyncClient, town: Town) -> None:
    work_out(town)
    path = f"/api/depots/{town.depot.code}"
    headers = town.auth()

    async def crew_short() -> set[str]:
        lines = (await client.get(f"{path}/readiness", headers=headers)).json()
        return {line["subject"][5:] for line in lines if line["subject"].startswith("CREW:") and line["short"] != "0"}

    async def city() -> int:
        answer = (await client.get(f"/api/readiness?district={town.depot.district_code}", headers=headers)).json()
        return answer["total"]["lines_ready"]

    before = await city()
    assert await crew_short() == {"people", "captain", "deputy", "signaller", "safety-officer"}
    posts = {post: {"name": f"{post} 李"} for post in ("captain", "deputy", "signaller")}
    told = {"people": 12, "posts": posts}
    assert (await client.put(f"{path}/crew", json=told, headers=headers)).status_code == 204
    assert await crew_short() == {"safety-officer"}
    assert await city() == before + 4
    vacant = {"people": 9, "posts": {"captain": {"name": ""}}}
    assert (await client.put(f"{path}/crew", json=vacant, headers=headers)).status_code == 204
    assert await crew_short() == {"people", "captain", "safety-officer"}
    page = (await client.get(f"/depots/{town.depot.code}?tab=people", headers=headers)).text
    assert "deputy 李" in page and "captain 李" not in page
    bad = await client.put(f"{path}/crew", json={"people": -1}, headers=headers)
    assert (bad.status_code, bad.json()["errors"][0]["field"]) == (422, "people")
    elsewhere = await client.put(f"/api/depots/{town.other.code}/crew", json=told, headers=headers)
    assert elsewhere.status_code in (403, 404)


def test_a_depots_own_override_wins_and_says_why(town: Town) -> None:
    override = RequirementOverride(
        depot_id=town.depot.id,
        subject="TRF-001",
        level=Level.MANDATORY,
        minimum=Decimal(5),
        reason="65 m2 only",
        by_person_id=town.callers["admin"].person_id,
    )
    town.run(lambda session: session.add(override))
    work_out(town)
    assert line(town, "TRF-001").minimum == 5
    assert "65 m2 only" in line(town, "TRF-001").why


def test_T90_the_headline_and_the_types_are_shown_as_they_were_told(town: Town) -> None:
    types = town.run(lambda session: list(session.execute(select(Profile)).scalars()))
    assert sum(entry.headline_count or 0 for entry in types) == 1000
    assert type_gap(town.run(city_of).announced, types) == 1
    assert type_gap(None, types) == 0, "a city that announced no whole has no gap"


@given(
    st.lists(
        st.tuples(st.sampled_from(list(Level)), st.integers(0, 50), st.sampled_from(["max", "sum"])),
        min_size=1,
        max_size=5,
    )
)
def test_a_combined_minimum_is_never_under_any_of_its_parts(parts: list[tuple[Level, int, str]]) -> None:
    demands = [Demand(f"P{n}", level, Decimal(number), how) for n, (level, number, how) in enumerate(parts)]
    both = combine(demands)
    assert max(d.minimum for d in demands) <= both.minimum <= sum(d.minimum for d in demands)
    assert both.level in {d.level for d in demands}
    assert all(d.profile_code in both.why for d in demands)


def has_all_parts(session: Session, kit: Lot, depot_id: Any, today: date, rows: Any, stopped: set[Any]) -> bool:
    """Whether a kit holds every part of its list but the seal, fit and in date (T43, T48), part by part.

    A kit whose parts are not kept in the book, as it came from its maker, is whole.
    """
    if session.get(Place, kit.id) is None:
        return True
    for part in session.execute(select(KitLine).where(KitLine.kit_item_id == kit.item_id)).scalars():
        inside = [
            stock.quantity
            for stock, lot, item, place in rows
            if place.id == kit.id
            and item.id == part.item_id
            and lot.condition == "fit"
            and lot.expiry != "unknown"
            and (lot.usable_through is None or lot.usable_through >= today)
            and (lot.id, depot_id) not in stopped
        ]
        if part.role != "seal" and sum(inside) < part.quantity:
            return False
    return True


def slow_figures(session: Session, depot_id: Any, today: date) -> tuple[int, int, int]:
    """Required, held and ready lines of a depot, from the balances one by one."""
    rows = session.execute(
        select(Stock, Lot, Item, Place)
        .join(Lot, Lot.id == Stock.lot_id)
        .join(Item, Item.id == Stock.item_id)
        .join(Place, Place.id == Stock.place_id)
        .where(Stock.depot_id == depot_id)
    ).all()
    stopped = {
        (due.lot_id, due.depot_id)
        for due in session.execute(select(Due)).scalars()
        if due.blocked_from is not None and due.blocked_from <= today
    }
    groups: dict[str, set[Any]] = {}
    for member in session.execute(select(ItemGroupMember)).scalars():
        groups.setdefault(member.group_code, set()).add(member.item_id)
    required = held_lines = ready_lines = 0
    wanted = select(DepotRequirement).where(
        DepotRequirement.depot_id == depot_id, DepotRequirement.level != Level.RECOMMENDED
    )
    for requirement in session.execute(wanted).scalars():
        members = {requirement.item_id} if requirement.item_id else groups[requirement.group_code or ""]
        held = ready = Decimal(0)
        for stock, lot, item, place in rows:
            if item.id not in members or place.outside:
                continue
            held += stock.quantity
            in_date = lot.usable_through is None or lot.usable_through >= today
            dated = lot.expiry != "unknown"
            sealed = lot.opened_on is None or item.opened_counts
            looked_at = (lot.id, depot_id) not in stopped
            whole = item.holds != "kit" or has_all_parts(session, lot, depot_id, today, rows, stopped)
            if place.in_reach and lot.condition == "fit" and in_date and dated and sealed and looked_at and whole:
                ready += stock.quantity
        required += 1
        held_lines += held >= requirement.minimum
        ready_lines += ready >= requirement.minimum
    posts = {row.post for row in session.execute(select(CrewPost).where(CrewPost.depot_id == depot_id)).scalars()}
    met = len(posts) + ((session.get_one(Depot, depot_id).crew or 0) >= 10)
    return required + 5, held_lines + met, ready_lines + met


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 6))])
def test_the_figures_equal_a_slow_reference_whatever_happens(town: Town, clock: SetClock, seed: int) -> None:
    work_out(town)
    rng = random.Random(seed)
    codes = ["RSP-004", "TRF-001", "VEH-001", "VEH-003", "MED-001", "EXT-001", "BRK-001", "WTR-001", "COM-001"]
    lots = []
    singles: set[UUID] = set()
    in_hands: set[UUID] = set()
    for _ in range(60):
        code = rng.choice(codes)
        quantity = "1" if code[:3] in ("VEH", "EXT", "COM", "BRK") or code == "MED-001" else str(rng.randint(1, 30))
        ends = TODAY + timedelta(rng.randint(-20, 60)) if code in ("RSP-004", "WTR-001") else None
        lots.append(town.stock(code, quantity, expires_on=ends, number=str(rng.random())))
        if quantity == "1":
            singles.add(lots[-1])
    for step in range(4):
        for lot in rng.sample(lots, 5):
            kind = rng.choice([Kind.ISSUE, Kind.DISPOSE])
            if kind == Kind.ISSUE and lot in in_hands:
                continue  # a single piece that is in these hands is not taken into them once more
            in_hands = in_hands | ({lot} & singles) if kind == Kind.ISSUE else in_hands - {lot}
            wish = one(kind=kind, lot=lot, reason="test", late=True, source=str(town.shelf.id))
            town.book(wish)
        broken = rng.choice(lots)
        town.run(lambda session, lot=broken: set_condition(session, session.get_one(Lot, lot), Condition.UNFIT, "x"))
        clock.instant += timedelta(days=rng.randint(0, 15))
        if step % 2:
            town.run(refresh, clock.today())
        with town.context.database.transaction(writes=False) as session:
            for figures in depot_figures(session, town.callers["auditor"], clock.today()):
                depot_id = town.depot.id if figures.code == town.depot.code else town.other.id
                expected = slow_figures(session, depot_id, clock.today())
                assert (figures.lines, figures.lines_held, figures.lines_ready) == expected


def test_figures_written_down_are_not_stale_until_stock_or_the_date_changes(town: Town, clock: SetClock) -> None:
    work_out(town)
    town.stock("RSP-004", "30", expires_on=TODAY + timedelta(2))
    assert len(town.run(stale, TODAY)) == 2
    town.run(refresh, TODAY)
    assert town.run(stale, TODAY) == []
    assert town.run(stale, TODAY + timedelta(2)) == []
    assert town.run(stale, TODAY + timedelta(3)) == [town.depot.id]
    town.stock("TRF-001", "1")
    assert town.run(stale, TODAY) == [town.depot.id]


def test_a_depot_is_worked_out_once_for_the_same_stock_and_anew_when_it_moves(town: Town, queries: QueryCount) -> None:
    work_out(town)
    town.run(refresh, TODAY)

    def ready() -> dict[str, int]:
        rows = town.run(depot_figures, town.callers["auditor"], TODAY)
        return {row.code: row.lines_ready for row in rows}

    before = ready()
    lot = town.stock("TRF-001", "40")
    more = ready()
    assert more["STR-0001"] == before["STR-0001"] + 1
    queries.during()
    assert ready() == more
    assert len(queries) == 1, queries.statements
    town.book(one(kind=Kind.ISSUE, lot=lot, quantity="39"))
    assert ready() == before


async def test_the_dashboard_answers_from_memory_until_stock_moves(
    client: httpx.AsyncClient, town: Town, queries: QueryCount
) -> None:
    work_out(town)
    town.run(refresh, TODAY)
    headers = town.auth("auditor")

    async def lines_ready() -> str:
        return (
            (await client.get("/dashboard", headers=headers)).text.partition('id="lines-ready">')[2].partition(" ")[0]
        )

    before = int(await lines_ready())
    lot = town.stock("TRF-001", "40")
    assert int(await lines_ready()) == before + 1  # not yet written down
    queries.during()
    assert int(await lines_ready()) == before + 1
    assert len(queries) <= 2, queries.statements  # who is calling, and whether a figure has changed
    town.run(refresh, TODAY)
    assert int(await lines_ready()) == before + 1
    town.book(one(kind=Kind.ISSUE, lot=lot, quantity="39"))
    assert int(await lines_ready()) == before
    # who sees another part of the city is told of that part
    page = (await client.get("/dashboard", headers=town.auth("keeper"))).text
    assert '<b id="depots-ready">0 / 1</b>' in page


async def test_the_dashboard_page_shows_the_numbers_of_the_api(client: httpx.AsyncClient, town: Town) -> None:
    work_out(town)
    town.stock("TRF-001", "40")
    headers = town.auth("auditor")
    total = (await client.get("/api/readiness?by=city", headers=headers)).json()["total"]
    page = (await client.get("/dashboard", headers=headers)).text
    for name in ("lines", "depots"):
        for kind in ("ready", "held"):
            assert f'<b id="{name}-{kind}">{total[f"{name}_{kind}"]} / {total[name]}</b>' in page
    for by in ("district", "type", "depot"):
        groups = (await client.get(f"/api/readiness?by={by}", headers=headers)).json()["groups"]
        assert sum(group["figures"]["lines_ready"] for group in groups) == total["lines_ready"]
    lines = (await client.get("/api/depots/STR-0001/readiness", headers=headers)).json()
    required = [entry for entry in lines if entry["level"] != "recommended"]
    one_depot = next(group for group in groups if group["key"] == "STR-0001")["figures"]
    assert one_depot["lines"] == len(required)
    assert one_depot["lines_ready"] == sum(entry["short"] == "0" for entry in required)


PAGES = {
    "/dashboard": 12,
    "/depots": 12,
    "/depots/STR-0001": 12,
    "/alerts": 12,
    "/api/readiness?by=district": 12,
    "/api/depots": 12,
}


async def test_no_request_asks_more_queries_than_the_budget_allows(
    client: httpx.AsyncClient, town: Town, database: Database, queries: QueryCount
) -> None:
    work_out(town)
    lot = town.stock("BRK-014", "9")
    code = town.code_of(lot)
    town.book(one(kind=Kind.ISSUE, lot=lot))
    town.run(refresh, TODAY)
    headers = town.auth()
    assert (await client.get("/api/me", headers=headers)).status_code == 200  # who is calling is remembered from now on
    queries.during()
    assert (await client.get(f"/api/labels/{code}", headers=headers)).status_code == 200
    assert len(queries) <= 2, queries.statements
    queries.during()
    wish = {"id": "0190f000-0000-7000-8000-000000000001", "kind": "issue", "label": code, "quantity": "1"}
    assert (await client.post("/api/movements", json=wish, headers=headers)).status_code == 201
    assert len(queries) <= 6, queries.statements
    for path, most in {**PAGES, f"/q/{code}": 12, f"/places/{town.shelf.id}": 12}.items():
        queries.during()
        assert (await client.get(path, headers=headers)).status_code == 200, path
        assert len(queries) <= most, (path, queries.statements)


def test_what_expires_when_equals_the_balances_and_follows_the_date(town: Town, clock: SetClock) -> None:
    for days in (-5, -1, 0, 7, 8, 30, 31, 90, 91, 150):
        town.stock("MED-013", "2", expires_on=TODAY + timedelta(days), number=str(days))
    town.stock("MED-013", "2", shelf=town.other_shelf, expires_on=TODAY - timedelta(9), number="other")
    town.run(refresh, TODAY)

    def buckets(day: date) -> list[tuple[int, int, int]]:
        rows = town.run(depot_figures, town.callers["auditor"], day)
        return [(bucket.days, bucket.lines, bucket.depots) for bucket in expiring(rows, day)]

    assert buckets(TODAY) == [(0, 3, 2), (7, 2, 1), (30, 2, 1), (90, 2, 1)]
    assert buckets(TODAY + timedelta(60)) == [(0, 8, 2), (7, 0, 0), (30, 1, 1), (90, 2, 1)]
    with_keeper = town.run(depot_figures, town.keeper, TODAY)
    assert expiring(with_keeper, TODAY)[0].lines == 2
