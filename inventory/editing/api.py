"""JSON routes of the catalogue: read a line whole, enter and change it, and what belongs to it."""

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, delete, get, patch, post, put
from litestar.params import Body, FromPath

from core.bodies import shaped
from core.context import context_of
from core.paging import the_one
from inventory.editing.belongings import Pack, Part, put_packs, put_parts, put_words
from inventory.editing.categories import CategoryEdit, CategoryRow, categories, put_category, remove_category
from inventory.editing.items import ItemEdit, NewItem, add_item, edit_item
from inventory.editing.view import ItemView, item_view
from people.policy import Act


class Words(msgspec.Struct, forbid_unknown_fields=True):
    """Other words for an item, all of them."""

    words: list[Annotated[str, msgspec.Meta(max_length=200)]]


class Packs(msgspec.Struct, forbid_unknown_fields=True):
    """Product codes of an item, all of them."""

    packs: list[Pack]


class Parts(msgspec.Struct, forbid_unknown_fields=True):
    """What belongs in a kit, all of it."""

    parts: list[Part]


@get("/api/catalogue/items/{item_code:str}", operation_id="getItem", may=Act.SEE, summary="One line of the catalogue")
async def get_item(request: Request[Any, Any, Any], item_code: FromPath[str]) -> ItemView:
    """With its words, product codes and, of a kit, its contents."""
    return await context_of(request).database.read(item_view, item_code)


@post(
    "/api/catalogue/items",
    operation_id="enterItem",
    may=Act.APPROVE,
    summary="Enter an item into the catalogue",
    status_code=201,
    before_request=shaped(NewItem),
)
async def new_item(request: Request[Any, Any, Any], data: Annotated[Any, Body(title="An item")]) -> Response[ItemView]:
    """Officers of the city alone. Name, category, unit and tracking are needed."""
    context = context_of(request)
    wish = msgspec.convert(data, NewItem)
    item = await context.database.write(add_item, request.user, wish, context.clock.now())
    return Response(await context.database.read(item_view, item.code), status_code=201)


@patch(
    "/api/catalogue/items/{item_code:str}",
    operation_id="editItem",
    sets=True,
    may=Act.APPROVE,
    summary="Change an item of the catalogue",
    before_request=shaped(ItemEdit),
)
async def change_item(
    request: Request[Any, Any, Any], item_code: FromPath[str], data: Annotated[Any, Body(title="What is said of it")]
) -> ItemView:
    """What is left out stays; 409 for what would change the meaning of quantities that there are."""
    context = context_of(request)
    edit = msgspec.convert(data, ItemEdit)
    await context.database.offload(edit_item, request.user, item_code, edit, context.clock.now())
    return await context.database.read(item_view, item_code)


@put(
    "/api/catalogue/items/{item_code:str}/words",
    operation_id="setItemWords",
    sets=True,
    may=Act.APPROVE,
    summary="Other words for an item",
    before_request=shaped(Words),
)
async def set_words(
    request: Request[Any, Any, Any], item_code: FromPath[str], data: Annotated[Any, Body(title="All its words")]
) -> ItemView:
    """Sent whole: what is not named is taken out."""
    context = context_of(request)
    words = msgspec.convert(data, Words).words
    await context.database.write(put_words, request.user, item_code, words, context.clock.now())
    return await context.database.read(item_view, item_code)


@put(
    "/api/catalogue/items/{item_code:str}/packs",
    operation_id="setItemPacks",
    sets=True,
    may=Act.APPROVE,
    summary="Product codes of an item",
    before_request=shaped(Packs),
)
async def set_packs(
    request: Request[Any, Any, Any], item_code: FromPath[str], data: Annotated[Any, Body(title="All its packs")]
) -> ItemView:
    """Sent whole: what is not named is taken out."""
    context = context_of(request)
    packs = msgspec.convert(data, Packs).packs
    await context.database.write(put_packs, request.user, item_code, packs, context.clock.now())
    return await context.database.read(item_view, item_code)


@put(
    "/api/catalogue/items/{item_code:str}/parts",
    operation_id="setKitParts",
    sets=True,
    may=Act.APPROVE,
    summary="What belongs in a kit",
    before_request=shaped(Parts),
)
async def set_parts(
    request: Request[Any, Any, Any], item_code: FromPath[str], data: Annotated[Any, Body(title="All its parts")]
) -> ItemView:
    """Sent whole; every kit of this kind is judged by it from now on."""
    context = context_of(request)
    parts = msgspec.convert(data, Parts).parts
    await context.database.offload(put_parts, request.user, item_code, parts, context.clock.now())
    return await context.database.read(item_view, item_code)


@get("/api/catalogue/categories", may=Act.SEE, summary="Categories of the catalogue")
async def list_categories(request: Request[Any, Any, Any]) -> list[CategoryRow]:
    """In order, with how many items each has."""
    return await context_of(request).database.read(categories)


@put(
    "/api/catalogue/categories/{category_code:str}",
    sets=True,
    may=Act.APPROVE,
    summary="Enter or change a category",
    status_code=204,
    before_request=shaped(CategoryEdit),
)
async def set_category(
    request: Request[Any, Any, Any], category_code: FromPath[str], data: Annotated[Any, Body(title="A category")]
) -> None:
    """What is left out stays as it is."""
    context = context_of(request)
    edit = msgspec.convert(data, CategoryEdit)
    await context.database.write(put_category, request.user, category_code, edit, context.clock.now())


@delete(
    "/api/catalogue/categories/{category_code:str}", may=Act.APPROVE, summary="Take out an empty category",
    status_code=204,
)  # fmt: skip
async def drop_category(request: Request[Any, Any, Any], category_code: FromPath[str]) -> None:
    """409 while items name it."""
    context = context_of(request)
    await context.database.write(remove_category, request.user, category_code, context.clock.now())


@get("/api/catalogue/categories/{category_code:str}", may=Act.SEE, summary="A category")
async def get_category(request: Request[Any, Any, Any], category_code: FromPath[str]) -> CategoryRow:
    """With how many items it has."""
    return the_one(await context_of(request).database.read(categories), "code", category_code)


@get("/api/items/{item_code:str}", operation_id="getCatalogueLine", may=Act.SEE, summary="An item")
async def get_line(request: Request[Any, Any, Any], item_code: FromPath[str]) -> ItemView:
    """What the catalogue has of it, as at `/api/catalogue/items/{item_code}`."""
    return await context_of(request).database.read(item_view, item_code)


ROUTES = [
    get_category,
    get_line,
    *(get_item, new_item, change_item, set_words, set_packs, set_parts),
    *(list_categories, set_category, drop_category),
]
