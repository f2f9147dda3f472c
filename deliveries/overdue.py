"""What could go now by the rules and no courier has come for: no endpoint's fault, and what an operator is woken for.

`wake_at` says since when a courier is due. A connection without lease and wake owes nothing; one that does was
forgotten, and is overdue since its oldest event was recorded.
"""

from dataclasses import dataclass

from django.db import connection as database

from deliveries.wakes import FRESH, TROUBLED

OVERDUE_SECONDS = 10
#: Beat has the courier of an ended lease replaced within three seconds; after so many nobody does.
ORPHANED_SECONDS = 30

CONNECTIONS = """
SELECT count(*), count(*) FILTER (WHERE failures_in_row > 0), count(*) FILTER (WHERE down_since IS NOT NULL),
       count(*) FILTER (WHERE overdue IS NULL),
       coalesce(max(overdue) FILTER (WHERE NOT troubled), 0), coalesce(max(overdue) FILTER (WHERE troubled), 0),
       count(*) FILTER (WHERE overdue >= %(overdue)s AND NOT troubled),
       count(*) FILTER (WHERE overdue >= %(overdue)s AND troubled)
  FROM (
    SELECT failures_in_row, down_since, failures_in_row > 0 OR down_since IS NOT NULL AS troubled,
           CASE WHEN lease_until IS NULL OR lease_until <= now THEN
               greatest(0, extract(epoch FROM now - coalesce(lease_until, wake_at, (
                   SELECT recorded_at FROM deliveries_delivery
                    WHERE connection_id = c.id AND status = 'pending' ORDER BY sequence LIMIT 1), now))) END AS overdue
      FROM deliveries_connection c CROSS JOIN (SELECT clock_timestamp() AS now) AS clock
     WHERE closed_at IS NULL) AS open
"""
ORPHANED = """
SELECT count(*), coalesce(max(extract(epoch FROM clock_timestamp() - lease_until)), 0) FROM deliveries_connection
 WHERE closed_at IS NULL AND lease_until < clock_timestamp() - %s * interval '1 second'
"""


@dataclass(frozen=True)
class OpenConnections:
    """Counts of the platform; `oldest` in seconds and `late` by queue, of what is overdue."""

    count: int
    failing: int
    down: int
    couriers: int
    oldest: dict[str, float]
    late: dict[str, int]


@dataclass(frozen=True)
class Orphans:
    """Leases that nobody holds any more and nobody took over; how long ago the first of them ended."""

    count: int
    seconds: float


def open_connections() -> OpenConnections:
    """One statement, with one look-up for each connection that nobody wakes."""
    with database.cursor() as cursor:
        cursor.execute(CONNECTIONS, {"overdue": OVERDUE_SECONDS})
        count, failing, down, couriers, *overdue = cursor.fetchone() or (0,) * 8
    oldest = {FRESH: float(overdue[0]), TROUBLED: float(overdue[1])}
    return OpenConnections(count, failing, down, couriers, oldest, {FRESH: overdue[2], TROUBLED: overdue[3]})


def orphans() -> Orphans:
    """One statement."""
    with database.cursor() as cursor:
        cursor.execute(ORPHANED, [ORPHANED_SECONDS])
        count, seconds = cursor.fetchone() or (0, 0)
    return Orphans(count, float(seconds))
