"""Label routes over HTTP: what a code is bound to, its picture, and a depot's sheet."""

from datetime import UTC, date, datetime

import httpx
import pypdfium2
import pytest
from sqlalchemy import insert, update

from core.database import Database
from inventory.stock.lots import set_condition
from inventory.stock.models import Condition, Lot
from labels.codes.binding import codes_of
from labels.codes.codes import ALPHABET, new_code, spoken
from labels.codes.models import Label
from tests.clock import SetClock
from tests.conftest import QueryCount, Town
from tests.labels.scans import read, read_png

pytestmark = pytest.mark.anyio
LOOK_UP_BUDGET = 2  # queries, sign-in included


def place_code(town: Town, place_id: object) -> str:
    codes = town.run(codes_of, Label.place_id, [place_id])
    return next(iter(codes.values()))


def depot_code(town: Town) -> str:
    return town.run(codes_of, Label.depot_id, [town.depot.id])[town.depot.id]


def blank_label(town: Town, database: Database) -> str:
    code = new_code()
    with database.transaction() as session:
        session.execute(insert(Label).values(code=code, created_at=town.context.clock.now()))
    return code


async def test_a_lots_label_tells_the_lot_and_its_state(client: httpx.AsyncClient, town: Town) -> None:
    lot_id = town.stock("MED-024", "5", expires_on=date(2027, 2, 28), number="A1", expiry_precision="month")
    answer = await client.get(f"/api/labels/{town.code_of(lot_id)}", headers=town.auth())
    assert answer.status_code == 200
    assert answer.json() == {
        "code": town.code_of(lot_id),
        "state": "bound",
        "kind": "lot",
        "name_zh": "藿香正气口服液",
        "name_en": answer.json()["name_en"],
        "depot": None,
        "lot": {
            "id": str(lot_id),
            "item": "MED-024",
            "number": "A1",
            "serial": None,
            "condition": "fit",
            "expiry": "known",
            "usable_through": "2027-02-28",
            "fit": True,
            "why": "",
        },
        "place": None,
        "replaced_by": None,
    }


async def test_T01_T29_a_lot_stops_being_fit_when_its_month_is_over_in_the_depots_calendar(
    client: httpx.AsyncClient, town: Town, clock: SetClock
) -> None:
    lot_id = town.stock("MED-024", "5", expires_on=date(2027, 2, 28), expiry_precision="month")
    address = f"/api/labels/{town.code_of(lot_id)}"
    clock.instant = datetime(2027, 2, 28, 15, 59, tzinfo=UTC)  # 23:59 in Shenzhen
    assert (await client.get(address, headers=town.auth())).json()["lot"]["fit"] is True
    clock.instant = datetime(2027, 2, 28, 16, 0, tzinfo=UTC)
    assert (await client.get(address, headers=town.auth())).json()["lot"]["fit"] is False


async def test_an_unfit_piece_says_so(client: httpx.AsyncClient, town: Town, database: Database) -> None:
    lot_id = town.stock("EXT-001", "1", serial="SN-1")
    with database.transaction() as session:
        set_condition(session, session.get_one(Lot, lot_id), Condition.UNFIT, "bent")
    lot = (await client.get(f"/api/labels/{town.code_of(lot_id)}", headers=town.auth())).json()["lot"]
    assert (lot["condition"], lot["fit"], lot["serial"]) == ("unfit", False, "SN-1")


async def test_the_labels_of_a_place_and_of_a_depot(client: httpx.AsyncClient, town: Town) -> None:
    place = (await client.get(f"/api/labels/{place_code(town, town.shelf.id)}", headers=town.auth())).json()
    assert (place["kind"], place["depot"]) == ("place", "STR-0001")
    assert place["place"] == {"id": str(town.shelf.id), "path_zh": "器材库 › A1层", "path_en": "Store › Shelf A1"}
    depot = (await client.get(f"/api/labels/{depot_code(town)}", headers=town.auth())).json()
    assert (depot["kind"], depot["depot"], depot["name_zh"]) == ("depot", "STR-0001", "麻岭街面站")


async def test_a_blank_label_is_known_and_bound_to_nothing(
    client: httpx.AsyncClient, town: Town, database: Database
) -> None:
    answer = (await client.get(f"/api/labels/{blank_label(town, database)}", headers=town.auth())).json()
    assert (answer["state"], answer["kind"]) == ("blank", None)


