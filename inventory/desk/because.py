"""Whose rule a required line is, in words: ``depots/rules.py`` writes "STR 4, RIO 4 (max); what was said"."""

import re
from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.languages import N_, say
from depots.models import Profile
from inventory.readiness.crew import SOURCE

_AMOUNT = r"\d+(?:\.\d+)?(?:\+\d+ \(\d+:1\))?"
_DEMAND = re.compile(rf"([\w-]+) ({_AMOUNT})")
_SAID = re.compile(rf"([\w-]+ {_AMOUNT}(?:, [\w-]+ {_AMOUNT})*)(?: \((max|sum)\))?")
RULE_WORDS = {"max": N_("the largest holds"), "sum": N_("added up")}

Names = Mapping[str, tuple[str, str]]


def profile_names(session: Session) -> Names:
    """What types and specialties are called, in Chinese and English."""
    rows = session.execute(select(Profile.code, Profile.name_zh, Profile.name_en))
    return {code: (zh, en or zh) for code, zh, en in rows}


def because(language: str, why: str, names: Names) -> str:
    """The rule with the names of types and specialties; what a person wrote behind it stands as it is."""
    if why == SOURCE:
        return say(language, N_("the rule for every depot's crew"))
    said, semicolon, override = why.partition("; ")
    if (found := _SAID.fullmatch(said)) is None:
        return why
    side = 0 if language == "zh" else 1
    demands = [f"{names.get(code, (code, code))[side]} {amount}" for code, amount in _DEMAND.findall(found[1])]
    rule = f" ({say(language, RULE_WORDS[found[2]])})" if found[2] else ""
    return ("、" if language == "zh" else ", ").join(demands) + rule + semicolon + override
