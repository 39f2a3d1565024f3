"""Real payloads, as scanners send them and people copy them, and what becomes of each (G1 to G3, T76 to T79)."""

from datetime import date

import pytest

from core.errors import Refusal
from core.scanned import _LAYOUTS, _US_KEYS, _US_SHIFT, as_sent
from inventory.documents.makers_codes import MakersCode, read_code
from labels.codes.codes import Reading, read_scan, scheme_of
from labels.codes.resolving import resolve
from tests.conftest import Town

TODAY = date(2026, 11, 30)
OURS = "GEH2P5BV"
HOST = f"https://depots.example.org/q/{OURS}"
G, GTIN, OTHER = "06901234567892", "6901234567892", "10857326005540"
GS = "\x1d"


def typed(text: str, layout: str) -> str:
    """What a computer of this layout makes of a scanner that types on US keys."""
    return text.translate(str.maketrans(_US_KEYS + _US_SHIFT, "".join(_LAYOUTS[layout])))


# What is sent, what it is, and what it says: our code, or (gtin, number, serial, last day)
TABLE: list[tuple[str, Reading, object]] = [
    # ours, as symbols, scanners, keyboards and people have it
    (HOST, Reading.OURS, OURS),
    (f"]Q1{HOST}", Reading.OURS, OURS),
    (f"]Q3{HOST}", Reading.OURS, OURS),
    (f"]q1{HOST.swapcase()}", Reading.OURS, OURS),
    (f"]d1{HOST}", Reading.OURS, OURS),
    (f"]C0{OURS}", Reading.OURS, OURS),
    (f"]c0{OURS.lower()}", Reading.OURS, OURS),
    (f"{OURS}\r\n", Reading.OURS, OURS),
    (f"\ufeff{OURS[:4]}\u200b-{OURS[4:]}\t", Reading.OURS, OURS),
    ("ＧＥＨ２Ｐ５ＢＶ", Reading.OURS, OURS),
    (HOST.replace(":", "：").replace(".", "。").replace("/", "、"), Reading.OURS, OURS),
    (HOST.replace(":", "：").replace(".", "．").replace("/", "／"), Reading.OURS, OURS),
    (typed(HOST, "de"), Reading.OURS, OURS),
    (typed(HOST, "fr"), Reading.OURS, OURS),
    (typed(HOST, "es"), Reading.OURS, OURS),
    (typed(HOST, "ru"), Reading.OURS, OURS),
    (typed(HOST, "de").swapcase(), Reading.OURS, OURS),
    (f"(8004)6912345{OURS}", Reading.OURS, OURS),
    (f"]C180046912345{OURS}", Reading.OURS, OURS),
    ("GEH2P5BW", Reading.MISTYPED, None),
    # products
    (GTIN, Reading.PRODUCT, (G, None, None, None)),
    (f"]E0{GTIN}", Reading.PRODUCT, (G, None, None, None)),
    (f"]e0{GTIN}", Reading.PRODUCT, (G, None, None, None)),
    ("]E496385074", Reading.PRODUCT, ("00000096385074", None, None, None)),
    ("]E0012345678905", Reading.PRODUCT, ("00012345678905", None, None, None)),
    ("]I026901234567896", Reading.PRODUCT, ("26901234567896", None, None, None)),
    ("６９０１２３４５６７８９２", Reading.PRODUCT, (G, None, None, None)),
    ("6901234567893", Reading.UNKNOWN, None),
    # GS1 element strings
    (f"01{G}1727022810ABC12{GS}21SN9", Reading.GS1, (G, "ABC12", "SN9", date(2027, 2, 28))),
    (f"]d201{G}1727022810ABC12{GS}21SN9", Reading.GS1, (G, "ABC12", "SN9", date(2027, 2, 28))),
    (f"]D201{G}1727022810ABC12{GS}21SN9", Reading.GS1, (G, "ABC12", "SN9", date(2027, 2, 28))),
    (f"]c101{G}10A7{GS}17271231", Reading.GS1, (G, "A7", None, date(2027, 12, 31))),
    (f"]Q3{GS}01{G}10A7", Reading.GS1, (G, "A7", None, None)),
    (f"]J101{G}10A7", Reading.GS1, (G, "A7", None, None)),
    (f"{GS}01{G}10A7", Reading.GS1, (G, "A7", None, None)),
    (f"01{G}10A7<GS>21B", Reading.GS1, (G, "A7", "B", None)),
    (f"01{G}10A7{{GS}}21B", Reading.GS1, (G, "A7", "B", None)),
    (f"01{G}10A7␝21B", Reading.GS1, (G, "A7", "B", None)),
    (f"01{G}10A7\\x1d21B", Reading.GS1, (G, "A7", "B", None)),
    (f"01{G}10A7[FNC1]21B".replace("[FNC1]", "<FNC1>"), Reading.GS1, (G, "A7", "B", None)),
    (f"01{G}17270200{GS}10LOT7", Reading.GS1, (G, "LOT7", None, date(2027, 2, 28))),
    (f"01{G}17280200", Reading.GS1, (G, None, None, date(2028, 2, 29))),
    (f"01{G}1727022810ABC1221SN9", Reading.GS1, 2),
    ("01108573260055401722081110A2021121092220084115197", Reading.GS1, 2),
    (f"01{G}1727022821A2021121092220084115197XX", Reading.GS1, 0),
    (f"01{G}17270228XXLOT", Reading.GS1, 0),
    (f"(01){G}(11)141231(17)150707(10)A213B1(21)1234", Reading.GS1, (G, "A213B1", "1234", date(2015, 7, 7))),
    (f"(01){G}(10)A(B)C", Reading.GS1, (G, "A(B)C", None, None)),
    (f"(01){G}(10)A(1)(21)B-2/3", Reading.GS1, (G, "A(1)", "B-2/3", None)),
    (f"( 01 ){G}", Reading.UNKNOWN, None),
    (f"（01）{G}（10）A7", Reading.GS1, (G, "A7", None, None)),
    (f"(01){G} (10) A7 ", Reading.GS1, (G, "A7", None, None)),
    (f"01{G[:-1]}3" + "10A7", Reading.GS1, "check digit"),
    (f"(01){G[:-1]}3(10)A7", Reading.GS1, "check digit"),
    (f"https://id.gs1.org/01/{G}/10/A7?17=271231", Reading.GS1, (G, "A7", None, date(2027, 12, 31))),
    (f"]Q1https://maker.example/01/{G}/21/S-1", Reading.GS1, (G, None, "S-1", None)),
    # by other rules
    ("MA.156.M0.10A00001.LABC12", Reading.DEVICE, "MA"),
    ("+A99912345/$$52001510X3", Reading.DEVICE, "HIBC"),
    ("]C0+H123PARTNO1234567890120/$$420020216LOT123", Reading.DEVICE, "HIBC"),
    ("+$$3201231LOT12", Reading.DEVICE, "HIBC"),
    ("9N111234567842", Reading.DEVICE, "PPN"),
    (f"]d1[)>\x1e06{GS}9N111234567842{GS}1TLOT1{GS}D270228", Reading.DEVICE, "PPN"),
    ("=W04551800000100", Reading.DEVICE, "ISBT 128"),
    ("81234567890123456789", Reading.MEDICINE, None),
    ("]C081234567890123456789", Reading.MEDICINE, None),
    ("https://cccf.example/c/991", Reading.FOREIGN, None),
    ("+8613800138000", Reading.UNKNOWN, None),
    ("库存 12 件", Reading.UNKNOWN, None),
]


