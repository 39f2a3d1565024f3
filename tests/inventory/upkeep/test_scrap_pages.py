"""Disposal in two steps over HTTP: proposed with a photo, approved by another, proved, and printed."""

import io
from uuid import UUID, uuid4

import httpx
from PIL import Image
from sqlalchemy import select

from inventory.upkeep.models import ScrapPhoto
from tests.conftest import QueryCount, Town


def picture(colour: str = "red") -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (40, 30), colour).save(data, "PNG")
    return data.getvalue()


async def test_T36_proposed_approved_by_another_and_disposed_of_with_proof(
    client: httpx.AsyncClient, town: Town, queries: QueryCount
) -> None:
    lot = town.stock("EXT-001", "1", serial="S-77")

    async def post(path: str, who: str, photo: bytes | None = None, **form: str) -> httpx.Response:
        files = {"photo": ("a.png", photo, "image/png")} if photo else None
        return await client.post(path, data={"id": str(uuid4()), **form}, files=files, headers=town.auth(who))

    for elsewhere in (lot, uuid4()):  # what is out of reach answers as what never was
        assert (await post(f"/lots/{elsewhere}/scrap", "keeper2", reason="x")).status_code == 404
    told = await post(f"/lots/{lot}/scrap", "keeper", picture(), reason="满十年")
    assert told.status_code == 303, told.text
    address = told.headers["location"].split("?")[0]
    page = (await client.get(address, headers=town.auth("keeper"))).text
    assert "待批准" in page and "满十年" in page and "须由另一名有权限的人" not in page
    assert (await post(f"{address}/proof", "keeper", picture(), method="crushed", receiver="r")).status_code == 409
    assert (await post(f"{address}/decide", "keeper", approve="yes")).status_code == 403
    refused = await post(f"{address}/decide", "officer", approve="no")
    assert refused.status_code == 422  # without a word on why
    assert (await post(f"{address}/decide", "officer", approve="yes")).status_code == 303
    assert (await post(f"{address}/decide", "admin", approve="no", note="n")).status_code == 409
    assert (await post(f"{address}/proof", "keeper", method="cut", receiver="鹏城再生")).status_code == 422
    drilled = await post(f"{address}/proof", "keeper", picture(), method="drilled", receiver="鹏城再生")
    assert drilled.status_code == 422
    proof = await post(f"{address}/proof", "keeper", picture("blue"), method="cut", receiver="鹏城再生")
    assert proof.status_code == 303, proof.text
    count = queries.during()
    page = (await client.get(address, headers=town.auth("auditor"))).text
    assert len(count) <= 12
    for words in ("报废", "切割", "鹏城再生", "keeper 先生", "officer 先生", "销毁证明"):
        assert words in page, words
    shown = (await client.get(f"/api{address}", headers=town.auth("auditor"))).json()
    assert (shown["row"]["state"], len(shown["photos"]), len(shown["proofs"])) == ("done", 1, 1)
    photo = await client.get(f"/api/photos/{shown['proofs'][0]}", headers=town.auth("auditor"))
    assert photo.headers["content-type"] == "image/jpeg"
    assert (await client.get(f"/api{address}", headers=town.auth("keeper2"))).status_code == 404
    scrap = address.rsplit("/", 1)[1]
    protocol = await client.get(f"/api/export/scraps.csv?scrap={scrap}", headers=town.auth("officer"))
    assert "S-77" in protocol.text and "切割" in protocol.text and "鹏城再生" in protocol.text
    paper = await client.get(f"/api/export/scraps.pdf?scrap={scrap}", headers=town.auth("officer"))
    assert paper.content.startswith(b"%PDF")
    photos = town.run(
        lambda session: session.execute(select(ScrapPhoto.proof).where(ScrapPhoto.scrap_id == UUID(scrap))).all()
    )
    assert sorted(row.proof for row in photos) == [False, True]


async def test_the_list_shows_what_waits_within_reach(client: httpx.AsyncClient, town: Town) -> None:
    lot = town.stock("BRK-001", "1", serial="A")
    there = town.stock("BRK-001", "1", serial="B", shelf=town.other_shelf)
    for thing, who in ((lot, "keeper"), (there, "keeper2")):
        entry = {"id": str(uuid4()), "kind": "propose-scrap", "thing": str(thing), "reason": "断裂"}
        assert (await client.post("/api/entries", json=entry, headers=town.auth(who))).status_code == 201
    for who, expected in (("keeper", ["A"]), ("keeper2", ["B"]), ("officer", ["A"]), ("admin", ["A", "B"])):
        rows = (await client.get("/api/scraps", headers=town.auth(who))).json()
        assert sorted(row["mark"] for row in rows) == expected, who
    assert "断裂" in (await client.get("/scraps", headers=town.auth("keeper"))).text


async def test_T36_an_extinguisher_is_not_disposed_of_by_one_person_in_one_step(
    client: httpx.AsyncClient, town: Town
) -> None:
    lot = town.stock("EXT-001", "1", serial="S-1")
    wish = {"kind": "dispose", "lot": str(lot), "quantity": "1", "reason": "满十年"}
    for who in ("keeper", "admin"):
        told = await client.post("/api/movements", json={"id": str(uuid4()), **wish}, headers=town.auth(who))
        assert (told.status_code, told.json()["type"]) == (409, "/problems/needs-approval"), who
    late = await client.post("/api/movements", json={"id": str(uuid4()), "late": True, **wish}, headers=town.auth())
    assert late.status_code == 201, "a late fact is never refused"
