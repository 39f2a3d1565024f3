"""The whole book, and what each person can read, compared with the model."""

from collections import defaultdict
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import uuid5

from tests.simulation.book import NAMES
from tests.simulation.model import SPACE, Line
from tests.simulation.people import AUDITOR, CODES, DEPOTS, SEE, may, may_anywhere, visible
from tests.simulation.reading import Difference, check_leak

if TYPE_CHECKING:
    from tests.simulation.drive import Run


def touched(run: "Run", lines: list[Line], name: str) -> None:
    """The balances that a step has changed, and the condition of all lots."""
    model, names = run.model, run.model.names
    for place, lot in {(end, line.lot) for line in lines for end in (line.source, line.target)}:
        found = run.book.balance(names[place], names[lot])
        if found != model.balance(place, lot):
            raise Difference(f"{name}: other balances", f"{place} {lot}: {found} for {model.balance(place, lot)}")
    conditions(run, name)
    carriers(run, name)


def carriers(run: "Run", name: str) -> None:
    """Where the vehicles and kits are that are in the book, and whether their load is in reach."""
    model = run.model
    found = run.book.carriers()
    for key in model.stands:
        depot, reach = found[model.names[key]]
        expected = (str(uuid5(SPACE, model.places[key].depot)), model.places[key].in_reach)
        if (depot, reach) != expected:
            raise Difference(f"{name}: a carrier elsewhere", f"{key}: {depot} {reach} for {expected}")


def conditions(run: "Run", name: str) -> None:
    """Which lots are unfit or on hold."""
    model = run.model
    found = {model.symbols.get(lot, lot): state for lot, state in run.book.conditions().items()}
    expected = {key: lot.condition for key, lot in model.lots.items() if lot.condition != "fit" and key in model.names}
    if found != expected:
        apart = {key for key in found.keys() | expected.keys() if found.get(key) != expected.get(key)}
        told = [f"{key}: {found.get(key)} for {expected.get(key)}" for key in sorted(apart)]
        raise Difference(f"{name}: another condition", "\n".join(told))


def tables(run: "Run") -> None:
    """All balances as the database has them, outside places too."""
    model = run.model
    expected = {key: quantity for key, quantity in model.stock.items() if quantity}
    symbols = model.symbols
    found = {
        (symbols.get(place, place), symbols.get(lot, lot)): quantity
        for (place, lot), quantity in run.book.balances().items()
    }
    _same("tables", found, expected)
    if run.book.count() != run.book.known:
        raise Difference("tables: lines are gone", f"{run.book.count()} of {run.book.known}")
    conditions(run, "tables")
    ledger(run)


def _same(name: str, found: dict[tuple[str, str], Decimal], expected: dict[tuple[str, str], Decimal]) -> None:
    if found != expected:
        apart = {key for key in found.keys() | expected.keys() if found.get(key) != expected.get(key)}
        told = [f"{key}: {found.get(key)} for {expected.get(key)}" for key in sorted(apart)]
        raise Difference(f"{name}: other balances", "\n".join(told))


def ledger(run: "Run") -> None:
    """The program shows every line that was booked since this was last asked, once and as it stands."""
    cursor, waiting = None, dict(run.unshown)
    while waiting:
        page = run.get(AUDITOR, "/api/movements", len(run.sent), limit=min(200, len(waiting) + 5), cursor=cursor).json()
        for row in page["items"]:
            written = waiting.pop(row["id"], None)
            if written is None:
                continue
            shown = {**row, "quantity": Decimal(row["quantity"])}
            apart = [name for name in NAMES[:-1] if shown[name] != written[name]]
            if apart or datetime.fromisoformat(row["happened_at"]) != datetime.fromisoformat(written["happened_at"]):
                raise Difference("ledger: shown otherwise than booked", f"{apart}\n{row}\n{written}")
        cursor = page.get("next")
        if waiting and not cursor:
            raise Difference("ledger: booked and not shown", str(list(waiting.values())[:5]))
    run.unshown.clear()


def whole_book(run: "Run") -> None:
    """Everything: the tables, stock by place and lot through the auditor's eyes, and ``readyshelf verify``."""
    model = run.model
    tables(run)
    for number, depot in enumerate(DEPOTS):
        expected = {
            (place, lot): quantity
            for (place, lot), quantity in model.stock.items()
            if quantity and model.places[place].depot == depot and not model.places[place].outside
        }
        found: dict[tuple[str, str], Decimal] = {}
        for row in run.pages(f"/api/depots/{CODES[depot]}/stock", server=number):
            key = (model.symbols.get(row["place"], row["place"]), model.symbols.get(row["lot"], row["lot"]))
            found[key] = Decimal(row["quantity"])
            if row["condition"] != model.lots[key[1]].condition:
                raise Difference("book: another condition", f"{key}: {row['condition']} for {model.lots[key[1]]}")
        _same("book", found, expected)
    labels(run)
    phones(run)
    said = run.servers[0].verify()
    if said:
        raise Difference("verify: not sound", said)


