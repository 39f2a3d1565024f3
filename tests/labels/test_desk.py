"""The label pages in a real browser: a size that shows itself while it is changed, a print run that is fetched."""

from collections.abc import Callable
from pathlib import Path

import pypdfium2
import pytest
from playwright.sync_api import Browser, Page, expect

from labels.codes.binding import codes_of
from labels.codes.models import Label
from tests.browsing import overhang, sign_in
from tests.conftest import Town
from tests.labels.scans import read
from tests.serving import RunningServer

embedded = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
DESK = {"width": 1440, "height": 900}


@embedded
def test_a_size_is_seen_while_it_is_changed_and_a_depots_sheet_is_fetched(
    server: RunningServer, browser: Browser, town: Town, tmp_path: Path, look: Callable[[Page, str], None]
) -> None:
    codes = {town.code_of(town.stock("EXT-001", "1", serial=f"SN-{number}")) for number in range(5)}
    context = browser.new_context(viewport=DESK, locale="zh-CN", accept_downloads=True)  # type: ignore[arg-type]
    page = context.new_page()
    sign_in(page, server.url, "admin")

    page.goto(f"{server.url}/label-sizes?size=60x40")
    preview = page.locator("#preview")
    first = preview.get_attribute("src")
    page.fill("#name_zh", "消防斧")
    expect(preview).not_to_have_attribute("src", first or "")
    page.fill("#large", "90")
    expect(page.locator("#fault")).to_be_visible()
    page.fill("#large", "5")
    expect(page.locator("#fault")).to_be_hidden()
    look(page, "label-sizes-desk")
    page.fill("#code", "big-60x40")
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.locator("#pick")).to_have_value("big-60x40")

    page.goto(f"{server.url}/labels?depot={town.depot.code}")
    look(page, "labels-desk")
    beside, warning = page.locator('img[data-shows="blank-size"]'), page.locator('[data-warns="blank-size"]')
    expect(warning).to_be_hidden()
    page.select_option("#blank-size", "30x15")
    expect(beside).to_have_attribute("src", "/label-sizes/preview.svg?size=30x15")
    expect(warning).to_be_visible()
    page.select_option("#size", "a4-24")
    page.get_by_role("button", name="生成 PDF").first.click()
    with page.expect_download() as download:
        page.get_by_role("link", name="下载 PDF").click()
    look(page, "label-run-desk")
    sheet = tmp_path / "sheet.pdf"
    download.value.save_as(sheet)
    found = read(pypdfium2.PdfDocument(sheet)[0].render(scale=200 / 72).to_pil())
    assert codes <= {text for kind, text in found if kind == "Code128"}

    shelf = town.run(codes_of, Label.place_id, [town.shelf.id])[town.shelf.id]
    page.goto(f"{server.url}/labels/{shelf}")
    leads = page.get_by_role("link", name="柜门清单").get_attribute("href")
    document = pypdfium2.PdfDocument(context.request.get(f"{server.url}{leads}").body())
    assert "SN-4" in document[0].get_textpage().get_text_range()
    assert [text.rpartition("/q/")[2] for _, text in read(document[0].render(scale=203 / 72).to_pil())] == [shelf]
    context.close()


@embedded
def test_the_label_pages_fit_a_phone_in_chinese(
    server: RunningServer, phone: Page, town: Town, look: Callable[[Page, str], None]
) -> None:
    piece = town.code_of(town.stock("EXT-001", "1", serial="SN-1"))
    sign_in(phone, server.url, "keeper")
    for name, path in (
        ("labels", "/labels"),
        ("label", f"/labels/{piece}"),
        ("label-sizes", "/label-sizes?size=a4-65"),
    ):
        phone.goto(f"{server.url}{path}")
        expect(phone.locator("h1")).to_be_visible()
        assert overhang(phone) <= 0, path
        look(phone, f"{name}-phone")
