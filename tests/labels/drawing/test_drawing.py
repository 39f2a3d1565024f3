"""Labels as they are drawn: readable by a decoder that did not make them, words clear of the symbols."""

import io
import re
from xml.etree import ElementTree

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from labels.codes.codes import new_code, spoken
from labels.drawing.dots import DOTS_PER_MM
from labels.drawing.drawing import Drawing, as_png, as_svg, draw
from labels.drawing.formats import built_in, rolls
from labels.drawing.label_text import LabelText
from labels.drawing.lettering import Line, balanced, font, length_of, wrap
from labels.drawing.symbols import QUIET_CODE128, code128_modules
from tests.labels.scans import LONG_NAME, expected, pixels_of_svg, read, read_png, sample

SIZES = tuple(built_in())
FONT_20 = font(20)
SVG = "{http://www.w3.org/2000/svg}"
names = st.text(st.characters(categories=["L", "N", "P", "S", "Z"]), min_size=1, max_size=100) | st.just(LONG_NAME)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("dots_per_mm", DOTS_PER_MM.values())
def test_both_symbols_of_random_labels_are_read_back_from_the_png(size: str, dots_per_mm: int) -> None:
    for name in ("锤", "手提式ABC干粉灭火器 MFZ/ABC4 (4kg)", LONG_NAME):
        code = new_code()
        png = as_png(draw(sample(code, name), size, dots_per_mm))
        assert read_png(png) == expected(size, code)


@pytest.mark.parametrize("size", SIZES)
def test_both_symbols_are_read_back_from_the_svg(size: str) -> None:
    code = new_code()
    svg = as_svg(draw(sample(code, LONG_NAME), size))
    assert read(pixels_of_svg(svg)) == expected(size, code)


@pytest.mark.parametrize(("size", "dots"), [("40x30", (320, 240)), ("60x40", (480, 320)), ("70x50", (560, 400))])
def test_a_203_dpi_printer_gets_one_pixel_a_dot_and_no_grey(size: str, dots: tuple[int, int]) -> None:
    image = Image.open(io.BytesIO(as_png(draw(sample(new_code()), size))))
    assert image.size == dots
    assert image.mode == "1"
    assert image.info["dpi"] == pytest.approx((203.2, 203.2), abs=0.1)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("host", ["http://127.0.0.1:8000", "https://depots.shenzhen.example.org", "https://a.cn"])
def test_quiet_zones_stay_white_round_both_symbols(size: str, host: str) -> None:
    code = new_code()
    text = sample(code, LONG_NAME, url=f"{host}/q/{code}")
    drawing = draw(text, size)
    image = Image.open(io.BytesIO(as_png(drawing))).convert("L").point(lambda grey: 255 - grey)
    side, quiet = len(drawing.rows) * drawing.dot, drawing.quiet * drawing.dot
    round_it = (drawing.left - quiet, drawing.top - quiet, drawing.left + side + quiet, drawing.top + side + quiet)
    assert image.crop(round_it).getbbox() == (quiet, quiet, quiet + side, quiet + side)
    if not drawing.bars:
        return
    left, right = min(bar.x for bar in drawing.bars), max(bar.x + bar.width for bar in drawing.bars)
    module = (right - left) // len(code128_modules(code))
    assert left >= QUIET_CODE128 * module
    assert drawing.width - right >= QUIET_CODE128 * module
    top = drawing.bars[0].y
    strip = image.crop((0, top, drawing.width, drawing.height)).getbbox()
    assert strip == (left, 0, right, drawing.bars[0].height)


@pytest.mark.parametrize(
    ("size", "least", "most"), [("40x30", 16.5, 20), ("60x40", 24, 26), ("70x50", 30, 34), ("a4-65", 14, 16)]
)
def test_the_qr_has_the_usual_size_of_its_roll(size: str, least: float, most: float) -> None:
    drawing = draw(sample(new_code()), size)
    side = len(drawing.rows) * drawing.dot / drawing.dots_per_mm
    assert least <= side <= most


@settings(max_examples=60, deadline=None)
@given(names, st.text(max_size=150), st.sampled_from(sorted(SIZES)), st.sampled_from(["zh", "en"]))
def test_words_never_leave_their_column_and_the_code_always_stands(
    name: str, other: str, size: str, language: str
) -> None:
    code = new_code()
    text = LabelText(
        f"https://depots.example.org/q/{code}", code, name, other, other, other, other, other, other, language
    )
    drawing = draw(text, size)
    lowest = drawing.bars[0].y if drawing.bars else drawing.height
    for line in drawing.words:
        assert line.x >= drawing.symbol_ends
        assert line.x + line.length + 2 * line.outline <= drawing.width - drawing.dots_per_mm
        below = 0.1 if re.fullmatch(r"[\d-]+", line.text) else 0.3  # digits have nothing below their baseline
        assert line.baseline - line.size >= 0
        assert line.baseline + line.size * below <= lowest
    baselines = [line.baseline - line.size for line in drawing.words]
    assert baselines == sorted(baselines)
    assert spoken(code) in [line.text for line in drawing.words]


