"""Requirements from a file: lines of profiles for the whole city, or what one depot must hold in their place."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import ROUND_CEILING, Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.columns import table_of
from core.errors import Refusal
from core.ids import new_id
from core.languages import N_
from depots.models import ItemGroup, ItemGroupSize, Level, Profile, Requirement, RequirementOverride
from depots.requirements import work_out_requirements
from inventory.catalogue.models import Item
from inventory.catalogue.sizes import size_groups
from inventory.exchange import cells
from inventory.exchange.amounts import is_own, unit_above
from inventory.exchange.cells import Cell, Wrong, fold
from inventory.exchange.journal import Journal
from inventory.exchange.known import Names, answers_for_city, known_depots, known_items, the_depot, the_item
from inventory.exchange.preview import Preview
from inventory.exchange.reading import FieldSpec, Row, Seen, WrongField
from inventory.readiness.counting import forget_figures
from people.policy import Caller

_LEVELS: dict[Any, tuple[str, ...]] = {
    Level.MANDATORY: ("mandatory", "必配", "标配", "必须", "must"),
    Level.SPECIALTY: ("specialty", "特配", "专项", "专业", "专用"),
    Level.RECOMMENDED: ("recommended", "选配", "建议", "推荐", "should"),
}
_COMBINE = {"max": ("max", "取大", "共用"), "sum": ("sum", "相加", "累加", "每人")}


def _one_of(words: dict[Any, tuple[str, ...]], cell: Cell) -> Any:
    said = fold(cells.shown(cell))
    for value, spellings in words.items():
        if said in spellings:
            return value
    raise Wrong(
        N_("{value} is none of {known}"),
        N_("write one of these words"),
        value=cells.shown(cell),
        known=", ".join(spellings[0] for spellings in words.values()),
    )


def _minimum(cell: Cell) -> tuple[Decimal, str]:
    """How many, perhaps with the unit behind it: 6, or 120 m of what is counted in rolls (T60)."""
    try:
        return cells.number(cell), ""
    except Wrong:
        return cells.quantity(cell)


def _in_base_units(said: tuple[Decimal, str], item: Item | None) -> Decimal:
    """The minimum in the item's own unit; of a second measure so many units as hold it, rounded up."""
    amount, unit = said[0], fold(said[1])
    own = {fold(word) for word in (item.unit_zh, item.unit_en, f"{item.unit_en}s")} if item else set()
    if not unit or unit in own:
        return amount
    second = {fold(word) for word in (item.measure_zh, item.measure_en) if word} if item else set()
    if item is None or not item.measure_per or unit not in second:
        raise WrongField(
            "minimum",
            N_("{unit} is not a unit in which {item} is counted"),
            N_("write the number alone"),
            unit=said[1],
            item=(item.name_zh, item.name_en) if item else "",
        )
    smallest = Decimal(1).scaleb(-item.decimals)
    return (amount / item.measure_per).quantize(smallest, ROUND_CEILING)


FIELDS = (
    FieldSpec("profile", N_("Profile"), lambda cell: cells.listed(cell, 100), given=True),
    FieldSpec("depot", N_("Depot"), lambda cell: cells.listed(cell, 100), given=True),
    FieldSpec("item", N_("Item"), lambda cell: cells.listed(cell, 150), required=True),
    FieldSpec("minimum", N_("Minimum"), _minimum, required=True),
    FieldSpec("level", N_("Level"), lambda cell: _one_of(_LEVELS, cell)),
    FieldSpec("combine", N_("With other profiles"), lambda cell: _one_of(_COMBINE, cell)),
    FieldSpec("spare_per", N_("One spare for each"), cells.whole),
    FieldSpec("valid_from", N_("In force from"), cells.day),
    FieldSpec("reason", N_("Reason"), lambda cell: cells.text(cell, 300)),
)