def labels(run: "Run") -> None:
    """Learn the codes on things."""
    for code, thing in run.book.codes().items():
        symbol = run.model.symbols.get(thing)
        if symbol:
            run.model.names[f"code:{symbol}"] = code


def phones(run: "Run") -> None:
    """A phone is shown exactly the codes on what its depot has."""
    shown: dict[str, str] = {}
    for depot in DEPOTS:
        shown |= run.get("adm", f"/api/phone/{CODES[depot]}/shelves").json()["codes"]
    codes = run.book.codes()
    if shown != codes:
        raise Difference("phones: other codes", f"{shown.items() ^ codes.items()}")


LOOKS = (
    "/api/depots",
    "/api/places",
    "/api/lots",
    "/api/movements",
    "/api/alerts",
    "/api/checks",
    "/api/readiness?by=depot",
    "/api/entries",
    "/api/find?q=BRK-014&near=22.53,113.94&quantity=1",
    "/api/depots/{code}",
    "/api/depots/{code}/stock",
    "/api/depots/{code}/readiness",
    "/api/phone/{code}/shelves",
    "/api/phone/{code}/work",
    "/api/places?depot={code}",
    "/api/lots?depot={code}",
    "/api/movements?depot={code}",
    "/api/alerts?depot={code}",
    "/api/checks?depot={code}",
    "/api/expiry/lots",
    "/api/readiness/short",
    "/api/readiness/matrix",
    "/api/hand-outs",
    "/api/scraps",
    "/api/recalls",
    "/api/reservations",
    "/api/closings",
    "/api/depots/{code}/closing",
    "/api/depots/{code}/keepers",
    "/api/export/stock.csv",
    "/api/export/movements.csv",
    "/api/export/loans.csv",
    "/api/counts/{doc}",
    "/api/recalls/{doc}",
    "/api/labels/{label}",
    "/api/scan?text={label}",
    "/api/movements?lot={thing}",
    "/api/movements?place={thing}",
    "/api/movements?incident={doc}",
)
SURE = LOOKS[:9]  # whoever may see anything may read these


def look(run: "Run", who: str, at: list[str], server: int) -> None:
    """Somebody reads an address of some depot: in reach it is the model's truth, out of reach it is nothing."""
    address, depot, *named = at
    thing = {name: run.resolve(f"@{symbol}") for name, symbol in zip(("thing", "doc", "label"), named, strict=False)}
    asked = address.format(code=CODES[depot], **thing)
    answer = run.get(who, asked, server)
    told = f"{who} {address} of {depot}: {answer.status_code} {answer.text[:1500]}"
    if answer.status_code >= 500:
        raise Difference(f"look {address}: {answer.status_code}", told)
    if "/api/find" not in address:  # the finder is for the whole city: the nearest that has it
        check_leak(run, who, answer, asked, f"look {address}")
    if "{code}" in address and not may(who, SEE, depot):
        shared = "/api/movements" in address  # a line is read by whoever sees either of its ends
        if answer.status_code == 200 and _rows(answer) and not shared:
            raise Difference(f"look {address}: read from out of reach", told)
        if answer.status_code not in (200, 403, 404):
            raise Difference(f"look {address}: {answer.status_code} out of reach", told)
    elif may_anywhere(who, SEE) and address in SURE and answer.status_code != 200:
        raise Difference(f"look {address}: {answer.status_code} within reach", told)
    elif address == "/api/depots" and answer.status_code == 200:
        found = {row["code"] for row in answer.json()["items"]}
        if found != {CODES[one] for one in visible(who)}:
            raise Difference(f"look {address}: other depots", told)
    elif address == "/api/lots?depot={code}":
        _lots(run, depot, answer.json(), told)


def _rows(answer: Any) -> bool:
    if "json" not in answer.headers.get("content-type", ""):
        return bool(answer.text)
    body = answer.json()
    return bool(body["items"]) if isinstance(body, dict) and "items" in body else bool(body)


def _lots(run: "Run", depot: str, page: dict[str, Any], told: str) -> None:
    expected: dict[str, Decimal] = defaultdict(Decimal)
    for place, lot in run.model.rows(depot=depot):
        expected[lot] += run.model.balance(place, lot)
    for row in page["items"]:
        lot = run.model.symbols.get(row["id"], row["id"])
        if Decimal(row["quantity"]) != expected.get(lot):
            raise Difference("look lots: another quantity", f"{lot}: {row['quantity']} for {expected.get(lot)}\n{told}")
