"""Measure labels on paper: 10,000 as one PDF, beside the plain ways to do it. See README.md beside this file."""

import argparse
import io
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import fpdf
import qrcode
from fpdf.drawing_primitives import DeviceGray
from qrcode.constants import ERROR_CORRECT_H

from core.fonts import chinese_font
from labels.codes.codes import new_code, spoken
from labels.drawing.dots import DOTS_PER_MM
from labels.drawing.drawing import draw
from labels.drawing.formats import built_in
from labels.drawing.label_text import LabelText
from labels.drawing.sheet import write_sheet

SIZE = "60x40"
BUDGET = 5  # times the plain way
_NAMES = (
    "手提式ABC干粉灭火器 MFZ/ABC4 (4kg)",
    "背负式高压细水雾灭火装置(12L)配备长距离喷枪",
    "聚氨酯水带 DN65 20m",
    "锤",
)


def texts(count: int) -> Iterator[LabelText]:
    """Labels as a city has them: few names, depots and shelves, and a number and a code of its own on each."""
    chance = random.Random(1)
    for number in range(count):
        code = new_code()
        yield LabelText(
            f"https://depots.example.org/q/{code}",
            code,
            chance.choice(_NAMES),
            "Portable dry-powder extinguisher",
            f"IND-{number // 200:04} 南山科技园应急站",
            f"器材库 › A柜 消防区 › A{chance.randrange(1, 6)}层",
            f"编号 SN-2024-{number:05}",
            "有效期至 2029-05-01",
        )


def ours(count: int, path: Path) -> None:
    """As the program prints them."""
    with path.open("wb") as out:
        write_sheet(out, texts(count), built_in()[SIZE])


def _paper() -> fpdf.FPDF:
    form = built_in()[SIZE]
    pdf = fpdf.FPDF(unit="mm", format=(form.width, form.height))
    pdf.set_auto_page_break(False)
    pdf.set_margin(1)
    pdf.add_font("noto", fname=str(chinese_font()))
    return pdf


def plain(count: int, path: Path) -> None:
    """qrcode's PNG placed by fpdf2, one by one; words one below the other, wrapped by fpdf2."""
    pdf = _paper()
    for text in texts(count):
        pdf.add_page()
        symbol = qrcode.QRCode(error_correction=ERROR_CORRECT_H, box_size=5, border=4)
        symbol.add_data(text.url)
        picture = io.BytesIO()
        symbol.make_image().save(picture, "PNG")
        pdf.image(picture, 0, 0, 33, 33)
        pdf.set_xy(33, 1)
        pdf.set_font("noto", size=8)
        for said in (text.name, spoken(text.code), text.depot, text.place, text.number, text.next_date):
            pdf.set_x(33)
            pdf.multi_cell(26, 3, said, new_x="LMARGIN", new_y="NEXT")
    pdf.output(str(path))


def library(count: int, path: Path) -> None:
    """Our own drawings, put on paper by fpdf2: each symbol as one path, words at the places that were worked out."""
    pdf = _paper()
    dots = DOTS_PER_MM[203]
    for text in texts(count):
        drawing = draw(text, SIZE)
        pdf.add_page()
        with pdf.new_path() as symbol:
            symbol.style.fill_color = DeviceGray(0)
            symbol.style.stroke_color = None
            for box in drawing.qr + drawing.bars:
                symbol.rectangle(box.x / dots, box.y / dots, box.width / dots, box.height / dots)
        for line in drawing.words:
            pdf.set_font("noto", size=line.size / dots * 72 / 25.4)
            pdf.text(line.x / dots, line.baseline / dots, line.text)
    pdf.output(str(path))


WAYS: dict[str, Callable[[int, Path], None]] = {"ours": ours, "plain": plain, "library": library}
PART = {"library": 10}  # the slowest way makes a tenth of the labels


def measured(way: str, count: int, folder: Path) -> float:
    """One way in a process of its own, so that its memory is its own; prints a line, returns labels per second."""
    command = [
        sys.executable,
        "-m",
        "benchmarks.labels",
        "--alone",
        way,
        "--count",
        str(count),
        "--folder",
        str(folder),
    ]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    seconds, waited, memory, size = (float(figure) for figure in told)
    print(
        f"{way:<8} {count:>6} labels  {seconds:>7.1f} s ({waited:.0f} s by the clock)  {count / seconds:>6.0f} labels/s"
        f"  {memory:>4.0f} MB at most  {size:>5.1f} MB of PDF",
        flush=True,
    )
    return count / seconds


def alone(way: str, count: int, folder: Path) -> None:
    """Run one way and say: seconds of processor time and by the clock, peak memory and the file's size, both in MB."""
    path = folder / f"{way}.pdf"
    began, entered = time.process_time(), time.perf_counter()
    WAYS[way](count, path)
    spent, waited = time.process_time() - began, time.perf_counter() - entered
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(spent, waited, peak, path.stat().st_size / 1e6)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--alone", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.alone:
        alone(given.alone, given.count, given.folder)
        return 0
    with tempfile.TemporaryDirectory(prefix="readyshelf-labels-") as folder:
        rates = {way: measured(way, given.count // PART.get(way, 1), Path(folder)) for way in WAYS}
    times = rates["ours"] / rates["plain"]
    print(f"ours is {times:.1f} times as fast as the plain way; budget: {BUDGET}")
    return 0 if times >= BUDGET else 1


if __name__ == "__main__":
    sys.exit(main())
