"""``POST /api/movements``: what was scanned or typed becomes movements."""

from typing import Annotated, Any

from litestar import Request, Response, post
from litestar.params import Body

from core.bodies import shaped
from core.context import context_of
from inventory.booking.booking import MovementAnswer
from inventory.booking.wishes import Wish
from labels.codes.booking import book_scanned
from people.policy import Act


@post(
    "/api/movements",
    may=Act.TAKE,
    before_request=shaped(Wish | list[Wish]),
    operation_id="BookMovements",
    summary="Book one movement, or up to 500 at once",
)
async def book_movements(
    request: Request[Any, Any, Any], data: Annotated[Wish | list[Wish], Body(title="One movement or a list")]
) -> Response[MovementAnswer | list[MovementAnswer]]:
    """All or nothing: 201 when something was booked, 200 for an exact repeat, 409 with what is there otherwise."""
    context = context_of(request)
    wishes = data if isinstance(data, list) else [data]
    answers, fresh = await context.database.write(
        book_scanned, request.user, wishes, context.clock.now(), context.clock.today()
    )
    return Response(answers if isinstance(data, list) else answers[0], status_code=201 if fresh else 200)


ROUTES = [book_movements]
