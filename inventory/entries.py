"""Every entry that a device may send: gathered from the rooms that book them."""

from functools import reduce
from operator import or_
from typing import Any

import inventory.closing.closing
import inventory.documents.counting
import inventory.documents.dating
import inventory.documents.devices
import inventory.documents.handover
import inventory.documents.incidents
import inventory.documents.keepers
import inventory.documents.kits
import inventory.documents.loans
import inventory.documents.receiving
import inventory.documents.restocking
import inventory.documents.sizing
import inventory.documents.transfers
import inventory.faults.entries
import inventory.recalls.calling
import inventory.telling.basket
import inventory.upkeep.checks
import inventory.upkeep.scrap
import inventory.upkeep.service
import inventory.upkeep.triage
import inventory.witnessing.witness
from inventory.telling.scene import Verbs

VERBS: Verbs = {
    **inventory.telling.basket.ENTRIES,
    **inventory.faults.entries.ENTRIES,
    **inventory.documents.loans.ENTRIES,
    **inventory.documents.incidents.ENTRIES,
    **inventory.documents.transfers.ENTRIES,
    **inventory.documents.counting.ENTRIES,
    **inventory.documents.dating.ENTRIES,
    **inventory.documents.handover.ENTRIES,
    **inventory.documents.kits.ENTRIES,
    **inventory.documents.devices.ENTRIES,
    **inventory.documents.receiving.ENTRIES,
    **inventory.documents.restocking.ENTRIES,
    **inventory.documents.sizing.ENTRIES,
    **inventory.upkeep.checks.ENTRIES,
    **inventory.upkeep.service.ENTRIES,
    **inventory.upkeep.triage.ENTRIES,
    **inventory.upkeep.scrap.ENTRIES,
    **inventory.recalls.calling.ENTRIES,
    **inventory.documents.keepers.ENTRIES,
    **inventory.witnessing.witness.ENTRIES,
    **inventory.closing.closing.ENTRIES,
}
AnyEntry: Any = reduce(or_, VERBS)
