"""The town's desk, with papers at its first depot and at two that are strange to its keeper."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy.orm import Session

from depots.models import Depot, Place, PlaceKind
from depots.places import add_depots, add_places, new_place
from inventory.closing.closing import PlanClosing
from inventory.documents.counting import StartCount
from inventory.documents.incidents import IncidentKind, OpenIncident
from inventory.documents.loans import Borrower, Lend, Thing
from inventory.documents.models import Channel, Handover, KeeperHandover
from inventory.documents.receiving import Propose
from inventory.documents.transfers import AskedLine, AskTransfer, Dispatch, Sent
from inventory.faults.entries import Fault
from inventory.recalls.calling import CallBack
from inventory.stock.count_models import Count, CountPurpose
from inventory.telling.photos import note_photo
from inventory.upkeep.scrap import ProposeScrap
from inventory.upkeep.service import SendToService, ServiceLine
from inventory.witnessing.witness import AskWitness
from labels.codes.binding import codes_of
from labels.codes.models import Label
from people.accounts import add_person, assign
from people.models import Role
from tests.conftest import Town
from tests.inventory.documents.conftest import Desk, desk

__all__ = ["desk"]
PEPPER = "RIO-007"  # tear-gas spray: controlled


@dataclass
class Papers:
    """Something of every kind at one depot, by what an entry's fields may name."""

    depot: Depot
    shelf: Place
    named: dict[str, str]


def write_papers(desk: Desk, depot: Depot, shelf: Place, other: Depot, keeper: str, mark: str) -> Papers:
    """Let something of every kind stand open at a depot; serials, names and numbers carry the mark."""
    town, day = desk.town, date(2026, 12, 20)
    pieces = [town.stock("BRK-001", "1", shelf, serial=f"{mark}-{number}") for number in range(5)]
    piece, lent, faulty, away, spent = pieces
    coming = town.stock("BRK-001", "1", shelf, serial=f"{mark}-9")
    batch = town.stock("MED-013", "5", shelf, expires_on=date(2030, 1, 1), number=f"{mark}-B")
    pepper = town.stock(PEPPER, "2", shelf, expires_on=date(2030, 1, 1), number=f"{mark}-P")
    kit = desk.kit("MED-001", shelf, serial=f"{mark}-K")
    opening = {"what": IncidentKind.FIRE, "channel": Channel.PHONE, "place": f"{mark} road"}
    who: dict[str, Any] = {
        "borrower": Borrower.OUTSIDE,
        "name": f"{mark} name",
        "unit": f"{mark} unit",
        "phone": f"{mark}555",
    }
    who |= {"depot": depot.code, "due_at": desk.now() + timedelta(days=1)}
    loan = desk.do(Lend, keeper, lines=[Thing(thing=str(lent))], **who)
    defect = desk.do(Fault, keeper, thing=str(faulty), place=str(shelf.id), description=f"{mark} broken")
    service = desk.do(
        SendToService, keeper, lines=[ServiceLine(thing=str(away))], vendor=f"{mark} works", due_back_on=day
    ).result["services"][0]["service"]
    scrap = desk.do(ProposeScrap, keeper, thing=str(spent), reason=f"{mark} old").result["scrap"]
    lines = [AskedLine(item="BRK-001", quantity="1")]
    transfer = desk.do(AskTransfer, keeper, giver=depot.code, receiver=other.code, lines=lines, reason=f"{mark} why")
    desk.do(Dispatch, keeper, transfer=transfer.id, lines=[Sent(thing=str(coming))])
    asked = desk.do(AskWitness, keeper, depot=depot.code, thing=str(pepper), reason=f"{mark} patrol")
    incident = desk.do(OpenIncident, keeper, depot=depot.code, **opening)
    proposal = desk.do(Propose, keeper, depot=depot.code, name=f"{mark} thing", unit="piece")
    count = desk.do(StartCount, keeper, depot=depot.code, places=[str(shelf.id)], note=f"{mark} note")
    handover, keepers = town.run(open_handovers, depot, town.callers[keeper].person_id, desk.now())
    closing = desk.do(PlanClosing, "admin", depot=depot.code, why=f"{mark} rent")
    photo = uuid4()
    town.run(note_photo, town.callers[keeper], photo, mark.lower() * 8, 1, desk.now())
    named = {
        "person": str(town.callers[keeper].person_id),
        "depot": depot.code,
        "shelf": str(shelf.id),
        "shelf code": town.run(codes_of, Label.place_id, [shelf.id])[shelf.id],
        "piece": str(piece),
        "piece code": town.code_of(piece),
        "batch": str(batch),
        "batch code": town.code_of(batch),
        "kit": str(kit.id),
        "kit code": town.code_of(kit.id),
        "loan": str(loan.id),
        "lent": str(lent),
        "empty": other.code,  # a depot without papers of its own
        "defect": str(defect.id),
        "service": service,
        "scrap": scrap,
        "transfer": str(transfer.id),
        "hand-out": str(asked.id),
        "incident": str(incident.id),
        "proposal": str(proposal.id),
        "count": str(count.id),
        "handover": str(handover),
        "keepers": str(keepers),
        "closing": str(closing.id),
        "keeper": keeper,
        "photo": str(photo),
        "coming": str(coming),
    }
    return Papers(depot, shelf, named)


