"""Where somebody stands: the shelf or depot that a page was opened from, the depot last scanned or chosen, the nearest
to the phone's position, their own; in that order (K2)."""

import math
import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from core.ids import is_id
from depots.models import Depot, DepotStatus, Place
from people.policy import Act, Caller, reach

HERE, NEAR = "here", "near"  # cookies: the depot's code; latitude and longitude
_POINT = re.compile(r"(-?\d{1,2}\.\d{1,6}),(-?\d{1,3}\.\d{1,6})", re.ASCII)
_FAR = 1e9


@dataclass(frozen=True)
class Clues:
    """What a request says of where its caller stands. Any of it may be made up: it only decides what is shown first."""

    at: str = ""  # the id of a place, or the code of a depot
    remembered: str = ""
    position: str = ""


def here_of(session: Session, caller: Caller, clues: Clues) -> Depot | None:
    """The depot where the caller stands, within their reach; None where nothing tells. Four queries at most."""
    within = select(Depot).where(reach(caller, Act.SEE, Depot.id, Depot.district_code))
    tries = []
    if is_id(clues.at):
        tries.append(within.join(Place, Place.depot_id == Depot.id).where(Place.id == UUID(clues.at)))
    tries += [within.where(Depot.code == code) for code in (clues.at, clues.remembered) if code and not is_id(code)]
    point = _POINT.fullmatch(clues.position)
    if point:
        far = apart(float(point[1]), float(point[2]))
        tries.append(within.where(Depot.status == DepotStatus.OPEN).order_by(far, Depot.code))
    own = caller.own_depots()
    if own:
        tries.append(within.where(Depot.id.in_(own)).order_by(Depot.code))
    for one in tries:
        found = session.execute(one.limit(1)).scalar_one_or_none()
        if found is not None:
            return found
    return None


def apart(lat: float, lon: float) -> ColumnElement[Any]:
    """How far depots are from a point, to order them by: the square of it in degrees; those nobody has put last."""
    width = math.cos(math.radians(lat))
    north, east = Depot.lat - lat, (Depot.lon - lon) * width
    return func.coalesce(north * north + east * east, _FAR)
