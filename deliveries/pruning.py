"""Keeping the log short: attempts are partitioned by day, so that pruning them is a DROP, whatever their number."""

import logging
from datetime import UTC, date, datetime, timedelta

from django.conf import settings
from django.db import connection as database

log = logging.getLogger(__name__)

AHEAD_DAYS = 7
CHUNK = 5000
CHUNKS = 200

PARTITIONS = """
SELECT child.relname FROM pg_inherits
  JOIN pg_class child ON child.oid = inhrelid JOIN pg_class parent ON parent.oid = inhparent
 WHERE parent.relname = 'deliveries_deliveryattempt'
"""
OLD_DELIVERIES = """
DELETE FROM deliveries_delivery WHERE event_id IN (
    SELECT event_id FROM deliveries_delivery WHERE settled_at < %s AND status <> 'pending' LIMIT %s)
"""
OLD_EVENTS = """
DELETE FROM history_chatevent WHERE id IN (
    SELECT e.id FROM history_chatevent e
     WHERE e.recorded_at < %s AND NOT EXISTS (
           SELECT FROM deliveries_delivery d WHERE d.event_id = e.id AND d.status = 'pending')
     LIMIT %s)
"""


def partition_name(day: date) -> str:
    return f"deliveries_deliveryattempt_{day:%Y%m%d}"


def prune(now: datetime) -> int:
    """Makes the partitions of the days to come, drops those past HAPP_LOG_DAYS, and deletes what else is too old.

    Returns how many partitions were dropped.
    """
    today = now.astimezone(UTC).date()
    make_partitions(today)
    log_ends = today - timedelta(days=settings.HAPP_LOG_DAYS)
    dropped = _drop_partitions(log_ends)
    _delete(OLD_DELIVERIES, now - timedelta(days=settings.HAPP_LOG_DAYS))
    if settings.HAPP_HISTORY_DAYS is not None:
        _delete(OLD_EVENTS, now - timedelta(days=settings.HAPP_HISTORY_DAYS))
    return dropped


def make_partitions(today: date) -> None:
    with database.cursor() as cursor:
        cursor.execute(PARTITIONS)
        there = {name for (name,) in cursor.fetchall()}
        for offset in range(AHEAD_DAYS + 1):
            day = today + timedelta(days=offset)
            if partition_name(day) not in there:
                cursor.execute(
                    f"CREATE TABLE IF NOT EXISTS {partition_name(day)} PARTITION OF deliveries_deliveryattempt"
                    f" FOR VALUES FROM ('{day} 00:00+00') TO ('{day + timedelta(days=1)} 00:00+00')"
                )


def _drop_partitions(before: date) -> int:
    with database.cursor() as cursor:
        cursor.execute(PARTITIONS)
        # The default partition's name sorts after every day's.
        old = [name for (name,) in cursor.fetchall() if name < partition_name(before)]
        for name in old:
            cursor.execute(f"DROP TABLE {name}")
            log.info("dropped %s", name)
    return len(old)


def _delete(sql: str, before: datetime) -> None:
    """In chunks, each its own transaction, so that nobody waits for it."""
    with database.cursor() as cursor:
        for _ in range(CHUNKS):
            cursor.execute(sql, [before, CHUNK])
            if cursor.rowcount < CHUNK:
                return
