"""Stocktakes: the book of the very moment, blank is not nought, truth below the book, the second person."""

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from tests.cases.conftest import Speaker
from tests.conftest import Town

EXPIRES = {"RIO-007": "2028-06-30", "MED-007": "2027-06-30"}


async def started(keeper: Speaker, town: Town) -> str:
    told = await keeper.tell("start-count", depot="STR-0001", places=[str(town.shelf.id)])
    return str(told["count"])


def counted(lot: UUID, quantity: str) -> list[dict[str, str]]:
    return [{"thing": str(lot), "quantity": quantity}]


async def on_shelf(keeper: Speaker, town: Town, item: str) -> dict[str, str]:
    """What the API shows of an item on the town's shelf: quantity by lot."""
    rows = (await keeper.ask("/api/depots/STR-0001/stock", item=item))["items"]
    return {row["lot"]: row["quantity"] for row in rows if row["place"] == str(town.shelf.id)}


async def adjustments(officer: Speaker) -> list[str]:
    rows = (await officer.ask("/api/movements", depot="STR-0001"))["items"]
    return [row["quantity"] for row in rows if row["kind"] == "adjust"]


async def test_T53_three_issued_while_counting_and_97_counted_of_100_is_no_difference(
    keeper: Speaker, officer: Speaker, town: Town, move_clock: Callable[..., None]
) -> None:
    lot = town.stock("BRK-014", "100")
    count = await started(keeper, town)
    move_clock(minutes=5)
    await keeper.move("issue", lot=lot, quantity="3")
    move_clock(minutes=5)
    await keeper.tell("count", count=count, place=town.shelf.id, lines=counted(lot, "97"))
    move_clock(minutes=5)
    await keeper.move("issue", lot=lot, quantity="10")
    told = await officer.tell("approve-count", count=count)
    assert told["booked"] == []
    assert await on_shelf(keeper, town, "BRK-014") == {str(lot): "87"}
    assert await adjustments(officer) == []


async def test_T54_a_blank_line_never_means_nought_and_approval_lists_the_uncounted(
    keeper: Speaker, officer: Speaker, town: Town
) -> None:
    nought, blank = town.stock("BRK-014", "1"), town.stock("BRK-002", "4")
    count = await started(keeper, town)
    await keeper.tell("count", count=count, place=town.shelf.id, lines=counted(nought, "0"))
    await officer.tell("count", count=count, place=town.shelf.id, lines=counted(nought, "0"), round=2)
    refused = await officer.tell("approve-count", 409, count=count)
    assert [line["lot"] for line in refused["uncounted"]] == [str(blank)]
    told = await officer.tell("approve-count", count=count, leave_uncounted=True)
    assert [line["lot"] for line in told["uncounted"]] == [str(blank)]
    assert await on_shelf(keeper, town, "BRK-014") == {}
    assert await on_shelf(keeper, town, "BRK-002") == {str(blank): "4"}


async def test_T55_a_count_below_what_was_issued_since_is_booked_whole_and_chased(
    keeper: Speaker, officer: Speaker, town: Town, move_clock: Callable[..., None]
) -> None:
    lot = town.stock("BRK-014", "10")
    count = await started(keeper, town)
    for who, turn in ((keeper, 1), (officer, 2)):
        await who.tell("count", count=count, place=town.shelf.id, lines=counted(lot, "4"), round=turn)
    move_clock(minutes=5)
    await keeper.move("issue", lot=lot, quantity="6")
    await officer.tell("approve-count", count=count)
    # the count takes six off the book, four of which are still there: two go below, and nothing is clamped
    assert sorted(await adjustments(officer)) == ["2", "4"]
    (alert,) = (await keeper.ask("/api/alerts", kind="discrepancy"))["items"]
    assert (alert["depot"], alert["item"], alert["details"]) == ("STR-0001", "BRK-014", {"quantity": "2"})
    assert await on_shelf(keeper, town, "BRK-014") == {}


@pytest.mark.parametrize(("item", "book", "found"), [("RIO-007", "10", "9"), ("MED-007", "100", "80")])
async def test_T56_a_big_or_controlled_difference_is_recounted_blind_by_a_second_person(
    keeper: Speaker, officer: Speaker, town: Town, item: str, book: str, found: str
) -> None:
    lot = town.stock(item, book, expires_on=date.fromisoformat(EXPIRES[item]))
    count = await started(keeper, town)
    told = await keeper.tell("count", count=count, place=town.shelf.id, lines=counted(lot, found))
    refused = await officer.tell("approve-count", 409, count=count)
    for shown in (told, refused, await keeper.ask(f"/api/counts/{count}"), await officer.ask(f"/api/counts/{count}")):
        assert not words(shown) & {"book", "difference"}, "who counts does not see what the book says"
        assert book not in values(shown)
    again = await keeper.tell("count", 409, count=count, place=town.shelf.id, lines=counted(lot, found), round=2)
    assert again["type"].endswith("same-person")
    await officer.tell("count", count=count, place=town.shelf.id, lines=counted(lot, found), round=2)
    await officer.tell("approve-count", count=count)
    assert await on_shelf(keeper, town, item) == {str(lot): found}


def words(told: Any) -> set[str]:
    """Every name in an answer."""
    if isinstance(told, dict):
        return set(told) | {name for part in told.values() for name in words(part)}
    return {name for part in told for name in words(part)} if isinstance(told, list) else set()


def values(told: Any) -> set[str]:
    """Every value in an answer, as text."""
    if isinstance(told, dict):
        return {text for part in told.values() for text in values(part)}
    return {text for part in told for text in values(part)} if isinstance(told, list) else {str(told)}
