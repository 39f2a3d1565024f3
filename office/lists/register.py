"""The lists that there are. A new one gets its file beside this one, and its line here."""

from office.lists.alerts import ALERTS
from office.lists.checks import CHECKS
from office.lists.checks_done import CHECKS_DONE
from office.lists.loans import LOANS
from office.lists.lots import LOTS
from office.lists.movements import MOVEMENTS
from office.lists.people import PEOPLE
from office.lists.running_out import RUNNING_OUT
from office.lists.stock import STOCK
from office.lists.transfers import TRANSFERS
from office.tables import Table

_ALL = (ALERTS, STOCK, LOTS, RUNNING_OUT, CHECKS, CHECKS_DONE, MOVEMENTS, LOANS, TRANSFERS, PEOPLE)
TABLES: dict[str, Table] = {table.name: table for table in _ALL}
