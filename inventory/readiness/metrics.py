"""The city's readiness for Prometheus: as last worked out for each open depot, by whichever process."""

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily, Metric
from sqlalchemy import and_, case, func, select
from sqlalchemy.orm import Session

from depots.models import Depot, DepotStatus
from inventory.readiness.models import DepotReadiness


def readiness_figures(session: Session) -> Iterator[Metric]:
    """Depots and lines: how many there are, and how many are ready."""
    table = DepotReadiness
    ready = and_(table.mandatory_ready == table.mandatory, table.specialty_ready == table.specialty)
    row = session.execute(
        select(
            func.count(),
            func.coalesce(func.sum(case((ready, 1), else_=0)), 0),
            func.coalesce(func.sum(table.mandatory + table.specialty), 0),
            func.coalesce(func.sum(table.mandatory_ready + table.specialty_ready), 0),
        )
        .select_from(table)
        .join(Depot, Depot.id == table.depot_id)
        .where(Depot.status == DepotStatus.OPEN)
    ).one()
    for name, about, numbers in (
        ("readyshelf_depots", "Open depots, and those of them that are ready", row[:2]),
        ("readyshelf_requirement_lines", "Required lines, and those of them that are ready", row[2:]),
    ):
        family = GaugeMetricFamily(name, about, labels=["what"])
        for what, number in zip(("all", "ready"), numbers, strict=True):
            family.add_metric([what], int(number))
        yield family
