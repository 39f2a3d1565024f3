"""One search over everything that the caller may see: in Chinese, pinyin, English, by code, with typing errors.

Names of items, depots and pages are known in memory; what is in the database is looked up by its own index, or among
what lies within the caller's reach. Reach comes first: what one may not see is not found, and not counted either.
"""

from datetime import date, datetime
from functools import cache
from itertools import islice
from typing import Any

import msgspec
from sqlalchemy import literal, or_, select, true, union_all
from sqlalchemy.orm import Session, aliased

from core.errors import Refusal
from core.inputs import like
from core.languages import N_, in_both
from depots.models import Depot, Place
from inventory.catalogue.models import Item
from inventory.documents.models import Incident, Transfer
from inventory.finding.memory import Memory, remembered
from inventory.finding.words import Meaning, WordIndex
from inventory.minimums.models import RequirementVersion
from inventory.recalls.models import Recall
from inventory.reports.lists import REPORTS
from inventory.stock.models import Lot
from inventory.stock.reaching import lots_within
from labels.codes.codes import read_scan
from labels.codes.states import label_state
from manage.index import Line
from office.known_names import FOUND, place_names
from office.navigation import GROUPS
from people.policy import Act, Caller, may, may_at, reach
from people.roster import PeopleFilters, people

OF_A_KIND = 5  # shown of each kind
LONGEST = 60  # characters that are looked for
LOOKED_THROUGH = 5000  # call-outs, and transfers
NAMES_LOOKED_THROUGH = 1000  # of places, of which a city has a few hundred
PLACES = 72.0  # so sure at most: a shelf has its name in common with a thousand others
SURE = 60.0  # what is found by a mere likeness of letters comes behind
KINDS = {
    "label": N_("Label"),
    "lot": N_("Pieces and lots"),
    "depot": N_("Depots"),
    "item": N_("Supplies"),
    "page": N_("Pages and acts"),
    "place": N_("Places"),
    "document": N_("Documents"),
    "person": N_("People"),
}


class Hit(msgspec.Struct, frozen=True):
    """One thing: what it is called, what tells it from others, and the page of it."""

    kind: str
    zh: str
    en: str
    to: str
    note_zh: str = ""
    note_en: str = ""
    score: float = SURE


class HitGroup(msgspec.Struct, frozen=True):
    """The hits of one kind, the likeliest first."""

    kind: str
    title_zh: str
    title_en: str
    hits: list[Hit]


class SearchAnswer(msgspec.Struct, frozen=True):
    """What was found, the likeliest kind first."""

    q: str
    groups: list[HitGroup]


def search(session: Session, caller: Caller, text: str, now: datetime, today: date) -> SearchAnswer:
    """Everything within the caller's reach that the words may mean. At most ten queries, whatever the city holds."""
    text = " ".join(text.split())[:LONGEST]
    hits: list[Hit] = []
    if text:
        memory = remembered(session)
        hits = [
            *_labels(session, caller, text, today),
            *_lots(session, caller, text),
            *_depots(memory, caller, text),
            *_items(memory, text),
            *_pages(caller, text),
        ]
        if len(text) > 1:
            hits += [*_places(session, caller, text), *_documents(session, caller, text)]
            hits += _people(session, caller, text, now)
    return SearchAnswer(text, _grouped(hits))


def _grouped(hits: list[Hit]) -> list[HitGroup]:
    order = list(KINDS)
    groups = []
    for kind, title in KINDS.items():
        own = sorted((hit for hit in hits if hit.kind == kind), key=lambda hit: -hit.score)[:OF_A_KIND]
        if own:
            groups.append(HitGroup(kind, *in_both(title), own))
    return sorted(groups, key=lambda group: (-group.hits[0].score, order.index(group.kind)))


def _labels(session: Session, caller: Caller, text: str, today: date) -> list[Hit]:
    """The thing that a label's code is on."""
    code = read_scan(text).code
    if code is None:
        return []
    try:
        label = label_state(session, caller, code, today)
    except Refusal:  # no such label, or not at one of the caller's depots: the same to them
        return []
    return [Hit("label", label.name_zh or code, label.name_en or code, f"/q/{code}", code, code, 100)]


