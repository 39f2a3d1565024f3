"""Labels: printed anew, replaced, on the wrong thing, read by a passer-by, faded; never used twice."""

import re
from collections.abc import Callable
from datetime import date
from urllib.parse import urlsplit

import pytest

from labels.codes.binding import codes_of
from labels.codes.models import Label
from rooms import create_app
from tests.cases.command_line import command
from tests.cases.conftest import Speaker
from tests.conftest import Town
from tests.labels.scans import read_png
from tests.waiting import rests, until

Speak = Callable[[str], Speaker]


async def blank(keeper: Speaker) -> str:
    """The code of a label that was printed blank, as the roll's page lists it."""
    run = await keeper.send("/api/label-runs", 202, json={"blank": 1, "size": "60x40"})
    done = await until(lambda: keeper.ask(f"/api/label-runs/{run['id']}"), rests)
    assert done["state"] == "done"
    rolls = re.findall(r"/labels/rolls/[0-9a-f-]{36}", await keeper.read("/labels"))
    pages = [await keeper.read(roll) for roll in rolls]
    return str(re.findall(r'href="/labels/([2-9A-HJKMNP-Z]{8})"', "".join(pages))[0])


async def stuck_on(keeper: Speaker, thing: str) -> str:
    """The code of a blank label that was bound to a thing."""
    code = await blank(keeper)
    await keeper.send(f"/api/labels/{code}/bind", 200, json={"to": thing})
    return code


async def picture(keeper: Speaker, code: str) -> list[str]:
    """What a reader reads off a label as it is printed."""
    answer = await keeper.send(f"/api/labels/{code}.png", 200, method="GET")
    return [text for _, text in read_png(answer.content)]


async def test_T73_a_damaged_label_is_printed_again_with_the_same_code_and_the_reprint_is_logged(
    keeper: Speaker, town: Town
) -> None:
    lot = town.stock("EXT-001", "1", serial="SN-1")
    code = town.code_of(lot)
    old = await picture(keeper, code)
    first = await keeper.send(f"/api/labels/{code}/print", 200, json={})
    again = await keeper.send(f"/api/labels/{code}/print", 200, json={"size": "40x30"})
    assert [(one["code"], one["prints"], one["reprint"]) for one in (first, again)] == [
        (code, 1, False),
        (code, 2, True),
    ]
    assert await picture(keeper, code) == old, "old and new open the same"
    state = await keeper.ask(f"/api/labels/{code}")
    assert (state["state"], state["lot"]["id"], town.code_of(lot)) == ("bound", str(lot), code)
    history = (await keeper.read(f"/labels/{code}")).split("历史")[-1]
    assert [size for size in re.findall(r"(\d+x\d+) by hand", history)] == ["40x30", "60x40"]


async def test_T74_a_lost_sticker_is_replaced_and_the_old_code_leads_to_the_same_thing_for_ever(
    keeper: Speaker, town: Town
) -> None:
    lot, other = (town.stock("EXT-001", "1", serial=serial) for serial in ("SN-1", "SN-2"))
    old = town.code_of(lot)
    new = await stuck_on(keeper, str(lot))
    newest = await stuck_on(keeper, str(lot))
    for code, standing in ((old, newest), (new, newest)):
        assert (await keeper.ask(f"/api/labels/{code}"))["lot"]["id"] == str(lot)
        page = await keeper.read(f"/q/{code}")
        assert "SN-1" in page and f'旧标签，仍然有效；现用标签为 <a href="/labels/{standing}">' in page
    assert "旧标签" not in await keeper.read(f"/q/{newest}")
    for code in (old, new, newest):
        refused = await keeper.send(f"/api/labels/{code}/bind", 409, json={"to": str(other), "reason": "reused"})
        assert refused["type"].endswith("/bound")
    await keeper.send(f"/api/labels/{newest}/unbind", 200, json={"reason": "torn off"})
    await keeper.send(f"/api/labels/{newest}/bind", 409, json={"to": str(other)})
    assert (await keeper.ask(f"/api/labels/{newest}"))["lot"]["id"] == str(lot)
    assert f'<a href="/labels/{new}">' in await keeper.read(f"/q/{newest}"), "the one before stands again"


