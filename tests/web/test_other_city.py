"""A city with other words, types and districts: its pages hold nothing of the reference city (C3, O2, O3)."""

import csv
import re
import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
import pytest
from litestar import Litestar
from playwright.sync_api import Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.context import AppContext
from core.database import Database
from core.ids import new_id
from core.settings import ROOT, Settings
from depots.arranging import PlaceSaid, make_place
from depots.editing import DepotSaid, make_depot
from depots.following import follow_city_once
from depots.models import PlaceKind
from inventory.booking.booking import book
from inventory.booking.wishes import Wish
from inventory.catalogue.models import Item
from inventory.reference.files import read_folder
from inventory.reference.load import load_reference
from inventory.stock.lots import LotFacts, find_or_make_lot
from inventory.stock.models import Kind
from labels.codes.binding import codes_of
from labels.codes.models import Label
from people.accounts import add_person, assign
from people.models import Role
from people.policy import Caller, Duty
from people.sign_in import issue_token
from rooms import LISTENERS, make_context
from tests.browsing import PASSWORD, sign_in
from tests.clock import SetClock
from tests.conftest import NOW, ZONE, give_password, hashed
from tests.databases import copy_of
from tests.serving import RunningServer, served
from tests.test_routes import routes_of

FOLDER = Path(__file__).parent.parent / "other_city"
STATES = ("access_state", "alembic_version", "figures_state", "finding_state")
# a list to start from is named where a city begins; the description of the API shows examples of other people's codes
DESCRIBED = ("/api",)  # to programs, with examples of the reference city, as the next
ELSEWHERE = ("/manage/begin", "/api/openapi.json", "/api/docs", "/static/", "/vendor/", "/sw.js")


