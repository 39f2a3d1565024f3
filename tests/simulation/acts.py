"""Acts as people do them: plain, late, repeated, mistaken, and hostile."""

from collections.abc import Sequence
from random import Random
from typing import Any

from tests.simulation.acts_entries import draw_entry
from tests.simulation.compare import LOOKS
from tests.simulation.model import CARRIERS, ITEMS, Model
from tests.simulation.oversight import draw_deed
from tests.simulation.people import DEPOTS, KEEP, PEOPLE, TAKE, may, visible

Step = dict[str, Any]
SHELVES = ("s1", "s2")
# After so many steps all balances are compared, and everything that the program shows; each step compares its own
TABLES, LABELS, WHOLE = 50, 100, 500


class Chance:
    """Draws acts; the same seed draws the same acts from the same model.

    ``hurt``: how many times as often as in a usual story the surroundings fail; ``faults``: in which ways.
    """

    def __init__(self, seed: int, hurt: float = 1, faults: Sequence[str] = ("pause", "full")) -> None:
        self.random, self.hurt, self.faults = Random(seed), hurt, faults

    def step(self, model: Model, n: int) -> Step:
        """The next step of a story."""
        draw = self.random
        if n and n % WHOLE == WHOLE // 2 and n % (2 * WHOLE) > WHOLE:
            return {"n": n, "verb": "restore"}
        if n and n % WHOLE == 0:
            return {"n": n, "verb": "compare"}
        if n and n % TABLES == 0:
            return {"n": n, "verb": "glance"}
        if n % LABELS == 25:
            return {"n": n, "verb": "learn"}
        step = draw.choices(
            (self.movement, self.entry, self.many, self.repeat, self.look, self.photo, self.oversee, self.kill),
            (40, 50, 5, 12, 10, 2, 4, 0.1 * self.hurt),
        )[0]
        drawn = {"n": n, "server": draw.randrange(2), **step(model, n)}
        if drawn["verb"] in ("movements", "entry") and "cut" not in drawn and draw.random() < 0.006 * self.hurt:
            drawn["fault"] = draw.choice(self.faults)
        return drawn

    def entry(self, model: Model, n: int) -> Step:
        return draw_entry(self, model, n)

    def kill(self, model: Model, n: int) -> Step:
        return {"verb": "kill"}

    def oversee(self, model: Model, n: int) -> Step:
        return draw_deed(self.random, n)

    def photo(self, model: Model, n: int) -> Step:
        return {"verb": "photo", "who": self.random.choice(list(PEOPLE))}

    def able(self, who: str, act: str, depot: str) -> bool:
        return may(who, act, depot)

    def look(self, model: Model, n: int) -> Step:
        draw = self.random
        lot, place = draw.choice(list(model.lots)), draw.choice(list(model.places))
        docs, thing = list(model.docs) or ["doc:none"], draw.choice((lot, place))
        named = [thing, draw.choice(docs[-20:]), f"code:{thing}"]
        at = [draw.choice(LOOKS), draw.choice(DEPOTS), *named]
        return {"verb": "look", "who": draw.choice(list(PEOPLE)), "at": at}

    def repeat(self, model: Model, n: int) -> Step:
        draw = self.random
        of = max(0, n - 1 - int(draw.expovariate(0.1)))
        step: Step = {"verb": "repeat", "of": of, "who": "first"}
        if draw.random() < 0.2:
            step["who"] = draw.choice(list(PEOPLE))
        if draw.random() < 0.25:
            step["change"] = draw.choice(("quantity", "reason"))
        return step

    def person(self, act: str, depot: str) -> str:
        """Somebody who may do this there, mostly."""
        able = [who for who in PEOPLE if may(who, act, depot)]
        return self.random.choice(list(PEOPLE) if self.random.random() < 0.15 else able)

    def many(self, model: Model, n: int) -> Step:
        """A list of movements, all or nothing."""
        depot = self.random.choice(DEPOTS)
        who = self.person(KEEP, depot)
        wishes = []
        for number in range(self.random.randint(2, 5)):
            wish = self.wish(model, f"{n}.{number}", depot, who, ("issue", "transfer", "consume", "adjust", "return"))
            if "from" in wish and "lot" in wish:
                wishes.append(wish)
        return {"verb": "movements", "who": who, "body": wishes} if len(wishes) > 1 else self.movement(model, n)

    def movement(self, model: Model, n: int) -> Step:
        draw = self.random
        depot = draw.choice(DEPOTS)
        kinds = ("receive", "issue", "return", "consume", "transfer", "adjust", "dispose")
        kind = draw.choices(kinds, (25, 22, 14, 8, 14, 6, 3))[0]
        who = self.person(TAKE if kind in ("issue", "return", "consume") else KEEP, depot)
        step: Step = {"verb": "movements", "who": who, "body": self.wish(model, str(n), depot, who, (kind,))}
        if draw.random() < 0.12:
            self.make_hostile(model, step)
        if draw.random() < 0.002 * self.hurt:
            step["cut"] = draw.choice((0.0, 0.002, 0.005, 0.01, 0.02))
        return step

    def make_hostile(self, model: Model, step: Step) -> None:
        """Name what belongs to somebody else."""
        draw, wish = self.random, step["body"]
        foreign = [depot for depot in DEPOTS if depot not in visible(step["who"])] or list(DEPOTS)
        there = draw.choice(foreign)
        lots = [lot for _, lot in model.rows(depot=there)]
        what = draw.choice(("from", "to", "lot", "label", "nowhere"))
        if what in ("from", "to"):
            wish[what] = f"@{draw.choice([key for key, place in model.places.items() if place.depot == there])}"
            step["twin"] = what
        elif lots and what in ("lot", "label"):
            for name in ("item", "lot", "label", "new_lot"):
                wish.pop(name, None)
            wish[what] = f"@{draw.choice(lots)}" if what == "lot" else f"@code:{draw.choice(lots)}"
            step["twin"] = what
        else:
            wish[draw.choice(("from", "to"))] = f"@nowhere:{step['body']['id']}"

    def wish(self, model: Model, key: str, depot: str, who: str, kinds: tuple[str, ...]) -> Step:
        """One movement at a depot."""
        draw = self.random
        kind = draw.choice(kinds)
        wish: Step = {"id": f"@id:{key}", "kind": kind, "quantity": self.quantity()}
        if kind == "receive" or (kind == "adjust" and draw.random() < 0.3):
            self.incoming(model, wish, depot, key)
        else:
            self.outgoing(model, wish, depot, who)
        if (kind in ("adjust", "dispose") and draw.random() < 0.95) or draw.random() < 0.2:
            wish["reason"] = f"@canary:{key}"
        self.when(wish)
        return wish

    def quantity(self) -> str:
        draw = self.random
        if draw.random() < 0.04:
            return draw.choice(("0", "-1", "1.5", "0.125", "1e2", "999999999", "１"))
        return str(draw.choices((1, 2, 3, 5, 12), (60, 12, 8, 5, 3))[0])

    def when(self, wish: Step) -> None:
        """A phone that was offline tells late; a clock may be wrong."""
        draw = self.random
        if draw.random() < 0.22:
            wish["late"] = True
            wish["happened_at"] = f"@{-draw.choice((30, 600, 7200, 86400, 2592000))}"
        elif draw.random() < 0.06:
            wish["happened_at"] = f"@{draw.choice((600, 86400, 120, -600, -86400))}"

    def incoming(self, model: Model, wish: Step, depot: str, key: str) -> None:
        draw = self.random
        item = draw.choice(list(ITEMS.values()))
        wish["to"] = f"@{depot}/{draw.choice((*SHELVES, 'hold') if draw.random() < 0.1 else SHELVES)}"
        if wish["kind"] == "receive" and item.tracking != "serial":
            wish["quantity"] = str(draw.choice((5, 10, 20, 50)))
        here = [lot for _, lot in model.rows(depot=depot)]
        if draw.random() < 0.25 and here:
            wish["lot"] = f"@{draw.choice(here)}"
            return
        wish["item"] = item.code
        if item.tracking == "serial":
            wish["quantity"] = "1"
            wish["new_lot"] = {"serial": f"@canary:{key}", "maker": "Maker"}
        elif item.tracking == "lot":
            dated = {"expires_on": draw.choice(("2027-06-30", "2028-01-31", "2029-03-31", "2025-01-31"))}
            number = "" if draw.random() < 0.15 else f"@canary:batch {draw.randrange(30)} {depot}"
            wish["new_lot"] = {"number": number, **(dated if draw.random() < 0.9 else {"expiry_unknown": True})}

    def outgoing(self, model: Model, wish: Step, depot: str, who: str) -> None:
        draw, kind = self.random, wish["kind"]
        kits = [key for key, one in model.places.items() if one.depot == depot and one.kind in CARRIERS]
        rows = [row for row in model.rows(depot=depot) if self.fits(model, kind, row[0])]
        if not rows or draw.random() < 0.05:
            rows = [(f"{depot}/{draw.choice(SHELVES)}", draw.choice(list(model.lots)))]
        place, lot = draw.choice(rows)
        by_item = kind in ("issue", "consume") and draw.random() < 0.25
        if by_item:
            wish["item"] = model.lots[lot].item
            if ITEMS[wish["item"]].sizes and draw.random() < 0.7:
                wish["size"] = draw.choice(("M", "L", "XL"))
        elif draw.random() < 0.3 and f"code:{lot}" in model.names:
            wish["label"] = f"@code:{lot}"
        else:
            wish["lot"] = f"@{lot}"
        if draw.random() < 0.85 or wish.get("late"):
            wish["from"] = f"@{place}"
        if kind == "transfer" or (kind == "return" and draw.random() < 0.8):
            wish["to"] = f"@{depot}/{draw.choice((*SHELVES, 'hold'))}"
        if kits and kind in ("transfer", "issue") and draw.random() < 0.25:
            wish["to"] = f"@{draw.choice(kits)}"
        if kind == "transfer" and draw.random() < 0.1:
            others = [key for key, one in model.places.items() if one.depot == depot]
            wish["to"] = f"@{draw.choice(others)}"
        if ITEMS[model.lots[lot].item].tracking == "serial" and draw.random() < 0.95:
            wish["quantity"] = "1"

    def fits(self, model: Model, kind: str, place: str) -> bool:
        """Whether a kind of movement takes from such a place, mostly."""
        what = model.places[place].kind
        return what in ("hands", "loan", "incident") if kind == "return" else what in ("shelf", "hold", *CARRIERS)
