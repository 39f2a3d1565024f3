"""A4 sheets: every sticker is where the paper has it, and every symbol can be read."""

import io

import pypdfium2
import pytest
from PIL import Image

from core.errors import Refusal
from labels.codes.codes import new_code
from labels.drawing.formats import built_in
from labels.drawing.sheet import Fit, sheet, write_sheet
from tests.labels.scans import LONG_NAME, expected, read, sample

DPI = 203
PER_PAGE = 24
SHEETS = ("a4-21", "a4-24", "a4-65")
PER_MM = DPI / 25.4


def _pages(pdf: bytes) -> list[pypdfium2.PdfPage]:
    return list(pypdfium2.PdfDocument(pdf))


def sticker(image: Image.Image, size: str, position: int, right: float = 0, down: float = 0) -> Image.Image:
    """The part of a page where a sticker is on the paper."""
    form = built_in()[size]
    x, y = form.origin(position)
    sides = (x + right, y + down, x + right + form.width, y + down + form.height)
    return image.crop(tuple(round(side * PER_MM) for side in sides))


@pytest.mark.parametrize("size", SHEETS)
def test_each_label_lies_on_its_own_sticker_and_is_read_back(size: str) -> None:
    codes = [new_code() for _ in range(built_in()[size].per_page)]
    (page,) = _pages(sheet([sample(code, LONG_NAME if i % 3 else "锤") for i, code in enumerate(codes)], size))
    image = page.render(scale=DPI / 72).to_pil()
    for position, code in enumerate(codes):
        assert read(sticker(image, size, position)) == expected(size, code), position


@pytest.mark.parametrize("size", SHEETS)
def test_a_sheet_that_was_begun_is_used_from_the_sticker_that_is_left_and_ends_on_a_new_one(size: str) -> None:
    last = built_in()[size].per_page
    codes = [new_code() for _ in range(3)]
    pages = _pages(sheet([sample(code) for code in codes], size, Fit(start=last - 1)))
    first, second = (page.render(scale=DPI / 72).to_pil() for page in pages)
    assert read(sticker(first, size, last - 2)) == expected(size, codes[0])
    assert read(sticker(first, size, last - 1)) == expected(size, codes[1])
    assert read(sticker(second, size, 0)) == expected(size, codes[2])
    assert len(read(first)) == 2 * len(expected(size, codes[0]))


def test_a_printer_that_is_off_is_corrected() -> None:
    code = new_code()
    plain, moved = (
        page.render(scale=DPI / 72).to_pil().convert("L").point(lambda grey: 255 if grey < 128 else 0).getbbox()
        for fit in (Fit(), Fit(right=1.5, down=-2))
        for page in _pages(sheet([sample(code)], "a4-24", fit))
    )
    assert moved[0] - plain[0] == pytest.approx(1.5 * PER_MM, abs=1)
    assert moved[1] - plain[1] == pytest.approx(-2 * PER_MM, abs=1)


def test_the_frames_of_a_calibration_page_stand_where_the_stickers_are() -> None:
    (page,) = _pages(sheet([], "a4-24", Fit(frames=True)))
    image = page.render(scale=DPI / 72).to_pil().convert("L")
    for position in range(PER_PAGE):
        x, y = (side * PER_MM for side in built_in()["a4-24"].origin(position))
        corner = image.crop((int(x) - 3, int(y) - 3, int(x) + 4, int(y) + 4))
        assert corner.getextrema()[0] < 160, position


@pytest.mark.parametrize("fit", [Fit(start=0), Fit(start=25), Fit(right=10.5), Fit(down=-11)])
def test_a_start_or_a_correction_out_of_reason_is_refused(fit: Fit) -> None:
    with pytest.raises(Refusal, match=r"stickers|corrected"):
        sheet([sample(new_code())], "a4-24", fit)


def test_a_roll_gets_a_label_a_page_of_its_own_size() -> None:
    codes = [new_code() for _ in range(3)]
    pages = _pages(sheet([sample(code) for code in codes], "60x40"))
    assert [page.get_size() for page in pages] == [pytest.approx((170.08, 113.39), abs=0.1)] * 3
    for page, code in zip(pages, codes, strict=True):
        assert read(page.render(scale=DPI / 72).to_pil()) == expected("60x40", code)


@pytest.mark.parametrize(("labels", "pages"), [(1, 1), (24, 1), (25, 2), (60, 3)])
def test_a_sheet_has_as_many_pages_as_it_needs(labels: int, pages: int) -> None:
    out = io.BytesIO()
    assert write_sheet(out, (sample(new_code()) for _ in range(labels)), built_in()["a4-24"]) == labels
    assert len(_pages(out.getvalue())) == pages


def test_the_sheet_carries_its_own_chinese_font_and_stays_small() -> None:
    pdf = sheet([sample(new_code(), "手提式干粉灭火器") for _ in range(PER_PAGE)])
    (page,) = _pages(pdf)
    assert "手提式干粉灭火器" in page.get_textpage().get_text_range()
    assert b"/FontFile" in pdf
    assert len(pdf) < 200_000


def test_the_page_is_a4() -> None:
    (page,) = _pages(sheet([sample(new_code())]))
    assert page.get_size() == pytest.approx((595.28, 841.89), abs=0.1)


@pytest.mark.parametrize(
    ("language", "tag", "title"), [("zh", "zh-CN", "标签 60x40："), ("en", "en", "Labels 60x40: ")]
)
def test_a_document_says_its_title_and_language(language: str, tag: str, title: str) -> None:
    paper = sheet([sample(new_code(), language=language)], "60x40")
    document = pypdfium2.PdfDocument(paper)
    assert document.get_metadata_dict()["Title"] == f"{title}IND-0231 南山科技园应急站"
    assert f"/Lang({tag})".encode() in paper
