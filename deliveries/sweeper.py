"""The clock's work: wakes that were lost, what closed connections still owe, and what is too old to keep."""

import time
from functools import partial

from django.db import connection as database
from django.db import transaction

from deliveries import wakes
from deliveries.metering.counted import SETTLED
from deliveries.models import CloseReason, Connection

CHUNK = 5000
SETTLING_SECONDS = 2.0

SETTLE = """
WITH chunk AS (
    SELECT event_id FROM deliveries_delivery
     WHERE connection_id = %(connection)s AND status = 'pending' ORDER BY sequence LIMIT %(chunk)s FOR UPDATE
), settled AS (
    UPDATE deliveries_delivery d
       SET status = %(status)s, reason = %(reason)s, settled_at = %(at)s, next_attempt_at = NULL
      FROM chunk WHERE d.event_id = chunk.event_id
    RETURNING 1
), counted AS (
    UPDATE deliveries_gap SET count = count + (SELECT count(*) FROM settled)
     WHERE connection_id = %(connection)s AND reason = %(reason)s AND opened_at = %(at)s
)
SELECT count(*) FROM settled
"""


def sweep() -> int:
    """Sends the wakes that are missing; returns how many."""
    woken = wakes.sweep()
    _settle_closed()
    return woken


def _settle_closed() -> None:
    """Settles what closed connections owe, in chunks, for at most two seconds; the next sweep goes on."""
    end = time.monotonic() + SETTLING_SECONDS
    while time.monotonic() < end and _settle_chunk():
        pass


def _settle_chunk() -> bool:
    with transaction.atomic():
        unsettled = Connection.objects.filter(closed_at__isnull=False, settled_at=None).order_by("closed_at")
        connection = unsettled.select_for_update(skip_locked=True).first()
        if connection is None:
            return False
        values = {
            "connection": connection.pk,
            "chunk": CHUNK,
            "status": "cancelled" if connection.close_reason == CloseReason.DISCONNECTED else "dropped",
            "reason": connection.close_reason,
            "at": connection.closed_at,
        }
        with database.cursor() as cursor:
            cursor.execute(SETTLE, values)
            (settled,) = cursor.fetchone() or (0,)
        transaction.on_commit(partial(SETTLED.labels(values["status"]).inc, settled))
        if settled < CHUNK:
            connection.settled_at = connection.closed_at
            connection.save(update_fields=["settled_at"])
        return True
