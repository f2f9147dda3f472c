"""Keeping the log short: attempts are partitioned by day, so that pruning them is a DROP, whatever their number."""

import logging
from datetime import UTC, date, datetime, timedelta

from django.conf import settings
from django.db import DatabaseError, transaction
from django.db import connection as database

log = logging.getLogger(__name__)

AHEAD_DAYS = 7
CHUNK = 5000
CHUNKS = 200
PARENT = "deliveries_deliveryattempt"
DEFAULT = f"{PARENT}_default"

PARTITIONS = f"""
SELECT child.relname FROM pg_inherits
  JOIN pg_class child ON child.oid = inhrelid JOIN pg_class parent ON parent.oid = inhparent
 WHERE parent.relname = '{PARENT}'
"""  # noqa: S608 (a constant of this module)

# Which making and dropping a partition need anyway. ONLY: an autovacuum of some other day is no reason to wait.
LOCK = f"SET LOCAL lock_timeout = '2s'; LOCK TABLE ONLY {PARENT} IN ACCESS EXCLUSIVE MODE;"
# What the default partition holds of the day moves along: PostgreSQL refuses the new partition else.
MAKE = f"""
CREATE TABLE {{name}} (LIKE {PARENT} INCLUDING DEFAULTS);
WITH moved AS (DELETE FROM {DEFAULT} WHERE started_at >= '{{start}}' AND started_at < '{{end}}' RETURNING *)
INSERT INTO {{name}} SELECT * FROM moved;
ALTER TABLE {PARENT} ATTACH PARTITION {{name}} FOR VALUES FROM ('{{start}}') TO ('{{end}}');
"""  # noqa: S608
DROP = "DROP TABLE {name}"
OLD_ATTEMPTS = f"DELETE FROM {DEFAULT} WHERE ctid IN (SELECT ctid FROM {DEFAULT} WHERE started_at < %s LIMIT %s)"  # noqa: S608
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
OLD_AUDIT = "DELETE FROM history_auditentry WHERE id IN (SELECT id FROM history_auditentry WHERE at < %s LIMIT %s)"


def partition_name(day: date) -> str:
    return f"deliveries_deliveryattempt_{day:%Y%m%d}"


def prune(now: datetime) -> int:
    """Makes the partitions of the days to come, drops those past HAPP_LOG_DAYS, and deletes what else is too old.

    Returns how many partitions were dropped.
    """
    today = now.astimezone(UTC).date()
    make_partitions(today)
    dropped = _drop_partitions(today - timedelta(days=settings.HAPP_LOG_DAYS))
    log_ends = now - timedelta(days=settings.HAPP_LOG_DAYS)
    _delete(OLD_ATTEMPTS, log_ends)
    _delete(OLD_DELIVERIES, log_ends)
    _delete(OLD_AUDIT, now - timedelta(days=settings.HAPP_AUDIT_DAYS))
    if settings.HAPP_HISTORY_DAYS is not None:
        _delete(OLD_EVENTS, now - timedelta(days=settings.HAPP_HISTORY_DAYS))
    return dropped


def make_partitions(today: date) -> None:
    """Today's and those of the week to come, where they are missing."""
    there = _partitions()
    for offset in range(AHEAD_DAYS + 1):
        day = today + timedelta(days=offset)
        name = partition_name(day)
        if name not in there:
            start, end = f"{day} 00:00+00", f"{day + timedelta(days=1)} 00:00+00"
            _change(name, MAKE.format(name=name, start=start, end=end), makes=True)


def _drop_partitions(before: date) -> int:
    # The default partition's name sorts after every day's.
    old = [name for name in _partitions() if name < partition_name(before)]
    return sum(_change(name, DROP.format(name=name), makes=False) for name in old)


def _partitions() -> set[str]:
    with database.cursor() as cursor:
        cursor.execute(PARTITIONS)
        return {name for (name,) in cursor.fetchall()}


def _change(name: str, sql: str, *, makes: bool) -> bool:
    """Makes or drops a partition. Gives way to others: a change that has to wait for a lock is left to the next hour.

    Workers that start together all prune: what another one did while this one waited for the lock is done.
    """
    try:
        with transaction.atomic(), database.cursor() as cursor:
            cursor.execute(LOCK)
            if (name in _partitions()) is makes:
                return False
            cursor.execute(sql)
    except DatabaseError as problem:
        log.warning("a partition could not be changed, the next hour tries again: %s", type(problem).__name__)
        return False
    return True


def _delete(sql: str, before: datetime) -> None:
    """In chunks, each its own transaction, so that nobody waits for it."""
    with database.cursor() as cursor:
        for _ in range(CHUNKS):
            cursor.execute(sql, [before, CHUNK])
            if cursor.rowcount < CHUNK:
                return
