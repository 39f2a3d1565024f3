"""The shortest story that still shows the same difference: steps are dropped as long as it does (delta debugging)."""

import re
import time
from collections.abc import Callable

from tests.simulation.acts import Step
from tests.simulation.reading import Difference

_THINGS = re.compile(r"(?:lot|doc|bulk):[\w.-]+")
Tell = Callable[[list[Step]], Difference | None]


def shrink(story: list[Step], what: str, tell: Tell, seconds: float = 120) -> list[Step]:
    """Drop steps, large pieces first, while the story ends in the same difference; at most so many seconds."""
    until = time.monotonic() + seconds
    if seconds <= 0:
        return story[-1:]
    best = [step for step in story if step["verb"] not in ("kill", "look", "restore")] + story[-1:]
    best = _unique(best)
    near = _related(best)
    if len(near) < len(best) and _same(tell(near), what):
        best = near
    elif not _same(tell(best), what):
        best = story
    piece = max(1, len(best) // 2)
    while time.monotonic() < until:
        shorter = _round(best, piece, what, tell, until)
        if len(shorter) == len(best) and piece == 1:
            return best
        if len(shorter) == len(best):
            piece = max(1, piece // 2)
        best = shorter
        piece = min(piece, max(1, len(best) // 2))
    return best


def _related(story: list[Step]) -> list[Step]:
    """The steps that have to do with the lots and documents of the last one, and with theirs."""
    names, kept = _names(story[-1]), [story[-1]]
    for step in reversed(story[:-1]):
        here = _names(step)
        if here & names:
            names |= {name for name in here if name.startswith("doc:")}
            kept.append(step)
    return kept[::-1]


def _names(step: Step) -> set[str]:
    told = set(_THINGS.findall(str(step.get("body", ""))))
    made = {f"doc:{step['n']}", f"lot:{step['n']}"} if step["verb"] in ("movements", "entry") else set()
    return told | made | ({f"doc:{step['of']}", f"lot:{step['of']}"} if step["verb"] == "repeat" else set())


def _unique(story: list[Step]) -> list[Step]:
    return list({step["n"]: step for step in story}.values())


def _round(story: list[Step], piece: int, what: str, tell: Tell, until: float) -> list[Step]:
    """One pass from the end to the beginning, dropping pieces of this length."""
    end = len(story)
    while end > 0 and time.monotonic() < until:
        start = max(0, end - piece)
        candidate = story[:start] + story[end:]
        if candidate and _same(tell(candidate), what):
            story = candidate
        end = start
    return story


def _same(difference: Difference | None, what: str) -> bool:
    return difference is not None and difference.what == what
