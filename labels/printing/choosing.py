"""Which labels are to be printed, and their texts, a few hundred at a time: memory does not grow with their number."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from core.errors import Refusal, not_found
from core.languages import N_
from depots.models import Depot
from depots.places import depot_by_code, visible_depot
from labels.codes.models import Label
from labels.drawing.label_text import LabelText
from labels.printing.addresses import Addresses
from labels.printing.texts import codes_text, codes_within_reach, held_here, in_shelf_order
from people.policy import Act, Caller, reach

MOST = 200_000  # labels of one run: more than the whole city has
_AT_ONCE = 400


class Chosen(msgspec.Struct, frozen=True):
    """Which labels: by code, of one depot, of the city; of these all, or those that were never printed."""

    codes: list[str] = []
    depot: str | None = None
    everywhere: bool = False
    never: bool = False


Pick = tuple[str, Depot | None]  # a code, and the depot that is to stand on the label where its thing does not say


def picks_of(session: Session, chosen: Chosen, caller: Caller | None = None) -> list[Pick]:
    """The labels in the order in which they are printed: as named, or depot by depot in shelf order.

    A batch may lie at many depots: its label is printed for each of them, for each has its own shelf.
    ``caller`` None is the console, which may print everything. Refuses (404) what is unknown or out of reach.
    """
    if chosen.codes:
        return [(code, None) for code in _known(session, chosen.codes, caller)]
    picks: list[Pick] = []
    for depot in _depots(session, chosen, caller):
        picks += [(code, depot) for code in session.execute(_of_depot(depot, never=chosen.never)).scalars()]
        if len(picks) > MOST:
            raise Refusal(422, "too-many", N_("these are more than {most} labels; print them in parts"), most=MOST)
    return picks


def _known(session: Session, codes: list[str], caller: Caller | None) -> list[str]:
    known: set[str] = set()
    for start in range(0, len(codes), _AT_ONCE):
        known |= codes_within_reach(session, codes[start : start + _AT_ONCE], caller)
    for code in codes:
        if code not in known:
            raise not_found(N_("no label with the code {code} was ever made"), code=code)
    return codes


def _depots(session: Session, chosen: Chosen, caller: Caller | None) -> Sequence[Depot]:
    if chosen.depot:
        one = depot_by_code(session, chosen.depot) if caller is None else visible_depot(session, caller, chosen.depot)
        return [one]
    statement = select(Depot).order_by(Depot.code)
    if caller is not None:
        statement = statement.where(reach(caller, Act.SEE, Depot.id, Depot.district_code))
    return list(session.execute(statement).scalars())


def _of_depot(depot: Depot, *, never: bool) -> Select[Any]:
    statement = in_shelf_order(depot.id)
    return statement.where(Label.prints == 0) if never else statement


def texts_of(session: Session, picks: Sequence[Pick], addresses: Addresses, language: str) -> Iterator[LabelText]:
    """What stands on these labels, in their order."""
    for start in range(0, len(picks), _AT_ONCE):
        some = picks[start : start + _AT_ONCE]
        texts = codes_text(session, [code for code, _ in some], addresses, language)
        for text, (_, depot) in zip(texts, some, strict=True):
            yield text if depot is None else held_here(text, depot, language)
