"""Figures of the log for charts: tries by result in equal spans of time, answer times, frequent errors."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection as database

# The window's length and how many equal buckets it has.
WINDOWS = {"1h": (timedelta(hours=1), 12), "24h": (timedelta(hours=24), 24), "7d": (timedelta(days=7), 28)}

ATTEMPTS = """
SELECT width_bucket(extract(epoch FROM a.started_at), %(start)s, %(end)s, %(buckets)s) AS bucket,
       count(*) FILTER (WHERE a.error = ''), count(*) FILTER (WHERE a.error <> '')
  FROM deliveries_deliveryattempt a
 WHERE a.connection_id = ANY(%(connections)s) AND a.started_at >= to_timestamp(%(start)s)
   AND a.started_at < to_timestamp(%(end)s)
 GROUP BY 1
"""
DROPS = """
SELECT width_bucket(extract(epoch FROM settled_at), %(start)s, %(end)s, %(buckets)s), count(*)
  FROM deliveries_delivery
 WHERE workspace_id = %(workspace)s AND status = 'dropped' AND settled_at >= to_timestamp(%(start)s)
   AND settled_at < to_timestamp(%(end)s)
 GROUP BY 1
"""
ANSWER_TIMES = """
SELECT percentile_disc(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY response_ms)
  FROM deliveries_deliveryattempt
 WHERE connection_id = ANY(%(connections)s) AND started_at >= to_timestamp(%(start)s)
   AND started_at < to_timestamp(%(end)s)
"""
ERRORS = """
SELECT error, count(*) FROM deliveries_deliveryattempt
 WHERE connection_id = ANY(%(connections)s) AND started_at >= to_timestamp(%(start)s)
   AND started_at < to_timestamp(%(end)s) AND error <> ''
 GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 20
"""
CONNECTIONS = "SELECT array_agg(id) FROM deliveries_connection WHERE workspace_id = %s"


@dataclass(frozen=True)
class Bucket:
    start: datetime
    delivered: int
    failed: int
    dropped: int


@dataclass(frozen=True)
class Stats:
    """`p50_ms` and `p95_ms` are None while nothing was tried."""

    window: str
    buckets: list[Bucket]
    p50_ms: int | None
    p95_ms: int | None
    errors: list[tuple[str, int]]


def stats_of(workspace_id: str, window: str, now: datetime) -> Stats:
    """The figures of the window that ends now; the first bucket begins on a whole span."""
    length, count = WINDOWS[window]
    span = length.total_seconds() / count
    end = (int(now.timestamp() / span) + 1) * span
    start = end - length.total_seconds()
    with database.cursor() as cursor:
        cursor.execute(CONNECTIONS, [workspace_id])
        connections = (cursor.fetchone() or (None,))[0] or []
        values = {"start": start, "end": end, "buckets": count, "connections": connections, "workspace": workspace_id}
        cursor.execute(ATTEMPTS, values)
        tried = {bucket: (delivered, failed) for bucket, delivered, failed in cursor.fetchall()}
        cursor.execute(DROPS, values)
        dropped = dict(cursor.fetchall())
        cursor.execute(ANSWER_TIMES, values)
        p50, p95 = (cursor.fetchone() or (None,))[0] or (None, None)
        cursor.execute(ERRORS, values)
        errors = [(code, number) for code, number in cursor.fetchall()]
    buckets = [
        Bucket(
            datetime.fromtimestamp(start + span * (number - 1), now.tzinfo),
            *tried.get(number, (0, 0)),
            dropped.get(number, 0),
        )
        for number in range(1, count + 1)
    ]
    return Stats(window, buckets, p50, p95, errors)