class IntoRequirements:
    """Takes the rows of requirements."""

    def __init__(self, session: Session, caller: Caller, run_id: UUID, now: datetime, today: date) -> None:
        self.session, self.caller, self.today = session, caller, today
        self.journal = Journal(session, run_id)
        self.items, self.depots = known_items(session, caller), known_depots(session, caller)
        self.for_city = answers_for_city(caller)
        self.profiles = Names()
        for profile in session.execute(select(Profile)).scalars():
            self.profiles.add(profile, profile.code, profile.name_zh, profile.name_en)
        self.groups = {group.code for group in session.execute(select(ItemGroup)).scalars()}
        self.seen = Seen("item")
        self.taken: list[tuple[int, tuple[Any, ...]]] = []  # with the number of the row
        self.preview = Preview({"minimum": N_("Minimum"), "level": N_("Level"), "spare_per": N_("One spare for each")})
        self.sized: dict[str, tuple[Item, list[str]]] = {}  # groups of sizes that the file names
        self.depots_touched: set[UUID] = set()
        self.all_touched = False
        self.rows, self.wrote = 0, False

    def take(self, row: Row) -> None:
        for subject, item_id, group in self._subjects(row):
            self._take(row, subject, item_id, group)
        self.rows += 1

    def _take(self, row: Row, subject: str, item_id: UUID | None, group: str | None) -> None:
        profile_said, depot_said = row.get("profile"), row.get("depot")
        if (profile_said is None) == (depot_said is None):
            raise WrongField(
                "profile",
                N_("a requirement is for a profile or for one depot: fill in exactly one of the two"),
                N_("empty one of the two cells, or fill one in"),
            )
        if profile_said is not None:
            key, taken = self._for_profile(row, subject, item_id, group)
        else:
            depot = the_depot(self.depots, depot_said)
            key = (RequirementOverride, depot.id, subject)
            values = {
                "level": row.get("level", Level.MANDATORY),
                "minimum": self._least(row, item_id),
                "reason": row.get("reason", ""),
            }
            taken = (*key, values)
            self.depots_touched.add(depot.id)
        self.seen.once(key, row)
        self.taken.append((row.number, taken))

    def _subjects(self, row: Row) -> list[tuple[str, UUID | None, str | None]]:
        """The item, a group, or sizes of the item: ``PPE-004@40-44`` is any of these, ``PPE-004@40,41`` each (T49)."""
        said: str = row.get("item")
        code, at, sizes = said.partition("@")
        if not at or said.upper().startswith("GROUP:"):
            return [self._subject(said)]
        item = the_item(self.items, code)
        try:
            groups = size_groups(item.sizes, sizes, "item")
        except Refusal as refusal:
            fault = refusal.fields[0]
            raise WrongField("item", fault.message, N_("write the sizes as 40-44 or 40,41"), **fault.params) from None
        for name, of_group in groups.items():
            self.sized[f"{item.code}@{name}"] = (item, of_group)
        return [(f"GROUP:{item.code}@{name}", None, f"{item.code}@{name}") for name in groups]

    def _subject(self, said: str) -> tuple[str, UUID | None, str | None]:
        if said.upper().startswith("GROUP:"):
            group = said[6:].strip()
            if group not in self.groups:
                raise WrongField(
                    "item", N_("there is no group {value}"), N_("write GROUP: and the code of a group"), value=group
                )
            return f"GROUP:{group}", None, group
        item = the_item(self.items, said)
        return item.code, item.id, None

    def _for_profile(
        self, row: Row, subject: str, item_id: UUID | None, group: str | None
    ) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        profile = self.profiles.get(row.get("profile"))
        if profile is None:
            raise WrongField(
                "profile",
                N_("there is no profile {value}"),
                N_("write the code of a type or specialty, such as IND or FLD"),
                value=row.get("profile"),
            )
        if not self.for_city:
            raise WrongField(
                "profile",
                N_("profiles hold for the whole city; you answer for a part of it"),
                N_("name a depot of yours instead, or ask an officer of the city to bring this file in"),
            )
        given = row.get("valid_from")
        valid_from = given.on if given and given.on else self.today
        must = Level.MANDATORY if profile.kind == "type" else Level.SPECIALTY
        values = {
            "item_id": item_id,
            "group_code": group,
            "level": row.get("level", must),
            "minimum": self._least(row, item_id),
            "spare_per": row.get("spare_per"),
            "combine": row.get("combine", "max"),
            "source": row.get("reason", ""),
            "source_zh": "",  # a file gives one reason, in whatever language
        }
        key = (Requirement, profile.code, subject, valid_from)
        self.all_touched = True
        return key, (*key, values)

    def _least(self, row: Row, item_id: UUID | None) -> Decimal:
        item = self.session.get_one(Item, item_id) if item_id else None
        amount, unit = row.get("minimum")
        if item is not None and not unit and not is_own(above := unit_above(row, item, "minimum"), item):
            unit = above
        return _in_base_units((amount, unit), item)

    def drop(self) -> None:
        """Only looking: what each row would change."""
        for number, (kind, *key, values) in self.taken:
            there = self._requirement(*key) if kind is Requirement else self.session.get(kind, tuple(key))
            self.preview.compare(number, " ".join(map(str, key[:2] if kind is Requirement else key[1:])), there, values)
        self.taken.clear()

    def write(self) -> None:
        self.wrote = True
        puts: dict[Any, Callable[..., None]] = {
            Requirement: self._put_requirement,
            RequirementOverride: self._put_override,
        }
        self._enter_sizes()
        for _, (kind, *key, values) in self.taken:
            puts[kind](*key, values)
        self.journal.flush()
        if self.taken:
            self._work_out()
        self.taken.clear()

    def _enter_sizes(self) -> None:
        """Enter the groups of sizes that are new; they stay when the import is taken back, and ask for nothing."""
        for code, (item, sizes) in self.sized.items():
            if code in self.groups:
                continue
            name = code.partition("@")[2]
            names = {"name_zh": f"{item.name_zh} {name}码"[:100], "name_en": f"{item.name_en}, size {name}"[:100]}
            group = ItemGroup(code=code, **names)
            self.session.add(group)
            self.session.flush()
            self.session.add_all(ItemGroupSize(group_code=code, item_id=item.id, size=size) for size in sizes)
            self.groups.add(code)

    def _requirement(self, profile: str, subject: str, valid_from: date) -> Requirement | None:
        statement = select(Requirement).where(
            Requirement.profile_code == profile, Requirement.subject == subject, Requirement.valid_from == valid_from
        )
        return self.session.execute(statement).scalar_one_or_none()

    def _put_requirement(self, profile: str, subject: str, valid_from: date, values: dict[str, Any]) -> None:
        there = self._requirement(profile, subject, valid_from)
        if there is not None:
            self.journal.put(there, values)
            return
        row = Requirement(id=new_id(), profile_code=profile, subject=subject, valid_from=valid_from, **values)
        self.session.add(row)
        self.journal.note_new(table_of(Requirement), row.model_dump())

    def _put_override(self, depot_id: UUID, subject: str, values: dict[str, Any]) -> None:
        values = {**values, "by_person_id": self.caller.person_id}
        there = self.session.get(RequirementOverride, (depot_id, subject))
        if there is not None:
            self.journal.put(there, values)
            return
        row = RequirementOverride(depot_id=depot_id, subject=subject, **values)
        self.session.add(row)
        self.journal.note_new(table_of(RequirementOverride), row.model_dump())

    def _work_out(self) -> None:
        work_out_requirements(self.session, self.today, None if self.all_touched else self.depots_touched)
        forget_figures(self.session)

    def finish(self) -> dict[str, Any]:
        if self.wrote:
            return {"rows": self.rows, "new": self.journal.new, "changed": self.journal.changed}
        return {"rows": self.rows, **self.preview.counts, **self.preview.told()}
