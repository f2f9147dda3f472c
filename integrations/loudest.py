"""Which workspaces make the most work just now, for whoever looks for the one that floods."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection as database

from integrations.waiting import counts_at

# The newest events are read by the index of their times, so it costs what was recorded meanwhile. The clock is read in
# a SELECT of its own: an index cannot be asked for one that goes on from row to row.
LOUDEST = """
SELECT w.id, w.name, count(*), c.id, c.last_error, c.paused_until
  FROM history_chatevent e
  JOIN history_workspace w ON w.id = e.workspace_id
  LEFT JOIN deliveries_connection c ON c.workspace_id = w.id AND c.closed_at IS NULL
 WHERE e.recorded_at > (SELECT clock_timestamp() - %(minutes)s * interval '1 minute')
 GROUP BY w.id, c.id ORDER BY 3 DESC, 1 LIMIT %(most)s
"""


@dataclass(frozen=True, kw_only=True)
class Loud:
    """`recorded` in the time asked for; `waiting` at the open connection (counted up to 10,001), None without one."""

    workspace_id: str
    name: str
    recorded: int
    waiting: int | None
    last_error: str
    paused_until: datetime | None


def loudest(minutes: int, most: int) -> list[Loud]:
    """Those that recorded the most events in the last minutes, the loudest first. Two statements."""
    with database.cursor() as cursor:
        cursor.execute(LOUDEST, {"minutes": minutes, "most": most})
        rows = cursor.fetchall()
    waiting = counts_at([connection for _, _, _, connection, _, _ in rows if connection is not None])
    return [
        Loud(
            workspace_id=workspace_id,
            name=name,
            recorded=recorded,
            waiting=waiting.get(connection),
            last_error=error or "",
            paused_until=paused_until,
        )
        for workspace_id, name, recorded, connection, error, paused_until in rows
    ]
