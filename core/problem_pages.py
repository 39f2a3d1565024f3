"""The pages that a problem's ``type`` names: what each kind of problem means, and what to do then."""

from typing import Any

from litestar import Request, Response, get
from litestar.params import FromPath

from core.errors import not_found
from core.languages import N_
from core.pages import page
from core.problem_kinds import PROBLEM_KINDS


@get("/problems", may="public", include_in_schema=False)
async def problem_kinds_page(request: Request[Any, Any, Any]) -> Response[str]:
    """All kinds of problems."""
    return page(request, "problem_kinds.html", kinds=PROBLEM_KINDS, chosen=None)


@get("/problems/{kind:str}", may="public", include_in_schema=False)
async def problem_kind_page(request: Request[Any, Any, Any], kind: FromPath[str]) -> Response[str]:
    """One kind of problem."""
    if kind not in PROBLEM_KINDS:
        raise not_found(N_("there is nothing at this address"))
    return page(request, "problem_kinds.html", kinds={kind: PROBLEM_KINDS[kind]}, chosen=kind)


ROUTES = [problem_kinds_page, problem_kind_page]