def said(code: MakersCode) -> tuple[object, ...]:
    return code.gtin, code.number, code.serial, code.expires_on


@pytest.mark.parametrize(("sent", "reading", "meant"), TABLE)
def test_each_payload_is_read_for_what_it_is(sent: str, reading: Reading, meant: object) -> None:
    scan = read_scan(sent)
    assert scan.reading == reading, scan
    if reading == Reading.OURS:
        assert scan.code == meant
    elif reading == Reading.DEVICE:
        assert scheme_of(scan.text) == meant
        assert read_code(sent, TODAY).gtin is None
    elif isinstance(meant, tuple):
        assert said(read_code(sent, TODAY)) == meant
    elif isinstance(meant, int):  # the product is certain; the end may be read in so many ways, and none is guessed
        code = read_code(sent, TODAY)
        assert code.gtin is not None and len(code.readings) == meant
        assert all(len(value) <= 20 for way in code.readings for value in way.values())
        assert meant > 0 or (code.number, code.serial) == (None, None)
    elif isinstance(meant, str):
        with pytest.raises(Refusal, match=meant):
            read_code(sent, TODAY)


def test_the_table_has_sixty_payloads_and_reading_twice_changes_nothing() -> None:
    assert len(TABLE) >= 60
    for sent, _, _ in TABLE:
        assert as_sent(as_sent(sent)) == as_sent(sent)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_code_by_other_rules_is_recognised_and_said(town: Town) -> None:
    for sent, scheme in (("+A99912345/$$52001510X3", "HIBC"), ("9N111234567842", "PPN")):
        answer = town.run(resolve, town.callers["keeper"], sent, TODAY, "en")
        assert (answer.kind, answer.reading) == ("none", Reading.DEVICE)
        assert scheme in answer.note and "second code" in answer.note
