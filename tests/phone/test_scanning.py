"""Live scanning: from the open app to the book in two taps; a basket in one request; what a refused camera says."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, expect
from zxingcpp import BarcodeFormat, create_barcode

from tests.conftest import Town, quantity_of
from tests.phone.conftest import embedded, filming, open_app
from tests.phone.film import show
from tests.serving import RunningServer

Filmed = Callable[[list[str]], Path]


@pytest.mark.heavy
def test_from_the_open_app_to_a_booked_take_in_two_taps(
    browser: Browser, server: RunningServer, town: Town, film_of: Filmed
) -> None:
    lot = town.stock("BRK-014", "3")
    with filming(browser, film_of([town.code_of(lot)])) as page:
        open_app(page, server)
        page.locator(".scan-now").tap()
        expect(page.locator(".basket")).to_contain_text("夹钳")
        page.get_by_role("button", name="取用 1 项").tap()
        expect(page.get_by_role("status")).to_contain_text("已取用")
    assert quantity_of(town.context.database, lot, town.shelf.id) == 2


@embedded
def test_a_basket_of_twenty_labels_is_booked_in_one_request(
    browser: Browser, server: RunningServer, town: Town, film_of: Filmed
) -> None:
    lots = [town.stock("BRK-001", "1", serial=f"SN-{number}") for number in range(20)]
    with filming(browser, film_of([town.code_of(lot) for lot in lots])) as page:
        told: list[int] = []
        page.on(
            "request", lambda sent: told.append(1) if sent.method == "POST" and "/api/entries" in sent.url else None
        )
        open_app(page, server)
        page.locator(".scan-now").tap()
        # the film shows each label again and again: a second sight of one adds nothing
        page.get_by_role("button", name="取用 20 项").tap(timeout=60_000)
        expect(page.get_by_role("status")).to_contain_text("已取用")
    assert told == [1]
    assert all(quantity_of(town.context.database, lot, town.shelf.id) == 0 for lot in lots)


@embedded
def test_it_reads_code128_ean13_and_gs1_datamatrix_too(
    browser: Browser, server: RunningServer, town: Town, tmp_path: Path
) -> None:
    code = town.code_of(town.stock("BRK-014", "3"))
    ours = Image.fromarray(create_barcode(code, BarcodeFormat.Code128).to_image(scale=3))
    with filming(browser, show(tmp_path / "code128.y4m", [[ours]])) as page:
        open_app(page, server)
        page.locator(".scan-now").tap()
        expect(page.locator(".basket")).to_contain_text("夹钳")
    ean = Image.fromarray(create_barcode("6901234567892", BarcodeFormat.EAN13).to_image(scale=3))
    gs1 = create_barcode("(01)06901234567892(17)271231(10)A7", BarcodeFormat.DataMatrix, gs1=True)
    matrix = Image.fromarray(gs1.to_image(scale=8))
    for name, symbol, told in (("ean", ean, "6901234567892"), ("gs1", matrix, "0106901234567892")):
        with filming(browser, show(tmp_path / f"{name}.y4m", [[symbol]])) as page:
            open_app(page, server)
            page.locator(".scan-now").tap()
            expect(page.get_by_role("heading", level=1)).to_have_text("入库")
            expect(page.locator("main")).to_contain_text(told)


@embedded
def test_a_refused_camera_says_what_to_do_and_typing_works_on(
    browser: Browser, server: RunningServer, town: Town
) -> None:
    code = town.code_of(town.stock("BRK-014", "3"))
    with filming(browser, None) as page:
        open_app(page, server)
        page.locator(".scan-now").tap()
        expect(page.get_by_role("alert")).to_contain_text("允许相机")
        # a hand-held scanner types the text and ends with Enter
        page.get_by_label("标签编码").press_sequentially(f"https://old.example/q/{code}\n")
        expect(page.locator(".basket")).to_contain_text("夹钳")


@embedded
def test_a_photo_from_the_gallery_is_read(browser: Browser, server: RunningServer, town: Town, tmp_path: Path) -> None:
    code = town.code_of(town.stock("BRK-014", "3"))
    photo = tmp_path / "photo.jpg"
    symbol = Image.fromarray(create_barcode(f"{server.url}/q/{code}", BarcodeFormat.QRCode).to_image(scale=6))
    symbol.convert("RGB").rotate(7, fillcolor="white", expand=True).save(photo)
    with filming(browser, None) as page:
        open_app(page, server)
        page.locator(".scan-now").tap()
        page.locator("#scan-photo").set_input_files(photo)
        expect(page.locator(".basket")).to_contain_text("夹钳")


@embedded
def test_the_decoder_is_fetched_only_when_scanning_starts_and_the_rest_is_small(
    browser: Browser, server: RunningServer, town: Town, film_of: Filmed
) -> None:
    lot = town.stock("BRK-014", "3")
    with filming(browser, film_of([town.code_of(lot)])) as page:
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        sizes: dict[str, int] = {}
        addresses: dict[str, str] = {}
        session.on(
            "Network.responseReceived", lambda told: addresses.update({told["requestId"]: told["response"]["url"]})
        )
        session.on(
            "Network.loadingFinished", lambda told: sizes.update({told["requestId"]: int(told["encodedDataLength"])})
        )
        open_app(page, server)
        page.wait_for_load_state("networkidle")
        loaded = {
            addresses.get(key, key): size for key, size in sizes.items() if "/sign-in" not in addresses.get(key, "")
        }
        assert not [address for address in loaded if "zxing" in address or "decoder" in address], loaded
        assert sum(loaded.values()) <= 150_000, json.dumps(loaded, indent=1)
        page.locator(".scan-now").tap()
        expect(page.locator(".basket")).to_contain_text("夹钳")
