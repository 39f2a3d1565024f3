"""What a label reader makes of a picture: read by zxing-cpp, which had no part in making the symbols."""

import io
from typing import Any
from xml.etree import ElementTree

import zxingcpp
from PIL import Image, ImageDraw

from labels.drawing.formats import built_in
from labels.drawing.label_text import LabelText

LONG_NAME = (
    "背负式高压细水雾灭火装置(12L)配备长距离喷枪及备用气瓶与减压阀组件（含检验合格证、说明书及维修工具包，"
    "仅限受训人员使用，严禁带电作业）"
)


def sample(code: str, name_zh: str = "手提式ABC干粉灭火器 MFZ/ABC4 (4kg)", **changes: Any) -> LabelText:
    """A label as a depot would print it."""
    said: dict[str, Any] = {
        "url": f"http://10.0.0.20:8000/q/{code}",
        "name_en": "Portable ABC dry-powder extinguisher 4 kg",
        "depot": "IND-0231 南山科技园应急站",
        "place": "器材库 › A柜 消防区 › A2层",
        "number": "编号 SN-2024-0001",
        "next_date": "有效期至 2029-05-01",
        "phone": "0755-00000231",
    }
    return LabelText(code=code, name_zh=name_zh, **{**said, **changes})


def expected(size: str, code: str, beginning: str = "http://10.0.0.20:8000/q/") -> list[tuple[str, str]]:
    """What a reader must find on a label of this size."""
    form = built_in()[size]
    symbol = ("QRCode" if form.symbol == "qr" else "DataMatrix", f"{beginning}{code}")
    return sorted([symbol, ("Code128", code)] if form.bars_mm else [symbol])


# As the app's camera looks for them (web/static/app/decoder.js). Codabar has no check digit: a reader that looks for
# it, too, finds one in other symbols' bars once in some thousand labels
_KINDS = zxingcpp.BarcodeFormat
FORMATS = [_KINDS.QRCode, _KINDS.Code128, _KINDS.EAN13, _KINDS.EAN8, _KINDS.UPCA, _KINDS.DataMatrix, _KINDS.ITF]


def read(image: Image.Image) -> list[tuple[str, str]]:
    """All symbols in a picture, as (kind, content)."""
    return sorted((found.format.name, found.text) for found in zxingcpp.read_barcodes(image.convert("L"), FORMATS))


def read_png(content: bytes) -> list[tuple[str, str]]:
    """All symbols in a PNG."""
    return read(Image.open(io.BytesIO(content)))


def pixels_of_svg(svg: str, zoom: int = 2) -> Image.Image:
    """The boxes of a label's SVG as pixels; its words are left out."""
    root = ElementTree.fromstring(svg)
    width, height = (int(side) for side in root.attrib["viewBox"].split()[2:])
    image = Image.new("L", (width * zoom, height * zoom), 255)
    pen = ImageDraw.Draw(image)
    path = root.find("{http://www.w3.org/2000/svg}path")
    assert path is not None
    for box in path.attrib["d"].split("z"):
        if box:
            x, rest = box.removeprefix("M").split(" ")
            y, w, rest = rest.replace("v", "h").split("h", 2)
            h = rest.split("h")[0]
            left, top = int(x) * zoom, int(y) * zoom
            pen.rectangle((left, top, left + int(w) * zoom - 1, top + int(h) * zoom - 1), fill=0)
    return image
