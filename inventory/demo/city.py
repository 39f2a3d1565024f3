"""Enter the demo city: a transaction for a few depots at a time, the same for the same seed, harmless when repeated."""

import gc
import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.clock import Clock
from core.columns import table_of
from core.context import AppContext
from core.database import Database
from core.engines import roomy
from core.errors import conflict
from core.events import publish
from core.languages import N_
from core.prepared import enter
from core.settings import ROOT
from depots.city import city_of
from depots.models import CrewPost, Depot, DepotProfile, DepotRequirement, District, Profile, Subdistrict
from depots.places import add_depots
from depots.requirements import holds_on, work_out_requirements
from inventory.catalogue.models import Item, KitLine, Tracking
from inventory.clocks.clocks import Made, plans_of
from inventory.demo.filling import fill
from inventory.demo.gear import MAKERS, Catalogue, Piece, Shelf
from inventory.demo.past import keep_shifts
from inventory.demo.sites import PlannedDepot, Town, plan_city, read_demo_set
from inventory.desk.history import record_day
from inventory.readiness.counting import refresh
from inventory.reference.files import read_folder
from inventory.reference.load import load_reference
from inventory.stock.events import LotsCreated
from inventory.stock.lots import LotFacts, make_lot
from inventory.stock.models import Lot
from people.accounts import add_person, assign
from people.demo import DEMO_PASSWORD
from people.models import Person, Role
from people.sign_in import hasher

BATCHES_PER_ITEM = 40
TOGETHER = 20  # depots in one transaction: whoever writes meanwhile waits for no more than that

COLLECTED_AFTER = 200_000  # new objects, instead of 700


@dataclass(frozen=True)
class Planned:
    """A depot to be entered, with what the city gives it."""

    depot: PlannedDepot
    address_zh: str
    phone: str
    rng_seed: str


@dataclass
class DemoReport:
    """What was entered."""

    depots_new: int = 0
    depots_there: int = 0
    movements: int = 0


def load_demo(
    database: Database, clock: Clock, count: int, seed: int, progress: Callable[[int], None] = lambda done: None
) -> DemoReport:
    """Enter a city of ``count`` depots. Depots that are there already are left as they are."""
    now, today = clock.now(), clock.today()
    report = DemoReport()
    password_hash = hasher().hash(DEMO_PASSWORD)
    demo = read_demo_set()
    towns, catalogue = database.run(_prepare, seed, now, today)
    told, city = database.run(_announced), database.run(lambda session: city_of(session).name_zh)
    depots = [
        Planned(
            planned,
            address_zh=f"{city}{planned.address_zh}",
            phone=f"{demo.phone_area}-0000{planned.number:04d}",
            rng_seed=f"gear/{seed}/{planned.number}",
        )
        for planned in plan_city(count, seed, towns, told, demo)
    ]
    for start in range(0, len(depots), TOGETHER):
        some = depots[start : start + TOGETHER]
        with _seldom_collected():
            new, movements = database.run(_enter_depots, some, catalogue, now, today)
        report.depots_new += new
        report.depots_there += len(some) - new
        report.movements += movements
        progress(len(some))
    database.run(_enter_people, now, password_hash)
    while database.run(refresh, today):
        pass
    database.run(record_day, today)  # readiness by day begins today: a past that nobody recorded is not made up
    return report


