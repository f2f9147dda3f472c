"""Where a time lies in a large table whose key rises with time: found by halving, some twenty index look-ups."""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection as database

from happ_webhooks.history.models import Workspace
from happ_webhooks.wire.envelope import event_id_from

#: Keys rise with time but for what is recorded side by side; times further apart than this are in order.
SLACK = timedelta(minutes=1)

HALVE = """
WITH RECURSIVE step(low, high) AS (
    SELECT %(low)s::bigint, %(high)s::bigint
    UNION ALL
    SELECT CASE WHEN earlier THEN (low + high) / 2 + 1 ELSE low END,
           CASE WHEN earlier THEN high ELSE (low + high) / 2 END
      FROM (SELECT low, high, coalesce(({probe}) < %(moment)s, false) AS earlier
              FROM step WHERE low < high) AS halved
)
SELECT min(low) FROM step WHERE low >= high
"""
SEQUENCE = HALVE.format(
    probe="""SELECT recorded_at FROM deliveries_delivery
              WHERE workspace_id = %(workspace)s AND sequence >= (low + high) / 2 ORDER BY sequence LIMIT 1"""
)
ATTEMPT = HALVE.format(
    probe="""SELECT started_at FROM deliveries_deliveryattempt
              WHERE started_at >= %(from)s AND started_at < %(to)s AND id >= (low + high) / 2 ORDER BY id LIMIT 1"""
)
ENDS = "SELECT min(id), max(id) FROM deliveries_deliveryattempt WHERE started_at >= %(from)s AND started_at < %(to)s"


def sequences(workspace_id: str, start: datetime, end: datetime) -> tuple[int, int]:
    """Sequences between which lie the workspace's deliveries recorded from `start` up to `end`, and few others."""
    last = Workspace.objects.filter(pk=workspace_id).values_list("last_sequence", flat=True).first() or 0
    bounds = {"workspace": workspace_id, "low": 0, "high": last + 1}
    return _find(SEQUENCE, bounds, start - SLACK), _find(SEQUENCE, bounds, end + SLACK)


def attempts(start: datetime, end: datetime) -> tuple[int, int]:
    """Ids between which lie the attempts started from `start` up to `end`, of one day in UTC, and few others."""
    day = start.replace(hour=0, minute=0, second=0, microsecond=0)
    within = {"from": day, "to": day + timedelta(days=1)}
    with database.cursor() as cursor:
        cursor.execute(ENDS, within)
        low, high = cursor.fetchone() or (None, None)
    bounds = {**within, "low": low or 0, "high": (high or 0) + 1}
    return _find(ATTEMPT, bounds, start - SLACK), _find(ATTEMPT, bounds, end + SLACK)


def event_ids(start: datetime, end: datetime) -> tuple[str, str]:
    """Event ids between which lie those made from `start` up to `end`, and few others. Raises ValueError."""
    return event_id_from(start - SLACK), event_id_from(end + SLACK)


def _find(sql: str, bounds: dict[str, Any], moment: datetime) -> int:
    with database.cursor() as cursor:
        cursor.execute(sql, {**bounds, "moment": moment})
        (found,) = cursor.fetchone() or (0,)
    return int(found)
