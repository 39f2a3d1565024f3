"""Controlled gear: hidden from the public and from other stations' search, and counted every month."""

from collections.abc import Callable
from datetime import date
from uuid import UUID

import pytest

from tests.cases.command_line import command
from tests.cases.conftest import Speaker
from tests.conftest import Town

Speak = Callable[[str], Speaker]


@pytest.mark.parametrize("item", ["RIO-007", "MED-027"])
async def test_T96_controlled_gear_is_hidden_from_others_and_leaves_before_two(
    keeper: Speaker, speak: Speak, town: Town, item: str
) -> None:
    lot = town.stock(item, "5", expires_on=date(2030, 1, 1))
    assert (await speak("").client.get(f"/q/{town.code_of(lot)}")).status_code == 404
    other = speak("keeper2")
    assert (await other.ask("/api/find", item=item, from_depot="IND-0002"))["items"] == []
    assert [row["depot"] for row in (await keeper.ask("/api/find", item=item, from_depot="STR-0001"))["items"]] == [
        "STR-0001"
    ]
    refused = await keeper.move("consume", 409, lot=lot)
    assert refused["type"].endswith("witness-needed")
    asked = await keeper.tell("ask-witness", depot="STR-0001", thing=lot, quantity="1", reason="巡逻")
    alone = await keeper.tell("witness", 409, hand_out=asked["hand_out"], agree=True)
    assert alone["type"].endswith("same-person")
    await speak("responder").tell("witness", hand_out=asked["hand_out"], agree=True)
    told = await keeper.move("consume", lot=lot)
    (row,) = [row for row in (await keeper.ask("/api/movements", lot=str(lot)))["items"] if row["kind"] == "consume"]
    assert (row["quantity"], row["witness"]) == ("1", "responder 先生")
    assert told["quantity"] == "1"
    await keeper.move("consume", 409, lot=lot)


async def test_T96_controlled_gear_that_nobody_counted_for_a_month_is_a_task(
    keeper: Speaker, officer: Speaker, town: Town, move_clock: Callable[..., None]
) -> None:
    lot = town.stock("RIO-007", "5", expires_on=date(2030, 1, 1))

    async def tasks() -> list[str]:
        command(town, "sweep")
        return [row["kind"] for row in (await keeper.ask("/api/alerts", depot="STR-0001"))["items"]]

    before = await tasks()
    move_clock(days=32)
    later = await tasks()
    assert len(later) == len(before) + 1
    count = (await keeper.tell("start-count", depot="STR-0001", places=[str(town.shelf.id)]))["count"]
    await keeper.tell("count", count=count, place=town.shelf.id, lines=[{"thing": lot, "quantity": "5"}])
    await officer.tell("approve-count", count=count)
    assert await tasks() == before


async def _last_one_goes(keeper: Speaker, witness: Speaker, lot: UUID) -> None:
    asked = await keeper.tell("ask-witness", depot="STR-0001", thing=lot, quantity="1", reason="巡逻")
    await witness.tell("witness", hand_out=asked["hand_out"], agree=True)
    await keeper.move("consume", lot=lot)


async def test_T96_the_label_of_controlled_gear_that_is_used_up_opens_for_who_had_it_and_for_nobody_else(
    keeper: Speaker, speak: Speak, town: Town
) -> None:
    lot = town.stock("MED-027", "1", expires_on=date(2030, 1, 1))
    code = town.code_of(lot)
    await _last_one_goes(keeper, speak("responder"), lot)
    for who in (keeper, speak("admin")):
        assert (await who.ask(f"/api/labels/{code}"))["lot"]["id"] == str(lot)
        assert "您的站点目前没有这种物资。" in await who.read(f"/q/{code}")
    for account in ("keeper2", ""):
        await speak(account).send(f"/q/{code}", 404, method="GET")


async def test_T96_the_label_of_controlled_gear_that_others_still_have_opens_for_them_alone(
    keeper: Speaker, speak: Speak, town: Town
) -> None:
    facts = {"expires_on": date(2030, 1, 1), "number": "B-7"}
    lot = town.stock("MED-027", "1", **facts)
    assert town.stock("MED-027", "2", town.other_shelf, **facts) == lot
    code = town.code_of(lot)
    await _last_one_goes(keeper, speak("responder"), lot)
    assert "IND-0002" not in (await keeper.send(f"/q/{code}", 404, method="GET")).text
    assert f'action="/q/{code}/book"' in await speak("keeper2").read(f"/q/{code}")
