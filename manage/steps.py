"""The steps from an empty city to one that runs, each with whether it is done: looked at, never ticked off."""

from typing import Any

import msgspec
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.languages import N_
from core.models import ArchiveMade
from depots.models import Depot, District, Profile
from inventory.catalogue.models import Category, Item
from inventory.stock.models import Movement
from jobs.channels.models import Mail, MailState
from jobs.channels.register import Way
from jobs.running.overview import looked_at
from jobs.running.watching import LEADER, signs
from labels.codes.event_models import LabelAct, LabelEvent
from people.models import Person
from people.policy import Act, Caller, require_city


class Step(msgspec.Struct, frozen=True):
    """A step: what is there already (``count``), whether that is enough, and where it is done."""

    kind: str
    title: str
    about: str
    path: str
    done: bool
    count: int | None = None


def steps(session: Session, caller: Caller) -> list[Step]:
    """All of them, in the order in which a city needs them."""
    require_city(caller, Act.ADMINISTER)

    def number(table: type, *conditions: Any) -> int:
        return int(session.execute(select(func.count()).select_from(table).where(*conditions)).scalar_one())

    def some(table: type, *conditions: Any) -> int:
        """0 or 1, at the cost of one row: of tables that grow."""
        return len(session.execute(select(1).select_from(table).where(*conditions).limit(1)).all())

    districts, items, depots = number(District), number(Item), number(Depot)
    people = number(Person, Person.active)
    moved = some(Movement)
    printed = some(LabelEvent, LabelEvent.act == LabelAct.PRINTED)  # before the first print there are hardly any
    mailed = some(Mail, Mail.channel == Way.MAIL, Mail.state == MailState.SENT)
    saved = some(ArchiveMade)
    kinds = number(Profile, Profile.kind == "type", Profile.active)
    begun = number(Category) > 0  # whichever list the city began with
    city = "/manage/begin" if not begun else "/manage/city" if districts else "/manage/city/districts"
    if begun and districts and not kinds:
        city = "/manage/city/station-types"
    catalogue = "/manage/catalogue" if begun else "/manage/begin"
    looked = looked_at(session) is not None and LEADER in signs(session)
    return [
        Step(
            "city",
            N_("The city"),
            N_("name, language, time zone, districts, types of depots"),
            city,
            districts > 0 and kinds > 0,
            districts,
        ),
        Step("catalogue", N_("Catalogue"), N_("what the depots may hold"), catalogue, items > 0, items),
        Step("depots", N_("Depots"), N_("one by one, or from a spreadsheet"), "/manage/depots", depots > 0, depots),
        Step("people", N_("People"), N_("keepers, responders, officers"), "/people", people > 1, people),
        Step("stock", N_("Stock"), N_("what lies in the depots today, from spreadsheets"), "/imports", moved > 0),
        Step("labels", N_("Labels"), N_("print them and stick them on"), "/labels", printed > 0),
        Step("mail", N_("Mail"), N_("a mail server, and a test mail that arrived"), "/manage/settings", mailed > 0),
        Step("jobs", N_("Jobs"), N_("what is due has been looked for"), "/manage/health", looked),
        Step("backup", N_("Backup"), N_("a first archive, and one each night"), "/manage/backups", saved > 0),
    ]