async def test_T74_an_old_label_of_a_shelf_or_depot_leads_there_and_names_the_new_one(
    keeper: Speaker, town: Town
) -> None:
    shelf = town.run(codes_of, Label.place_id, [town.shelf.id])[town.shelf.id]
    depot = town.run(codes_of, Label.depot_id, [town.depot.id])[town.depot.id]
    for page, old in ((f"/places/{town.shelf.id}", shelf), ("/depots/STR-0001", depot)):
        new = await stuck_on(keeper, old)
        answer = await keeper.send(f"/q/{old}", 303, method="GET")
        assert answer.headers["location"] == f"{page}?label={new}"
        assert f'现用标签为 <a href="/labels/{new}">' in await keeper.read(answer.headers["location"])
        assert "现用标签为" not in await keeper.read(page)
    refused = await keeper.client.get(f"/places/{town.shelf.id}?label=<b>", headers=keeper.headers)
    assert refused.status_code == 422


async def test_T75_of_two_swapped_labels_the_page_shows_model_and_place_and_a_button_makes_it_a_task(
    keeper: Speaker, speak: Speak, town: Town
) -> None:
    lot = town.stock("EXT-001", "1", serial="SN-1", maker="甲厂")
    code = town.code_of(lot)
    responder = speak("responder")
    page = await responder.read(f"/q/{code}")
    for shown in ("手提式ABC干粉灭火器", "甲厂", "SN-1", "器材库 › A1层", f'href="/labels/{code}#mistaken"'):
        assert shown in page
    await responder.send(f"/api/labels/{code}/mistaken", 200, json={"reason": "it hangs on a radio"})
    (task,) = (await keeper.ask("/api/phone/STR-0001/work"))["faults"]
    assert (task["lot"], task["reported"]) == (str(lot), True)
    assert "it hangs on a radio" in task["description"]
    command(town, "sweep")
    assert [row["lot"] for row in (await keeper.ask("/api/alerts", kind="defect"))["items"]] == [str(lot)]


@pytest.mark.parametrize(("item", "name"), [("EXT-001", "手提式ABC干粉灭火器"), ("MED-003", "自动体外除颤器")])
async def test_T80_a_passer_by_sees_name_next_check_and_a_way_to_report_and_nothing_else(
    keeper: Speaker, speak: Speak, town: Town, item: str, name: str
) -> None:
    lot = town.stock(item, "1", serial="SN-80", maker="甲厂")
    code = town.code_of(lot)
    due = [row["due_on"] for row in (await keeper.ask("/api/checks", depot="STR-0001"))["items"]]
    page = await speak("").read(f"/q/{code}")
    assert name in page
    assert f"下次检查: <b>{min(due)}</b>" in page
    assert re.findall(r'<form[^>]* action="([^"]+)"', page.split("<main")[1]) == [f"/q/{code}/problem"]
    for hidden in ("SN-80", "甲厂", "A1层", "keeper", "先生", "STR-0001"):
        assert hidden not in page
    form = {"description": "no pressure", "contact": ""}
    token = re.search(r'name="_csrf_token" value="([^"]+)"', page)
    assert token
    await speak("").send(f"/q/{code}/problem", 303, data={**form, "_csrf_token": token[1]})
    (report,) = (await keeper.ask("/api/phone/STR-0001/work"))["faults"]
    assert (report["lot"], report["description"], report["reported"]) == (str(lot), "no pressure", True)


