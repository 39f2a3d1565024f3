"""``/api/labels/…``, ``/api/scan`` and print runs: what is done with labels, as JSON."""

import asyncio
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, get, post
from litestar.params import Body, FromPath, QueryParameter
from litestar.response import File

from core.background import go_on
from core.bodies import shaped
from core.context import AppContext, context_of, language_of
from core.errors import not_found
from core.ids import new_id
from core.languages import N_
from labels.codes.fastening import bind, report_mistaken, set_outdoor, unbind
from labels.codes.foreign import link, unlink
from labels.codes.resolving import ScanAnswer, resolve
from labels.codes.states import LabelState, label_state, our_code
from labels.drawing.dots import DEFAULT_SIZE
from labels.printing.runs import Progress, Wish, file_of, make_file, progress_of, start_run
from labels.printing.sending import Printed, print_label
from people.policy import Act, Caller

Text = Annotated[str, QueryParameter(max_length=500, description="what was scanned, letter by letter")]


class Binding(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``to``: a code on the thing, the id of a lot or place, or a depot's code. ``reason``: a note for its history."""

    to: str
    reason: str = ""


class Reason(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why."""

    reason: str


class Outdoor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether the label sticks where the sun reaches it."""

    outdoor: bool


class SecondCode(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A foreign code and what it is to open; without ``to`` the link is taken off."""

    text: str
    to: str | None = None


Given = Annotated[Any, Body(title="What is done")]


async def _done(request: Request[Any, Any, Any], verb: Any, code: str, *args: Any, **named: Any) -> LabelState:
    context, code = context_of(request), our_code(code)
    told: tuple[Any, ...] = (request.user, code, *args, context.clock.now())
    await context.database.write(verb, *told, **named)
    return await context.database.read(label_state, request.user, code, context.clock.today())


@post(
    "/api/labels/{code:str}/bind",
    sets=True,
    may=Act.KEEP,
    before_request=shaped(Binding),
    status_code=200,
    summary="Bind a blank label to a thing, for ever",
)
async def bind_label(request: Request[Any, Any, Any], code: FromPath[str], data: Given) -> LabelState:
    """On a piece, a place or a depot the label before it counts as replaced, and resolves all the same.

    Refuses (409) a code that was ever on another thing.
    """
    given = msgspec.convert(data, Binding)
    return await _done(request, bind, code, given.to, given.reason)


@post(
    "/api/labels/{code:str}/unbind",
    may=Act.KEEP,
    before_request=shaped(Reason),
    status_code=200,
    summary="Take a label off its thing for good",
)
async def unbind_label(request: Request[Any, Any, Any], code: FromPath[str], data: Given) -> LabelState:
    """It still leads to the thing. ``replaced_by`` is the label that stands for the thing now, if need be a new one."""
    return await _done(request, unbind, code, msgspec.convert(data, Reason).reason)


@post(
    "/api/labels/{code:str}/outdoor",
    operation_id="setLabelOutdoor",
    may=Act.KEEP,
    before_request=shaped(Outdoor),
    status_code=200,
    summary="Say whether a label sticks outdoors",
)
async def label_outdoor(request: Request[Any, Any, Any], code: FromPath[str], data: Given) -> LabelState:
    """An outdoor label of thermal print is due for a new print after twelve months."""
    return await _done(request, set_outdoor, code, outdoor=msgspec.convert(data, Outdoor).outdoor)


@post(
    "/api/labels/{code:str}/mistaken",
    operation_id="reportMistakenLabel",
    may=Act.REPORT,
    before_request=shaped(Reason),
    status_code=200,
    summary="This is not the thing that the label names",
)
async def label_mistaken(request: Request[Any, Any, Any], code: FromPath[str], data: Given) -> LabelState:
    """Asks the depot's keeper for a look; nothing is taken out of service."""
    return await _done(request, report_mistaken, code, msgspec.convert(data, Reason).reason)


class Print(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A print: in which size; on which of the city's printers, or ``None`` where the file is printed by hand."""

    size: str = DEFAULT_SIZE
    printer: str | None = None
    lang: str = "zh"


@post(
    "/api/labels/{code:str}/print",
    operation_id="printLabel",
    may=Act.KEEP,
    before_request=shaped(Print),
    status_code=200,
    summary="Send a label to a label printer, or log that its file was printed",
)
async def print_one(request: Request[Any, Any, Any], code: FromPath[str], data: Given) -> Printed:
    """Every print is logged; the second and later ones are reprints of the same code."""
    context, given = context_of(request), msgspec.convert(data, Print)
    code = our_code(code)
    return await asyncio.to_thread(print_label, context, request.user, code, given.size, given.printer, given.lang)


@post(
    "/api/foreign-codes",
    operation_id="linkForeignCode",
    may=Act.KEEP,
    before_request=shaped(SecondCode),
    status_code=200,
    summary="Link somebody else's code to a thing as a second one, or take the link off",
)
async def second_code(request: Request[Any, Any, Any], data: Given) -> ScanAnswer:
    """Answers with what the code opens now."""
    context, given = context_of(request), msgspec.convert(data, SecondCode)
    if given.to is None:
        await context.database.write(unlink, request.user, given.text)
    else:
        await context.database.write(link, request.user, given.text, given.to, context.clock.now())
    return await _resolved(request, given.text)


@get("/api/scan", may=Act.SEE, summary="What any scanned text is and leads to")
async def scan(request: Request[Any, Any, Any], text: Text) -> ScanAnswer:
    """Our labels, linked foreign codes, product codes, GS1 element strings and GS1 Digital Links."""
    return await _resolved(request, text)


async def _resolved(request: Request[Any, Any, Any], text: str) -> ScanAnswer:
    context = context_of(request)
    return await context.database.read(resolve, request.user, text, context.clock.today(), language_of(request))


@post("/api/label-runs", may=Act.KEEP, before_request=shaped(Wish), status_code=202, summary="Print many labels")
async def start_label_run(request: Request[Any, Any, Any], data: Given) -> Progress:
    """The PDF is made in the background; ask the run how far it is, and fetch its file."""
    context, wish = context_of(request), msgspec.convert(data, Wish)
    run_id = await begin_run(context, request.user, wish)
    return await context.database.read(progress_of, request.user, run_id, context.clock.now())


async def begin_run(context: AppContext, caller: Caller, wish: Wish, run_id: UUID | None = None) -> UUID:
    """Enter a run and start making its file in a thread; returns its id. With the id of a run that there is: that one.

    ``run_id``: the run's own, where a form that may be sent again has one.
    """
    base, own_id = context.settings.label_base, run_id or new_id()
    picks = await context.database.offload(start_run, caller, wish, own_id, base, context.clock.now())
    if picks is not None:
        go_on(make_file, context, caller, own_id, wish, picks)
    return own_id


@get("/api/label-runs/{run_id:uuid}", operation_id="getLabelRun", may=Act.KEEP, summary="How far a print run is")
async def label_run(request: Request[Any, Any, Any], run_id: FromPath[UUID]) -> Progress:
    """One's own runs only."""
    context = context_of(request)
    return await context.database.read(progress_of, request.user, run_id, context.clock.now())


@get(
    "/api/label-runs/{run_id:uuid}/file",
    operation_id="getLabelRunFile",
    files=("application/pdf",),
    may=Act.KEEP,
    summary="The PDF of a print run",
)
async def label_run_file(request: Request[Any, Any, Any], run_id: FromPath[UUID]) -> File:
    """Stored for a day."""
    context = context_of(request)
    run = await context.database.read(progress_of, request.user, run_id, context.clock.now())
    path = file_of(context, run.id)
    if run.state != "done" or not path.exists():
        raise not_found(N_("this file is not there yet, or not any more; files are kept for a day"))
    return File(path, filename="labels.pdf", media_type="application/pdf")


ROUTES = [
    bind_label,
    unbind_label,
    label_outdoor,
    label_mistaken,
    print_one,
    second_code,
    scan,
    start_label_run,
    label_run,
    label_run_file,
]
