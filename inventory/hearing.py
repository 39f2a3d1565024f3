"""Which verbs of the inventory hear of what happens elsewhere, whoever changes the database."""

from core.events import Subscription
from depots.events import DepotsChanged
from inventory.documents.incidents import unapprove
from inventory.documents.loans import check_running, close_left
from inventory.readiness.counting import forget_figures_of
from inventory.recalls.calling import hold_newcomers
from inventory.stock.events import DrawnForIncident, LeftReach, LotsCreated, PutWithBorrower
from inventory.stock.leavers import list_hands, require_empty_hands
from people.events import AccountCloses, HandsAsked

SUBSCRIPTIONS: list[Subscription] = [
    (LotsCreated, hold_newcomers),
    (DrawnForIncident, unapprove),
    (PutWithBorrower, check_running),
    (LeftReach, close_left),
    (AccountCloses, require_empty_hands),
    (DepotsChanged, forget_figures_of),
    (HandsAsked, list_hands),
]
