"""Labels and things: bound on the first scan, moved with a reason, second codes, print runs, makers' codes."""

from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import select

from core.errors import Refusal
from inventory.faults.models import Defect
from labels.codes.binding import bound_to
from labels.codes.fastening import bind, report_mistaken, unbind
from labels.codes.foreign import link, linked_to
from labels.codes.rolls import make_roll
from labels.printing.addresses import confirm_address, settled_address
from labels.printing.lists import history, missing, rolls_of_blanks
from tests.conftest import Town
from tests.waiting import rests, until

pytestmark = pytest.mark.anyio


def now(town: Town):
    return town.context.clock.now()


def blanks(town: Town, number: int = 2) -> list[str]:
    return town.run(make_roll, town.keeper, number, "test", now(town))


def test_T74_a_blank_label_is_bound_and_the_one_before_resolves_for_ever(town: Town) -> None:
    lot = town.stock("EXT-001", "1", serial="SN-1")
    old, (new, _) = town.code_of(lot), blanks(town)
    town.run(bind, town.keeper, new, old, "", now(town))
    first, second = town.run(bound_to, old), town.run(bound_to, new)
    assert first.lot_id == second.lot_id == lot
    assert (first.replaced_by, second.replaced_by) == (new, None)


def test_T74_a_code_that_was_on_a_thing_is_never_used_for_another(town: Town) -> None:
    lot = town.stock("EXT-001", "1", serial="SN-1")
    old, (code, _) = town.code_of(lot), blanks(town)
    town.run(bind, town.keeper, code, str(lot), "", now(town))
    with pytest.raises(Refusal, match="for ever"):
        town.run(bind, town.keeper, code, str(town.shelf.id), "the bottle was scrapped", now(town))
    with pytest.raises(Refusal):
        town.run(unbind, town.callers["keeper2"], code, "mine", now(town))
    town.run(unbind, town.keeper, code, "fell off", now(town))
    with pytest.raises(Refusal, match="for ever"):
        town.run(bind, town.keeper, code, str(town.shelf.id), "", now(town))
    assert (town.run(bound_to, code).lot_id, town.run(bound_to, code).replaced_by) == (lot, old)
    assert town.code_of(lot) == old, "what it had replaced stands again"
    assert [act.act.value for act in town.run(history, code)] == ["unbound", "bound"]


def test_a_thing_whose_labels_are_all_off_gets_a_new_code(town: Town) -> None:
    first = town.code_of(lot := town.stock("EXT-001", "1", serial="SN-1"))
    town.run(unbind, town.keeper, first, "torn", now(town))
    second = town.code_of(lot)
    town.run(unbind, town.keeper, second, "lost", now(town))
    third = town.code_of(lot)
    assert len({first, second, third}) == 3, "one that was taken off does not stand for the thing again"
    assert {town.run(bound_to, code).lot_id for code in (first, second, third)} == {lot}
    with pytest.raises(Refusal, match="taken its place"):
        town.run(unbind, town.keeper, first, "again", now(town))


def test_of_a_batchs_labels_another_one_stands_when_one_is_off(town: Town) -> None:
    lot = town.stock("RSP-007", "40", number="L1")
    first, (second, _) = town.code_of(lot), blanks(town)
    town.run(bind, town.keeper, second, str(lot), "", now(town))
    town.run(unbind, town.keeper, second, "on the wrong box", now(town))
    assert (town.run(bound_to, second).lot_id, town.run(bound_to, second).replaced_by) == (lot, first)


def test_T75_this_is_not_it_asks_the_depot_for_a_look(town: Town) -> None:
    lot = town.stock("EXT-001", "1", serial="SN-1")
    town.run(report_mistaken, town.callers["responder"], town.code_of(lot), "a radio", now(town))
    defect = town.run(lambda session: session.execute(select(Defect)).scalar_one())
    assert (defect.lot_id, defect.state.value) == (lot, "reported")


def test_T100_a_foreign_code_is_linked_and_a_products_bar_code_is_not(town: Town) -> None:
    lot = town.stock("EXT-001", "1", serial="SN-1")
    town.run(link, town.keeper, "https://cccf.example/c/991", str(lot), now(town))
    assert town.run(linked_to, " https://cccf.example/c/991").lot_id == lot
    with pytest.raises(Refusal, match="every piece"):
        town.run(link, town.keeper, "6901234567892", str(lot), now(town))


def test_T81_another_address_is_not_printed_until_it_is_confirmed(town: Town) -> None:
    town.run(settled_address, "https://a.example", now(town))
    with pytest.raises(Refusal, match="--confirm"):
        town.run(settled_address, "https://b.example", now(town))
    town.context.clock.now()
    town.run(confirm_address, "https://b.example", "https://b.example", "admin", now(town).replace(year=2027))
    town.run(settled_address, "https://b.example", now(town))


@pytest.mark.heavy
async def test_a_roll_and_a_depot_are_printed_in_the_background_and_fetched(
    client: httpx.AsyncClient, town: Town
) -> None:
    for wish in ({"blank": 30, "size": "60x40"}, {"chosen": {"depot": town.depot.code}}):
        answer = await client.post("/api/label-runs", json=wish, headers=town.auth())
        assert answer.status_code == 202, answer.text
        address = f"/api/label-runs/{answer.json()['id']}"

        async def ask(address: str = address) -> Any:
            return (await client.get(address, headers=town.auth())).json()

        run = await until(ask, rests)
        assert run["state"] == "done", run
        assert run["done"] == run["total"] > 0
        assert (await client.get(f"{address}/file", headers=town.auth())).content.startswith(b"%PDF")
        assert (await client.get(address, headers=town.auth("keeper2"))).status_code == 404
    assert town.run(missing, town.keeper, town.depot) == []
    assert town.run(rolls_of_blanks)[0].unbound == 30


async def test_the_pages_of_labels_open(client: httpx.AsyncClient, town: Town) -> None:
    lot = town.stock("EXT-001", "1", serial="SN-1")
    (blank, _) = blanks(town)
    sizes = ("/label-sizes", "/label-sizes/preview.svg?size=40x30&bars_mm=0")
    for path in ("/labels", f"/labels/{town.code_of(lot)}", f"/labels/{blank}", *sizes):
        answer = await client.get(path, headers=town.auth())
        assert answer.status_code == 200, (path, answer.text[:500])
    assert (await client.get(f"/q/{blank}", headers=town.auth())).headers["location"] == f"/labels/{blank}"
    assert (await client.get(f"/8004/691234567{blank}")).headers["location"] == f"/q/{blank}"
    assert (await client.get("/label-sizes/preview.svg?large=90", headers=town.auth())).status_code == 422
    unknown = await client.get("/api/scan", params={"text": str(uuid4())}, headers=town.auth())
    assert unknown.json()["kind"] == "none"
    for kind in ("svg", "png", "pdf", "zpl", "tspl"):
        assert (await client.get(f"/api/labels/{blank}.{kind}?size=a4-65", headers=town.auth())).status_code == 200
