"""From times to sequences: intake numbers and times events under the workspace's lock, so both grow together.

The search halves the workspace's sequences, some 25 looks into the index that is there anyway. An index over the
times themselves would be one more to write for every event and every try.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from django.db import connection as database

from deliveries.log.filters import Filters

#: A database's clock may have been set back by so much; what is found is compared with the times once more.
CLOCK_STEP = timedelta(minutes=1)

FIRST_SINCE = """
WITH RECURSIVE halving(low, high) AS (
    SELECT coalesce(min(sequence), 0), coalesce(max(sequence), 0) + 1
      FROM deliveries_delivery WHERE workspace_id = %(workspace)s
    UNION ALL
    SELECT CASE WHEN probe.recorded_at < %(since)s THEN probe.sequence + 1 ELSE low END,
           CASE WHEN probe.recorded_at < %(since)s THEN high ELSE (low + high) / 2 END
      FROM halving, LATERAL (
           SELECT sequence, recorded_at FROM deliveries_delivery
            WHERE workspace_id = %(workspace)s AND sequence >= (low + high) / 2 ORDER BY sequence LIMIT 1) AS probe
     WHERE low < high
)
SELECT max(low) FROM halving
"""
EARLIEST = datetime(1, 1, 3, tzinfo=UTC)
LATEST = datetime(9999, 12, 29, tzinfo=UTC)


def with_bounds(workspace_id: str, filters: Filters) -> Filters:
    """The same filters with sequences that no event of the period lies outside of. A statement for each end."""
    after, before = filters.after, filters.before
    if filters.since is not None and filters.since > EARLIEST:
        first = _first_since(workspace_id, filters.since - CLOCK_STEP)
        after = first - 1 if after is None else max(after, first - 1)
    if filters.until is not None and filters.until < LATEST:
        end = _first_since(workspace_id, filters.until + CLOCK_STEP)
        before = end if before is None else min(before, end)
    return replace(filters, after=after, before=before)


def _first_since(workspace_id: str, since: datetime) -> int:
    """The first sequence recorded at or after `since`, or one past the last."""
    with database.cursor() as cursor:
        cursor.execute(FIRST_SINCE, {"workspace": workspace_id, "since": since})
        return int((cursor.fetchone() or (0,))[0] or 0)
