"""A line of the catalogue becomes another: what there is and what is asked for follow, and the past stays true."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from core.errors import Refusal
from core.models import AuditEntry
from depots.models import DepotRequirement, ItemGroup, ItemGroupMember, Requirement, RequirementOverride
from depots.requirements import holds_on, work_out_requirements
from inventory.booking.movements import Filters, movements
from inventory.booking.wishes import Wish
from inventory.catalogue.models import Item, KitLine, Tracking
from inventory.documents.models import PackCode
from inventory.documents.transfers import Arrival, AskedLine, AskTransfer, Dispatch, ReceiveTransfer, Sent
from inventory.editing.items import ItemEdit, NewItem, add_item, edit_item
from inventory.editing.view import item_view
from inventory.finding.search import items_called
from inventory.listing.listing import Asked
from inventory.merging.merging import Merge, consequences, merge
from inventory.readiness.counting import amounts
from inventory.reports.lists import ledger, month
from inventory.stock.loads import mend_loads
from inventory.stock.lots import NewLot
from inventory.stock.models import CarriedLoad, Condition, DepotItem, Kind, Lot, Movement
from inventory.verifying.verifying import verify_all
from jobs.alerts.models import Alert
from jobs.causes.kinds import AlertKind
from tests.conftest import ZONE, Town
from tests.inventory.documents.conftest import Desk

OLD, NEW = "XXX-OLD", "XXX-NEW"
LINE = {"unit_zh": "个", "unit_en": "piece", "tracking": Tracking.LOT}


def add(town: Town, code: str, **said: Any) -> Item:
    category = town.run(lambda session: session.execute(select(Item.category_code).limit(1)).scalar_one())
    wish = NewItem(**{**LINE, "code": code, "name_zh": f"旧名{code}", "category": category, **said})
    return town.run(add_item, town.callers["admin"], wish, town.context.clock.now())


@pytest.fixture
def lines(town: Town) -> tuple[Item, Item]:
    return add(town, OLD), add(town, NEW)


def merged(town: Town, code: str = OLD, into: str = NEW, who: str = "admin", sure: bool = True) -> Item:
    clock = town.context.clock
    return town.run(merge, town.callers[who], code, Merge(into, sure), clock.now(), clock.today())


def refused(town: Town, **how: Any) -> Refusal:
    with pytest.raises(Refusal) as found:
        merged(town, **how)
    return found.value


def sound(town: Town) -> None:
    verdict = town.run(verify_all)
    assert verdict.sound, verdict.examples


def test_stock_follows_and_every_lot_stays_itself(town: Town, lines: tuple[Item, Item]) -> None:
    first = town.stock(OLD, "5", number="A", expires_on=date(2027, 6, 1))
    town.stock(NEW, "3", number="A", expires_on=date(2027, 6, 1))
    other = town.stock(OLD, "2", shelf=town.other_shelf, number="B", expires_on=date(2027, 1, 1))
    label = town.code_of(first)
    merged(town)
    assert {town.lot(one).item_id for one in (first, other)} == {lines[1].id}
    assert town.code_of(first) == label

    def held(session: Session) -> dict[Any, Decimal]:
        rows = session.execute(select(DepotItem.depot_id, DepotItem.item_id, DepotItem.held))
        return {(depot, item): quantity for depot, item, quantity in rows if quantity}

    assert town.run(held) == {(town.depot.id, lines[1].id): 8, (town.other.id, lines[1].id): 2}
    ready = town.run(amounts, town.context.clock.today(), [town.depot.id])[town.depot.id]
    assert ready[lines[1].id].ready == 8 and ready[lines[0].id].held == 0
    sound(town)
    town.book(Wish(id=uuid4(), kind=Kind.CONSUME, quantity="8", item=NEW, source=str(town.shelf.id)))
    sound(town)


def test_the_old_code_still_takes_and_receives(town: Town, lines: tuple[Item, Item]) -> None:
    lot = town.stock(OLD, "5", number="A")
    merged(town)
    shelf = str(town.shelf.id)
    answers = town.book(
        Wish(id=uuid4(), kind=Kind.CONSUME, quantity="1", item=OLD, source=shelf),
        Wish(id=uuid4(), kind=Kind.CONSUME, quantity="1", item=OLD, lot=lot, source=shelf),
        Wish(id=uuid4(), kind=Kind.RECEIVE, quantity="4", item=OLD, target=shelf, new_lot=NewLot(number="C")),
    )
    # in a request of its own, which has locked nothing of the lot
    answers += town.book(Wish(id=uuid4(), kind=Kind.RECEIVE, quantity="1", item=OLD, lot=lot, target=shelf))
    assert {answer.item for answer in answers} == {NEW}
    assert town.run(lambda session: session.execute(select(Lot.id).where(Lot.item_id == lines[0].id)).all()) == []


def test_the_ledger_keeps_the_old_name_and_is_found_under_both(town: Town, lines: tuple[Item, Item]) -> None:
    town.stock(OLD, "5", number="A")
    town.stock(NEW, "1", number="Z")
    before = town.run(lambda session: session.execute(select(Movement.id, Movement.item_id)).all())
    merged(town)
    assert town.run(lambda session: session.execute(select(Movement.id, Movement.item_id)).all()) == before
    seen = {
        code: [row.item for row in town.run(movements, town.callers["admin"], Filters(item=code), 50).items]
        for code in (OLD, NEW)
    }
    assert {code: sorted(found) for code, found in seen.items()} == {OLD: [OLD], NEW: [NEW, OLD]}


def report(town: Town, listing: Any, **params: str) -> list[Any]:
    def read(session: Session) -> list[Any]:
        return list(listing(session, Asked(town.callers["admin"], "zh", town.context.clock.today(), ZONE, params)))

    return town.run(read)


def test_a_month_that_is_over_says_the_same_after_a_merge_and_the_next_one_what_became(
    town: Town, lines: tuple[Item, Item]
) -> None:
    town.stock(OLD, "5", number="A")
    town.stock(NEW, "1", number="Z")

    def told(**params: str) -> dict[str, tuple[Decimal, ...]]:
        rows = report(town, month, **params)
        return {
            row.item.code: (
                row.account.opening,
                row.account.total_in,
                row.account.total_out,
                row.account.closing,
            )
            for row in rows
        }

    before = told(month="2026-11")
    town.context.clock.instant += timedelta(days=12)  # type: ignore[attr-defined]
    assert told(month="2026-11") == before == {OLD: (0, 5, 0, 5), NEW: (0, 1, 0, 1)}
    merged(town)
    assert told(month="2026-11") == before
    assert told(month="2026-12") == {OLD: (5, 0, 5, 0), NEW: (1, 5, 0, 6)}
    lines_now = report(town, ledger, month="2026-12", of="depot", id=town.depot.code)
    assert [(row.item, row.kind, row.balance) for row in lines_now] == [
        (NEW, "opening", 1),
        (NEW, "merged", 6),
        (NEW, "closing", 6),
        (OLD, "opening", 5),
        (OLD, "merged", 0),
        (OLD, "closing", 0),
    ]


def test_minimums_are_asked_of_the_line_that_stays_in_sum_and_the_past_stays(
    town: Town, lines: tuple[Item, Item]
) -> None:
    today = town.context.clock.today()
    later = today + timedelta(days=30)

    def ask(session: Session) -> None:
        kind = town.depot.type_code
        for item, minimum, day in (
            (lines[0], 2, date(2020, 1, 1)),
            (lines[1], 4, date(2020, 1, 1)),
            (lines[0], 0, later),
        ):
            session.add(
                Requirement(
                    profile_code=kind, subject=item.code, item_id=item.id, level="mandatory", minimum=minimum,
                    valid_from=day,
                )
            )  # fmt: skip
        session.add(ItemGroup(code="ANY", name_zh="任一", name_en="any"))
        session.flush()
        session.add(ItemGroupMember(group_code="ANY", item_id=lines[0].id))
        session.add(
            RequirementOverride(
                depot_id=town.depot.id, subject=OLD, level="mandatory", minimum=3, reason="x",
                by_person_id=town.callers["admin"].person_id,
            )
        )  # fmt: skip
        session.flush()
        work_out_requirements(session, today)

    town.run(ask)
    merged(town)

    def asked(session: Session, day: date) -> dict[str, Decimal]:
        rows = select(DepotRequirement.subject, DepotRequirement.minimum).where(
            DepotRequirement.depot_id == town.depot.id,
            DepotRequirement.subject.in_((OLD, NEW)),
            DepotRequirement.minimum > 0,
            holds_on(day),
        )
        return {subject: minimum for subject, minimum in session.execute(rows)}

    assert town.run(asked, today) == {NEW: 7}, "the depot's own 3 of the one and 4 of the other"

    def of_type(session: Session) -> dict[tuple[str, date], Decimal]:
        rows = select(Requirement.subject, Requirement.valid_from, Requirement.minimum)
        rows = rows.where(Requirement.subject.in_((OLD, NEW)))
        return {(subject, day): minimum for subject, day, minimum in session.execute(rows)}

    assert town.run(of_type) == {
        (OLD, date(2020, 1, 1)): 2,
        (NEW, date(2020, 1, 1)): 4,
        (OLD, today): 0,
        (NEW, today): 6,
        (OLD, later): 0,
        (NEW, later): 4,
    }
    members = select(ItemGroupMember.item_id).where(ItemGroupMember.group_code == "ANY")
    assert town.run(lambda session: session.execute(members).scalars().all()) == [lines[1].id]


def test_words_codes_and_kits_follow(town: Town) -> None:
    add(town, OLD, gtin="6901234567892", name_zh="土话名")
    add(town, NEW, gtin="6901234567908")
    add(town, "KIT-9", holds="kit", tracking=Tracking.SERIAL)

    def fill(session: Session) -> None:
        found = {item.code: item.id for item in session.execute(select(Item)).scalars()}
        session.add(KitLine(kit_item_id=found["KIT-9"], item_id=found[OLD], quantity=Decimal(2)))
        session.add(KitLine(kit_item_id=found["KIT-9"], item_id=found[NEW], quantity=Decimal(1)))

    town.run(fill)
    merged(town)
    view = town.run(item_view, NEW)
    assert [pack.gtin for pack in view.packs] == ["06901234567892"]
    assert {OLD, "土话名"} <= set(view.words) and view.took_in == [OLD]
    assert NEW in town.run(items_called, "土话名")
    assert [(part.item, part.quantity) for part in town.run(item_view, "KIT-9").parts] == [(NEW, "3")]
    assert town.run(item_view, OLD).merged_into == NEW
    assert town.run(lambda session: session.get(PackCode, "06901234567892")).item_id == view.id


def test_open_alerts_follow_and_one_of_a_cause_is_enough(town: Town, lines: tuple[Item, Item]) -> None:
    now = town.context.clock.now()

    def open_some(session: Session) -> None:
        common = {"depot_id": town.depot.id, "item_id": lines[0].id, "opened_at": now, "changed_at": now}
        session.add(Alert(cause=f"low:{town.depot.id}:{OLD}", kind=AlertKind.BELOW_MINIMUM, **common))
        session.add(
            Alert(
                cause=f"low:{town.other.id}:{OLD}",
                kind=AlertKind.BELOW_MINIMUM,
                **{**common, "depot_id": town.other.id},
            )
        )
        session.add(
            Alert(
                cause=f"low:{town.depot.id}:{NEW}", kind=AlertKind.BELOW_MINIMUM, **{**common, "item_id": lines[1].id}
            )
        )

    town.run(open_some)
    merged(town)

    def standing(session: Session) -> list[tuple[str, UUID | None]]:
        rows = session.execute(select(Alert.cause, Alert.item_id).where(Alert.resolved_at.is_(None)))
        return sorted((cause, item) for cause, item in rows)

    assert town.run(standing) == sorted((f"low:{one.id}:{NEW}", lines[1].id) for one in (town.depot, town.other))


@pytest.mark.parametrize(
    ("other", "word"),
    [
        ({"unit_zh": "箱"}, "Unit"),
        ({"tracking": Tracking.SERIAL}, "Tracking"),
        ({"measure_per": "20", "measure_zh": "米", "measure_en": "m"}, "Second measure"),
        ({"controlled": True}, "Controlled gear"),
        ({"decimals": 1}, "Decimals"),
    ],
)
def test_what_is_measured_otherwise_is_refused_with_its_reason(town: Town, other: dict[str, Any], word: str) -> None:
    add(town, OLD, **other)
    add(town, NEW)
    found = refused(town)
    assert (found.status, found.kind) == (409, "cannot-merge") and word in str(found.params)


def test_what_stands_against_it_is_named_and_nothing_is_changed(town: Town) -> None:
    add(town, OLD, tracking=Tracking.SERIAL)
    add(town, NEW, tracking=Tracking.SERIAL)
    town.stock(OLD, "1", serial="S-1")
    town.stock(NEW, "1", serial="S-1")
    assert refused(town).params == {"serial": "S-1"}
    assert refused(town, into=OLD).kind == "cannot-merge"
    assert refused(town, sure=False).fields[0].field == "sure"
    assert refused(town, into="NONE").fields[0].field == "into"
    assert refused(town, code="NONE").status == 404
    assert refused(town, who="officer").status == 403
    clock = town.context.clock
    shown = town.run(consequences, town.callers["admin"], OLD, NEW, clock.today())
    assert len(shown.obstacles) == 1
    assert town.run(lambda session: session.execute(select(Item).where(Item.merged_into_id.is_not(None))).all()) == []
    sound(town)


@pytest.mark.heavy
def test_a_merged_line_stays_as_it_is_and_merges_no_more(town: Town, lines: tuple[Item, Item]) -> None:
    town.stock(OLD, "1", number="A")
    merged(town)
    assert refused(town).kind == "cannot-merge"
    with pytest.raises(Refusal) as found:
        town.run(edit_item, town.callers["admin"], OLD, ItemEdit(active=True), town.context.clock.now())
    assert found.value.kind == "merged"
    add(town, "XXX-LAST")
    merged(town, NEW, "XXX-LAST")
    assert town.run(item_view, OLD).merged_into == "XXX-LAST"
    acts = select(AuditEntry.act).where(AuditEntry.subject == OLD)
    assert "item-merged" in town.run(lambda session: session.execute(acts).scalars().all())
    sound(town)


@pytest.mark.heavy
def test_what_a_kit_took_along_between_two_merges_is_of_the_line_of_that_day(
    town: Town, lines: tuple[Item, Item]
) -> None:
    desk = Desk(town)
    kit = desk.kit("MED-001")
    lot = town.stock(OLD, "5", kit, number="A")

    def next_day() -> None:
        town.context.clock.instant += timedelta(days=1)  # type: ignore[attr-defined]

    next_day()
    merged(town)
    next_day()
    asked = [AskedLine(item="MED-001", quantity="1")]
    transfer = desk.do(AskTransfer, giver="STR-0001", receiver="IND-0002", reason="x", lines=asked).id
    desk.do(Dispatch, transfer=transfer, lines=[Sent(str(kit.id))])
    came = [Arrival(str(kit.id), "1")]
    desk.do(ReceiveTransfer, "keeper2", transfer=transfer, place=str(town.other_shelf.id), lines=came)
    next_day()
    add(town, "XXX-LAST")
    merged(town, NEW, "XXX-LAST")

    def told(session: Session) -> list[tuple[UUID, UUID]]:
        return [(row.lot_id, row.item_id) for row in session.execute(select(CarriedLoad)).scalars()]

    assert town.run(told) == [(lot, lines[1].id)]
    town.run(lambda session: session.execute(delete(CarriedLoad)))
    assert town.run(mend_loads) == 1
    assert town.run(told) == [(lot, lines[1].id)]
    sound(town)


@pytest.mark.heavy
def test_single_pieces_keep_their_condition_and_their_number_stays_theirs(town: Town) -> None:
    add(town, OLD, tracking=Tracking.SERIAL)
    item = add(town, NEW, tracking=Tracking.SERIAL)
    piece = town.stock(OLD, "1", serial="S-7", maker="M")
    merged(town)
    assert (town.lot(piece).item_id, town.lot(piece).condition) == (item.id, Condition.FIT)
    with pytest.raises(Refusal) as found:
        town.stock(NEW, "1", serial="S-7", maker="M")
    assert found.value.kind == "there-already"
    sound(town)


async def test_page_and_route_show_what_follows_and_merge(
    client: httpx.AsyncClient, town: Town, lines: tuple[Item, Item]
) -> None:
    town.stock(OLD, "5", number="A")
    admin = town.auth("admin")
    at = f"/api/catalogue/items/{OLD}/merge"
    shown = (await client.get(at, params={"into": NEW}, headers=admin)).json()
    assert (shown["quantity"], shown["lots"], shown["obstacles"]) == ("5", 1, [])
    page = await client.get(f"/manage/catalogue/items/{OLD}/merge", params={"into": NEW}, headers=admin)
    assert "确认合并" in page.text, page.text[:400]
    wrong = await client.get(f"/manage/catalogue/items/{OLD}/merge", params={"into": OLD}, headers=admin)
    assert "条目不能并入自身" in wrong.text
    assert (await client.post(at, json={"into": NEW}, headers=admin)).status_code == 422
    done = await client.post(at, json={"into": NEW, "sure": True}, headers=admin)
    assert done.status_code == 200 and done.json()["took_in"] == [OLD]
    seen = await client.get(f"/manage/catalogue/items/{OLD}", headers=admin)
    assert NEW in seen.text and "本条目已并入" in seen.text
    for path in (f"/manage/catalogue/items/{OLD}/merge", f"/manage/catalogue/items/{NEW}"):
        assert (await client.get(path, headers=admin)).status_code == 200


@pytest.mark.parametrize("path", ["/api/lots", "/api/depots/STR-0001/stock"])
async def test_lists_are_asked_by_either_code(
    client: httpx.AsyncClient, town: Town, lines: tuple[Item, Item], path: str
) -> None:
    town.stock(OLD, "5", number="A")
    merged(town)
    for code in (OLD, NEW):
        answer = await client.get(path, params={"item": code}, headers=town.auth("admin"))
        assert [row["item"] for row in answer.json()["items"]] == [NEW], code
