"""The judgement of fitness as a pure function: one order of reasons, what each means, which lot first."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from depots.models import PlaceKind
from inventory.fitness.rules import READY, Seen, Stop, Where, Why, first_expiring, hindrance, stop_of, why_not, worst
from inventory.fitness.words import WHY_WORDS, refusal
from inventory.stock.models import Condition, Expiry

TODAY = date(2026, 11, 23)
SOUND = Seen(Condition.FIT, Expiry.NONE, None)


@dataclass(frozen=True, kw_only=True)
class Pack(Seen):
    name: str
    quantity: Decimal = Decimal(1)
    received_at: datetime = datetime(2026, 1, 1, tzinfo=UTC)


def pack(
    name: str, ends: date | None, condition: Condition = Condition.FIT, expiry: Expiry = Expiry.KNOWN, **more: object
) -> Pack:
    return Pack(condition=condition, expiry=expiry, usable_through=ends, name=name, **more)  # type: ignore[arg-type]


def test_T14_the_opened_pack_first_then_the_earliest_date_and_nothing_on_hold_or_unchecked() -> None:
    a = pack("A", date(2026, 5, 31))
    b = pack("B", date(2026, 4, 30), condition=Condition.QUARANTINED)
    c = pack("C", date(2026, 6, 30), opened_on=date(2026, 3, 1))
    old = pack("old", date(2026, 5, 31), received_at=datetime(2025, 1, 1, tzinfo=UTC))
    unknown = pack("unknown", None, expiry=Expiry.UNKNOWN)
    endless = pack("endless", None, expiry=Expiry.NONE)
    unchecked = pack("unchecked", date(2026, 4, 1), unchecked=True)
    order = first_expiring([unknown, endless, a, b, c, unchecked, old], date(2026, 3, 10))
    assert [one.name for one in order] == ["C", "old", "A", "endless"]
    assert first_expiring([a, c], date(2026, 7, 1)) == []


def test_every_reason_has_its_word_and_every_stop_its_sentence() -> None:
    assert list(WHY_WORDS) == list(Why)
    for why in Why:
        for hard_stop in (False, True):
            stop = stop_of(why, hard_stop=hard_stop)
            if stop != Stop.NONE:
                assert refusal(why, stop, day="2026-01-01").status in (409, 422)


def test_T15_medicines_respirators_rope_and_cylinders_stop_hard_the_rest_asks_for_a_reason() -> None:
    late = Seen(Condition.FIT, Expiry.NONE, None, unchecked=True)
    assert hindrance(late, hard_stop=True, today=TODAY) == (Why.UNCHECKED, Stop.HARD)
    assert hindrance(late, hard_stop=False, today=TODAY) == (Why.UNCHECKED, Stop.REASON)
    past = Seen(Condition.UNFIT, Expiry.KNOWN, date(2026, 11, 22))
    assert hindrance(past, hard_stop=False, today=TODAY) == (Why.UNFIT, Stop.HARD)
    assert hindrance(SOUND, hard_stop=True, today=TODAY) is None


def test_T13_an_opened_pack_does_not_count_but_may_be_used() -> None:
    opened = Seen(Condition.FIT, Expiry.KNOWN, TODAY, opened_on=TODAY, opened_counts=False)
    assert why_not(opened, None, TODAY) == Why.OPENED
    assert hindrance(opened, hard_stop=True, today=TODAY) is None


@pytest.mark.parametrize(
    ("where", "why"),
    [
        (Where(PlaceKind.SHELF, in_reach=True), None),
        (Where(PlaceKind.HOLDER, in_reach=False), Why.LENT),
        (Where(PlaceKind.VEHICLE, in_reach=False), Why.AWAY),
        (Where(PlaceKind.VEHICLE, in_reach=True, carrier=False), Why.CARRIER),
    ],
)
def test_where_gear_is_comes_before_what_it_is(where: Where, why: Why | None) -> None:
    assert why_not(SOUND, where, TODAY) == why
    bad = Seen(Condition.QUARANTINED, Expiry.NONE, None)
    assert why_not(bad, where, TODAY) == (why or Why.RECALLED)


def test_of_a_lot_at_several_depots_the_first_reason_is_shown() -> None:
    assert worst([READY, "unchecked", "expired"]) == "expired"
    assert worst([READY]) == READY
