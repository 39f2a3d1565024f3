"""GS1: makers' Digital Links and element strings lead to item, batch or piece; our own labels name assets (AI 8004)."""

from datetime import date
from decimal import Decimal
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from inventory.catalogue.models import Item
from inventory.documents.makers_codes import read_code
from inventory.documents.models import PackCode
from labels.codes.codes import Reading, new_code, read_scan
from labels.codes.resolving import ScanAnswer, resolve
from labels.drawing.drawing import as_pixels, draw
from labels.drawing.formats import built_in
from labels.printing.addresses import Addresses, addresses_of
from labels.printing.choosing import Chosen, picks_of, texts_of
from tests.conftest import Town
from tests.labels.scans import read, sample

pytestmark = pytest.mark.anyio
GTIN, WRONG = "06901234567892", "06901234567893"
PREFIX = "6912345"


def know(session: Session, item: str) -> None:
    item_id = session.execute(select(Item.id).where(Item.code == item)).scalar_one()
    session.add(PackCode(gtin=GTIN, item_id=item_id, contains=Decimal(1)))


def scanned(town: Town, text: str, who: str = "keeper") -> ScanAnswer:
    return town.run(resolve, town.callers[who], text, town.context.clock.today(), "en")


def lots(answer: ScanAnswer) -> set[UUID]:
    return {lot.id for lot in answer.lots}


LINK = f"https://id.gs1.org/01/{GTIN}"


@pytest.mark.parametrize(
    "text",
    [
        f"]C101{GTIN}1727123110A7",
        f"]d201{GTIN}10A7\x1d17271231",
        f"(01){GTIN}(17)271231(10)A7",
        f"{LINK}/10/A7?17=271231",
        f"{LINK}/10/A7?linkType=all&17=271231",
    ],
)
def test_a_batch_is_found_by_number_and_day_T17(town: Town, text: str) -> None:
    town.run(know, "MED-024")
    meant = town.stock("MED-024", "5", number="A7", expires_on=date(2027, 12, 31))
    town.stock("MED-024", "5", number="A7", expires_on=date(2028, 6, 30))
    answer = scanned(town, text)
    assert (answer.kind, answer.item.code, lots(answer)) == ("lot", "MED-024", {meant})
    assert answer.lots[0].code == town.code_of(meant)


@pytest.mark.parametrize("text", [f"{LINK}/10/A7", f"(01){GTIN}(10)A7", f"{LINK}/10/A7?17=290101"])
def test_a_number_of_several_days_brings_all_of_them(town: Town, text: str) -> None:
    town.run(know, "MED-024")
    both = {town.stock("MED-024", "5", number="A7", expires_on=date(year, 6, 30)) for year in (2027, 2028)}
    assert lots(scanned(town, text)) == both


@pytest.mark.parametrize("text", [f"{LINK}/21/SN-1", f"]C101{GTIN}21SN-1", f"(01){GTIN}(10)B1(21)SN-1"])
def test_a_piece_is_found_by_its_serial_number(town: Town, text: str) -> None:
    town.run(know, "EXT-001")
    piece = town.stock("EXT-001", "1", serial="SN-1")
    town.stock("EXT-001", "1", serial="SN-2")
    answer = scanned(town, text)
    assert (answer.kind, lots(answer)) == ("lot", {piece})
    assert lots(scanned(town, text, "keeper2")) == set()


@pytest.mark.parametrize("text", [LINK, f"{LINK}/10/NEVER-SEEN", f"(01){GTIN}", f"]C101{GTIN}", GTIN, GTIN[1:]])
def test_a_product_alone_or_with_an_unknown_batch_leads_to_the_item(town: Town, text: str) -> None:
    town.run(know, "MED-024")
    town.stock("MED-024", "5", number="A7", expires_on=date(2027, 12, 31))
    answer = scanned(town, text)
    assert (answer.kind, answer.item.code, answer.lots) == ("item", "MED-024", [])


