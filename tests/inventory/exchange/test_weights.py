"""Weights of the catalogue as offices write them; in doubt they are asked for, for somebody lifts by them."""

from typing import Any

import pytest

from inventory.exchange.cells import Wrong
from inventory.exchange.reading import Row, WrongField
from inventory.exchange.weights import kilograms, weight


def read(cell: Any, header: str = "重量") -> str | None:
    kg = kilograms(Row("x", 2, {"weight_kg": weight(cell)}, {"weight_kg": header}))
    return None if kg is None else f"{kg.normalize():f}"


@pytest.mark.parametrize(
    ("cell", "header", "kg"),
    [
        (4.5, "重量", "4.5"), ("4.5 kg", "重量", "4.5"), ("５００克", "单重", "0.5"), ("1.2吨", "重量", "1200"),
        (500, "重量（g）", "0.5"), (3, "重量/kg", "3"), ("3斤", "重量", "1.5"), ("2kg", "重量（g）", "2"),
        (0, "重量", None), (0.1 + 0.2, "重量", "0.3"), (4, "Weight in kg", "4"), ("1,250", "毛重(公斤)", "1250"),
    ],
)  # fmt: skip
def test_a_weight_is_read_with_its_unit(cell: Any, header: str, kg: str | None) -> None:
    assert read(cell, header) == kg


@pytest.mark.parametrize("cell", ["约4", "4-5kg", "4磅", "-1", "四公斤", True, "4.5.1"])
def test_what_is_no_weight_is_refused(cell: Any) -> None:
    with pytest.raises(Wrong):
        read(cell)


@pytest.mark.parametrize(
    ("cell", "header"), [(4, "重量（磅）"), ("0.5g", "重量"), ("9999999", "重量"), ("9" * 30, "重量")]
)
def test_a_unit_that_is_not_known_and_less_than_a_gram_are_refused(cell: Any, header: str) -> None:
    with pytest.raises(WrongField):
        read(cell, header)
