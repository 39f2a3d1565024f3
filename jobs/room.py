"""What the jobs room offers to the composition root."""

import jobs.api
import jobs.calendars.pages
import jobs.channels.pages
import jobs.digests.pages
import jobs.exports
import jobs.pages
import jobs.running.overview

ROUTES = [
    *jobs.api.ROUTES,
    *jobs.pages.ROUTES,
    *jobs.calendars.pages.ROUTES,
    *jobs.channels.pages.ROUTES,
    *jobs.digests.pages.ROUTES,
]
LISTINGS = [jobs.exports.ALERTS]
FIGURES = [jobs.running.overview.job_figures]
