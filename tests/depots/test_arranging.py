"""A depot's places are arranged by who keeps it; what lies in them is never moved without a movement."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select

from core.errors import Refusal
from core.models import AuditEntry
from depots.arranging import PlaceSaid, change_place, copy_layout, make_place, put_in_order, restore_place, retire_place
from depots.models import DepotStatus, Place, PlaceKind
from labels.codes.models import Label
from tests.conftest import Town, quantity_of
from tests.inventory.stock.test_one_place import kit


def make(
    town: Town, name: str, parent: UUID | None = None, kind: PlaceKind = PlaceKind.SHELF, who: str = "keeper"
) -> Any:
    said = PlaceSaid(kind, name, parent=parent)
    return town.run(make_place, town.callers[who], town.depot.code, said, town.context.clock.now())


def paths(town: Town, code: str | None = None) -> list[str]:
    depot = town.depot if code is None else town.other
    rows = select(Place.path_zh).where(
        Place.depot_id == depot.id, Place.position < 9000, Place.retired_at.is_(None), ~Place.outside
    )
    return list(town.run(lambda session: list(session.execute(rows.order_by(Place.position)).scalars())))


def doing(town: Town, verb: Any, *args: Any, who: str = "keeper", **named: Any) -> Any:
    return town.run(verb, town.callers[who], *args, town.context.clock.now(), **named)


def test_a_place_is_made_with_a_label_and_is_the_last_where_it_stands(town: Town) -> None:
    place = make(town, "A3层", town.room.id)
    bin_ = make(town, "左箱", place.id, PlaceKind.BIN)
    assert paths(town)[-2:] == [f"{town.room.name_zh} › A3层", f"{town.room.name_zh} › A3层 › 左箱"]
    labels = select(Label.place_id).where(Label.place_id.in_([place.id, bin_.id]))
    assert set(town.run(lambda session: session.execute(labels).scalars().all())) == {place.id, bin_.id}
    with pytest.raises(Refusal, match="already"):
        make(town, "A3层", town.room.id)
    with pytest.raises(Refusal, match="comes with its piece"):
        make(town, "车", None, PlaceKind.VEHICLE)


def test_a_renamed_place_renames_the_paths_of_all_in_it_and_keeps_its_stock(town: Town) -> None:
    lot = town.stock("BRK-014", "3")
    doing(town, change_place, town.room.id, "新库房", "New room", parent_id=None)
    assert all(path.startswith("新库房") for path in paths(town))
    assert quantity_of(town.context.database, lot, town.shelf.id) == 3


def test_a_place_moves_within_its_depot_with_what_lies_in_it_but_never_into_itself(town: Town) -> None:
    lot = town.stock("BRK-014", "3")
    other = make(town, "二库", None, PlaceKind.ROOM)
    doing(town, change_place, town.shelf.id, "A1层", "Shelf A1", parent_id=other.id)
    assert paths(town)[-2:] == ["二库", "二库 › A1层"]
    assert quantity_of(town.context.database, lot, town.shelf.id) == 3
    with pytest.raises(Refusal, match="into itself"):
        doing(town, change_place, other.id, "二库", "", parent_id=town.shelf.id)
    with pytest.raises(Refusal, match="no such place"):
        doing(town, change_place, town.shelf.id, "A1层", "", parent_id=town.other_shelf.id)


def test_stock_gets_on_or_off_a_vehicle_only_by_a_movement(town: Town) -> None:
    vehicle = kit(town, shelf=town.second_shelf)
    town.stock("BRK-014", "3")
    with pytest.raises(Refusal, match="moved as gear"):
        doing(town, change_place, town.shelf.id, "A1层", "", parent_id=vehicle)
    with pytest.raises(Refusal, match="moving its piece"):
        doing(town, change_place, vehicle, "车", "", parent_id=town.room.id)
    box = make(town, "车厢", vehicle, PlaceKind.BIN)
    doing(town, change_place, box.id, "车厢", "", parent_id=town.room.id)
    doing(town, change_place, vehicle, "一号车", "", parent_id=town.run(lambda s: s.get(Place, vehicle).parent_id))
    assert any("一号车" in path for path in paths(town))


def test_only_an_empty_place_goes_out_of_use_and_comes_back(town: Town) -> None:
    town.stock("BRK-014", "3")
    for place, why in ((town.shelf, "stock lines"), (town.room, "places stand in it")):
        with pytest.raises(Refusal, match=why):
            doing(town, retire_place, place.id)
    doing(town, retire_place, town.second_shelf.id)
    assert not any(path.endswith("A2层") for path in paths(town))
    doing(town, restore_place, town.second_shelf.id)
    assert paths(town)[-1].endswith("A2层")
    trail = select(AuditEntry.act).where(AuditEntry.kind == "place")
    assert sorted(town.run(lambda session: session.execute(trail).scalars().all())) == [
        "place-restored",
        "place-retired",
    ]


def test_places_are_put_in_the_order_in_which_they_are_walked(town: Town) -> None:
    third = make(town, "A3层", town.room.id)
    doing(town, put_in_order, town.depot.code, [third.id, town.shelf.id, town.second_shelf.id])
    assert [path.split(" › ")[-1] for path in paths(town)[1:]] == ["A3层", "A1层", "A2层"]
    for wrong in ([third.id], [third.id, third.id, town.shelf.id], [town.other_shelf.id]):
        with pytest.raises(Refusal):
            doing(town, put_in_order, town.depot.code, wrong)


def test_a_layout_is_copied_in_its_order_and_a_second_time_adds_nothing(town: Town) -> None:
    make(town, "A0层", town.room.id)
    make(town, "车厢", kit(town), PlaceKind.BIN)
    made = doing(town, copy_layout, town.other.code, town.depot.code, who="admin")
    assert len(made) == 4
    room = town.room.name_zh
    assert paths(town, "other")[1:] == [room, f"{room} › A1层", f"{room} › A2层", f"{room} › A0层"]
    assert doing(town, copy_layout, town.other.code, town.depot.code, who="admin") == []


def test_a_closed_depot_is_not_arranged(town: Town) -> None:
    def close(session: Any) -> None:
        session.merge(town.depot).status = DepotStatus.CLOSED

    town.run(close)
    with pytest.raises(Refusal) as refused:
        make(town, "A9层")
    assert refused.value.kind == "depot-closed"


async def test_routes_and_forms_reach_one_depots_places_alone(client: httpx.AsyncClient, town: Town) -> None:
    keeper = town.auth()
    new = {"kind": "shelf", "name_zh": "A4层", "parent": str(town.room.id)}
    made = await client.post(f"/api/depots/{town.depot.code}/places", json=new, headers=keeper)
    (place_id,) = made.json()["ids"]
    assert (await client.put(f"/api/places/{place_id}", json={"name_zh": "A5层"}, headers=keeper)).status_code == 204
    gone = {"name_zh": "A5层", "active": False}
    assert (await client.put(f"/api/places/{place_id}", json=gone, headers=keeper)).status_code == 204
    for place in (town.other_shelf.id, "0190f000-0000-7000-8000-000000000009"):
        refused = await client.put(f"/api/places/{place}", json={"name_zh": "x"}, headers=keeper)
        assert refused.status_code == 404
    for path, body in (("places", new), ("places/copy", {"from": town.depot.code})):
        assert (
            await client.post(f"/api/depots/{town.other.code}/{path}", json=body, headers=keeper)
        ).status_code == 404
    copied = await client.post(
        f"/api/depots/{town.depot.code}/places/copy", json={"from": town.other.code}, headers=keeper
    )
    assert copied.status_code == 404, "a layout that one may not see is not copied"
    page = f"/manage/depots/{town.depot.code}/places"
    form = {"act": "make", "kind": "shelf", "name_zh": "A6层"}
    answer = await client.post(page, data=form, headers=keeper)
    shown = (await client.get(answer.headers["location"], headers=keeper)).text
    link = shown.split('href="/labels?')[1].split('"')[0].replace("&amp;", "&")
    desk = (await client.get(f"/labels?{link}", headers=keeper)).text
    assert 'value="chosen"' in desk
    code = desk.split('name="codes" value="')[1].split('"')[0]
    run = await client.post("/labels/run", data={"which": "chosen", "codes": code, "size": "a4-24"}, headers=keeper)
    assert run.status_code == 303
    for act in ("change", "retire", "restore", "order", "copy", "none"):
        assert (await client.post(page, data={"act": act}, headers=keeper)).status_code in (404, 422), act


def test_two_who_arrange_one_depot_at_once_neither_make_a_circle_nor_a_name_twice(town: Town) -> None:
    """The one who comes second sees what the first has done, and is refused where it no longer fits."""
    first, second = make(town, "甲库", None, PlaceKind.ROOM), make(town, "乙库", None, PlaceKind.ROOM)

    def both(*acts: Callable[[], Any]) -> list[str]:
        def told(act: Callable[[], Any]) -> str:
            try:
                act()
            except Refusal as refused:
                return refused.kind
            return "done"

        with ThreadPoolExecutor(2) as two:
            return sorted(one.result() for one in [two.submit(told, act) for act in acts])

    circle = both(
        lambda: doing(town, change_place, first.id, "甲库", "", parent_id=second.id),
        lambda: doing(town, change_place, second.id, "乙库", "", parent_id=first.id),
    )
    assert circle.count("done") == 1, circle
    twice = both(lambda: make(town, "丙库", None, PlaceKind.ROOM), lambda: make(town, "丙库", None, PlaceKind.ROOM))
    assert twice.count("done") == 1, twice
    assert len(set(paths(town))) == len(paths(town))
