"""What the jobs room offers to the composition root."""

import jobs.api
import jobs.commands
import jobs.exports
import jobs.listening
import jobs.overview
import jobs.pages
import jobs.pages_calendars
import jobs.pages_endpoints
import jobs.pages_sent

ROUTES = [
    *jobs.api.ROUTES,
    *jobs.pages.ROUTES,
    *jobs.pages_calendars.ROUTES,
    *jobs.pages_endpoints.ROUTES,
    *jobs.pages_sent.ROUTES,
]
COMMANDS = jobs.commands.COMMANDS
LISTINGS = [jobs.exports.ALERTS]
FIGURES = [jobs.overview.job_figures]
SUBSCRIPTIONS = jobs.listening.SUBSCRIPTIONS
