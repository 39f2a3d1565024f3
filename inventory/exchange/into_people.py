"""People from a file: a row for each role; who is new is entered, who is known gets the values that the file has.

Nobody brings in more than they may give. A role's place is said, never meant by silence. No password: these people are
invited.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.audit import record
from core.columns import table_of
from core.errors import Refusal
from core.ids import new_id
from core.languages import LANGUAGES, N_, say
from depots.models import Depot, DepotStatus, District, Subdistrict
from inventory.exchange import cells
from inventory.exchange.cells import Cell, Wrong, fold
from inventory.exchange.journal import Journal
from inventory.exchange.known import Names
from inventory.exchange.reading import FieldSpec, Row, WrongField
from people.accounts import PERSON, Term, email_of, end_links, told_of
from people.links import end_outgrown_links, require_own_password
from people.looking_after import (
    answers_for,
    by_of,
    deactivate,
    keep_administrators,
    reactivate,
    term_of,
)
from people.models import Assignment, Person, Role
from people.policy import ROLE_WORDS, Caller, require_unlimited
from people.posts import CITY, LEVEL_WORDS, Level, Post, answers_for_all, looked_after, may_give

_BETWEEN = {"zh": "、", "en": ", "}
_LANGUAGES = {"zh": "中文", "en": "English"}
_OTHER_LANGUAGE_WORDS = {"汉语": "zh", "chinese": "zh", "英文": "en", "英语": "en"}
_FACTS = ("name", "email", "phone", "language")
_OTHER_LEVEL_WORDS = {"全市": Level.CITY, "站点": Level.DEPOT}
OTHER_ROLE_WORDS = {
    "管理员": Role.ADMINISTRATOR,
    "物资员": Role.OFFICER,
    "响应员": Role.RESPONDER,
    "库管员": Role.KEEPER,
    "仓管员": Role.KEEPER,
}


def _one_of(words: dict[Any, str], others: dict[str, Any]) -> Callable[[Cell], Any]:
    """A reader of what a word means; ``others``: more words that are understood, and not offered."""

    @cache  # what the words mean in each language: at the first cell, not at every one
    def meanings() -> dict[str, Any]:
        own = {fold(said): one for one, word in words.items() for said in (one, *(say(at, word) for at in LANGUAGES))}
        return own | {fold(word): one for word, one in others.items()}

    def read(cell: Cell) -> Any:
        said = cells.text(cell, 40)
        found = meanings().get(fold(said))
        if found is None:
            offered = tuple(sep.join(say(at, word) for word in words.values()) for at, sep in _BETWEEN.items())
            raise Wrong(N_("{value} is not known"), N_("write one of: {words}"), value=said, words=offered)
        return found

    return read


def _day(cell: Cell) -> date:
    found = cells.day(cell)
    if found.on is None or found.precision != "day":
        raise Wrong(
            N_("{value} is not a day"), N_("write it as 2027-02-28, or empty the cell"), value=cells.shown(cell)
        )
    return found.on


def _email(cell: Cell) -> str | None:
    said = cells.text(cell, 254)
    try:
        return email_of(said)
    except Refusal as refusal:
        raise Wrong(refusal.message, N_("correct the address, or empty the cell")) from None


FIELDS = (
    FieldSpec("account", N_("Account"), lambda cell: cells.listed(cell, 64), required=True),
    FieldSpec("name", N_("Name"), lambda cell: cells.text(cell, 100)),
    FieldSpec("email", N_("E-mail"), _email),
    FieldSpec("phone", N_("Phone"), cells.phone),
    FieldSpec("language", N_("Language"), _one_of(_LANGUAGES, _OTHER_LANGUAGE_WORDS)),
    FieldSpec("active", N_("Account open"), cells.yes_no),
    FieldSpec("role", N_("Person's role"), _one_of(ROLE_WORDS, OTHER_ROLE_WORDS)),
    FieldSpec("level", N_("Where it holds"), _one_of(LEVEL_WORDS, _OTHER_LEVEL_WORDS)),
    FieldSpec("code", N_("Code of the place"), lambda cell: cells.listed(cell, 100)),
    FieldSpec("depot", N_("Depot"), lambda cell: cells.listed(cell, 100)),
    FieldSpec("subdistrict", N_("Sub-district"), lambda cell: cells.listed(cell, 100)),
    FieldSpec("district", N_("District"), lambda cell: cells.listed(cell, 100)),
    FieldSpec("since", N_("First day"), _day),
    FieldSpec("until", N_("Last day"), _day),
)
_PLACES = (("depot", Level.DEPOT), ("subdistrict", Level.SUBDISTRICT), ("district", Level.DISTRICT))
SHOWN = 500
Held = tuple[UUID, Role, str | None, UUID | None, str | None]


@dataclass
class _Wish:
    """What one person of the file is to be; several rows add their roles."""

    row: int
    facts: dict[str, Any]
    active: bool | None = None
    roles: list[tuple[Role, Post, Term]] = field(default_factory=list)


class IntoPeople:
    """Takes the rows of people."""

    def __init__(self, session: Session, caller: Caller, run_id: UUID, now: datetime, today: date) -> None:
        require_unlimited(caller)
        self.session, self.caller, self.now = session, caller, now
        self.journal = Journal(session, run_id)
        self.people = {person.account: person for person in session.execute(select(Person)).scalars()}
        self.mine = set(session.execute(select(Person.id).where(looked_after(caller, now))).scalars())
        self.everybody = answers_for_all(caller)
        self.held: dict[Held, Assignment] = {
            (one.person_id, one.role, one.district_code, one.depot_id, one.subdistrict_code): one
            for one in session.execute(select(Assignment)).scalars()
        }
        self.posts = _posts(session, caller)
        self.wishes: dict[str, _Wish] = {}
        self.entered: set[UUID] = set()
        self.of_administrators = False
        self.rows = 0
        self.figures = {"new": 0, "changed": 0, "roles": 0}
        self.preview: list[dict[str, Any]] = []  # what becomes of each row, of the first so many

    def take(self, row: Row) -> None:
        account = row.get("account")
        person = self.people.get(account)
        self._check_person(person, row)
        facts = {name: row.get(name) for name in _FACTS if row.get(name) is not None}
        wish = self.wishes.get(account)
        if wish is None:
            if person is None and "name" not in facts:
                raise WrongField("name", N_("{value} is new and has no name"), N_("write the name"), value=account)
            wish = self.wishes[account] = _Wish(row.number, facts, row.get("active"))
            acts = ["new"] if person is None else ["changed"] if self._differs(person, row) else []
        else:
            acts = []
        self._check_same(wish, facts)
        given = self._take_role(wish, person, row)
        self._foresee(row, acts + (["roles"] if given else []))

    def _foresee(self, row: Row, acts: list[str]) -> None:
        self.rows += 1
        for act in acts:
            self.figures[act] += 1
        if len(self.preview) < SHOWN:
            place = next((row.get(name) for name in ("code", *dict(_PLACES)) if row.get(name)), "")
            told = {"row": row.number, "account": row.get("account"), "acts": acts, "place": place}
            self.preview.append(told | {"role": row.get("role")})

    def _check_person(self, person: Person | None, row: Row) -> None:
        if person is None:
            if not self.everybody and not row.get("role"):
                raise WrongField(
                    "role",
                    N_("{value} is new and has no role"),
                    N_("give this person a role within what you answer for"),
                    value=row.get("account"),
                )
        elif person.id not in self.mine:
            raise WrongField(
                "account",
                N_("there is an account {value} already, of somebody whom you do not look after"),
                N_("choose another account, or ask an administrator"),
                value=person.account,
            )
        elif self._differs(person, row) and not answers_for(self.session, self.caller, person.id, self.now):
            raise WrongField(
                "account",
                N_("{value} has other duties too: you do not change what is known of this person"),
                N_("leave these cells as they are, or ask an administrator"),
                value=person.account,
            )

    def _differs(self, person: Person, row: Row) -> bool:
        names = [name for name in (*_FACTS, "active") if row.get(name) is not None]
        return any(getattr(person, name) != row.get(name) for name in names)

    def _check_same(self, wish: _Wish, facts: dict[str, Any]) -> None:
        """Several rows of one person say the same of them, or nothing."""
        for name, value in facts.items():
            if wish.facts.setdefault(name, value) != value:
                raise WrongField(
                    name,
                    N_("{value} differs from row {row}, of the same account"),
                    N_("write the same in all rows of a person"),
                    value=value,
                    row=wish.row,
                )

    def _take_role(self, wish: _Wish, person: Person | None, row: Row) -> bool:
        """Note the role of a row; whether it is new, or its term is."""
        role = row.get("role")
        if role is None:
            return False
        post = self._post(row, role)
        try:
            term = term_of(self.session, row.get("since"), row.get("until"), self.now)
        except Refusal as refusal:
            mend = N_("correct the days, or empty the cells")
            raise WrongField(refusal.fields[0].field, refusal.message, mend) from None
        closed = row.get("active") is False or (person is not None and not person.active and row.get("active") is None)
        new = person is None or not self._has(person, role, post, term)
        if closed and new:
            raise WrongField(
                "role", N_("this account is closed; open it again first"), N_("empty the cell, or open the account")
            )
        wish.roles.append((role, post, term))
        return new

    def _has(self, person: Person, role: Role, post: Post, term: Term) -> bool:
        one = self.held.get((person.id, role, *post.columns()))
        return one is not None and Term(one.starts_at, one.ends_at) == term

    def _post(self, row: Row, role: Role) -> Post:
        level, code, name = row.get("level"), row.get("code"), "code"
        if level is None:
            for column, its_level in _PLACES:
                if row.get(column):
                    level, code, name = its_level, row.get(column), column
                    break
        if level is None:
            raise WrongField(
                "level",
                N_("nothing says where this role holds"),
                N_("write a depot, a sub-district or a district, or that it is the whole city"),
            )
        if level != Level.CITY and not code:
            code, name = next(((row.get(c), c) for c, its in _PLACES if its == level and row.get(c)), ("", "code"))
        post = CITY if level == Level.CITY else self.posts[level].get(code or "")
        if post is None or not may_give(self.caller, role, post):
            raise WrongField(
                "role" if level == Level.CITY else name,
                N_("there is no such place of yours where you may give this role: {code}"),
                N_("write the code as it stands in the list of depots, or ask an administrator"),
                code=code or say("zh", LEVEL_WORDS[Level.CITY]),
            )
        return post

    def drop(self) -> None:
        """What was taken is remembered, as little as it is: the rows of a person may stand far apart."""

    def finish(self) -> dict[str, Any]:
        return {"rows": self.rows, **self.figures, "preview": self.preview}

    def write(self) -> None:
        for account, wish in self.wishes.items():
            known = self.people.get(account)
            if known is None:
                self._new(account, wish)
            else:
                self._change(known, wish)
        self.session.flush()  # roles point to people
        for account, wish in self.wishes.items():
            person = self.people[account]
            if wish.active and not person.active:
                reactivate(self.session, self.caller, person.id, self.now)
                self.journal.note(table_of(Person), {"id": person.id}, {"active": False}, {"active": True})
            for role, post, term in wish.roles:
                self._give(person, role, post, term)
            if wish.active is False and person.active:
                self.session.flush()
                deactivate(self.session, self.caller, person.id, self.now)
                self.journal.note(table_of(Person), {"id": person.id}, {"active": True}, {"active": False})
        self.journal.flush()
        self.wishes.clear()
        if self.of_administrators:
            keep_administrators(self.session, self.caller, self.now, self.caller.person_id)

    def _new(self, account: str, wish: _Wish) -> None:
        person = Person(id=new_id(), account=account, created_at=self.now, **wish.facts)
        self.people[account] = person
        self.mine.add(person.id)
        self.entered.add(person.id)
        self.session.add(person)
        told = {name: getattr(person, name) for name in ("account", *_FACTS)}
        self.journal.note_new(table_of(Person), {"id": person.id, "account": account})
        record(self.session, by_of(self.caller), self.now, "person-added", PERSON, str(person.id), after=told)

    def _change(self, person: Person, wish: _Wish) -> None:
        before = {name: getattr(person, name) for name in wish.facts}
        if self.journal.put(person, wish.facts):
            after = {name: getattr(person, name) for name in wish.facts}
            if after.get("email") != before.get("email"):
                end_links(self.session, person.id, self.now)
            by = by_of(self.caller)
            record(self.session, by, self.now, "person-changed", PERSON, str(person.id), before=before, after=after)

    def _give(self, person: Person, role: Role, post: Post, term: Term) -> None:
        if person.id not in self.entered:  # a new account has neither a password nor a link
            require_own_password(self.session, person, role, post, self.now)
            end_outgrown_links(self.session, person.id, role, post, self.now)
        key: Held = (person.id, role, *post.columns())
        one, was = self.held.get(key), None
        values = {"starts_at": term.starts_at, "ends_at": term.ends_at}
        if one is None:
            district, depot, part = post.columns()
            one = Assignment(
                id=new_id(),
                person_id=person.id,
                role=role,
                district_code=district,
                depot_id=depot,
                subdistrict_code=part,
                **values,
            )
            self.held[key] = one
            self.session.add(one)
            self.journal.note_new(table_of(Assignment), {"id": one.id, "person_id": person.id, **values})
        else:
            was = told_of(one)
            if not self.journal.put(one, values):
                return
        self.of_administrators |= role == Role.ADMINISTRATOR
        told = told_of(one) | ({} if was is None else {"was": was})
        record(self.session, by_of(self.caller), self.now, "role-given", PERSON, str(person.id), after=told)


def _posts(session: Session, caller: Caller) -> dict[Level, Names]:
    """The places where the caller may give a role: a place elsewhere of the same name does not exist for them."""
    found = {level: Names() for _, level in _PLACES}

    def add(post: Post, *names: str) -> None:
        if any(may_give(caller, role, post) for role in Role):
            found[post.level].add(post, post.code, *names)

    for one in session.execute(select(District)).scalars():
        add(Post(Level.DISTRICT, one.code, one.code), one.name_zh, one.name_en)
    for part in session.execute(select(Subdistrict)).scalars():
        add(Post(Level.SUBDISTRICT, part.code, part.district_code, part.code), part.name_zh, part.name_en)
    columns = (Depot.id, Depot.code, Depot.district_code, Depot.subdistrict_code, Depot.name_zh, Depot.name_en)
    for row in session.execute(select(*columns).where(Depot.status == DepotStatus.OPEN)):
        post = Post(Level.DEPOT, row.code, row.district_code, row.subdistrict_code, row.id)
        add(post, row.name_zh, row.name_en)
    return found
