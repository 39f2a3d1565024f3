"""What is asked at sign-in goes by the roles that hold now: not by one that is over, nor by one that is to come."""

from datetime import timedelta

import pytest

from core.settings import Settings
from people.accounts import Term, assign
from people.models import Role
from people.second_factor import Need, need_of
from people.sign_in import may_use_password
from tests.conftest import NOW, Town

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("term", "holds"),
    [
        (Term(), True),
        (Term(NOW - HOUR, NOW + HOUR), True),
        (Term(ends_at=NOW), False),
        (Term(starts_at=NOW + HOUR), False),
    ],
    ids=["always", "now", "over", "to come"],
)
def test_an_administrator_is_who_is_one_now(town: Town, settings: Settings, term: Term, holds: bool) -> None:
    asked = settings.model_copy(update={"second_factor": "administrators", "passwords": "administrators"})
    keeper = town.keeper.person_id
    town.run(assign, keeper, Role.ADMINISTRATOR, term=term)
    assert town.run(need_of, asked, keeper, NOW) == (Need.SET_UP if holds else Need.NOTHING)
    assert town.run(may_use_password, asked, keeper, NOW) is holds
