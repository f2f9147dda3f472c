"""Holding back what goes to one workspace's endpoint, on an operator's word: nothing is lost, all of it waits."""

import logging
from datetime import datetime

from django.db import connection as database
from django.db import transaction
from django.db.models.functions import Now

from deliveries.models import Connection
from happ_webhooks.history.audit import note
from happ_webhooks.history.models import AuditEntry

log = logging.getLogger(__name__)

#: As long as an endpoint's own Retry-After may be: the clock that stops a failing stream runs on in a pause.
LONGEST_MINUTES = 60

# The courier reads its connection's row anew with every recording. What is recorded in a pause wakes nobody, so the
# mark for its end is set here.
PAUSE = """
UPDATE deliveries_connection
   SET paused_until = clock_timestamp() + %(minutes)s * interval '1 minute',
       wake_at = LEAST(wake_at, clock_timestamp() + %(minutes)s * interval '1 minute')
 WHERE workspace_id = %(workspace)s AND closed_at IS NULL
RETURNING paused_until
"""


def pause(workspace_id: str, minutes: int) -> datetime | None:
    """Until when nothing is sent, events are taken in as ever; None if nothing is connected.

    A pause before it is replaced, a shorter one as well. What is on the wire ends as it ends. A person's accepted ping
    and saved settings end it early.
    """
    with transaction.atomic(), database.cursor() as cursor:
        cursor.execute(PAUSE, {"workspace": workspace_id, "minutes": minutes})
        row = cursor.fetchone()
        if row is None:
            return None
        note(AuditEntry.Act.PAUSED, workspace_id, minutes=minutes)
    until: datetime = row[0]
    log.warning("paused workspace=%s until=%s", workspace_id, until.isoformat(timespec="seconds"))
    return until


def resume(workspace_id: str) -> bool:
    """Ends a pause, the endpoint's own as well: the next sweep brings a courier. False if nothing was paused."""
    paused = Connection.objects.filter(workspace_id=workspace_id, closed_at=None, paused_until__gt=Now())
    with transaction.atomic():
        resumed = paused.update(paused_until=None, wake_at=Now())
        if resumed:
            note(AuditEntry.Act.RESUMED, workspace_id)
    if resumed:
        log.warning("resumed workspace=%s", workspace_id)
    return bool(resumed)
