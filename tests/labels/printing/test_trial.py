"""B44: a label whose address opens on this machine alone says so itself, whichever way it is made."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pypdfium2
import pytest
from PIL import Image
from zebrafy import ZebrafyZPL

from core.addresses import is_trial
from core.settings import Settings
from labels.codes.codes import new_code
from labels.drawing.drawing import TRIAL_STAMP, as_pixels, draw
from labels.drawing.formats import built_in
from tests.conftest import Town
from tests.labels.printing.conftest import Listener
from tests.labels.printing.test_commands import run
from tests.labels.scans import sample

TRIAL = "http://127.0.0.1:8000"
embedded = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def settings(database_url: str, tmp_path: Path, request: pytest.FixtureRequest) -> Settings:
    printers = ""
    if "listener" in request.fixturenames:
        printers = f"zpl://127.0.0.1:{request.getfixturevalue('listener').port}"
    return Settings(
        database_url=database_url,
        var_dir=tmp_path / "var",
        secret="s" * 32,
        run_jobs=False,
        base_url=TRIAL,
        label_printers=printers,
    )


@pytest.mark.parametrize(
    ("address", "trial"),
    [
        (TRIAL, True),
        ("http://127.8.9.1", True),
        ("https://localhost/depots", True),
        ("http://depots.LOCALHOST.", True),
        ("http://[::1]:8000", True),
        ("http://[::ffff:127.0.0.1]", True),
        ("http://0.0.0.0:8213", True),
        ("http://[::]", True),
        ("http://169.254.7.7", True),
        ("http://[fe80::1%eth0]", True),
        ("https://depots.invalid", True),
        ("https://depots.test", True),
        ("https://depots.example.org", False),
        ("http://10.0.0.20:8000", False),
        ("http://192.168.1.9", False),
        ("http://[2001:db8::7]", False),
        ("http://depots", False),
        ("http://depots.local", False),
        ("https://localhost.example.org", False),
    ],
)
def test_an_address_is_of_this_machine_alone_or_of_a_network(address: str, trial: bool) -> None:
    assert is_trial(address) == trial


@pytest.mark.parametrize("size", sorted(built_in()))
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_size_has_room_for_the_stamp_and_the_code(size: str, language: str) -> None:
    code = new_code()
    drawing = draw(sample(code, url=f"{TRIAL}/q/{code}", language=language), size)
    first = drawing.words[0]
    assert first.text == TRIAL_STAMP
    assert first.size >= drawing.dots_per_mm, "a millimetre at least"
    lowest = drawing.bars[0].y if drawing.bars else drawing.height
    for line in drawing.words:
        assert line.x >= drawing.symbol_ends
        assert line.x + line.length <= drawing.width
        assert line.baseline + line.size * 0.3 <= lowest
    assert f"{code[:4]}-{code[4:]}" in [line.text for line in drawing.words]
    assert TRIAL_STAMP not in [line.text for line in draw(sample(code), size).words]


def _text_of(pdf: bytes) -> str:
    return "".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(pdf))


def _has_stamp(image: Image.Image, code: str) -> bool:
    """Whether the picture shows the stamp where a label of this size has it."""
    drawing = draw(sample(code, url=f"{TRIAL}/q/{code}"), "60x40")
    line = drawing.words[0]
    box = (line.x, 0, drawing.width, line.baseline + line.size // 4)
    return image.convert("1").crop(box).tobytes() == as_pixels(drawing).crop(box).tobytes()


@embedded
async def test_whatever_the_api_and_the_pages_make_is_stamped(client: httpx.AsyncClient, town: Town) -> None:
    code = town.code_of(town.stock("EXT-001", "1", serial="SN-1"))
    made: dict[str, bytes] = {}
    for kind in ("svg", "png", "pdf", "zpl", "tspl"):
        made[kind] = (await client.get(f"/api/labels/{code}.{kind}?size=60x40", headers=town.auth())).content
    made["depot.pdf"] = (await client.get("/api/depots/STR-0001/labels.pdf", headers=town.auth())).content
    made["preview"] = (await client.get("/label-sizes/preview.svg?size=60x40", headers=town.auth())).content
    wanted: dict[str, Any] = {"size": "60x40", "chosen": {"depot": "STR-0001"}}
    run_id = (await client.post("/api/label-runs", json=wanted, headers=town.auth())).json()["id"]
    while (state := (await client.get(f"/api/label-runs/{run_id}", headers=town.auth())).json())["state"] != "done":
        assert state["state"] != "failed", state
        await asyncio.sleep(0.05)
    made["run.pdf"] = (await client.get(f"/api/label-runs/{run_id}/file", headers=town.auth())).content
    for kind, content in made.items():
        if kind in ("svg", "preview"):
            assert TRIAL_STAMP in content.decode(), kind
        elif kind.endswith("pdf"):
            assert _text_of(content).count(TRIAL_STAMP) == (1 if kind == "pdf" else 6), kind
    assert _has_stamp(ZebrafyZPL(made["zpl"].decode("ascii")).to_images()[0], code)
    bitmap = made["tspl"].split(b"BITMAP 0,0,60,320,0,")[1][: 60 * 320]
    assert _has_stamp(Image.frombytes("1", (480, 320), bitmap), code)
    assert "TEST" in (await client.get("/labels", headers=town.auth())).text


@embedded
async def test_what_goes_to_a_printer_is_stamped(
    client: httpx.AsyncClient,
    town: Town,
    listener: Listener,
) -> None:
    code = town.code_of(town.stock("EXT-001", "1", serial="SN-1"))
    given = {"size": "60x40", "printer": f"127.0.0.1:{listener.port}"}
    assert (await client.post(f"/api/labels/{code}/print", json=given, headers=town.auth())).status_code == 200
    assert _has_stamp(ZebrafyZPL(listener.all().decode("ascii")).to_images()[0], code)


@embedded
def test_what_the_command_writes_is_stamped_and_it_says_so(
    town: Town, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = town.code_of(town.stock("EXT-001", "1", serial="SN-1"))
    sheet, roll, one = tmp_path / "sheet.pdf", tmp_path / "roll.pdf", tmp_path / "one.svg"
    for arguments in (
        ("sheet", "STR-0001", "--out", str(sheet)),
        ("blank", "3", "--out", str(roll)),
        ("print", code, "--out", str(one)),
    ):
        assert run(town, *arguments) == 0
        assert f"each is stamped {TRIAL_STAMP}" in capsys.readouterr().out
    assert _text_of(sheet.read_bytes()).count(TRIAL_STAMP) == 6
    assert _text_of(roll.read_bytes()).count(TRIAL_STAMP) == 3
    assert TRIAL_STAMP in one.read_text()
