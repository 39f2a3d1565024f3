"""Devices and their batteries over HTTP (T41)."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from core.context import context_of
from core.pages import form_of
from inventory.documents.devices import ENTRIES, Device, FitPart, device
from inventory.stock.within import LOT_FIRST
from inventory.telling.forms import book_form, form_id
from people.policy import Act


@get("/api/devices/{lot_id:uuid}", may=Act.SEE, summary="A device, and the battery that is in it")
async def get_device(request: Request[Any, Any, Any], lot_id: FromPath[UUID]) -> Device:
    """Its parts with their own age and charge, and what it lacks."""
    context = context_of(request)
    return await context.database.read(device, request.user, lot_id, context.clock.today())


@post("/devices/{lot_id:uuid}", may=Act.TAKE, guards=[LOT_FIRST], include_in_schema=False, status_code=303)
async def fit_form(request: Request[Any, Any, Any], lot_id: FromPath[UUID]) -> Response[Any]:
    """Put another battery in."""
    form = await form_of(request)
    entry = FitPart(id=form_id(form), device=str(lot_id), part=form.get("part", ""))
    await book_form(request, entry, ENTRIES)
    return Redirect(f"/lots/{lot_id}", status_code=303)


ROUTES = [get_device, fit_form]
