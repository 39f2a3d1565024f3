"""Pictures and papers of items over HTTP: by route and by page."""

import asyncio
from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID

from litestar import Request, Response, delete, get, post, put
from litestar.datastructures import UploadFile
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.response import File, Redirect

from core.context import context_of
from core.errors import NO_SUCH_THING, bad_field, not_found
from core.languages import N_
from core.openapi.answers import REPEATED
from core.pages import form_of
from inventory.catalogue.models import FileKind
from inventory.editing.files import MEDIA, FileRow, NewFile, add_file, prepare_paper, remove_file, the_file
from inventory.editing.items import changeable
from inventory.stock.within import looked_up
from inventory.telling.forms import form_id
from inventory.telling.photos import JPEG, LARGEST_FILE, file_of, keep_file, thumbnail
from people.policy import Act

LASTING = {"cache-control": "private, max-age=31536000, immutable"}
_ROOM = LARGEST_FILE + 100_000
Title = Annotated[str, QueryParameter(max_length=1000)]


async def _store(request: Request[Any, Any, Any], code: str, new: NewFile, data: bytes) -> tuple[FileRow, bool]:
    context = context_of(request)
    content, suffix = await asyncio.to_thread(prepare_paper, data)
    name = await asyncio.to_thread(keep_file, context.settings.var_dir / "photos", content, suffix)
    told = (name, suffix, len(content))
    row, fresh = await context.database.write(add_file, request.user, code, new, told, context.clock.now())
    return FileRow(row.id, row.kind, row.title, MEDIA[row.suffix], row.size), fresh


@put(
    "/api/catalogue/items/{item_code:str}/files/{file_id:uuid}",
    operation_id="putItemFile",
    answers=REPEATED,
    takes=("image/jpeg", "image/png", "image/webp", "application/pdf"),
    may=Act.APPROVE,
    guards=[looked_up("item_code", changeable, NO_SUCH_THING)],  # before a file is read and stored
    summary="A picture or paper of an item",
    status_code=201,
    request_max_body_size=_ROOM,
)
async def put_file(
    request: Request[Any, Any, Any],
    item_code: FromPath[str],
    file_id: FromPath[UUID],
    kind: FromQuery[FileKind] = FileKind.OTHER,
    title: Title = "",
) -> Response[FileRow]:
    """The body is the file: JPEG, PNG, WebP or PDF. Pictures lose their metadata. 200 for an exact repeat."""
    new = NewFile(id=file_id, kind=kind, title=title)
    row, fresh = await _store(request, item_code, new, await request.body())
    return Response(row, status_code=201 if fresh else 200)


@get(
    "/api/catalogue/files/{file_id:uuid}",
    operation_id="getItemFile",
    files=tuple(MEDIA.values()),
    may=Act.SEE,
    summary="A picture or paper, as it is stored",
)
async def get_file(request: Request[Any, Any, Any], file_id: FromPath[UUID]) -> File:
    """JPEG or PDF. The same address always answers the same."""
    context = context_of(request)
    row = await context.database.read(the_file, file_id)
    path = file_of(context.settings.var_dir / "photos", row.file_hash, row.suffix)
    if not path.exists():
        raise not_found(N_("there is no such file"))
    name = f"{row.title or row.kind.value}{row.suffix}"
    return File(
        path, filename=name, media_type=MEDIA[row.suffix], content_disposition_type="inline", headers=LASTING
    )  # fmt: skip


@get(
    "/api/catalogue/files/{file_id:uuid}/thumbnail",
    operation_id="getItemThumbnail",
    may=Act.SEE,
    summary="A picture, small enough for a list",
    files=(MEDIA[JPEG],),
)
async def get_thumbnail(request: Request[Any, Any, Any], file_id: FromPath[UUID]) -> Response[bytes]:
    """JPEG of 240 pixels at most; 404 for what is no picture. Phones keep it for when there is no signal."""
    context = context_of(request)
    row = await context.database.read(the_file, file_id)
    path = file_of(context.settings.var_dir / "photos", row.file_hash, row.suffix)
    if row.suffix != JPEG or not path.exists():
        raise not_found(N_("there is no such file"))
    content = await asyncio.to_thread(thumbnail, path)
    return Response(content, media_type=MEDIA[JPEG], headers=LASTING)


@delete(
    "/api/catalogue/files/{file_id:uuid}",
    operation_id="removeItemFile",
    may=Act.APPROVE,
    summary="Take a file off its item",
    status_code=204,
)
async def drop_file(request: Request[Any, Any, Any], file_id: FromPath[UUID]) -> None:
    """What it held stays in the backups made so far."""
    context = context_of(request)
    await context.database.write(remove_file, request.user, file_id, context.clock.now())


@post(
    "/manage/catalogue/items/{code:str}/files",
    may=Act.APPROVE,
    guards=[looked_up("code", changeable, NO_SUCH_THING)],
    include_in_schema=False,
    status_code=303,
    request_max_body_size=_ROOM,
)
async def file_form(request: Request[Any, Any, Any], code: FromPath[str]) -> Response[Any]:
    """Add a file to an item."""
    form = await form_of(request)
    file = (await request.form()).get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        raise bad_field("file", N_("choose a file"))
    kind = FileKind(form["kind"]) if form.get("kind") in set(FileKind) else FileKind.OTHER
    new = NewFile(id=form_id(form), kind=kind, title=form.get("title", ""))
    await _store(request, code, new, await file.read())
    return _back(code)


@post("/manage/catalogue/files/{file_id:uuid}/remove", may=Act.APPROVE, include_in_schema=False, status_code=303)
async def remove_form(request: Request[Any, Any, Any], file_id: FromPath[UUID]) -> Response[Any]:
    """Take a file off its item."""
    context = context_of(request)
    return _back(await context.database.write(remove_file, request.user, file_id, context.clock.now()))


def _back(code: str) -> Response[Any]:
    return Redirect(f"/manage/catalogue/items/{quote(code, safe='')}?done=1#files", status_code=303)


ROUTES = [put_file, get_file, get_thumbnail, drop_file, file_form, remove_form]
