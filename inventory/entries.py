"""Every entry that a device may send: gathered from the rooms that book them."""

from functools import reduce
from operator import or_
from typing import Any

import inventory.closing.closing
import inventory.documents.counting
import inventory.documents.handover
import inventory.documents.incidents
import inventory.documents.keepers
import inventory.documents.kits
import inventory.documents.loans
import inventory.documents.receiving
import inventory.documents.transfers
import inventory.faults.entries
import inventory.recalls.calling
import inventory.telling.basket
import inventory.upkeep.checks
import inventory.upkeep.scrap
import inventory.upkeep.service
import inventory.witnessing.witness
from inventory.telling.entries import VERBS, accept

for room in (
    inventory.telling.basket,
    inventory.faults.entries,
    inventory.documents.loans,
    inventory.documents.incidents,
    inventory.documents.transfers,
    inventory.documents.counting,
    inventory.documents.handover,
    inventory.documents.kits,
    inventory.documents.receiving,
    inventory.upkeep.checks,
    inventory.upkeep.service,
    inventory.upkeep.scrap,
    inventory.recalls.calling,
    inventory.documents.keepers,
    inventory.witnessing.witness,
    inventory.closing.closing,
):
    accept(room.ENTRIES)
AnyEntry: Any = reduce(or_, VERBS)
