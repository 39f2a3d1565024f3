"""Closing, two-person issue, disposal and keeper handover in a real browser: on desk and phone, zh and en."""

import io
from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import uuid4

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from inventory.faults.faults import Trouble, note_defect
from tests.browsing import PHONE, sign_in
from tests.conftest import Town, quantity_of
from tests.phone.test_pages import TOO_WIDE as ANYTHING_TOO_WIDE
from tests.serving import RunningServer

embedded = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
DESK = {"width": 1440, "height": 900}
TOO_WIDE = ANYTHING_TOO_WIDE.replace("main *, header *, nav *", "main *")  # the bar of the pages is swiped


def tell(server: RunningServer, town: Town, kind: str, who: str, **fields: Any) -> dict[str, Any]:
    entry = {"id": str(uuid4()), "kind": kind, **fields}
    answer = httpx.post(f"{server.url}/api/entries", json=entry, headers=town.auth(who), timeout=180)
    assert answer.status_code == 201, answer.text
    return {"id": entry["id"], **answer.json()["outcome"]["result"]}


def busy(server: RunningServer, town: Town) -> dict[str, str]:
    """Something on every page; the addresses by name."""
    bottle = town.stock("EXT-001", "1", serial="SN-1", made_on=date(2016, 1, 1))
    other = town.stock("EXT-001", "1", serial="SN-2", made_on=date(2024, 1, 1))
    spray = town.stock("RIO-007", "5", expires_on=date(2030, 1, 1), number="R1")
    town.stock("BRK-014", "20")
    town.run(
        note_defect,
        town.depot.id,
        Trouble(other, town.shelf.id, "压力表在红区", contact="13800000000"),
        town.context.clock.now(),
    )
    picture = io.BytesIO()
    Image.new("RGB", (600, 400), "firebrick").save(picture, "JPEG")
    photo = str(uuid4())
    sent = httpx.put(
        f"{server.url}/api/photos/{photo}",
        content=picture.getvalue(),
        headers={**town.auth(), "content-type": "image/jpeg"},
        timeout=30,
    )
    assert sent.status_code == 201
    scrap = tell(server, town, "propose-scrap", "keeper", thing=str(bottle), reason="出厂满十年", photos=[photo])
    tell(server, town, "ask-witness", "keeper", depot="STR-0001", thing=str(spray), quantity="2", reason="夜间巡逻")
    tell(server, town, "plan-closing", "admin", depot="STR-0001", successor="IND-0002", why="商场年底关闭")
    keepers = tell(server, town, "start-keepers", "officer", depot="STR-0001", leaver="keeper", comer="keeper2")
    lines = [{"thing": str(spray), "quantity": "5"}, {"thing": str(bottle), "quantity": "0"}]
    place = str(town.shelf.id)
    tell(server, town, "count", "keeper", count=keepers["id"], place=place, lines=lines)
    service = {
        "lines": [{"thing": str(other), "new_loaner": {"serial": "L-9", "made_on": "2026-01"}}],
        "vendor": "安盾维修",
    }
    tell(server, town, "send-service", "keeper", due_back_on="2027-01-31", beyond_quarter="仅此一具", **service)
    return {
        "scraps": "/scraps",
        "scrap": f"/scraps/{scrap['scrap']}",
        "hand-outs": "/hand-outs",
        "spray": f"/q/{town.code_of(spray)}",
        "closings": "/closings",
        "closing": "/depots/STR-0001/closing",
        "keepers": "/depots/STR-0001/keepers",
        "services": "/services",
        "piece": f"/lots/{other}/upkeep",
        "depot": "/depots/STR-0001",
        "start": "/",
    }


@embedded
@pytest.mark.parametrize(
    ("language", "scheme", "view"),
    [
        pytest.param("zh-CN", "light", PHONE, id="phone-zh-light"),
        pytest.param("en-GB", "dark", DESK, id="desk-en-dark", marks=pytest.mark.slow),
        pytest.param("zh-CN", "light", DESK, id="desk-zh-light", marks=pytest.mark.slow),
        pytest.param("en-GB", "dark", PHONE, id="phone-en-dark", marks=pytest.mark.slow),
    ],
)
def test_no_page_is_cut_off_or_closed_to_anybody(
    browser: Browser,
    server: RunningServer,
    town: Town,
    look: Callable[[Page, str], None],
    language: str,
    scheme: str,
    view: dict[str, int],
) -> None:
    addresses = busy(server, town)
    found: list[str] = []
    options: Any = {"viewport": view, "locale": language, "color_scheme": scheme}
    context = browser.new_context(**options)
    page = context.new_page()
    sign_in(page, server.url, "admin")
    page.context.add_cookies([{"name": "language", "value": language[:2], "url": server.url}])
    for name, address in addresses.items():
        page.goto(f"{server.url}{address}")
        expect(page.locator("main h1").first).to_be_visible()
        for details in page.locator("details").all():
            details.evaluate("(one) => (one.open = true)")
        where = f"{name} {language[:2]} {view['width']}"
        look(page, where)
        violations = Axe().run(page).response["violations"]
        found += [
            f"{where} {one['id']}: {one['nodes'][0]['html'][:120]}"
            for one in violations
            if one["impact"] in ("serious", "critical")
        ]
        found += [f"{where} too wide: {one}" for one in page.evaluate(TOO_WIDE)]
    context.close()
    assert found == [], "\n".join(found)


@embedded
def test_T96_a_second_person_confirms_on_their_own_phone_and_then_it_is_taken(
    browser: Browser, server: RunningServer, town: Town, look: Callable[[Page, str], None]
) -> None:
    spray = town.stock("RIO-007", "5", expires_on=date(2030, 1, 1), number="R1")
    phones = []
    for who in ("keeper", "responder"):
        options: Any = {"viewport": PHONE, "locale": "zh-CN", "has_touch": True}
        page = browser.new_context(**options).new_page()
        page.add_init_script("localStorage.setItem('depot', 'STR-0001')")
        sign_in(page, server.url, who)
        page.goto(f"{server.url}/app")
        expect(page.locator(".tiles, .need")).to_be_visible()  # a responder's first screen asks what is needed
        phones.append(page)
    keeper, second = phones
    keeper.goto(f"{server.url}/app#/thing/{spray}")
    expect(keeper.get_by_role("button", name="请第二人确认")).to_be_visible()
    expect(keeper.get_by_role("button", name="取用 1")).to_have_count(0)
    look(keeper, "app thing before")
    keeper.get_by_role("button", name="请第二人确认").tap()
    expect(keeper.get_by_text("等待第二人在自己的手机上确认")).to_be_visible()
    look(keeper, "app witness waiting")
    second.goto(f"{server.url}/app#/witness")
    expect(second.get_by_text("keeper 先生")).to_be_visible()
    look(second, "app witness asked")
    second.get_by_role("button", name="我已在场核对，确认").tap()
    expect(second.get_by_text("已确认，记录中将留下您的姓名")).to_be_visible()
    keeper.get_by_role("link", name="取用").tap()
    expect(keeper.get_by_text("responder 先生 已确认")).to_be_visible()
    look(keeper, "app thing confirmed")
    keeper.get_by_role("button", name="取用 1").tap()
    expect(keeper.get_by_text("已领用（消耗）。")).to_be_visible()
    assert quantity_of(town.context.database, spray, town.shelf.id) == 4
    [line] = [
        row
        for row in httpx.get(f"{server.url}/api/movements", headers=town.auth()).json()["items"]
        if row["kind"] == "consume"
    ]
    assert (line["person_name"], line["witness"]) == ("keeper 先生", "responder 先生")
    for page in phones:
        page.context.close()
