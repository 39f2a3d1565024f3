"""Pictures and papers of an item: small, by what they hold, in the phone's picture, in every backup."""

import asyncio
import io
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from PIL import Image
from sqlalchemy import select

from core.archive import back_up, members_of
from core.models import AuditEntry
from inventory.catalogue.models import ItemFile
from tests.conftest import Town
from tests.inventory.telling.test_photos import picture

PAPER = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


async def send(client: httpx.AsyncClient, town: Town, data: bytes, kind: str = "photo", **more: str) -> httpx.Response:
    at = f"/api/catalogue/items/BRK-014/files/{more.pop('id', uuid4())}"
    return await client.put(at, params={"kind": kind, **more}, content=data, headers=town.auth("admin"))


@pytest.mark.heavy
async def test_a_photo_and_a_manual_are_stored_shown_and_taken_off(
    client: httpx.AsyncClient, town: Town, tmp_path: Path
) -> None:
    photo = await send(client, town, picture(3000, 2000, exif=True), title="正面")
    manual = await send(client, town, PAPER, "manual", title="说明书 v2")
    assert (photo.status_code, manual.status_code) == (201, 201), manual.text
    seen = (await client.get("/api/catalogue/items/BRK-014", headers=town.auth())).json()["files"]
    assert [(one["kind"], one["media"]) for one in seen] == [("photo", "image/jpeg"), ("manual", "application/pdf")]
    got = await client.get(f"/api/catalogue/files/{seen[0]['id']}", headers=town.auth("responder"))
    with Image.open(io.BytesIO(got.content)) as kept:
        assert max(kept.size) <= 1600 and dict(kept.getexif()) == {}
    small = await client.get(f"/api/catalogue/files/{seen[0]['id']}/thumbnail", headers=town.auth("responder"))
    assert max(Image.open(io.BytesIO(small.content)).size) == 240
    assert len(small.content) < 15_000
    none = await client.get(f"/api/catalogue/files/{seen[1]['id']}/thumbnail", headers=town.auth())
    assert none.status_code == 404
    paper = await client.get(f"/api/catalogue/files/{seen[1]['id']}", headers=town.auth())
    assert (paper.content, paper.headers["content-type"]) == (PAPER, "application/pdf")
    assert (await client.get(f"/api/catalogue/files/{seen[1]['id']}")).status_code == 401
    page = await client.get("/manage/catalogue/items/BRK-014", headers=town.auth("admin"))
    assert "说明书 v2" in page.text
    town.stock("BRK-014", "1")
    shelves = (await client.get(f"/api/phone/{town.depot.code}/shelves", headers=town.auth())).json()
    (item,) = (one for one in shelves["items"] if one["code"] == "BRK-014")
    assert {one["kind"] for one in item["files"]} == {"photo", "manual"}
    target = tmp_path / "whole.tar.gz"
    back_up(town.context, target)
    with members_of(target) as members:
        names = {name for name, _ in members}
    assert {name.rsplit(".", 1)[1] for name in names if name.startswith("photos/")} == {"jpg", "pdf"}
    gone = await client.delete(f"/api/catalogue/files/{seen[0]['id']}", headers=town.auth("admin"))
    assert gone.status_code == 204
    acts = select(AuditEntry.act).where(AuditEntry.subject == "BRK-014").order_by(AuditEntry.id)
    told = town.run(lambda session: list(session.execute(acts).scalars()))
    assert sorted(told) == ["item-file-added", "item-file-added", "item-file-removed"]


@pytest.mark.parametrize(
    ("data", "kind", "status"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "photo", 422),
        (b"<html><script>1</script>", "manual", 422),
        (PAPER[:-8], "manual", 422),
        (PAPER, "photo", 422),
        (b"%PDF-1.4" + b"x" * 10_000_001, "manual", 413),
        (PAPER, "nonsense", 400),
    ],
)
async def test_what_is_no_picture_and_no_paper_is_refused(
    client: httpx.AsyncClient, town: Town, data: bytes, kind: str, status: int
) -> None:
    got = await send(client, town, data, kind)
    assert got.status_code in (status, 422), got.text


async def test_sent_twice_it_is_stored_once_and_only_the_city_may(client: httpx.AsyncClient, town: Town) -> None:
    mine = str(uuid4())
    answers = [await send(client, town, PAPER, "manual", id=mine) for _ in range(2)]
    assert [one.status_code for one in answers] == [201, 200]
    assert (await send(client, town, PAPER, "manual")).status_code == 409
    assert (await send(client, town, picture(), "manual", id=mine)).status_code == 409
    at = f"/api/catalogue/items/BRK-014/files/{uuid4()}"
    for who, status in (("officer", 403), ("keeper", 403)):
        got = await client.put(at, content=picture(), headers=town.auth(who))
        assert got.status_code == status
    assert len(town.run(lambda session: list(session.execute(select(ItemFile)).scalars()))) == 1
    form = {"id": str(uuid4()), "kind": "drawing", "title": "x"}
    sent = await client.post(
        "/manage/catalogue/items/BRK-014/files",
        data=form,
        files={"file": ("x.jpg", picture(), "image/jpeg")},
        headers=town.auth("admin"),
    )
    assert sent.status_code == 303, sent.text[:300]
    empty = await client.post("/manage/catalogue/items/BRK-014/files", data=form, headers=town.auth("admin"))
    assert empty.status_code == 422


async def test_what_comes_twice_at_once_is_stored_once_and_taken_off_once(
    client: httpx.AsyncClient, town: Town
) -> None:
    mine = str(uuid4())
    answers = await asyncio.gather(*(send(client, town, PAPER, "manual", id=mine) for _ in range(4)))
    assert sorted(one.status_code for one in answers) == [200, 200, 200, 201]
    others = await asyncio.gather(*(send(client, town, picture(), "photo") for _ in range(4)))
    assert sorted(one.status_code for one in others) == [201, 409, 409, 409]
    at = f"/api/catalogue/files/{mine}"
    gone = await asyncio.gather(*(client.delete(at, headers=town.auth("admin")) for _ in range(4)))
    assert sorted(one.status_code for one in gone) == [204, 404, 404, 404]
    acts = select(AuditEntry.act).where(AuditEntry.subject == "BRK-014")
    told = sorted(town.run(lambda session: list(session.execute(acts).scalars())))
    assert told == ["item-file-added", "item-file-added", "item-file-removed"]


async def test_an_item_that_is_none_is_said_before_a_file_is_read_or_stored(
    client: httpx.AsyncClient, town: Town
) -> None:
    photos = town.context.settings.var_dir / "photos"
    before = set(photos.rglob("*"))
    for code, who, status in (("NO-SUCH", "admin", 404), ("BRK-014", "officer", 403)):
        at = f"/api/catalogue/items/{code}/files/{uuid4()}"
        for data in (PAPER, b"neither"):
            got = await client.put(at, content=data, headers=town.auth(who))
            assert got.status_code == status, got.text
        form = f"/manage/catalogue/items/{code}/files"
        assert (await client.post(form, data={"kind": "photo"}, headers=town.auth(who))).status_code == status
    assert set(photos.rglob("*")) == before
