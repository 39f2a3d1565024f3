"""What a step has come to: the lines that it booked, and whether its answer told more than it may."""

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tests.simulation.answered import Answered
from tests.simulation.model import Line
from tests.simulation.people import DEPOTS, visible
from tests.simulation.verdict import Booked, Verdict

if TYPE_CHECKING:
    from tests.simulation.drive import Run

UUIDS = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
CANARIES = re.compile(r"zq[0-9a-f]{12}qz")


class Difference(AssertionError):
    """Model and program do not agree. ``what`` is short, and the same for the same fault."""

    def __init__(self, what: str, detail: str) -> None:
        super().__init__(f"{what}\n{detail}")
        self.what = what


def new_lines(run: "Run", step: dict[str, Any], verdict: Verdict) -> list[Line]:
    """What has been booked since the last look."""
    fresh = run.book.fresh()
    run.unshown |= {row["id"]: row for row in fresh}
    return [_line(run, step, verdict, row) for row in fresh]


def _line(run: "Run", step: dict[str, Any], verdict: Verdict, row: dict[str, Any]) -> Line:
    model = run.model
    if row["person"] != step["who"]:
        kind = step["body"]["kind"] if isinstance(step.get("body"), dict) else "list"
        raise Difference(f"{kind}: booked in another's name", f"{step}\n{row}")
    if row["lot"] not in model.symbols:
        bulk = f"bulk:{row['item']}"
        news = [lot.key for lot in verdict.new_lots] if isinstance(verdict, Booked) else []
        unbound = [key for key in [bulk, *news] if key not in model.names and (key in news or key in model.lots)]
        model.learn(unbound[0] if unbound else f"strange:{row['lot']}", row["lot"])
    for end, other in (("from", "to"), ("to", "from")):
        if row[end] not in model.symbols:
            depot = model.symbols.get(row[other], "??")[:2]
            if depot not in DEPOTS:
                depot = model.places[model.symbols[row[other]]].depot
            who = row[f"{end}_zh"].split(" ")[0]
            model.learn(model.hands(depot, who), row[end])
    symbols = model.symbols
    lot, source, target = symbols[row["lot"]], symbols[row["from"]], symbols[row["to"]]
    return Line(row["kind"], lot, row["quantity"], source, target, datetime.fromisoformat(row["happened_at"]))


def check_leak(run: "Run", who: str, answer: Answered, body: Any, name: str) -> None:
    """Nothing in an answer belongs to a depot that its reader may not look into.

    The alert of a late entry that was refused repeats what its sender has typed, also where that names nothing there.
    """
    seen, secrets, asked = visible(who), run.model.secrets, ""
    for word in set(UUIDS.findall(answer.text)) | set(CANARIES.findall(answer.text)):
        depots = secrets.get(word)
        if depots is None or depots & seen:
            continue
        if "/api/alerts" in name and run.model.typed.get(word, set()) & seen:
            continue
        asked = asked or str(body)
        if word not in asked:
            symbol = run.model.symbols.get(word, word)
            raise Difference(f"{name}: leak", f"{who} read {symbol} of {sorted(depots)}\n{_around(answer.text, word)}")


def _around(text: str, word: str) -> str:
    at = text.index(word)
    return text[max(0, at - 900) : at + 300]