def open_handovers(session: Session, depot: Depot, person_id: UUID, now: datetime) -> tuple[UUID, UUID]:
    """Both handovers as rows: told as entries, their counts of one shelf would exclude each other."""
    ids = (uuid4(), uuid4())
    for count_id, purpose in zip(ids, (CountPurpose.HANDOVER, CountPurpose.KEEPER), strict=True):
        session.add(Count(id=count_id, depot_id=depot.id, purpose=purpose, opened_by_id=person_id, opened_at=now))
    session.flush()
    whose = {"depot_id": depot.id}
    session.add(Handover(id=ids[0], shift_day=now.date(), giver_id=person_id, given_at=now, **whose))
    comer = add_person(session, f"comer-{depot.code}", "CANARY comer" if depot.code != "STR-0001" else "comer", now)
    told = {"leaver_id": person_id, "comer_id": comer.id, "started_by_id": person_id, "started_at": now}
    session.add(KeeperHandover(id=ids[1], guest=False, reason="", **told, **whose))
    session.flush()
    return ids


def third_depot(town: Town) -> tuple[Depot, Place]:
    """A depot in a third district."""
    now = town.context.clock.now()
    place: dict[str, Any] = {"type_code": "STR", "district_code": "440306", "phone": "0", "lat": 22.6, "lon": 113.9}
    depot = Depot(code="STR-0003", name_zh="西乡街面站", name_en="Xixiang depot", created_at=now, **place)
    town.run(add_depots, [depot], now)
    shelf = new_place(depot.id, PlaceKind.SHELF, "C1层", "Shelf C1", now, position=20)
    town.run(add_places, [shelf], now)
    return depot, shelf


@pytest.fixture
def papers(desk: Desk, town: Town) -> tuple[Papers, Papers]:
    """The keeper's own papers, and those of a depot that is strange to them, whose transfer goes to a third."""
    third, far = third_depot(town)
    own = write_papers(desk, town.depot, town.shelf, third, "keeper", "OWN")
    arriving = town.stock("BRK-001", "1", far, serial="OWN-10")
    lines, ends = [AskedLine(item="BRK-001", quantity="1")], {"giver": third.code, "receiver": town.depot.code}
    transfer = desk.do(AskTransfer, "admin", lines=lines, reason="flood", **ends)
    desk.do(Dispatch, "admin", transfer=transfer.id, lines=[Sent(thing=str(arriving))])
    own.named |= {"transfer that comes": str(transfer.id), "arriving": str(arriving)}
    own.named["recall"] = str(desk.do(CallBack, "admin", item="HYD-006", number="Z-1", reason="burst").id)
    return own, write_papers(desk, town.other, town.other_shelf, third, "keeper2", "CANARY")


def with_duty(town: Town, who: str, role: Role, depot: Depot) -> None:
    """Give somebody a second duty, at one depot."""
    town.run(assign, town.callers[who].person_id, role, depot_id=depot.id)


def is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