def words_of_the_reference_city() -> re.Pattern[str]:
    """Its name, its districts, sub-districts and types, its phone area, and where it lies."""
    words = {"深圳", "Shenzhen", "0755", "22.53", "113.9", "114.0"}
    for name, columns in {
        "districts": ("name_zh", "name_en"),
        "subdistricts": ("name_zh",),
        "station_types": ("name_zh",),
    }.items():
        with (ROOT / "reference" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            words |= {row[column] for row in csv.DictReader(file) for column in columns}
    return re.compile("|".join(re.escape(word) for word in sorted(words) if len(word) > 1))


def empty(blank: Path, folder: Path) -> str:
    """A database with the schema and nothing in it."""
    url = copy_of(blank, folder / "other.db")
    with sqlite3.connect(folder / "other.db") as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (name,) in tables:
            if name not in STATES and not name.startswith("sqlite_"):
                connection.execute(f'DELETE FROM "{name}"')
    return url


@pytest.fixture
def other_url(blank_sqlite: Path, tmp_path: Path) -> str:
    return empty(blank_sqlite, tmp_path)


def enter(session: Session, context: AppContext) -> dict[str, str]:
    """Two depots with a shelf and gear each, and people of three roles; returns what stands in addresses."""
    load_reference(session, read_folder(FOLDER))
    now, today = context.clock.now(), context.clock.today()
    admin = add_person(session, "admin", "Ada", now, email="ada@example.org")
    assign(session, admin.id, Role.ADMINISTRATOR)
    caller = Caller(admin.id, "admin", "Ada", "en", (Duty(Role.ADMINISTRATOR),))
    wharf = DepotSaid("东码头点", "WHF", "EB", "East Wharf", ["ICE"], "EB-HARB", "码头街1号", "1 Quay", 50.05, 7.14)
    hut = DepotSaid("山村点", "HAM", "WB", "Hill Hut", phone="06789 12")
    depot = make_depot(session, caller, "WHF-1", wharf, now, today)
    make_depot(session, caller, "HAM-1", hut, now, today)
    shelf = make_place(session, caller, "WHF-1", PlaceSaid(PlaceKind.SHELF, "一层", "Shelf 1"), now)
    lot = stock(session, caller, "AID-01", shelf.id, now)
    stock(session, caller, "TOO-01", shelf.id, now, serial="C-1")
    for account, duty in (("keeper", Duty(Role.KEEPER, depot_id=depot.id)), ("officer", Duty(Role.OFFICER))):
        person = add_person(session, account, account.title(), now)
        assign(session, person.id, duty.role, depot_id=duty.depot_id)
        give_password(session, person.id, hashed(PASSWORD))
    code = codes_of(session, Label.lot_id, [lot])[lot]
    token = issue_token(session, "admin", "walk", now)
    return {
        "depot": "WHF-1",
        "place": str(shelf.id),
        "lot": str(lot),
        "code": str(code),
        "item": "AID-01",
        "token": token,
    }


def stock(session: Session, caller: Caller, item: str, shelf: UUID, now: datetime, serial: str | None = None) -> UUID:
    row = session.execute(select(Item).where(Item.code == item)).scalar_one()
    lot = find_or_make_lot(session, row, LotFacts(serial=serial), now)
    wish = Wish(id=new_id(), kind=Kind.RECEIVE, quantity="1", lot=lot.id, target=str(shelf))
    book(session, caller, [wish], now, now.date())
    return lot.id


@pytest.fixture
def other_city(
    other_url: str, settings: Settings, engines: dict[str, Database]
) -> Iterator[tuple[AppContext, dict[str, str]]]:
    database = Database(other_url, listeners=LISTENERS)
    context = make_context(settings.model_copy(update={"database_url": other_url}), SetClock(NOW, ZONE), database)
    known = database.run(enter, context)
    follow_city_once(context)
    yield context, known
    database.engine.dispose()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_no_page_of_another_city_holds_anything_of_the_reference_city(
    application: Litestar, other_city: tuple[AppContext, dict[str, str]]
) -> None:
    context, known = other_city
    application.state.context = context
    assert (context.settings.zone, context.settings.language) == (ZoneInfo("Europe/Berlin"), "en")
    assert context.moment().today == datetime(2026, 11, 23, tzinfo=UTC).date()
    forbidden, seen, wrong = words_of_the_reference_city(), 0, []
    assert forbidden.findall("深圳市南山区 Nanshan 22.5312,113.9401") == ["深圳", "南山区", "Nanshan", "22.53", "113.9"]
    transport = httpx.ASGITransport(app=application, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver.local") as client:
        for method, path, _ in routes_of(application):
            address = address_of(path, known)
            if method != "GET" or address is None or path in DESCRIBED or path.startswith(ELSEWHERE):
                continue
            for language in ("zh",) if path.startswith("/api") else ("zh", "en"):
                headers = {"Authorization": f"Bearer {known['token']}", "cookie": f"language={language}"}
                answer = await client.get(address, headers=headers)
                assert answer.status_code < 500, address
                seen += answer.status_code == 200
                if "text" in answer.headers.get("content-type", "") or "json" in answer.headers.get("content-type", ""):
                    # A figure of the process may hold any digits
                    text = answer.text if path != "/metrics" else re.sub(r" \S+$", "", answer.text, flags=re.MULTILINE)
                    wrong += [(address, language, word) for word in set(forbidden.findall(text))]
    assert wrong == []
    assert seen > 150


def address_of(path: str, known: dict[str, str]) -> str | None:
    """A path with what the city has in place of its parameters; None where it has no such thing."""
    values = {
        "depot_code": known["depot"], "place_id": known["place"], "lot_id": known["lot"], "subject": known["item"],
        "item": known["item"], "part": "districts", "file": "depots.csv",
    }  # fmt: skip
    own = (
        known["depot"]
        if "depots/" in path
        else known["item"]
        if "item" in path or "catalogue" in path
        else known["code"]
    )
    values["code"] = own
    for name in re.findall(r"\{(\w+)", path):
        if name not in values:
            return None
        path = re.sub(rf"\{{{name}[^}}]*\}}", values[name], path)
    return path


WALK = (
    "/",
    "/depots",
    "/depots/WHF-1",
    "/dashboard",
    "/map",
    "/matrix",
    "/find?q=bandage",
    "/cover",
    "/labels",
    "/trends",
)


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_another_city_is_walked_through_in_a_browser(
    phone: Page, other_city: tuple[AppContext, dict[str, str]], tmp_path: Path, look: Callable[[Page, str], None]
) -> None:
    context, known = other_city
    running = RunningServer(context.settings.database_url, tmp_path / "var")
    forbidden, wrong = words_of_the_reference_city(), []
    with served(running):
        running.start()
        sign_in(phone, running.url, "officer")
        managed = ("/manage", "/manage/depots", "/manage/depots/WHF-1", "/manage/depots/WHF-1/places")
        for number, path in enumerate((*WALK, f"/places/{known['place']}", *managed, "/app")):
            phone.goto(running.url + path)
            expect(phone.locator("main, #app").first).to_be_visible()
            wrong += [(path, word) for word in set(forbidden.findall(phone.content()))]
            look(phone, f"other-{number:02}")
    assert wrong == []
