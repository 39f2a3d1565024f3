"""Lines of the catalogue entered and changed by officers of the city; what there is of them follows."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import Refusal
from core.models import AuditEntry
from inventory.catalogue.models import Item, KitLine, Tracking
from inventory.documents.models import PackCode
from inventory.editing.belongings import Pack, Part, put_packs, put_parts, put_words
from inventory.editing.categories import CategoryEdit, categories, put_category, remove_category
from inventory.editing.items import ItemEdit, NewItem, add_item, edit_item
from inventory.editing.view import item_view
from inventory.finding.search import items_called
from inventory.readiness.counting import amounts
from inventory.stock.models import Expiry, Lot
from tests.conftest import Town

KEEN = {"name_zh": "强光手电", "category": "LGT", "unit_zh": "支", "tracking": Tracking.BULK}


def add(town: Town, who: str = "admin", **said: Any) -> Item:
    return town.run(add_item, town.callers[who], NewItem(**{"code": "LGT-900", **said}), town.context.clock.now())


def edit(town: Town, code: str, who: str = "admin", **said: Any) -> Item:
    return town.run(edit_item, town.callers[who], code, ItemEdit(**said), town.context.clock.now())


def trail(town: Town, subject: str) -> list[str]:
    statement = select(AuditEntry.act).where(AuditEntry.subject == subject)
    return town.run(lambda session: sorted(session.execute(statement).scalars()))


def a_category(session: Session) -> str:
    return str(session.execute(select(Item.category_code).where(Item.code == "BRK-014")).scalar_one())


@pytest.fixture
def keen(town: Town) -> dict[str, Any]:
    return {**KEEN, "category": town.run(a_category)}


def test_an_item_is_entered_found_and_changed_and_the_trail_has_it(town: Town, keen: dict[str, Any]) -> None:
    add(town, **keen)
    assert "LGT-900" in town.run(items_called, "强光手电")
    edit(town, "LGT-900", name_zh="防爆手电", warn_days="30, 7、90")
    assert "LGT-900" in town.run(items_called, "防爆手电")
    view = town.run(item_view, "LGT-900")
    assert (view.name_zh, view.warn_days, view.name_en, view.source) == ("防爆手电", "90 30 7", "强光手电", "city")
    assert trail(town, "LGT-900") == ["item-added", "item-changed"]
    edit(town, "LGT-900", name_zh="防爆手电")
    assert len(trail(town, "LGT-900")) == 2, "what changes nothing is no act"


def test_what_cannot_be_is_refused_by_its_field(town: Town, keen: dict[str, Any]) -> None:
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"code": "LGT 900"}, "code"),
        ({"name_zh": " "}, "name_zh"),
        ({"category": "NONE"}, "category"),
        ({"pack_size": "1e3"}, "pack_size"),
        ({"gtin": "6901234567890"}, "gtin"),
        ({"sizes": "S M s"}, "sizes"),
        ({"warn_days": "soon"}, "warn_days"),
        ({"warn_days": "30 0"}, "warn_days"),  # that is the last usable day: the gear has not expired
        ({"holds": "kit"}, "holds"),
        ({"expires": True}, "expires"),
        ({"shelf_life_months": 1201}, "shelf_life_months"),
        ({"hazard": "none"}, "hazard"),
    ]
    for said, field in wrong:
        with pytest.raises(Refusal) as refused:
            add(town, **{**keen, **said})
        assert [fault.field for fault in refused.value.fields] == [field]


def test_the_catalogue_is_the_citys_a_districts_officer_changes_nothing(town: Town, keen: dict[str, Any]) -> None:
    for call in (lambda: add(town, "officer", **keen), lambda: edit(town, "BRK-014", "officer", note="x")):
        with pytest.raises(Refusal) as refused:
            call()
        assert refused.value.status == 403


def test_under_stock_unit_and_tracking_stay_names_and_dates_do_not(town: Town) -> None:
    town.stock("MED-010", "3", expires_on=date(2027, 6, 1), number="L1")
    for said in ({"unit_zh": "大包"}, {"decimals": 2}, {"tracking": Tracking.BULK}):
        with pytest.raises(Refusal) as refused:
            edit(town, "MED-010", **said)
        assert refused.value.status == 409
    edit(town, "MED-010", name_en="Bandage", warn_days="60")
    with pytest.raises(Refusal) as refused:
        edit(town, "MED-010", active=False)
    assert refused.value.kind == "in-use"


def test_lots_follow_the_scrap_age_and_the_readiness_with_them(town: Town) -> None:
    item = town.run(lambda session: session.execute(select(Item).where(Item.code == "PPE-001")).scalar_one())
    lot_id = town.stock("PPE-001", "1", serial="H-1", made_on=date(2022, 1, 10))
    edit(town, "PPE-001", retire_age_months=48)
    assert town.lot(lot_id).usable_through is not None and town.lot(lot_id).usable_through < date(2026, 11, 23)
    today = town.context.clock.today()
    assert town.run(amounts, today, [town.depot.id])[town.depot.id][item.id].ready == 0
    edit(town, "PPE-001", retire_age_months=None)
    assert town.lot(lot_id).usable_through is None
    assert town.run(amounts, today, [town.depot.id])[town.depot.id][item.id].ready == 1


def test_lots_without_a_date_become_tasks_once_the_item_has_one(town: Town, keen: dict[str, Any]) -> None:
    add(town, **{**keen, "tracking": Tracking.LOT})
    first, second = town.stock("LGT-900", "5", number="A"), town.stock("LGT-900", "2", number="B")
    assert town.lot(first).expiry == Expiry.NONE
    edit(town, "LGT-900", expires=True)
    assert {town.lot(one).expiry for one in (first, second)} == {Expiry.UNKNOWN}
    edit(town, "LGT-900", expires=False)
    assert {town.lot(one).expiry for one in (first, second)} == {Expiry.NONE}
    assert town.stock("LGT-900", "1", number="A") == first, "it is known by its facts as before"


def test_a_size_in_use_is_not_taken_away(town: Town, keen: dict[str, Any]) -> None:
    add(town, **{**keen, "sizes": "S M L"})
    town.stock("LGT-900", "2", size="M")
    edit(town, "LGT-900", sizes="M L XL")
    with pytest.raises(Refusal) as refused:
        edit(town, "LGT-900", sizes="L XL")
    assert refused.value.kind == "in-use"


def test_a_product_code_names_one_item_alone(town: Town, keen: dict[str, Any]) -> None:
    add(town, **keen, gtin="6901234567892")
    admin, now = town.callers["admin"], town.context.clock.now()
    for call in (
        lambda: edit(town, "BRK-014", gtin="6901234567892"),
        lambda: town.run(put_packs, admin, "BRK-014", [Pack("6901234567892", "10")], now),
    ):
        with pytest.raises(Refusal) as refused:
            call()
        assert "LGT-900" in str(refused.value)
    town.run(put_packs, admin, "LGT-900", [Pack("6901234567892", "20")], now)
    assert town.run(lambda session: session.execute(select(PackCode.contains)).scalar_one()) == 20
    town.run(put_packs, admin, "LGT-900", [], now)
    assert town.run(item_view, "LGT-900").packs == []


def test_words_are_told_whole_and_found_at_once(town: Town) -> None:
    admin, now = town.callers["admin"], town.context.clock.now()
    town.run(put_words, admin, "BRK-014", ["液压大剪", "液压大剪", " "], now)
    assert town.run(item_view, "BRK-014").words == ["液压大剪"]
    assert "BRK-014" in town.run(items_called, "液压大剪")
    town.run(put_words, admin, "BRK-014", [], now)
    assert "BRK-014" not in town.run(items_called, "液压大剪")


def test_a_kit_is_judged_by_its_new_list(town: Town) -> None:
    admin, now = town.callers["admin"], town.context.clock.now()
    town.run(put_parts, admin, "MED-001", [Part("MED-007", "4", "consumable"), Part("BRK-014")], now)
    lines = town.run(lambda session: session.execute(
        select(Item.code, KitLine.quantity).join(Item, Item.id == KitLine.item_id)
        .where(KitLine.kit_item_id == select(Item.id).where(Item.code == "MED-001").scalar_subquery())
        .order_by(Item.code)).all())  # fmt: skip
    assert [(code, int(quantity)) for code, quantity in lines] == [("BRK-014", 1), ("MED-007", 4)]
    for parts, field in (
        ([Part("NONE")], "parts.0.item"),
        ([Part("MED-001")], "parts.0.item"),
        ([Part("MED-007"), Part("MED-007")], "parts.1.item"),
        ([Part("MED-007", "-1")], "parts.0.quantity"),
    ):
        with pytest.raises(Refusal) as refused:
            town.run(put_parts, admin, "MED-001", parts, now)
        assert refused.value.fields[0].field == field
    with pytest.raises(Refusal):
        town.run(put_parts, admin, "BRK-014", [Part("MED-007")], now)


def test_categories_are_entered_renamed_and_taken_out_while_empty(town: Town) -> None:
    admin, now = town.callers["admin"], town.context.clock.now()
    town.run(put_category, admin, "SNOW", CategoryEdit(name_zh="除雪装备", position=1), now)
    town.run(put_category, admin, "SNOW", CategoryEdit(name_en="Snow gear"), now)
    row = next(one for one in town.run(categories) if one.code == "SNOW")
    assert (row.name_zh, row.name_en, row.position, row.items) == ("除雪装备", "Snow gear", 1, 0)
    town.run(remove_category, admin, "SNOW", now)
    with pytest.raises(Refusal) as refused:
        town.run(remove_category, admin, town.run(a_category), now)
    assert refused.value.status == 409
    assert trail(town, "SNOW") == ["category-added", "category-changed", "category-removed"]


def test_lots_of_the_demo_are_dated_as_before_where_nothing_changed(town: Town) -> None:
    lot_id = town.stock("MED-010", "3", expires_on=date(2027, 6, 1), number="L1")
    before = town.lot(lot_id).model_dump()
    edit(town, "MED-010", opened_life_days=5)
    assert {name: value for name, value in town.lot(lot_id).model_dump().items() if before[name] != value} == {}
    assert town.run(lambda session: session.get_one(Lot, lot_id)).natural_key == before["natural_key"]
