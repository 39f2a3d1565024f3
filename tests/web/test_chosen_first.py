"""Whoever enters something new chooses: a form that must be told does not choose the first of many itself."""

import re

import httpx
import pytest

from depots.parts import PARTS
from tests.conftest import Town

NEW = (
    *("/manage/new-depot", "/manage/catalogue/new", "/people/new"),
    *(f"/manage/city/{part}/edit" for part in PARTS),
)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_what_must_be_chosen_is_not_chosen_at_first(client: httpx.AsyncClient, town: Town) -> None:
    for path in NEW:
        answer = await client.get(path, headers=town.auth("admin"))
        assert answer.status_code == 200, path
        for name, options in re.findall(r'<select id="([^"]+)"[^>]* required>(.*?)</select>', answer.text, re.S):
            values = re.findall(r'<option value="([^"]*)"', options)
            assert values[0] == "" or len(values) == 1, (path, name)
