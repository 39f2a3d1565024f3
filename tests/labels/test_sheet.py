"""A4 sheets: every sticker is where the paper has it, and every symbol can be read."""

import pypdfium2
import pytest

from labels.codes import new_code
from labels.sheet import ORIGIN_MM, PER_PAGE, PITCH_MM, sheet
from tests.labels.scans import LONG_NAME, read, sample

DPI = 200
PER_MM = DPI / 25.4


def _pages(pdf: bytes) -> list[pypdfium2.PdfPage]:
    return list(pypdfium2.PdfDocument(pdf))


def test_all_24_labels_of_a_page_are_read_back() -> None:
    codes = [new_code() for _ in range(PER_PAGE)]
    (page,) = _pages(sheet([sample(code, LONG_NAME if number % 3 else "锤") for number, code in enumerate(codes)]))
    found = read(page.render(scale=DPI / 72).to_pil())
    assert found == sorted(
        [("Code128", code) for code in codes] + [("QRCode", f"http://127.0.0.1:8000/q/{code}") for code in codes]
    )


def test_each_label_lies_on_its_own_sticker() -> None:
    codes = [new_code() for _ in range(PER_PAGE)]
    (page,) = _pages(sheet([sample(code) for code in codes]))
    image = page.render(scale=DPI / 72).to_pil()
    for number, code in enumerate(codes):
        row, column = divmod(number, 3)
        left, top = (ORIGIN_MM[0] + column * PITCH_MM[0]) * PER_MM, (ORIGIN_MM[1] + row * PITCH_MM[1]) * PER_MM
        sticker = image.crop((int(left), int(top), int(left + 63.5 * PER_MM), int(top + 33.9 * PER_MM)))
        assert read(sticker) == [("Code128", code), ("QRCode", f"http://127.0.0.1:8000/q/{code}")], number


@pytest.mark.parametrize(("labels", "pages"), [(1, 1), (24, 1), (25, 2), (60, 3)])
def test_a_sheet_has_as_many_pages_as_it_needs(labels: int, pages: int) -> None:
    counted: list[int] = []
    pdf = sheet([sample(new_code()) for _ in range(labels)], lambda: counted.append(1))
    assert len(_pages(pdf)) == pages
    assert len(counted) == labels


def test_the_sheet_carries_its_own_chinese_font_and_stays_small() -> None:
    pdf = sheet([sample(new_code(), "手提式干粉灭火器") for _ in range(PER_PAGE)])
    (page,) = _pages(pdf)
    assert "手提式干粉灭火器" in page.get_textpage().get_text_range()
    assert b"/FontFile" in pdf
    assert len(pdf) < 200_000


def test_the_page_is_a4() -> None:
    (page,) = _pages(sheet([sample(new_code())]))
    assert page.get_size() == pytest.approx((595.28, 841.89), abs=0.1)
