"""Lists as files: ``/api/export/stock.xlsx?depot=STR-0001``."""

import tempfile
from typing import IO, Any
from urllib.parse import quote

from litestar import Request, get
from litestar.params import FromPath
from litestar.response import Stream
from sqlalchemy.orm import Session

from core.context import context_of
from core.errors import not_found
from core.languages import N_, say
from inventory.exchange.writing import FORMATS, note_export, parts_of, write_list
from inventory.listing.listing import Asked, Listing, list_called
from inventory.listing.requests import asked_of
from people.policy import Act


@get("/api/export/{file:str}", files=tuple(FORMATS.values()), may=Act.SEE, summary="A list as CSV, Excel or PDF")
async def export_list(request: Request[Any, Any, Any], file: FromPath[str]) -> Stream:
    """The list that the file's name tells (depots, stock, items, lots, movements, month, ledger, ...).

    Filtered as the list itself is; only what the caller may see.
    """
    name, _, kind = file.rpartition(".")
    if kind not in FORMATS:
        raise not_found(N_("there is no list called {name}"), name=file[:40])
    return await send_list(request, list_called(context_of(request).lists, name), kind)


async def send_list(request: Request[Any, Any, Any], listing: Listing, kind: str) -> Stream:
    """A list as a file of one of ``FORMATS``, filtered by the request's query; the audit trail records it."""
    context, asked, file = context_of(request), asked_of(request), f"{listing.name}.{kind}"
    written = await context.database.survey(_write, listing, asked, kind)
    await context.database.write(note_export, request.user.person_id, context.clock.now(), file, asked)
    shown = say(asked.language, listing.title)
    headers = {
        "content-disposition": (
            f"attachment; filename=\"{file}\"; filename*=UTF-8''{quote(shown)}-{asked.today}.{kind}"
        ),
        "cache-control": "no-store",
    }
    return Stream(parts_of(written), media_type=FORMATS[kind], headers=headers)


def _write(session: Session, listing: Listing, asked: Asked, kind: str) -> IO[bytes]:
    file = tempfile.TemporaryFile()  # noqa: SIM115  (closed by who reads it)
    try:
        write_list(session, listing, asked, kind, file)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file


ROUTES = [export_list]