@settings(max_examples=60, deadline=None)
@given(names, st.sampled_from(sorted(SIZES)))
def test_what_is_drawn_is_always_well_formed_and_readable(name: str, size: str) -> None:
    code = new_code()
    drawing = draw(sample(code, name), size)
    ElementTree.fromstring(as_svg(drawing))
    assert read_png(as_png(drawing)) == expected(size, code)


def test_a_long_chinese_name_is_shrunk_and_wrapped_whole() -> None:
    for size in ("60x40", "70x50", "a4-24"):
        words = draw(sample(new_code(), LONG_NAME), size).words
        assert LONG_NAME in "".join(line.text for line in words), size


def test_a_name_too_long_even_for_the_smallest_letters_ends_in_an_ellipsis_and_leaves_the_code() -> None:
    code = new_code()
    words = [line.text for line in draw(sample(code, LONG_NAME * 3), "40x30").words]
    at = words.index(spoken(code))
    assert words[at - 1].endswith("…")
    assert "".join(words[at + 1 :]) == "有效期至2029-05-01"


def test_a_short_name_is_set_at_full_size() -> None:
    drawing = draw(sample(new_code(), "锤", name_en="Hammer"), "60x40")
    assert drawing.words[0].size == int(built_in()["60x40"].large * drawing.dots_per_mm)


def test_letters_never_get_smaller_than_two_millimetres() -> None:
    for size in rolls():
        drawing = draw(sample(new_code(), LONG_NAME), size)
        assert min(line.size for line in drawing.words) >= 2 * drawing.dots_per_mm


def test_an_english_label_has_the_english_name_on_top() -> None:
    text = sample(new_code(), "锤", name_en="Hammer", language="en")
    lines = [line.text for line in draw(text, "60x40").words]
    assert lines[0] == "Hammer"
    assert "锤" in lines


def test_what_each_roll_says() -> None:
    def said(size: str) -> str:
        return " ".join(line.text for line in draw(sample(new_code(), "锤", name_en="Hammer"), size).words)

    assert "IND-0231" not in said("40x30")
    for size in SIZES:
        assert "2029-05-01" in said(size).replace("- ", "-"), size
    assert "IND-0231" in said("60x40")
    assert "0755" not in said("60x40")
    assert "A2层" in said("70x50") and "0755-00000231" in said("70x50")


def test_latin_words_stay_whole_where_they_can() -> None:
    assert wrap("Portable dry-powder extinguisher", 20, 200) == ("Portable dry-powder", "extinguisher")


def test_a_closing_mark_never_begins_a_line() -> None:
    lines = wrap("灭火器、水带、扳手（大）、绳", 20, 80)
    assert "".join(lines) == "灭火器、水带、扳手（大）、绳"
    assert not any(line[0] in "、）" for line in lines)


@given(st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=60), st.integers(40, 400))
def test_wrapping_loses_nothing(text: str, width: int) -> None:
    lines = wrap(text, 20, width)
    assert "".join(lines) == text
    assert all(FONT_20.getlength(line) <= max(width, 45) + 3 * len(line) for line in lines)


def test_control_characters_and_markup_in_a_name_do_no_harm() -> None:
    svg = as_svg(draw(sample(new_code(), 'a<b>&"\x00\x1f\ud800 "消火栓"'), "60x40"))
    words = [element.text for element in ElementTree.fromstring(svg).iter(f"{SVG}text")]
    assert words[0] is not None and words[0].startswith('a<b>&"')


def test_words_in_the_svg_keep_their_length_in_any_font() -> None:
    root = ElementTree.fromstring(as_svg(draw(sample(new_code()), "60x40")))
    assert all(float(element.attrib["textLength"]) > 0 for element in root.iter(f"{SVG}text"))
    assert root.attrib["width"] == "60.0mm"


def test_code128_symbols_are_read_back_whatever_they_begin_with() -> None:
    awkward = ["99M3XEJT", "999999AB", "2345678A", "A2345678", "AB23456C"]
    for code in [*awkward, *(new_code() for _ in range(500))]:
        modules = code128_modules(code)
        image = Image.new("L", ((len(modules) + 2 * QUIET_CODE128) * 2, 40), 255)
        for number, dark in enumerate(modules):
            if dark:
                left = (QUIET_CODE128 + number) * 2
                image.paste(0, (left, 0, left + 2, 40))
        assert read(image) == [("Code128", code)]


