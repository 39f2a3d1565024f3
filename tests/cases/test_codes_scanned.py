"""What a scanned or typed text turns out to be: makers' codes, packs, medicine, somebody else's page, a slip."""

from collections.abc import Callable

import pytest

from tests.cases.conftest import Speaker, fields_of
from tests.conftest import Town

BOTTLE, CARTON = "6901234567892", "26901234567896"
TRACE, MAKERS_PAGE = "81234567890123456789", "https://cccf.example/c/991"
Speak = Callable[[str], Speaker]


async def known(keeper: Speaker, officer: Speaker, code: str, item: str, contains: str) -> None:
    """A pack's code that an officer has said what it is."""
    fields = {"depot": "STR-0001", "name": "水", "unit": "瓶", "code": code, "item": item, "contains": contains}
    told = await keeper.tell("propose", **fields)
    await officer.tell("decide-proposal", proposal=told["proposal"], approve=True)


async def everything(keeper: Speaker) -> tuple[int, int]:
    """How many lots and places there are."""
    lots, places = await keeper.ask("/api/lots", limit=200), await keeper.ask("/api/places", limit=200)
    return len(lots["items"]), len(places["items"])


async def test_T76_a_lost_separator_is_asked_about_and_not_guessed(
    keeper: Speaker, officer: Speaker, town: Town
) -> None:
    await known(keeper, officer, BOTTLE, "MED-007", "1")
    code = "01069012345678921727022810ABC1221SN9"
    read = (await keeper.ask("/api/codes", text=code))["code"]
    assert (read["number"], read["serial"]) == (None, None)
    ways = {tuple(sorted(way.items())) for way in read["readings"]}
    assert ways == {(("number", "ABC1221SN9"),), (("number", "ABC12"), ("serial", "SN9"))}
    fields = {"place": town.shelf.id, "quantity": "1", "code": code}
    refused = await keeper.tell("receive", 409, **fields)
    assert refused["type"].endswith("ambiguous-code") and len(refused["readings"]) == 2
    assert (await keeper.ask("/api/lots"))["items"] == []
    await keeper.tell("receive", **fields, number="ABC12")
    (lot,) = (await keeper.ask("/api/lots"))["items"]
    assert (lot["number"], lot["usable_through"]) == ("ABC12", "2027-02-28")


async def test_T77_T78_a_bottles_code_names_the_product_and_a_cartons_has_a_factor_of_its_own(
    keeper: Speaker, officer: Speaker, town: Town
) -> None:
    await known(keeper, officer, BOTTLE, "RSP-007", "1")
    await known(keeper, officer, CARTON, "RSP-007", "24")
    for code in (BOTTLE, CARTON):
        found = await keeper.ask("/api/scan", text=code)
        assert (found["reading"], found["kind"], found["item"]["code"]) == ("product", "item", "RSP-007")
        assert (found["lots"], found["label"]) == ([], None), "it is no asset"
    fields = {"place": town.shelf.id, "unit": "pack"}
    refused = await keeper.tell("receive", 422, code=CARTON, **fields)
    assert fields_of(refused) == ["quantity"]
    for code, pieces in ((BOTTLE, "2"), (CARTON, "48")):
        told = await keeper.tell("receive", code=code, quantity="2", number="L1", **fields)
        assert (told["item"], told["quantity"], told["date_missing"]) == ("RSP-007", pieces, True)
    (lot,) = (await keeper.ask("/api/lots"))["items"]
    assert lot["quantity"] == "50"


async def test_T79_a_device_code_that_is_not_gs1_is_recognised_and_kept_as_it_is_read(
    keeper: Speaker, officer: Speaker
) -> None:
    raw = "MA.156.M0.10A00001.LABC12"
    assert (await keeper.ask("/api/scan", text=raw))["reading"] == "device"
    read = (await keeper.ask("/api/codes", text=raw))["code"]
    assert (read["raw"], read["gtin"], read["number"]) == (raw, None, None)
    await keeper.tell("propose", depot="STR-0001", name="血压计", unit="台", code=raw)
    (proposal,) = (await officer.ask("/api/phone/STR-0001/work"))["proposals"]
    assert (proposal["raw"], proposal["gtin"]) == (raw, None)


