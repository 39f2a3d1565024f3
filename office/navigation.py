"""The side navigation: pages in a few groups of the trade, each shown to who may open it."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from uuid import UUID

from core.languages import N_
from manage.index import Line
from people.models import Role
from people.policy import NOWHERE, Act, Caller, Duty


@dataclass(frozen=True)
class Group:
    """Pages of one subject. ``icon``: a symbol in web/templates/icons.html."""

    title: str
    icon: str
    lines: tuple[Line, ...]


# A new page of the desk gets its line here; tests/office/test_navigation.py opens each as everybody who sees it
GROUPS = (
    Group(
        N_("My day"),
        "today",
        (
            Line("/", N_("What needs me"), N_("not ready, overdue, waiting, stuck, ending"), Act.SEE),
            Line("/alerts", N_("Alerts"), N_("open facts, taken on or put aside"), Act.SEE),
        ),
    ),
    Group(
        N_("Depots"),
        "depots",
        (
            Line("/depots", N_("All depots"), N_("each with how ready it is"), Act.SEE),
            Line("/map", N_("Map"), N_("readiness over the city"), Act.SEE),
            Line("/cover", N_("Five-minute cover"), N_("where help is too far"), Act.SEE),
            Line("/watches", N_("Watches"), N_("minimums raised for a time"), Act.SEE),
            Line(
                "/manage/depots", N_("Depots and places"), N_("enter and edit depots, arrange their shelves"), Act.KEEP
            ),
            Line("/closings", N_("Closed depots"), N_("close a depot, and where its gear goes"), Act.APPROVE),
        ),
    ),
    Group(
        N_("Supplies"),
        "supplies",
        (
            Line("/stock", N_("Stock"), N_("what stands where"), Act.SEE),
            Line("/lots", N_("Lots and pieces"), N_("batches and pieces, by the day they end"), Act.SEE),
            Line("/runs-out", N_("What runs out"), N_("used up or ended: out of stock when and where"), Act.SEE),
            Line("/find", N_("Find"), N_("who near me has it, ready now"), Act.SEE),
            Line("/manage/catalogue", N_("Catalogue"), N_("items, categories, packs, words, kit contents"), Act.SEE),
            Line("/manage/requirements", N_("What must be held"), N_("minimums, drafted for a day"), Act.SEE),
            Line("/manage/reference", N_("Reference list"), N_("what it gives, taken or left"), Act.APPROVE, city=True),
            Line("/expiry", N_("Expiry calendar"), N_("what ends when"), Act.SEE),
            Line("/recalls", N_("Recalls"), N_("batches called back"), Act.SEE),
            Line("/labels", N_("Labels"), N_("print, bind, replace"), Act.SEE),
        ),
    ),
    Group(
        N_("Checks and repairs"),
        "upkeep",
        (
            Line("/upkeep", N_("Checks due"), N_("what is looked at, and by when"), Act.SEE),
            Line("/upkeep/done", N_("Checks done"), N_("who looked at what, and what came of it"), Act.SEE),
            Line("/services", N_("At workshops"), N_("gear that is away for service"), Act.SEE),
            Line("/scraps", N_("Disposals"), N_("gear that is written off"), Act.SEE),
            Line("/upkeep/plans", N_("Upkeep plans"), N_("what is looked at, how often, by which list"), Act.APPROVE),
        ),
    ),
    Group(
        N_("Transfers"),
        "transfers",
        (
            Line("/transfers", N_("Transfers"), N_("asked for, on the way, arrived"), Act.SEE),
            Line("/loans", N_("Loans"), N_("what is lent, to whom, until when"), Act.SEE),
            Line("/movements", N_("Movements"), N_("the ledger, line by line"), Act.SEE),
            Line("/supply-plans", N_("Supply plans"), N_("what to move and what to buy"), Act.APPROVE),
            Line("/hand-outs", N_("Two-person issue"), N_("controlled gear, with a second person"), Act.SEE),
            Line("/reclaims", N_("To reclaim"), N_("what a call-out cost, to be paid back"), Act.SEE),
        ),
    ),
    Group(
        N_("Statistics"),
        "statistics",
        (
            Line("/dashboard", N_("Dashboard"), N_("the city's figures"), Act.SEE),
            Line("/matrix", N_("Matrix"), N_("districts by category"), Act.SEE),
            Line("/trends", N_("Trends"), N_("readiness by day"), Act.SEE),
            Line("/money", N_("Money"), N_("what gear costs by month, and its value on hand"), Act.SEE),
            Line("/reports", N_("Reports"), N_("tables to print, sign and send"), Act.SEE),
            Line("/calendars", N_("Calendars"), N_("dates in one's own calendar"), Act.SEE),
        ),
    ),
    Group(
        N_("Manage"),
        "manage",
        (
            Line("/manage", N_("All administration"), N_("every page of administration by subject"), Act.APPROVE),
            Line("/manage/audit", N_("Audit trail"), N_("who did what, when and from where"), Act.AUDIT, city=True),
            Line("/people", N_("People"), N_("accounts, their roles and places, and how they sign in"), Act.APPROVE),
            Line(
                "/manage/city",
                N_("The city"),
                N_("its name, districts, types, time zone, outline"),
                Act.ADMINISTER,
                True,
            ),
            Line("/imports", N_("Bring files in"), N_("depots, stock and catalogue from spreadsheets"), Act.APPROVE),
            Line("/endpoints", N_("Robots and webhooks"), N_("which groups and programs are told"), Act.APPROVE),
            Line("/mails", N_("Messages sent"), N_("each message and its delivery"), Act.APPROVE),
            Line("/jobs", N_("How the jobs fare"), N_("what ran, when, and what it found"), Act.APPROVE),
            Line("/manage/health", N_("Health"), N_("what is amiss; disk, backup, versions"), Act.APPROVE, city=True),
            Line("/manage/settings", N_("Settings"), N_("what is on and off; test mail"), Act.ADMINISTER, city=True),
            Line("/style-guide", N_("Style guide"), N_("type, colours and parts of these pages"), Act.APPROVE),
        ),
    ),
)
# Pages that stand in no line of their own: where they belong, by the beginning of their address
BELONGS = {"/manage/new-depot": "/manage/depots", "/places": "/depots", "/q/": "/lots", "/label-sizes": "/labels"}


@dataclass(frozen=True)
class Link:
    """A line of the navigation as a page shows it."""

    path: str
    title: str
    here: bool


@dataclass(frozen=True)
class Section:
    """A group of the navigation as a page shows it."""

    title: str
    icon: str
    links: tuple[Link, ...]
    here: bool


@dataclass(frozen=True, eq=False)
class Navigation:
    """The groups that have a page for somebody, each with those pages. The same object for all who get the same."""

    sections: tuple[Section, ...]


def navigation(caller: Caller, path: str) -> Navigation:
    """The pages offered to the caller; where ``path`` belongs is marked."""
    roles = frozenset((duty.role, duty.depot_id is None and duty.district_code is None) for duty in caller.duties)
    return _marked(roles, place_of(path, _paths(roles)))


Roles = frozenset[tuple[Role, bool]]  # each with whether it holds in the whole city


@cache
def _offered(roles: Roles) -> tuple[tuple[Group, tuple[Line, ...]], ...]:
    """Whoever has the same roles, in the city or in part of it, is offered the same pages."""
    duties = tuple(Duty(role, None if everywhere else NOWHERE) for role, everywhere in roles)
    anyone = Caller(UUID(int=0), "", "", "", duties)
    groups = [(group, tuple(line for line in group.lines if line.is_for(anyone))) for group in GROUPS]
    return tuple((group, lines) for group, lines in groups if lines)


@cache
def _paths(roles: Roles) -> frozenset[str]:
    return frozenset(line.path for _, lines in _offered(roles) for line in lines)


@cache
def _marked(roles: Roles, here: str | None) -> Navigation:
    return Navigation(
        tuple(
            Section(
                group.title,
                group.icon,
                tuple(Link(line.path, line.title, line.path == here) for line in lines),
                any(line.path == here for line in lines),
            )
            for group, lines in _offered(roles)
        )
    )


def place_of(path: str, known: Collection[str]) -> str | None:
    """The line that a page belongs to: the longest address that the page's own begins with."""
    belongs = next((line for start, line in BELONGS.items() if path.startswith(start)), path)
    while belongs and belongs not in known:
        belongs = belongs.rpartition("/")[0]
    return belongs or None
