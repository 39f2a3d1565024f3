"""T84: thermal print fades in the sun; the reminder comes after a year, and goes once the label is printed anew."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from jobs.alerts.alerts import AlertFilters, AlertRow, alerts
from jobs.alerts.sweep import SweepReport, sweep_city
from jobs.causes.kinds import AlertKind
from labels.codes.fastening import bind, set_outdoor
from labels.codes.rolls import make_roll
from labels.drawing.formats import built_in
from labels.printing.lists import fading
from labels.printing.printlog import note_prints
from tests.conftest import Town

pytestmark = pytest.mark.anyio


def open_alerts(town: Town) -> list[AlertRow]:
    return town.run(alerts, town.keeper, AlertFilters(kind=AlertKind.LABEL_FADING), 50).items


def sweep(town: Town) -> SweepReport:
    clock = town.context.clock
    return sweep_city(town.context.database, clock.today(), clock.now())


def printed(town: Town, code: str, size: str = "60x40") -> None:
    town.run(note_prints, [code], None, town.context.clock.now(), built_in()[size], "zpl")


def stuck_outdoors(town: Town, to: str) -> str:
    now = town.context.clock.now()
    (code,) = town.run(make_roll, town.keeper, 1, "test", now)
    town.run(bind, town.keeper, code, to, "", now)
    town.run(set_outdoor, town.keeper, code, outdoor=True, now=now)
    return code


def test_an_alert_opens_after_a_year_in_the_sun_and_goes_with_the_reprint(town: Town) -> None:
    piece = stuck_outdoors(town, str(town.stock("EXT-001", "1", serial="SN-1")))
    shelf, depot = stuck_outdoors(town, str(town.shelf.id)), stuck_outdoors(town, town.depot.code)
    for code in (piece, shelf, depot):
        printed(town, code)
    town.context.clock.instant = datetime(2027, 11, 22, 2, 0, tzinfo=UTC)
    sweep(town)
    assert open_alerts(town) == []
    town.context.clock.instant += timedelta(days=1)
    sweep(town)
    assert {alert.details["label"] for alert in open_alerts(town)} == {piece, shelf, depot}
    assert {alert.name_zh for alert in open_alerts(town)} == {
        "手提式ABC干粉灭火器 MFZ/ABC4 (4kg)",
        "A1层",
        "麻岭街面站",
    }
    assert {str(alert.due) for alert in open_alerts(town)} == {"2027-11-23"}
    assert sweep(town).opened == 0
    printed(town, piece)
    town.run(set_outdoor, town.keeper, shelf, outdoor=False, now=town.context.clock.now())
    sweep(town)
    assert [alert.details["label"] for alert in open_alerts(town)] == [depot]
    printed(town, depot, "a4-24")  # by a laser printer, which does not fade
    sweep(town)
    assert open_alerts(town) == []


def test_labels_indoors_on_other_paper_replaced_or_elsewhere_are_left_alone(town: Town) -> None:
    lot = town.stock("EXT-001", "1", serial="SN-1")
    indoors, outdoors = town.code_of(lot), stuck_outdoors(town, str(town.shelf.id))
    printed(town, indoors)
    printed(town, outdoors, "a4-24")
    replaced = stuck_outdoors(town, town.depot.code)
    printed(town, replaced)
    stuck_outdoors(town, town.depot.code)  # never printed itself
    later = town.context.clock.today().replace(year=2029)
    assert town.run(fading, [town.depot.id, town.other.id], later) == []


@pytest.mark.heavy
async def test_the_pages_of_alerts_and_labels_lead_to_the_fading_label(client: httpx.AsyncClient, town: Town) -> None:
    code = stuck_outdoors(town, str(town.shelf.id))
    printed(town, code)
    town.context.clock.instant = datetime(2028, 1, 1, 2, 0, tzinfo=UTC)
    sweep(town)
    for path in ("/alerts", "/labels"):
        page = (await client.get(path, headers=town.auth())).text
        assert f'href="/labels/{code}"' in page, path
