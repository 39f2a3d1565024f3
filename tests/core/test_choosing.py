"""``?fields=``: each list can be had with the fields alone that a program needs, and names what there is to choose."""

import httpx
import pytest
from litestar import Litestar

from core.choosing import MEDIA_TYPE, cut, fields_of
from core.openapi.document import operations_of
from tests.conftest import Town

LISTS_OF = {"depot_code": "STR-0001", "code": "PAT-001"}


def test_a_row_holds_what_was_asked_for_in_that_order() -> None:
    assert cut(b'[{"a":1,"b":"2.50","c":null}]', ["c", "a"]) == b'[{"c":null,"a":1}]'
    assert cut(b'{"items":[{"a":"\\u4e2d"}],"next":"x"}', ["a"]) == b'{"items":[{"a":"\\u4e2d"}],"next":"x"}'


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_every_list_is_cut_to_the_fields_chosen(
    application: Litestar, client: httpx.AsyncClient, town: Town
) -> None:
    """The walk: of each list that is described, the rows with two of their fields and no others."""
    town.stock("BRK-014", "5")
    headers, walked, empty = town.auth("admin"), 0, []
    for path, method, handler in operations_of(application):
        names = fields_of(handler) if method == "get" else ()
        if not names:
            continue
        address = path.format(**LISTS_OF)
        whole = await client.get(address, headers=headers)
        if whole.status_code in (404, 422):  # a list of a thing that is not there, or that wants to be told more
            continue
        wanted = [names[-1], names[0]]
        answer = await client.get(address, params={"fields": ",".join(wanted)}, headers=headers)
        assert answer.status_code == 200, f"{path}: {answer.text}"
        assert answer.headers["content-type"] == MEDIA_TYPE
        assert int(answer.headers["content-length"]) == len(answer.content)
        rows, all_rows = (body["items"] if isinstance(body, dict) else body for body in (answer.json(), whole.json()))
        assert rows == [{name: row[name] for name in wanted} for row in all_rows], path
        refused = await client.get(address, params={"fields": "code_,nothing"}, headers=headers)
        assert refused.status_code == 400 and names[0] in refused.json()["errors"][0]["message"], path
        known = {**headers, "If-None-Match": answer.headers["etag"]}
        again = await client.get(address, params={"fields": ",".join(wanted)}, headers=known)
        assert again.status_code == 304, path
        walked += 1
        if not rows:
            empty.append(path)
    assert walked >= 24 and walked - len(empty) >= 12, (walked, empty)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_what_is_no_list_and_what_one_may_not_see(client: httpx.AsyncClient, town: Town) -> None:
    lot = town.stock("BRK-014", "5", shelf=town.other_shelf)
    headers = {**town.auth("keeper"), "Accept-Encoding": "gzip", "Accept-Language": "zh"}
    refused = await client.get("/api/depots/STR-0001", params={"fields": "code"}, headers=headers)
    assert refused.status_code == 400 and refused.json()["errors"][0]["field"] == "fields"
    assert (await client.get("/api/depots", params={"fields": "code"})).status_code == 401
    answer = await client.get("/api/lots", params={"fields": "id", "limit": 200}, headers=headers)
    assert str(lot) not in answer.text and "content-encoding" not in answer.headers
    head = await client.head("/api/depots", params={"fields": "code"}, headers=headers)
    assert (head.status_code, head.content) == (200, b"")