def _lots(session: Session, caller: Caller, text: str) -> list[Hit]:
    """Pieces and lots with this serial or lot number."""
    writings = {text, text.upper(), text.lower()}
    statement = (
        select(Lot.id, Lot.serial, Lot.number, Item.name_zh, Item.name_en)
        .join(Item, Item.id == Lot.item_id)
        .where(or_(Lot.serial.in_(writings), Lot.number.in_(writings)), lots_within(caller, Lot.id))
        .order_by(Lot.id)
        .limit(OF_A_KIND)
    )
    return [
        Hit("lot", zh, en, f"/lots/{lot}", *((serial or number or ""),) * 2, 99)
        for lot, serial, number, zh, en in session.execute(statement)
    ]


def _depots(memory: Memory, caller: Caller, text: str) -> list[Hit]:
    hits = []
    for match in memory.depot_words.search(text, len(memory.depots)):  # all: only some of them may be the caller's
        depot = memory.depots[match.item]
        if may_at(caller, Act.SEE, depot.id, depot.district_code):
            hits.append(_hit("depot", depot, f"/depots/{depot.code}", match.score))
        if len(hits) == OF_A_KIND:
            break
    return hits


def _hit(kind: str, thing: Any, to: str, score: float) -> Hit:
    return Hit(kind, thing.name_zh, thing.name_en, to, thing.code, thing.code, score)


def _items(memory: Memory, text: str) -> list[Hit]:
    """Lines of the catalogue, which is everybody's."""
    matches = memory.words.search(text, OF_A_KIND)
    return [
        _hit("item", memory.items[one.item], f"/items/{one.item}", one.score)
        for one in matches
        if one.item in memory.items
    ]


@cache
def _page_names() -> tuple[WordIndex, dict[str, Line]]:
    reports = [
        Line(f"/reports/{one.name}", one.title, N_("tables to print, sign and send"), Act.SEE) for one in REPORTS
    ]
    lines = {line.path: line for line in (*(line for group in GROUPS for line in group.lines), *reports)}
    index = WordIndex()
    for line in lines.values():
        texts = [(said, weight) for text, weight in ((line.title, 1.0), (line.about, 0.8)) for said in in_both(text)]
        index.add(Meaning(line.path, (line.path,)), texts)
    return index, lines


def _pages(caller: Caller, text: str) -> list[Hit]:
    """Pages by what they are called and what is done there, as far as the caller may open them."""
    index, lines = _page_names()
    hits: list[Hit] = []
    for match in index.search(text, len(lines)):
        line = lines[match.item]
        if line.is_for(caller):
            title, about = in_both(line.title), in_both(line.about)
            hits.append(Hit("page", *title, line.path, *about, match.score))
    return hits


def _seen(caller: Caller, depot: Any = Depot) -> Any:
    return reach(caller, Act.SEE, depot.id, depot.district_code)


def _holding(text: str, *columns: Any) -> Any:
    pattern = like(text)
    return or_(*(column.ilike(pattern, escape="\\") for column in columns))


def _places(session: Session, caller: Caller, text: str) -> list[Hit]:
    """Rooms, shelves, vehicles and kits, by the likeliest names; of each name the first by depot."""
    sure = _names_of_places(session, caller, text)
    if not sure:
        return []
    every = union_all(*(select(_named(caller, *name).subquery()) for name in sure))
    hits = [
        Hit("place", row.path_zh, row.path_en, f"/places/{row.id}", row.depot_zh, row.depot_en, _sure_of(sure, row))
        for row in session.execute(every)
    ]
    return sorted(hits, key=lambda hit: -hit.score)


def _names_of_places(session: Session, caller: Caller, text: str) -> dict[tuple[str, str], float]:
    """The likeliest names that places within the caller's reach can bear, each with how sure.

    Who answers for named depots alone is not crowded out by what the city's other shelves are called.
    """
    if _answers_for_more(caller):
        return dict(place_names(session, text, OF_A_KIND))
    own = select(Place.name_zh, Place.name_en).where(*FOUND, Place.depot_id.in_(caller.own_depots())).distinct()
    borne = {(row.name_zh, row.name_en) for row in session.execute(own)}
    known = (match for match in place_names(session, text, NAMES_LOOKED_THROUGH) if match[0] in borne)
    return dict(islice(known, OF_A_KIND))


