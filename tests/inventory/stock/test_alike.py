"""What is named beyond the caller's reach is answered like what was never made, in words as in status (rule 10).

Addresses and entries have walks of their own (test_post_walk.py, test_reach_walk.py): here are bodies and queries.
"""

import re
from typing import Any

import httpx
import pytest

from tests.conftest import Town
from tests.inventory.stock.conftest import Papers

UNMADE = {"depot": "IND-9999", "keepers": "01a22d71-b6ba-7354-aa00-ed034e14cca1"}


def ways(depot: str, handover: str) -> dict[str, tuple[str, str, dict[str, Any]]]:
    """By what a depot or a document of one is named: method, address, and what is sent."""
    return {
        "a sheet of labels": ("GET", f"/api/depots/{depot}/labels.pdf", {}),
        "a print run": ("POST", "/api/label-runs", {"json": {"chosen": {"depot": depot}}}),
        "a page of labels": ("GET", f"/labels?depot={depot}", {}),
        "a protocol": ("GET", f"/api/export/keeper-handover.csv?handover={handover}", {}),
    }


@pytest.mark.parametrize("way", ways("", ""))
async def test_what_is_beyond_reach_is_named_like_what_was_never_made(
    client: httpx.AsyncClient, town: Town, papers: tuple[Papers, Papers], way: str
) -> None:
    heard = []
    for named in (papers[1].named, UNMADE):
        method, address, sent = ways(named["depot"], named["keepers"])[way]
        answer = await client.request(method, address, headers=town.auth(), **sent)
        words = answer.text.replace(named["depot"], "<depot>").replace(named["keepers"], "<id>")
        heard.append((answer.status_code, re.sub(r"[0-9a-f]{32}", "<request>", words)))
    assert heard[0] == heard[1]
    assert heard[0][0] == 404