async def test_T83_a_code_is_read_as_people_type_it_and_a_slip_is_called_a_slip(keeper: Speaker, town: Town) -> None:
    lot = town.stock("EXT-001", "1", serial="SN-1")
    code = town.code_of(lot)
    wide = "".join(chr(ord(letter) + 0xFEE0) for letter in code.lower())
    for typed in (code.lower(), wide, f"{code[:4]}-{code[4:]}", f" {code[:4]} {code[4:]} "):
        answer = await keeper.send("/q", 303, method="GET", params={"code": typed})
        assert answer.headers["location"] == f"/q/{code}"
        assert (await keeper.ask("/api/scan", text=typed))["label"]["lot"]["id"] == str(lot)
    assert not set(code) & set("01OIL")
    swapped = next(code[:n] + code[n + 1] + code[n] + code[n + 2 :] for n in range(7) if code[n] != code[n + 1])
    wrong = code[:3] + ("A" if code[3] != "A" else "B") + code[4:]
    for slip in (swapped, wrong):
        assert (await keeper.ask("/api/scan", text=slip))["reading"] == "mistyped"
        answer = await keeper.send("/q", 404, method="GET", params={"code": slip})
        assert "校验位不符" in answer.text


async def test_T100_a_makers_page_is_not_ours_makes_no_junk_and_may_be_linked_as_a_second_code(
    keeper: Speaker, speak: Speak, town: Town
) -> None:
    lot = town.stock("EXT-001", "1", serial="SN-1")
    before = await everything(keeper)
    found = await keeper.ask("/api/scan", text=MAKERS_PAGE)
    assert (found["reading"], found["kind"], found["foreign"]) == ("foreign", "none", False)
    page = await keeper.send("/q", 404, method="GET", params={"code": MAKERS_PAGE})
    assert f'href="{MAKERS_PAGE}"' in page.text and "不是本系统标签" in page.text
    assert await everything(keeper) == before
    linked = await keeper.send("/api/foreign-codes", 200, json={"text": MAKERS_PAGE, "to": str(lot)})
    assert (linked["foreign"], [row["id"] for row in linked["lots"]]) == (True, [str(lot)])
    answer = await keeper.send("/q", 303, method="GET", params={"code": MAKERS_PAGE})
    assert answer.headers["location"] == f"/q/{town.code_of(lot)}"
    other = await speak("keeper2").ask("/api/scan", text=MAKERS_PAGE)
    assert (other["kind"], other["lots"]) == ("none", [])


@pytest.mark.parametrize("text", [TRACE])
async def test_T101_a_medicines_trace_code_is_no_product_code_and_its_seven_digits_name_the_pack(
    keeper: Speaker, officer: Speaker, town: Town, text: str
) -> None:
    found = await keeper.ask("/api/scan", text=text)
    assert (found["reading"], found["kind"]) == ("medicine", "none")
    read = (await keeper.ask("/api/codes", text=text))["code"]
    assert (read["raw"], read["gtin"]) == (text, None)
    await known(keeper, officer, text, "MED-024", "1")
    same_pack = text[:7] + "0" * 13
    found = await keeper.ask("/api/scan", text=same_pack)
    assert (found["reading"], found["kind"], found["item"]["code"]) == ("medicine", "item", "MED-024")
    assert (await keeper.ask("/api/scan", text="8999999" + text[7:]))["kind"] == "none"
    told = await keeper.tell("receive", code=same_pack, quantity="1", place=town.shelf.id, number="L101")
    assert (told["item"], told["quantity"]) == ("MED-024", "1")
    refused = await keeper.send("/api/foreign-codes", 422, json={"text": text, "to": str(town.shelf.id)})
    assert fields_of(refused) == ["text"]
    assert (await keeper.ask("/api/scan", text="01" + text[2:]))["reading"] != "medicine"
