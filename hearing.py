"""What must be there whenever the database is changed, whoever changes it: a command, a job or a request.

Every table, those who hear of events, and what ``verify`` looks at. Routes, pages and lists stand in ``rooms.py``: a
command waits for none of them.
"""

import inventory.closing.models
import inventory.desk.models
import inventory.exchange.models
import inventory.hearing
import inventory.lasting.models
import inventory.minimums.models
import inventory.planner.models
import inventory.stock.dating_models
import inventory.stock.seal_models
import inventory.telling.models
import inventory.verifying.models
import inventory.watch.models
import jobs.calendars.models
import jobs.channels.mail.models
import jobs.digests.models
import jobs.hearing
import jobs.running.models
import labels.hearing
import manage.backup_models
import manage.first_models
import office.models
from core.events import listeners_of

# Tables that nothing else here imports: a statement may follow a foreign key to any
TABLES = (
    inventory.closing.models,
    inventory.desk.models,
    inventory.exchange.models,
    inventory.lasting.models,
    inventory.minimums.models,
    inventory.planner.models,
    inventory.stock.dating_models,
    inventory.stock.seal_models,
    inventory.telling.models,
    inventory.verifying.models,
    inventory.watch.models,
    jobs.calendars.models,
    jobs.channels.mail.models,
    jobs.digests.models,
    jobs.running.models,
    manage.backup_models,
    manage.first_models,
    office.models,
)
CHECKS = (*labels.hearing.CHECKS, *jobs.hearing.CHECKS)
LISTENERS = listeners_of([*inventory.hearing.SUBSCRIPTIONS, *labels.hearing.SUBSCRIPTIONS, *jobs.hearing.SUBSCRIPTIONS])
