"""Whose rule a required line is, in the reader's words instead of codes."""

from decimal import Decimal

import httpx
import pytest

from depots.models import Level
from depots.rules import Demand, combine
from inventory.desk.because import because
from tests.conftest import Town

NAMES = {"STR": ("街面站", "Street station"), "RIO": ("防暴附加", "Riot add-on")}


def demand(profile: str, minimum: str, rule: str = "max", spare_per: int | None = None) -> Demand:
    return Demand(profile, Level.MANDATORY, Decimal(minimum), rule, spare_per)


@pytest.mark.parametrize(
    ("demands", "zh", "en"),
    [
        ([demand("STR", "4")], "街面站 4", "Street station 4"),
        (
            [demand("STR", "4"), demand("RIO", "2.5")],
            "街面站 4、防暴附加 2.5 (取最大)",
            "Street station 4, Riot add-on 2.5 (the largest holds)",
        ),
        (
            [demand("STR", "12", "sum", 3), demand("RIO", "2", "sum")],
            "街面站 12+4 (3:1)、防暴附加 2 (累加)",
            "Street station 12+4 (3:1), Riot add-on 2 (added up)",
        ),
        ([demand("NEW", "1")], "NEW 1", "NEW 1"),
    ],
)
def test_every_rule_is_shown_in_words(demands: list[Demand], zh: str, en: str) -> None:
    why = combine(demands).why
    assert (because("zh", why, NAMES), because("en", why, NAMES)) == (zh, en)
    assert because("zh", f"{why}; 山路 STR 9", NAMES) == f"{zh}; 山路 STR 9"


def test_what_follows_no_rule_stands_as_it_is() -> None:
    assert because("zh", "由市局核定", NAMES) == "由市局核定"
    assert because("zh", "", NAMES) == ""


async def test_no_page_of_a_depot_shows_the_codes_of_crew_posts(client: httpx.AsyncClient, town: Town) -> None:
    page = await client.get("/depots/STR-0001", headers={**town.auth("keeper"), "accept-language": "zh-CN"})
    assert page.status_code == 200
    for code in (">CREW:", ">GROUP:", "S00"):
        assert code not in page.text
