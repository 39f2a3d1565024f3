"""Photos: small, without position, outside the database, seen only by who may."""

import io
from uuid import uuid4

import httpx
import pytest
from PIL import Image

from core.errors import Refusal
from core.settings import Settings
from inventory.telling.photos import LARGEST_BYTES, LONGEST_EDGE, prepare
from tests.conftest import Town


def picture(width: int = 40, height: int = 30, kind: str = "JPEG", exif: bool = False) -> bytes:
    image = Image.new("RGB", (width, height), "red")
    kept = io.BytesIO()
    tags = Image.Exif()
    if exif:
        tags[0x0110] = "A phone"
        tags[0x0112] = 6  # lying on its side
        tags.get_ifd(0x8825)[1] = "N"
        tags.get_ifd(0x8825)[2] = (22.0, 32.0, 0.0)
    image.save(kept, kind, exif=tags)
    return kept.getvalue()


def test_position_device_and_turn_are_gone_and_the_picture_stands_upright() -> None:
    with Image.open(io.BytesIO(prepare(picture(exif=True)))) as kept:
        assert kept.size == (30, 40)
        assert dict(kept.getexif()) == {}
        assert "exif" not in kept.info


def test_a_large_picture_is_made_small() -> None:
    with Image.open(io.BytesIO(prepare(picture(4000, 3000)))) as kept:
        assert max(kept.size) == LONGEST_EDGE


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"x" * (LARGEST_BYTES + 1), 413),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", 422),
        (b"", 422),
        (picture()[:300], 422),
        (picture(kind="GIF"), 422),
    ],
)
def test_what_is_too_large_or_no_photo_is_refused(data: bytes, status: int) -> None:
    with pytest.raises(Refusal) as caught:
        prepare(data)
    assert caught.value.status == status


async def test_a_photo_is_sent_bound_to_a_fault_and_seen_by_who_may(
    client: httpx.AsyncClient, town: Town, settings: Settings
) -> None:
    lot = town.stock("EXT-001", "1", serial="S-1")
    photo = uuid4()
    address = f"/api/photos/{photo}"
    first = await client.put(address, content=picture(), headers=town.auth())
    again = await client.put(address, content=picture(), headers=town.auth())
    assert (first.status_code, again.status_code) == (201, 200)
    assert len(list((settings.var_dir / "photos").glob("*/*.jpg"))) == 1
    other = await client.put(address, content=picture(50, 50), headers=town.auth())
    assert other.status_code == 409
    assert (await client.get(address, headers=town.auth("officer"))).status_code == 404, "bound to nothing yet"
    fault = {"kind": "fault", "id": str(uuid4()), "thing": str(lot), "description": "锈", "photos": [str(photo)]}
    assert (await client.post("/api/entries", json=fault, headers=town.auth())).status_code == 201
    seen = {who: (await client.get(address, headers=town.auth(who))).status_code for who in town.tokens}
    assert seen == {"keeper": 200, "keeper2": 404, "responder": 200, "officer": 200, "admin": 200, "auditor": 200}


async def test_an_entry_cannot_claim_a_photo_that_was_not_sent(client: httpx.AsyncClient, town: Town) -> None:
    lot = town.stock("EXT-001", "1", serial="S-1")
    fault = {"kind": "fault", "id": str(uuid4()), "thing": str(lot), "description": "锈", "photos": [str(uuid4())]}
    answer = await client.post("/api/entries", json=fault, headers=town.auth())
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "photos"