@pytest.mark.parametrize(
    "text", [f"https://id.gs1.org/01/{WRONG}/10/A7", f"(01){WRONG}(10)A7", f"]C101{WRONG}10A7", f"01{WRONG}10A7"]
)
def test_a_wrong_check_digit_is_refused_in_words(town: Town, text: str) -> None:
    town.run(know, "MED-024")
    answer = scanned(town, text)
    assert (answer.reading, answer.kind, answer.item) == (Reading.GS1, "none", None)
    assert "check digit" in answer.note


@pytest.mark.parametrize("host", ["[", "[x]", "a:b", "[::1]:x", "\x00"])
def test_an_address_that_is_none_says_nothing(host: str) -> None:
    text = f"https://{host}/01/{GTIN}/10/A7"
    assert read_code(text, date(2026, 11, 23)).gtin in (None, GTIN)


def test_T76_a_lost_separator_is_asked_about_not_guessed(town: Town) -> None:
    town.run(know, "MED-024")
    answer = scanned(town, f"01{GTIN}1727022810ABC1221SN9")
    assert (answer.kind, answer.lots) == ("item", [])
    assert "two ways" in answer.note


@pytest.mark.parametrize(
    "form",
    [
        "https://depots.example.org/8004/{0}{1}",
        "https://id.gs1.org/8004/{0}{1}?linkType=all",
        "(8004){0}{1}",
        "]C18004{0}{1}",
        "8004{0}{1}",
    ],
)
def test_an_asset_number_with_our_code_is_our_label(town: Town, form: str) -> None:
    piece = town.stock("EXT-001", "1", serial="SN-1")
    answer = scanned(town, form.format(PREFIX, town.code_of(piece)))
    assert (answer.reading, answer.kind, lots(answer)) == (Reading.OURS, "lot", {piece})


def test_somebody_elses_asset_number_opens_nothing_until_it_is_linked(town: Town) -> None:
    for text in ("https://maker.example/8004/6912345SN77", "(8004)6912345SN77", "]C180046912345SN77"):
        answer = scanned(town, text)
        assert (answer.reading, answer.kind) == (Reading.GS1, "none")
        assert "second code" in answer.note


def test_a_digital_link_with_one_wrong_letter_is_not_taken_for_another_asset() -> None:
    code = new_code()
    wrong = ("3" if code[0] != "3" else "4") + code[1:]
    assert read_scan(f"https://a.example/8004/{PREFIX}{wrong}").code is None


def test_labels_carry_the_plain_address_unless_the_owner_has_a_prefix(town: Town) -> None:
    piece = town.code_of(town.stock("EXT-001", "1", serial="SN-1"))
    base = town.context.settings.label_base
    assert town.context.settings.gs1_prefix is None

    def addresses(found: Addresses) -> dict[str, str]:
        picks = town.run(picks_of, Chosen(depot=town.depot.code))
        texts = town.run(lambda session: list(texts_of(session, picks, found, "zh")))
        return {text.code: text.url for text in texts}

    plain = addresses(addresses_of(town.context.settings))
    assert all(url == f"{base}/q/{code}" for code, url in plain.items())
    owned = addresses(addresses_of(town.context.settings.model_copy(update={"gs1_prefix": PREFIX})))
    assert owned.pop(piece) == f"{base}/8004/{PREFIX}{piece}"
    assert owned
    assert all(url == f"{base}/q/{code}" for code, url in owned.items())  # places and the depot are no assets


@pytest.mark.parametrize("size", list(built_in()))
def test_a_printed_digital_link_is_read_and_resolves(size: str) -> None:
    code = new_code()
    url = f"https://depots.example.org/8004/{PREFIX}{code}"
    found = read(as_pixels(draw(sample(code, url=url), size)))
    assert url in [content for _, content in found]
    assert read_scan(url).code == code


async def test_the_address_on_such_a_label_opens_the_thing(client: httpx.AsyncClient, town: Town) -> None:
    code = town.code_of(town.stock("EXT-001", "1", serial="SN-1"))
    answer = await client.get(f"/8004/{PREFIX}{code}")
    assert answer.headers["location"] == f"/q/{code}"
    found = await client.get("/api/scan", params={"text": f"(8004){PREFIX}{code}"}, headers=town.auth())
    assert found.json()["label"]["code"] == code
