"""What the inventory offers to the composition root. Its entries: ``inventory/entries.py``."""

import inventory.assets.faces
import inventory.assets.lists
import inventory.closing.pages
import inventory.desk.api
import inventory.desk.depot_pages
import inventory.desk.hazard_pages
import inventory.desk.life_pages
import inventory.desk.lists
import inventory.desk.lists_api
import inventory.desk.pages
import inventory.documents.devices_pages
import inventory.documents.keepers_pages
import inventory.documents.keepers_view
import inventory.documents.reclaiming_pages
import inventory.editing.api
import inventory.editing.files_faces
import inventory.editing.lists
import inventory.editing.pages
import inventory.exchange.api
import inventory.exchange.habits_faces
import inventory.exchange.import_api
import inventory.exchange.lists
import inventory.exchange.pages
import inventory.exchange.people_lists
import inventory.finding.api
import inventory.finding.pages
import inventory.lasting.faces
import inventory.lasting.forecast_api
import inventory.merging.faces
import inventory.minimums.api
import inventory.minimums.pages
import inventory.planner.api
import inventory.planner.lists
import inventory.planner.pages
import inventory.readiness.metrics
import inventory.recalls.api
import inventory.recalls.pages
import inventory.reference.faces
import inventory.reports.lists
import inventory.reports.pages
import inventory.spending.faces
import inventory.upkeep.api
import inventory.upkeep.pages
import inventory.upkeep.scrap_pages
import inventory.upkeep.scrap_view
import inventory.upkeep.service_pages
import inventory.watch.api
import inventory.watch.pages
import inventory.witnessing.pages
from inventory.listing.listing import Listing

ROUTES = [
    *inventory.assets.faces.ROUTES,
    *inventory.desk.lists_api.ROUTES,
    *inventory.desk.depot_pages.ROUTES,
    *inventory.desk.api.ROUTES,
    *inventory.desk.pages.ROUTES,
    *inventory.desk.hazard_pages.ROUTES,
    *inventory.desk.life_pages.ROUTES,
    *inventory.closing.pages.ROUTES,
    *inventory.documents.devices_pages.ROUTES,
    *inventory.documents.keepers_pages.ROUTES,
    *inventory.documents.reclaiming_pages.ROUTES,
    *inventory.recalls.api.ROUTES,
    *inventory.recalls.pages.ROUTES,
    *inventory.upkeep.api.ROUTES,
    *inventory.upkeep.pages.ROUTES,
    *inventory.upkeep.scrap_pages.ROUTES,
    *inventory.upkeep.service_pages.ROUTES,
    *inventory.witnessing.pages.ROUTES,
    *inventory.finding.api.ROUTES,
    *inventory.finding.pages.ROUTES,
    *inventory.editing.api.ROUTES,
    *inventory.editing.pages.ROUTES,
    *inventory.editing.files_faces.ROUTES,
    *inventory.merging.faces.ROUTES,
    *inventory.exchange.api.ROUTES,
    *inventory.exchange.import_api.ROUTES,
    *inventory.exchange.habits_faces.ROUTES,
    *inventory.exchange.pages.ROUTES,
    *inventory.lasting.faces.ROUTES,
    *inventory.lasting.forecast_api.ROUTES,
    *inventory.spending.faces.ROUTES,
    *inventory.minimums.api.ROUTES,
    *inventory.minimums.pages.ROUTES,
    *inventory.planner.api.ROUTES,
    *inventory.reference.faces.ROUTES,
    *inventory.planner.pages.ROUTES,
    *inventory.watch.api.ROUTES,
    *inventory.watch.pages.ROUTES,
    *inventory.reports.pages.ROUTES,
]
LISTINGS: list[Listing] = [
    *inventory.exchange.lists.LISTINGS,
    *inventory.exchange.people_lists.LISTINGS,
    *inventory.reports.lists.REPORTS,
    *inventory.planner.lists.LISTINGS,
    *inventory.assets.lists.LISTINGS,
    inventory.editing.lists.CATALOGUE,
    inventory.desk.lists.ENDING,
    inventory.upkeep.scrap_view.PROTOCOL,
    inventory.documents.keepers_view.PROTOCOL,
    inventory.documents.reclaiming_pages.LISTING,
]
FIGURES = [inventory.readiness.metrics.readiness_figures]
