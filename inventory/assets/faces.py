"""Asset facts over HTTP: of one lot, by route and by page."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post, put
from litestar.params import Body, FromPath, QueryParameter
from litestar.response import Redirect

from core.bodies import misshapen, shaped
from core.context import context_of
from core.errors import bad_field
from core.inputs import read_date
from core.languages import N_
from core.pages import form_of, page
from inventory.assets.keeping import AssetEdit, AssetView, asset_view, put_asset
from people.policy import Act

Done = Annotated[str | None, QueryParameter(max_length=8)]


@get("/api/lots/{lot_id:uuid}/asset", may=Act.SEE, summary="Asset facts of a lot or piece")
async def get_asset(request: Request[Any, Any, Any], lot_id: FromPath[UUID]) -> AssetView:
    """Number, price, fund, supplier, warranty, owner, and what it is worth on the books today."""
    context = context_of(request)
    return await context.database.read(asset_view, request.user, lot_id, context.clock.today())


@put(
    "/api/lots/{lot_id:uuid}/asset",
    sets=True,
    may=Act.KEEP,
    summary="Tell asset facts",
    before_request=shaped(AssetEdit),
)
async def set_asset(
    request: Request[Any, Any, Any], lot_id: FromPath[UUID], data: Annotated[Any, Body(title="Asset facts")]
) -> AssetView:
    """What is left out stays as it is."""
    context = context_of(request)
    edit = msgspec.convert(data, AssetEdit)
    await context.database.write(put_asset, request.user, lot_id, edit, context.clock.now())
    return await context.database.read(asset_view, request.user, lot_id, context.clock.today())


@get("/lots/{lot_id:uuid}/asset", may=Act.SEE, include_in_schema=False)
async def asset_page(request: Request[Any, Any, Any], lot_id: FromPath[UUID], done: Done = None) -> Response[str]:
    """The asset facts of a lot, and the form to record them."""
    context = context_of(request)
    view = await context.database.read(asset_view, request.user, lot_id, context.clock.today())
    return page(request, "inventory/assets/asset.html", view=view, done=done)


@post("/lots/{lot_id:uuid}/asset", may=Act.KEEP, include_in_schema=False, status_code=303)
async def asset_form(request: Request[Any, Any, Any], lot_id: FromPath[UUID]) -> Response[Any]:
    """Record asset facts; an empty field empties."""
    context, form = context_of(request), await form_of(request)
    values: dict[str, Any] = {
        name: form[name] for name in ("number", "price", "fund", "supplier", "owner") if name in form
    }
    for name in ("bought_on", "warranty_until"):
        if name in form:
            values[name] = read_date(form[name], name)
    if "life_years" in form:
        said = form["life_years"].strip()
        if said and not (said.isascii() and said.isdigit() and len(said) < 4):
            raise bad_field("life_years", N_("write a whole number, or leave it empty"))
        values["life_years"] = int(said) if said else None
    try:
        edit = msgspec.convert(values, AssetEdit)
    except msgspec.ValidationError as error:
        raise misshapen(str(error)) from None
    await context.database.write(put_asset, request.user, lot_id, edit, context.clock.now())
    return Redirect(f"/lots/{lot_id}/asset?done=1", status_code=303)


ROUTES = [get_asset, set_asset, asset_page, asset_form]
