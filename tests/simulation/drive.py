"""A story against running servers: each step is judged, sent, and compared; then the model follows."""

import contextlib
import re
import threading
import time
from base64 import b64decode
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4, uuid5
from zoneinfo import ZoneInfo

import httpx

from tests.clusters import Cluster
from tests.simulation import compare
from tests.simulation.answered import Answered
from tests.simulation.book import Book
from tests.simulation.faults import UNKNOWN, back_up_and_restore, endure
from tests.simulation.gear import judge_condition
from tests.simulation.judge import judge
from tests.simulation.known import KNOWN
from tests.simulation.model import SPACE, Doc, Line, Model
from tests.simulation.oversight import oversee
from tests.simulation.people import AUDITOR, DEPOTS, REPORT, begin, may_anywhere, might_once, visible
from tests.simulation.reading import CANARIES, UUIDS, Difference, check_leak, new_lines
from tests.simulation.server import Server
from tests.simulation.verdict import Booked, Refused, Unsettled, Verdict
from tests.simulation.world import Ground

ZONE = ZoneInfo("Asia/Shanghai")
# The smallest PNG: one black pixel
PHOTO = b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVQI12NgAAAAAgAB4iG8MwAAAABJRU5ErkJggg==")
ADDRESSES = {"movements": "/api/movements", "entry": "/api/entries"}


@dataclass
class Sent:
    """A step as it went out, to be repeated."""

    step: dict[str, Any]
    body: Any
    answer: Answered
    booked: bool


