"""The dashboard and the alert rules under deploy/ ask for figures that /metrics has, by labels that they have."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from core.measuring import note_pools
from core.settings import ROOT
from depots.requirements import work_out_requirements
from inventory.readiness.counting import refresh
from jobs.alerts.sweep import sweep_city
from tests.conftest import Town

WATCHING = ROOT / "deploy" / "watching"
FIGURE = re.compile(r"(readyshelf_\w+)(?:\{([^}]*)\})?")
GROUPED = re.compile(r"\bby \(([^)]*)\)")
THEIRS = {"up"}  # Prometheus' own


def rules() -> list[dict[str, object]]:
    groups = yaml.safe_load((WATCHING / "alerts.yaml").read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def panels() -> list[dict[str, object]]:
    board = json.loads((WATCHING / "grafana.json").read_text(encoding="utf-8"))
    return list(board["panels"])


def expressions() -> Iterator[tuple[str, str]]:
    for rule in rules():
        yield str(rule["alert"]), str(rule["expr"])
    for panel in panels():
        for target in panel["targets"]:  # type: ignore[attr-defined]
            yield str(panel["title"]), target["expr"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_every_figure_that_is_asked_for_is_there(client: httpx.AsyncClient, town: Town) -> None:
    clock = town.context.clock
    town.run(work_out_requirements, clock.today())
    town.stock("MED-013", "1", expires_on=clock.today() - timedelta(1))
    town.run(refresh, clock.today())
    sweep_city(town.context.database, clock.today(), clock.now())
    note_pools(town.context.database)
    await client.get("/api/depots", headers=town.auth())
    text = (await client.get("/metrics")).text
    families = list(text_string_to_metric_families(text))
    named = {family.name for family in families} | {f"{one.name}_total" for one in families if one.type == "counter"}
    samples: dict[str, set[str]] = {}
    for family in families:
        for sample in family.samples:
            samples.setdefault(sample.name, set()).update(sample.labels)
    asked = 0
    for title, expression in expressions():
        by = {label.strip() for group in GROUPED.findall(expression) for label in group.split(",")}
        found = FIGURE.findall(expression)
        assert found or any(name in expression for name in THEIRS), title
        for name, labels in found:
            asked += 1
            assert name in samples or name in named, f"{title}: no figure is called {name}"
            if name in samples:
                wanted = by | set(re.findall(r"(\w+)\s*=~?", labels))
                assert wanted <= samples[name], f"{title}: {name} has no label {wanted - samples[name]}"
    assert asked > 25


def test_every_rule_says_what_to_do_and_how_bad_it_is() -> None:
    for rule in rules():
        assert rule["labels"] in ({"severity": "page"}, {"severity": "warn"}), rule["alert"]
        assert set(rule["annotations"]) == {"summary", "action"}, rule["alert"]  # type: ignore[call-overload]


def test_panels_do_not_lie_over_each_other() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in panels():
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}  # type: ignore[index]
        assert not taken & cells and all(x < 24 for x, _ in cells), panel["title"]
        taken |= cells
