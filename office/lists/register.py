"""The lists that there are. A new one gets its file beside this one, and its line here."""

from office.lists.alerts import ALERTS
from office.lists.checks import CHECKS
from office.lists.checks_done import CHECKS_DONE
from office.lists.lots import LOTS
from office.lists.stock import STOCK
from office.tables import Table

TABLES: dict[str, Table] = {table.name: table for table in (ALERTS, STOCK, LOTS, CHECKS, CHECKS_DONE)}
