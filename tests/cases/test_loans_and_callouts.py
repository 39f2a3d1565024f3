"""Gear that goes out: on loan, to a call-out, to residents; fast first, paper later."""

from collections.abc import Callable
from datetime import timedelta

from tests.cases.command_line import command, job
from tests.cases.conftest import Speaker, fields_of
from tests.conftest import NOW, Town

DUE = (NOW + timedelta(days=1)).isoformat()
ASSISTANT = {"borrower": "outside", "name": "陈协管", "unit": "交警大队", "phone": "13800000001"}


async def held(keeper: Speaker, town: Town, item: str) -> dict[str, str]:
    """How much of an item lies at the town's depot: on the shelf, elsewhere by the place's name."""
    rows = (await keeper.ask("/api/depots/STR-0001/stock", item=item))["items"]
    return {"shelf" if row["place"] == str(town.shelf.id) else row["place_en"]: row["quantity"] for row in rows}


async def test_T57_on_a_typhoon_night_three_fields_are_enough_and_the_unsigned_draw_is_listed_next_morning(
    keeper: Speaker, officer: Speaker, town: Town, move_clock: Callable[..., None]
) -> None:
    town.stock("TRF-001", "40")
    town.stock("TRF-001", "40", town.other_shelf)
    fields = {"depot": "STR-0001", "what": "flood", "channel": "phone", "place": "Maling road"}
    refused = await keeper.tell("open-incident", 422, **(fields | {"place": ""}))
    assert fields_of(refused) == ["place"]
    told = await keeper.tell("open-incident", **fields)
    number = told["incident"]
    # an officer of the district draws by item: it comes out of the call-out's depot
    await officer.tell("draw", incident=number, lines=[{"item": "TRF-001", "quantity": "20"}])
    assert await held(keeper, town, "TRF-001") == {"shelf": "20", "Call-out: Maling road": "20"}
    move_clock(hours=24)
    command(town, "sweep")
    assert (await keeper.ask("/api/alerts", kind="unsigned_draw"))["items"] == []
    move_clock(minutes=1)
    command(town, "sweep")
    (alert,) = (await keeper.ask("/api/alerts", kind="unsigned_draw"))["items"]
    assert alert["depot"] == "STR-0001"
    await keeper.tell("paper", incident=number, ordered_by="梁站长", note="by phone at 02:10")
    await officer.tell("approve-incident", 409, incident=number)  # who drew does not approve it
    town.person("second", *town.callers["officer"].duties)
    await Speaker(keeper.client, town.auth("second")).tell("approve-incident", incident=number)
    (row,) = (await keeper.ask("/api/phone/STR-0001/work"))["incidents"]
    assert (row["ordered_by"], row["note"], row["approved"]) == ("梁站长", "by phone at 02:10", True)
    command(town, "sweep")
    assert (await keeper.ask("/api/alerts", kind="unsigned_draw"))["items"] == []


async def test_T61_a_residents_power_bank_keeps_four_digits_at_most_and_is_lost_after_seven_days(
    keeper: Speaker, town: Town, move_clock: Callable[..., None]
) -> None:
    town.stock("CNV-001", "1", serial="PB-1")
    line = {"item": "CNV-001"}
    for more in ({"name": "王女士"}, {"unit": "小区"}, {"phone": "13800000001"}):
        refused = await keeper.tell(
            "lend", 422, depot="STR-0001", lines=[line], due_at=DUE, borrower="resident", **more
        )
        assert fields_of(refused) == ["phone"]
    await keeper.tell("lend", depot="STR-0001", lines=[line], due_at=DUE, borrower="resident", phone="0001")
    (loan,) = (await keeper.ask("/api/phone/STR-0001/work"))["loans"]
    assert (loan["name"], loan["unit"], loan["phone"], loan["overdue"]) == ("", "", "0001", False)
    assert await held(keeper, town, "CNV-001") == {"On loan: a resident": "1"}
    move_clock(days=8)
    job(town, "sweep")
    assert [row["overdue"] for row in (await keeper.ask("/api/phone/STR-0001/work"))["loans"]] == [True]
    move_clock(minutes=1)
    job(town, "sweep")
    assert (await keeper.ask("/api/phone/STR-0001/work"))["loans"] == []
    assert await held(keeper, town, "CNV-001") == {}
    (lost,) = [
        row for row in (await keeper.ask("/api/movements", depot="STR-0001"))["items"] if row["kind"] == "adjust"
    ]
    assert lost["reason"] == "loan not returned 7 days after it was due"


async def test_T97_a_borrower_without_an_account_takes_by_item_from_the_depots_shelf_and_returns_by_scan(
    officer: Speaker, keeper: Speaker, town: Town
) -> None:
    cones = town.stock("TRF-001", "40")
    town.stock("TRF-001", "60", town.other_shelf)
    town.person("chief", *[duty for name in ("keeper", "keeper2") for duty in town.callers[name].duties])
    line = {"item": "TRF-001", "quantity": "20"}
    for missing in ("name", "unit", "phone"):
        refused = await keeper.tell(
            "lend", 422, depot="STR-0001", lines=[line], due_at=DUE, **ASSISTANT | {missing: ""}
        )
        assert fields_of(refused) == [missing]
    # by item, by somebody who answers for several depots: the loan names the depot
    told = await officer.tell("lend", depot="STR-0001", lines=[line], due_at=DUE, **ASSISTANT)
    (loan,) = (await keeper.ask("/api/phone/STR-0001/work"))["loans"]
    assert (loan["name"], loan["unit"], loan["phone"]) == ("陈协管", "交警大队", "13800000001")
    assert await held(keeper, town, "TRF-001") == {"shelf": "20", "On loan: 陈协管": "20"}
    back = await keeper.tell("give-back", lines=[{"thing": town.code_of(cones), "quantity": "20"}])
    assert back["loans_closed"] == [told["loan"]]
    assert await held(keeper, town, "TRF-001") == {"shelf": "40"}
    assert (await keeper.ask("/api/phone/STR-0001/work"))["loans"] == []
    # and so does who keeps both depots, by the code on bulk that lies in each
    chief = Speaker(keeper.client, town.auth("chief"))
    code = {"thing": town.code_of(cones), "quantity": "5"}
    await chief.tell("lend", depot="IND-0002", lines=[code], due_at=DUE, **ASSISTANT)
    assert await held(keeper, town, "TRF-001") == {"shelf": "40"}
    refused = await chief.tell(
        "lend", 409, depot="STR-0001", lines=[{"item": "TRF-001", "quantity": "41"}], due_at=DUE, **ASSISTANT
    )
    assert refused["available"] == "40"