async def test_T80_of_riot_gear_and_controlled_gear_a_passer_by_is_told_nothing(speak: Speak, town: Town) -> None:
    never = (await speak("").client.get("/q/GZZZZZZB")).text
    for item in ("RIO-001", "MED-027"):
        code = town.code_of(town.stock(item, "1", expires_on=date(2028, 1, 31)))
        answer = await speak("").client.get(f"/q/{code}")
        assert answer.status_code == 404
        assert answer.text.replace(code, "GZZZZZZB") == never


async def test_T81_a_label_carries_one_stable_address_with_an_opaque_code_and_no_more(
    keeper: Speaker, admin: Speaker, town: Town
) -> None:
    lot = town.stock("EXT-001", "1", serial="SN-1", expires_on=date(2030, 1, 31))
    code = town.code_of(lot)
    texts = await picture(keeper, code)
    assert sorted(texts) == sorted([code, f"{town.context.settings.base_url}/q/{code}"])
    address = urlsplit(next(text for text in texts if "/" in text))
    assert (address.path, address.query, address.fragment) == (f"/q/{code}", "", "")
    assert re.fullmatch(r"[2-9A-HJKMNP-Z]{8}", code), "nothing of a station, a date or a token is in it"
    # another depot has it, and the sticker is right still
    asked = await admin.tell(
        "ask-transfer", giver="STR-0001", receiver="IND-0002", lines=[{"item": "EXT-001", "quantity": "1"}]
    )
    await admin.tell("dispatch", transfer=asked["transfer"], lines=[{"thing": code}])
    line = {"thing": code, "good": "1"}
    await admin.tell("receive-transfer", transfer=asked["transfer"], place=town.other_shelf.id, lines=[line])
    assert await picture(admin, code) == texts
    for host in ("https://t.old-host.example", "http://10.0.0.1:8000/depots"):
        assert (await admin.ask("/api/scan", text=f"{host}/q/{code}"))["label"]["lot"]["id"] == str(lot)


async def test_T82_nothing_locks_or_opens_a_cabinet_and_an_aed_goes_without_scan_or_second_person(
    keeper: Speaker, speak: Speak, town: Town
) -> None:
    # a door's sheet is paper: what lies behind the door
    routes = {route.path.removesuffix("door.pdf") for route in create_app(town.context.settings).routes}
    words = {word for path in routes for word in re.findall("[a-z]+", path)}
    assert "labels" in words and not words & {"lock", "unlock", "cabinet", "cabinets", "door", "doors", "gate"}
    aed = town.stock("MED-003", "1", serial="AED-1")
    public = await speak("").read(f"/q/{town.code_of(aed)}")
    assert not re.search(r"unlock|开锁|解锁|开柜", public + await keeper.read(f"/q/{town.code_of(aed)}"))
    # by item: no label was scanned and nobody else was asked; that it lacks its pads asks for a word at most
    told = await speak("responder").move("issue", item="MED-003", source=town.shelf.id, reason="cardiac arrest")
    assert told["lines"][0]["lot"] == str(aed)


async def test_T84_after_a_year_in_the_sun_a_thermal_label_is_to_be_printed_anew(
    keeper: Speaker, town: Town, move_clock: Callable[..., None]
) -> None:
    code = town.code_of(town.stock("EXT-001", "1", serial="SN-1"))
    await keeper.send(f"/api/labels/{code}/print", 200, json={"size": "60x40"})
    await keeper.send(f"/api/labels/{code}/outdoor", 200, json={"outdoor": True})
    move_clock("2027-11-22 23:00")
    command(town, "sweep")
    assert (await keeper.ask("/api/alerts", kind="label_fading"))["items"] == []
    move_clock("2027-11-23 10:00")
    command(town, "sweep")
    (task,) = (await keeper.ask("/api/alerts", kind="label_fading"))["items"]
    assert (task["details"]["label"], task["due"]) == (code, "2027-11-23")
    await keeper.send(f"/api/labels/{code}/print", 200, json={"size": "60x40"})
    command(town, "sweep")
    assert (await keeper.ask("/api/alerts", kind="label_fading"))["items"] == []