@dataclass
class Run:
    """One story against one fresh database."""

    seed: int
    ground: Ground
    servers: list[Server]
    folder: Path
    book: Book
    inside: bool = False
    clusters: list[Cluster] = field(default_factory=list)  # of the story's own: the leader first, then its standby
    ends: ExitStack = field(default_factory=ExitStack)  # what is stopped when the story is over
    model: Model = field(init=False)
    sent: dict[int, Sent] = field(default_factory=dict)
    unshown: dict[str, dict[str, Any]] = field(default_factory=dict)  # movements that the program has not shown yet
    skipped: dict[str, int] = field(default_factory=dict)
    answers: dict[str, int] = field(default_factory=dict)
    faults: dict[str, int] = field(default_factory=dict)  # of the surroundings: how many of each

    def __post_init__(self) -> None:
        begin()
        self.model = Model(self.seed)
        for symbol, name in self.ground.names.items():
            self.model.learn(symbol, name)
            self.model.tell_secret(name, symbol[:2])
        for word, depot in self.ground.canaries.items():
            self.model.tell_secret(word, depot)
        for depot in DEPOTS:
            self.model.names[f"depot:{depot}"] = compare.CODES[depot]
            for row in self.pages("/api/places", depot=compare.CODES[depot]):
                if row["kind"] != "shelf":
                    self.model.learn(f"{depot}/{row['kind']}", row["id"])
                    self.model.tell_secret(row["id"], depot)

    # -- sending ------------------------------------------------------------------------------------------------

    def get(self, who: str, address: str, server: int = 0, **query: Any) -> Answered:
        headers = {"Authorization": f"Bearer {self.ground.tokens[who]}"}
        client = self.servers[server % len(self.servers)].client
        asked = {name: value for name, value in query.items() if value is not None}
        return client.get(address, params=asked or None, headers=headers)

    def pages(self, address: str, who: str = AUDITOR, server: int = 0, **query: Any) -> list[dict[str, Any]]:
        """Every row of a list."""
        rows: list[dict[str, Any]] = []
        cursor = None
        while True:
            answer = self.get(who, address, server, limit=200, cursor=cursor, **query)
            if answer.status_code != 200:
                raise Difference(f"list {address.split('?')[0]}: {answer.status_code}", answer.text)
            page = answer.json()
            rows += page["items"]
            cursor = page.get("next")
            if not cursor:
                return rows

    def resolve(self, value: Any) -> Any:
        """Symbols as the program's own names; what is not known is an id that never was."""
        if isinstance(value, dict):
            return {key: self._instant(item) if key in _INSTANTS else self.resolve(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.resolve(item) for item in value]
        if not isinstance(value, str) or not value.startswith("@"):
            return value
        symbol = value[1:]
        if symbol in self.model.names:
            return self.model.names[symbol]
        if symbol.startswith(("id:", "doc:")):
            return self.model.ids(symbol)
        if symbol.startswith("canary:"):
            return self.model.word(value)
        return str(uuid5(SPACE, f"nowhere/{symbol}"))

    def _instant(self, value: str | None) -> str | None:
        if value is None or not value.startswith("@"):
            return value
        return (datetime.now(UTC) + timedelta(seconds=float(value[1:]))).isoformat()

    def post(self, who: str, verb: str, body: Any, server: int, cut: float | None = None, fault: str = "") -> Answered:
        """Send; with ``cut`` the server is killed so many seconds after, started anew, and it is sent again."""
        headers = {"Authorization": f"Bearer {self.ground.tokens[who]}"}
        running = self.servers[server % len(self.servers)]

        def send() -> Answered:
            return running.client.post(ADDRESSES[verb], json=body, headers=headers)

        if fault:
            return endure(self, fault, running, send)
        if cut is None:
            return send()
        self.note_fault("cut")
        if self.inside:  # it fell after it had booked, and before anybody heard
            send()
            running.kill()
            return send()

        def fall() -> None:
            time.sleep(cut)
            running.kill()

        killer = threading.Thread(target=fall)
        killer.start()
        with contextlib.suppress(httpx.TransportError):
            send()
        killer.join()
        running.start()
        return send()

    def tell(self, who: str, address: str, body: Any, server: int) -> Answered:
        """Send something that books nothing."""
        headers = {"Authorization": f"Bearer {self.ground.tokens[who]}"}
        return self.servers[server % len(self.servers)].client.post(address, json=body, headers=headers)

    def note_fault(self, what: str) -> None:
        """One more fault of the surroundings was injected."""
        self.faults[what] = self.faults.get(what, 0) + 1

    # -- steps --------------------------------------------------------------------------------------------------

    def play(self, step: dict[str, Any]) -> None:
        """Carry out one step and compare; raises Difference."""
        try:
            getattr(self, f"_{step['verb']}")(step)
        except Unsettled as open_finding:
            self.skipped[open_finding.finding] = self.skipped.get(open_finding.finding, 0) + 1

    def _kill(self, step: dict[str, Any]) -> None:
        self.note_fault("kill")
        server = self.servers[step["server"] % len(self.servers)]
        server.kill()
        server.start()

    def _restore(self, step: dict[str, Any]) -> None:
        if self.inside:
            return
        back_up_and_restore(self)
        compare.tables(self)

    def _compare(self, step: dict[str, Any]) -> None:
        compare.whole_book(self)

    def _oversee(self, step: dict[str, Any]) -> None:
        oversee(self, step)

    def _glance(self, step: dict[str, Any]) -> None:
        compare.tables(self)

    def _learn(self, step: dict[str, Any]) -> None:
        compare.labels(self)

    def _look(self, step: dict[str, Any]) -> None:
        compare.look(self, step["who"], step["at"], step["server"])

    def _movements(self, step: dict[str, Any]) -> None:
        self._send(step, self.resolve(step["body"]))

    _entry = _movements

    def _photo(self, step: dict[str, Any]) -> None:
        """A photo under the device's own id; sent again, it is the same."""
        symbol, headers = f"doc:{step['n']}", {"Authorization": f"Bearer {self.ground.tokens[step['who']]}"}
        address = f"/api/photos/{self.model.ids(symbol)}"
        client = self.servers[step["server"] % len(self.servers)].client
        answers = [client.put(address, content=PHOTO, headers=headers).status_code for _ in range(2)]
        able = may_anywhere(step["who"], REPORT) or might_once(step["who"], REPORT)  # of an act of their time
        if answers != ([201, 200] if able else [403, 403]):
            raise Difference(f"photo: {answers}", str(step))
        if able:
            self.model.docs[symbol] = Doc(symbol, "photo", "", step["who"])
            self.model.learn(symbol, self.model.ids(symbol))

    def _send(self, step: dict[str, Any], body: Any) -> None:
        now = datetime.now(UTC)
        if step["verb"] == "entry":  # a document and the place that it is have the entry's id
            self.model.learn(f"doc:{step['n']}", self.model.ids(f"doc:{step['n']}"))
        verdict = judge(self.model, step, now, now.astimezone(ZONE).date())
        answer = self.post(step["who"], step["verb"], body, step["server"], step.get("cut"), step.get("fault", ""))
        lines = new_lines(self, step, verdict)
        name = self._check(step, body, verdict, answer, lines)
        booked = isinstance(verdict, Booked) and answer.status_code in (200, 201, 202)
        self.sent[step["n"]] = Sent(step, body, answer, booked)
        if booked and answer.status_code != 202:
            for lot in verdict.new_lots:
                self.model.add_lot(lot)
                judge_condition(self.model, lot.key)
            verdict.follow(lines)
            if step["verb"] == "entry":
                verdict.hear(answer.json()["outcome"]["result"])
            self.model.post(lines)
            self._share(step, body, lines)
            compare.touched(self, lines, name)
        check_leak(self, step["who"], answer, body, name)
        if step["verb"] == "entry" and step["body"].get("late"):
            for word in UUIDS.findall(str(body)):
                self.model.typed.setdefault(word, set()).update(visible(step["who"]))
        if isinstance(verdict, Refused) and verdict.blind and step.get("twin") == verdict.blind:
            self._twin(step, answer)

    def _share(self, step: dict[str, Any], body: Any, lines: list[Line]) -> None:
        """The words of an act may be read where it took place."""
        made = [self.model.docs.get(f"doc:{kind}{step['n']}") for kind in ("", "scrap ", "service ")]
        named = (
            [self.model.docs.get(str(text)[1:]) for text in step["body"].values()] if step["verb"] == "entry" else []
        )
        depots = {self.model.places[end].depot for line in lines for end in (line.source, line.target)}
        for one in (*made, *named):
            if one and one.kind == "recall":
                depots |= set(DEPOTS)  # it is told to the whole city
            elif one:
                depots |= {one.depot, one.facts.get("receiver", one.depot)}
        depots = depots or visible(step["who"])
        words = CANARIES.findall(str(body))
        for word in words:
            self.model.tell_secret(word, *depots)
        for one in (*made, *named):
            if one:
                one.facts.setdefault("words", set()).update(words)

    def _check(self, step: dict[str, Any], body: Any, verdict: Verdict, answer: Answered, lines: Any) -> str:
        status, told = answer.status_code, f"{step}\n{verdict}\n{answer.status_code} {answer.text[:1500]}\n{lines}"
        name = f"{step['verb']} {_kind(step)}"
        if status >= 500:
            raise Difference(f"{name}: {status}", told)
        self.answers[f"{name} {status}"] = self.answers.get(f"{name} {status}", 0) + 1
        if isinstance(verdict, Refused):
            if lines:
                raise Difference(f"{name}: booked, though it is to be refused", told)
            if status not in verdict.statuses:
                raise Difference(f"{name}: {status} for {sorted(verdict.statuses)}", told)
            return name
        if status in verdict.may_refuse and not lines:
            return name
        again = step.get("cut") is not None or step.get("fault") in UNKNOWN  # perhaps it was booked before
        expected = {200, 201} if again else verdict.statuses
        if status not in expected:
            raise Difference(f"{name}: {status} for {sorted(expected)}", told)
        fault = verdict.fault(self.model, lines)
        if fault:
            raise Difference(f"{name}: other lines", f"{fault}\n{told}")
        return name

    def _twin(self, step: dict[str, Any], answer: Answered) -> None:
        """What lies out of reach is answered like what never was."""
        foreign = step["twin"]
        body = self.resolve({**step["body"], foreign: f"@nowhere:{step['n']}", "id": str(uuid4())})
        other = self.post(step["who"], step["verb"], body, step["server"])
        both = [
            (one.status_code, one.json().get("type"), UUIDS.sub("", _nameless(one.text))) for one in (answer, other)
        ]
        if both[0] != both[1]:
            raise Difference(f"{step['verb']} {_kind(step)}: {foreign} out of reach is told apart", f"{step}\n{both}")

    def _repeat(self, step: dict[str, Any]) -> None:
        first = self.sent.get(step["of"])
        if first is None:
            return
        who = first.step["who"] if step["who"] == "first" else step["who"]
        same_person = who == first.step["who"]
        if not first.booked:
            known = _timeless(self.resolve(first.step["body"])) == _timeless(first.body)
            if same_person and known and not step.get("change") and not first.step.get("cut"):
                again = {**first.step, "server": step["server"]}
                self._send(again, first.body)
            return
        body = _changed(first.body, step.get("change"))
        answer = self.post(who, first.step["verb"], body, step["server"])
        told = f"{step}\nof {first.step}\n{answer.status_code} {answer.text[:1500]}\nfirst {first.answer.text[:1500]}"
        name = f"repeat {first.step['verb']} {_kind(first.step)}"
        lines = new_lines(self, first.step, Refused(set(), ""))
        if same_person or "N1" not in KNOWN:
            check_leak(self, who, answer, body, name)
        if lines:
            raise Difference(f"{name}: booked again", told)
        if same_person and body == first.body:
            if answer.status_code not in (200, 202) or answer.json() != first.answer.json():
                raise Difference(f"{name}: another answer ({answer.status_code})", told)
        elif body != first.body and same_person and answer.status_code != 409:
            raise Difference(f"{name}: changed content {answer.status_code} for 409", told)
        elif not same_person and answer.status_code not in (200, 403, 404, 409, 422):
            raise Difference(f"{name}: another person {answer.status_code}", told)


_INSTANTS = ("happened_at", "due_at")


def _nameless(text: str) -> str:
    """A problem without what is each request's own."""
    return re.sub(r'"request_id":"[^"]*"', "", text)


def _kind(step: dict[str, Any]) -> str:
    body = step.get("body")
    return body["kind"] if isinstance(body, dict) else "list" if body else ""


def _timeless(body: Any) -> Any:
    bodies = body if isinstance(body, list) else [body]
    return [{name: value for name, value in one.items() if name not in _INSTANTS} for one in bodies]


def _changed(body: Any, change: str | None) -> Any:
    if change is None:
        return body
    if isinstance(body, list):
        return [{**body[0], "reason": "changed"}, *body[1:]]
    if change == "quantity" and "quantity" in body:
        return {**body, "quantity": "7.5" if body["quantity"] == "7" else "7"}
    return {**body, "reason": f"{body.get('reason', '')} changed"} if "reason" in body else body
