"""A label's QR opens the app's own page of that thing where there is no signal."""

from uuid import uuid4

import httpx
from playwright.sync_api import Browser, expect

from tests.conftest import Town
from tests.inventory.telling.test_photos import picture
from tests.phone.conftest import cut, embedded, filming, open_app
from tests.phone.test_offline import wait_until
from tests.serving import RunningServer

pytestmark = embedded
WORKERS = "async () => (await navigator.serviceWorker.getRegistrations()).map((one) => one.active?.state)"


PICTURES = "async () => (await (await caches.open('pictures')).keys()).length"


def test_P2_a_label_that_a_camera_app_opens_without_a_signal_shows_the_thing_from_the_phone(
    browser: Browser, server: RunningServer, town: Town
) -> None:
    cutter = town.stock("BRK-014", "3")
    photo = {"url": f"{server.url}/api/catalogue/items/BRK-014/files/{uuid4()}", "content": picture(900, 600)}
    assert httpx.put(**photo, params={"kind": "photo"}, headers=town.auth("admin")).status_code == 201
    with filming(browser, None) as page:
        open_app(page, server)
        wait_until(lambda: page.evaluate(WORKERS) == ["activated", "activated"])
        wait_until(lambda: page.evaluate(PICTURES) == 1)
        cut(page.context)
        page.goto(f"{server.url}/q/{town.code_of(cutter)}")
        expect(page.get_by_role("heading", level=1)).to_contain_text("夹钳")
        expect(page.locator(".card")).to_contain_text("A1层")
        portrait = page.get_by_role("img", name="夹钳")  # what it looks like, from the phone
        wait_until(lambda: portrait.evaluate("img => img.naturalWidth") == 240)
