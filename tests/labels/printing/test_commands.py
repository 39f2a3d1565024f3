"""``readyshelf labels``: files that a printer takes, and sentences where there is none to make."""

import io
import sys
from argparse import ArgumentParser
from datetime import date
from pathlib import Path

import pypdfium2
import pytest
from PIL import Image

from labels.command_line import COMMANDS
from tests.conftest import Town
from tests.labels.scans import pixels_of_svg, read, read_png

(LABELS,) = COMMANDS


def run(town: Town, *arguments: str) -> int:
    parser = ArgumentParser()
    LABELS.add_arguments(parser)
    return LABELS.run(parser.parse_args(arguments), town.context)


@pytest.mark.heavy
def test_a_depots_sheet_is_written(town: Town, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = town.code_of(town.stock("EXT-001", "1", serial="SN-1"))
    out = tmp_path / "sheet.pdf"
    assert run(town, "sheet", "STR-0001", "--out", str(out)) == 0
    assert capsys.readouterr().out == f"6 labels written to {out}\n"
    (page,) = pypdfium2.PdfDocument(out.read_bytes())
    assert ("Code128", code) in read(page.render(scale=200 / 72).to_pil())


def test_one_label_is_written_for_a_roll(town: Town, tmp_path: Path) -> None:
    code = town.code_of(town.stock("MED-024", "5", expires_on=date(2027, 2, 28)))
    png, svg = tmp_path / "one.png", tmp_path / "one.svg"
    assert run(town, "print", code.lower(), "--out", str(png), "--size", "70x50", "--dpi", "300") == 0
    assert run(town, "print", code, "--out", str(svg), "--lang", "en") == 0
    wanted = [("Code128", code), ("QRCode", f"http://testserver.local/q/{code}")]
    assert read_png(png.read_bytes()) == wanted
    assert Image.open(png).size == (840, 600)
    assert read(pixels_of_svg(svg.read_text())) == wanted
    said = svg.read_text()  # the date over two lines, so that its digits are larger (A7)
    assert said.index("Use by<") < said.index("2027-<") < said.index("02-28<")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("sheet", "NONE-1", "--out", "{tmp}/a.pdf"), "no depot with the code NONE-1"),
        (("sheet", "STR-0001", "--out", "{tmp}/a.png"), "must end in .pdf"),
        (("sheet", "STR-0001", "--out", "{tmp}/nowhere/a.pdf"), "No such file"),
        (("print", "6901234567892", "--out", "{tmp}/a.png"), "product's bar code"),
        (("print", "GZZZZZZB", "--out", "{tmp}/a.png"), "GZZZZZZB"),
        (("print", "6901234567892", "--out", "{tmp}/a.gif"), "must end in .pdf or .zpl"),
        (("print", "--out", "{tmp}/a.pdf"), "say which labels"),
        (("print", "--all", "--out", "{tmp}/a.png"), "a picture holds one label"),
        (("print", "--all"), "say --out FILE"),
        (("print", "--all", "--to", "10.0.0.1:9100"), "not among those that the settings allow"),
        (("sheet", "STR-0001", "--out", "{tmp}/a.pdf", "--start", "25"), "stickers 1 to 24"),
        (("print", "--all", "--out", "{tmp}/a.pdf", "--size", "1x1"), "the sizes are 30x15, 40x30"),
        (("blank", "0", "--out", "{tmp}/a.pdf"), "1 to 20000"),
    ],
)
def test_what_cannot_be_printed_is_told_in_a_sentence(
    town: Town, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], says: str
) -> None:
    assert run(town, *(argument.format(tmp=tmp_path) for argument in arguments)) == 1
    assert says in capsys.readouterr().err
    assert not list(tmp_path.glob("a.*"))


class Terminal(io.StringIO):
    """A screen that somebody looks at."""

    def isatty(self) -> bool:
        return True


@pytest.mark.heavy
def test_many_labels_show_how_far_they_are(town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    out = tmp_path / "roll.pdf"
    assert run(town, "blank", "2500", "--out", str(out)) == 0
    assert "2500/2500" in screen.getvalue()
    assert len(pypdfium2.PdfDocument(out)) == 2500


def test_few_labels_make_no_fuss(town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    assert run(town, "sheet", "STR-0001", "--out", str(tmp_path / "sheet.pdf")) == 0
    assert screen.getvalue() == ""
