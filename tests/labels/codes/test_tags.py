"""RFID tags: read by GS1's own examples, bound like a label, and a shelf or truck counted in one sweep."""

from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from core.columns import table_of
from core.errors import Refusal
from core.tags import read_tag
from depots.models import Place
from inventory.catalogue.models import Item
from inventory.documents.makers_codes import read_code
from inventory.stock.count_models import CountLine
from inventory.stock.models import Stock
from labels.codes.codes import Reading, read_scan
from labels.codes.foreign import link, linked_to, unlink
from labels.codes.resolving import resolve
from labels.codes.sweeping import MOST_TAGS, PLACES_OF_ONE, SweepAnswer, sweep
from tests.conftest import Town

pytestmark = pytest.mark.anyio

SGTIN = "3074257BF7194E4000001A85"
PLAIN = "E28011606000020612345678"

# The examples of GS1's Tag Data Standard (annex E), as they stand there and as readers write them
EXAMPLES = [
    (SGTIN, "urn:epc:id:sgtin:0614141.812345.6789"),
    ("3674257BF6B7A659B2C2BF1000000000000000000000000000", "urn:epc:id:sgtin:0614141.712345.32a%2Fb"),
    ("3474257BF40000000000162E", "urn:epc:id:giai:0614141.5678"),
    ("3874257BF59B2C2BF10000000000000000000000000000000", None),  # cut off: 49 digits
    ("3874257BF59B2C2BF10000000000000000000000000000000000", "urn:epc:id:giai:0614141.32a%2Fb"),
    ("3174257BF4499602D2000000", "urn:epc:id:sscc:0614141.1234567890"),
    ("3274257BF46072000000162E", "urn:epc:id:sgln:0614141.12345.5678"),
    ("3374257BF40C0E400000162E", "urn:epc:id:grai:0614141.12345.5678"),
    ("3074 257B F719 4E40 0000 1A85", "urn:epc:id:sgtin:0614141.812345.6789"),
    ("30-74-25-7b-f7-19-4e-40-00-00-1a-85", "urn:epc:id:sgtin:0614141.812345.6789"),
    (f"0x{SGTIN.lower()}\r\n", "urn:epc:id:sgtin:0614141.812345.6789"),
    ("3034257BF7194E4000001A85", "urn:epc:id:sgtin:0614141.812345.6789"),  # another filter value
    (f"{SGTIN}00000000", "urn:epc:id:sgtin:0614141.812345.6789"),  # padded to 128 bits
    ("urn:epc:id:sgtin:0614141.812345.6789", "urn:epc:id:sgtin:0614141.812345.6789"),
    ("urn:epc:tag:sgtin-96:3.0614141.812345.6789", "urn:epc:id:sgtin:0614141.812345.6789"),
    (f"urn:epc:raw:96.x{SGTIN}", "urn:epc:id:sgtin:0614141.812345.6789"),
    (PLAIN, f"urn:epc:raw:96.x{PLAIN}"),
    (f"urn:epc:raw:96.x{PLAIN}", f"urn:epc:raw:96.x{PLAIN}"),
    ("E004015012345678", "urn:epc:raw:64.xE004015012345678"),
    ("30FFFFFFFFFFFFFFFFFFFFFF", "urn:epc:raw:96.x30FFFFFFFFFFFFFFFFFFFFFF"),  # a header that lies
    ("81234567890123456789", None),  # a medicine's trace code
    ("123456789012345678901234", None),
    ("6901234567892", None),
    ("01931d5e-7c2a-7f11-8c9d-1234567890ab", None),
    ("urn:epc:id:sgtin:nonsense", None),
    ("urn:epc:raw:96.xZZ", None),
    ("GEH2P5BV", None),
    ("", None),
]


@pytest.mark.parametrize(("sent", "text"), EXAMPLES)
def test_a_tag_is_read_by_the_standard_and_always_written_one_way(sent: str, text: str | None) -> None:
    tag = read_tag(sent)
    assert (tag.text if tag else None) == text
    assert text is None or read_tag(text) == tag
    assert (read_scan(sent).reading == Reading.TAG) == (text is not None)


def test_what_a_tag_says_of_its_thing(town: Town) -> None:
    today = town.context.clock.today()
    assert (read_code(SGTIN, today).gtin, read_code(SGTIN, today).serial) == ("80614141123458", "6789")
    assert read_code("3474257BF40000000000162E", today).asset == "06141415678"
    for blank in ("0" * 24, "F" * 24, "3074257BF7194E4000000000"):
        tag = read_tag(blank)
        assert tag and tag.blank