async def test_T74_a_replaced_label_still_answers_and_names_the_new_one(
    client: httpx.AsyncClient, town: Town, database: Database
) -> None:
    lot_id = town.stock("EXT-001", "1", serial="SN-1")
    old, new = town.code_of(lot_id), new_code()
    with database.transaction() as session:
        session.execute(insert(Label).values(code=new, created_at=town.context.clock.now()))
        session.execute(update(Label).where(Label.code == old).values(replaced_by=new))
        session.execute(update(Label).where(Label.code == new).values(lot_id=lot_id))
    answer = (await client.get(f"/api/labels/{old}", headers=town.auth())).json()
    assert (answer["state"], answer["replaced_by"], answer["lot"]["id"]) == ("replaced", new, str(lot_id))


async def test_T83_a_code_is_looked_up_as_people_type_it(client: httpx.AsyncClient, town: Town) -> None:
    code = depot_code(town)
    full_width = "".join(chr(ord(char) + 0xFEE0) for char in code.lower())
    for typed in (code.lower(), spoken(code), full_width):
        answer = await client.get(f"/api/labels/{typed}", headers=town.auth())
        assert answer.status_code == 200, typed
        assert answer.json()["code"] == code


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("6901234567892", "product"),
        ("81234567890123456789", "medicine"),
        ("hello", "8 letters and digits"),
        ("A" * 5000, "8 letters and digits"),
        ("%00", None),
        ("%FF%FE", None),
        ("'; DROP TABLE label; --", "8 letters and digits"),
    ],
)
async def test_T100_what_is_not_ours_is_refused_in_a_sentence(
    client: httpx.AsyncClient, town: Town, text: str, says: str | None
) -> None:
    answer = await client.get(f"/api/labels/{text}", headers={**town.auth(), "Cookie": "language=en"})
    assert answer.status_code in ((404,) if says else (400, 404, 422))
    assert answer.headers["content-type"] == "application/problem+json"
    if says:
        assert says in answer.json()["detail"]


async def test_a_slip_in_a_code_is_called_a_slip(client: httpx.AsyncClient, town: Town) -> None:
    code = depot_code(town)
    wrong = ALPHABET[ALPHABET.index(code[0]) - 1] + code[1:]
    answer = await client.get(f"/api/labels/{wrong}", headers={**town.auth(), "Cookie": "language=en"})
    assert answer.status_code == 404
    assert "check character" in answer.json()["detail"]


async def test_a_sound_code_that_was_never_made_is_not_found(client: httpx.AsyncClient, town: Town) -> None:
    for suffix in ("", ".svg", ".png"):
        answer = await client.get(f"/api/labels/{new_code()}{suffix}", headers=town.auth())
        assert answer.status_code == 404


@pytest.mark.parametrize("suffix", ["", ".svg", ".png"])
async def test_nobody_looks_up_or_prints_what_is_at_a_depot_outside_their_reach(
    client: httpx.AsyncClient, town: Town, suffix: str
) -> None:
    lot_id = town.stock("EXT-001", "1", serial="SN-1")
    codes = [town.code_of(lot_id), place_code(town, town.shelf.id), depot_code(town)]
    for code in codes:
        seen = {
            who: (await client.get(f"/api/labels/{code}{suffix}", headers=town.auth(who))).status_code
            for who in town.tokens
        }
        assert seen == {
            "keeper": 200,
            "keeper2": 404,
            "responder": 200,
            "officer": 200,
            "admin": 200,
            "auditor": 200,
        }


async def test_signed_out_nobody_looks_up_a_label(client: httpx.AsyncClient, town: Town) -> None:
    for address in (f"/api/labels/{depot_code(town)}", f"/api/labels/{depot_code(town)}.png"):
        assert (await client.get(address)).status_code == 401
    assert (await client.get("/api/depots/STR-0001/labels.pdf")).status_code == 401


async def test_a_batch_that_lies_at_two_depots_is_found_from_both(client: httpx.AsyncClient, town: Town) -> None:
    for shelf in (town.shelf, town.other_shelf):
        lot_id = town.stock("MED-024", "5", shelf, expires_on=date(2027, 6, 30), number="A1")
    for who in ("keeper", "keeper2"):
        answer = await client.get(f"/api/labels/{town.code_of(lot_id)}", headers=town.auth(who))
        assert answer.status_code == 200