@contextmanager
def _seldom_collected() -> Iterator[None]:
    """Look for objects that hold each other less often: rows do not, and looking took a seventh of the time."""
    before = gc.get_threshold()
    gc.set_threshold(COLLECTED_AFTER, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def enter_demo(context: AppContext, count: int) -> DemoReport:
    """What ``serve --demo`` does before it serves: reference data and a small city, if they are not there yet."""
    context.database.run(load_reference, read_folder(ROOT / "reference"))
    report = load_demo(context.database, context.clock, count, seed=1)
    context.database.run(_keep_shifts, context.clock.now(), context.settings.zone)
    return report


def _keep_shifts(session: Session, now: datetime, zone: ZoneInfo) -> int:
    return keep_shifts(session, now, zone, _store_keeper(session, now).id)


def _prepare(session: Session, seed: int, now: datetime, today: date) -> tuple[list[Town], Catalogue]:
    towns = [
        Town(
            sub.code,
            sub.district_code,
            district.name_zh,
            district.name_en,
            sub.name_zh,
            sub.name_en,
            sub.lat,
            sub.lon,
            float(sub.spread_km),
        )
        for sub, district in session.execute(
            select(Subdistrict, District).join(District, District.code == Subdistrict.district_code)
        )
    ]
    if not towns:
        raise conflict("no-reference", N_("load the reference data first: readyshelf load-reference"))
    _store_keeper(session, now)
    items = {item.id: item for item in session.execute(select(Item)).scalars()}
    kit_lines: dict[UUID, list[KitLine]] = defaultdict(list)
    for line in session.execute(select(KitLine)).scalars():
        kit_lines[line.kit_item_id].append(line)
    in_bulk = [make_lot(item, LotFacts(), now) for item in items.values() if item.tracking == Tracking.BULK]
    bulk = {lot.item_id: _piece(lot) for lot in _entered(session, in_bulk, now)}
    batches = {
        item.id: [_piece(lot) for lot in _batches(session, item, seed, now, today)]
        for item in items.values()
        if item.tracking == Tracking.LOT
    }
    return towns, Catalogue(items, kit_lines, batches, bulk, plans_of(session, list(items)))


def _piece(lot: Lot) -> Piece:
    made = Made(lot.made_on, lot.made_precision, lot.in_service_on)
    return Piece(lot.id, lot.condition, lot.serial or lot.number or "", lot.home_place_id, made)


def _batches(session: Session, item: Item, seed: int, now: datetime, today: date) -> list[Lot]:
    """The city's deliveries of an item: some expired, some soon, one in a hundred without a readable date."""
    rng = random.Random(f"batches/{seed}/{item.code}")
    made = []
    for number in range(BATCHES_PER_ITEM):
        life = (item.shelf_life_months or item.retire_age_months or 36) * 30
        bands = ((0.04, (-90, -1)), (0.07, (0, 7)), (0.12, (8, 30)), (0.2, (31, 90)), (1.0, (91, max(120, life))))
        luck = rng.random()
        low, high = next(days for share, days in bands if luck <= share)
        ends = today + timedelta(days=rng.randint(low, high))  # of what does not expire: when it is retired
        unknown = item.expires and rng.random() < 0.01
        made_on = ends - timedelta(days=life)
        facts = LotFacts(
            number=f"{made_on:%y%m}{number:02d}{rng.choice('ABCD')}",
            maker=rng.choice(MAKERS),
            made_on=made_on,
            expires_on=ends if item.expires and not unknown else None,
            expiry_unknown=unknown,
        )
        made.append(make_lot(item, facts, now))
    return _entered(session, made, now)


def _entered(session: Session, lots: list[Lot], now: datetime) -> list[Lot]:
    """These lots, or what is known of them from an earlier run. One by one, 6,000 took eight seconds."""
    keys = [lot.natural_key for lot in lots]
    known = {lot.natural_key: lot for lot in session.execute(select(Lot).where(Lot.natural_key.in_(keys))).scalars()}
    new = {lot.natural_key: lot for lot in lots if lot.natural_key not in known}
    session.add_all(new.values())
    session.flush()
    publish(session, LotsCreated([lot.id for lot in new.values()], now))
    return [known.get(key) or new[key] for key in keys]


def _announced(session: Session) -> dict[str, int]:
    """How many depots of each type the city has announced, the most first."""
    rows = session.execute(select(Profile.code, Profile.headline_count).where(Profile.kind == "type", Profile.active))
    told = {code: count for code, count in rows if count}
    return dict(sorted(told.items(), key=lambda one: (-one[1], one[0])))


def _enter_depots(
    session: Session, planned: Sequence[Planned], catalogue: Catalogue, now: datetime, today: date
) -> tuple[int, int]:
    """Enter depots with their gear, but those that are there already; returns how many are new, and their movements."""
    codes = [one.depot.code for one in planned]
    there = set(session.execute(select(Depot.code).where(Depot.code.in_(codes))).scalars())
    new = [(one, _depot(one, now)) for one in planned if one.depot.code not in there]
    if not new:
        return 0, 0
    add_depots(session, [depot for _, depot in new], now)
    add_ons = [{"depot_id": depot.id, "profile_code": code} for one, depot in new for code in one.depot.add_ons]
    enter(session, table_of(DepotProfile), add_ons)
    posts = [
        {"depot_id": depot.id, "post": post, "name": name, "set_at": now}
        for one, depot in new
        for post, name in one.depot.posts.items()
    ]
    enter(session, table_of(CrewPost), posts)
    wanted = _wanted(session, [depot.id for _, depot in new], today)
    shelves = [
        Shelf(depot.id, depot.type_code, one.depot.number, random.Random(one.rng_seed), today, now, catalogue)
        for one, depot in new
    ]
    with roomy(session.connection()):
        return len(new), fill(session, shelves, wanted, _store_keeper(session, now))


def _wanted(session: Session, depot_ids: list[UUID], today: date) -> dict[UUID, dict[UUID, Decimal]]:
    """The par quantities of depots by item."""
    work_out_requirements(session, today, depot_ids)
    rows = session.execute(
        select(DepotRequirement.depot_id, DepotRequirement.item_id, DepotRequirement.par).where(
            DepotRequirement.depot_id.in_(depot_ids), DepotRequirement.item_id.is_not(None), holds_on(today)
        )
    )
    wanted: dict[UUID, dict[UUID, Decimal]] = {depot_id: {} for depot_id in depot_ids}
    for depot_id, item_id, par in rows:
        if item_id is not None:
            wanted[depot_id][item_id] = par
    return wanted


def _depot(planned: Planned, now: datetime) -> Depot:
    of = planned.depot
    return Depot(
        code=of.code,
        name_zh=of.name_zh,
        name_en=of.name_en,
        type_code=of.type_code,
        district_code=of.town.district_code,
        subdistrict_code=of.town.code,
        address_en=f"{of.number} Demo Road, {of.town.name_en}, {of.town.district_en}",
        lat=of.lat,
        lon=of.lon,
        address_zh=planned.address_zh,
        phone=planned.phone,
        crew=of.crew,
        area_m2=of.area_m2,
        created_at=now,
    )


def _store_keeper(session: Session, now: datetime) -> Person:
    """Who received everything before the demo begins; nobody can sign in as him."""
    person = session.execute(select(Person).where(Person.account == "storekeeper")).scalar_one_or_none()
    return person or add_person(session, "storekeeper", "演示库管", now)


def _enter_people(session: Session, now: datetime, password_hash: str) -> None:
    """The demo accounts, named by their role."""
    depots = session.execute(select(Depot.id, Depot.district_code).order_by(Depot.code.desc())).all()
    own = [depot_id for depot_id, _ in depots[:2]]
    named: dict[str, tuple[str, list[tuple[Role, str | None, UUID | None]]]] = {
        "keeper": ("林保管", [(Role.KEEPER, None, depot_id) for depot_id in own]),
        "officer": ("陈科长", [(Role.OFFICER, None, None)]),
        "district": ("区物资员", [(Role.OFFICER, depots[0][1], None)]),
        "admin": ("系统管理员", [(Role.ADMINISTRATOR, None, None)]),
        "responder": ("何响应", [(Role.RESPONDER, None, None)]),
        "auditor": ("审计员", [(Role.AUDITOR, None, None)]),
    }
    for account, (name, duties) in named.items():
        person = session.execute(select(Person).where(Person.account == account)).scalar_one_or_none()
        if person is None:
            email = f"{account}@example.invalid"
            person = add_person(session, account, name, now, email=email, password_hash=password_hash)
        for role, district, depot_id in duties:
            assign(session, person.id, role, district_code=district, depot_id=depot_id)
