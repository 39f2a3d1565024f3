"""The sheet for a cabinet's door, and what labels say of hazards, checks, vehicles and kits."""

from datetime import date, timedelta
from decimal import Decimal

import httpx
import pypdfium2
import pytest
from sqlalchemy import update

from inventory.catalogue.models import Hazard, Item
from labels.codes.binding import codes_of
from labels.codes.models import Label
from labels.drawing.drawing import WARNING, as_png, draw
from labels.drawing.formats import built_in
from labels.drawing.pdf import Letters
from labels.printing.addresses import Addresses
from labels.printing.door import door_of
from labels.printing.door_text import load_said
from labels.printing.texts import label_text
from tests.conftest import Town
from tests.labels.scans import LONG_NAME, expected, read, read_png, sample

pytestmark = pytest.mark.anyio
BASE = Addresses("http://10.0.0.20:8000")


def said(town: Town, code: str, language: str = "zh"):
    return town.run(label_text, town.keeper, code, BASE, language)


@pytest.mark.heavy
async def test_a_doors_sheet_says_what_is_in_there_until_when_and_its_symbol_is_read(
    client: httpx.AsyncClient, town: Town
) -> None:
    today = town.context.clock.today()
    town.stock("MED-013", "6", expires_on=today + timedelta(200), number="NS-1")
    town.stock("FUE-001", "3", town.second_shelf)
    town.stock("RIO-007", "2", number="SECRET-1")  # regulated: not for who passes by
    answer = await client.get(f"/api/places/{town.room.id}/door.pdf?lang=zh", headers=town.auth())
    assert answer.status_code == 200 and answer.headers["content-type"] == "application/pdf"
    document = pypdfium2.PdfDocument(answer.content)
    text = "".join(page.get_textpage().get_text_range() for page in document)
    assert town.room.path_zh in text and town.depot.name_zh in text
    assert "生理盐水" in text and (today + timedelta(200)).isoformat() in text and "A2层" in text
    assert f"{WARNING} 汽油" in text and "催泪" not in text and "SECRET" not in text
    assert document.get_metadata_value("Title") == f"{town.room.path_zh} 物资清单"
    image = document[0].render(scale=203 / 72).to_pil()  # as a label printer's 203 dpi would show it
    [(kind, content)] = read(image)
    code = town.run(codes_of, Label.place_id, [town.room.id])[town.room.id]
    assert (kind, content.rpartition("/q/")[2]) == ("QRCode", code)
    assert b"/Lang" in answer.content


async def test_a_doors_sheet_is_of_what_one_may_see(client: httpx.AsyncClient, town: Town) -> None:
    for place, status in ((town.other_shelf.id, 404), (town.shelf.id, 200)):
        answer = await client.get(f"/api/places/{place}/door.pdf", headers=town.auth())
        assert answer.status_code == status


@pytest.mark.parametrize("size", tuple(built_in()))
def test_a_warning_is_on_every_size_and_never_left_out(size: str) -> None:
    for name in ("锤", LONG_NAME):
        text = sample("7K3M9QXA", name, hazard="易燃气雾剂")
        drawing = draw(text, size)
        assert f"{WARNING} 易燃气雾剂" in [line.text for line in drawing.words]
        assert "7K3M-9QXA" in [line.text for line in drawing.words]
        assert read_png(as_png(drawing)) == expected(size, "7K3M9QXA")


def test_the_font_has_the_signs() -> None:
    assert "0000" not in [Letters().codes(sign) for sign in (WARNING, "✓")]


def test_labels_name_the_hazard_and_the_month_of_the_next_check(town: Town) -> None:
    today = town.context.clock.today()
    petrol = town.stock("MED-029", "1", serial="OX-1")
    assert (said(town, town.code_of(petrol)).hazard, said(town, town.code_of(petrol), "en").hazard) == (
        "医用氧气",
        "Medical oxygen",
    )
    axe = town.stock("BRK-001", "1", serial="AX-1", made_on=today)
    plain = town.stock("MED-013", "6", expires_on=date(today.year + 2, 5, 1), number="NS-1")
    assert said(town, town.code_of(plain)).next_date.startswith("有效期至")
    assert said(town, town.code_of(plain)).hazard == ""
    assert said(town, town.code_of(axe)).next_date[:4] in ("✓ 检查", "")


def test_medicines_are_kept_apart_and_bear_no_warning(town: Town) -> None:
    drops = town.stock("MED-026", "3", number="FY-1", expires_on=town.context.clock.today() + timedelta(200))
    assert said(town, town.code_of(drops)).hazard == ""
    door = town.run(door_of, town.shelf, BASE, town.context.clock.today(), "zh")
    assert door.hazards == [] and [line.number for line in door.lines]
    town.run(lambda session: setattr(session.get_one(Hazard, "medicine"), "warns", True))
    assert said(town, town.code_of(drops)).hazard == "药品"


def weigh(town: Town, **kilograms: str | None) -> None:
    for code, weight in kilograms.items():
        value = None if weight is None else Decimal(weight)
        town.run(lambda session, code=code, value=value: session.execute(
            update(Item).where(Item.code == code.replace("_", "-")).values(weight_kg=value)))  # fmt: skip


def test_a_doors_sheet_says_what_is_listed_weighs_and_never_less_than_it_does(town: Town) -> None:
    def load(language: str = "zh") -> str:
        return load_said(town.run(door_of, town.shelf, BASE, town.context.clock.today(), language))

    weigh(town, MED_013=None, BRK_001=None, RIO_007="9")
    town.stock("MED-013", "6", expires_on=town.context.clock.today() + timedelta(200), number="NS-1")
    town.stock("RIO-007", "2", number="SECRET-1")  # neither listed nor weighed: the sheet is for who passes by
    assert load() == ""
    weigh(town, MED_013="0.105")
    assert load() == "所列物资共重 0.63 kg"
    town.stock("BRK-001", "1", serial="AX-1")
    assert load("en") == "All that is listed: more than 0.63 kg (1 without a known weight)"
    weigh(town, BRK_001="3.6")
    assert load() == "所列物资共重 4.23 kg"


@pytest.mark.heavy
async def test_the_load_stands_on_the_paper(client: httpx.AsyncClient, town: Town) -> None:
    weigh(town, FUE_001="0.75")
    town.stock("FUE-001", "40", town.second_shelf)
    answer = await client.get(f"/api/places/{town.second_shelf.id}/door.pdf?lang=en", headers=town.auth())
    assert "All that is listed: 30 kg" in pypdfium2.PdfDocument(answer.content)[0].get_textpage().get_text_range()
