"""JSON routes of recalls. Calling back, answering and releasing are entries."""

from typing import Any
from uuid import UUID

from litestar import Request, get
from litestar.params import FromPath

from core.context import context_of
from inventory.recalls.view import RecallRow, RecallView, recall_view, recalls
from people.policy import Act


@get("/api/recalls", may=Act.SEE, summary="What has been called back, what stands first")
async def list_recalls(request: Request[Any, Any, Any]) -> list[RecallRow]:
    """The last hundred."""
    return await context_of(request).database.read(recalls)


@get("/api/recalls/{recall_id:uuid}", may=Act.SEE, summary="A recall: where it lies, what was used, who has answered")
async def get_recall(request: Request[Any, Any, Any], recall_id: FromPath[UUID]) -> RecallView:
    """Within the caller's reach."""
    return await context_of(request).database.read(recall_view, request.user, recall_id)


ROUTES = [list_recalls, get_recall]
