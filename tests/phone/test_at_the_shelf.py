"""Small jobs at a shelf go right at the first try: receiving, transfers, vehicles, readings, call-outs (P2)."""

import re
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
from playwright.sync_api import Browser, Page, Route, expect

from depots.models import PlaceKind
from depots.places import add_places, new_place
from inventory.booking.wishes import Wish
from inventory.stock.models import Kind
from labels.codes.binding import codes_of
from labels.codes.models import Label
from tests.browsing import sign_in
from tests.conftest import Town
from tests.phone.conftest import cut, embedded, filming, open_app, until
from tests.phone.test_drafts import go, scan
from tests.phone.test_forgiving import receiving
from tests.serving import RunningServer

pytestmark = embedded
CLAMPS = "BRK-014"
CONES = "TRF-001"  # a bulk item that this depot has never had


def opened_for_the_first_time(page: Page, server: RunningServer) -> None:
    """While the phone does not know yet who is signed in, it says that it loads, and asks nobody to sign in."""
    sign_in(page, server.url, "keeper")
    held: list[Route] = []
    page.route("**/api/me", lambda route: held.append(route))
    page.goto(f"{server.url}/app")
    expect(page.locator("main")).to_contain_text("正在载入")
    expect(page.locator("main a[href*='sign-in']")).to_have_count(0)
    until(page, lambda: bool(held))
    for route in held:
        route.continue_()
    page.unroute("**/api/me")
    expect(page.locator(".tiles")).to_be_visible()


def cones_on_the_way(server: RunningServer, town: Town) -> UUID:
    """A transfer of two things, the first of which the receiving depot has never had, dispatched."""
    cones = town.stock(CONES, "5", town.other_shelf)
    clamps = town.stock(CLAMPS, "5", town.other_shelf)
    town.stock(CLAMPS, "1")

    def entry(kind: str, **fields: Any) -> UUID:
        entry_id = uuid4()
        body = {"id": str(entry_id), "kind": kind, **fields}
        answer = httpx.post(f"{server.url}/api/entries", json=body, headers=town.auth("admin"))
        assert answer.status_code == 201, answer.text
        return entry_id

    lines = [{"item": CONES, "quantity": "2"}]
    transfer = entry("ask-transfer", giver=town.other.code, receiver=town.depot.code, lines=lines)
    entry(
        "dispatch", transfer=str(transfer), lines=[{"thing": str(thing), "quantity": "2"} for thing in (cones, clamps)]
    )
    return transfer


def test_P2_what_comes_in_has_a_shelf_preset_and_is_asked_only_what_its_item_has(
    browser: Browser, server: RunningServer, town: Town
) -> None:
    transfer = cones_on_the_way(server, town)
    with filming(browser, None) as page:
        opened_for_the_first_time(page, server)
        receiving(page, CONES)
        expect(page.locator("[name=place]")).to_have_value(str(town.shelf.id))  # a shelf, not the whole room
        expect(page.locator("[name=serial]")).to_have_count(0)  # bulk goods have none
        expect(page.get_by_label("数量（个）")).to_be_visible()  # with the unit
        page.get_by_role("button", name="没有日期").tap()
        go(page, f"transfer/{transfer}")
        lines = page.locator(".basket > li.tall")
        expect(lines.locator("[name=place]")).to_have_count(2)
        for thing, shelf in (("锥", str(town.shelf.id)), ("夹钳", "")):  # where it belongs, once it has been here
            expect(lines.filter(has_text=thing).locator("[name=place]")).to_have_value(shelf)
        lines.filter(has_text="夹钳").locator("[name=place]").select_option(label=town.room.name_zh)
        page.get_by_role("button", name="签收到货").tap()
        expect(page.get_by_role("status")).to_contain_text("签收")
        go(page, f"place/{town.room.id}")
        expect(page.get_by_role("main").get_by_text("夹钳")).to_be_visible()
        go(page, "receive")
        page.get_by_role("button", name="入库", exact=True).tap()
        expect(page.get_by_role("link", name="打印标签")).to_be_visible()


def vehicle_with_a_cone(town: Town) -> UUID:
    now = town.context.clock.now()
    kind = PlaceKind.VEHICLE
    vehicle = new_place(town.depot.id, kind, "消防车", "Engine", now, parent=town.shelf, position=40)
    town.run(add_places, [vehicle], now)
    town.book(
        Wish(id=uuid4(), kind=Kind.RECEIVE, quantity="1", lot=town.stock(CONES, "1"), target=str(vehicle.id)),
        caller="admin",
    )
    return vehicle.id


def reading_outside_its_limits(page: Page) -> None:
    go(page, "checks")
    page.locator("a[href$='/MP-021']").first.tap()
    page.locator("[name=pressure]").fill("9")
    page.locator("[name=tight]").select_option("yes")
    page.get_by_role("button", name="记录检查").tap()
    expect(page.locator(".ask")).to_contain_text("9 (0.8–2.5 MPa)")
    expect(page.locator(".ask")).to_contain_text("将登记故障")


def test_P2_what_would_be_a_surprise_is_said_before_it_is_booked(
    browser: Browser, server: RunningServer, town: Town
) -> None:
    vehicle = vehicle_with_a_cone(town)
    gloves = town.stock("PPE-026", "5", number="L1")
    town.stock("HYD-001", "1", serial="H-1", received_at=town.context.clock.now() - timedelta(days=60))
    shelf = town.run(codes_of, Label.place_id, [town.shelf.id])[town.shelf.id]
    with filming(browser, None) as page:
        open_app(page, server)
        go(page, f"kit/{vehicle}")
        page.get_by_role("button", name="全部清点").tap()
        page.get_by_role("button", name="全部相符").tap()
        expect(page.get_by_role("status")).to_contain_text("已清点")
        expect(page.get_by_role("button", name="全部清点")).to_be_visible()
        expect(page.locator("[name=number]")).to_have_count(0)  # a vehicle bears no seal
        go(page, "scan")
        scan(page, town.code_of(gloves))
        expect(page.locator(".basket")).to_contain_text("取用即计为消耗")
        expect(page.locator(".basket")).to_contain_text("A1层")
        reading_outside_its_limits(page)
        go(page, "incident/new")
        page.locator("[name=place]").fill("麻岭小区")
        page.get_by_role("button", name="登记出动", exact=True).tap()
        expect(page.get_by_role("status")).to_contain_text("请选择是什么情况")  # no kind is preset
        page.get_by_role("button", name="上一页").tap()
        expect(page.locator("main")).to_have_attribute("data-page", re.compile("^checks/"))  # back is where one was
        cut(page.context)
        go(page, f"q/{shelf}")
        expect(page.get_by_role("link", name="盘点此货位")).to_be_visible()
