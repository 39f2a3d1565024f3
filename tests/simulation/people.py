"""Who there is in the random city, and who may do what where: stated here anew, from the design and not the program."""

from dataclasses import dataclass
from functools import cache

SEE, TAKE, KEEP, REPORT, APPROVE, ANSWER = "see", "take", "keep", "report", "approve", "answer"
RIGHTS = {
    "keeper": {SEE, TAKE, KEEP, REPORT, ANSWER},
    "responder": {SEE, TAKE, REPORT},
    "officer": {SEE, TAKE, KEEP, REPORT, ANSWER, APPROVE},
    "administrator": {SEE, TAKE, KEEP, REPORT, ANSWER, APPROVE},
    "auditor": {SEE},
}
# Depots stand in districts of the reference data; 1 and 2 are neighbours
DISTRICTS = {"D1": "440305", "D2": "440305", "D3": "440309", "D4": "440303"}
DEPOTS = tuple(DISTRICTS)
CODES = {depot: f"STR-090{number}" for number, depot in enumerate(DEPOTS, 1)}


@dataclass(frozen=True)
class Duty:
    """A role and where it holds: a depot's key, a district's code, or "" for the city."""

    role: str
    where: str = ""

    def covers(self, depot: str) -> bool:
        return self.where in ("", depot, DISTRICTS[depot])


START: dict[str, tuple[Duty, ...]] = {
    "k1": (Duty("keeper", "D1"),),
    "k1b": (Duty("keeper", "D1"),),
    "k12": (Duty("keeper", "D1"), Duty("keeper", "D2")),
    "k2": (Duty("keeper", "D2"),),
    "k3": (Duty("keeper", "D3"),),
    "k4": (Duty("keeper", "D4"),),
    "k2r3": (Duty("keeper", "D2"), Duty("responder", "D3")),
    "r1": (Duty("responder", "D1"),),
    "r5": (Duty("responder", "440305"),),
    "rc": (Duty("responder"),),
    "o5": (Duty("officer", "440305"),),
    "o9": (Duty("officer", "440309"),),
    "o4": (Duty("officer", "D4"),),
    "a9": (Duty("auditor", "440309"),),
    "ac": (Duty("auditor"),),
    "adm": (Duty("administrator"),),
    "nobody": (),
}


EVER: dict[str, set[Duty]] = {}  # all duties that somebody has had in this story


class Duties(dict[str, tuple[Duty, ...]]):
    """Who has which duties; what was answered from them is forgotten when they change."""

    def __setitem__(self, who: str, duties: tuple[Duty, ...]) -> None:
        EVER.setdefault(who, set()).update(self.get(who, ()), duties)
        super().__setitem__(who, duties)
        may.cache_clear()
        visible.cache_clear()


PEOPLE = Duties(START)  # duties move while a story is told; the next one begins anew
AUDITOR = "ac"  # through whose eyes the books are compared


@cache
def may(who: str, act: str, depot: str) -> bool:
    """Whether a person may do this at a depot."""
    return any(act in RIGHTS[duty.role] and duty.covers(depot) for duty in PEOPLE[who])


def may_anywhere(who: str, act: str) -> bool:
    return any(act in RIGHTS[duty.role] for duty in PEOPLE[who])


def might_once(who: str, act: str) -> bool:
    """Whether a duty that is over allowed it: a late fact of that time is refused for another reason than the role."""
    return any(act in RIGHTS[duty.role] for duty in EVER.get(who, ()))


def has_left(who: str, act: str) -> bool:
    """Whether a duty is over that allowed it."""
    return any(act in RIGHTS[duty.role] for duty in EVER.get(who, set()) - set(PEOPLE[who]))


def may_in_city(who: str, act: str) -> bool:
    return any(act in RIGHTS[duty.role] and duty.where == "" for duty in PEOPLE[who])


@cache
def visible(who: str) -> frozenset[str]:
    """The depots that a person may look into."""
    return frozenset(depot for depot in DEPOTS if may(who, SEE, depot))


def own_depots(who: str) -> set[str]:
    """The depots that a person's duties name one by one."""
    return {duty.where for duty in PEOPLE[who] if duty.where in DEPOTS}


def begin() -> None:
    """Everybody has the duties that they start with."""
    PEOPLE.clear()
    EVER.clear()
    for who, duties in START.items():
        PEOPLE[who] = duties
