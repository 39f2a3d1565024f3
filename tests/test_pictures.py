"""The pictures of README and docs/, taken of the demo city: READYSHELF_TEST_PICTURES=docs/pictures renews them."""

import io
import os
import re
import subprocess
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import create_engine, select

from core.settings import ROOT
from depots.models import Depot, Place
from inventory.catalogue.models import Item
from inventory.stock.models import Stock
from jobs.channels.models import Mail
from labels.codes.models import Label
from people.demo import DEMO_PASSWORD
from people.models import Assignment, Person
from tests.serving import RunningServer, served

DESK, PHONE, MAIL = {"width": 1440, "height": 900}, {"width": 390, "height": 844}, {"width": 480, "height": 675}
NAMED = re.compile(r"pictures/([\w-]+\.png)")


def code_at_hand(url: str) -> str:
    """A label of pliers at a depot of the demo's keeper."""
    kept = select(Assignment.depot_id).join(Person, Person.id == Assignment.person_id).where(Person.account == "keeper")
    pliers = (
        select(Label.code)
        .join(Stock, Stock.lot_id == Label.lot_id)
        .join(Item, Item.id == Stock.item_id)
        .join(Place, Place.id == Stock.place_id)
        .join(Depot, Depot.id == Place.depot_id)
        .where(Depot.id.in_(kept), Item.code == "BRK-014", Stock.quantity > 0)
    )
    with create_engine(url).connect() as connection:
        return str(connection.execute(pliers).scalars().first())


def keepers_mail(url: str) -> str:
    """The morning's digest to the keeper, as HTML."""
    digest = select(Mail.body_html).join(Person, Person.id == Mail.person_id)
    with create_engine(url).connect() as connection:
        found = connection.execute(digest.where(Person.account == "keeper", Mail.kind == "digest")).scalars().first()
    return str(found)


def open_as(browser: Browser, server: RunningServer, account: str, size: dict[str, int]) -> Page:
    context = browser.new_context(viewport=size, locale="zh-CN", device_scale_factor=1)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{server.url}/sign-in")
    page.fill("#account", account)
    page.fill("#password", DEMO_PASSWORD)
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("heading", level=1)).not_to_have_text("登录")
    return page


@pytest.mark.slow
def test_the_pictures_of_the_documents_are_taken_of_the_running_program(browser: Browser, tmp_path: Path) -> None:
    folder = Path(os.environ.get("READYSHELF_TEST_PICTURES") or tmp_path)
    url = f"sqlite:///{tmp_path / 'demo.db'}"
    server = RunningServer(url, tmp_path / "var")
    server.options = ["--demo"]
    taken = []

    def take(page: Page, name: str) -> None:
        page.wait_for_load_state("networkidle")
        shown = Image.open(io.BytesIO(page.screenshot()))
        shown.convert("RGB").quantize(128).save(folder / f"{name}.png", optimize=True)  # a third of its size
        taken.append(f"{name}.png")

    with served(server):
        server.start()
        sweep = [str(ROOT / ".venv" / "bin" / "readyshelf"), "sweep", "--force"]
        subprocess.run(sweep, env=server.environment, check=True, capture_output=True, timeout=300)
        desk = open_as(browser, server, "officer", DESK)
        for name, address in {"today": "/", "dashboard": "/dashboard", "alerts": "/alerts", "map": "/map"}.items():
            desk.goto(f"{server.url}{address}")
            for chart in desk.locator(".chart").all()[:2]:  # those in view
                expect(chart.locator("svg, canvas")).to_be_visible()
            take(desk, name)
        phone = open_as(browser, server, "keeper", PHONE)
        phone.goto(f"{server.url}/q/{code_at_hand(url)}")
        take(phone, "lot")
        phone.goto(f"{server.url}/app")
        expect(phone.get_by_role("heading", level=1)).to_be_visible()
        take(phone, "app")
        mail = browser.new_page(viewport=MAIL)  # type: ignore[arg-type]
        mail.set_content(keepers_mail(url))
        take(mail, "digest")
    documents = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    named = {name for file in documents for name in NAMED.findall(file.read_text(encoding="utf-8"))}
    assert named == set(taken) == {path.name for path in (ROOT / "docs" / "pictures").iterdir()}
