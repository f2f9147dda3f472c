"""Figures of the whole platform for the last 24 hours, at a cost that is bounded, however many attempts there are.

Attempts are read as a sample of the pages of the last days' partitions, SAMPLE_BYTES at most: all of them while they
are few, and else so many that a share of one in a hundred is still told to within a tenth of itself. There is nothing
to keep up to date for it and nothing that could fall behind. What was given up is read off an index of its own.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection as database

HOURS = 24
SAMPLE_BYTES = 8 * 1024 * 1024
#: Counting further would cost more than anybody learns from it.
COUNTED = 100_000
TOP = 8

SIZE = """
SELECT coalesce(sum(pg_relation_size(inhrelid)), 0) FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid
 WHERE inhparent = 'deliveries_deliveryattempt'::regclass
   AND (c.relname = 'deliveries_deliveryattempt_default'
        OR c.relname BETWEEN 'deliveries_deliveryattempt_' || %s AND 'deliveries_deliveryattempt_' || %s)
"""
# The same seed for all: every figure is of the same attempts.
SAMPLE = """deliveries_deliveryattempt TABLESAMPLE SYSTEM (%(percent)s) REPEATABLE (1)
 WHERE started_at >= to_timestamp(%(start)s) AND started_at < to_timestamp(%(end)s)"""
BY_HOUR = f"""
SELECT (extract(epoch FROM date_bin('1 hour', started_at, to_timestamp(%(start)s)))::bigint - %(start)s)::int / 3600,
       count(*) FILTER (WHERE error = ''), count(*) FILTER (WHERE error <> ''),
       percentile_disc(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY response_ms)
  FROM {SAMPLE} GROUP BY GROUPING SETS ((1), ())
"""  # noqa: S608 (constants of this module)
ERRORS = f"SELECT error, count(*) FROM {SAMPLE} AND error <> '' GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT %(top)s"  # noqa: S608
WORKSPACES = f"""
SELECT c.workspace_id, sum(failed), max(c.failing_since) FILTER (WHERE c.closed_at IS NULL)
  FROM (SELECT connection_id, count(*) AS failed FROM {SAMPLE} AND error <> '' GROUP BY 1) AS failing
  JOIN deliveries_connection c ON c.id = connection_id
 GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT %(top)s
"""  # noqa: S608
GIVEN_UP = """
SELECT floor((extract(epoch FROM settled_at) - %(start)s) / 3600)::int,
       count(*) FILTER (WHERE status = 'dropped'), count(*) FILTER (WHERE status = 'cancelled')
  FROM (SELECT settled_at, status FROM deliveries_delivery
         WHERE status IN ('dropped', 'cancelled') AND settled_at >= to_timestamp(%(start)s)
           AND settled_at < to_timestamp(%(end)s)
         ORDER BY settled_at DESC LIMIT %(counted)s + 1) AS newest
 GROUP BY 1
"""
WAITING = """
SELECT count(*) FROM (
    SELECT FROM deliveries_connection c CROSS JOIN LATERAL (
        SELECT FROM deliveries_delivery WHERE connection_id = c.id AND status = 'pending' LIMIT %(counted)s + 1) AS one
     WHERE c.closed_at IS NULL LIMIT %(counted)s + 1) AS counted
"""
OLDEST = """
SELECT c.workspace_id, first.recorded_at, extract(epoch FROM clock_timestamp() - first.recorded_at)
  FROM deliveries_connection c CROSS JOIN LATERAL (
    SELECT recorded_at FROM deliveries_delivery
     WHERE connection_id = c.id AND status = 'pending' ORDER BY sequence LIMIT 1) AS first
 WHERE c.closed_at IS NULL ORDER BY first.recorded_at LIMIT 1
"""


@dataclass(frozen=True)
class Hour:
    """Tries by result, events given up, and answer times in ms; None where nothing was tried."""

    start: datetime
    accepted: int = 0
    failed: int = 0
    dropped: int = 0
    cancelled: int = 0
    p50_ms: int | None = None
    p95_ms: int | None = None


@dataclass(frozen=True)
class Failing:
    """`since` is None while it does not fail just now."""

    workspace_id: str
    failed: int
    since: datetime | None


@dataclass(frozen=True)
class Figures:
    """`percent` is how much of the attempts was read; the counts of tries are scaled to all of them.

    What was given up is counted up to COUNTED, the newest first; then it is `capped`.
    """

    percent: float
    hours: list[Hour]
    p50_ms: int | None
    p95_ms: int | None
    errors: list[tuple[str, int]]
    failing: list[Failing]
    capped: bool


@dataclass(frozen=True)
class Waiting:
    """`count` goes up to what was asked for, then `capped`. The oldest's age is the database's; 0 if nothing waits."""

    count: int
    capped: bool
    oldest_at: datetime | None
    oldest_workspace_id: str
    oldest_seconds: float = field(default=0.0, compare=False)


def figures(now: datetime) -> Figures:
    """The last 24 whole or begun hours. Five statements."""
    end = (int(now.timestamp()) // 3600 + 1) * 3600
    start = end - HOURS * 3600
    with database.cursor() as cursor:
        cursor.execute(SIZE, [f"{now - timedelta(hours=HOURS):%Y%m%d}", f"{now:%Y%m%d}"])
        (size,) = cursor.fetchone() or (0,)
        percent = min(100.0, 100.0 * SAMPLE_BYTES / max(int(size), 1))
        values = {"start": start, "end": end, "percent": percent, "top": TOP, "counted": COUNTED}
        cursor.execute(BY_HOUR, values)
        tried = {hour: counts for hour, *counts in cursor.fetchall()}
        cursor.execute(GIVEN_UP, values)
        given_up = {hour: counts for hour, *counts in cursor.fetchall()}
        cursor.execute(ERRORS, values)
        errors = [(code, _all(count, percent)) for code, count in cursor.fetchall()]
        cursor.execute(WORKSPACES, values)
        failing = [Failing(found, _all(failed, percent), since) for found, failed, since in cursor.fetchall()]
    starts = [datetime.fromtimestamp(start + 3600 * number, now.tzinfo) for number in range(HOURS)]
    hours = [_hour(at, tried.get(number), given_up.get(number), percent) for number, at in enumerate(starts)]
    p50, p95 = _times(tried.get(None))
    capped = sum(sum(counts) for counts in given_up.values()) > COUNTED
    return Figures(percent, hours, p50, p95, errors, failing, capped)


def waiting(counted: int = COUNTED) -> Waiting:
    """What waits at all open connections. Two statements, each with one look-up per open connection."""
    with database.cursor() as cursor:
        cursor.execute(WAITING, {"counted": counted})
        (count,) = cursor.fetchone() or (0,)
        cursor.execute(OLDEST)
        workspace_id, oldest_at, seconds = cursor.fetchone() or ("", None, 0)
    return Waiting(min(count, counted), count > counted, oldest_at, workspace_id, float(seconds))


def _hour(start: datetime, tried: list[Any] | None, given_up: list[int] | None, percent: float) -> Hour:
    accepted, failed = (tried or [0, 0])[:2]
    dropped, cancelled = given_up or (0, 0)
    p50, p95 = _times(tried)
    return Hour(start, _all(accepted, percent), _all(failed, percent), dropped, cancelled, p50, p95)


def _times(tried: list[Any] | None) -> tuple[int | None, int | None]:
    p50, p95 = (tried[2] if tried else None) or (None, None)
    return p50, p95


def _all(sampled: Any, percent: float) -> int:
    return round(int(sampled) * 100 / percent)
