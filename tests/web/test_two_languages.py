"""Chinese first, English equal: no page shows a sentence of the other language, whatever the data say."""

import re
from collections import Counter, deque
from typing import Any

import httpx
import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.settings import ROOT
from depots.models import Profile, Requirement
from inventory.catalogue.models import Hazard, Item
from inventory.clocks.models import Check, MaintenancePlan
from inventory.demo.city import load_demo
from inventory.faults.models import Defect
from inventory.reference.files import read_folder
from inventory.stock.models import Lot, Movement
from inventory.upkeep.models import Service
from people.models import Person
from people.sign_in import issue_token
from tests.conftest import Town
from tests.test_every_row_opens import fill
from tests.web.visible import Visible

# A sentence: three words in a row with small letters, which codes, units and kinds of files do not have
ENGLISH = re.compile(r"\b[A-Za-z'’-]*[a-z][a-z'’-]*(?:[ ,;:/]+[A-Za-z'’-]*[a-z][a-z'’-]*){2,}")
CHINESE = re.compile(r"[\u4e00-\u9fff]{2,}")
OTHER = {"zh": ENGLISH, "en": CHINESE}
# What tells one page from another of its kind: ids, codes, label codes, numbers, days
ONE_OF_MANY = re.compile(
    r"[0-9a-f]{8}-[0-9a-f-]{27}|(?<=/)[A-Z]{3}(-\d+)?(?=/|$)|(?<=/q/)[^/?]+|(?<=/labels/)[A-Z0-9]{8}\b|\d+"
)
ADDRESS = re.compile(r"\S+://\S+")
STARTS = ("/", "/manage", "/manage/catalogue", "/find", "/upkeep/plans", "/app", "/problems", "/privacy")
LEAVES = ("/sign-out", "/api/", "/lists/", "/calendar/", "/static/")


def one_kind(address: str) -> str:
    """The kind of page at an address."""
    return ONE_OF_MANY.sub("*", address.partition("?")[0])


async def walk(client: httpx.AsyncClient, headers: dict[str, str], most: int) -> list[tuple[str, Visible]]:
    """The pages that links lead to, ``most`` of each kind."""
    waiting, met, kinds = deque(STARTS), set(STARTS), Counter[str]()
    pages = []
    while waiting:
        address = waiting.popleft()
        kind = one_kind(address)
        if kinds[kind] >= most:
            continue
        kinds[kind] += 1
        answer = await client.get(address, headers=headers, follow_redirects=True)
        if not answer.headers.get("content-type", "").startswith("text/html"):
            continue
        page = Visible(answer.text)
        pages.append((kind, page))
        for link in page.links:
            there = (address.partition("?")[0] + link if link.startswith("?") else link).partition("#")[0]
            if there.startswith("/") and not there.startswith(LEAVES) and there not in met:
                met.add(there)
                waiting.append(there)
    return pages


def _speak(session: Session, language: str) -> None:
    session.execute(update(Person).values(language=language))


async def strangers(
    client: httpx.AsyncClient, headers: dict[str, str], language: str, most: int = 1, typed: Any = ()
) -> dict[str, str]:
    """Sentences of the other language with the kind of page where they stand; what people ``typed`` is let be."""
    found, kinds = {}, set()
    for kind, page in await walk(client, headers, most):
        kinds.add(kind)
        for sentence in page.sentences:
            left = ADDRESS.sub("", sentence)
            for name in typed:
                left = left.replace(name, "")
            if OTHER[language].search(left):
                found[sentence] = kind
    assert len(kinds) > 40, sorted(kinds)
    return found


# Names of people; headings of the file that was brought in; what a language calls itself
TYPED = ("先生", "物资编码", "站点", "货位", "数量", "中文")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("language", ["zh", "en"])
async def test_no_page_shows_a_sentence_of_the_other_language(
    client: httpx.AsyncClient, town: Town, language: str
) -> None:
    await fill(client, town)
    town.run(_speak, language)
    assert await strangers(client, town.auth("admin"), language, 1, TYPED) == {}


def _typed(session: Session) -> list[str]:
    """What the demo's people wrote, each in their own language; the longest first."""
    written = (Person.name, Lot.maker, Lot.condition_note, Defect.description, Check.note, Service.vendor)
    texts = (session.execute(select(column).distinct()).scalars() for column in (*written, Movement.reason))
    return sorted({text for column in texts for text in column if text}, key=len, reverse=True)


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("who", ["keeper", "officer", "admin"])
async def test_no_page_of_the_demo_shows_a_sentence_of_the_other_language(
    client: httpx.AsyncClient, town: Town, language: str, who: str
) -> None:
    clock = town.context.clock
    load_demo(town.context.database, clock, 3, seed=7)
    await fill(client, town)
    town.run(_speak, language)
    headers = {"Authorization": f"Bearer {town.run(issue_token, who, 'walk', clock.now())}"}
    typed = [*town.run(_typed), *TYPED]
    assert await strangers(client, headers, language, 3, typed) == {}


def test_what_the_reference_says_is_said_in_both_languages() -> None:
    rows = read_folder(ROOT / "reference").rows
    said = {
        "catalogue": ("hazards", "life_note"),
        "city": ("announced_note",),
        "maintenance_plans": ("note", "clause"),
        "mandatory_profile": ("requirement_source",),
        "profile_tags": ("meaning",),
        "station_types": ("what_it_is",),
    }
    for file, columns in said.items():
        for row in rows[file]:
            for column in columns:
                english, chinese = row[column], row[f"{column}_zh"]
                assert bool(english) == bool(chinese), (file, column, row)
                assert not CHINESE.search(english), (file, column, english)
                assert not ENGLISH.search(chinese), (file, column, chinese)


def test_no_text_of_the_reference_that_is_shown_stands_in_one_language_alone() -> None:
    """Each text column of what the files fill has its pair, or holds codes and words that the texts translate."""
    alone = {
        *("item.code", "item.category_code", "item.hazard_code", "item.sizes", "item.gtin", "item.holds"),
        *("item.warn_days", "item.source", "profile.code", "profile.kind", "hazard.code", "hazard.apart"),
        *("hazard.source", "requirement.profile_code", "requirement.subject", "requirement.group_code"),
        *("requirement.combine", "maintenance_plan.code", "maintenance_plan.anchor", "maintenance_plan.unit"),
        *("maintenance_plan.done_by", "maintenance_plan.source", "maintenance_plan.confidence"),
        *("maintenance_plan.kind", "maintenance_plan.season_from", "maintenance_plan.season_to"),
        *("maintenance_plan.off_unit", "maintenance_plan.crowded_types", "maintenance_plan.crowded_unit"),
        *("maintenance_plan.meter", "maintenance_plan.checklist"),  # questions have their pair inside
    }
    tables: list[Any] = [Item, Profile, Requirement, MaintenancePlan, Hazard]
    for table in tables:
        columns = {column.name: column.type for column in table.__table__.columns}
        for name, kind in columns.items():
            if "String" not in type(kind).__name__ or f"{table.__tablename__}.{name}" in alone:
                continue
            pair = {f"{name}_zh", f"{name.removesuffix('_zh')}", f"{name.removesuffix('_zh')}_en"} - {name}
            pair |= {f"{name.removesuffix('_en')}_zh"} - {name}
            assert pair & columns.keys(), f"{table.__tablename__}.{name} stands in one language alone"
