"""Label codes: what they are made of, what they catch, and what a scanned text turns out to be."""

import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.scanned import as_sent
from labels.codes.codes import ALPHABET, LENGTH, Reading, _read, is_code, new_code, read_scan, spoken

bodies = st.text(ALPHABET, min_size=LENGTH - 1, max_size=LENGTH - 1)
codes = st.builds(lambda _: new_code(), st.integers())
hosts = st.sampled_from(
    ["", "http://127.0.0.1:8000", "https://depots.example.org", "HTTPS://OLD.EXAMPLE", "https://a.b/x"]
)


def test_the_alphabet_has_no_look_alikes_and_a_prime_number_of_symbols() -> None:
    assert len(ALPHABET) == len(set(ALPHABET)) == 31
    assert not set("01OIL") & set(ALPHABET)


def test_every_wrong_character_at_some_place_and_every_swap_of_neighbours_is_caught_in_10000_codes() -> None:
    for _ in range(10_000):
        code = new_code()
        place = random.randrange(LENGTH)
        wrong = [code[:place] + other + code[place + 1 :] for other in ALPHABET if other != code[place]]
        swapped = [
            code[:at] + code[at + 1] + code[at] + code[at + 2 :] for at in range(LENGTH - 1) if code[at] != code[at + 1]
        ]
        assert is_code(code)
        assert not any(is_code(other) for other in wrong + swapped), code


@given(codes)
def test_every_wrong_character_at_every_place_is_caught(code: str) -> None:
    changed = (code[:at] + other + code[at + 1 :] for at in range(LENGTH) for other in ALPHABET if other != code[at])
    assert not any(is_code(other) for other in changed)


@given(bodies)
def test_a_body_has_exactly_one_check_character(body: str) -> None:
    sound = [check for check in ALPHABET if is_code(body + check)]
    assert len(sound) == 1 or (not sound and body.isdecimal())


def test_a_code_is_never_digits_alone_for_that_is_an_ean_8() -> None:
    assert not any(is_code(f"{number}") for number in range(22_222_222, 22_322_222))


def test_10000_codes_are_all_different() -> None:
    assert len({new_code() for _ in range(10_000)}) == 10_000


@given(codes, hosts)
def test_T81_a_code_is_read_in_the_address_of_any_host(code: str, host: str) -> None:
    for address in (f"{host}/q/{code}", f"{host}/q/{code.lower()}/", f"{host}/q/{code}?from=wechat#top"):
        assert read_scan(address).code == code


@given(codes, st.data())
def test_T83_a_code_is_read_as_people_type_it(code: str, data: st.DataObject) -> None:
    full_width = "".join(chr(ord(char) + 0xFEE0) for char in code)
    gap = data.draw(st.sampled_from(["", " ", "-", "–", "－", "　", " - "]))
    for written in (code, full_width):
        typed = f" {written[:4]}{gap}{written[4:]}\n"
        assert read_scan(typed).code == code
        assert read_scan(typed.lower()).code == code


@given(codes)
def test_a_plain_code_is_the_same_scan_as_one_that_a_scanner_sent(code: str) -> None:
    assert read_scan(code) == _read(as_sent(code)) == read_scan(f"]Q1{code}")


@given(codes)
def test_the_spoken_form_is_read_back(code: str) -> None:
    assert len(spoken(code)) == LENGTH + 1
    assert read_scan(spoken(code)).code == code


@given(codes, st.integers(0, LENGTH - 1), st.sampled_from(ALPHABET + "01OIL"))
def test_a_code_with_a_slip_is_told_from_a_foreign_one(code: str, at: int, other: str) -> None:
    changed = code[:at] + other + code[at + 1 :]
    scan = read_scan(changed)
    if changed == code:
        assert scan.code == code
    else:
        assert scan.code is None
        assert scan.reading in (Reading.MISTYPED, Reading.PRODUCT)
        assert scan.reading == Reading.MISTYPED or changed.isdecimal()


def test_an_address_of_ours_with_a_slip_is_mistyped_not_foreign() -> None:
    code = new_code()
    wrong = ALPHABET[ALPHABET.index(code[0]) - 1] + code[1:]
    assert read_scan(f"https://depots.example.org/q/{wrong}").reading == Reading.MISTYPED


@pytest.mark.parametrize(
    ("text", "reading"),
    [
        ("6901234567892", Reading.PRODUCT),
        ("26901234567896", Reading.PRODUCT),
        ("6901234567893", Reading.UNKNOWN),
        ("9638-5074", Reading.PRODUCT),
    ],
)
def test_T77_T78_a_product_bar_code_is_known_by_its_check_digit(text: str, reading: Reading) -> None:
    assert read_scan(text).reading == reading


@pytest.mark.parametrize(
    "text",
    [
        "0106901234567892112501101727022810ABC12\x1d21SN9",
        "]d20106901234567892172702282112345\x1d10A1",
        "(01)06901234567892(11)141231(17)150707(10)A213B1(21)1234",
        "01069012345678921727022810ABC1221SN9",
        "01069012345678901727022810A",
        "https://id.gs1.org/01/06901234567892/10/ABC",
    ],
)
def test_T76_gs1_codes_are_recognised(text: str) -> None:
    assert read_scan(text).reading == Reading.GS1


@pytest.mark.parametrize("text", ["MA.156.M0.100001.000001", "+AHM12345678", "AHM12345678901"])
def test_T79_device_codes_that_are_not_gs1_are_recognised(text: str) -> None:
    assert read_scan(text).reading == Reading.DEVICE


@given(st.text("0123456789", min_size=19, max_size=19))
def test_T101_a_medicine_trace_code_is_not_taken_for_a_product(tail: str) -> None:
    assert read_scan("8" + tail).reading == Reading.MEDICINE


@pytest.mark.parametrize(
    "text",
    [
        "https://www.cccf.com.cn/certSearch?no=Z2019",
        "http://[::1",
        "https://shop.example/q/products",
        "www.example.com",
        "u.wechat.com/kJ2",
        "weixin://dl/business",
        "https://example.org/q/",
    ],
)
def test_T100_an_address_of_somebody_else_is_foreign(text: str) -> None:
    assert read_scan(text).reading == Reading.FOREIGN


@given(st.text())
def test_any_text_gets_an_answer_and_only_sound_codes_are_ours(text: str) -> None:
    scan = read_scan(text)
    assert (scan.reading == Reading.OURS) == (scan.code is not None)
    if scan.code is not None:
        assert is_code(scan.code)


@pytest.mark.parametrize("text", ["a." * 100_000, "/q/" * 100_000, "https://" + "a/01/" * 100_000, " " * 500_000 + "x"])
def test_a_huge_text_is_read_in_an_instant(text: str) -> None:
    began = time.process_time()
    assert read_scan(text).code is None
    assert time.process_time() - began < 2  # seconds; an expression that backtracks would take minutes


@pytest.mark.parametrize("text", ["7" + "1" * 19, "8" + "1" * 18, "8" + "1" * 20])
def test_T101_not_any_twenty_digits_are_a_medicine(text: str) -> None:
    assert read_scan(text).reading != Reading.MEDICINE