def test_a_number_keeps_its_unit_and_no_scrap_is_left_on_the_last_line() -> None:
    assert wrap("Portable extinguisher 4 kg", 20, 230) == ("Portable extinguisher", "4 kg")
    assert wrap("IND-0231 南山科技园应急站", 22, 250) == ("IND-0231 南山科技园应", "急站")
    assert balanced("IND-0231 南山科技园应急站", 22, 250) == ("IND-0231 南山科技", "园应急站")
    assert balanced("Store › Cabinet A Fire › Shelf A2", 20, 240) == ("Store › Cabinet A", "Fire › Shelf A2")
    assert balanced("Portable ABC", 20, 60) == wrap("Portable ABC", 20, 60)


@given(st.text(st.characters(categories=["L", "N", "P", "Zs"]), max_size=60), st.integers(40, 400))
def test_balancing_adds_no_line_and_loses_nothing(text: str, width: int) -> None:
    plain, even = wrap(text, 20, width), balanced(text, 20, width)
    assert len(plain) == len(even)
    assert "".join("".join(even).split()) == "".join("".join(plain).split())
    assert all(FONT_20.getlength(line) <= max(width, 45) + 3 * len(line) for line in even)


def height_mm(line: Line, dots_per_mm: int) -> float:
    """How high a line of digits comes out on paper, measured on its pixels."""
    image = Image.new("L", (int(line.length) + 100, 2 * line.size), 0)
    ImageDraw.Draw(image).text((50, int(1.5 * line.size)), "0", font=font(line.size), fill=255, anchor="ls")
    box = image.point(lambda grey: 255 if grey > 115 else 0).getbbox()
    assert box is not None
    return (box[3] - box[1]) / dots_per_mm


def digits(drawing: Drawing) -> list[Line]:
    return [line for line in drawing.words if re.fullmatch(r"\d{4}-(\d{2})?(-\d{2})?|\d{2}-\d{2}", line.text)]


@pytest.mark.parametrize("dots_per_mm", DOTS_PER_MM.values())
@pytest.mark.parametrize(
    ("size", "least"),
    [("30x15", 1.7), ("40x30", 3), ("60x40", 5), ("70x50", 5), ("a4-21", 5), ("a4-24", 5), ("a4-65", 2.2)],
)
def test_A7_the_dates_digits_are_high_enough_to_be_read_from_a_metre(size: str, least: float, dots_per_mm: int) -> None:
    for name in ("锤", LONG_NAME):
        for said, shown in (("有效期至 2029-05-01", "2029-05-01"), ("Use by 2029-12", "2029-12")):
            drawing = draw(sample(new_code(), name, next_date=said), size, dots_per_mm)
            lines = digits(drawing)
            assert "".join(line.text for line in lines) == shown
            assert min(height_mm(line, dots_per_mm) for line in lines) >= least, (size, name)


@pytest.mark.parametrize("width", [60, 80, 110])
def test_A7_digits_that_are_wished_too_high_stay_on_the_label(width: int) -> None:
    own = msgspec.structs.replace(built_in()["60x40"], width=width, height=30, symbol_mm=20, date_mm=20)
    for said in ("有效期至 2029-05-01", "Use by 2029-12"):
        drawing = draw(sample(new_code(), "锤", next_date=said), own)
        assert digits(drawing)
        assert all(line.baseline <= drawing.bars[0].y for line in drawing.words)


@pytest.mark.parametrize(("size", "least"), [("40x30", 5), ("60x40", 8), ("70x50", 8), ("a4-24", 7)])
def test_A7_a_shelfs_name_is_large_and_its_code_small(size: str, least: float) -> None:
    code = new_code()
    text = sample(code, "A1层", name_en="Shelf A1", next_date="", number="", of_place=True)
    drawing = draw(text, size)
    name, spelled = drawing.words[0], next(line for line in drawing.words if line.text == spoken(code))
    assert (name.text, name.size >= least * drawing.dots_per_mm) == ("A1层", True)
    assert spelled.size * 2 <= name.size
    long = draw(sample(code, LONG_NAME, of_place=True), size).words
    assert spoken(code) in [line.text for line in long]


@pytest.mark.parametrize("size", [6, 8, 14, 17, 23, 40, 61, 129])
def test_a_text_is_measured_as_it_is_drawn(size: int) -> None:
    letters = [chr(point) for point in range(0x20, 0x250)] + list("应急管理站水泵，。（）《》—…·℃㎡％①Ω±")
    drawn = font(size)
    assert [length_of(letter, size) for letter in letters] == [drawn.getlength(letter) for letter in letters]
