"""The index of all administration: each page by subject, shown to who may use it."""

from dataclasses import dataclass

from core.languages import N_
from people.policy import Act, Caller, may, may_in_city


@dataclass(frozen=True)
class Line:
    """A page: its address, what it is called, what is done there, and the act of whoever does that.

    ``city``: only for who may do so in the whole city, as the page itself demands.
    """

    path: str
    title: str
    about: str
    act: Act
    city: bool = False

    def is_for(self, caller: Caller) -> bool:
        return may_in_city(caller, self.act) if self.city else may(caller, self.act)


@dataclass(frozen=True)
class Subject:
    """Pages of one subject, in the order in which a city needs them."""

    title: str
    lines: tuple[Line, ...]


# A new page of administration gets its line here; tests/manage/test_index.py opens each as everybody who sees it
SUBJECTS = (
    Subject(
        N_("People and sign-in"),
        (
            Line("/people", N_("People"), N_("accounts, their roles and places, and how they sign in"), Act.APPROVE),
            Line("/manage/audit", N_("Audit trail"), N_("who did what, when and from where"), Act.AUDIT, city=True),
        ),
    ),
    Subject(
        N_("City, depots and places"),
        (
            Line(
                "/manage/city",
                N_("The city"),
                N_("its name, districts, types, time zone, outline"),
                Act.ADMINISTER,
                True,
            ),
            Line(
                "/manage/depots", N_("Depots and places"), N_("enter and edit depots, arrange their shelves"), Act.KEEP
            ),
            Line("/closings", N_("Closed depots"), N_("close a depot, and where its gear goes"), Act.APPROVE),
        ),
    ),
    Subject(
        N_("Catalogue and what must be held"),
        (
            Line("/manage/catalogue", N_("Catalogue"), N_("items, categories, packs, words, kit contents"), Act.SEE),
            Line(
                "/manage/requirements",
                N_("What must be held"),
                N_("minimums, drafted for a day"),
                Act.SEE,
            ),
            Line(
                "/manage/reference",
                N_("Reference list"),
                N_("what it gives, taken or left"),
                Act.APPROVE,
                city=True,
            ),
            Line("/upkeep/plans", N_("Upkeep plans"), N_("what is looked at, how often, by which list"), Act.APPROVE),
        ),
    ),
    Subject(
        N_("Files in"),
        (Line("/imports", N_("Bring files in"), N_("depots, stock and catalogue from spreadsheets"), Act.APPROVE),),
    ),
    Subject(
        N_("Who is told"),
        (
            Line("/endpoints", N_("Robots and webhooks"), N_("which groups and programs are told"), Act.APPROVE),
            Line("/mails", N_("What was sent to whom and why"), N_("each message and its delivery"), Act.APPROVE),
        ),
    ),
    Subject(
        N_("Running"),
        (
            Line(
                "/manage/steps", N_("Steps to a running city"), N_("what is done, what is next"), Act.ADMINISTER, True
            ),
            Line("/manage/health", N_("Health"), N_("what is amiss; disk, backup, versions"), Act.APPROVE, city=True),
            Line("/manage/backups", N_("Backups"), N_("make one, take it out, go back"), Act.ADMINISTER, city=True),
            Line("/manage/settings", N_("Settings"), N_("what is on and off; test mail"), Act.ADMINISTER, city=True),
            Line("/jobs", N_("How the jobs fare"), N_("what ran, when, and what it found"), Act.APPROVE),
        ),
    ),
)


def subjects_for(caller: Caller) -> list[tuple[str, list[Line]]]:
    """What somebody may administer: each subject that has a page for them, with its pages."""
    found = [(subject.title, [line for line in subject.lines if line.is_for(caller)]) for subject in SUBJECTS]
    return [(title, lines) for title, lines in found if lines]
