"""How long accepted events took to arrive, by the wall clock that database and receiver share."""

from collections.abc import Collection, Sequence

from django.db import connection as database

from bench.stage.receiving import Arrival

RECORDED = "SELECT id, extract(epoch FROM recorded_at)::float8 FROM history_chatevent WHERE workspace_id = ANY(%s)"


def delays(arrivals: Sequence[Arrival], workspace_ids: Collection[str]) -> list[tuple[float, float]]:
    """(when it was recorded, seconds until it first arrived) of each event of these workspaces, in that order.

    An event that never arrived has waited until now, at least: until the last arrival of any.
    """
    with database.cursor() as cursor:
        cursor.execute(RECORDED, [list(workspace_ids)])
        recorded: dict[str, float] = dict(cursor.fetchall())
    first: dict[str, float] = {}
    for arrival in arrivals:
        first.setdefault(arrival.event_id, arrival.at)
    end = max((arrival.at for arrival in arrivals), default=0.0)
    return sorted((at, max(0.0, first.get(event_id, end) - at)) for event_id, at in recorded.items())
