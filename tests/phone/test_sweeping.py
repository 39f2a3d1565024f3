"""An RFID reader that types counts a shelf on the phone: its lines are filled, and an ordinary count sends them."""

from collections.abc import Callable
from uuid import uuid4

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from inventory.stock.count_models import CountLine
from labels.codes.foreign import link
from tests.conftest import Town
from tests.phone.conftest import embedded, filming, open_app
from tests.serving import RunningServer

pytestmark = [embedded, pytest.mark.slow]


def test_tags_fill_the_lines_of_a_shelf_and_what_is_not_right_is_shown(
    browser: Browser, server: RunningServer, town: Town, look: Callable[[Page, str], None]
) -> None:
    now, count = town.context.clock.now(), str(uuid4())
    tags = []
    for number, shelf in ((1, town.shelf), (2, town.shelf), (3, town.second_shelf)):
        lot = town.stock("EXT-001", "1", shelf, serial=f"SN-{number}")
        tags.append(f"E280116060000206{number:08X}")
        town.run(link, town.keeper, tags[-1], str(lot), now)
    start = {"id": count, "kind": "start-count", "depot": town.depot.code, "places": [str(town.shelf.id)]}
    httpx.post(f"{server.url}/api/entries", json=start, headers=town.auth()).raise_for_status()
    with filming(browser, None) as page:
        open_app(page, server)
        page.goto(f"{server.url}/app#/count/{count}")
        page.get_by_role("button", name="器材库 › A1层").tap()
        page.get_by_role("button", name="读取 RFID 标签").tap()
        field = page.get_by_label("标签每行一个")
        field.press_sequentially("".join(f"{tag}\n" for tag in (tags[0], tags[2], tags[0], "E2801160600002060000FFFF")))
        look(page, "sweep-typed")
        page.get_by_role("button", name="查询标签").tap()
        report = page.get_by_role("status").filter(has_text="共 3 个标签")
        expect(report).to_contain_text("重复读取 1 次")
        expect(report).to_contain_text("SN-3")
        expect(report).to_contain_text("有标签但未读到")
        expect(report).to_contain_text("E2801160600002060000FFFF")
        look(page, "sweep-told")
        page.get_by_role("button", name="此货位清点完毕").tap()
        expect(page.get_by_role("status").filter(has_text="已清点")).to_be_visible()
    lines = town.run(lambda session: session.query(CountLine.counted).all())
    assert [row.counted for row in lines] == [1]
