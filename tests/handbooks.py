"""What a handbook in docs/ says to do, step by step: what it prints in bold is what stands on the screen."""

import re
from collections.abc import Iterator

from core.settings import ROOT

_VERBS = "左侧点|上方点|点|看到|在|on the left click|at the top click|tap|click|see|into|in|then"
_STEP = re.compile(rf"({_VERBS}) \*\*(.+?)\*\*", re.IGNORECASE)
SEEN, FILLED = ("看到", "see"), ("在", "into", "in")
BESIDE = ("左侧点", "上方点", "on the left click", "at the top click")


def steps(name: str, language: str) -> Iterator[tuple[str, str]]:
    """The verb and the bold words of each step, in the order of the page."""
    both = (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")
    chinese, english = re.split(r"^_{3,}$", both, flags=re.MULTILINE)
    for line in re.split(r"^(?=1\. )", chinese if language == "zh" else english, flags=re.MULTILINE)[1:]:
        step = " ".join(line.split("\n\n")[0].split())
        yield from ((verb.lower(), words) for verb, words in _STEP.findall(step))