def _named(caller: Caller, name_zh: str, name_en: str) -> Any:
    """A few places of a name: they stand together in the index, depot by depot."""
    names = (Place.name_zh, Place.name_en, Place.path_zh, Place.path_en)
    return (
        select(Place.id, *names, Depot.name_zh.label("depot_zh"), Depot.name_en.label("depot_en"))
        .join(Depot, Depot.id == Place.depot_id)
        .where(*FOUND, Place.name_zh == name_zh, Place.name_en == name_en, _seen(caller))
        .order_by(Place.depot_id)
        .limit(OF_A_KIND)
    )


def _sure_of(sure: dict[tuple[str, str], float], row: Any) -> float:
    return min(PLACES, sure[row.name_zh, row.name_en])


def _latest(caller: Caller, table: Any, at: Any, *depot_ids: Any) -> Any:
    """The latest documents of the city, or of the caller's own depots: so many are looked through, and no more."""
    statement = select(table)
    if not _answers_for_more(caller):
        statement = statement.where(or_(*(one.in_(caller.own_depots()) for one in depot_ids)))
    return aliased(table, statement.order_by(at.desc()).limit(LOOKED_THROUGH).subquery())


def _answers_for_more(caller: Caller) -> bool:
    """Whether the caller answers for a district or the city, and not only for depots that are named one by one."""
    return any(duty.depot_id is None for duty in caller.duties)


def _documents(session: Session, caller: Caller, text: str) -> list[Hit]:
    """Call-outs by place, transfers by reason, recalls and versions of minimums by their words; the latest first.

    Of call-outs and transfers, which grow with every day, the latest are looked through; a list has the older ones.
    """
    other = aliased(Depot)
    incident = _latest(caller, Incident, Incident.opened_at, Incident.depot_id)
    transfer = _latest(caller, Transfer, Transfer.asked_at, Transfer.from_depot_id, Transfer.to_depot_id)

    def rows(table: Any, to: str, words: Any, at: Any, name: tuple[Any, Any], *where: Any) -> Any:
        columns = (literal(to).label("to"), table.id.label("id"), words.label("words"), at.label("at"))
        return select(*columns, name[0].label("zh"), name[1].label("en")).select_from(table).where(*where)

    here = (Depot.name_zh, Depot.name_en)
    incidents = rows(
        incident, "/app#/incident/", incident.place, incident.opened_at, here,
        Depot.id == incident.depot_id, _holding(text, incident.place), _seen(caller),
    )  # fmt: skip
    transfers = rows(
        transfer, "/app#/transfer/", transfer.reason, transfer.asked_at, here,
        Depot.id == transfer.from_depot_id, other.id == transfer.to_depot_id,
        _holding(text, transfer.reason), or_(_seen(caller), _seen(caller, other)),
    )  # fmt: skip
    recalls = rows(
        Recall, "/recalls/", Recall.reason, Recall.called_at, (Item.name_zh, Item.name_en),
        Item.id == Recall.item_id, _holding(text, Recall.reason, Recall.number, Recall.maker), _anywhere(caller),
    )  # fmt: skip
    versions = rows(
        RequirementVersion, "/manage/requirements/versions/", RequirementVersion.title, RequirementVersion.made_at,
        (literal(""), literal("")), _holding(text, RequirementVersion.title), _anywhere(caller),
    )  # fmt: skip
    every = union_all(incidents, transfers, recalls, versions).subquery()
    statement = select(every).order_by(every.c.at.desc(), every.c.id).limit(OF_A_KIND)
    found = session.execute(statement)
    return [Hit("document", row.words, row.words, f"{row.to}{row.id}", row.zh, row.en, 71) for row in found]


def _anywhere(caller: Caller) -> Any:
    """What is for everybody who sees any depot."""
    return true() if may(caller, Act.SEE) else ~true()


def _people(session: Session, caller: Caller, text: str, now: datetime) -> list[Hit]:
    """Accounts that the caller looks after."""
    if not may(caller, Act.APPROVE) or caller.limited:
        return []
    rows = people(session, caller, now, PeopleFilters(q=text), OF_A_KIND).items
    return [Hit("person", row.name, row.name, f"/people/{row.id}", row.account, row.account, 73) for row in rows]
