"""The shortest story that still shows the same difference: steps are dropped as long as it does (delta debugging)."""

import time
from collections.abc import Callable

from tests.simulation.acts import Step
from tests.simulation.drive import Difference

Tell = Callable[[list[Step]], Difference | None]


def shrink(story: list[Step], what: str, tell: Tell, seconds: float = 120) -> list[Step]:
    """Drop steps, large pieces first, while the story ends in the same difference; at most so many seconds."""
    until = time.monotonic() + seconds
    if seconds <= 0:
        return story[-1:]
    best = [step for step in story if step["verb"] not in ("kill", "look")] + story[-1:]
    best = _unique(best)
    if not _same(tell(best), what):
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