def test_a_tag_may_hold_our_own_code(town: Town) -> None:
    """GIAI-202 holds letters: a printer that writes tags may write the code of the label on it."""
    code = town.code_of(town.stock("EXT-001", "1", serial="SN-1"))
    scan = read_scan(f"urn:epc:id:giai:6912345.{code}")
    assert (scan.reading, scan.code) == (Reading.OURS, code)


def at(town: Town):
    return town.context.clock.now()


def scanned(town: Town, text: str, who: str = "keeper"):
    return town.run(resolve, town.callers[who], text, town.context.clock.today(), "en")


def test_a_tag_is_bound_like_a_label_and_found_however_a_reader_writes_it(town: Town) -> None:
    lot = town.stock("EXT-001", "1", serial="SN-1")
    assert "link it" in scanned(town, PLAIN).note
    town.run(link, town.keeper, PLAIN.lower(), str(lot), at(town))
    for written in (PLAIN, f"0x{PLAIN}", " ".join(PLAIN[i : i + 4] for i in range(0, 24, 4))):
        answer = scanned(town, written)
        assert (answer.kind, answer.reading, [one.id for one in answer.lots]) == ("lot", Reading.TAG, [lot])
    assert scanned(town, PLAIN, "keeper2").kind == "none"
    other = town.stock("EXT-001", "1", serial="SN-2")
    with pytest.raises(Refusal, match="something else"):
        town.run(link, town.keeper, f"urn:epc:raw:96.x{PLAIN}", str(other), at(town))
    far = town.stock("EXT-001", "1", serial="SN-3", shelf=town.other_shelf)
    with pytest.raises(Refusal, match="ask your officer") as refused:
        town.run(link, town.callers["keeper2"], PLAIN, str(far), at(town))
    assert refused.value.status == 409 and not refused.value.extra and not refused.value.params
    with pytest.raises(Refusal, match="not linked"):
        town.run(unlink, town.callers["keeper2"], PLAIN)
    with pytest.raises(Refusal, match="number of its own"):
        town.run(link, town.keeper, "0" * 24, str(other), at(town))
    town.run(unlink, town.keeper, f"0x{PLAIN}")
    assert town.run(linked_to, PLAIN) is None


def test_a_makers_tag_leads_to_the_piece_with_its_serial_number(town: Town) -> None:
    gtin = update(Item).where(Item.code == "EXT-001").values(gtin="80614141123458")
    town.run(lambda session: session.execute(gtin))
    lot = town.stock("EXT-001", "1", serial="6789")
    assert [one.id for one in scanned(town, SGTIN).lots] == [lot]
    assert town.run(sweep, town.keeper, str(town.shelf.id), [SGTIN]).here[0].lot == lot


def tagged(town: Town, item: str, number: int, **facts: object) -> tuple[UUID, str]:
    """Something in stock with a tag of its own."""
    lot = town.stock(item, "1", **facts)  # type: ignore[arg-type]
    tag = f"E280116060000206{number:08X}"
    town.run(
        link,
        town.keeper if facts.get("shelf") != town.other_shelf else town.callers["keeper2"],
        tag,
        str(lot),
        at(town),
    )
    return lot, tag


def test_a_sweep_counts_each_tag_once_and_says_what_is_not_right(town: Town) -> None:
    first, one = tagged(town, "EXT-001", 1, serial="SN-1")
    _, again = tagged(town, "EXT-001", 2, serial="SN-2")
    missed, _ = tagged(town, "EXT-001", 3, serial="SN-3")
    astray, away = tagged(town, "EXT-001", 4, serial="SN-4", shelf=town.second_shelf)
    _, hidden = tagged(town, "EXT-001", 5, serial="SN-5", shelf=town.other_shelf)
    town.run(link, town.keeper, "E2801160600002060000AAAA", str(first), at(town))  # a second tag on the piece
    places = ["E2801160600002060000CCCC", "E2801160600002060000DDDD"]
    for who, place, tag in (("keeper", town.shelf, places[0]), ("keeper2", town.other_shelf, places[1])):
        town.run(link, town.callers[who], tag, str(place.id), at(town))
    tags = [
        one,
        again,
        one.lower(),
        one,
        away,
        hidden,
        "E2801160600002060000BBBB",
        "E2801160600002060000AAAA",
        " ",
        "?",
        *places,
    ]
    found: SweepAnswer = town.run(sweep, town.keeper, str(town.shelf.id), tags)
    assert (found.read, found.repeats) == (9, 2)
    assert [(line.serial, line.tags, line.quantity) for line in found.here] == [("SN-1", 2, "1"), ("SN-2", 1, "1")]
    assert [(line.lot, line.place) for line in found.elsewhere] == [(astray, town.second_shelf.id)]
    assert [line.lot for line in found.unseen] == [missed]
    unknown = {"?", hidden, "E2801160600002060000BBBB", places[1]}
    assert set(found.unknown) == unknown, "what lies outside one's reach is as if it were not there"