@pytest.mark.parametrize("who", ["keeper", "officer", "admin"])
async def test_a_look_up_takes_two_queries_sign_in_included(
    client: httpx.AsyncClient, town: Town, queries: QueryCount, who: str
) -> None:
    codes = [town.code_of(town.stock("EXT-001", "1", serial="SN-1")), place_code(town, town.shelf.id), depot_code(town)]
    for code in codes:
        with_label = queries.during()
        assert (await client.get(f"/api/labels/{code}", headers=town.auth(who))).status_code == 200
        assert len(with_label) <= LOOK_UP_BUDGET, with_label.statements


@pytest.mark.parametrize("size", ["40x30", "60x40", "70x50"])
async def test_the_png_of_a_label_leads_a_reader_to_the_things_page(
    client: httpx.AsyncClient, town: Town, size: str
) -> None:
    code = town.code_of(town.stock("EXT-001", "1", serial="SN-1"))
    answer = await client.get(f"/api/labels/{code}.png?size={size}", headers=town.auth())
    assert answer.headers["content-type"] == "image/png"
    assert read_png(answer.content) == [("Code128", code), ("QRCode", f"http://testserver.local/q/{code}")]


async def test_the_svg_of_a_label_is_in_the_language_asked_for(client: httpx.AsyncClient, town: Town) -> None:
    lot_id = town.stock("MED-024", "5", expires_on=date(2027, 2, 28), expiry_precision="month", number="A1")
    address = f"/api/labels/{town.code_of(lot_id)}.svg"
    chinese = await client.get(f"{address}?lang=zh", headers=town.auth())
    english = await client.get(f"{address}?lang=en", headers=town.auth())
    assert chinese.headers["content-type"].startswith("image/svg+xml")
    assert "有效期至<" in chinese.text and "2027-02<" in chinese.text
    assert "Use by<" in english.text and "2027-02<" in english.text
    assert chinese.text.index("藿香正气口服液") < chinese.text.index("2027-02")
    assert "藿香" not in english.text.split("<text")[1]


@pytest.mark.parametrize(
    ("query", "field"), [("size=1x1", "size"), ("dpi=72", "dpi"), ("dpi=many", "dpi"), ("lang=fr", "lang")]
)
async def test_a_size_printer_or_language_that_is_not_known_is_named(
    client: httpx.AsyncClient, town: Town, query: str, field: str
) -> None:
    answer = await client.get(f"/api/labels/{depot_code(town)}.png?{query}", headers=town.auth())
    assert answer.status_code in (400, 422)
    assert [fault["field"] for fault in answer.json()["errors"]] == [field]


async def test_a_depots_sheet_has_the_depot_its_places_and_what_it_holds(client: httpx.AsyncClient, town: Town) -> None:
    held = [town.stock("EXT-001", "1", serial="SN-1"), town.stock("MED-024", "5", expires_on=date(2027, 2, 28))]
    town.stock("EXT-001", "1", town.other_shelf, serial="SN-2")
    town.stock("EXT-009", "3")  # loose goods: nothing to stick a label on
    answer = await client.get("/api/depots/STR-0001/labels.pdf", headers=town.auth())
    assert answer.headers["content-type"] == "application/pdf"
    (page,) = pypdfium2.PdfDocument(answer.content)
    found = {text.removeprefix("http://testserver.local/q/") for _, text in read(page.render(scale=200 / 72).to_pil())}
    wanted = {depot_code(town), *(town.code_of(lot_id) for lot_id in held)}
    wanted |= {place_code(town, place.id) for place in (town.room, town.shelf, town.second_shelf)}
    assert wanted <= found
    assert len(found - wanted) == 1  # the place for faulty gear, which every depot has


async def test_the_sheet_of_a_depot_outside_ones_reach_is_not_found(client: httpx.AsyncClient, town: Town) -> None:
    assert (await client.get("/api/depots/STR-0001/labels.pdf", headers=town.auth("keeper2"))).status_code == 404
    assert (await client.get("/api/depots/NONE-1/labels.pdf", headers=town.auth())).status_code == 404
