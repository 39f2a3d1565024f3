"""Printer languages: ZPL read back by zebrafy, a reader that is not ours; TSPL by its manual, for no registry has one.

What the tests hold of TSPL was read line by line from TSC's "TSPL/TSPL2 Programming Language" manual (a transcript of
it): lines end with CR LF · 203 dpi is 8 dots a millimetre, 300 dpi 12 · SIZE m mm,n mm: width and length of the label ·
GAP m mm,n mm: between two labels, 0 to 25.4, and its offset · DIRECTION 0 or 1 · REFERENCE x,y: the origin in dots ·
CLS, after SIZE, clears the buffer · BITMAP x,y,width in bytes,height in dots,mode (0 overwrites),data · PRINT
sets,copies, both from 1. That a set bit stays white is how other programs for these printers send it.
"""

import re
import socket

import pytest
from PIL import Image
from zebrafy import ZebrafyZPL

from core.errors import Refusal
from labels.codes.codes import new_code
from labels.drawing.dots import DOTS_PER_MM
from labels.drawing.drawing import as_pixels, draw
from labels.drawing.formats import built_in
from labels.printing.printers import as_tspl, as_zpl, printer_named, read_printers, send
from tests.labels.printing.conftest import Listener
from tests.labels.scans import LONG_NAME, expected, read, sample

SIZES = tuple(built_in())


def pixels_of_tspl(content: bytes, dots_per_mm: int) -> Image.Image:
    """What a TSPL printer makes of a label, line by line as its manual has it; anything else is a fault."""
    lines = content.split(b"\r\n", 5)
    size = re.fullmatch(rb"SIZE ([\d.]+) mm,([\d.]+) mm", lines[0])
    gap = re.fullmatch(rb"GAP ([\d.]+) mm,0 mm", lines[1])
    assert size and gap and 0 <= float(gap[1]) <= 25.4
    assert lines[2] in (b"DIRECTION 0", b"DIRECTION 1")
    assert lines[3:5] == [b"REFERENCE 0,0", b"CLS"]
    head = re.match(rb"BITMAP 0,0,(\d+),(\d+),0,", lines[5])
    assert head
    width, height = int(head[1]), int(head[2])
    data, end = lines[5][head.end() :][: width * height], lines[5][head.end() + width * height :]
    assert end == b"\r\nPRINT 1,1\r\n"
    assert height == round(float(size[2]) * dots_per_mm)
    assert width * 8 - round(float(size[1]) * dots_per_mm) in range(8)  # the last byte of a row is filled up
    return Image.frombytes("1", (width * 8, height), data)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("dots_per_mm", DOTS_PER_MM.values())
def test_zpl_is_read_back_dot_by_dot_by_an_independent_reader(size: str, dots_per_mm: int) -> None:
    code = new_code()
    drawing = draw(sample(code, LONG_NAME), size, dots_per_mm)
    (image,) = ZebrafyZPL(as_zpl(drawing).decode("ascii")).to_images()
    seen = image.convert("L").crop((0, 0, drawing.width, drawing.height))
    assert seen.tobytes() == as_pixels(drawing).convert("L").tobytes()
    assert read(image) == expected(size, code)


def test_zpl_names_the_labels_size_in_dots_and_prints_one() -> None:
    text = as_zpl(draw(sample("7K3M9QXA"), "60x40")).decode("ascii")
    assert text.startswith("^XA^PW480^LL320^LH0,0^FO0,0^GFA,19200,19200,60,")
    assert text.endswith("^FS^PQ1^XZ\n")
    assert len(text.split("^GFA,19200,19200,60,")[1].split("^FS")[0]) == 2 * 19200


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("dots_per_mm", DOTS_PER_MM.values())
def test_tspl_holds_the_dots_and_they_are_read(size: str, dots_per_mm: int) -> None:
    code = new_code()
    drawing = draw(sample(code, LONG_NAME), size, dots_per_mm)
    image = pixels_of_tspl(as_tspl(drawing), dots_per_mm)
    assert image.convert("L").crop((0, 0, drawing.width, drawing.height)).tobytes() == (
        as_pixels(drawing).convert("L").tobytes()
    )
    assert read(image) == expected(size, code)
    beyond = image.convert("L").crop((drawing.width, 0, image.width, image.height))
    assert beyond.width == 0 or beyond.getextrema() == (255, 255)


def test_tspl_line_by_line_as_the_manual_has_it() -> None:
    content = as_tspl(draw(sample("7K3M9QXA"), "60x40"))
    head = b"SIZE 60 mm,40 mm\r\nGAP 2 mm,0 mm\r\nDIRECTION 1\r\nREFERENCE 0,0\r\nCLS\r\nBITMAP 0,0,60,320,0,"
    assert content.startswith(head)
    assert content[len(head) + 60 * 320 :] == b"\r\nPRINT 1,1\r\n"
    assert content[len(head) : len(head) + 60] == b"\xff" * 60  # the upper margin is white


def test_labels_reach_a_printers_port_whole_and_in_order(listener: Listener) -> None:
    codes = [new_code() for _ in range(20)]
    printer = printer_named(f"zpl://127.0.0.1:{listener.port}", f"127.0.0.1:{listener.port}")
    assert send(printer, (draw(sample(code), "60x40") for code in codes)) == 20
    images = ZebrafyZPL(listener.all().decode("ascii")).to_images()
    assert [read(image) for image in images] == [expected("60x40", code) for code in codes]


def test_a_printer_is_told_in_its_own_language_and_resolution(listener: Listener) -> None:
    printer = printer_named(f"tspl://127.0.0.1:{listener.port}?dpi=300", f"127.0.0.1:{listener.port}")
    code = new_code()
    send(printer, [draw(sample(code), "40x30", printer.dots_per_mm)])
    assert read(pixels_of_tspl(listener.all(), printer.dots_per_mm)) == expected("40x30", code)


def test_nothing_is_sent_to_a_printer_that_the_settings_do_not_name(listener: Listener) -> None:
    with pytest.raises(Refusal, match="not among those"):
        printer_named("zpl://10.0.0.5:9100", f"127.0.0.1:{listener.port}")
    with pytest.raises(Refusal, match="not among those"):
        printer_named("", "10.0.0.5:9100")


def test_a_printer_that_is_off_is_told_in_a_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    printer = printer_named(f"zpl://127.0.0.1:{port}", f"127.0.0.1:{port}")
    with pytest.raises(Refusal, match="cannot be reached after 0 labels") as refused:
        send(printer, [draw(sample(new_code()))])
    assert refused.value.status == 503


@pytest.mark.parametrize(
    "setting", ["http://10.0.0.5", "zpl://", "10.0.0.5:9100", "zpl://10.0.0.5?dpi=204", "zpl://h:x"]
)
def test_a_printer_that_cannot_be_meant_is_named_with_why(setting: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read_printers(setting)


def test_printers_have_their_usual_port_and_resolution() -> None:
    printers = read_printers("zpl://10.0.0.5 tspl://printer.local:9101?dpi=300")
    assert {name: (printer.tongue, printer.dots_per_mm) for name, printer in printers.items()} == {
        "10.0.0.5:9100": ("zpl", 8),
        "printer.local:9101": ("tspl", 12),
    }