def test_a_shelf_is_swept_with_its_bays_and_a_tag_on_a_pack_is_counted_by_hand(town: Town) -> None:
    room: SweepAnswer = town.run(sweep, town.keeper, str(town.room.id), [])
    assert (room.read, room.here, room.unseen) == (0, [], [])
    lot = town.stock("MED-007", "40", number="L1", pack_size=20)
    loose = town.stock("MED-004", "3", number="L2")
    for number, thing in ((1, lot), (2, lot), (3, loose), (4, loose)):
        town.run(link, town.keeper, f"E280116060000206{number:08X}", str(thing), at(town))
    tags = [f"E280116060000206{number:08X}" for number in range(1, 5)]
    found = town.run(sweep, town.keeper, str(town.room.id), tags)
    assert {(line.lot, line.tags, line.quantity) for line in found.here} == {(lot, 2, None), (loose, 2, "2")}


def test_a_sweep_is_refused_where_one_may_not_count(town: Town) -> None:
    for who, place, status in (
        ("keeper", str(town.other_shelf.id), 404),
        ("auditor", str(town.shelf.id), 403),
        ("keeper", str(uuid4()), 404),
        ("keeper", "nonsense", 422),
        ("keeper", town.depot.code, 422),
    ):
        with pytest.raises(Refusal) as refused:
            town.run(sweep, town.callers[who], place, [PLAIN])
        assert refused.value.status == status, (who, place)
    with pytest.raises(Refusal, match="at most"):
        town.run(sweep, town.keeper, str(town.shelf.id), ["x"] * (MOST_TAGS + 1))


async def test_what_a_sweep_says_goes_into_the_book_by_a_count(client: httpx.AsyncClient, town: Town) -> None:
    tagged(town, "EXT-001", 1, serial="SN-1")
    _, away = tagged(town, "EXT-001", 2, serial="SN-2")
    place, count = str(town.shelf.id), str(uuid4())
    body = {"place": place, "tags": [away, away]}
    swept = (await client.post("/api/sweeps", json=body, headers=town.auth())).json()
    lines = [{"thing": line["lot"], "quantity": line["quantity"]} for line in swept["here"]]
    entries = [
        {"id": count, "kind": "start-count", "depot": town.depot.code, "places": [place]},
        {"id": str(uuid4()), "kind": "count", "count": count, "place": place, "lines": lines},
    ]
    for entry in entries:
        answer = await client.post("/api/entries", json=entry, headers=town.auth())
        assert answer.status_code == 201, answer.text
    counted = town.run(lambda session: session.query(CountLine.lot_id, CountLine.counted).all())
    assert [(str(lot), quantity) for lot, quantity in counted] == [(swept["here"][0]["lot"], 1)]


def test_a_batch_that_lies_in_the_whole_city_hides_nothing_of_what_was_read_here(town: Town) -> None:
    batch, astray = town.stock("BRK-014", "3"), town.stock("EXT-001", "1", town.other_shelf, serial="SN-9")
    town.run(link, town.keeper, PLAIN, str(batch), at(town))
    town.run(link, town.callers["keeper2"], "E2801160600002060000CCCC", str(astray), at(town))
    town.run(_spread, batch, town.other_shelf.id, 2 * MOST_TAGS + 1)
    tags = [PLAIN, "E2801160600002060000CCCC"]
    found: SweepAnswer = town.run(sweep, town.callers["admin"], str(town.shelf.id), tags)
    assert ([line.lot for line in found.here], found.unknown) == ([batch], [])
    assert [line.lot for line in found.elsewhere] == [astray]
    away: SweepAnswer = town.run(sweep, town.callers["admin"], str(town.second_shelf.id), tags)
    assert [line.lot for line in away.elsewhere] == [batch] * PLACES_OF_ONE + [astray]


def _spread(session: Session, lot_id: UUID, like: UUID, times: int) -> None:
    """Some of a lot in so many more places of a depot."""
    places, stock = table_of(Place), table_of(Stock)
    place = dict(session.execute(select(places).where(places.c.id == like)).mappings().one())
    row = dict(session.execute(select(stock).where(stock.c.lot_id == lot_id, ~stock.c.outside)).mappings().one())
    ids = [uuid4() for _ in range(times)]
    session.execute(insert(places), [{**place, "id": one} for one in ids])
    session.execute(insert(stock), [{**row, "place_id": one, "depot_id": place["depot_id"]} for one in ids])
